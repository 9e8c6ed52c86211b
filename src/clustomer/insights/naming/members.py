"""What `segments.parquet` and `segments.csv` say of each customer besides the segment."""

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clustomer.insights.naming.groups import DEFINED_GROUP, plain_groups
from clustomer.insights.population import BOTS, Population
from clustomer.lifecycle import LATE

LAST_ORDER = "last_order_on"
TEST_GROUP, CONTACT, HOLD_BACK = "test_group", "contact", "hold back"
_FIRST = ("user_id", "segment_id", "segment", "cluster", "distance", "border_distance")


def member_columns(
    people: Population,
    user_ids: pa.ChunkedArray,
    *,
    window: Any = None,
    lifecycle: pa.Table | None = None,
    attributes: Any = None,
    random_state: int = 0,
) -> dict[str, Any]:
    """Return the columns beside a customer's segment, by name: those that the data have.

    `defined_group`, `revenue`, `orders`, `last_order_on` (on the shop's clock), `stage`,
    `expected_on`, `due` and `late` by the lifecycle, `test_group`, `past_due`, and what
    the attributes bring.
    """
    columns: dict[str, Any] = {}
    group = plain_groups(people)
    if group is not None:
        columns[DEFINED_GROUP] = group
    for name, kind in (("revenue", pa.float64()), ("orders", pa.int64())):
        if name in people.columns:
            values = people.columns[name]
            columns[name] = pa.array(values, kind, mask=np.isnan(values), safe=False)
    if "purchase_recency_days" in people.columns and window is not None:
        columns[LAST_ORDER] = _last_orders(people.columns["purchase_recency_days"], window)
    if lifecycle is not None:
        stages = lifecycle["stage"]
        columns |= {
            "stage": stages,
            "expected_on": lifecycle["expected_on"],
            "due": lifecycle["due"],
            "late": pc.is_in(stages, pa.array(LATE, stages.type)),
        }
    columns[TEST_GROUP] = random_halves(user_ids, people, random_state)
    if lifecycle is not None:
        columns["past_due"] = lifecycle["past_due"]
    if attributes is not None:
        places = pc.index_in(user_ids, attributes.table["user_id"])
        for name in attributes.names:
            taken = {*_FIRST, *columns}
            column = f"attribute_{name}" if name in taken else name
            columns[column] = attributes.table[name].take(places.combine_chunks())
    return columns


def with_columns(table: pa.Table, columns: Mapping[str, Any]) -> pa.Table:
    """Return a table with further columns; one that it has already stays as it is."""
    for name, column in columns.items():
        if name not in table.column_names:
            table = table.append_column(name, column)
    return table


def random_halves(user_ids: pa.ChunkedArray, people: Population, random_state: int) -> pa.Array:
    """Return who is contacted and who is held back in a test: a random half of each segment.

    A customer's group hangs on their id and the seed alone, so that it stays when others come, when
    rows are in another order, and in the next run: those whose
    `MD5('test_group/' || seed || '/' || user_id)` begins below 8 are contacted. None for suspected
    bots.
    """
    groups = np.array([_test_group(user_id, random_state) for user_id in user_ids.to_pylist()])
    bots = np.zeros(len(groups), dtype=bool)
    bots[people.rows(BOTS)] = True
    return pa.array(groups, pa.string(), mask=bots)


def _test_group(user_id: str, random_state: int) -> str:
    """Return the group of one customer.

    >>> [_test_group(user_id, 0) for user_id in ("u1", "u2", "u3")]
    ['contact', 'hold back', 'contact']
    """
    text = f"test_group/{random_state}/{user_id}"
    digest = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
    return CONTACT if digest < "8" else HOLD_BACK


def _last_orders(days: Any, window: Any) -> pa.Array:
    """Return the day of each last order on the shop's clock, from how long ago it was."""
    zone = ZoneInfo(window.time_zone)
    cutoff = window.cutoff.replace(tzinfo=ZoneInfo("UTC"))

    def day(ago: float) -> Any:
        moment: datetime = cutoff - timedelta(seconds=round(ago * 86400))
        return moment.astimezone(zone).date()

    return pa.array([None if np.isnan(ago) else day(ago) for ago in days], pa.date32())
