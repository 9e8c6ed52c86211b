"""The shop's history as one: over time, its seasons, cohorts, and why revenue changed last."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc
from sqlglot import exp

from clustomer.customers import available_features, features_within
from clustomer.customers.reason import Reason
from clustomer.customers.table import known_within
from clustomer.engines import parse
from clustomer.errors import UsageError
from clustomer.events import CleanEvents, Window
from clustomer.history.activity import activity_by
from clustomer.history.calendar import Calendar, Period, calendar_of, read_period
from clustomer.history.change import ARRIVED, Change, change_of
from clustomer.history.cohorts import Cohorts, OverTime, customer_cohorts, shop_over_time
from clustomer.history.seasons import Seasons, shop_seasons
from clustomer.segments import Segmentation, assign
from clustomer.segments.exclusions import columns_of
from clustomer.segments.segmentation import with_ids
from clustomer.thresholds import LONG_WINDOW_DAYS


@dataclass(frozen=True, eq=False)
class RevenueChange:
    """Why revenue changed from one period to the next.

    Attributes
    ----------
    before, after : int
        The numbers of the two periods in the calendar of the window.
    days : int
        The days before each period by which its customers got their segments.
    change : Change
    """

    before: int
    after: int
    days: int
    change: Change


@dataclass(frozen=True, eq=False)
class PeriodChange:
    """Why revenue changed from one period to another.

    Attributes
    ----------
    before, after : Period
    days : int
        The days before each period by which its customers got their segments.
    change : Change
    """

    before: Period
    after: Period
    days: int
    change: Change


@dataclass(frozen=True, eq=False)
class History:
    """The shop over time, its seasons, its cohorts, and why its revenue changed last.

    Attributes
    ----------
    over_time : OverTime
    cohorts : Cohorts
    revenue_change : RevenueChange, or Reason why there is none
    seasons : Seasons, or None in versions of the results from before there were any
    """

    over_time: OverTime
    cohorts: Cohorts
    revenue_change: RevenueChange | Reason
    seasons: Seasons | None = None

    def to_json(self) -> dict[str, Any]:
        """Return what the manifest holds of it."""
        change = self.revenue_change
        seasons = {} if self.seasons is None else {"seasons": self.seasons.to_json()}
        return {
            "unit": self.over_time.unit,
            "cohorts_by": self.cohorts.by,
            "revenue_change": {"reason": {"kind": change.kind, "numbers": dict(change.numbers)}}
            if isinstance(change, Reason)
            else {"before": change.before, "after": change.after, "days": change.days},
            **seasons,
        }


def shop_history(
    events: CleanEvents, segmentation: Segmentation, *, margin: float | None = None
) -> History:
    """Return the history of the shop, of all customers and by segment.

    Parameters
    ----------
    events : Events
    segmentation : Segmentation
        Of the customers of those events; its rule also says who was in which segment before each
        period.
    margin : float, optional
        The share of revenue that is kept, above 0 and at most 1: cohorts have it then.
    """
    segments = with_ids(segmentation).select(["user_id", "segment_id"])
    over_time = shop_over_time(events, segments=segments)
    bought = any(over_time.table["buyers"].to_pylist())
    by = "purchase" if bought else "event"
    cohorts = customer_cohorts(events, by=by, segments=segments, margin=margin)
    return History(
        over_time,
        cohorts,
        revenue_change(events, segmentation),
        shop_seasons(events, segments=segments),
    )


def revenue_change(
    events: CleanEvents, segmentation: Segmentation, *, unit: str | None = None
) -> RevenueChange | Reason:
    """Return why revenue changed from the last whole period but one to the last.

    Whoever was there in as long a time before both periods is in the segment that the stored rule
    says of that time; who was not, and came in the period itself, is of the group "arrived".

    Parameters
    ----------
    events : Events
    segmentation : Segmentation
    unit : "day", "week" or "month", optional
        Of the periods; by default as the length of the log says.

    Returns
    -------
    RevenueChange, or Reason
        A reason where the log has no two whole periods ("few periods"), less than four weeks
        before them ("short log"), no prices ("no revenue"), or a period without customers
        ("empty period").
    """
    calendar = calendar_of(events.window, unit)
    complete = [number for number, period in enumerate(calendar.periods) if period.complete]
    if len(complete) < 2 or complete[-1] != complete[-2] + 1:
        return Reason("few periods")
    before, after = complete[-2:]
    periods = (calendar.periods[before], calendar.periods[after])
    compared = compare_periods(events, segmentation, *periods)
    if isinstance(compared, Reason):
        return compared
    return RevenueChange(before, after, compared.days, compared.change)


def compare_periods(
    events: CleanEvents,
    segmentation: Segmentation,
    before: Period | str,
    after: Period | str,
) -> PeriodChange | Reason:
    """Return why revenue changed from one period to another.

    Parameters
    ----------
    events : Events
    segmentation : Segmentation
        Its rule says who was in which segment in as long a time before both periods.
    before, after : Period or str
        As `2011-11`, `2011-Q4`, `2011`, `2011-11-05` or `2011-10..2011-12`; the earlier one first.

    Returns
    -------
    PeriodChange, or Reason
        A reason where the log has less than four weeks before the first period ("short log"), no
        prices ("no revenue"), or a period without customers ("empty period").

    Raises
    ------
    UsageError
        For a text that is no period, a period that the log does not hold, or two that overlap.
    """
    zone = events.window.time_zone
    before, after = (
        read_period(period, events.window) if isinstance(period, str) else period
        for period in (before, after)
    )
    if before.end > after.start:
        raise UsageError(
            f"The period from {after.start} on begins before that from {before.start} on is over. "
            "Give two periods that do not overlap, the earlier one first."
        )
    windows = [_window(period, zone) for period in (before, after)]
    length = windows[0].start - events.window.start
    if length < timedelta(days=LONG_WINDOW_DAYS):
        days = max(length / timedelta(days=1), 0.0)
        return Reason("short log", {"days": round(days, 6), "least": int(LONG_WINDOW_DAYS)})
    if "price" not in known_within(events.engine, events.window):
        return Reason("no revenue")
    tables = []
    for period, window in zip((before, after), windows, strict=True):
        base = Window(window.start - length, window.start, zone)
        labels = labels_at(events, segmentation, base)
        tables.append(_group_rows(_did(events, period, window), labels))
    if not all(table.num_rows for table in tables):
        return Reason("empty period")
    return PeriodChange(before, after, length.days, change_of(*tables))


def _window(period: Period, time_zone: str) -> Window:
    zone = ZoneInfo(time_zone)
    start, end = (
        datetime.combine(day, time(), zone).astimezone(UTC).replace(tzinfo=None)
        for day in (period.start, period.end)
    )
    return Window(start, end, time_zone)


def labels_at(events: CleanEvents, segmentation: Segmentation, window: Window) -> pa.Table:
    """Return the segment of everyone who was there in a window, by the stored rule.

    `user_id`, `segment_id`; a table, since customers in dictionaries of Python take ten times as
    much memory.
    """
    present, _ = available_features(known_within(events.engine, window))
    wanted = {*segmentation.rule.features, *columns_of(segmentation.exclusions)}
    features = tuple(feature for feature in present if feature.name in wanted)
    made = features_within(events.engine, features, window).table
    for name in segmentation.rule.features:
        if name not in made.column_names:
            made = made.append_column(name, pa.nulls(made.num_rows, pa.float64()))
    labels = assign(made, segmentation)
    ids = segmentation.segment_ids
    coded = labels["cluster"].combine_chunks().dictionary_encode()
    names = pa.array([ids.get(c, str(c)) for c in coded.dictionary.to_pylist()], pa.string())
    return pa.table({"user_id": labels["user_id"], "segment_id": names.take(coded.indices)})


def _did(events: CleanEvents, period: Period, window: Window) -> pa.Table:
    """Return what each customer did in a period."""
    # one period, whatever its length: the unit is not looked at
    with activity_by(Calendar("day", (period,)), events, window) as engine:
        query = parse(_DID)
        assert isinstance(query, exp.Select)
        rows = engine.query(query)
    return rows


_DID = """
    SELECT a.user_id AS user_id, COALESCE(o.orders, 0) AS orders,
        CAST(a.sold AS DOUBLE) AS sold, CAST(a.returned AS DOUBLE) AS returned
    FROM history_activity AS a LEFT JOIN history_orders AS o ON a.user_id = o.user_id
    ORDER BY a.user_id
"""


def _group_rows(did: pa.Table, labels: pa.Table) -> pa.Table:
    """Return a row for everyone who was there before, and for everyone who came."""
    came, there = (table["user_id"].cast(pa.string()) for table in (did, labels))
    at = pc.index_in(there, value_set=came)
    before = {"user_id": there, "group": labels["segment_id"]}
    before |= {name: pc.fill_null(did[name].take(at), 0) for name in ("orders", "sold", "returned")}
    arrived = did.filter(pc.invert(pc.is_in(came, value_set=there)))
    group = pa.repeat(pa.scalar(ARRIVED), arrived.num_rows)
    rows = [
        table.select(_ROWS.names).cast(_ROWS)
        for table in (pa.table(before), arrived.append_column("group", group))
    ]
    return pa.concat_tables(rows).sort_by("user_id")


_ROWS = pa.schema(
    [
        ("user_id", pa.string()),
        ("group", pa.string()),
        ("orders", pa.int64()),
        ("sold", pa.float64()),
        ("returned", pa.float64()),
    ]
)
