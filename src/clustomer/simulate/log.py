"""How the rows of the log look: in a soiled log as text, else typed."""

from collections.abc import Iterator
from typing import Final

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute

from clustomer.simulate.catalogue import Catalogue
from clustomer.simulate.dirt import BROKEN_TIMES, CODES, DISTANT_TIME, TEXT_PRICES, UNKNOWN_TYPE
from clustomer.simulate.visits import EVENT_TYPES

BATCH_ROWS: Final = 262_144

TEXT: Final = """
SELECT
  CASE
    WHEN dirt = $broken_time THEN $broken_times[1 + variant]
    WHEN dirt = $distant_year THEN $distant_time
    ELSE strftime(make_timestamp(chunk.at * 1000000), '%Y-%m-%d %H:%M:%S UTC')
  END AS event_time,
  CASE
    WHEN dirt = $unknown_event_type THEN $unknown_type
    ELSE $event_types[1 + event_type]
  END AS event_type,
  product_id,
  category_id,
  category_code,
  brand,
  CASE
    WHEN dirt = $text_price THEN $text_prices[1 + variant]
    WHEN dirt = $negative_price THEN '-' || price
    ELSE price
  END AS price,
  CASE WHEN dirt <> $missing_user THEN CAST(user_id AS VARCHAR) END AS user_id,
  CASE
    WHEN dirt <> $missing_session
    THEN CAST(CAST(md5($seed || ':' || session) AS UUID) AS VARCHAR)
  END AS user_session
FROM (
  SELECT *, printf('%d.%02d', price_cents // 100, price_cents % 100) AS price FROM chunk
) AS chunk
"""

TYPED: Final = """
SELECT
  make_timestamp(chunk.at * 1000000) AS event_time,
  $event_types[1 + event_type] AS event_type,
  CAST(product_id AS BIGINT) AS product_id,
  CAST(category_id AS BIGINT) AS category_id,
  category_code,
  brand,
  price_cents / 100 AS price,
  user_id,
  CAST(CAST(md5($seed || ':' || session) AS UUID) AS VARCHAR) AS user_session
FROM chunk
"""


def render(
    rows: Iterator[pa.Table], catalogue: Catalogue, *, seed: int, typed: bool
) -> Iterator[pa.RecordBatch]:
    """Yield the log in batches of `BATCH_ROWS` rows, in the order of the rows given.

    `typed` is for a clean log: times as timestamps (UTC), ids and prices as numbers.
    """
    parameters: dict[str, object] = {"event_types": list(EVENT_TYPES), "seed": str(seed)}
    if not typed:
        parameters |= {name: code for name, code in CODES.items() if name != "duplicate"}
        parameters |= {
            "broken_times": list(BROKEN_TIMES),
            "distant_time": DISTANT_TIME,
            "text_prices": list(TEXT_PRICES),
            "unknown_type": UNKNOWN_TYPE,
        }
    products = catalogue.table.drop_columns("product")
    with duckdb.connect() as connection:
        for chunk in _chunks(rows):
            sold = products.take(chunk["product"])
            for name in products.column_names:
                chunk = chunk.append_column(name, sold[name])
            connection.register("chunk", chunk)
            text = connection.sql(TYPED if typed else TEXT, params=parameters).to_arrow_table()
            if typed:
                utc = text["event_time"].cast(pa.timestamp("us", "UTC"))
                text = text.set_column(0, "event_time", utc)
            yield text.combine_chunks().to_batches()[0]


def _chunks(rows: Iterator[pa.Table]) -> Iterator[pa.Table]:
    """Cut and join tables into tables of `BATCH_ROWS` rows; the last one has the rest."""
    held: pa.Table | None = None
    for table in rows:
        held = table if held is None else pa.concat_tables([held, table])
        full_rows = held.num_rows // BATCH_ROWS * BATCH_ROWS
        for begin in range(0, full_rows, BATCH_ROWS):
            yield held.slice(begin, BATCH_ROWS)
        # A slice keeps the whole of its table in memory; a copy does not.
        rest = np.arange(full_rows, held.num_rows)
        held = held.take(pa.array(rest))
    if held is not None and held.num_rows:
        yield held
