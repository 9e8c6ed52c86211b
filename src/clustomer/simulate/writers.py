"""Writing a log as SQLite, CSV or Parquet, from a stream of record batches."""

import sqlite3
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import Final

import adbc_driver_sqlite.dbapi
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from clustomer.errors import UsageError

TABLE: Final = "ecommerce_behavior"

# Numeric affinity turns the log's text into numbers and keeps what is no number as text, which is
# what becomes of a dirty log in SQLite.
CREATE_TABLE: Final = """
CREATE TABLE ecommerce_behavior (
  event_time TEXT,
  event_type TEXT,
  product_id INTEGER,
  category_id INTEGER,
  category_code TEXT,
  brand TEXT,
  price REAL,
  user_id INTEGER,
  user_session TEXT
)
"""

Batches = Iterator[pa.RecordBatch]
Writer = Callable[[Path, Batches], None]


def write_sqlite(path: Path, batches: Batches) -> None:
    """Write the table `ecommerce_behavior` into a new SQLite database."""
    connection = sqlite3.connect(path)
    connection.execute(CREATE_TABLE)
    connection.commit()
    connection.close()
    schema, batches = _opened(batches)
    reader = pa.RecordBatchReader.from_batches(schema, batches)
    with adbc_driver_sqlite.dbapi.connect(str(path)) as connected:
        with connected.cursor() as cursor:
            cursor.adbc_ingest(TABLE, reader, mode="append")
        connected.commit()


def write_csv(path: Path, batches: Batches) -> None:
    """Write a CSV file with a header; gzipped where the name ends in `.gz`."""
    schema, batches = _opened(batches)
    unquoted = pa.csv.WriteOptions(include_header=False, quoting_style="none")
    compression = "gzip" if path.suffix == ".gz" else None
    with pa.output_stream(path, compression=compression) as stream:
        stream.write((",".join(schema.names) + "\n").encode())
        with pa.csv.CSVWriter(stream, schema, write_options=unquoted) as writer:
            for batch in batches:
                writer.write_batch(batch)


def write_parquet(path: Path, batches: Batches) -> None:
    """Write a Parquet file with the columns as they are."""
    schema, batches = _opened(batches)
    with pa.parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        for batch in batches:
            writer.write_batch(batch)


def _opened(batches: Batches) -> tuple[pa.Schema, Batches]:
    """Return the schema, which only the first batch tells, and all the batches."""
    first = next(batches)
    return first.schema, chain([first], batches)


WRITERS: Final[dict[str, Writer]] = {
    ".db": write_sqlite,
    ".sqlite": write_sqlite,
    ".csv": write_csv,
    ".csv.gz": write_csv,
    ".parquet": write_parquet,
}


def writer_for(path: Path) -> tuple[Writer, str]:
    """Return the writer for a file name, and the name without its suffix.

    Raises:
        UsageError: The suffix names no format that can be written.
    """
    for suffix, writer in WRITERS.items():
        if path.name.endswith(suffix) and path.name != suffix:
            return writer, path.name.removesuffix(suffix)
    raise UsageError(
        f"Cannot tell the format of {str(path)!r} from its name: the name must end in "
        f"{', '.join(f'`{suffix}`' for suffix in WRITERS)}. "
        "Choose one, for example `shop.db` for SQLite."
    )


def counted(batches: Batches, on_rows: Callable[[int], None] | None) -> Batches:
    """Pass the batches on and say how many rows each had."""
    for batch in batches:
        yield batch
        if on_rows is not None:
            on_rows(batch.num_rows)
