"""A simulated shop with one population, drawn as events.

Its customers differ in how often they come, smoothly, and in little else: whose visit was whose
is lost. Everything that a feature owes to the shop itself (its rhythm, its products and prices,
what a visit holds, how features depend on each other) is kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from sqlglot import exp

from clustomer.certificates.nulls.activity import fit_activity
from clustomer.certificates.nulls.pool import Pool
from clustomer.customers import Feature
from clustomer.customers.definition import features_query, measures_query
from clustomer.engines import DuckDB
from clustomer.events import Window
from clustomer.segments.arrays import Floats, Integers
from clustomer.thresholds import ALIKE

LIKES = 50
"""Customers at least whose gaps serve those with as many visits."""

# an order drawn twice is two orders
_EVENTS = """
    CREATE TABLE events AS
    SELECT MAKE_TIMESTAMP(start_us + after_us) AS event_time, event_type, is_product, product_id,
        category_id, category_code, brand, price, quantity,
        CASE WHEN order_id IS NOT NULL THEN order_id || '/' || visit_number END AS order_id,
        utc_offset_s, LPAD(CAST(number AS VARCHAR), ?, '0') AS user_id,
        visit_number || '/' || session AS user_session
    FROM simulated_visits JOIN pool ON simulated_visits.content = pool.visit
"""


@dataclass(frozen=True, eq=False)
class SimulatedVisits:
    """Visits of simulated customers, by customer and time.

    Attributes
    ----------
    customer : ndarray of shape (n_visits,), from 0, rising.
    content : ndarray of shape (n_visits,), whose events it has: a visit of the pool.
    moment : ndarray of shape (n_visits,), whose start it has: a visit of the pool.
    """

    customer: Integers
    content: Integers
    moment: Integers


def simulate_visits(
    pool: Pool, customers: int, rng: np.random.Generator, *, of_like: bool = False
) -> SimulatedVisits:
    """Draw simulated customers: how often they come, when, and what each visit holds.

    - How often: `fit_activity`, at most as often as the most active customer of the pool.
    - When: in the shop's own time, in which visits of everyone pass evenly (so that busy hours,
      weekdays and seasons stay busy). The first visit is drawn, and blurred with Silverman's
      bandwidth (1986, "Density Estimation", section 3.4.2), from the first visits of customers
      with as many visits, or nearly; each further one takes the share of the time that was left
      which some gap of such a customer took.
    - What: any visit of the pool, all alike likely; or, `of_like`, any of the two fifths of the
      customers whose number of visits is nearest: so wide that what grows with it by degrees
      is kept, and what jumps is not.
    """
    counts = pool.visits
    visits = fit_activity(counts).draw(customers, int(counts.max()), rng)
    passed, order = _shop_time(pool.start_us)
    first = np.concatenate([[0], np.cumsum(counts)[:-1]])

    # customers by falling likeness: those with as many visits stand together
    ranked = np.argsort(counts, kind="stable")
    low, high = _like(counts[ranked], visits)
    donor = ranked[low + (rng.random(customers) * (high - low)).astype(np.int64)]
    begin = passed[first[donor]] + _bandwidth(passed[first]) * rng.normal(size=customers)
    begin = np.abs(begin)
    begin = np.where(begin > 1, np.maximum(2 - begin, 0), begin)

    gaps = np.diff(passed, append=1.0) / np.maximum(1.0 - passed, 1e-12)
    inner = np.ones(len(passed), dtype=bool)
    inner[first + counts - 1] = False
    gap_from = np.concatenate([[0], np.cumsum(counts[ranked] - 1)])
    by_rank = np.repeat(np.arange(len(counts)), counts[ranked])
    sorted_visits = first[ranked][by_rank] + _within(counts[ranked])
    gaps = np.clip(gaps[sorted_visits][inner[sorted_visits]], 0.0, 1.0)

    customer = np.repeat(np.arange(customers), visits)
    number = _within(visits)
    start, stop = gap_from[low][customer], gap_from[high][customer]
    taken = start + (rng.random(len(customer)) * (stop - start)).astype(np.int64)
    left = np.ones(len(customer))
    further = number > 0
    left[further] = 1.0 - gaps[taken[further]]
    # what is left of the time after each visit: a running product within each customer
    logs = np.cumsum(np.log(np.maximum(left, 1e-12)))
    logs -= logs[np.cumsum(visits) - visits][customer]
    at = 1.0 - (1.0 - begin[customer]) * np.exp(logs)
    moment = order[np.clip((at * len(order)).astype(np.int64), 0, len(order) - 1)]
    if of_like:
        low, high = _like(counts[ranked], visits, round(ALIKE * len(counts)))
        visit_from = np.concatenate([[0], np.cumsum(counts[ranked])])
        start, stop = visit_from[low][customer], visit_from[high][customer]
        dealt = start + (rng.random(len(customer)) * (stop - start)).astype(np.int64)
        content = sorted_visits[dealt]
    else:
        content = rng.integers(len(passed), size=len(customer))
    return SimulatedVisits(customer, content, moment)


def _shop_time(start_us: Integers) -> tuple[Floats, Integers]:
    """Return the share of all visits that came before each, and the visits in order of time."""
    order = np.argsort(start_us, kind="stable")
    values, inverse, sizes = np.unique(start_us, return_inverse=True, return_counts=True)
    middle = (np.cumsum(sizes) - sizes / 2) / max(len(start_us), 1)
    assert len(values) == len(middle)
    return middle[inverse], order


def _like(counts: Integers, visits: Integers, least: int = LIKES) -> tuple[Integers, Integers]:
    """Return the bounds, among rising counts, of at least so many customers with as many visits.

    >>> low, high = _like(np.repeat([1, 2, 9], [60, 10, 3]), np.array([1, 9]))
    >>> low.tolist(), high.tolist()
    ([0, 23], [60, 73])
    """
    low = np.searchsorted(counts, visits, side="left")
    high = np.searchsorted(counts, visits, side="right")
    lacking = np.maximum(least - (high - low), 0)
    low = np.maximum(low - (lacking + 1) // 2, 0)
    high = np.minimum(high + (lacking + 1) // 2, len(counts))
    low = np.minimum(low, np.maximum(high - least, 0))
    high = np.maximum(high, np.minimum(low + least, len(counts)))
    return low, high


def _within(sizes: Integers) -> Integers:
    """Return 0, 1, ... anew for each of some sizes.

    >>> _within(np.array([2, 3])).tolist()
    [0, 1, 0, 1, 2]
    """
    return np.arange(int(sizes.sum())) - np.repeat(np.cumsum(sizes) - sizes, sizes)


def _bandwidth(values: Floats) -> float:
    low, high = np.quantile(values, [0.25, 0.75])
    spread = min(float(values.std()), float(high - low) / 1.349) or float(values.std())
    return float(0.9 * spread / len(values) ** 0.2)


def simulated_features(
    pool: Pool,
    simulated: SimulatedVisits,
    features: tuple[Feature, ...],
    window: Window,
    shop: Mapping[str, float],
) -> pa.Table:
    """Return the features of simulated customers by the same SQL as those of real ones.

    Rates are shrunk to the real shop's, with its strength, so that a feature is the same
    function of events for both.

    Returns
    -------
    pyarrow.Table
        A column per feature, a row per simulated customer, in their order.
    """
    width = len(str(int(simulated.customer[-1])))
    visits = pa.table(
        {
            "number": pa.array(simulated.customer),
            "visit_number": pa.array(np.arange(len(simulated.customer))),
            "content": pa.array(simulated.content),
            "start_us": pa.array(_begun(pool, simulated)),
            "utc_offset_s": pa.array(pool.utc_offset_s[simulated.moment]),
        }
    )
    events_each = np.bincount(pool.events["visit"].to_numpy())
    with DuckDB() as engine:
        engine.expect(int(events_each[simulated.content].sum()))
        engine.register("simulated_visits", visits)
        engine.register("pool", pool.events)
        engine.execute(_EVENTS, [width])
        engine.create_table("measures", measures_query(features, window))
        engine.create_table("customers", features_query(features, shop))
        return engine.query(
            exp.select(*(exp.column(feature.name) for feature in features))
            .from_("customers")
            .order_by("user_id")
        )


def _begun(pool: Pool, simulated: SimulatedVisits) -> Integers:
    """Return when simulated visits begin: at their moment, or so early that they end in time."""
    length = np.zeros(len(pool.start_us), dtype=np.int64)
    np.maximum.at(length, pool.events["visit"].to_numpy(), pool.events["after_us"].to_numpy())
    last = int(pool.start_us.max()) if len(pool.start_us) else 0
    ends = (pool.start_us + length).max(initial=last)
    latest = ends - length[simulated.content]
    return np.asarray(np.minimum(pool.start_us[simulated.moment], latest), dtype=np.int64)
