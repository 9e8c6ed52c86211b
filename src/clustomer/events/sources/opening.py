"""Sources: whatever holds the events becomes a relation that DuckDB can read.

Text files and tables of SQLite and PostgreSQL arrive as text and are typed later,
so that one bad value can never stop a load.
"""

import os
from pathlib import Path
from typing import Any

import pyarrow as pa

from clustomer.engines import DuckDB
from clustomer.errors import InputError, UsageError, did_you_mean
from clustomer.events.schema import EventSchema
from clustomer.events.sources.databases import open_duckdb, open_sqlite
from clustomer.events.sources.json_lines import open_json_lines
from clustomer.events.sources.postgresql import SCHEMES, open_postgres
from clustomer.events.sources.source import Source, described, first_line
from clustomer.events.sources.text import open_text

_SQLITE_MAGIC = b"SQLite format 3\x00"
_DUCKDB_MAGIC = b"DUCK"
_SUFFIXES = {
    **dict.fromkeys((".csv", ".tsv", ".txt", ".psv"), "text"),
    **dict.fromkeys((".jsonl", ".ndjson"), "json lines"),
    **dict.fromkeys((".parquet", ".pq"), "parquet"),
}
_COMPRESSIONS = {".gz", ".zst"}
_EXPECTED = (
    "Expected SQLite or DuckDB (.db, .sqlite, .duckdb), CSV or TSV (.csv, .tsv, .txt), JSON Lines "
    "(.jsonl, .ndjson; like CSV also .gz and .zst) or Parquet (.parquet)."
)


def open_source(
    engine: DuckDB,
    source: object,
    *,
    table: str | None = None,
    schema: EventSchema | None = None,
) -> Source:
    """Open a path, the address of a database, or an Arrow-compatible table.

    Parameters
    ----------
    engine : DuckDB
    source : path, glob, postgresql:// address, or any object with `__arrow_c_stream__`
    table : str, optional
        Of a database; `ecommerce_behavior` by default.
    schema : EventSchema, optional
        What is already known of a text file: its separator, and whether it has a header.

    Raises
    ------
    InputError
        If it cannot be read, saying why and what to do next.
    UsageError
        If it needs an extra that is not installed.
    """
    if hasattr(source, "__arrow_c_stream__"):
        return _open_arrow(engine, source)
    if not isinstance(source, str | os.PathLike):
        raise InputError(
            f"A {type(source).__name__} is no source of events. Give a path, or a table from "
            "Arrow, pandas or Polars (anything with __arrow_c_stream__)."
        )
    path = Path(source)
    text = os.fspath(source)
    if text.startswith(SCHEMES):
        return open_postgres(engine, text, table)
    if not path.exists():
        if any(character in text for character in "*?["):
            return _open_glob(engine, text, table, schema)
        raise InputError(_missing(path))
    if path.is_dir():
        return _open_folder(engine, path, table)
    head = _head(path)
    if head == _SQLITE_MAGIC:
        return open_sqlite(engine, path, table)
    if head[8:12] == _DUCKDB_MAGIC:
        return open_duckdb(engine, path, table)
    _no_table(text, table)
    if path.suffix.lower() in {".db", ".sqlite", ".sqlite3", ".duckdb"}:
        raise InputError(
            f"{path} is not an SQLite or DuckDB database (its first bytes say so): it may be "
            "damaged, encrypted, or of another kind. " + _EXPECTED
        )
    kind = "parquet" if head[:4] == b"PAR1" else _kind(path)
    if kind is None:
        raise InputError(
            f"{path} is of no kind that is known by its name or its first bytes. {_EXPECTED}"
        )
    return _open_files(engine, kind, text, [text], schema)


def _head(path: Path) -> bytes:
    if path.stat().st_size == 0:
        raise InputError(f"{path} is empty (0 bytes). Expected a log with at least one event.")
    try:
        with path.open("rb") as file:
            return file.read(16)
    except OSError as error:
        raise InputError(f"{path} cannot be opened: {error.strerror}.") from error


def _missing(path: Path) -> str:
    folder = path.parent if path.parent.is_dir() else None
    near = did_you_mean(path.name, sorted(p.name for p in folder.iterdir())) if folder else ""
    hint = f" {near}" if near.startswith("Did") else ""
    return f"There is no file {path}.{hint} {_EXPECTED}"


def _no_table(label: str, table: str | None) -> None:
    if table is not None:
        raise UsageError(
            f"--table is {table!r}, but {label} is no database: it has no tables to choose from. "
            "Leave --table out."
        )


def _kind(path: Path) -> str | None:
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes and suffixes[-1] in _COMPRESSIONS:
        suffixes.pop()
        return None if suffixes[-1:] in ([".parquet"], [".pq"]) else _of_suffix(suffixes)
    return _of_suffix(suffixes)


def _of_suffix(suffixes: list[str]) -> str | None:
    return _SUFFIXES.get(suffixes[-1]) if suffixes else None


def _open_files(
    engine: DuckDB, kind: str, label: str, paths: list[str], schema: EventSchema | None
) -> Source:
    if kind == "parquet":
        return _open_parquet(engine, label, paths)
    if kind == "json lines":
        return open_json_lines(engine, Path(label).name, paths)
    return open_text(engine, Path(label).name, paths, schema)


def _open_arrow(engine: DuckDB, source: Any) -> Source:
    table = pa.table(source)
    engine.register("source_rows", table)
    return described(engine, "table", "a table in memory", "source_rows", rows=table.num_rows)


def _open_parquet(engine: DuckDB, label: str, paths: list[str]) -> Source:
    relation = "read_parquet(?, union_by_name = true)"
    try:
        rows = engine.rows("SELECT SUM(num_rows) FROM parquet_file_metadata(?)", [paths])[0][0]
        return described(
            engine, "parquet", Path(label).name, relation, parameters=[paths], rows=rows
        )
    except engine.errors as error:
        raise InputError(
            f"{label} cannot be read as Parquet: {first_line(error)} "
            "It may be truncated or of another kind."
        ) from error


def _open_glob(
    engine: DuckDB, pattern: str, table: str | None, schema: EventSchema | None
) -> Source:
    paths = [row[0] for row in engine.rows("SELECT file FROM glob(?) ORDER BY file", [pattern])]
    if not paths:
        raise InputError(f"No file matches {pattern}. Check the pattern, or name a file.")
    _no_table(pattern, table)
    first = _kind(Path(paths[0]))
    for path in paths:
        if first is None or _kind(Path(path)) != first:
            raise InputError(
                f"{pattern} matches {len(paths)} files, and {path} is "
                + (
                    "of no kind that several files can have"
                    if first is None
                    else f"no {first} file"
                )
                + ". Expected all to be CSV or TSV, all JSON Lines, or all Parquet; name a single "
                "file for other kinds."
            )
        _head(Path(path))
    return _open_files(engine, first or "", pattern, paths, schema)


def _open_folder(engine: DuckDB, path: Path, table: str | None) -> Source:
    _no_table(str(path), table)
    results = {manifest.parent for manifest in path.rglob("run.json")}
    files = sorted(
        str(file)
        for file in path.rglob("*")
        if _kind(file) == "parquet" and results.isdisjoint(file.parents)
    )
    if not files:
        besides = " besides the results of earlier runs" if results else ""
        raise InputError(
            f"{path} is a folder without Parquet files{besides}. Expected a file, or a folder of "
            ".parquet."
        )
    return _open_parquet(engine, str(path), files)
