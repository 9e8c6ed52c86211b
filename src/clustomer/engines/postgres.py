"""PostgreSQL as an engine: the same definitions where the data already lives."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self
from urllib.parse import unquote

import pyarrow as pa
from sqlglot import exp

from clustomer.engines.dialect import translate
from clustomer.errors import InputError, UsageError

_USER_AND_PASSWORD = re.compile(r"(?<=://)([^:/@?]*):(.*)@", re.DOTALL)
_OPTION = re.compile(r"([?&][a-z]*password=)([^&]*)", re.IGNORECASE)


def without_password(uri: str) -> str:
    """Return the address of a server as it may be shown and stored.

    >>> without_password("postgresql://ann:s@cret@db.example/shop?sslpassword=x&sslmode=require")
    'postgresql://ann@db.example/shop?sslpassword=***&sslmode=require'
    """
    return _OPTION.sub(r"\1***", _USER_AND_PASSWORD.sub(r"\1@", uri))


def _secrets(uri: str) -> list[str]:
    """Return what must not be shown: passwords, whole, decoded, and as a driver may split them."""
    patterns = (_USER_AND_PASSWORD, _OPTION)
    found = [match[2] for pattern in patterns for match in pattern.finditer(uri)]
    parts = [part for word in found for part in re.split(r"[/@:?#&=]", word)]
    words = {each for word in (*found, *parts) for each in (word, unquote(word)) if each}
    return [uri, *sorted(words, key=lambda word: (-len(word), word))]


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
    InputError
        If the server cannot be reached, or refuses.
    """

    def __init__(self, uri: str) -> None:
        self.label = without_password(uri)
        self._secrets = _secrets(uri)
        try:
            from adbc_driver_postgresql import dbapi
        except ImportError as error:
            raise UsageError(
                "PostgreSQL needs the extra `postgres`, which is not installed. "
                "Install it with: pip install 'clustomer[postgres]'"
            ) from error
        with self.readable("it"):
            self.connection: Any = dbapi.connect(uri, autocommit=True)

    @contextmanager
    def readable(self, what: str) -> Iterator[None]:
        """Turn what the driver raises into an InputError without any password."""
        from adbc_driver_manager import Error

        try:
            yield
        except Error as error:
            said = str(error)
            for secret in self._secrets:
                said = said.replace(secret, "***")
            raise InputError(
                f"{self.label}: {what} cannot be read: {' '.join(said.split())} Check the address "
                "(postgresql://user@host:port/database), that the server runs, and that this user "
                "may read; a password is best kept in PGPASSWORD or ~/.pgpass."
            ) from None

    def rows(self, sql: str, parameters: list[Any] | None = None) -> list[tuple[Any, ...]]:
        """Run a query of PostgreSQL's own and return its few rows."""
        with self.connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            return [tuple(row) for row in cursor.fetchall()]

    @contextmanager
    def one_state(self) -> Iterator[None]:
        """Let every query see the state of the database that the first one sees."""
        self.rows("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        try:
            yield
        finally:
            self.rows("ROLLBACK")

    @contextmanager
    def stream(self, sql: str) -> Iterator[pa.RecordBatchReader]:
        """Run a query of PostgreSQL's own and give its rows in batches, never all at once."""
        with self.connection.cursor() as cursor:
            cursor.execute(sql)
            with cursor.fetch_record_batch() as rows:
                yield rows

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
