"""A shop whose true customer segments are known, drawn and written."""

import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from os import PathLike
from pathlib import Path
from typing import Final

import adbc_driver_manager
import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.csv

from clustomer.errors import OutputError, UsageError
from clustomer.simulate.calendar import Calendar, make_calendar
from clustomer.simulate.catalogue import Catalogue, draw_catalogue
from clustomer.simulate.dirt import (
    BROKEN_TIMES,
    CODES,
    DISTANT_TIME,
    TEXT_PRICES,
    UNKNOWN_TYPE,
    plan_dirt,
)
from clustomer.simulate.shop import Block, draw_block
from clustomer.simulate.visits import EVENT_TYPES, Integers
from clustomer.simulate.world import SEGMENTS
from clustomer.simulate.writers import counted, writer_for

EVENTS_PER_CUSTOMER: Final = 35
CUSTOMERS_PER_BLOCK: Final = 4_096
EVENTS_PER_BLOCK: Final = 262_144
MOST_EVENTS_PER_CUSTOMER: Final = 1_000
EVENTS_PER_BOT: Final = 150_000
BATCH_ROWS: Final = 65_536
DAYS: Final = 150
START: Final = date(2019, 10, 1)

LOG: Final = """
SELECT
  CASE
    WHEN log.dirt = $broken_time THEN $broken_times[1 + log.ordinal % 3]
    WHEN log.dirt = $distant_year THEN $distant_time
    ELSE strftime(make_timestamp(log.at * 1000000), '%Y-%m-%d %H:%M:%S UTC')
  END AS event_time,
  CASE
    WHEN log.dirt = $unknown_event_type THEN $unknown_type
    ELSE $event_types[1 + log.event_type]
  END AS event_type,
  products.product_id,
  products.category_id,
  products.category_code,
  products.brand,
  CASE
    WHEN log.dirt = $text_price THEN $text_prices[1 + log.ordinal % 3]
    WHEN log.dirt = $negative_price THEN '-' || log.price
    ELSE log.price
  END AS price,
  CASE WHEN log.dirt <> $missing_user THEN CAST(log.user_id AS VARCHAR) END AS user_id,
  CASE
    WHEN log.dirt <> $missing_session
    THEN CAST(CAST(md5($seed || ':' || log.session) AS UUID) AS VARCHAR)
  END AS user_session
FROM (
  SELECT *, printf('%d.%02d', price_cents // 100, price_cents % 100) AS price FROM log
) AS log
JOIN products USING (product)
ORDER BY log.at, log.ordinal
"""


@dataclass(frozen=True)
class Simulation:
    """What was simulated and where it is.

    Attributes:
        path: The log.
        truth_path: The truth: CSV with `user_id` and `segment`, one row per customer of the log.
        events: Rows of the log.
        customers: Customers of the log, bots included.
        segments: Customers in each true segment.
        dirt: Rows with each flaw. A row never has two.
        start: First day of the log.
        days: Days that the log spans.
        random_state: The seed.
    """

    path: Path
    truth_path: Path
    events: int
    customers: int
    segments: Mapping[str, int]
    dirt: Mapping[str, int]
    start: date
    days: int
    random_state: int


def simulate(
    path: str | PathLike[str],
    *,
    events: int = 1_000_000,
    customers: int | None = None,
    days: int = DAYS,
    start: date = START,
    dirt: float = 1.0,
    random_state: int = 0,
    overwrite: bool = False,
    on_rows: Callable[[int], None] | None = None,
) -> Simulation:
    """Write the event log of a shop whose true segments are known, and the truth beside it.

    The log has the nine columns of the REES46 data (`event_time`, `event_type`, `product_id`,
    `category_id`, `category_code`, `brand`, `price`, `user_id`, `user_session`) in the order of
    time. The truth, `<name>.truth.csv`, has `user_id` and `segment` for every customer of the log.
    The same arguments give the same rows in the same order.

    Customers belong to the kinds in `KINDS`, each with its own rates around those of its kind, so
    that kinds overlap; some 0.02 % are bots. Flaws come at the rates in `DIRT_RATES`.

    Args:
        path: Where to write. `.db` and `.sqlite` give SQLite (table `ecommerce_behavior`), `.csv`
            and `.csv.gz` CSV, `.parquet` Parquet with text columns.
        events: Rows of the log, exactly, flawed rows and duplicates among them.
        customers: Customers, exactly; by default one for every 35 events. With other numbers the
            visits of all but one-time visitors are scaled to give the asked number of events;
            with very few events per customer the kinds lose what sets them apart.
        days: Days that the log spans. Visits do not grow with them.
        start: The first day.
        dirt: Scales all rates of flaws; 0 gives a clean log.
        random_state: The seed, 0 or more.
        overwrite: Whether to replace files that exist.
        on_rows: Called with a number of rows whenever that many are drawn, and again when they
            are written: the numbers add up to twice `events`.

    Raises:
        UsageError: An argument makes no sense.
        OutputError: A file exists and `overwrite` is false, or cannot be written.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     simulation = simulate(f"{folder}/shop.csv", events=500)
    >>> simulation.events, simulation.customers, simulation.truth_path.name
    (500, 14, 'shop.truth.csv')
    """
    path = Path(path)
    writer, stem = writer_for(path)
    truth_path = path.with_name(f"{stem}.truth.csv")
    if customers is None:
        customers = max(events // EVENTS_PER_CUSTOMER, 1)
    _check(events, customers, days, dirt, random_state)
    for existing in (path, truth_path):
        if existing.exists() and not overwrite:
            raise OutputError(
                f"{existing} exists already. Choose another name, or pass `overwrite=True` "
                "(on the command line: --overwrite)."
            )

    roots = np.random.SeedSequence(random_state).spawn(2)
    catalogue = draw_catalogue(np.random.default_rng(roots[0]))
    calendar = make_calendar(start, days)
    blocks = _plan(events, customers, dirt, roots[1])
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=f".{stem}-", dir=path.parent))
    except OSError as error:
        raise OutputError(f"Cannot write into {path.parent}: {error}. Choose another.") from error
    try:
        with duckdb.connect(folder / "log.duckdb") as connection:
            connection.execute("SET memory_limit = '512MB'")
            truth, flaws = _draw(connection, blocks, calendar, catalogue, on_rows)
            connection.register("products", catalogue.table)
            reader = connection.sql(LOG, params=_texts(random_state)).to_arrow_reader(BATCH_ROWS)
            writer(folder / path.name, reader.schema, counted(reader, on_rows))
        _write_truth(folder / truth_path.name, truth)
        (folder / truth_path.name).replace(truth_path)
        (folder / path.name).replace(path)
    except (OSError, duckdb.IOException, sqlite3.Error, adbc_driver_manager.Error) as error:
        raise OutputError(
            f"Cannot write {path}: {error}. Is there space left, and is it not a folder?"
        ) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    sizes = np.bincount(np.concatenate([segment for _, segment in truth]), minlength=len(SEGMENTS))
    return Simulation(
        path=path,
        truth_path=truth_path,
        events=events,
        customers=customers,
        segments=dict(zip(SEGMENTS, sizes.tolist(), strict=True)),
        dirt=flaws,
        start=start,
        days=days,
        random_state=random_state,
    )


def _check(events: int, customers: int, days: int, dirt: float, random_state: int) -> None:
    """Refuse what cannot be simulated."""
    if events < 1:
        raise UsageError(f"Got events={events}: expected 1 or more. Try events=1_000_000.")
    fewest = -(-events // MOST_EVENTS_PER_CUSTOMER)
    if not fewest <= customers <= events:
        raise UsageError(
            f"Got customers={customers} for events={events}: expected {fewest} to {events}, since "
            f"a customer leaves 1 to {MOST_EVENTS_PER_CUSTOMER} events on average. Leave "
            f"`customers` out for one for every {EVENTS_PER_CUSTOMER} events."
        )
    if not 1 <= days <= 3_650:
        raise UsageError(f"Got days={days}: expected 1 to 3650. Try days={DAYS}.")
    if not 0.0 <= dirt <= 10.0:
        raise UsageError(f"Got dirt={dirt}: expected 0 (clean) to 10. Try dirt=1.")
    if random_state < 0:
        raise UsageError(f"Got random_state={random_state}: expected 0 or more. Try 0.")


def _plan(
    events: int, customers: int, dirt: float, seed: np.random.SeedSequence
) -> Iterator[Block]:
    """Divide customers, rows, bots and flaws among blocks so that all add up exactly."""
    blocks = max(-(-customers // CUSTOMERS_PER_BLOCK), -(-events // EVENTS_PER_BLOCK))
    bots = min(events // EVENTS_PER_BOT, customers // 1_000) if events >= 5 * customers else 0
    flaws = plan_dirt(events, dirt)

    def part(total: int, block: int) -> int:
        return total * (block + 1) // blocks - total * block // blocks

    ids = np.random.default_rng(seed)
    next_id, first, first_row = 500_000_000, 0, 0
    for number, own in enumerate(seed.spawn(blocks)):
        size = part(customers, number)
        last_row = events * (first + size) // customers
        rows = last_row - first_row
        # Steps of 1 to 37 look like ids of which most belong to people who are not in this log.
        user_ids = next_id + np.cumsum(ids.integers(1, 38, size))
        counts = {name: part(total, number) for name, total in flaws.items()}
        # Each customer keeps a clean row; a duplicate needs a row for itself and its original.
        if sum(counts.values()) + counts["duplicate"] > rows - size:
            counts = dict.fromkeys(counts, 0)
        yield Block(number, user_ids, part(bots, number), rows, counts, own)
        next_id, first, first_row = int(user_ids[-1]), first + size, last_row


def _draw(
    connection: duckdb.DuckDBPyConnection,
    blocks: Iterator[Block],
    calendar: Calendar,
    catalogue: Catalogue,
    on_rows: Callable[[int], None] | None,
) -> tuple[list[tuple[Integers, Integers]], dict[str, int]]:
    """Draw every block into the table `log`; return the truth per block and the flaws' counts."""
    truth = []
    flaws = dict.fromkeys(CODES, 0)
    for block in blocks:
        batch, segment = draw_block(block, calendar, catalogue)
        connection.register("block", batch)
        if block.number == 0:
            connection.execute("CREATE TABLE log AS SELECT * FROM block")
        else:
            connection.execute("INSERT INTO log SELECT * FROM block")
        connection.unregister("block")
        truth.append((block.user_ids, segment))
        for name, rows in block.dirt.items():
            flaws[name] += rows
        if on_rows is not None:
            on_rows(batch.num_rows)
    return truth, flaws


def _texts(random_state: int) -> dict[str, object]:
    """Return the parameters of `LOG`."""
    return {
        **{name: code for name, code in CODES.items() if name != "duplicate"},
        "broken_times": list(BROKEN_TIMES),
        "distant_time": DISTANT_TIME,
        "text_prices": list(TEXT_PRICES),
        "unknown_type": UNKNOWN_TYPE,
        "event_types": list(EVENT_TYPES),
        "seed": str(random_state),
    }


def _write_truth(path: Path, truth: list[tuple[Integers, Integers]]) -> None:
    """Write the segment of each customer, ordered by `user_id`."""
    names = np.array(SEGMENTS, dtype=object)
    table = pa.table(
        {
            "user_id": np.concatenate([user_ids for user_ids, _ in truth]),
            "segment": pa.array(names[np.concatenate([codes for _, codes in truth])], pa.string()),
        }
    )
    options = pa.csv.WriteOptions(include_header=False, quoting_style="none")
    with path.open("wb") as stream:
        stream.write(b"user_id,segment\n")
        pa.csv.write_csv(table, stream, write_options=options)
