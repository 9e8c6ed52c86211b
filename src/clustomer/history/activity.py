"""What each customer did in each period, as tables of the engine while a block runs."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from sqlglot import exp

from clustomer.engines import Engine
from clustomer.errors import InputError
from clustomer.events import CleanEvents, Window, has_costs
from clustomer.history.calendar import Calendar
from clustomer.history.definition import (
    ACTIVITY,
    CALENDAR,
    LABELS,
    ORDERS,
    activity_query,
    orders_query,
)

ALL = "all"
"""In the place of a segment id: all customers together."""


@contextmanager
def activity_by(calendar: Calendar, events: CleanEvents, window: Window) -> Iterator[Engine]:
    """Keep `ORDERS` and `ACTIVITY` by the periods of a calendar, while the block runs."""
    engine = events.engine
    engine.register(CALENDAR, calendar.table)
    try:
        engine.create_table(ORDERS, orders_query(window))
        engine.create_table(ACTIVITY, activity_query(window, costs=has_costs(engine)))
        yield engine
    finally:
        engine.drop(ORDERS)
        engine.drop(ACTIVITY)
        engine.unregister(CALENDAR)


@contextmanager
def labels_of(engine: Engine, segments: Any) -> Iterator[None]:
    """Keep the segment of everyone in `ACTIVITY` as `LABELS`, while the block runs.

    Without segments all are alike. Raises InputError where some are in no segment.
    """
    engine.register(LABELS, _labels(engine, segments))
    try:
        yield
    finally:
        engine.unregister(LABELS)


def _labels(engine: Engine, segments: Any) -> pa.Table:
    people = engine.query(exp.select("user_id").distinct().from_(ACTIVITY))["user_id"]
    people = people.cast(pa.string()).combine_chunks()
    if segments is None:
        alike = pa.array([ALL] * len(people), pa.string())
        return pa.table({"user_id": people, "segment_id": alike})
    table = pa.table(segments).select(["user_id", "segment_id"])
    without = pc.sum(pc.invert(pc.is_in(people, table["user_id"].cast(pa.string())))).as_py()
    if without:
        raise InputError(
            f"{without:,} customers with events are in no segment; each was expected to be in one. "
            "Give the segments of these very customers."
        )
    return table
