"""PostgreSQL as an engine: the same definitions where the data already lives."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.parquet as pq
from sqlglot import exp

from clustomer.engines.dialect import translate
from clustomer.engines.engine import Engine
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
    passwords = [match[2] for pattern in patterns for match in pattern.finditer(uri)]
    parts = [part for word in passwords for part in re.split(r"[/@:?#&=]", word)]
    words = {form for word in (*passwords, *parts) for form in (word, unquote(word)) if form}
    return [uri, *sorted(words, key=lambda word: (-len(word), word))]


class Postgres(Engine):
    """A connection to a PostgreSQL server; needs the extra `postgres`.

    Tables that are made or registered are temporary: they are of this connection, go with it, and
    stand before tables of the same name.

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

    dialect = "postgres"

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
            raise InputError(
                f"{self.label}: {what} cannot be read: {self._message(error)} Check the "
                "address (postgresql://user@host:port/database), that the server runs, and that "
                "this user "
                "may read; a password is best kept in PGPASSWORD or ~/.pgpass."
            ) from None

    @contextmanager
    def _in_our_words(self) -> Iterator[None]:
        """Say what stopped the work on the server, and what to do."""
        from adbc_driver_manager import Error

        try:
            yield
        except Error as error:
            raise InputError(
                f"{self.label}: the server stopped: {self._message(error)} Check that it runs, "
                "that this user may make temporary tables there, and that its disk has room for "
                "about three times the table."
            ) from None

    def _message(self, error: BaseException) -> str:
        message = str(error)
        for secret in self._secrets:
            message = message.replace(secret, "***")
        return " ".join(message.split())

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
        with self._in_our_words(), self.connection.cursor() as cursor:
            cursor.execute(translate(select, self.dialect))
            return cursor.fetch_arrow_table()

    def create_table(self, name: str, select: exp.Expr, *, by: str | None = None) -> None:
        """Keep the result of a portable query as a temporary table."""
        self._execute(f"DROP TABLE IF EXISTS {_temporary(name)}")
        query = translate(select, self.dialect)
        self._execute(f"CREATE TEMPORARY TABLE {_quoted(name)} AS {query}")
        # nobody else counts the rows of a temporary table, by which queries over it are planned
        self._execute(f"ANALYZE {_temporary(name)}")

    def columns(self, table: str) -> pa.Schema:
        """Return the columns of a table and their types; `table` may name its schema."""
        parts = exp.to_table(table, dialect=self.dialect)
        rows = self.rows(
            "SELECT attname::TEXT, FORMAT_TYPE(atttypid, NULL) FROM pg_catalog.pg_attribute "
            "WHERE attrelid = $1::REGCLASS AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
            [parts.sql(dialect=self.dialect, identify=True)],
        )
        return pa.schema([pa.field(name, _arrow_type(kind)) for name, kind in rows])

    def write_parquet(self, select: exp.Expr, folder: Path, *, by: str) -> None:
        """Write the result of a portable query as a Parquet file, in batches, into a new folder."""
        folder.mkdir()
        query = translate(select, self.dialect)
        # sorted by bytes, whatever the language of the server
        ordered = f'SELECT * FROM ({query}) AS answer ORDER BY {_quoted(by)} COLLATE "C"'
        with (
            self._in_our_words(),
            self.stream(ordered) as rows,
            pq.ParquetWriter(
                folder / "part-00000.parquet", rows.schema, compression="zstd"
            ) as writer,
        ):
            for batch in rows:
                writer.write_batch(batch)

    def append(self, name: str, select: exp.Expr) -> None:
        """Add the result of a portable query to a temporary table."""
        self._execute(f"INSERT INTO {_temporary(name)} {translate(select, self.dialect)}")

    def drop(self, name: str) -> None:
        """Remove a temporary table."""
        self._execute(f"DROP TABLE {_temporary(name)}")

    def register(self, name: str, table: Any) -> None:
        """Copy anything with `__arrow_c_stream__` to the server, as a temporary table."""
        rows = pa.table(table)
        # the driver does not take decimals
        texts = [
            field.with_type(pa.string()) if pa.types.is_decimal(field.type) else field
            for field in rows.schema
        ]
        self._execute(f"DROP TABLE IF EXISTS {_temporary(name)}")
        with self._in_our_words(), self.connection.cursor() as cursor:
            cursor.adbc_ingest(name, rows.cast(pa.schema(texts)), mode="create", temporary=True)
        for field in rows.schema:
            if pa.types.is_decimal(field.type):
                column = _quoted(field.name)
                kind = f"NUMERIC({field.type.precision}, {field.type.scale})"
                self._execute(
                    f"ALTER TABLE {_temporary(name)} ALTER COLUMN {column} "
                    f"TYPE {kind} USING {column}::{kind}"
                )

    def unregister(self, name: str) -> None:
        """Remove the copy of a registered table."""
        self.drop(name)

    def take_part(self, name: str, table: str, *, key: str, number: int, parts: int) -> None:
        """Keep the rows of a table whose key falls to one of several parts."""
        self._execute(f"DROP TABLE IF EXISTS {_temporary(name)}")
        self._execute(
            f"CREATE TEMPORARY TABLE {_quoted(name)} AS SELECT * FROM {_quoted(table)} "
            f"WHERE ABS(HASHTEXT({_quoted(key)})::BIGINT) % {parts} = {number}"
        )

    def _execute(self, sql: str) -> None:
        with self._in_our_words(), self.connection.cursor() as cursor:
            cursor.execute(sql)

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()


_ARROW_TYPES = {
    "smallint": pa.int16(),
    "integer": pa.int32(),
    "bigint": pa.int64(),
    "real": pa.float32(),
    "double precision": pa.float64(),
    "numeric": pa.decimal128(38, 4),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp without time zone": pa.timestamp("us"),
    "timestamp with time zone": pa.timestamp("us", tz="UTC"),
    "json": pa.struct([]),
    "jsonb": pa.struct([]),
}


def _arrow_type(kind: str) -> pa.DataType:
    """Return the type that values of a type of PostgreSQL have here; by default it is text."""
    return pa.list_(pa.string()) if kind.endswith("[]") else _ARROW_TYPES.get(kind, pa.string())


def _quoted(name: str) -> str:
    return exp.to_identifier(name, quoted=True).sql(dialect="postgres")


def _temporary(name: str) -> str:
    return f"pg_temp.{_quoted(name)}"
