"""PostgreSQL as an engine: the same definitions where the data already lives."""

from types import TracebackType
from typing import Any, Self

import pyarrow as pa
from sqlglot import exp

from clustomer.engines.dialect import translate
from clustomer.errors import UsageError


class Postgres:
    """A connection to a PostgreSQL server; needs the extra `postgres`.

    Parameters
    ----------
    uri : str
        `postgresql://user@host:port/database`.

    Raises
    ------
    UsageError
        If the extra is not installed.
    """

    def __init__(self, uri: str) -> None:
        try:
            from adbc_driver_postgresql import dbapi
        except ImportError as error:
            raise UsageError(
                "PostgreSQL needs the extra `postgres`, which is not installed. "
                "Install it with: pip install 'clustomer[postgres]'"
            ) from error
        self.connection: Any = dbapi.connect(uri, autocommit=True)

    def query(self, select: exp.Expr) -> pa.Table:
        """Run a portable query and return its result."""
        with self.connection.cursor() as cursor:
            cursor.execute(translate(select, "postgres"))
            return cursor.fetch_arrow_table()

    def ingest(self, name: str, table: pa.Table) -> None:
        """Create a table from Arrow data; it must not exist."""
        with self.connection.cursor() as cursor:
            cursor.adbc_ingest(name, table, mode="create")

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
