"""A table of a PostgreSQL server, streamed in batches."""

from collections.abc import Iterator
from contextlib import contextmanager

from clustomer.engines import DuckDB, Postgres, quoted
from clustomer.engines.duckdb import ROWS_IN_MEMORY
from clustomer.errors import InputError
from clustomer.events.sources.source import Source
from clustomer.events.sources.tables.databases import choose_table

SCHEMES = ("postgresql://", "postgres://")

_TABLES = """SELECT n.nspname, c.relname FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'v', 'm', 'p', 'f') AND n.nspname <> 'information_schema'
    AND n.nspname NOT LIKE 'pg\\_%' AND pg_catalog.has_table_privilege(c.oid, 'SELECT')
ORDER BY COALESCE(ARRAY_POSITION(CURRENT_SCHEMAS(false), n.nspname), 999), 1, 2"""

_COLUMNS = """SELECT a.attname, pg_catalog.format_type(a.atttypid, NULL)
FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = $1 AND c.relname = $2 AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum"""

_ROWS = """SELECT CAST(c.reltuples AS BIGINT) FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'm', 'p')"""

_TIMES = {
    "timestamp without time zone": "TIMESTAMP",
    "timestamp with time zone": "TIMESTAMP WITH TIME ZONE",
    "date": "DATE",
}


def open_postgres(engine: DuckDB, uri: str, table: str | None) -> Source:
    """Open a table or view; times keep their type, everything else arrives as text."""
    with Postgres(uri) as server, server.readable("its tables"):
        tables = [(row[0], row[1]) for row in server.rows(_TABLES)]
        schema, name = choose_table(server.label, table, tables)
        types = dict(server.rows(_COLUMNS, [schema, name]))
        about = [int(row[0]) for row in server.rows(_ROWS, [schema, name])]
        label = f"{server.label} (table {schema}.{name})"
    fields = ", ".join(_field(column, kind) for column, kind in types.items())
    counts: list[int] = []
    query = f"SELECT {fields} FROM {quoted(schema)}.{quoted(name)}"

    @contextmanager
    def opened() -> Iterator[None]:
        with Postgres(uri) as server, server.readable(f"{schema}.{name}"), server.one_state():
            counts[:] = [server.rows(f"SELECT COUNT(*) FROM {quoted(schema)}.{quoted(name)}")[0][0]]
            with server.stream(query) as rows:
                engine.register("source_rows", rows)
                try:
                    yield
                finally:
                    engine.unregister("source_rows")

    if not types:
        raise InputError(f"{label} has no columns.")
    return Source(
        "postgresql",
        label,
        "source_rows",
        {column: _kind(kind) for column, kind in types.items()},
        opened=opened,
        # what the server thinks may be old: too small a figure would leave too little memory
        rows=about[0] if about and about[0] > ROWS_IN_MEMORY else None,
        counted=lambda: counts[0] if counts else None,
        notes=("a PostgreSQL table",),
    )


def _kind(kind: str) -> str:
    return "JSON" if kind in {"json", "jsonb"} else _TIMES.get(kind, "VARCHAR")


def _field(column: str, kind: str) -> str:
    name = quoted(column)
    if kind in _TIMES:
        # beyond what Arrow can hold
        return f"CASE WHEN ISFINITE({name}) THEN {name} END AS {name}"
    if kind in {"json", "jsonb"}:
        return f"CAST({name} AS TEXT) AS {name}"
    return f"COALESCE(CAST({name} AS TEXT), '') AS {name}"
