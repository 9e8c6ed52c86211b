"""The habits of segments: what their customers choose more than others, and when they come."""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from statistics import NormalDist
from typing import Any

import pyarrow as pa

from clustomer.customers import Customers
from clustomer.customers.reason import Reason
from clustomer.events import CleanEvents, called
from clustomer.habits.definition import (
    BLOCK_HOURS,
    CHOICES,
    CHOSEN,
    LABELS,
    TIMES,
    WHOLE,
    chosen_query,
    parts_query,
    placed_query,
)
from clustomer.habits.responses import responses
from clustomer.lifecycle import Lifecycle
from clustomer.segments import Segmentation
from clustomer.segments.segmentation import BOTS_ID, NOISE_ID, with_ids
from clustomer.thresholds import CHANCE, FEWEST_KNOWN, HABIT_LEAST, HABIT_RATIO, NEARLY_ALL

KINDS = (*CHOICES, *TIMES, "response")
"""What a habit may be about."""
MOST_OF_A_KIND = 3
YEAR_DAYS = 365
"""From so long a log on, months are told."""
MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_BINS = {"weekday": len(WEEKDAYS), "hours": 24 // BLOCK_HOURS}


@dataclass(frozen=True, eq=False)
class Habits:
    """What the customers of each segment choose, when they come, and how soon they order again.

    Attributes
    ----------
    table : pyarrow.Table
        One row per habit that is surely there: `part` (such as "S1.category.1"), `segment_id`,
        `kind` (one of `KINDS`), `value` ("electronics.audio", "Thursday", "12 to 15"; of a product
        its name and id; of a response "orders" or "visits"), `days` (the horizon of a response),
        `customers` (how many of the segment chose it, or responded; of a month, who ordered in no
        other), `placed` (of how many of the segment that is known), `share` (of what a customer
        chooses, the mean over those; of a response or a month the share of customers), `others`
        (the same of all other customers; of days and hours what would be if all were alike).
    """

    table: pa.Table


@dataclass(frozen=True)
class _Row:
    part: str
    segment_id: str
    kind: str
    value: str
    days: int | None
    customers: int
    placed: int
    share: float
    others: float | None


def segment_habits(
    events: CleanEvents,
    customers: Customers,
    segmentation: Segmentation,
    lifecycle: Lifecycle | Reason | None = None,
) -> Habits:
    """Return the habits of each segment.

    A value of a kind (a category, a brand, a product) is told where it takes a share of what the
    segment's customers choose that is `HABIT_RATIO` times that of others, chosen by at least 30
    (`FEWEST_KNOWN`) of them, and more than chance makes of all values that were compared (z of
    two means, `CHANCE` for all together after Bonferroni). Of times likewise, beside what would
    be if all were alike, but only the time at which a segment chooses most; and it must be more
    than chance makes of the other customers' times, since the hours of a whole shop are no habit
    of a segment. Purchases count where the log has
    any, else everything but returns.

    Parameters
    ----------
    events : Events
    customers : Customers
        Of those events.
    segmentation : Segmentation
        Of those customers; its rule also says who was in which segment before.
    lifecycle : Lifecycle, optional
        Where customers stand: the horizon of a response follows their own rhythm.

    Examples
    --------
    >>> from clustomer import customer_features, read_events, segment
    >>> log = pa.table({
    ...     "event_time": [f"2024-01-{1 + n % 28:02d} {9 + n % 8:02d}:00" for n in range(120)],
    ...     "user_id": [f"u{n % 60}" for n in range(120)],
    ...     "event_type": ["purchase"] * 120,
    ...     "brand": ["acme" if n % 60 < 30 else "other" for n in range(120)],
    ...     "price": [9.0 if n % 60 < 30 else 1.0 for n in range(120)],
    ... })
    >>> with_events = read_events(log)
    >>> customers = customer_features(with_events)
    >>> segmentation = segment(customers, k=2, features=["revenue"])
    >>> habits = segment_habits(with_events, customers, segmentation)
    >>> [row["value"] for row in habits.table.to_pylist() if row["kind"] == "brand"]
    ['other', 'acme']
    >>> with_events.close()
    """
    labels = with_ids(segmentation).select(["user_id", "segment_id"]).sort_by("user_id")
    bought = "orders" in customers.table.column_names
    engine = events.engine
    rows: list[_Row] = []
    engine.register(LABELS, labels)
    try:
        for kind in (*CHOICES, *TIMES):
            engine.create_table(CHOSEN, chosen_query(events.window, kind, bought=bought))
            try:
                placed = {
                    row["segment_id"]: int(row["customers"])
                    for row in engine.query(placed_query()).to_pylist()
                }
                counted = engine.query(parts_query(FEWEST_KNOWN)).to_pylist()
            finally:
                engine.drop(CHOSEN)
            if kind == "month":
                rows += _seasons(counted, placed) if events.window.days >= YEAR_DAYS else ()
            else:
                rows += _told(kind, counted, placed, events.name_of_product)
    finally:
        engine.unregister(LABELS)
    for response in responses(events, segmentation, lifecycle, labels, bought=bought):
        rows.append(
            _Row(
                part=f"{response.segment_id}.response",
                segment_id=response.segment_id,
                kind="response",
                value="orders" if bought else "visits",
                days=response.days,
                customers=response.responded,
                placed=response.customers,
                share=response.responded / response.customers,
                others=None,
            )
        )
    rows = [row for row in rows if row.segment_id not in (BOTS_ID, NOISE_ID)]
    rows.sort(key=lambda row: (KINDS.index(row.kind), row.part))
    return Habits(pa.Table.from_pylist([asdict(row) for row in rows], schema=_SCHEMA))


@dataclass(frozen=True)
class _Count:
    """How many of a segment chose a value, the sum of their parts, and of the squares of these."""

    customers: int
    parts: int
    squares: int


def _told(
    kind: str,
    counted: list[dict[str, Any]],
    placed: dict[str, int],
    product_names: Mapping[str, str],
) -> Iterator[_Row]:
    """Yield the values that segments surely choose more than others do, the most telling first."""
    placed = {key: count for key, count in placed.items() if key != BOTS_ID}
    by_value: dict[str, dict[str, _Count]] = defaultdict(dict)
    for row in counted:
        if row["segment_id"] in placed:
            count = _Count(int(row["customers"]), int(row["parts"]), int(row["squares"]))
            by_value[row["value"]][row["segment_id"]] = count
    everything = WHOLE * sum(placed.values())
    if kind in TIMES and any(
        sum(count.parts for count in counts.values()) == everything for counts in by_value.values()
    ):
        return  # a log of dates has no hours
    sure = NormalDist().inv_cdf(1 - CHANCE / max(2 * len(by_value) * len(placed), 2))
    for key, size in sorted(placed.items()):
        telling = []
        chosen = {
            value: counts
            for value, counts in by_value.items()
            if key in counts and counts[key].customers >= FEWEST_KNOWN
        }
        if kind in TIMES and chosen:
            # "they order most" is true of the time at which they order most
            most_at = max(chosen, key=lambda value: (chosen[value][key].parts, value))
            chosen = {most_at: chosen[most_at]}
        for value, counts in chosen.items():
            mean, variance = _mean(counts[key].parts, counts[key].squares, size)
            others = _of_others(counts, key, sum(placed.values()) - size)
            usual, further = others or (0.0, 0.0)
            if kind in TIMES:
                if others is not None and mean - usual <= sure * math.sqrt(variance + further):
                    continue  # a habit of the shop
                usual, further = WHOLE / _BINS[kind], 0.0
            elif others is None:
                continue
            surely = mean - usual > sure * math.sqrt(variance + further)
            if surely and mean >= HABIT_LEAST * WHOLE and mean >= HABIT_RATIO * usual:
                telling.append((-(mean - usual), value, counts[key].customers, mean, usual))
        most = 1 if kind in TIMES else MOST_OF_A_KIND
        for place, (_, value, customers, mean, usual) in enumerate(sorted(telling)[:most], 1):
            yield _Row(
                part=f"{key}.{kind}.{place}",
                segment_id=key,
                kind=kind,
                value=_written(kind, value, product_names),
                days=None,
                customers=customers,
                placed=size,
                share=round(mean / WHOLE, 12),
                others=round(usual / WHOLE, 12),
            )


def _seasons(counted: list[dict[str, Any]], placed: dict[str, int]) -> Iterator[_Row]:
    """Yield the month in which nearly all of a segment ordered, and in no other."""
    for key, size in sorted(placed.items()):
        others = sum(count for other, count in placed.items() if other not in (key, BOTS_ID))
        for row in counted:
            wholly = int(row["wholly"])
            if row["segment_id"] != key or wholly < max(FEWEST_KNOWN, NEARLY_ALL * size):
                continue
            outside = sum(
                int(other["wholly"])
                for other in counted
                if other["value"] == row["value"] and other["segment_id"] not in (key, BOTS_ID)
            )
            yield _Row(
                part=f"{key}.month.1",
                segment_id=key,
                kind="month",
                value=MONTHS[int(row["value"])],
                days=None,
                customers=wholly,
                placed=size,
                share=wholly / size,
                others=outside / others if others else None,
            )


def _of_others(counts: Mapping[str, _Count], key: str, others: int) -> tuple[float, float] | None:
    """Return the mean part of those outside a segment and its variance; None of too few."""
    if others < FEWEST_KNOWN:
        return None
    outside = [count for other, count in counts.items() if other != key]
    return _mean(
        sum(count.parts for count in outside), sum(count.squares for count in outside), others
    )


def _mean(parts: int, squares: int, customers: int) -> tuple[float, float]:
    """Return the mean part of customers, and the variance of that mean."""
    mean = parts / customers
    return mean, max(squares / customers - mean**2, 0.0) / customers


def _written(kind: str, value: str, product_names: Mapping[str, str]) -> str:
    """Return a value as texts have it.

    >>> [_written(*value, {}) for value in (("weekday", "3"), ("hours", "4"), ("brand", "acme"))]
    ['Thursday', '12 to 15', 'acme']
    >>> _written("product", "22", {"22": "Mug"})
    'Mug (22)'
    """
    if kind == "weekday":
        return WEEKDAYS[int(value)]
    if kind == "hours":
        return f"{BLOCK_HOURS * int(value)} to {BLOCK_HOURS * (int(value) + 1)}"
    if kind == "product":
        return called(value, product_names)
    return value


_SCHEMA = pa.schema(
    [
        ("part", pa.string()),
        ("segment_id", pa.string()),
        ("kind", pa.string()),
        ("value", pa.string()),
        ("days", pa.int64()),
        ("customers", pa.int64()),
        ("placed", pa.int64()),
        ("share", pa.float64()),
        ("others", pa.float64()),
    ]
)
