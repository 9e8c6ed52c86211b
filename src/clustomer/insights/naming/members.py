"""What `segments.parquet` and `segments.csv` say of each customer besides the segment."""

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clustomer.habits import held_back
from clustomer.insights.naming.groups import DEFINED_GROUP, plain_groups
from clustomer.insights.population import UNGROUPED, Population
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
    responses: Mapping[str, float] | None = None,
    testable: bool = True,
    random_state: int = 0,
) -> dict[str, Any]:
    """Return the columns beside a customer's segment, by name: those that the data have.

    `defined_group`, `revenue`, `orders`, `last_order_on` (on the shop's clock), `stage`,
    `expected_on`, `due` and `late` by the lifecycle, `test_group` where segments are `testable`,
    `past_due`, and what the attributes bring. `responses` are the shares who order anyway, by
    segment.
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
    if testable:
        columns[TEST_GROUP] = test_groups(user_ids, people, responses or {}, random_state)
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


def test_groups(
    user_ids: pa.ChunkedArray,
    people: Population,
    responses: Mapping[str, float],
    random_state: int,
) -> pa.Array:
    """Return who is contacted and who is held back in a test of a segment.

    `responses` are the shares who order anyway, by segment, where that is known. As many are held
    back as `held_back` says: those whose `MD5('test_group/' || seed || '/' || user_id)` is the
    highest, so that hardly any customer changes sides when others come, when rows are in another
    order, or in the next run. None in a segment that is too small to test, for suspected bots and
    for those in no segment.
    """
    digests = np.array([_digest(user_id, random_state) for user_id in user_ids.to_pylist()])
    groups = np.full(len(digests), None, dtype=object)
    for key in people.segments:
        rows = people.rows(key)
        held = 0 if key in UNGROUPED else held_back(responses.get(key), len(rows))
        if held:
            groups[rows] = CONTACT
            groups[rows[np.argsort(digests[rows])[-held:]]] = HOLD_BACK
    return pa.array(groups, pa.string())


def _digest(user_id: str, random_state: int) -> str:
    """Return by what customers are dealt to groups.

    >>> [_digest(user_id, 0)[:4] for user_id in ("u1", "u2", "u3")]
    ['0861', 'd961', '6ca4']
    """
    text = f"test_group/{random_state}/{user_id}"
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _last_orders(days: Any, window: Any) -> pa.Array:
    """Return the day of each last order on the shop's clock, from how long ago it was."""
    zone = ZoneInfo(window.time_zone)
    cutoff = window.cutoff.replace(tzinfo=ZoneInfo("UTC"))

    def day(ago: float) -> Any:
        moment: datetime = cutoff - timedelta(seconds=round(ago * 86400))
        return moment.astimezone(zone).date()

    return pa.array([None if np.isnan(ago) else day(ago) for ago in days], pa.date32())
