"""Clean and rejected events, as they are stored; and what identifies an input."""

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from clustomer.engines import DuckDB
from clustomer.errors import InputError, first_line
from clustomer.events.log import (
    EVENT_ORDER,
    CleanEvents,
    Events,
    customers_of,
    has_costs,
    order_of_events,
)
from clustomer.events.window import Window

EVENTS_PER_FILE = 20_000_000
"""Up to so many clean events are one Parquet file; beyond, 16 or 256 hash buckets."""


REJECTED_IN_MEMORY = 1_000_000
"""More rejected rows are written by the engine, within its memory."""


def write_rejected(events: Events, path: Path) -> None:
    """Write the rejected rows (see `rejected_rows`) as Parquet, within the engine's memory."""
    events.engine.execute(
        "COPY (SELECT * FROM rejected ORDER BY ALL) TO ? (FORMAT parquet, COMPRESSION zstd)",
        [str(path)],
    )


def rejected_rows(events: Events) -> pa.Table:
    """Return the rejected rows: `rule`, our columns as the source has them, and `line`."""
    return events.engine.arrow("SELECT * FROM rejected ORDER BY ALL")


@contextmanager
def events_written(events: Events, folder: Path) -> Iterator[Future[None]]:
    """Write the clean events (see `write_events`) while the block runs.

    They are whole when the block is left without an error; the future that it is given tells
    when. An error stops the writing.
    """
    with events.engine.beside() as engine, ThreadPoolExecutor(1) as aside:
        writing = aside.submit(_write_beside, engine, events.cleaning.kept, folder)
        try:
            yield writing
            writing.result()
        except BaseException:
            engine.interrupt()
            raise


def _write_beside(engine: DuckDB, rows: int, folder: Path) -> None:
    _write(engine, rows, folder)
    engine.done()


def write_events(events: Events, folder: Path) -> None:
    """Write the clean events as Parquet, in hash buckets of `user_id`.

    All events of a customer are in the file `bucket-<digits>.parquet` named by the
    first hexadecimal digits of the MD5 of `user_id`: none (a single file), one or two,
    by the number of events. Within a file they are sorted by customer and time.
    """
    _write(events.engine, events.cleaning.kept, folder)


def _write(engine: DuckDB, rows: int, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    digits = sum(rows > EVENTS_PER_FILE * step for step in (1, 16))
    if digits == 0:
        _write_sorted(engine, "SELECT * FROM events", folder / "bucket-all.parquet", [])
        return
    # a customer's bucket is worked out once, not once for each of the events
    engine.execute(
        "CREATE OR REPLACE TEMP TABLE buckets AS SELECT user_id, LEFT(MD5(user_id), ?) AS bucket "
        "FROM (SELECT DISTINCT user_id FROM events)",
        [digits],
    )
    for number in range(16**digits):
        bucket = f"{number:0{digits}x}"
        selected = (
            "SELECT * FROM events WHERE user_id IN (SELECT user_id FROM buckets WHERE bucket = ?)"
        )
        _write_sorted(engine, selected, folder / f"bucket-{bucket}.parquet", [bucket])
    engine.execute("DROP TABLE buckets")


def _write_sorted(engine: DuckDB, select: str, path: Path, parameters: list[str]) -> None:
    engine.execute(
        f"COPY ({select} ORDER BY {order_of_events(engine)}) TO ? "
        "(FORMAT parquet, COMPRESSION zstd)",
        [*parameters, str(path)],
    )


def fingerprint(events: Events) -> dict[str, Any]:
    """Return what identifies an input whatever the order of its rows.

    `sum` adds up a 64-bit hash of each clean event, by the hash function of the DuckDB
    version that is named beside it in the manifest; `product_names` likewise, where the source
    names its products.
    """
    cleaning = events.cleaning
    identified = {"rows": cleaning.rows, "rejected": cleaning.rejected, "sum": hash_sum(events)}
    if events.product_names is not None:
        total = events.engine.rows("SELECT SUM(HASH(product_id, product_name)) FROM product_names")
        identified["product_names"] = str(total[0][0] or 0)
    return identified


def hash_sum(events: CleanEvents) -> str:
    """Return the sum of the hashes of clean events; it depends on DuckDB's version."""
    cost = ", cost" if has_costs(events.engine) else ""
    total = events.engine.rows(
        "SELECT SUM(HASH(event_time, event_type, product_id, category_id, category_code, brand, "
        f"price, user_id, user_session, quantity, order_id{cost})) FROM events"
    )[0][0]
    return str(total or 0)


def read_stored_events(
    paths: Sequence[Path],
    window: Window,
    engine: DuckDB,
    *,
    product_names: pa.Table | None = None,
) -> CleanEvents:
    """Read the clean events that `write_events` wrote into an engine.

    Parameters
    ----------
    paths : of the Parquet files, all of them.
    window : Window
        That of the run; no file of events holds it.
    engine : DuckDB
    product_names : pyarrow.Table, optional
        Those of the run, which are in a file of their own.

    Raises
    ------
    InputError
        If a file cannot be read, or is none of events.
    OutputError
        If so many customers need more memory than the run may take.
    """
    try:
        rows = sum(pq.read_metadata(path).num_rows for path in paths)
        engine.expect(rows)
        engine.execute(
            "CREATE OR REPLACE TABLE events AS SELECT * FROM READ_PARQUET(?)",
            [[str(path) for path in paths]],
        )
        engine.empty(f"SELECT utc_offset_s, is_product, {EVENT_ORDER} FROM events LIMIT 0")
    except (OSError, pa.ArrowException, engine.errors) as error:
        raise InputError(
            f"The events in {paths[0].parent} cannot be read: {first_line(error)} Expected the "
            "files as they were written. Run `clustomer run` again."
        ) from error
    engine.expect_customers(customers_of(engine, "FROM events"), rows)
    return CleanEvents(engine, window, product_names=product_names)
