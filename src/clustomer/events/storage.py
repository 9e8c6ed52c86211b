"""Clean and rejected events, as they are stored; and what identifies an input."""

from pathlib import Path
from typing import Any

import pyarrow as pa

from clustomer.events.log import EVENT_ORDER, Events

EVENTS_PER_FILE = 2_000_000
"""Up to so many clean events are one Parquet file; beyond, 16 or 256 hash buckets."""


def rejected_rows(events: Events) -> pa.Table:
    """Return the rejected rows: `rule`, our columns as the source has them, and `line`."""
    return events.engine.arrow("SELECT * FROM rejected ORDER BY ALL")


def write_events(events: Events, folder: Path) -> None:
    """Write the clean events as Parquet, in hash buckets of `user_id`.

    All events of a customer are in the file `bucket-<digits>.parquet` named by the
    first hexadecimal digits of the MD5 of `user_id`: none (a single file), one or two,
    by the number of events. Within a file they are sorted by customer and time.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rows = events.cleaning.kept
    digits = sum(rows > EVENTS_PER_FILE * step for step in (1, 16))
    for bucket in range(16**digits):
        prefix = f"{bucket:0{digits}x}" if digits else ""
        events.engine.execute(
            "COPY (SELECT * FROM events WHERE ? = '' OR STARTS_WITH(MD5(user_id), ?) "
            f"ORDER BY {EVENT_ORDER}) TO ? (FORMAT parquet, COMPRESSION zstd)",
            [prefix, prefix, str(folder / f"bucket-{prefix or 'all'}.parquet")],
        )


def fingerprint(events: Events) -> dict[str, Any]:
    """Return what identifies an input whatever the order of its rows.

    `sum` adds up a 64-bit hash of each clean event, by the hash function of the DuckDB
    version that is named beside it in the manifest.
    """
    total = events.engine.rows(
        "SELECT SUM(HASH(event_time, event_type, product_id, category_id, category_code, brand, "
        "price, user_id, user_session, quantity, order_id)) FROM events"
    )[0][0]
    cleaning = events.cleaning
    return {"rows": cleaning.rows, "rejected": cleaning.rejected, "sum": str(total or 0)}
