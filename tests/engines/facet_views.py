"""What each view of a facet sees of some events, by the stored definition."""

from dataclasses import replace
from datetime import timedelta

import pyarrow as pa

from clustomer.engines import Engine
from clustomer.events import Window
from clustomer.facets.customers import definition_query
from clustomer.facets.finding import VIEWS

LEAST_VISITS, STRENGTH = 2, 1.5


def facets_seen(engine: Engine, window: Window) -> dict[str, tuple[tuple[str, ...], pa.Table]]:
    """Return the bins of each view and the shares of each customer, of `events` of two years.

    The log may be shorter: what is before it is empty, and seasons are seen in two years only.
    """
    long = replace(window, start=window.cutoff - timedelta(days=730))
    seen = {}
    for view in VIEWS:
        binned = view.bin(engine, long)
        assert binned is not None
        even = [1 / len(binned.bins)] * len(binned.bins)
        query = definition_query(binned, long, LEAST_VISITS, even, STRENGTH)
        seen[view.name] = (binned.bins, engine.query(query.order_by("user_id")))
    return seen
