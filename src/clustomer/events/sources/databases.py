"""Databases: SQLite and DuckDB files; and which of their tables is meant."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pyarrow as pa

from clustomer.engines import DuckDB, literal, quoted
from clustomer.errors import InputError, did_you_mean
from clustomer.events.sources.source import Source, described, first_line

DEFAULT_TABLE = "ecommerce_behavior"
ROWS_PER_PART = 100_000
"""A SQLite table with a wider range of row ids is read in two parts at once."""

_ATTACHED = "source_database"


def choose_table(
    label: str, table: str | None, tables: Sequence[tuple[str, str]]
) -> tuple[str, str]:
    """Return the schema and name of the table that is meant.

    Parameters
    ----------
    label : str
        What the database is called in messages.
    table : str, optional
        A name, or `schema.name`; `ecommerce_behavior` by default.
    tables : sequence of (schema, name)
        Those that there are, the preferred first.

    >>> choose_table("shop.db", "web.log", [("main", "orders"), ("web", "log")])
    ('web', 'log')
    """
    wanted = table or DEFAULT_TABLE
    for schema, name in tables:
        if wanted in (name, f"{schema}.{name}"):
            return schema, name
    names = [name for _, name in tables]
    listed = [
        name if names.count(name) == 1 and "." not in wanted else f"{schema}.{name}"
        for schema, name in tables
    ]
    option = "Name it with --table." if table is None else "Check --table."
    raise InputError(f"{label} has no table `{wanted}`. {did_you_mean(wanted, listed)} {option}")


def open_sqlite(engine: DuckDB, path: Path, table: str | None) -> Source:
    """Open a table or view of a SQLite file; every column arrives as text."""
    from adbc_driver_manager import Error as AdbcError

    uri = path.absolute().as_uri() + "?mode=ro"
    try:
        with _sqlite(uri) as query:
            tables = [
                ("main", name)
                for name in query(
                    "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') "
                    "AND name NOT LIKE 'sqlite_%' ORDER BY name"
                )
                .read_all()["name"]
                .to_pylist()
            ]
            _, wanted = choose_table(str(path), table, tables)
            asked = literal(wanted).sql("sqlite")
            columns = (
                query(f"SELECT name FROM pragma_table_info({asked}) ORDER BY cid")
                .read_all()["name"]
                .to_pylist()
            )
            parts, rows = _parts(query, wanted, columns)
    except (AdbcError, pa.ArrowException, OSError) as error:
        raise InputError(
            f"{path} cannot be read as SQLite: {first_line(error)} "
            "It may be damaged, locked or encrypted."
        ) from error
    fields = ", ".join(
        f"COALESCE(CAST({quoted(column)} AS TEXT), '') AS {quoted(column)}" for column in columns
    )
    names = [f"source_rows_{number}" for number in range(len(parts))]

    @contextmanager
    def opened() -> Iterator[None]:
        with ExitStack() as stack:
            for name, part in zip(names, parts, strict=True):
                query = stack.enter_context(_sqlite(uri))
                rows = query(f"SELECT {fields} FROM {quoted(wanted)}{part}")
                engine.register(name, rows)
                stack.callback(engine.unregister, name)
            yield

    return Source(
        "sqlite",
        f"{path.name} (table {wanted})",
        names[0]
        if len(names) == 1
        else "(" + " UNION ALL ".join(f"SELECT * FROM {name}" for name in names) + ")",
        dict.fromkeys(columns, "VARCHAR"),
        opened=opened,
        rows=rows,
    )


@contextmanager
def _sqlite(uri: str) -> Iterator[Callable[[str], pa.RecordBatchReader]]:
    """Give what runs a query on a connection of its own."""
    # the DB-API of ADBC would load pandas and Polars wherever they are installed
    import adbc_driver_sqlite
    from adbc_driver_manager import AdbcConnection, AdbcStatement

    with (
        adbc_driver_sqlite.connect(uri) as database,
        AdbcConnection(database) as connection,
        ExitStack() as statements,
    ):

        def query(sql: str) -> pa.RecordBatchReader:
            statement = statements.enter_context(AdbcStatement(connection))
            statement.set_options(**{"adbc.sqlite.query.batch_rows": "65536"})
            statement.set_sql_query(sql)
            stream, _ = statement.execute_query()
            rows = pa.RecordBatchReader.from_stream(stream)
            statements.callback(rows.close)
            return rows

        yield query


def _parts(
    query: Callable[[str], pa.RecordBatchReader], table: str, columns: Sequence[str]
) -> tuple[list[str], int | None]:
    """Return the conditions by which a table is read in parts, side by side, and its rows.

    One part ("") where the table has no row ids to go by; they also say how many rows
    there may be.
    """
    from adbc_driver_manager import Error as AdbcError

    taken = {column.lower() for column in columns}
    name = next((name for name in ("_rowid_", "rowid", "oid") if name not in taken), None)
    if name is None:
        return [""], None
    try:
        # each on its own is a look into the index, both at once would read the whole table
        found = query(
            f"SELECT (SELECT MIN({name}) FROM {quoted(table)}) AS low, "
            f"(SELECT MAX({name}) FROM {quoted(table)}) AS high"
        ).read_all()
        low, high = found["low"][0].as_py(), found["high"][0].as_py()
    except (AdbcError, pa.ArrowException, OSError):
        # a view, or a table without row ids
        return [""], None
    if not isinstance(low, int) or not isinstance(high, int):
        return [""], None
    if high - low < ROWS_PER_PART:
        return [""], high - low + 1
    middle = low + (high - low) // 2
    return [f" WHERE {name} <= {middle}", f" WHERE {name} > {middle}"], high - low + 1


def open_duckdb(engine: DuckDB, path: Path, table: str | None) -> Source:
    """Open a table or view of a DuckDB file, which is only read."""
    engine.execute(f"DETACH DATABASE IF EXISTS {_ATTACHED}")
    place = literal(str(path)).sql("duckdb")
    try:
        engine.execute(f"ATTACH {place} AS {_ATTACHED} (TYPE duckdb, READ_ONLY)")
    except engine.errors as error:
        raise InputError(
            f"{path} cannot be read as a DuckDB database: {first_line(error)} It may be open for "
            "writing elsewhere, damaged, encrypted, or of a newer version."
        ) from error

    @contextmanager
    def opened() -> Iterator[None]:
        engine.execute(f"ATTACH IF NOT EXISTS {place} AS {_ATTACHED} (TYPE duckdb, READ_ONLY)")
        try:
            yield
        finally:
            engine.execute(f"DETACH DATABASE IF EXISTS {_ATTACHED}")

    try:
        tables = engine.rows(
            "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = ? UNION ALL "
            "SELECT schema_name, view_name FROM duckdb_views() WHERE database_name = ? "
            "AND NOT internal ORDER BY schema_name <> 'main', schema_name, table_name",
            [_ATTACHED, _ATTACHED],
        )
        schema, name = choose_table(str(path), table, [(str(s), str(n)) for s, n in tables])
        relation = f"{_ATTACHED}.{quoted(schema)}.{quoted(name)}"
        label = f"{path.name} (table {name if schema == 'main' else f'{schema}.{name}'})"
        return described(engine, "duckdb", label, relation, opened=opened)
    except BaseException as error:
        engine.execute(f"DETACH DATABASE IF EXISTS {_ATTACHED}")
        if isinstance(error, engine.errors):
            raise InputError(f"{path} cannot be read: {first_line(error)}") from error
        raise
