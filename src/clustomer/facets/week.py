"""At which hours of the week the members of each segment come: what a picture is drawn from."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clustomer.engines import Engine, parse
from clustomer.events import Window
from clustomer.facets.customers import EVENTS
from clustomer.facets.declaration import scoped_events
from clustomer.facets.times import VISIT_TIMES

SLOTS = 7 * 24
VIEWS = ("week", "hours", "days")
"""The ways to see a facet that are hours or days of the week."""
_BY_HOUR = """
    SELECT user_id, (local_s // 86400 + 3) % 7 * 24 + local_s // 3600 % 24 AS slot,
        COUNT(*) AS visits
    FROM visit_times
    GROUP BY user_id, (local_s // 86400 + 3) % 7 * 24 + local_s // 3600 % 24
    ORDER BY user_id, slot
"""


def week_of(
    engine: Engine, window: Window, placed: pa.Table, k: int
) -> tuple[tuple[float, ...], ...]:
    """Return the shares of visits that begin in each hour of the week, Monday first.

    The mean over the customers of each cluster, and then of all, whose events are at hand in
    `EVENTS`. `placed` has `user_id` and `cluster`.
    """
    query = parse(_BY_HOUR)
    for name, step in (("scoped", scoped_events(window, EVENTS)), ("visit_times", VISIT_TIMES)):
        query = query.with_(name, as_=step.copy())  # type: ignore[attr-defined]
    return shares_by_hour(engine.query(query), placed, k)


def shares_by_hour(rows: pa.Table, placed: pa.Table, k: int) -> tuple[tuple[float, ...], ...]:
    """Return the mean shares of clusters and of all customers, hour by hour.

    >>> rows = pa.table({"user_id": ["a", "a", "b"], "slot": [0, 20, 20], "visits": [1, 3, 5]})
    >>> placed = pa.table({"user_id": ["a", "b"], "cluster": [0, 1]})
    >>> weeks = shares_by_hour(rows, placed, 2)
    >>> [(week[0], week[20]) for week in weeks]
    [(0.25, 0.75), (0.0, 1.0), (0.125, 0.875)]
    """
    at = pc.index_in(rows["user_id"], placed["user_id"].combine_chunks())
    inside = pc.is_valid(at)
    owner = at.filter(inside).to_numpy()
    slot = rows["slot"].filter(inside).to_numpy().astype(np.int64)
    visits = rows["visits"].filter(inside).to_numpy().astype(np.float64)
    share = visits / np.bincount(owner, visits)[owner]
    cluster = placed["cluster"].to_numpy()
    weeks = []
    for members in (*(cluster[owner] == number for number in range(k)), np.ones(len(owner), bool)):
        customers = max(len(np.unique(owner[members])), 1)
        sums = np.bincount(slot[members], share[members], minlength=SLOTS)
        weeks.append(tuple((sums / customers).round(6).tolist()))
    return tuple(weeks)
