"""Opening: whatever holds the events becomes a relation that DuckDB can read.

Text files and tables of SQLite and PostgreSQL arrive as text and are typed later,
so that one bad value can never stop a load.
"""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from clustomer.engines import DuckDB
from clustomer.errors import InputError, UsageError
from clustomer.events.schema import EventSchema
from clustomer.events.sources.content import Plain
from clustomer.events.sources.files import FileState, files_of
from clustomer.events.sources.source import Source
from clustomer.events.sources.tables.columnar import (
    avro_as_lines,
    open_arrow,
    open_orc,
    open_parquet,
    open_table,
)
from clustomer.events.sources.tables.databases import open_duckdb, open_sqlite
from clustomer.events.sources.tables.postgresql import SCHEMES, open_postgres
from clustomer.events.sources.tables.workbook import sheet_as_text
from clustomer.events.sources.textual.joined import open_joined
from clustomer.events.sources.textual.json_lines import open_json
from clustomer.events.sources.textual.separated import open_text
from clustomer.events.sources.unpacking import unpacked

_NAMES = {
    "text": "separated text",
    "json": "JSON",
    "sqlite": "an SQLite database",
    "duckdb": "a DuckDB database",
    "workbook": "a workbook",
    "parquet": "Parquet",
    "arrow": "Arrow",
    "orc": "ORC",
    "avro": "Avro",
}
_WITH_TABLES = {"sqlite", "duckdb", "workbook"}
_MAX_LENGTH = 4_096


def open_source(
    engine: DuckDB,
    source: object,
    *,
    table: str | None = None,
    schema: EventSchema | None = None,
    encoding: str | None = None,
) -> Source:
    """Open a path, the address of a database, or an Arrow-compatible table.

    Parameters
    ----------
    engine : DuckDB
    source : path, folder, glob, postgresql:// address, or any object with `__arrow_c_stream__`
    table : str, optional
        Of a database; `ecommerce_behavior` by default. Or the sheet of a workbook.
    schema : EventSchema, optional
        What is already known of a text file: its separator, encoding, and whether it has a
        header.
    encoding : str, optional
        Of text files; it wins over that of the schema.

    Raises
    ------
    InputError
        If it cannot be read, saying why and what to do next.
    UsageError
        If it needs an extra that is not installed.
    """
    if hasattr(source, "__arrow_c_stream__"):
        return open_table(engine, source)
    if not isinstance(source, str | os.PathLike):
        raise InputError(
            f"A {type(source).__name__} is no source of events. Give a path, or a table from "
            "Arrow, pandas or Polars (anything with __arrow_c_stream__)."
        )
    text = os.fspath(source)
    if text.startswith(SCHEMES):
        return open_postgres(engine, text, table)
    if len(text) > _MAX_LENGTH:
        raise InputError(
            f"A source of {len(text):,} characters is no path: {text[:60]!r}... Give the path of a "
            "file or folder."
        )
    files = files_of(text)
    states = tuple(FileState.of(file) for file in files)
    plains = [
        replace(plain, encoding=encoding) for file in files for plain in unpacked(engine, file)
    ]
    label = Path(text).name or text
    opened = _open_plains(engine, label, text, plains, table, schema)
    if opened.kind == "sqlite":
        # others may write to it: it is read in one state of its own
        return opened
    return replace(opened, files=states)


def _open_plains(
    engine: DuckDB,
    label: str,
    text: str,
    plains: Sequence[Plain],
    table: str | None,
    schema: EventSchema | None,
) -> Source:
    kind = _one_kind(text, plains)
    if table is not None and kind not in _WITH_TABLES:
        raise UsageError(
            f"--table is {table!r}, but {text} is no database: it has no tables to choose from. "
            "Leave --table out."
        )
    first = plains[0].path
    if kind == "sqlite":
        return open_sqlite(engine, first, table)
    if kind == "duckdb":
        return open_duckdb(engine, first, table)
    if kind == "parquet":
        return open_parquet(engine, label, plains)
    if kind == "arrow":
        return open_arrow(engine, label, plains)
    if kind == "orc":
        return open_orc(engine, label, plains)
    if kind == "avro":
        plains = [replace(plain, path=avro_as_lines(engine, plain)) for plain in plains]
    if kind in {"json", "avro"}:
        return open_json(engine, label, plains, schema)
    if kind == "workbook":
        sheets = [sheet_as_text(engine, plain, table) for plain in plains]
        if len(sheets) == 1:
            label += sheets[0].label.removeprefix(plains[0].label)
        plains = sheets
    if len(plains) > 1 and (joined := open_joined(engine, label, plains, schema)) is not None:
        return joined
    opened = open_text(engine, label, plains, schema)
    return replace(opened, from_1904=any(plain.from_1904 for plain in plains))


def _one_kind(text: str, plains: Sequence[Plain]) -> str:
    first = plains[0].kind
    odd = next((plain for plain in plains if plain.kind != first), None)
    if odd is not None:
        raise InputError(
            f"{text} holds {len(plains)} files of several kinds: {plains[0].label} is "
            f"{_NAMES[first]}, and {odd.label} is {_NAMES[odd.kind]}. Files that are read together "
            "must be of one kind; name those that are meant by a pattern, such as 'logs/*.csv'."
        )
    if first in {"sqlite", "duckdb"} and len(plains) > 1:
        raise InputError(f"{text} holds {len(plains)} databases. Expected one: name it.")
    return first
