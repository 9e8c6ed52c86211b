"""Databases: SQLite and DuckDB files; and which of their tables is meant."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from clustomer.engines import DuckDB, literal, quoted
from clustomer.errors import InputError, did_you_mean
from clustomer.events.relation import Source, described, first_line

DEFAULT_TABLE = "ecommerce_behavior"
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
    from adbc_driver_sqlite import dbapi

    try:
        with dbapi.connect(path.absolute().as_uri() + "?mode=ro") as connection:
            cursor = connection.cursor()
            cursor.execute(
                "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') "
                "AND name NOT LIKE 'sqlite_%' ORDER BY name"
            )
            tables = [("main", row[0]) for row in cursor.fetchall()]
            _, wanted = choose_table(str(path), table, tables)
            cursor.execute("SELECT name FROM pragma_table_info(?) ORDER BY cid", [wanted])
            columns = [row[0] for row in cursor.fetchall()]
            cursor.close()
    except AdbcError as error:
        raise InputError(
            f"{path} cannot be read as SQLite: {first_line(error)} "
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
