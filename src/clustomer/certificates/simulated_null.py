"""The null: a simulated shop with one population, drawn as events.

Its customers differ in how often they come, smoothly, and in nothing else: whose visit was whose
is lost. Everything that a feature owes to the shop itself (its rhythm, its products and prices,
what a visit holds, how features depend on each other) is kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from sqlglot import exp

from clustomer.certificates.activity import fit_activity
from clustomer.customers import Feature
from clustomer.customers.definition import features_query, measures_query
from clustomer.engines import DuckDB, Engine, literal, query_tables
from clustomer.events import Window
from clustomer.segments.arrays import Floats, Integers

MIN_POOL_CUSTOMERS = 200
LIKES = 50
"""Customers at least whose gaps serve those with as many visits."""

_OWN = ("event_type", "is_product")
_COLUMNS = {
    "product_id": ("product_id",),
    "category_id": ("category",),
    "category_code": ("category",),
    "brand": ("brand",),
    "price": ("price", "purchase", "return"),
    "quantity": ("price", "purchase", "return"),
    "order_id": ("purchase", "return"),
}
"""Columns of events, and the needs of features that look at them."""
_MONEY = pa.decimal128(18, 4)
_TYPES = {name: _MONEY if name in {"price", "quantity"} else pa.string() for name in _COLUMNS}

# an order drawn twice is two orders
_EVENTS = """
    CREATE TABLE events AS
    SELECT MAKE_TIMESTAMP(start_us + after_us) AS event_time, event_type, is_product, product_id,
        category_id, category_code, brand, price, quantity,
        CASE WHEN order_id IS NOT NULL THEN order_id || '/' || visit_number END AS order_id,
        utc_offset_s, LPAD(CAST(number AS VARCHAR), ?, '0') AS user_id,
        CAST(visit_number AS VARCHAR) AS user_session
    FROM simulated_visits JOIN pool ON simulated_visits.content = pool.visit
"""


@dataclass(frozen=True, eq=False)
class Pool:
    """Everyone's visits, from which simulated customers draw.

    A visit holds the events of one session, and the returns until the customer's next visit.

    Attributes
    ----------
    events : pyarrow.Table
        `visit` (number), `after_us` (microseconds since the visit's start) and the columns of
        clean events that features look at.
    customer : ndarray of shape (n_visits,), the number of the customer, from 0, rising.
    start_us : ndarray of shape (n_visits,), microseconds since 1970; rises within a customer.
    utc_offset_s : ndarray of shape (n_visits,)
    """

    events: pa.Table
    customer: Integers
    start_us: Integers
    utc_offset_s: Integers

    @property
    def visits(self) -> Integers:
        """Visits per customer."""
        return np.bincount(self.customer)


def sample_customers(counted: pa.Table, most: int, most_events: int) -> pa.ChunkedArray:
    """Return the customers with the lowest MD5, as many as stay below a number of events.

    Parameters
    ----------
    counted : table with `user_id` and `events`, numbers.
    most : int
        Customers.
    most_events : int
        Of all of them together; 200 customers are taken whatever their events.
    """
    query = (
        exp.select("user_id", "events")
        .from_("counted")
        .order_by(exp.MD5(this=exp.column("user_id")), "user_id")
    )
    sampled = query_tables(query, counted=counted)
    running = np.cumsum(sampled["events"].to_numpy()[:most])
    taken = max(int(np.searchsorted(running, most_events, side="right")), MIN_POOL_CUSTOMERS)
    return sampled["user_id"].slice(0, taken)


def draw_pool(
    engine: Engine, window: Window, features: tuple[Feature, ...], user_ids: pa.ChunkedArray
) -> Pool:
    """Return the visits of some customers within a window.

    Parameters
    ----------
    engine : Engine
        With the table `events`.
    window : Window
    features : tuple of Feature
        Columns that none of them looks at are left out.
    user_ids : text, without duplicates.
    """
    columns = _columns_for(features)
    query = (
        exp.select(
            *(exp.column(name) for name in (*_OWN, *columns)),
            exp.column("event_time"),
            exp.column("user_session"),
            exp.column("utc_offset_s"),
            exp.column("user_id", table="events"),
        )
        .from_("events")
        .join("pooled", using="user_id")
        .where(exp.column("event_time") >= literal(window.start))
        .where(exp.column("event_time") < literal(window.cutoff))
        .order_by("user_id", "event_time", "user_session")
    )
    engine.register("pooled", pa.table({"user_id": user_ids}))
    try:
        rows = engine.query(query)
    finally:
        engine.unregister("pooled")
    return _visits(rows)


def _columns_for(features: tuple[Feature, ...]) -> list[str]:
    needed = {need for feature in features for need in feature.needs}
    return [name for name, needs in _COLUMNS.items() if needed & set(needs)]


def _visits(rows: pa.Table) -> Pool:
    """Number the visits of rows that are sorted by customer, time and session."""
    time_us = pc.cast(pc.cast(rows["event_time"], pa.timestamp("us")), pa.int64()).to_numpy()
    # rows are sorted: codes rise
    customer = _codes(rows["user_id"])
    session_of = _codes(rows["user_session"])
    keys, first, session = np.unique(
        customer * (int(session_of.max(initial=0)) + 1) + session_of,
        return_index=True,
        return_inverse=True,
    )
    by_start = np.argsort(first)
    place = np.empty(len(keys), dtype=np.int64)
    place[by_start] = np.arange(len(keys))
    session, first = place[session], first[by_start]
    is_return = pc.equal(rows["event_type"], "return").to_numpy(zero_copy_only=False)
    visited = np.bincount(session, weights=~is_return, minlength=len(keys)) > 0
    owner = customer[first]
    newcomer = np.concatenate([[True], owner[1:] != owner[:-1]])
    begins = visited | newcomer
    visit = (np.cumsum(begins) - 1)[session]
    first = first[begins]
    after = time_us - time_us[first][visit]
    kept = rows.drop_columns(["event_time", "user_session", "utc_offset_s", "user_id"])
    for name, kind in _TYPES.items():
        if name not in kept.column_names:
            kept = kept.append_column(name, pa.nulls(kept.num_rows, kind))
    return Pool(
        kept.append_column("visit", pa.array(visit)).append_column("after_us", pa.array(after)),
        customer[first],
        time_us[first],
        rows["utc_offset_s"].to_numpy()[first].astype(np.int64),
    )


def _codes(column: pa.ChunkedArray) -> Integers:
    encoded = pc.dictionary_encode(column.combine_chunks())
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    return np.asarray(encoded.indices.to_numpy(zero_copy_only=False), dtype=np.int64)


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


def simulate_visits(pool: Pool, customers: int, rng: np.random.Generator) -> SimulatedVisits:
    """Draw simulated customers: how often they come, when, and what each visit holds.

    - How often: `fit_activity`, at most as often as the most active customer of the pool.
    - When: in the shop's own time, in which visits of everyone pass evenly (so that busy hours,
      weekdays and seasons stay busy). The first visit is drawn, and blurred with Silverman's
      bandwidth (1986, "Density Estimation", section 3.4.2), from the first visits of customers
      with as many visits, or nearly; each further one takes the share of the time that was left
      which some gap of such a customer took.
    - What: any visit of the pool, all alike likely.
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
    content = rng.integers(len(passed), size=len(customer))
    return SimulatedVisits(customer, content, moment)


def _shop_time(start_us: Integers) -> tuple[Floats, Integers]:
    """Return the share of all visits that came before each, and the visits in order of time."""
    order = np.argsort(start_us, kind="stable")
    values, inverse, sizes = np.unique(start_us, return_inverse=True, return_counts=True)
    middle = (np.cumsum(sizes) - sizes / 2) / max(len(start_us), 1)
    assert len(values) == len(middle)
    return middle[inverse], order


def _like(counts: Integers, visits: Integers) -> tuple[Integers, Integers]:
    """Return the bounds, among rising counts, of at least LIKES customers with as many visits.

    >>> low, high = _like(np.repeat([1, 2, 9], [60, 10, 3]), np.array([1, 9]))
    >>> low.tolist(), high.tolist()
    ([0, 23], [60, 73])
    """
    low = np.searchsorted(counts, visits, side="left")
    high = np.searchsorted(counts, visits, side="right")
    lacking = np.maximum(LIKES - (high - low), 0)
    low = np.maximum(low - (lacking + 1) // 2, 0)
    high = np.minimum(high + (lacking + 1) // 2, len(counts))
    low = np.minimum(low, np.maximum(high - LIKES, 0))
    high = np.maximum(high, np.minimum(low + LIKES, len(counts)))
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
            "start_us": pa.array(pool.start_us[simulated.moment]),
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
