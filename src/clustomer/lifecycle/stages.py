"""The stage of each customer: new, active, slowing, at risk, lapsed or returned."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from sqlglot import exp

from clustomer.customers.reason import Reason
from clustomer.engines import Engine
from clustomer.events import CleanEvents, Window, read_events
from clustomer.lifecycle.definition import (
    CUSTOMERS,
    OCCASIONS,
    customers_query,
    first_pauses,
    further_pauses,
    lifecycle_query,
    means_query,
    occasions_query,
    stages_query,
)
from clustomer.lifecycle.pauses import GROUPS, Limits, Rhythm, limits_of, usual_gap_of
from clustomer.thresholds import FEWEST_PAUSES, LONG_WINDOW_DAYS, OBSERVED_PART

STAGES = ("new", "active", "returned", "slowing", "at risk", "lapsed")
"""Every stage, from those who have just come to those who have left."""
IN_TIME = ("new", "active", "returned")
"""The stages of those who are not late."""
LATE = ("slowing", "at risk")
"""The stages of those who are late, and have not lapsed."""
LONG_AWAY = ("at risk", "lapsed")
"""The stages of those who have been away for long: very late, or lapsed."""

RETURNS = "returns"
"""What counts for those who only sent goods back: they have no stage."""
BASES = ("visits", "orders", RETURNS)
"""What days count for a customer, by `by_orders`."""

_DATES = ("last_on", "expected_on", "earliest_on", "latest_on")


@dataclass(frozen=True, eq=False)
class Lifecycle:
    """Where each customer stands at the end of the window.

    Attributes
    ----------
    table : pyarrow.Table
        One row per customer, sorted by `user_id`: `stage` (one of `STAGES`; NULL for who only sent
        goods back); `basis`, what counts ("orders", "visits" for who has none, or "returns" for who
        has nothing else); `occasions`, the days with one; `last_on`, the
        latest of them; `days_since`, from then to the window's last day; `usual_gap_days`, the
        customer's usual gap, drawn towards everyone's (NULL with one occasion); `expected_on`, the
        date by which half of such pauses are over, with `earliest_on` and `latest_on` by which a
        quarter and three quarters are (NULL for the lapsed, where fewer than half of such pauses
        were seen to end, and `latest_on` where fewer than three quarters were); `due`, whether the
        next order is expected within a week, or was before now, and its pause is not yet longer
        than usual; `expected_gap_days`, from `last_on` to `expected_on`; and `past_due`, whether
        who is due was expected by the window's last day, and not only in the days after it.
    rhythms : mapping of "orders" and "visits" to Rhythm
        What is usual in this shop.
    window : Window
    query : sqlglot expression
        The whole definition, over the table `events`.
    """

    table: pa.Table
    rhythms: Mapping[str, Rhythm]
    window: Window

    @property
    def query(self) -> exp.Select:
        """The whole definition, from `events` to stages."""
        rhythms = {BASES.index(basis): rhythm for basis, rhythm in self.rhythms.items()}
        return lifecycle_query(self.window, rhythms, day_number(self.window.last_day))

    def to_json(self) -> dict[str, Any]:
        """Return what is usual in this shop as JSON-ready values."""
        return {basis: rhythm.to_json() for basis, rhythm in self.rhythms.items()}


def lifecycle_stages(
    events: Any, *, window: Window | None = None, **options: Any
) -> Lifecycle | Reason:
    """Say where each customer stands against their own rhythm.

    A customer is known by the days with an order, or, without any, by the days with any event. The
    usual gap between them is the mean of the customer's own, drawn towards everyone's as the
    credibility theory of Buehlmann and Straub has it. Pauses of those with two days or more are
    held against it; a pause after the only day against how long others took to come back.

    Parameters
    ----------
    events : Events, or whatever `read_events` takes
        Anything but clean events is read first, with `options` for `read_events`.
    window : Window, default that of the events
        Nothing at or after its end has any influence.

    Returns
    -------
    Lifecycle, or Reason
        A reason where nothing can be said: the window is shorter than four weeks ("short log"),
        or fewer than 30 customers came back ("few pauses").

    Examples
    --------
    >>> import pyarrow as pa
    >>> days = [1, 6] * 30 + [1, 2]
    >>> log = pa.table({
    ...     "event_time": [f"2024-01-{day:02d}" for day in days] + ["2024-01-30"],
    ...     "user_id": [f"u{number // 2:02d}" for number in range(62)] + ["v"],
    ...     "event_type": ["purchase"] * 63,
    ... })
    >>> stages = lifecycle_stages(log)
    >>> stages.table.select(["user_id", "stage", "days_since"]).slice(29).to_pylist()
    [{'user_id': 'u29', 'stage': 'lapsed', 'days_since': 24},
     {'user_id': 'u30', 'stage': 'lapsed', 'days_since': 28},
     {'user_id': 'v', 'stage': 'new', 'days_since': 0}]
    """
    if not isinstance(events, CleanEvents):
        with_events = read_events(events, **options)
        try:
            return lifecycle_stages(with_events, window=window)
        finally:
            with_events.close()
    window = window or events.window
    if window.days < LONG_WINDOW_DAYS:
        return Reason("short log", {"days": round(window.days, 6), "least": int(LONG_WINDOW_DAYS)})
    engine, last_day = events.engine, day_number(window.last_day)
    engine.create_table(OCCASIONS, occasions_query(window))
    engine.create_table(CUSTOMERS, customers_query())
    try:
        rhythms = _rhythms(engine, last_day, OBSERVED_PART * window.days)
        if isinstance(rhythms, Reason):
            return rhythms
        rows = engine.query(stages_query(rhythms, last_day).order_by("user_id"))
    finally:
        engine.drop(OCCASIONS)
        engine.drop(CUSTOMERS)
    named = {BASES[by_orders]: rhythm for by_orders, rhythm in rhythms.items()}
    return Lifecycle(_table(rows), named, window)


def day_number(day: date) -> int:
    """Return the days since 1970 of a day.

    >>> day_number(date(1970, 1, 2))
    1
    """
    return (day - date(1970, 1, 1)).days


def _rhythms(engine: Engine, last_day: int, longest: float) -> dict[int, Rhythm] | Reason:
    """Return what is usual by orders and by visits; where one is not known, the other's."""
    ended, going_on = (_counts(engine.query(query)) for query in first_pauses(last_day))
    means = engine.query(means_query()).to_pylist()
    rhythms: dict[int, Rhythm] = {}
    for by_orders in (0, 1):
        first = limits_of(ended.get(by_orders, {}), going_on.get(by_orders, {}), longest=longest)
        if first is None:
            continue
        usual_gap, strength = usual_gap_of(
            (row["days"], row["gaps"], row["customers"])
            for row in means
            if row["by_orders"] == by_orders
        )
        rhythms[by_orders] = Rhythm(
            first,
            *_further(
                engine, last_day, by_orders, usual_gap, strength, first.scaled(10000, usual_gap)
            ),
            usual_gap,
            strength,
        )
    if not rhythms:
        back = sum(sum(counts.values()) for counts in ended.values())
        return Reason("few pauses", {"pauses": back, "least": FEWEST_PAUSES})
    other = next(iter(rhythms.values()))
    return {by_orders: rhythms.get(by_orders, other) for by_orders in (0, 1)}


def _further(
    engine: Engine, last_day: int, by_orders: int, usual_gap: int, strength: int, other: Limits
) -> tuple[Limits, tuple[Limits, ...], tuple[int | None, ...]]:
    """Return how long later pauses are, of everyone and by group, and the mean gap of each group.

    `other` where too few ended.
    """
    queries = further_pauses(last_day, by_orders, usual_gap, strength)
    tables = [engine.query(query) for query in queries]
    ended, going_on = (_counts(table, "number") for table in tables)
    everyone = limits_of(_together(ended), _together(going_on)) or other
    groups = (
        limits_of(ended.get(number, {}), going_on.get(number, {})) for number in range(GROUPS)
    )
    return everyone, tuple(limits or everyone for limits in groups), _mean_gaps(tables)


def _mean_gaps(tables: Iterable[pa.Table]) -> tuple[int | None, ...]:
    """Return the mean usual gap of the pauses of each group, None where it has none."""
    pauses, gaps = Counter[int](), Counter[int]()
    for row in (row for table in tables for row in table.to_pylist()):
        pauses[int(row["number"])] += int(row["pauses"])
        gaps[int(row["number"])] += int(row["gaps"])
    return tuple(
        gaps[number] // pauses[number] if pauses[number] else None for number in range(GROUPS)
    )


def _together(counts: Mapping[int, Mapping[int, int]]) -> Counter[int]:
    return sum((Counter(of_group) for of_group in counts.values()), Counter())


def _counts(table: pa.Table, by: str = "by_orders") -> dict[int, dict[int, int]]:
    """Return how many pauses there are of each length, by a column."""
    counts: dict[int, dict[int, int]] = {}
    for row in table.to_pylist():
        counts.setdefault(int(row[by]), {})[int(row["length"])] = int(row["pauses"])
    return counts


def _table(rows: pa.Table) -> pa.Table:
    if rows.num_rows > 1:
        rows = rows.sort_by("user_id")
    by_orders = rows["by_orders"].cast(pa.int64())
    bases = pa.DictionaryArray.from_arrays(
        by_orders.combine_chunks().cast(pa.int8()), pa.array(BASES)
    )
    dates = {
        name: rows[name.replace("_on", "_day")].cast(pa.int32()).cast(pa.date32())
        for name in _DATES
    }
    return pa.table(
        {
            "user_id": rows["user_id"].cast(pa.string()),
            "stage": rows["stage"].cast(pa.string()),
            "basis": bases.cast(pa.string()),
            "occasions": rows["occasions"].cast(pa.int64()),
            "last_on": dates["last_on"],
            "days_since": rows["days_since"].cast(pa.int64()),
            "usual_gap_days": rows["usual_gap_days"].cast(pa.float64()),
            "expected_on": dates["expected_on"],
            "earliest_on": dates["earliest_on"],
            "latest_on": dates["latest_on"],
            "due": rows["due"].cast(pa.bool_()),
            "expected_gap_days": _days_between(dates["last_on"], dates["expected_on"]),
            "past_due": rows["past_due"].cast(pa.bool_()),
        }
    )


def _days_between(first: Any, later: Any) -> Any:
    days = pc.subtract(later.cast(pa.int32()), first.cast(pa.int32()))
    return days.cast(pa.int64())
