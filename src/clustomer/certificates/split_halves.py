"""Do two halves of the same customers' visits tell the same segment?"""

import hashlib

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from sqlglot import exp

from clustomer.certificates.nulls import (
    Pool,
    SimulatedVisits,
    draw_pool,
    simulated_features,
)
from clustomer.customers import Customers
from clustomer.engines import literal
from clustomer.events import CleanEvents
from clustomer.segments import Segmentation
from clustomer.segments.arrays import Flags, Floats, Integers
from clustomer.segments.exclusions import BOTS
from clustomer.segments.matrix.customer_matrix import feature_matrix

MAX_CUSTOMERS = 5_000
MAX_EVENTS = 250_000
MIN_CUSTOMERS = 20
"""In a segment by either half, below which it is left out."""


def split_half_agreement(
    events: CleanEvents, customers: Customers, segmentation: Segmentation
) -> dict[str, tuple[float, float, int]]:
    """Split each customer's visits at random into two halves, and compare their segments.

    Visits fall to a half each on its own, by the MD5 of the customer and the visit's start, so
    that the halves of a customer whose visits come at random share nothing but the customer
    (thinning of a Poisson process; Neufeld et al. 2024, "Data thinning for convolution-closed
    distributions", JMLR 25). Each half becomes a customer by the same SQL. Half the visits make
    half the counts, so every scaled feature of the halves gets the mean and the standard
    deviation that it has for the same customers whole: compared is where a customer stands among
    others. Then both get their segment by the published rule. (A grid of scores takes the halves
    as they are.)

    At most 5,000 customers with at least two visits take part, those with the lowest MD5, or
    fewer where they have more than 250,000 events. Who has all visits in one half is left out.

    Returns
    -------
    dict
        Segment id to the Jaccard similarity of those whom the one half and the other half put
        there, what it would be if the halves of different customers were paired, and the number
        of customers in either. Without segments of fewer than 20 of them, bots and noise.

    Raises
    ------
    KeyError
        If a feature that decides is not made from events.
    """
    rule = segmentation.rule
    by_name = {feature.name: feature for feature in customers.features}
    features = tuple(by_name[name] for name in rule.features)
    user_ids = _frequent(events, customers, segmentation)
    if len(user_ids) == 0:
        return {}
    pool = draw_pool(events.engine, customers.window, features, user_ids)
    visits, kept = _halved(pool, np.sort(user_ids.to_numpy(zero_copy_only=False)))
    if len(kept) == 0:
        return {}
    table = simulated_features(pool, visits, features, customers.window, customers.shop)
    names = list(rule.features)
    halves = rule.prepared(feature_matrix(table, names))
    if not rule.is_defined:
        place = pa.compute.index_in(
            user_ids.take(kept), customers.table["user_id"].combine_chunks()
        )
        full = rule.prepared(feature_matrix(customers.table.take(place), names))
        halves = _on_level(halves, full)
    labels = rule.predict(halves)
    agreements = {}
    for cluster, segment_id in segmentation.segment_ids.items():
        if cluster >= 0:
            agreement = _agreement(labels[0::2] == cluster, labels[1::2] == cluster)
            if agreement[2] >= MIN_CUSTOMERS:
                agreements[segment_id] = agreement
    return agreements


def _frequent(events: CleanEvents, customers: Customers, segmentation: Segmentation) -> pa.Array:
    """Return customers with at least two visits, in an order of chance, as many as fit."""
    window = customers.window
    labels = segmentation.table["cluster"].to_numpy()
    inside = segmentation.table["user_id"].filter(pa.array(labels != BOTS))
    several = (
        exp.select("user_id", exp.alias_(exp.Count(this=exp.Star()), "events"))
        .from_("events")
        .where(exp.column("event_time") >= literal(window.start))
        .where(exp.column("event_time") < literal(window.cutoff))
        .group_by("user_id")
        .having("MIN(user_session) <> MAX(user_session)")
    )
    query = (
        exp.select("several.user_id", "several.events")
        .from_(several.subquery("several"))
        .join("considered", using="user_id")
        .order_by(exp.MD5(this=exp.column("user_id", table="several")), "several.user_id")
    )
    engine = events.engine
    engine.register("considered", pa.table({"user_id": inside}))
    try:
        ranked = engine.query(query)
    finally:
        engine.unregister("considered")
    running = np.cumsum(ranked["events"].to_numpy()[:MAX_CUSTOMERS])
    taken = int(np.searchsorted(running, MAX_EVENTS, side="right"))
    return ranked["user_id"].slice(0, taken).combine_chunks()


def _halved(pool: Pool, user_ids: NDArray[np.object_]) -> tuple[SimulatedVisits, Integers]:
    """Return the visits of both halves of each customer that has both.

    Customer number 2 i is the one half, 2 i + 1 the other half of the i-th that is kept; the
    second result are the places of those kept among the sorted `user_ids`.
    """
    half = np.array(
        [
            hashlib.md5(f"{user_ids[number]}/{start}".encode(), usedforsecurity=False).digest()[0]
            % 2
            for number, start in zip(pool.customer.tolist(), pool.start_us.tolist(), strict=True)
        ],
        dtype=np.int64,
    )
    sizes = np.bincount(2 * pool.customer + half, minlength=2 * len(user_ids)).reshape(-1, 2)
    both = np.minimum(sizes[:, 0], sizes[:, 1]) > 0
    number = np.cumsum(both) - 1
    taken = np.flatnonzero(both[pool.customer])
    owner = 2 * number[pool.customer[taken]] + half[taken]
    order = np.argsort(owner, kind="stable")
    taken, owner = taken[order], owner[order]
    return SimulatedVisits(owner, taken, taken), np.flatnonzero(both)


def _on_level(halves: Floats, full: Floats) -> Floats:
    """Give the columns of halves the means and standard deviations of the whole customers."""
    spread = halves.std(axis=0)
    level = (halves - halves.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    return np.asarray(level * full.std(axis=0) + full.mean(axis=0))


def _agreement(one: Flags, other: Flags) -> tuple[float, float, int]:
    """Return the Jaccard similarity of two sets of customers, that of chance, and their union.

    >>> _agreement(np.array([True, True, False, False]), np.array([True, False, False, False]))
    (0.5, 0.2, 2)
    """
    union = int(np.count_nonzero(one | other))
    if union == 0:
        return 0.0, 0.0, 0
    p, q = float(one.mean()), float(other.mean())
    jaccard = float(np.count_nonzero(one & other)) / union
    return round(jaccard, 6), round(p * q / (p + q - p * q), 6), union
