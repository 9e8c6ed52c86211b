"""Everyone's visits, from which simulated customers draw."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from sqlglot import exp

from clustomer.customers import Feature
from clustomer.engines import Engine, literal, query_tables
from clustomer.events import Window
from clustomer.segments.arrays import Integers
from clustomer.thresholds import BURST

MIN_POOL_CUSTOMERS = 200
_DAY_US = 86_400_000_000
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


@dataclass(frozen=True, eq=False)
class Pool:
    """Everyone's visits, from which simulated customers draw.

    A visit holds the events of one session, and the returns until the customer's next visit; or,
    after `in_bursts`, those of several sessions.

    Attributes
    ----------
    events : pyarrow.Table
        `visit` (number), `after_us` (microseconds since the visit's start), `session` (number)
        and the columns of clean events that features look at.
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


def in_bursts(pool: Pool, window: Window) -> Pool:
    """Return a pool in which visits of a customer that follow each other closely are one.

    Closely is within a fiftieth of the window: a week of a year, half an hour of a day. Drawn
    from such a pool, visits keep what came before and after them.

    Parameters
    ----------
    pool : Pool
    window : Window
        In which the visits are.
    """
    newcomer = np.diff(pool.customer, prepend=-1) != 0
    near = np.diff(pool.start_us, prepend=0) < window.days * _DAY_US / BURST
    begins = newcomer | ~near
    burst = np.cumsum(begins) - 1
    later = pool.start_us - pool.start_us[begins][burst]
    visit = pool.events["visit"].to_numpy()
    events = pool.events.set_column(
        pool.events.schema.get_field_index("visit"), "visit", pa.array(burst[visit])
    )
    after = pa.array(events["after_us"].to_numpy() + later[visit])
    return Pool(
        events.set_column(events.schema.get_field_index("after_us"), "after_us", after),
        pool.customer[begins],
        pool.start_us[begins],
        pool.utc_offset_s[begins],
    )


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
        kept.append_column("visit", pa.array(visit))
        .append_column("session", pa.array(visit))
        .append_column("after_us", pa.array(after)),
        customer[first],
        time_us[first],
        rows["utc_offset_s"].to_numpy()[first].astype(np.int64),
    )


def _codes(column: pa.ChunkedArray) -> Integers:
    encoded = pc.dictionary_encode(column.combine_chunks())
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    return np.asarray(encoded.indices.to_numpy(zero_copy_only=False), dtype=np.int64)
