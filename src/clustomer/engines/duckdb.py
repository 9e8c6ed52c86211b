"""The default engine: DuckDB, embedded, bounded in memory.

It is the one that reads text and files, so that the loaders of events are written for it, in its
own SQL (`execute`, `rows`, `arrow`, `empty`). Everything after them needs an `Engine` only.
"""

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from copy import copy
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar, Self

import duckdb
import pyarrow as pa
from sqlglot import exp

from clustomer.engines.dialect import literal, translate
from clustomer.engines.engine import Engine
from clustomer.engines.memory import (
    BYTES_PER_CUSTOMER,
    LEAST_OF_ENGINE,
    PROGRAM_MEMORY,
    SIMULATED_MEMORY,
    in_words,
    memory_of_engine,
    require_memory,
    resident_memory,
)
from clustomer.errors import OutputError
from clustomer.unfinished import remove_folder, sweep_folders, temporary_folder

ROWS_IN_MEMORY = 1_500_000
"""Tables of more rows are kept in a file: compressing them saves more than it costs."""

ROWS_IN_ONE_QUERY = 20_000_000
"""With a limit of 1 GB, at most so many events are worked on in one query."""

ROWS_IN_A_PART = 5_000_000
"""With a limit of 1 GB, each part has about so many events where there are more."""

_GB = 10**9
# thirty million events of the simulated shop, with what waits beside the table
_BYTES_PER_ROW = 50
# before version 2 it takes 190 MB to read the smallest CSV, and half a GB for a million lines
_IN_HAND = 175_000_000 if int(duckdb.__version__.partition(".")[0]) >= 2 else 700_000_000
_RELEASED = 200_000_000
# of what is free: the rest is for the query's result, and for what no limit counts
_OF_FREE = 0.5
_BETWEEN_TRIES = 0.01  # seconds


def working_memory(rows: int | None) -> int:
    """Return the bytes that are enough for the work over so many rows, None for an unknown number.

    More would be kept for a use that never comes: DuckDB gives back little before it must. Up to
    `ROWS_IN_MEMORY` it holds the tables, too.

    >>> [working_memory(rows) // 10**6 for rows in (None, 10_000_000, 100_000_000)]
    [1000, 1000, 5000]
    """
    if rows is not None and rows <= ROWS_IN_MEMORY:
        return max(250_000_000, _IN_HAND + 200 * rows)
    return max(_GB, 50 * (rows or 0))


class DuckDB(Engine):
    """An embedded database with a temporary folder of its own.

    Small tables live in memory, large ones (see `expect`) in a file, and
    larger-than-memory work spills beside it, so that memory does not grow with
    the number of events. The folder is removed on `close`, and at the latest
    with the object.

    Parameters
    ----------
    directory : path, optional
        Where the temporary folder is made; by default the system's place.
    memory : int, optional
        The most that it may take, in bytes; by default its part of the machine's. It takes less
        where less is enough (see `expect`).
    run_memory : int, optional
        The most that all of the run may take, in bytes; what its customers take in Python is
        left for them (see `expect_customers`). By default there are none.
    threads : int, optional
        By default one per core.

    >>> from clustomer.engines.dialect import parse
    >>> with DuckDB() as engine:
    ...     engine.query(parse("SELECT 1 + 1 AS two")).to_pydict()
    {'two': [2]}
    """

    dialect = "duckdb"

    errors: ClassVar[type[Exception]] = duckdb.Error
    """What DuckDB raises; loaders turn it into errors that say what to do next."""

    def __init__(
        self,
        *,
        directory: str | os.PathLike[str] | None = None,
        memory: int | None = None,
        run_memory: int | None = None,
        threads: int | None = None,
    ) -> None:
        try:
            sweep_folders("clustomer-", directory)
            self.directory = temporary_folder("clustomer-", directory)
        except OSError as error:
            raise OutputError(
                f"No temporary folder can be made in {directory or tempfile.gettempdir()}: "
                f"{error.strerror}. Free some space there, or set TMPDIR to another place."
            ) from error
        self._most = memory_of_engine() if memory is None else memory
        self._run_memory = run_memory
        self._leaves_memory = False
        self._limit = min(self._most, working_memory(None))
        settings: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": _bytes(self._limit),
            "temp_directory": str(self.directory / "spill"),
            "preserve_insertion_order": False,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
        if threads is not None:
            settings["threads"] = threads
        self.connection = duckdb.connect(config=settings)
        self._part = 0, 1
        self._beside: list[Self] = []
        self._places = ["memory"]
        self._prepare()

    @contextmanager
    def _in_our_words(self) -> Iterator[None]:
        """Say what is lacking where DuckDB finds too little memory or room, and what to do."""
        place = self.directory.parent
        try:
            yield
        except duckdb.OutOfMemoryException as error:
            raise OutputError(
                f"There is too little memory for this log: the engine may take "
                f"{in_words(self._limit)}; or there is too little room in the temporary folder "
                f"{place}. Allow more with --memory, free some room, or set TMPDIR to a larger "
                "place."
            ) from error
        except duckdb.Error as error:
            if "no space left" not in str(error).lower():
                raise
            raise OutputError(
                f"There is no space left in the temporary folder {place} or where the results go. "
                "Free some, set TMPDIR to a larger place, or name another with --out."
            ) from error
        except RuntimeError as error:
            # what DuckDB makes of Ctrl-C
            if "interrupted" in str(error).lower():
                raise KeyboardInterrupt from error
            raise

    def _prepare(self) -> None:
        self.connection.execute("SET TimeZone = 'UTC'")
        # DuckDB knows how far a query has come only where it may draw a bar, and draws one of its
        # own on standard output, where --json has its document
        self.connection.execute("SET enable_progress_bar = true")
        self.connection.execute("SET enable_progress_bar_print = false")
        self.connection.execute(f"SET search_path = '{','.join(self._places)}'")

    def expect(self, rows: int | None, *, least: int | None = None) -> None:
        """Say how many rows the largest table to come may have, None where that is unknown.

        Tables that are made from now on live in memory where these are few, else in a file, for
        which there must be room: `least` says how many rows it will have at least.
        """
        place = "memory" if rows is not None and rows <= ROWS_IN_MEMORY else "work"
        if place == "work":
            self._require_room(max(rows or 0, least or 0) * _BYTES_PER_ROW)
        self._limit = min(self._most, working_memory(rows))
        self.execute("SET memory_limit = ?", [_bytes(self._limit)])
        if place not in self._places:
            path = literal(str(self.directory / "work.duckdb")).sql("duckdb")
            self.execute(f"ATTACH {path} AS work")
        self._places = [place, *(other for other in self._places if other != place)]
        self._prepare()

    def require_memory(self, customers: int, rows: int) -> None:
        """Raise OutputError where a run over so many customers and rows cannot do with its memory.

        An engine that is not a run's requires nothing: what is only read and counted always fits.
        """
        if self._run_memory is not None:
            require_memory(customers, rows, self._run_memory)

    def expect_customers(self, customers: int, rows: int) -> None:
        """Leave the memory that so many customers take in Python; see `require_memory`."""
        self.require_memory(customers, rows)
        if self._run_memory is None or self._places[0] != "work":
            return
        others = PROGRAM_MEMORY + SIMULATED_MEMORY + BYTES_PER_CUSTOMER * customers
        left = self._run_memory - others
        self._leaves_memory = left < self._limit
        self._most = min(self._most, max(left, LEAST_OF_ENGINE))
        self._limit = min(self._limit, self._most)
        self.release()

    def _require_room(self, needed: int) -> None:
        free = shutil.disk_usage(self.directory).free
        if free < needed:
            raise OutputError(
                f"This log needs at least {in_words(needed)} of room in the temporary folder "
                f"{self.directory.parent}, and {in_words(free)} are free. Free some, or set TMPDIR "
                "to a larger place."
            )

    def release(self) -> None:
        """Give back the memory in which tables of the file (see `expect`) are kept at hand.

        Not while another connection works beside this one: it would find no memory meanwhile.
        """
        if self._places[0] != "work" or self._beside:
            return
        for limit in (min(_RELEASED, self._limit), self._limit):
            # what is in use stays
            with suppress(duckdb.OutOfMemoryException):
                self.connection.execute("SET memory_limit = ?", [_bytes(limit)])

    @contextmanager
    def _with_what_is_free(self) -> Iterator[None]:
        """Let a query take what customers in Python do not take yet, and give it back then."""
        free = self._free()
        if free <= self._limit:
            yield
            return
        self.connection.execute("SET memory_limit = ?", [_bytes(free)])
        try:
            yield
        finally:
            self.release()

    def _free(self) -> int:
        """Return the bytes that a query may take where memory was left for customers, else 0."""
        resident = resident_memory()
        if not self._leaves_memory or self._run_memory is None or resident is None:
            return 0
        [(in_engine,)] = self.rows("SELECT SUM(memory_usage_bytes) FROM duckdb_memory()")
        return int(_OF_FREE * (self._run_memory - resident + int(in_engine)))

    @contextmanager
    def beside(self) -> Iterator[Self]:
        """Give a second connection to the same tables, for work in another thread."""
        other = copy(self)
        other.connection = self.connection.cursor()
        other._prepare()
        self._beside.append(other)
        try:
            yield other
        finally:
            other.done()
            _stopped(other.connection)
            del other.connection

    def done(self) -> None:
        """Say that this connection beside another has done its work, and needs no memory more."""
        if self in self._beside:
            self._beside.remove(self)

    def execute(self, sql: str, parameters: list[Any] | None = None) -> None:
        """Run a statement of DuckDB's own; for loaders, which need more than the dialect."""
        with self._in_our_words():
            self.connection.execute(sql, parameters)

    def rows(self, sql: str, parameters: list[Any] | None = None) -> list[tuple[Any, ...]]:
        """Run a query of DuckDB's own and return its few rows."""
        with self._in_our_words():
            return self.connection.execute(sql, parameters).fetchall()

    def arrow(self, sql: str) -> pa.Table:
        """Run a query of DuckDB's own and return its result as one Arrow table."""
        with self._in_our_words():
            return self.connection.sql(sql).to_arrow_table()

    def empty(self, sql: str, parameters: list[Any] | None = None) -> pa.Schema:
        """Return the columns and types of a query's result, without its rows."""
        with self._in_our_words():
            return self.connection.sql(sql, params=parameters).to_arrow_table().schema

    def query(self, select: exp.Expr) -> pa.Table:
        """Run a portable query and return its result."""
        with self._with_what_is_free():
            return self.arrow(translate(_scanned(select), spent=True))

    def create_table(self, name: str, select: exp.Expr, *, by: str | None = None) -> None:
        """Keep the result of a portable query as a table of this engine."""
        with self._with_what_is_free():
            self.execute(
                f"CREATE OR REPLACE TABLE {quoted(name)} AS "
                f"{translate(_scanned(select), spent=True)}"
            )

    def columns(self, table: str) -> pa.Schema:
        """Return the columns of a table and their types."""
        return self.empty(f"SELECT * FROM {quoted(table)} LIMIT 0")

    def write_parquet(self, select: exp.Expr, folder: Path, *, by: str) -> None:
        """Write the result of a portable query as a Parquet file into a new folder."""
        folder.mkdir()
        path = literal(str(folder / "part-00000.parquet")).sql("duckdb")
        query = translate(_scanned(select), spent=True)
        self.execute(
            f"COPY (SELECT * FROM ({query}) ORDER BY {quoted(by)}) TO {path} "
            "(FORMAT parquet, COMPRESSION zstd)"
        )

    def append(self, name: str, select: exp.Expr) -> None:
        """Add the result of a portable query to a table of this engine."""
        with self._with_what_is_free():
            self.execute(f"INSERT INTO {quoted(name)} {translate(_scanned(select), spent=True)}")

    def drop(self, name: str) -> None:
        """Remove a table of this engine."""
        self._part = 0, 1
        self.execute(f"DROP TABLE {quoted(name)}")

    def passes(self, table: str) -> list[str]:
        """Return conditions on `user_id`, one for each pass over all rows that fits into memory.

        All rows of a customer are in the same pass.
        """
        passes = self.parts(table)
        if passes == 1:
            return ["TRUE"]
        return [f"HASH(user_id) % {passes} = {number}" for number in range(passes)]

    def remake(self, table: str, rows_of: Callable[[str], str]) -> None:
        """Make a table of events anew, in as many passes over all rows as fit into memory.

        To update very many rows would keep the old values of all of them in memory.

        Parameters
        ----------
        table : str
        rows_of : function
            Of a condition on `user_id`; returns the query for the new rows of those customers.
        """
        remade = quoted(f"remade_{table}")
        passes = self.passes(table)
        for number, customers in enumerate(passes):
            self._part = number, len(passes)
            begin = "INSERT INTO" if number else "CREATE OR REPLACE TABLE"
            self.execute(f"{begin} {remade} {'' if number else 'AS '}{rows_of(customers)}")
        self.drop(table)
        self.execute(f"ALTER TABLE {remade} RENAME TO {quoted(table)}")

    def parts(self, table: str) -> int:
        """Return in how many parts the work over a table of events fits into this memory."""
        rows = int(self.rows(f"SELECT COUNT(*) FROM {quoted(table)}")[0][0])
        # what is free goes to customers as the parts are done
        limit = max(self._limit, self._free() // 2)
        if rows <= ROWS_IN_ONE_QUERY * limit // _GB:
            return 1
        return -(-rows * _GB // (ROWS_IN_A_PART * limit))

    def take_part(self, name: str, table: str, *, key: str, number: int, parts: int) -> None:
        """Keep the rows of a table whose key falls to one of several parts."""
        self._part = number, parts
        self.execute(
            f"CREATE OR REPLACE TABLE {quoted(name)} AS SELECT * FROM {quoted(table)} "
            f"WHERE HASH({quoted(key)}) % {parts} = {number}"
        )

    def register(self, name: str, table: Any) -> None:
        """Let queries read anything with `__arrow_c_stream__` under a name."""
        if not isinstance(table, pa.Table | pa.RecordBatchReader):
            table = pa.table(table)
        self.connection.register(name, table)

    def fraction(self) -> float | None:
        """Return how much is done of the query that another thread has under way, 0 to 1.

        Of several parts (see `take_part`), how much of all; None where that is unknown.
        """
        done = self.connection.query_progress()
        number, parts = self._part
        if done < 0:
            return number / parts if parts > 1 else None
        return (number + done / 100) / parts

    def interrupt(self) -> None:
        """Stop what another thread has under way on this connection."""
        self.connection.interrupt()

    def unregister(self, name: str) -> None:
        """Forget a registered table."""
        self.connection.unregister(name)

    def close(self) -> None:
        """Stop what another thread has under way, close the database and remove its folder."""
        _stopped(self.connection)
        remove_folder(self.directory)

    def __del__(self) -> None:
        if hasattr(self, "connection"):
            self.close()


def _stopped(connection: duckdb.DuckDBPyConnection) -> None:
    """Close a connection; after Ctrl-C a thread that nobody waits for may be busy on it."""
    while True:
        try:
            connection.interrupt()
            connection.close()
        except duckdb.ConnectionException:  # closed before
            return
        except duckdb.ResourceInUseException:
            time.sleep(_BETWEEN_TRIES)
        else:
            return


def _scanned(select: exp.Expr) -> exp.Expr:
    """Let what only filters and renames the rows of a table be read where it is used.

    DuckDB would copy all of it where it is used more than once, which takes longer.
    """
    select = select.copy()
    for part in select.find_all(exp.CTE):
        if part.find(exp.Group, exp.Join, exp.AggFunc, exp.Window, exp.Distinct, exp.Union) is None:
            part.set("materialized", False)
    return select


def query_tables(select: exp.Expr, **tables: Any) -> pa.Table:
    """Run a portable query over Arrow tables, by the names that they are given here.

    >>> from clustomer.engines.dialect import parse
    >>> numbers = pa.table({"n": [1, 2]})
    >>> query_tables(parse("SELECT MAX(n) AS most FROM numbers"), numbers=numbers).to_pylist()
    [{'most': 2}]
    """
    with DuckDB() as engine:
        for name, table in tables.items():
            engine.register(name, table)
        return engine.query(select)


def _bytes(size: int) -> str:
    return f"{size}B"


@lru_cache(10_000)
def quoted(name: str) -> str:
    """Return a name as a quoted identifier.

    >>> quoted('a"b')
    '"a""b"'
    """
    return exp.to_identifier(name, quoted=True).sql(dialect="duckdb")
