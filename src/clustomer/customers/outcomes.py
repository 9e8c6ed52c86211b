"""What customers did after a date, beside what was known of them until then."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from sqlglot import exp

from clustomer.customers.reason import Number, Reason
from clustomer.customers.table import Customers, available_features, features_within, known_within
from clustomer.engines import literal, parse
from clustomer.errors import UsageError
from clustomer.events import CleanEvents, Window
from clustomer.events.sessions import SESSION_MINUTES
from clustomer.events.totals import AMOUNT
from clustomer.events.window import parse_cutoff
from clustomer.thresholds import MIN_CUSTOMERS, MIN_RETURNED

OUTCOMES = ("bought", "revenue", "visited")
HELD_OUT = 1 / 3
"""The part of the window that is held out by default: its last third."""
_WHOLE_DAYS_FROM = 14

_OUTCOMES = f"""
    WITH observed AS (
        SELECT user_id, user_session, event_type, event_time < holdout_date AS early,
            {AMOUNT} AS amount,
            DATE_DIFF('second', TIMESTAMP '1970-01-01 00:00:00', event_time) AS event_s
        FROM events
        WHERE event_time >= window_start AND event_time < window_cutoff
    ), visits AS (
        SELECT user_id, user_session, COUNT(*) FILTER (WHERE early) AS early_events,
            COUNT(*) FILTER (WHERE NOT early AND event_type = 'purchase') AS purchases,
            SUM(amount) FILTER (WHERE NOT early AND event_type = 'purchase') AS sold,
            SUM(amount) FILTER (WHERE NOT early AND event_type = 'return') AS returned,
            MAX(event_s) FILTER (WHERE early AND event_type <> 'return') AS left_s,
            MIN(event_s) FILTER (WHERE NOT early AND event_type <> 'return') AS came_s
        FROM observed
        GROUP BY user_id, user_session
    )
    SELECT user_id, CASE WHEN SUM(purchases) > 0 THEN 1 ELSE 0 END AS bought,
        CAST(COALESCE(SUM(sold), 0) AS DOUBLE) - CAST(COALESCE(SUM(returned), 0) AS DOUBLE)
            AS revenue,
        MAX(CASE
            WHEN came_s IS NULL THEN 0
            WHEN left_s IS NULL OR came_s - left_s > {SESSION_MINUTES * 60} THEN 1
            ELSE 0
        END) AS visited,
        CASE
            WHEN MD5(user_id) < '1' OR MD5(user_id) >= '2' AND MD5(user_id) < '3'
                OR MD5(user_id) >= '4' AND MD5(user_id) < '5'
                OR MD5(user_id) >= '6' AND MD5(user_id) < '7'
                OR MD5(user_id) >= '8' AND MD5(user_id) < '9'
                OR MD5(user_id) >= 'a' AND MD5(user_id) < 'b'
                OR MD5(user_id) >= 'c' AND MD5(user_id) < 'd'
                OR MD5(user_id) >= 'e' AND MD5(user_id) < 'f'
            THEN 1 ELSE 0
        END AS selection
    FROM visits
    GROUP BY user_id
    HAVING SUM(early_events) > 0
"""


@dataclass(frozen=True, eq=False)
class Holdout:
    """Customers as they were at an earlier date, and what they did from then on.

    Attributes
    ----------
    date : datetime
        UTC. Features are made of what was before it, outcomes of what was not.
    horizon_days : float
        From the date to the cutoff.
    window : Window
        From the window's start to the date.
    customers : Customers
        A row for each customer with an event before the date, sorted by `user_id`.
    outcomes : pyarrow.Table
        `user_id`, in the same order; `bought` (0 or 1: any purchase in the horizon), `revenue`
        (its purchases minus its returns, in the shop's currency) and `visited` (0 or 1: any event
        but a return in a visit that began in the horizon).
    selection : ndarray of bool, shape (customers,)
        The half that may influence choices, by the MD5 of `user_id` (an even first hexadecimal
        digit); the other is the validation half, by which nothing is chosen.
    outcome_names : tuple of str
        Those outcomes that differ between customers of both halves, and that are not the same as
        an earlier one for everyone, as visiting is to buying where there are orders only.
    """

    date: datetime
    horizon_days: float
    window: Window
    customers: Customers
    outcomes: pa.Table
    selection: NDArray[np.bool_]
    outcome_names: tuple[str, ...]

    @cached_property
    def validation(self) -> NDArray[np.bool_]:
        """The half that no choice has seen."""
        return ~self.selection

    def outcome(self, name: str) -> NDArray[np.float64]:
        """Return one outcome of every customer, in their order."""
        values: NDArray[np.float64] = self.outcomes[name].to_numpy().astype(np.float64)
        return values


def split_holdout(
    events: CleanEvents, customers: Customers, *, date: datetime | str | None = None
) -> Holdout | Reason:
    """Look at the same shop at an earlier date, and at what its customers did next.

    Features are made by the same definition from events before the date alone, those of them
    that could be made then. Each customer who had an event before it is eligible.

    Parameters
    ----------
    events : Events, or other clean events
    customers : Customers
        Of the whole window, as `customer_features` makes them of `events`.
    date : datetime (UTC) or str, optional
        A date as text means midnight on the shop's clock. By default the last third of the window
        is held out, from midnight where the window has 14 days or more.

    Returns
    -------
    Holdout, or Reason
        A reason where there is too little history: fewer than 200 eligible customers in one of
        the halves, or fewer than 20 of them who bought or visited afterwards.

    Raises
    ------
    UsageError
        If the date is not within the window.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from clustomer.customers import customer_features
    >>> from clustomer.events import read_events
    >>> log = pa.table({
    ...     "event_time": ["2024-01-01 10:00:00", "2024-01-09 10:00:00"],
    ...     "event_type": ["view", "purchase"],
    ...     "price": [10.0, 10.0],
    ...     "user_id": ["1", "1"],
    ... })
    >>> with_events = read_events(log)
    >>> reason = split_holdout(with_events, customer_features(with_events), date="2024-01-05")
    >>> reason.kind, reason.numbers
    ('few eligible', {'eligible': 1, 'date': '2024-01-05 00:00:00', 'least': 200})
    """
    observed = customers.window
    moment = parse_cutoff(date, observed.time_zone) if isinstance(date, str) else date
    if moment is None:
        moment = _default_date(observed)
        if moment == observed.start:
            return Reason("one moment")
    if not observed.start < moment < observed.cutoff:
        raise UsageError(
            f"The holdout date {moment.isoformat(' ')} UTC is not within the window, which goes "
            f"from {observed.start.isoformat(' ')} to {observed.cutoff.isoformat(' ')} UTC. "
            "Choose one "
            "that leaves time before it and after it."
        )
    engine = events.engine
    window = Window(observed.start, moment, observed.time_zone)
    outcomes = engine.query(outcomes_query(observed, moment).order_by("user_id")).combine_chunks()
    selection = outcomes["selection"].to_numpy().astype(bool)
    outcomes = pa.table(
        {
            "user_id": outcomes["user_id"].cast(pa.string()),
            "bought": outcomes["bought"].cast(pa.int8()),
            "revenue": outcomes["revenue"].cast(pa.float64()),
            "visited": outcomes["visited"].cast(pa.int8()),
        }
    )
    reason = _too_little(outcomes, selection, moment, observed.time_zone)
    if reason is not None:
        return reason
    features, unavailable = available_features(known_within(engine, window))
    names = {feature.name for feature in customers.features}
    earlier = features_within(
        engine,
        tuple(feature for feature in features if feature.name in names),
        window,
        unavailable=unavailable,
    )
    assert earlier.table["user_id"].equals(outcomes["user_id"])
    return Holdout(
        date=moment,
        horizon_days=round((observed.cutoff - moment).total_seconds() / 86400, 6),
        window=window,
        customers=earlier,
        outcomes=outcomes,
        selection=selection,
        outcome_names=_telling(outcomes, selection),
    )


def outcomes_query(window: Window, date: datetime) -> exp.Select:
    """Return the query for what each customer did from a date to the window's end.

    Its columns are `user_id`, the outcomes and `selection` (1 for the selection half); its rows
    the customers with an event before the date. It reads the table `events`.

    >>> query = outcomes_query(
    ...     Window(datetime(2024, 1, 1), datetime(2024, 4, 1), "UTC"), datetime(2024, 3, 1)
    ... )
    >>> query.named_selects
    ['user_id', 'bought', 'revenue', 'visited', 'selection']
    """
    bounds = {
        "window_start": literal(window.start),
        "window_cutoff": literal(window.cutoff),
        "holdout_date": literal(date),
    }

    def bound(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Column) and node.name in bounds:
            return bounds[node.name].copy()
        return node

    query = parse(_OUTCOMES).transform(bound, copy=False)
    assert isinstance(query, exp.Select)
    return query


def _default_date(window: Window) -> datetime:
    date = (window.cutoff - timedelta(days=window.days * HELD_OUT)).replace(microsecond=0)
    if window.days < _WHOLE_DAYS_FROM:
        return date
    local = date.replace(tzinfo=UTC).astimezone(ZoneInfo(window.time_zone))
    midnight = local.replace(hour=0, minute=0, second=0)
    return midnight.astimezone(UTC).replace(tzinfo=None)


def _too_little(
    outcomes: pa.Table, selection: NDArray[np.bool_], date: datetime, time_zone: str
) -> Reason | None:
    eligible = len(selection)
    numbers: dict[str, Number] = {"eligible": eligible, "date": _on_the_clock(date, time_zone)}
    if min(int(selection.sum()), int((~selection).sum())) < MIN_CUSTOMERS:
        return Reason("few eligible", {**numbers, "least": MIN_CUSTOMERS})
    returned = pc.or_(pc.equal(outcomes["bought"], 1), pc.equal(outcomes["visited"], 1)).to_numpy()
    fewest = min(int(returned[selection].sum()), int(returned[~selection].sum()))
    if fewest < MIN_RETURNED:
        counted = {"returned": int(returned.sum()), "least": MIN_RETURNED}
        return Reason("few returned", {**numbers, **counted})
    return None


def _on_the_clock(date: datetime, time_zone: str) -> str:
    """Return a moment as the shop's clock shows it, to the second."""
    local = date.replace(tzinfo=UTC).astimezone(ZoneInfo(time_zone))
    return local.strftime("%Y-%m-%d %H:%M:%S")


def _telling(outcomes: pa.Table, selection: NDArray[np.bool_]) -> tuple[str, ...]:
    telling: list[str] = []
    for name in OUTCOMES:
        values = outcomes[name].to_numpy()
        varies = all(len(np.unique(values[half])) > 1 for half in (selection, ~selection))
        if varies and not any(outcomes[name].equals(outcomes[other]) for other in telling):
            telling.append(name)
    return tuple(telling)
