"""Sources: whatever holds the events becomes a relation that DuckDB can read.

Text files and SQLite tables arrive as text in every column and are typed later,
so that one bad value can never stop a load.
"""

import csv
import io
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from clustomer.engines import DuckDB, quoted
from clustomer.errors import InputError, did_you_mean

DEFAULT_TABLE = "ecommerce_behavior"
_SQLITE_MAGIC = b"SQLite format 3\x00"
_TEXT_SUFFIXES = {".csv", ".tsv", ".txt", ".psv"}
_COMPRESSIONS = {".gz": "gzip", ".zst": "zstd"}
_PARQUET_SUFFIXES = {".parquet", ".pq"}
_SEPARATORS = (",", "\t", ";", "|")


@dataclass
class Source:
    """A readable relation.

    `relation` is SQL for a FROM clause; `columns` maps each column to its type
    in DuckDB's words; `rejects` is SQL that gives the text of every line that
    could not be read as a row, valid after the relation has been read.
    """

    kind: str
    label: str
    relation: str
    columns: dict[str, str]
    rejects: str | None = None
    parameters: list[Any] = field(default_factory=list)
    opened: Callable[[], AbstractContextManager[None]] = nullcontext
    """Makes the relation readable, once, within its context: a stream is read only once."""


def open_source(
    engine: DuckDB,
    source: object,
    *,
    table: str | None = None,
    separator: str | None = None,
) -> Source:
    """Open a path or an Arrow-compatible table.

    Parameters
    ----------
    engine : DuckDB
    source : path, glob, or any object with `__arrow_c_stream__`
    table : str, optional
        Of a SQLite file; `ecommerce_behavior` by default.
    separator : str, optional
        Of a text file; found in the header line by default.

    Raises
    ------
    InputError
        If it cannot be read, saying why and what to do next.
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
    if not path.exists():
        if any(character in text for character in "*?["):
            return _open_glob(engine, text)
        raise InputError(_missing(path))
    if path.is_dir():
        return _open_folder(engine, path)
    if path.stat().st_size == 0:
        raise InputError(f"{path} is empty (0 bytes). Expected a log with at least one event.")
    try:
        with path.open("rb") as file:
            head = file.read(16)
    except OSError as error:
        raise InputError(f"{path} cannot be opened: {error.strerror}.") from error
    if head == _SQLITE_MAGIC:
        return _open_sqlite(engine, path, table)
    if head[:4] == b"PAR1" or path.suffix.lower() in _PARQUET_SUFFIXES:
        return _open_parquet(engine, text, [text])
    if path.suffix.lower() in {".db", ".sqlite", ".sqlite3"}:
        raise InputError(
            f"{path} is not an SQLite database (its first bytes say so): it may be damaged, "
            "encrypted, or of another kind. Expected SQLite, CSV, TSV or Parquet."
        )
    if _text_suffix(path) in _TEXT_SUFFIXES:
        return _open_text(engine, text, separator)
    raise InputError(
        f"{path} is of no kind that is known by its name or its first bytes. Expected SQLite "
        "(.db, .sqlite), CSV or TSV (.csv, .tsv, .txt, also .gz and .zst) or Parquet (.parquet)."
    )


def _missing(path: Path) -> str:
    folder = path.parent if path.parent.is_dir() else None
    near = did_you_mean(path.name, sorted(p.name for p in folder.iterdir())) if folder else ""
    hint = f" {near}" if near.startswith("Did") else ""
    return f"There is no file {path}.{hint} Expected an SQLite, CSV, TSV or Parquet file."


def _text_suffix(path: Path) -> str:
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes and suffixes[-1] in _COMPRESSIONS:
        suffixes.pop()
    return suffixes[-1] if suffixes else ""


def _open_arrow(engine: DuckDB, source: Any) -> Source:
    engine.register("source_rows", pa.table(source))
    return _described(engine, "table", "a table in memory", "source_rows")


def _described(engine: DuckDB, kind: str, label: str, relation: str, **more: Any) -> Source:
    rows = engine.rows(f"DESCRIBE SELECT * FROM {relation}", more.get("parameters"))
    return Source(kind, label, relation, {row[0]: row[1] for row in rows}, **more)


def _open_parquet(engine: DuckDB, label: str, paths: list[str]) -> Source:
    relation = "read_parquet(?, union_by_name = true)"
    try:
        return _described(engine, "parquet", Path(label).name, relation, parameters=[paths])
    except engine.errors as error:
        raise InputError(
            f"{label} cannot be read as Parquet: {_first_line(error)} "
            "It may be truncated or of another kind."
        ) from error


def _open_glob(engine: DuckDB, pattern: str) -> Source:
    paths = [row[0] for row in engine.rows("SELECT file FROM glob(?) ORDER BY file", [pattern])]
    if not paths:
        raise InputError(f"No file matches {pattern}. Check the pattern, or name a file.")
    kinds = {Path(path).suffix.lower() for path in paths}
    if not kinds <= _PARQUET_SUFFIXES:
        raise InputError(
            f"{pattern} matches {len(paths)} files with the endings {', '.join(sorted(kinds))}. "
            "A glob is read as Parquet; name a single file for other kinds."
        )
    return _open_parquet(engine, pattern, paths)


def _open_folder(engine: DuckDB, path: Path) -> Source:
    results = {manifest.parent for manifest in path.rglob("run.json")}
    files = sorted(
        str(file)
        for file in path.rglob("*")
        if file.suffix.lower() in _PARQUET_SUFFIXES and results.isdisjoint(file.parents)
    )
    if not files:
        besides = " besides the results of earlier runs" if results else ""
        raise InputError(
            f"{path} is a folder without Parquet files{besides}. Expected a file, or a folder of "
            ".parquet."
        )
    return _open_parquet(engine, str(path), files)


def _open_sqlite(engine: DuckDB, path: Path, table: str | None) -> Source:
    from adbc_driver_manager import Error as AdbcError
    from adbc_driver_sqlite import dbapi

    wanted = table or DEFAULT_TABLE
    try:
        with dbapi.connect(path.absolute().as_uri() + "?mode=ro") as connection:
            cursor = connection.cursor()
            cursor.execute(
                "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') "
                "AND name NOT LIKE 'sqlite_%' ORDER BY name"
            )
            tables = [row[0] for row in cursor.fetchall()]
            if wanted not in tables:
                option = "Name it with --table." if table is None else "Check --table."
                raise InputError(
                    f"{path} has no table `{wanted}`. {did_you_mean(wanted, tables)} {option}"
                )
            cursor.execute("SELECT name FROM pragma_table_info(?) ORDER BY cid", [wanted])
            columns = [row[0] for row in cursor.fetchall()]
            cursor.close()
    except AdbcError as error:
        raise InputError(
            f"{path} cannot be read as SQLite: {_first_line(error)} "
            "It may be damaged, locked or encrypted."
        ) from error
    fields = ", ".join(
        f"COALESCE(CAST({quoted(column)} AS TEXT), '') AS {quoted(column)}" for column in columns
    )
    query = "SELECT " + fields + " FROM " + quoted(wanted)

    @contextmanager
    def opened() -> Iterator[None]:
        with (
            dbapi.connect(path.absolute().as_uri() + "?mode=ro") as connection,
            connection.cursor() as cursor,
        ):
            cursor.adbc_statement.set_options(**{"adbc.sqlite.query.batch_rows": "65536"})
            cursor.execute(query)
            with cursor.fetch_record_batch() as rows:
                engine.register("source_rows", rows)
                try:
                    yield
                finally:
                    engine.unregister("source_rows")

    return Source(
        "sqlite",
        f"{path.name} (table {wanted})",
        "source_rows",
        dict.fromkeys(columns, "VARCHAR"),
        opened=opened,
    )


def _open_text(engine: DuckDB, path: str, separator: str | None) -> Source:
    header = _header(engine, path)
    if separator is None:
        separator = _separator(header)
    if separator == "spaces":
        return _open_spaces(engine, path, header)
    names = next(csv.reader(io.StringIO(header), delimiter=separator), [])
    columns = _unique([name.strip().strip("\ufeff") for name in names])
    if len(columns) < 2:
        raise InputError(
            f"The first line of {path} has one column only: {header[:80]!r}. Expected a header "
            "line with names separated by commas, tabs, semicolons or bars; set `separator` in a "
            "schema file for another one."
        )
    relation = (
        "read_csv(?, auto_detect = false, header = true, delim = ?, quote = '\"', escape = '\"', "
        "columns = ?, store_rejects = true, null_padding = false, max_line_size = 10485760)"
    )
    return Source(
        "text",
        Path(path).name,
        relation,
        dict.fromkeys(columns, "VARCHAR"),
        # a broken line can have several errors, and is still one line
        rejects="SELECT DISTINCT line_number, TRIM(csv_line, E'\\r\\n') FROM "
        "(SELECT file_id, line AS line_number, ANY_VALUE(csv_line) AS csv_line "
        "FROM reject_errors GROUP BY file_id, line)",
        parameters=[path, separator, dict.fromkeys(columns, "VARCHAR")],
    )


def _header(engine: DuckDB, path: str) -> str:
    try:
        rows = engine.rows(
            "SELECT line FROM read_csv(?, auto_detect = false, header = false, delim = E'\\x01', "
            "quote = '', escape = '', columns = {'line': 'VARCHAR'}, ignore_errors = true, "
            "max_line_size = 10485760) LIMIT 1",
            [path],
        )
    except engine.errors as error:
        raise InputError(f"{path} cannot be read as text: {_first_line(error)}") from error
    if not rows or rows[0][0] is None:
        raise InputError(f"{path} has no first line. Expected a header line with column names.")
    return str(rows[0][0])


def _separator(header: str) -> str:
    counts = {separator: header.count(separator) for separator in _SEPARATORS}
    best = max(counts, key=lambda separator: counts[separator])
    if counts[best] > 0:
        return best
    return "spaces" if len(header.split()) > 1 else ","


def _unique(names: list[str]) -> list[str]:
    seen: dict[str, int] = {}
    unique = []
    for name in names:
        seen[name.lower()] = seen.get(name.lower(), 0) + 1
        count = seen[name.lower()]
        unique.append(name if count == 1 else f"{name}_{count}")
    return unique


def _open_spaces(engine: DuckDB, path: str, header: str) -> Source:
    columns = _unique(header.split())
    lines = (
        "read_csv(?, auto_detect = false, header = true, delim = E'\\x01', quote = '', "
        "escape = '', columns = {'line': 'VARCHAR'}, max_line_size = 10485760)"
    )
    split = f"SELECT line, STRING_SPLIT_REGEX(TRIM(line), '\\s+') AS parts FROM {lines}"
    fields = ", ".join(f"parts[{i + 1}] AS {quoted(name)}" for i, name in enumerate(columns))
    engine.execute(
        f"CREATE OR REPLACE TABLE source_lines AS {split} WHERE TRIM(line) <> ''", [path]
    )
    whole = f"LEN(parts) = {len(columns)}"
    return Source(
        "text",
        Path(path).name,
        f"(SELECT {fields} FROM source_lines WHERE {whole})",
        dict.fromkeys(columns, "VARCHAR"),
        rejects=f"SELECT 0 AS line_number, line FROM source_lines WHERE NOT ({whole})",
    )


def _first_line(error: BaseException) -> str:
    return str(error).strip().splitlines()[0].rstrip(".") + "."
