"""Databases that take the table of segments, each in one transaction of its own."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from clustomer.engines import Postgres, quoted
from clustomer.errors import OutputError, UsageError

_AT_ONCE = 50_000


def into_duckdb(path: Path, table: str, rows: pa.Table, *, overwrite: bool) -> int | None:
    """Put rows into a table of a DuckDB file; return how many it had before."""
    name = _name(table)
    try:
        with duckdb.connect(str(path)) as connection:
            connection.register("segments_to_publish", rows)
            connection.execute("BEGIN")
            before, columns = None, _columns_in_duckdb(connection, name)
            if columns:
                [before] = connection.execute(f"SELECT COUNT(*) FROM {name}").fetchone() or [0]
            statements = _statements(name, table, columns, rows.column_names, overwrite)
            if not columns or statements.drops:
                statements.run(connection.execute)
                connection.execute(f"CREATE TABLE {name} AS FROM segments_to_publish")
            else:
                statements.run(connection.execute)
                connection.execute(f"INSERT INTO {name} FROM segments_to_publish")
            connection.execute("COMMIT")
    except duckdb.Error as error:
        raise _refused(str(path), error) from error
    return before


def into_sqlite(path: Path, table: str, rows: pa.Table, *, overwrite: bool) -> int | None:
    """Put rows into a table of a SQLite file; return how many it had before."""
    name = _name(table)
    marks = ", ".join("?" * rows.num_columns)
    try:
        connection = sqlite3.connect(path, isolation_level=None)
        try:
            connection.execute("BEGIN IMMEDIATE")
            before = None
            columns = [row[1] for row in connection.execute(f"PRAGMA table_info({name})")]
            if columns:
                [before] = connection.execute(f"SELECT COUNT(*) FROM {name}").fetchone()
            statements = _statements(name, table, columns, rows.column_names, overwrite)
            statements.run(connection.execute)
            if not columns or statements.drops:
                connection.execute(f"CREATE TABLE {name} ({_declared(rows.schema, _SQLITE)})")
            for batch in rows.to_batches(max_chunksize=_AT_ONCE):
                values = zip(*map(_for_sqlite, batch.columns), strict=True)
                connection.executemany(f"INSERT INTO {name} VALUES ({marks})", values)
            connection.execute("COMMIT")
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise _refused(str(path), error) from error
    return before


def into_postgres(uri: str, table: str, rows: pa.Table, *, overwrite: bool) -> int | None:
    """Put rows into a table of a PostgreSQL server; return how many it had before."""
    from adbc_driver_manager import Error

    name = _name(table)
    with Postgres(uri) as server:
        try:
            before = _in_one_transaction(server, name, table, rows, overwrite)
        except Error as error:
            server.rows("ROLLBACK")
            raise _refused(server.label, " ".join(str(error).split())) from None
        except BaseException:
            server.rows("ROLLBACK")
            raise
    return before


def _in_one_transaction(
    server: Postgres, name: str, table: str, rows: pa.Table, overwrite: bool
) -> int | None:
    run = server.rows
    server.register("segments_to_publish", rows)
    run("BEGIN")
    attributes = run(
        "SELECT attname FROM pg_attribute WHERE attrelid = to_regclass($1) AND attnum > 0 "
        "AND NOT attisdropped ORDER BY attnum",
        [name],
    )
    columns = [str(column) for (column,) in attributes]
    before = None
    if columns:
        # others may read on; a second one who publishes waits
        run(f"LOCK TABLE {name} IN SHARE ROW EXCLUSIVE MODE")
        [(before,)] = run(f"SELECT COUNT(*) FROM {name}")
    statements = _statements(name, table, columns, rows.column_names, overwrite)
    statements.run(run)
    if not columns or statements.drops:
        run(f"CREATE TABLE {name} ({_declared(rows.schema, _POSTGRES)})")
    listed = ", ".join(map(quoted, rows.column_names))
    run(f"INSERT INTO {name} ({listed}) SELECT {listed} FROM pg_temp.segments_to_publish")
    run("COMMIT")
    return before


class _Statements:
    """What makes room for new rows in a table that is there."""

    def __init__(self, statements: Sequence[str], *, drops: bool) -> None:
        self._statements = statements
        self.drops = drops

    def run(self, execute: Any) -> None:
        """Run them, one after the other."""
        for statement in self._statements:
            execute(statement)


def _statements(
    name: str, table: str, columns: Sequence[str], ours: Sequence[str], overwrite: bool
) -> _Statements:
    """Return what makes room: nothing, all rows deleted, or the table dropped.

    Emptied, a table keeps its rights, views and indexes. One with other columns may be somebody
    else's, and is dropped only where that was asked for.
    """
    if not columns:
        return _Statements([], drops=False)
    if list(columns) == list(ours):
        return _Statements([f"DELETE FROM {name}"], drops=False)
    if overwrite:
        return _Statements([f"DROP TABLE {name}"], drops=True)
    raise OutputError(
        f"There is a table {table} with other columns: {', '.join(columns[:8])}. Expected "
        f"{', '.join(ours)}. Give --overwrite to replace it, or name another with --table."
    )


_SQLITE = {"int32": "INTEGER", "int64": "INTEGER", "bool": "INTEGER", "double": "REAL"}
_POSTGRES = {
    "int32": "INTEGER",
    "int64": "BIGINT",
    "double": "DOUBLE PRECISION",
    "bool": "BOOLEAN",
    "date32[day]": "DATE",
}
"""How types are called; everything else is text."""


def _for_sqlite(column: pa.Array) -> list[Any]:
    """Return values as SQLite takes them: a date is text."""
    if pa.types.is_date(column.type):
        column = column.cast(pa.string())
    values: list[Any] = column.to_pylist()
    return values


def _declared(schema: pa.Schema, kinds: dict[str, str]) -> str:
    """Return columns as CREATE TABLE declares them.

    >>> _declared(pa.schema([("user_id", pa.string()), ("cluster", pa.int32())]), _SQLITE)
    '"user_id" TEXT, "cluster" INTEGER'
    """
    return ", ".join(
        f"{quoted(field.name)} {kinds.get(str(field.type), 'TEXT')}" for field in schema
    )


def _columns_in_duckdb(connection: duckdb.DuckDBPyConnection, name: str) -> list[str]:
    try:
        return [row[0] for row in connection.execute(f"DESCRIBE {name}").fetchall()]
    except duckdb.CatalogException:
        # a failed statement ends the transaction
        connection.execute("ROLLBACK")
        connection.execute("BEGIN")
        return []


def _name(table: str) -> str:
    """Return a table's name as quoted identifiers.

    >>> _name('shop.seg"ments')
    '"shop"."seg""ments"'
    """
    parts = table.split(".")
    if not 1 <= len(parts) <= 2 or not all(parts):
        raise UsageError(f"The table is {table!r}. Expected a name, or schema.name.")
    return ".".join(map(quoted, parts))


def _refused(where: str, error: object) -> OutputError:
    return OutputError(
        f"The segments cannot be written to {where}: {error} What was there is as it was. Check "
        "that it exists and that you may write there."
    )
