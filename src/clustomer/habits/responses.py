"""How soon the customers of a segment order again: seen in those who were in it before."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clustomer.customers.reason import Reason
from clustomer.events import CleanEvents, Window
from clustomer.habits.definition import ordered_query
from clustomer.history import labels_at
from clustomer.lifecycle import Lifecycle
from clustomer.segments import Segmentation
from clustomer.segments.arrays import texts_of
from clustomer.thresholds import FEWEST_KNOWN, NEXT_ORDER_DAYS, NEXT_VISIT_DAYS, RESPONSE_PART

STEPS = (1, 2, 3, 5, 7, 14, 21, 30, 45, 60, 90, 120, 180, 270, 365)
"""The horizons that responses have, in days: whole ones that people speak of."""


@dataclass(frozen=True)
class Response:
    """How many of those who were in a segment `days` before the end ordered (or came) since."""

    segment_id: str
    days: int
    customers: int
    responded: int


def horizon_of(usual_gap: float, window_days: float) -> int | None:
    """Return the days in which customers with this usual gap can be seen to order again.

    The one of `STEPS` that is nearest to the gap in proportion, of those no longer than a quarter
    of the window (`RESPONSE_PART`), so that three quarters are left to know who was in the segment
    then; None where the window is too short for any.

    >>> horizon_of(78.0, 373.5), horizon_of(46.0, 373.5), horizon_of(4.2, 3.0)
    (90, 45, None)
    """
    within = [step for step in STEPS if step <= RESPONSE_PART * window_days]
    gap = max(usual_gap, STEPS[0])
    return min(within, key=lambda step: (max(step / gap, gap / step), step), default=None)


def responses(
    events: CleanEvents,
    segmentation: Segmentation,
    lifecycle: Lifecycle | Reason | None,
    labels: Any,
    *,
    bought: bool,
) -> list[Response]:
    """Return for each segment how many of its customers responded within its own horizon.

    The segments are those that the stored rule says of the time before the horizon, so that
    nothing after it had a say in who is counted.
    """
    window = events.window
    horizons = {
        key: horizon_of(gap, window.days)
        for key, gap in _usual_gaps(lifecycle, labels, bought=bought).items()
    }
    rows: list[Response] = []
    for days in sorted({step for step in horizons.values() if step is not None}):
        moment = window.cutoff - timedelta(days=days)
        then = labels_at(events, segmentation, Window(window.start, moment, window.time_zone))
        query = ordered_query(Window(moment, window.cutoff, window.time_zone), bought=bought)
        ordered = events.engine.query(query)["user_id"].cast(pa.string())
        responded = np.asarray(pc.is_in(then["user_id"], value_set=ordered))
        segments = texts_of(then["segment_id"])
        for key in sorted(key for key, step in horizons.items() if step == days):
            members = segments == key
            size = int(members.sum())
            if size >= FEWEST_KNOWN:
                rows.append(Response(key, days, size, int((members & responded).sum())))
    return rows


def _usual_gaps(lifecycle: Any, labels: Any, *, bought: bool) -> dict[str, float]:
    """Return how long customers of each segment usually wait until they come back.

    The median of their own gaps; where most have none yet, what is usual after a first order.
    """
    segments = texts_of(labels["segment_id"])
    keys = sorted(set(segments.tolist()))
    fallback = float(NEXT_ORDER_DAYS if bought else NEXT_VISIT_DAYS)
    if not isinstance(lifecycle, Lifecycle):
        return dict.fromkeys(keys, fallback)
    gaps = lifecycle.table["usual_gap_days"].to_numpy(zero_copy_only=False).astype(float)
    by_orders = texts_of(lifecycle.table["basis"]) == "orders"
    first = lifecycle.rhythms["orders"].first.middle
    usual: dict[str, float] = {}
    for key in keys:
        inside = (segments == key) & (by_orders if bought else np.ones(len(gaps), dtype=bool))
        lasting = gaps[inside & ~np.isnan(gaps)]
        if 2 * len(lasting) >= max(int(inside.sum()), 1) and len(lasting) >= FEWEST_KNOWN:
            usual[key] = float(np.median(lasting))
        elif 2 * inside.sum() >= np.sum(segments == key) and first is not None:
            usual[key] = float(first)
        else:
            usual[key] = fallback if inside.any() else float(NEXT_VISIT_DAYS)
    return usual
