"""A history as a version of the results holds it, and read again."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pyarrow as pa

from clustomer.customers.reason import Reason
from clustomer.history.change import Change, Part
from clustomer.history.cohorts import Cohorts, OverTime
from clustomer.history.seasons import Seasons
from clustomer.history.story import History, RevenueChange

WHOLE = ("before", "after", "total")
"""The rows of `change_table` that are of no part."""


def change_table(change: Change) -> pa.Table:
    """Return a change as a table: `part`, `group`, `factor`, `amount`, `error`, `surely`.

    Its first rows are `before`, `after` and `total`.
    """
    rows: list[dict[str, Any]] = [
        {"part": "before", "amount": float(change.before)},
        {"part": "after", "amount": float(change.after)},
        {
            "part": "total",
            "amount": float(change.amount),
            "error": change.error,
            "surely": change.surely,
        },
    ]
    rows += [
        {
            "part": part.key,
            "group": part.group,
            "factor": part.factor,
            "amount": float(part.amount),
            "error": part.error,
            "surely": part.surely,
        }
        for part in change.parts
    ]
    return pa.Table.from_pylist(rows, schema=_SCHEMA)


def read_change(table: pa.Table) -> Change:
    """Read what `change_table` returned.

    >>> change = Change(Decimal("1.10"), Decimal("3.00"), 0.5, True,
    ...     (Part("S1", "orders", Decimal("1.90"), 0.4, True),))
    >>> read_change(change_table(change)) == change
    True
    """
    rows = {row["part"]: row for row in table.to_pylist()}
    parts = tuple(
        Part(row["group"], row["factor"], _money(row["amount"]), row["error"], row["surely"])
        for name, row in rows.items()
        if name not in WHOLE
    )
    before, after, total = (rows[name] for name in WHOLE)
    return Change(
        _money(before["amount"]), _money(after["amount"]), total["error"], total["surely"], parts
    )


def history_tables(history: History) -> dict[str, pa.Table]:
    """Return the tables of a version that hold a history, by their names."""
    tables = {
        "over_time": history.over_time.table,
        "cohorts": history.cohorts.table,
        "retention": history.cohorts.retention,
    }
    if isinstance(history.revenue_change, RevenueChange):
        tables["revenue_change"] = change_table(history.revenue_change.change)
    if history.seasons is not None:
        tables["seasons"] = history.seasons.table
    return tables


def read_history(stored: Mapping[str, Any], tables: Mapping[str, pa.Table]) -> History:
    """Return a history from what the manifest and the tables of a version hold of it."""
    compared = stored["revenue_change"]
    return History(
        OverTime(stored["unit"], tables["over_time"]),
        Cohorts(stored["cohorts_by"], stored["unit"], tables["cohorts"], tables["retention"]),
        Reason(**compared["reason"])
        if "reason" in compared
        else RevenueChange(
            compared["before"],
            compared["after"],
            compared["days"],
            read_change(tables["revenue_change"]),
        ),
        Seasons(tables["seasons"], **stored["seasons"]) if "seasons" in stored else None,
    )


def _money(amount: float) -> Decimal:
    return Decimal(repr(amount)).quantize(Decimal("0.01"))


_SCHEMA = pa.schema(
    [
        ("part", pa.string()),
        ("group", pa.string()),
        ("factor", pa.string()),
        ("amount", pa.float64()),
        ("error", pa.float64()),
        ("surely", pa.bool_()),
    ]
)
