"""Customers by when they arrived, and what they did in each period from then on."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pyarrow as pa

from clustomer.errors import UsageError, did_you_mean
from clustomer.events import CleanEvents, Window, read_events
from clustomer.history.activity import ALL, activity_by, labels_of
from clustomer.history.calendar import Calendar, calendar_of
from clustomer.history.definition import cells_query, prices_query, sizes_query
from clustomer.settings import check_margin

BASES = ("event", "purchase")
"""What customers arrive by: their first event of any kind, or their first purchase."""


@dataclass(frozen=True)
class Counts:
    """What some customers did in one period; amounts are exact."""

    active: int = 0
    buying: int = 0
    orders: int = 0
    sold: Decimal = Decimal(0)
    returned: Decimal = Decimal(0)
    cost: Decimal = Decimal(0)
    uncosted: Decimal = Decimal(0)

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            self.active + other.active,
            self.buying + other.buying,
            self.orders + other.orders,
            self.sold + other.sold,
            self.returned + other.returned,
            self.cost + other.cost,
            self.uncosted + other.uncosted,
        )

    @property
    def revenue(self) -> Decimal:
        """What was sold less what came back."""
        return self.sold - self.returned

    def kept(self, margin: float) -> float:
        """What is left of the revenue: a share of it where nobody says what the goods cost."""
        return float(self.revenue - self.uncosted - self.cost) + margin * float(self.uncosted)


@dataclass(frozen=True, eq=False)
class Cohorts:
    """What became of the customers who arrived in each period.

    Attributes
    ----------
    by : "event" or "purchase"
        What they arrived by.
    unit : "day", "week" or "month"
    table : pyarrow.Table
        A row for each cell, that is each cohort and each period from its first on that the window
        touches, of all customers and of each segment: `cell` ("all.0.3"), `segment_id`
        ("all" for all together), `cohort` and `period` (the dates on which they begin), `age`
        (periods since the cohort's own), `existing` (whether the cohort is the first, which holds
        old customers, too), `complete` (whether the window holds the whole period), `customers` (of
        the cohort), `active`, `buying` and `orders` (in the period), `revenue` (sales less
        returns) and `cumulated_revenue`; and `active_share`, `buying_share`,
        `revenue_per_customer` and `cumulated_per_customer`, over all customers of the cohort.
        With a margin, or costs, also `cumulated_margin_per_customer`. `cohort_name` is "2024-02"
        or the date.
        Without prices what is money is NULL.
    retention : pyarrow.Table
        The cohorts together, by age: `cell` ("all.3"), `segment_id`, `age`, `customers` (of the
        cohorts that the window holds whole, shows whole at that age, and that are not the first),
        `active_share`, `buying_share` and `cumulated_per_customer` among them; with a margin, or
        costs, also `cumulated_margin_per_customer`.
    """

    by: str
    unit: str
    table: pa.Table
    retention: pa.Table


@dataclass(frozen=True, eq=False)
class OverTime:
    """The shop in each period.

    Attributes
    ----------
    unit : "day", "week" or "month"
    table : pyarrow.Table
        A row for each period, of all customers and of each segment: `cell` ("all.0"),
        `segment_id` ("all" for all together), `period` (the date on which it begins), `name`
        ("2024-02" or the date), `complete`, `customers` (who came), `new` (who came for the first
        time in the window; in the first period NULL, since nobody knows who came before),
        `returning`, `buyers`, `orders`, `revenue` (sales less returns) and `returned`.
    """

    unit: str
    table: pa.Table


@dataclass(frozen=True, eq=False)
class _History:
    """The counts of each segment, cohort and period, and how many are in each cohort."""

    calendar: Calendar
    cells: Mapping[str, Mapping[tuple[int, int], Counts]]
    sizes: Mapping[str, Mapping[int, int]]
    priced: bool


def customer_cohorts(
    events: Any,
    *,
    by: str = "event",
    unit: str | None = None,
    segments: Any = None,
    margin: float | None = None,
    window: Window | None = None,
    **options: Any,
) -> Cohorts:
    """Return what became of the customers who arrived in each day, week or month.

    Parameters
    ----------
    events : Events, or whatever `read_events` takes
        Anything but clean events is read first, with `options` for `read_events`.
    by : "event" or "purchase"
        Arrived by their first event, or by their first purchase: then who never bought is in none.
    unit : "day", "week" or "month", optional
        By default days below six weeks, weeks below half a year, months otherwise.
    segments : table with `user_id` and `segment_id`, optional
        Each segment has cells of its own then.
    margin : float, optional
        The share of revenue that is kept, above 0 and at most 1. Where events say what goods
        cost, it is that of those that do not; by default that of all others.
    window : Window, default that of the events

    Returns
    -------
    Cohorts

    Raises
    ------
    UsageError
        For another `by`, `unit` or `margin`.
    InputError
        Where customers with events are in no segment.

    Examples
    --------
    >>> log = pa.table({
    ...     "event_time": ["2024-01-05", "2024-02-07", "2024-02-09"],
    ...     "user_id": ["a", "a", "b"],
    ...     "event_type": ["purchase", "purchase", "purchase"],
    ...     "price": [10.0, 20.0, 5.0],
    ... })
    >>> made = customer_cohorts(log, unit="month")
    >>> made.table.select(["age", "customers", "buying", "cumulated_revenue"]).to_pylist()
    [{'age': 0, 'customers': 1, 'buying': 1, 'cumulated_revenue': 10.0},
     {'age': 1, 'customers': 1, 'buying': 1, 'cumulated_revenue': 30.0},
     {'age': 0, 'customers': 1, 'buying': 1, 'cumulated_revenue': 5.0}]
    """
    if by not in BASES:
        raise UsageError(f"Nobody arrives by `{by}`. {did_you_mean(by, BASES)}")
    if margin is not None:
        check_margin(margin)
    if not isinstance(events, CleanEvents):
        with_events = read_events(events, **options)
        try:
            return customer_cohorts(
                with_events, by=by, unit=unit, segments=segments, margin=margin, window=window
            )
        finally:
            with_events.close()
    if margin is None:
        margin = events.margin
    history = _history(events, by, unit, segments, window or events.window)
    rows = list(_cohort_rows(history, margin))
    schema = _COHORT_SCHEMA
    if margin is not None:
        schema = schema.append(pa.field("cumulated_margin_per_customer", pa.float64()))
    retained = list(_retained(history, rows, margin))
    retention_schema = _RETENTION_SCHEMA
    if margin is not None:
        retention_schema = retention_schema.append(schema.field("cumulated_margin_per_customer"))
    retention = pa.Table.from_pylist(retained, schema=retention_schema)
    table = pa.Table.from_pylist(rows, schema=schema)
    return Cohorts(by, history.calendar.unit, table, retention)


def shop_over_time(
    events: Any,
    *,
    unit: str | None = None,
    segments: Any = None,
    window: Window | None = None,
    **options: Any,
) -> OverTime:
    """Return customers, orders and revenue of each day, week or month.

    Parameters are those of `customer_cohorts`.

    Examples
    --------
    >>> log = pa.table({
    ...     "event_time": ["2024-01-05", "2024-02-07", "2024-02-09"],
    ...     "user_id": ["a", "a", "b"],
    ...     "event_type": ["purchase", "purchase", "return"],
    ...     "price": [10.0, 20.0, 5.0],
    ... })
    >>> made = shop_over_time(log, unit="month")
    >>> made.table.select(["complete", "customers", "new", "returning", "revenue"]).to_pylist()
    [{'complete': False, 'customers': 1, 'new': None, 'returning': None, 'revenue': 10.0},
     {'complete': False, 'customers': 1, 'new': 0, 'returning': 1, 'revenue': 15.0}]
    """
    if not isinstance(events, CleanEvents):
        with_events = read_events(events, **options)
        try:
            return shop_over_time(with_events, unit=unit, segments=segments, window=window)
        finally:
            with_events.close()
    history = _history(events, "event", unit, segments, window or events.window)
    table = pa.Table.from_pylist(list(_period_rows(history)), schema=_PERIOD_SCHEMA)
    return OverTime(history.calendar.unit, table)


def _history(
    events: CleanEvents, by: str, unit: str | None, segments: Any, window: Window
) -> _History:
    calendar = calendar_of(window, unit)
    with activity_by(calendar, events, window) as engine, labels_of(engine, segments):
        [prices] = engine.query(prices_query(window)).to_pylist()
        cells = engine.query(cells_query(by)).to_pylist()
        sizes = engine.query(sizes_query(by)).to_pylist()
    return _History(calendar, _counts(cells), _customers(sizes), prices["prices"] > 0)


def _counts(rows: list[dict[str, Any]]) -> dict[str, dict[tuple[int, int], Counts]]:
    cells: dict[str, dict[tuple[int, int], Counts]] = {ALL: {}}
    for row in rows:
        place = int(row["cohort"]), int(row["period"])
        counts = Counts(
            int(row["active"]),
            int(row["buying"]),
            int(row["orders"]),
            Decimal(row["sold"]),
            Decimal(row["returned"]),
            Decimal(row["cost"]),
            Decimal(row["uncosted"]),
        )
        for segment in {ALL, str(row["segment_id"])}:
            part = cells.setdefault(segment, {})
            part[place] = part.get(place, Counts()) + counts
    return dict(sorted(cells.items(), key=lambda item: _place_of(item[0])))


def _customers(rows: list[dict[str, Any]]) -> dict[str, dict[int, int]]:
    sizes: dict[str, dict[int, int]] = {ALL: {}}
    for row in rows:
        cohort = int(row["cohort"])
        for segment in {ALL, str(row["segment_id"])}:
            part = sizes.setdefault(segment, {})
            part[cohort] = part.get(cohort, 0) + int(row["customers"])
    return dict(sorted(sizes.items(), key=lambda item: _place_of(item[0])))


def _place_of(segment: str) -> tuple[bool, int, str]:
    return segment != ALL, len(segment), segment


def _cohort_rows(history: _History, margin: float | None) -> Iterator[dict[str, Any]]:
    for segment, sizes in history.sizes.items():
        for cohort, customers in sorted(sizes.items()):
            yield from _row_of_cohort(history, segment, cohort, customers, margin)


def _row_of_cohort(
    history: _History, segment: str, cohort: int, customers: int, margin: float | None
) -> Iterator[dict[str, Any]]:
    periods, cells = history.calendar.periods, history.cells[segment]
    upto = Counts()
    for number in range(cohort, len(periods)):
        counts = cells.get((cohort, number), Counts())
        upto += counts
        row = {
            "cell": f"{segment}.{cohort}.{number - cohort}",
            "segment_id": segment,
            "cohort": periods[cohort].start,
            "cohort_name": history.calendar.name(cohort),
            "period": periods[number].start,
            "age": number - cohort,
            "existing": cohort == 0,
            "complete": periods[number].complete,
            "customers": customers,
            "active": counts.active,
            "buying": counts.buying,
            "orders": counts.orders,
            "active_share": counts.active / customers,
            "buying_share": counts.buying / customers,
        }
        if history.priced:
            row["revenue"] = float(counts.revenue)
            row["cumulated_revenue"] = float(upto.revenue)
            row["revenue_per_customer"] = float(counts.revenue / customers)
            row["cumulated_per_customer"] = float(upto.revenue / customers)
            if margin is not None:
                row["cumulated_margin_per_customer"] = upto.kept(margin) / customers
        yield row


def _retained(
    history: _History, rows: list[dict[str, Any]], margin: float | None
) -> Iterator[dict[str, Any]]:
    """Yield the cohorts together, by segment and age."""
    begun_whole = {
        period.start for number, period in enumerate(history.calendar.periods) if period.complete
    }
    together: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for row in rows:
        if row["complete"] and not row["existing"] and row["cohort"] in begun_whole:
            together.setdefault((row["segment_id"], row["age"]), []).append(row)
    for (segment, age), cells in together.items():
        customers = sum(row["customers"] for row in cells)
        cumulated = math.fsum(row.get("cumulated_revenue", 0.0) for row in cells)
        row = {
            "cell": f"{segment}.{age}",
            "segment_id": segment,
            "age": age,
            "customers": customers,
            "active_share": sum(row["active"] for row in cells) / customers,
            "buying_share": sum(row["buying"] for row in cells) / customers,
        }
        if history.priced:
            row["cumulated_per_customer"] = cumulated / customers
            if margin is not None:
                kept = (row["cumulated_margin_per_customer"] * row["customers"] for row in cells)
                row["cumulated_margin_per_customer"] = math.fsum(kept) / customers
        yield row


def _period_rows(history: _History) -> Iterator[dict[str, Any]]:
    for segment, cells in history.cells.items():
        for number, period in enumerate(history.calendar.periods):
            of_cohorts = [counts for (_, at), counts in cells.items() if at == number]
            counts = sum(of_cohorts, Counts())
            new = cells.get((number, number), Counts()).active if number else None
            yield {
                "cell": f"{segment}.{number}",
                "segment_id": segment,
                "period": period.start,
                "name": history.calendar.name(number),
                "complete": period.complete,
                "customers": counts.active,
                "new": new,
                "returning": None if new is None else counts.active - new,
                "buyers": counts.buying,
                "orders": counts.orders,
                "revenue": float(counts.revenue) if history.priced else None,
                "returned": float(counts.returned) if history.priced else None,
            }


_COHORT_SCHEMA = pa.schema(
    [
        ("cell", pa.string()),
        ("segment_id", pa.string()),
        ("cohort", pa.date32()),
        ("cohort_name", pa.string()),
        ("period", pa.date32()),
        ("age", pa.int64()),
        ("existing", pa.bool_()),
        ("complete", pa.bool_()),
        *((name, pa.int64()) for name in ("customers", "active", "buying", "orders")),
        ("revenue", pa.float64()),
        ("cumulated_revenue", pa.float64()),
        ("active_share", pa.float64()),
        ("buying_share", pa.float64()),
        ("revenue_per_customer", pa.float64()),
        ("cumulated_per_customer", pa.float64()),
    ]
)
_PERIOD_SCHEMA = pa.schema(
    [
        ("cell", pa.string()),
        ("segment_id", pa.string()),
        ("period", pa.date32()),
        ("name", pa.string()),
        ("complete", pa.bool_()),
        *((name, pa.int64()) for name in ("customers", "new", "returning", "buyers", "orders")),
        ("revenue", pa.float64()),
        ("returned", pa.float64()),
    ]
)
_RETENTION_SCHEMA = pa.schema(
    [
        ("cell", pa.string()),
        ("segment_id", pa.string()),
        ("age", pa.int64()),
        ("customers", pa.int64()),
        ("active_share", pa.float64()),
        ("buying_share", pa.float64()),
        ("cumulated_per_customer", pa.float64()),
    ]
)
