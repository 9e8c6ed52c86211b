"""Which months of the year and days of the week stand out, held against chance and few years.

A month is held against the mean of the twelve whole months around it, a weekday against the mean
day of its weeks. How much such a ratio varies by chance is the larger of two errors: the one that
customers make who happen to buy then (as if each customer's months were drawn apart), and the one
that repetitions show: the same month in other years, the same weekday in other weeks.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import NormalDist, fmean
from typing import Any

import pyarrow as pa

from clustomer.events import CleanEvents, Window, read_events
from clustomer.history.activity import ALL, activity_by, labels_of
from clustomer.history.calendar import Calendar, calendar_of
from clustomer.history.definition import newest_query, prices_query, totals_query
from clustomer.segments.segmentation import BOTS_ID, NOISE_ID
from clustomer.thresholds import CHANCE, CLOSED_INTAKE, SEASON_WEEKS, STANDS_OUT

MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
YEAR = len(MONTHS)
LEAST_AGAIN = 6
"""So many months of a log must be there a second time, for years to be held against each other."""


@dataclass(frozen=True, eq=False)
class Seasons:
    """The months of the year and the days of the week, beside an average month and day.

    Attributes
    ----------
    table : pyarrow.Table
        A row for each month of the year (where the log holds twelve whole months one after the
        other, and people are new in its last quarter or it holds two years) and each weekday (where
        it holds four whole weeks), of all customers, and of each segment (months only where the log
        holds two years): `cell` ("all.month.12"), `segment_id`
        ("all" for all together), `kind` ("month" or "weekday"), `name` ("December"), `seen` (how
        many such whole months, or whole weeks, there are), `value` (the mean of what these
        brought), `ratio` (that over an average month around it, or an average day), `least` and
        `most` (the same of the single months; of weekdays NULL), `orders_ratio` (the ratio of
        orders), `error` (the standard error of `ratio`), `surely` (whether it stands out more than
        chance makes any of all rows).
    measure : "revenue", "orders" or "customers"
        What `value` and `ratio` are of.
    months, weeks : int
        How many whole ones the log holds.
    """

    table: pa.Table
    measure: str
    months: int
    weeks: int

    def to_json(self) -> dict[str, Any]:
        """Return what the manifest holds of it."""
        return {"measure": self.measure, "months": self.months, "weeks": self.weeks}


@dataclass(frozen=True)
class Amounts:
    """What one period brought by each measure, and the sum over customers of its squares."""

    revenue: float = 0.0
    orders: float = 0.0
    customers: float = 0.0
    revenue_squares: float = 0.0
    order_squares: float = 0.0

    def __add__(self, other: "Amounts") -> "Amounts":
        return Amounts(
            self.revenue + other.revenue,
            self.orders + other.orders,
            self.customers + other.customers,
            self.revenue_squares + other.revenue_squares,
            self.order_squares + other.order_squares,
        )

    def of(self, measure: str) -> float:
        """Return the amount by a measure."""
        return float(getattr(self, measure))

    def squares(self, measure: str) -> float:
        """Return the sum of squares by a measure."""
        if measure == "revenue":
            return self.revenue_squares
        return self.order_squares if measure == "orders" else self.customers


@dataclass(frozen=True)
class _Row:
    cell: str
    segment_id: str
    kind: str
    name: str
    seen: int
    value: float
    ratio: float
    least: float | None
    most: float | None
    orders_ratio: float | None
    error: float
    p: float
    """How likely so large a ratio is by chance, or a larger one."""

    @property
    def is_apart(self) -> bool:
        """Whether it lies far enough above the average, or below, in every year."""
        low = self.ratio if self.least is None else self.least
        high = self.ratio if self.most is None else self.most
        return low >= 1 + STANDS_OUT or high <= 1 - STANDS_OUT


def shop_seasons(
    events: Any, *, segments: Any = None, window: Window | None = None, **options: Any
) -> Seasons:
    """Return which months of the year and days of the week stand out.

    A row stands out ("surely") where its ratio is a fifth (`STANDS_OUT`) or more above 1 in every
    year, or below it, and by chance not even one of all rows would lie so far off (`CHANCE`, after
    Bonferroni). Years are held against each other where six months at
    least are there twice; a month of one year only may be that year's. In less than two years
    months are not compared where nobody is first seen in the last quarter (`CLOSED_INTAKE`): then
    they show the same customers later and later.

    Parameters
    ----------
    events : Events, or whatever `read_events` takes
        Anything but clean events is read first, with `options` for `read_events`.
    segments : table with `user_id` and `segment_id`, optional
        Each segment has rows of its own then.
    window : Window, default that of the events

    Raises
    ------
    InputError
        Where customers with events are in no segment.

    Examples
    --------
    >>> orders = [(day, number) for day in range(1, 29) for number in range(1 + day % 7)]
    >>> log = pa.table({
    ...     "event_time": [f"2024-01-{day:02d}" for day, _ in orders],
    ...     "user_id": [f"u{number}" for _, number in orders],
    ...     "event_type": ["purchase"] * 112,
    ... })
    >>> seasons = shop_seasons(log)
    >>> seasons.measure, seasons.months, seasons.weeks
    ('orders', 0, 4)
    >>> [(row["name"], row["ratio"]) for row in seasons.table.to_pylist() if row["ratio"] > 1.5]
    [('Saturday', 1.75)]
    """
    if not isinstance(events, CleanEvents):
        with_events = read_events(events, **options)
        try:
            return shop_seasons(with_events, segments=segments, window=window)
        finally:
            with_events.close()
    window = window or events.window
    weeks = [period.start for period in calendar_of(window, "week").periods if period.complete]
    by_day = (
        _amounts(events, calendar_of(window, "day"), segments, window)
        if len(weeks) >= SEASON_WEEKS
        else {}
    )
    months = calendar_of(window, "month")
    complete = [number for number, period in enumerate(months.periods) if period.complete]
    compared = len(complete) >= 2 * YEAR or (
        len(complete) >= YEAR and not _one_intake(events, window)
    )
    by_month = _amounts(events, months, segments, window) if compared else {}
    priced = events.engine.query(prices_query(window)).to_pylist()[0]["prices"] > 0
    measure = _measure((by_month or by_day).get(ALL, {}).values(), priced=priced)
    rows: list[_Row] = []
    for segment, amounts in by_month.items():
        if segment == ALL or len(complete) >= 2 * YEAR:
            rows += _month_rows(segment, months, complete, amounts, measure)
    for segment, amounts in by_day.items():
        rows += _weekday_rows(segment, weeks, amounts, measure)
    return Seasons(_table(rows), measure, len(complete), len(weeks))


def _one_intake(events: CleanEvents, window: Window) -> bool:
    """Whether nobody is new for so long that months show the same customers later and later."""
    [row] = events.engine.query(newest_query(window)).to_pylist()
    if row["newest"] is None:
        return False
    return bool((window.cutoff - row["newest"]) / timedelta(days=1) > CLOSED_INTAKE * window.days)


def _amounts(
    events: CleanEvents, calendar: Calendar, segments: Any, window: Window
) -> dict[str, dict[date, Amounts]]:
    """Return what each period brought, by segment and its first day."""
    with activity_by(calendar, events, window) as engine, labels_of(engine, segments):
        totals = engine.query(totals_query()).to_pylist()
    result: dict[str, dict[date, Amounts]] = defaultdict(lambda: defaultdict(Amounts))
    for row in sorted(totals, key=lambda row: (str(row["segment_id"]), int(row["period"]))):
        start = calendar.periods[int(row["period"])].start
        amounts = Amounts(
            revenue=float(row["revenue"]),
            orders=float(row["orders"]),
            customers=float(row["customers"]),
            revenue_squares=float(row["revenue_squares"]),
            order_squares=float(row["order_squares"]),
        )
        for segment in {ALL, str(row["segment_id"])} - {BOTS_ID, NOISE_ID}:
            result[segment][start] += amounts
    return dict(sorted(result.items(), key=lambda item: (item[0] != ALL, len(item[0]), item[0])))


def _measure(amounts: Iterable[Amounts], *, priced: bool) -> str:
    total = sum(amounts, Amounts())
    if priced and total.revenue > 0:
        return "revenue"
    return "orders" if total.orders else "customers"


def _month_rows(
    segment: str,
    months: Calendar,
    complete: Sequence[int],
    amounts: Mapping[date, Amounts],
    measure: str,
) -> Iterator[_Row]:
    starts = [months.periods[number].start for number in complete]
    indices = _month_indices([amounts.get(start, Amounts()) for start in starts], measure)
    orders = _month_indices([amounts.get(start, Amounts()) for start in starts], "orders")
    if indices is None:
        return
    places: dict[int, list[int]] = defaultdict(list)
    for place, start in enumerate(starts):
        places[start.month].append(place)
    again = len(starts) - YEAR
    spread = _spread_of_years([[indices[place][0] for place in here] for here in places.values()])
    for month, here in sorted(places.items()):
        single = [indices[place][0] for place in here]
        ratio = fmean(single)
        error = math.sqrt(sum(indices[place][1] ** 2 for place in here)) / len(here)
        p = _two_sided(ratio - 1, error)
        if again >= LEAST_AGAIN:
            between = math.sqrt(spread / len(here))
            p = max(p, _two_sided(ratio - 1, between, again))
            error = max(error, between)
        yield _Row(
            cell=f"{segment}.month.{month}",
            segment_id=segment,
            kind="month",
            name=MONTHS[month - 1],
            seen=len(here),
            value=fmean(amounts.get(starts[place], Amounts()).of(measure) for place in here),
            ratio=ratio,
            least=min(single),
            most=max(single),
            orders_ratio=fmean(orders[place][0] for place in here) if orders else None,
            error=error,
            p=p,
        )


def _month_indices(amounts: Sequence[Amounts], measure: str) -> list[tuple[float, float]] | None:
    """Return each month over the mean of the twelve around it, and the error by customers.

    None where twelve months brought nothing.
    """
    indices = []
    for place, amount in enumerate(amounts):
        first = min(max(place - YEAR // 2, 0), len(amounts) - YEAR)
        around = amounts[first : first + YEAR]
        total = math.fsum(month.of(measure) for month in around)
        if total <= 0:
            return None
        squares = math.fsum(month.squares(measure) for month in around)
        ratio = YEAR * amount.of(measure) / total
        indices.append((ratio, _error_by_customers(total, squares, YEAR)))
    return indices


def _error_by_customers(total: float, squares: float, periods: int) -> float:
    """Return the standard error of a period's ratio, if all periods were alike.

    Each customer's amount of a period may as well have come in any other.

    >>> _error_by_customers(total=100.0, squares=100.0, periods=2)  # 100 customers, 1 each
    0.1
    """
    return math.sqrt((periods - 1) * squares) / total


def _spread_of_years(groups: Sequence[Sequence[float]]) -> float:
    """Return the variance of the same month between years, of all months together."""
    squares = math.fsum((value - fmean(group)) ** 2 for group in groups for value in group)
    freedom = sum(len(group) - 1 for group in groups)
    return squares / freedom if freedom else 0.0


def _weekday_rows(
    segment: str, weeks: Sequence[date], amounts: Mapping[date, Amounts], measure: str
) -> Iterator[_Row]:
    days = [
        [amounts.get(date.fromordinal(monday.toordinal() + day), Amounts()) for day in range(7)]
        for monday in weeks
    ]
    total = math.fsum(day.of(measure) for week in days for day in week)
    orders = math.fsum(day.orders for week in days for day in week)
    if total <= 0:
        return
    squares = math.fsum(day.squares(measure) for week in days for day in week)
    by_customers = _error_by_customers(total, squares, 7)
    for number, name in enumerate(WEEKDAYS):
        brought = math.fsum(week[number].of(measure) for week in days)
        share = brought / total
        apart = math.fsum(
            (week[number].of(measure) - share * math.fsum(day.of(measure) for day in week)) ** 2
            for week in days
        )
        between = 7 / total * math.sqrt(apart * len(weeks) / (len(weeks) - 1))
        p = max(
            _two_sided(7 * share - 1, by_customers),
            _two_sided(7 * share - 1, between, len(weeks) - 1),
        )
        yield _Row(
            cell=f"{segment}.weekday.{number + 1}",
            segment_id=segment,
            kind="weekday",
            name=name,
            seen=len(weeks),
            value=brought / len(weeks),
            ratio=7 * share,
            least=None,
            most=None,
            orders_ratio=7 * math.fsum(week[number].orders for week in days) / orders
            if orders
            else None,
            error=max(by_customers, between),
            p=p,
        )


def _two_sided(apart: float, error: float, freedom: int | None = None) -> float:
    """Return how likely a value so far from 0, or further, is by chance (normal, or Student's t).

    >>> round(_two_sided(1.96, 1.0), 3), round(_two_sided(-2.776, 1.0, 4), 3)
    (0.05, 0.05)
    """
    if error <= 0:
        return 0.0 if apart else 1.0
    size = abs(apart) / error
    if freedom is None:
        return 2 * (1 - NormalDist().cdf(size))
    from scipy.special import stdtr

    return float(2 * stdtr(freedom, -size))


def _table(rows: Sequence[_Row]) -> pa.Table:
    """Return the rows as a table; `surely` is decided over all of them."""
    columns: dict[str, list[Any]] = {field.name: [] for field in _SCHEMA}
    for row in rows:
        surely = row.is_apart and row.p < CHANCE / len(rows)
        for name in columns:
            value = surely if name == "surely" else getattr(row, name)
            columns[name].append(round(value, 12) if isinstance(value, float) else value)
    return pa.table(columns, schema=_SCHEMA)


_SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("cell", "segment_id", "kind", "name")),
        ("seen", pa.int64()),
        *(
            (name, pa.float64())
            for name in ("value", "ratio", "least", "most", "orders_ratio", "error")
        ),
        ("surely", pa.bool_()),
    ]
)
