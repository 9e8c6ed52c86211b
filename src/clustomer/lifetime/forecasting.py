"""From events to a forecast: the contest at earlier dates, then the winner from the cutoff on."""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from clustomer.customers import Customers, features_within
from clustomer.customers.reason import Number, Reason
from clustomer.engines import Engine
from clustomer.events import CleanEvents, Window
from clustomer.lifetime.contest import Judged, contest_table, decide, judge
from clustomer.lifetime.forecast import COLUMNS, Forecast, Season, YearBefore, no_forecast
from clustomer.lifetime.horizon import horizon_days
from clustomer.lifetime.intervals import Intervals, share_inside
from clustomer.lifetime.models import Floats
from clustomer.lifetime.orders import (
    DAYS,
    Until,
    date_of,
    day_number,
    keep_order_days,
    midnight,
    orders_between,
    orders_until,
    priced,
)
from clustomer.lifetime.ways import (
    BOOSTING,
    Boosting,
    fit_models,
    fit_value,
    of_customers,
    parameters_of,
)
from clustomer.segments import Segmentation
from clustomer.segments.exclusions import BOTS
from clustomer.segments.refit import rule_labels
from clustomer.thresholds import LEAVING_SHOWN, LONG_WINDOW_DAYS, MIN_CUSTOMERS, MIN_RETURNED

HORIZON_DAYS = 90
MOST_DATES = 3
YEAR_DAYS = 365
_DIGITS = 9


def forecast_customers(
    events: CleanEvents,
    customers: Customers,
    segmentation: Segmentation | None = None,
    *,
    horizon: str | None = None,
    random_state: int = 0,
) -> Forecast:
    """Say what each customer is expected to order and to bring after the cutoff.

    Orders of one day count as one. The past rate of each customer, BG/NBD, MBG/NBD, Pareto/NBD
    (also with the size of the first order) and gradient boosting on the customer table forecast
    from earlier dates on, from what was before them alone; what came judges them. The winner is
    used; what a customer spends on a day with an order is told by the Gamma-Gamma model.

    Parameters
    ----------
    events : CleanEvents
    customers : Customers
        Made from those events.
    segmentation : Segmentation, optional
        Of those customers: the contest then tells by segment, too, as the stored rule has it of
        what was known at each date.
    horizon : str, optional
        How far to look, in whole days or weeks, such as 90d. By default 90 days, or a third of the
        window where that is shorter.
    random_state : int, default 0
        The seed of gradient boosting.

    Returns
    -------
    Forecast
        Without rows, and with the reason, where there are no orders or too little time.

    Raises
    ------
    UsageError
        If the horizon is no length of time in whole days.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from clustomer.customers import customer_features
    >>> from clustomer.events import read_events
    >>> events = read_events(pa.table({
    ...     "event_time": ["2024-01-01 10:00:00", "2024-01-09 10:00:00"],
    ...     "event_type": ["view", "purchase"],
    ...     "price": [10.0, 10.0],
    ...     "user_id": ["1", "1"],
    ... }))
    >>> forecast_customers(events, customer_features(events)).why
    Reason(kind='forecast short log', numbers={'days': 9, 'least': 28})
    """
    start = day_number(customers.window.first_day)
    end = day_number(customers.window.last_day) + 1
    days = horizon_days(horizon) if horizon else min(HORIZON_DAYS, (end - start) // 3)
    if end - start < LONG_WINDOW_DAYS:
        numbers = {"days": end - start, "least": int(LONG_WINDOW_DAYS)}
        return no_forecast(days, Reason("forecast short log", numbers))
    if end - start < 2 * days:
        numbers = {"days": end - start, "least": 2 * days, "horizon_days": days}
        return no_forecast(days, Reason("forecast long horizon", numbers))
    engine = events.engine
    keep_order_days(engine, customers.window)
    try:
        with threadpool_limits(1):
            shop = _Shop(engine, customers, segmentation, start, end, days, random_state)
            return shop.forecast()
    finally:
        engine.drop(DAYS)


@dataclass(frozen=True, eq=False)
class _Shop:
    engine: Engine
    customers: Customers
    segmentation: Segmentation | None
    start: int
    end: int
    days: int
    random_state: int
    _untils: dict[int, Until] = field(default_factory=dict)
    _tables: dict[int, pa.Table] = field(default_factory=dict)

    def forecast(self) -> Forecast:
        judged = [one for one in map(self._judged, self._dates()) if one is not None]
        if not judged:
            return no_forecast(self.days, self._why())
        decision = decide(judged)
        now = self.until(self.end)
        models = fit_models(now.histories)
        expected = (
            self._boosted(now)
            if decision.winner == BOOSTING
            else models[decision.winner].expected_orders(now.histories, self.days)
        )
        alive = told_alive(models[decision.alive_by].alive(now.histories))  # type: ignore[attr-defined]
        winner = decision.winner
        return Forecast(
            self.days,
            self._table(now, expected, alive, judged, winner),
            contest_table(judged, decision, self._segments),
            None,
            winner,
            decision.alive_by if alive is not None else "",
            decision.beats_past_rate,
            tuple(date_of(one.day).isoformat() for one in judged),
            _inside(judged, winner),
            self._season(judged, winner),
            parameters_of(models),
            self._year_before(),
        )

    def _dates(self) -> list[int]:
        """Return the days to judge from, the latest first: as much before as is looked ahead.

        Where there are such with twice as much before, from which boosting can learn, these alone.
        """
        days = [self.end - self.days * number for number in range(1, MOST_DATES + 1)]
        learning = [day for day in days if day - self.start >= 2 * self.days]
        return learning or [day for day in days if day - self.start >= self.days]

    def _judged(self, day: int) -> Judged | None:
        until = self.until(day)
        if not _enough(until):
            return None
        earlier = day - self.days
        before = self.until(earlier) if earlier - self.start >= self.days else None
        if before is not None and not _enough(before):
            before = None
        return judge(until, day, self.days, self._features_at(), before, self.random_state)

    def _why(self) -> Reason:
        """Return why no date can be judged."""
        until = self.until(self.end - self.days)
        if not len(self.until(self.end)):
            return Reason("forecast no orders")
        numbers: dict[str, Number] = {
            "customers": len(until),
            "returned": int((until.orders > 0).sum()),
            "date": date_of(self.end - self.days).isoformat(),
            "least": MIN_CUSTOMERS,
            "least_returned": MIN_RETURNED,
        }
        return Reason("forecast few customers", numbers)

    def until(self, day: int) -> Until:
        """Return customers at a day, and what they did in the horizon from it on."""
        if day not in self._untils:
            self._untils[day] = orders_until(self.engine, day, self.days)
        return self._untils[day]

    def _features_at(self) -> Callable[[int], pa.Table] | None:
        """Return what makes the customer table of a day; None where events are too many for it."""
        if self.engine.parts("events") > 1:
            return None
        return self.features

    def features(self, day: int) -> pa.Table:
        """Return the customer table of what was before a day."""
        if day not in self._tables:
            observed = self.customers.window
            window = Window(observed.start, midnight(day, observed.time_zone), observed.time_zone)
            made = features_within(self.engine, self.customers.features, window)
            self._tables[day] = made.table
        return self._tables[day]

    def _boosted(self, now: Until) -> Floats:
        """Return what boosting expects that learned from the last horizon."""
        earlier = self.until(self.end - self.days)
        then = of_customers(self.features(self.end - self.days), earlier.user_ids)
        boosting = Boosting(then, earlier.orders, self.random_state)
        return boosting.expected_orders(of_customers(self.customers.table, now.user_ids))

    def _segments(self, judged: Judged) -> NDArray[np.object_] | None:
        """Return the segments that the stored rule gives customers at a date."""
        features_at = self._features_at()
        if self.segmentation is None or features_at is None:
            return None
        table = features_at(judged.day)
        names = np.array(
            [
                self.segmentation.segment_ids[cluster]
                for cluster in rule_labels(table, self.segmentation).tolist()
            ],
            dtype=object,
        )
        places = pc.index_in(judged.user_ids, table["user_id"].combine_chunks()).to_numpy()
        return np.asarray(names[places])

    def _table(
        self,
        now: Until,
        expected: Floats,
        alive: Floats | None,
        judged: list[Judged],
        winner: str,
    ) -> pa.Table:
        forecasts = np.concatenate([one.expected[winner] for one in judged])
        orders = np.concatenate([one.orders for one in judged])
        low, high = np.rint(Intervals.learn(forecasts, orders).of(expected))
        columns: list[Floats | None] = [alive, expected, low, high, None, None, None]
        value = fit_value(now.histories) if priced(self.engine) else None
        if value is not None:
            revenue = expected * value.expected_value(now.histories.order_days, now.histories.value)
            forecasts = np.concatenate([one.expected[winner] * one.value for one in judged])
            came = np.concatenate([one.revenue for one in judged])
            columns[4:] = [revenue, *Intervals.learn(forecasts, came).of(revenue)]
        user_ids = self.customers.table["user_id"].combine_chunks()
        places = pc.index_in(user_ids, now.user_ids)
        arrays = [
            pa.nulls(len(user_ids), pa.float64())
            if column is None
            else pa.array(np.round(column, _DIGITS)).take(places)
            for column in columns
        ]
        return pa.table([user_ids, *arrays], names=["user_id", *COLUMNS])

    def _season(self, judged: list[Judged], winner: str) -> Season | None:
        """Return what the same stretch brought a year earlier, where the log holds it."""
        day = self.end - YEAR_DAYS
        if self.days > YEAR_DAYS or day - self.start < self.days or winner == BOOSTING:
            return None
        until = self.until(day)
        others = [one for one in judged if abs(one.day - day) > self.days / 2]
        if not others or not _enough(until):
            return None
        model = fit_models(until.histories)[winner]
        came = until.orders.sum() / model.expected_orders(until.histories, self.days).sum()
        sums = [(one.orders.sum(), one.expected[winner].sum()) for one in others]
        otherwise = sum(orders for orders, _ in sums) / sum(expected for _, expected in sums)
        came, otherwise, factor = (
            round(float(value), _DIGITS) for value in (came, otherwise, came / otherwise)
        )
        return Season(date_of(day).isoformat(), came, otherwise, factor)

    def _year_before(self) -> YearBefore | None:
        """Return what the same days brought a year earlier, where the log covers all of them.

        Suspected bots are left out, as they are of what is expected of everyone.
        """
        first = self.end - YEAR_DAYS
        last = first + self.days - 1
        if first < self.start or last >= self.end:
            return None
        rows = orders_between(self.engine, first, last + 1)
        if self.segmentation is not None:
            labelled = self.segmentation.table
            bots = labelled["user_id"].filter(pc.equal(labelled["cluster"], BOTS))
            rows = rows.filter(pc.invert(pc.is_in(rows["user_id"], bots.combine_chunks())))
        revenue = None
        if priced(self.engine):
            revenue = float(
                sum((row or Decimal(0) for row in rows["revenue"].to_pylist()), Decimal(0))
            )
        return YearBefore(
            date_of(first).isoformat(),
            date_of(last).isoformat(),
            int(pc.sum(rows["orders"]).as_py() or 0),
            revenue,
        )


def told_alive(alive: Floats) -> Floats | None:
    """Return how likely customers are still ones; None where hardly any would have left.

    The models then explain every silence by slow rhythms, and cannot tell who has left.

    >>> told_alive(np.array([0.999, 0.998])) is None, told_alive(np.array([0.9, 1.0])).tolist()
    (True, [0.9, 1.0])
    """
    return alive if float(np.mean(1 - alive)) >= LEAVING_SHOWN else None


def _enough(until: Until) -> bool:
    return len(until) >= MIN_CUSTOMERS and int((until.orders > 0).sum()) >= MIN_RETURNED


def _inside(judged: list[Judged], winner: str) -> float:
    """Return how many customers were inside intervals that were learned without them.

    From the other dates, or, where there is one date, from every other customer.
    """
    halves = [(one.expected[winner], one.orders) for one in judged]
    if len(halves) == 1:
        [(expected, orders)] = halves
        halves = [(expected[half::2], orders[half::2]) for half in (0, 1)]
    shares, sizes = [], []
    for number, (expected, orders) in enumerate(halves):
        others = [half for other, half in enumerate(halves) if other != number]
        learned = Intervals.learn(
            np.concatenate([half[0] for half in others]),
            np.concatenate([half[1] for half in others]),
        )
        shares.append(share_inside(learned, expected, orders))
        sizes.append(len(orders))
    return round(float(np.average(shares, weights=sizes)), _DIGITS)
