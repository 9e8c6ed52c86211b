"""Databases: SQLite and DuckDB files; and which of their tables is meant."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pyarrow as pa

from clustomer.engines import DuckDB, literal, quoted
from clustomer.errors import InputError, OutputError, did_you_mean, first_line
from clustomer.events.sources.source import Source, described, valid_text

DEFAULT_TABLE = "ecommerce_behavior"
ROWS_PER_PART = 100_000
"""A SQLite table with a wider range of row ids is read in two parts at once."""

_ATTACHED = "source_database"
_BROKEN = "broken line"
_TRIES = 20


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


def open_sqlite(engine: DuckDB, path: Path, table: str | None, *, careful: bool = False) -> Source:
    """Open a table or view of a SQLite file; every column arrives as text.

    All of it is read in one snapshot. `careful` reads bytes, so that a value that is no UTF-8
    costs its own row only.
    """
    uri = path.absolute().as_uri() + "?mode=ro"
    with _readable(path), _sqlite(uri) as query:
        listed = query(
            "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') "
            "AND name NOT LIKE 'sqlite_%' ORDER BY name"
        ).read_all()
        tables = [("main", name) for name in listed["name"].to_pylist()]
        _, wanted = choose_table(str(path), table, tables)
        asked = literal(wanted).sql("sqlite")
        described_columns = query(f"SELECT name FROM pragma_table_info({asked}) ORDER BY cid")
        columns = described_columns.read_all()["name"].to_pylist()
        parts, rows = _parts(query, wanted, columns)
    kind, nothing = ("BLOB", "x''") if careful else ("TEXT", "''")
    fields = ", ".join(
        f"COALESCE(CAST({quoted(column)} AS {kind}), {nothing}) AS {quoted(column)}"
        for column in columns
    )
    names = [f"source_rows_{number}" for number in range(len(parts))]
    counting: list[Callable[[str], pa.RecordBatchReader]] = []

    def counted() -> int:
        rows = counting[0](f"SELECT COUNT(*) AS n FROM {quoted(wanted)}").read_all()
        return int(rows["n"][0].as_py())

    @contextmanager
    def opened() -> Iterator[None]:
        with _readable(path), ExitStack() as stack:
            queries = _in_one_snapshot(stack, uri, len(parts))
            counting[:] = queries[:1]
            for name, part, query in zip(names, parts, queries, strict=True):
                rows = query(f"SELECT {fields} FROM {quoted(wanted)}{part}")
                engine.register(name, rows if careful else valid_text(rows))
                stack.callback(engine.unregister, name)
            yield

    relation = (
        names[0]
        if len(names) == 1
        else "(" + " UNION ALL ".join(f"SELECT * FROM {name}" for name in names) + ")"
    )
    return Source(
        "sqlite",
        f"{path.name} (table {wanted})",
        _decoded(relation, columns) if careful else relation,
        dict.fromkeys(columns, "VARCHAR"),
        opened=opened,
        rows=rows,
        counted=counted,
        broken=_BROKEN if careful else None,
        careful=None if careful else lambda: open_sqlite(engine, path, table, careful=True),
        notes=("an SQLite table",),
    )


def _decoded(relation: str, columns: Sequence[str]) -> str:
    """Return SQL for columns of bytes as text, and for the text of rows that are no UTF-8."""
    names = [quoted(column) for column in columns]
    wrong = " OR ".join(f"TRY(DECODE({name})) IS NULL" for name in names)
    shown = ", ".join(f"CAST({name} AS VARCHAR)" for name in names)
    fields = ", ".join(f"TRY(DECODE({name})) AS {name}" for name in names)
    return (
        f"(SELECT {fields}, CASE WHEN {wrong} THEN CONCAT_WS(',', {shown}) END AS "
        f"{quoted(_BROKEN)} FROM {relation})"
    )


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Turn whatever a damaged file makes the driver raise into an InputError."""
    from adbc_driver_manager import Error as AdbcError

    try:
        yield
    except (AdbcError, pa.ArrowException, OSError, UnicodeDecodeError) as error:
        if isinstance(error, OutputError):
            raise
        raise InputError(
            f"{path} cannot be read as SQLite: {first_line(error)} "
            "It may be damaged, locked or encrypted."
        ) from error


def _in_one_snapshot(
    stack: ExitStack, uri: str, number: int
) -> list[Callable[[str], pa.RecordBatchReader]]:
    """Return connections that see the same state of the file.

    Where others keep writing, so that no two connections begin at the same state, there is an
    error.
    """
    with _sqlite(uri) as watch:
        for _ in range(_TRIES):
            before = watch("PRAGMA data_version").read_all()["data_version"][0]
            with ExitStack() as attempt:
                queries = [
                    attempt.enter_context(_sqlite(uri, one_state=True)) for _ in range(number)
                ]
                for query in queries:
                    query("SELECT 1 FROM sqlite_master LIMIT 1").read_all()
                if watch("PRAGMA data_version").read_all()["data_version"][0] == before:
                    stack.enter_context(attempt.pop_all())
                    return queries
    raise InputError(
        "The database is being written to all the time, so that no one state of it can be "
        "read. Read a copy of the file."
    )


@contextmanager
def _sqlite(
    uri: str, *, one_state: bool = False
) -> Iterator[Callable[[str], pa.RecordBatchReader]]:
    """Give what runs a query on a connection of its own.

    `one_state` keeps the state of the file that the first query sees.
    """
    # the DB-API of ADBC would load pandas and Polars wherever they are installed
    import adbc_driver_sqlite
    from adbc_driver_manager import AdbcConnection, AdbcStatement

    with (
        adbc_driver_sqlite.connect(uri) as database,
        AdbcConnection(database) as connection,
        ExitStack() as statements,
    ):
        if one_state:
            connection.set_autocommit(False)

        def query(sql: str) -> pa.RecordBatchReader:
            statement = statements.enter_context(AdbcStatement(connection))
            statement.set_options(**{"adbc.sqlite.query.batch_rows": "16384"})
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
        ends = query(
            f"SELECT (SELECT MIN({name}) FROM {quoted(table)}) AS low, "
            f"(SELECT MAX({name}) FROM {quoted(table)}) AS high"
        ).read_all()
        low, high = ends["low"][0].as_py(), ends["high"][0].as_py()
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

        def counted() -> int:
            return int(engine.rows(f"SELECT COUNT(*) FROM {relation}")[0][0])

        sizes = engine.rows(
            "SELECT estimated_size FROM duckdb_tables() WHERE database_name = ? "
            "AND schema_name = ? AND table_name = ?",
            [_ATTACHED, schema, name],
        )
        return described(
            engine,
            "duckdb",
            label,
            relation,
            opened=opened,
            # nobody knows how many rows a view has
            rows=int(sizes[0][0]) if sizes else None,
            counted=counted,
            notes=("a DuckDB table",),
        )
    except BaseException as error:
        engine.execute(f"DETACH DATABASE IF EXISTS {_ATTACHED}")
        if isinstance(error, engine.errors):
            raise InputError(f"{path} cannot be read: {first_line(error)}") from error
        raise
