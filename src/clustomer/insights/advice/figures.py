"""A segment's own figures, which its advice goes by: its gap, its order, who is late, its habits.

Each is a fact `S1.own.<name>`; one that is not known, or known of too few, is not made.
"""

import json
from collections.abc import Iterator, Mapping
from math import inf
from typing import Any

import numpy as np

from clustomer.habits import control_group, held_back, tellable_rise
from clustomer.insights.facts import AND, Fact, decimals_for, made_of
from clustomer.insights.naming.members import CONTACT, HOLD_BACK, TEST_GROUP
from clustomer.insights.population import Population
from clustomer.lifecycle import LATE
from clustomer.segments.arrays import texts_of
from clustomer.thresholds import (
    DELIVERY_REACH,
    FEWEST_KNOWN,
    NEARLY_ALL,
    ONE_MORE_SHARE,
    PERSONAL_CONTACTS,
    PERSONAL_ORDER,
)

_FEATURES = {
    "order": ("average_order_value", "median", "currency"),
    "order_upper": ("average_order_value", "quantile_of_positive(0.75)", "currency"),
    "away": ("purchase_recency_days", "median", "days"),
    "orders": ("orders", "median", "orders"),
    "visits": ("sessions", "median", "visits"),
    "views": ("views", "median", "views"),
    "carts": ("carts", "mean", "carts"),
    "seen": ("recency_days", "median", "days"),
    "price": ("price_level", "mean", "share"),
}
"""Figures of features, by their name: column, aggregate, unit."""
_DUE = ("due_soon", "past_due")
_STAGES = {"slowing": "slowing", "at_risk": "at risk", "lapsed": "lapsed"}
_HABITS = ("category", "brand", "product", "weekday", "hours", "month")
CONTROL = "control_group"


def own_facts(
    key: str, people: Population, tables: Mapping[str, Any], margin: float
) -> Iterator[Fact]:
    """Make the figures of a segment that are known.

    `tables` are those of the study: with `lifecycle` its rhythm and who is due, with `habits`
    what it chooses, when, and how many order again within its horizon. `margin` is the share of
    revenue that is kept after the cost of goods.
    """
    rows, orders = people.rows(key), "orders" in people.columns
    for name, (column, aggregate, unit) in _FEATURES.items():
        if column not in people.columns:
            continue
        defined = people.aggregate(key, column, "count_defined")
        value = people.aggregate(key, column, aggregate)
        empty = unit in ("visits", "views") and value == 1  # "once or more" says nothing
        if name == "carts" and (people.aggregate(key, column, "median") or 0) < 1:
            empty = True  # most of them never fill a cart
        if value and not empty and defined and 2 * defined >= len(rows):
            yield _fact(key, name, value, unit, "customers", column, aggregate)
            if name == "order":
                ids = f"{key}.own.order run.margin"
                yield _derived(key, "order_margin", margin * value, unit, ids, "product")
    never = int(people.aggregate(key, "orders", "count_at_most(0)") or 0) if orders else 0
    if never:
        yield _fact(key, "never", never, "customers", "customers", "orders", "count_at_most(0)")
    if "lifecycle" in tables:
        yield from _rhythm(key, tables["lifecycle"], rows)
    if "segments" in tables:
        yield from _contacted(key, tables["segments"], rows)
    if "habits" in tables:
        yield from _habits(key, tables["habits"], len(rows))


def _contacted(key: str, segments: Any, rows: Any) -> Iterator[Fact]:
    """Make `contacted`, and `late_contacted`: who is not held back, where anyone is."""
    if TEST_GROUP not in segments.column_names:
        return
    groups = texts_of(segments[TEST_GROUP])[rows]
    if not np.any(groups == HOLD_BACK):
        return
    ways: dict[str, tuple[tuple[str, str], ...]] = {"contacted": ((TEST_GROUP, CONTACT),)}
    contacted = groups == CONTACT
    counts = {"contacted": int(contacted.sum())}
    if "late" in segments.column_names:
        late = segments["late"].to_numpy(zero_copy_only=False)[rows]
        if late.any():
            counts["late_contacted"] = int(np.sum(contacted & late))
            ways["late_contacted"] = (("late", "true"), *ways["contacted"])
    for name, count in counts.items():
        places = (("segment_id", key), *ways[name])
        where = AND.join(f"{column}={value}" for column, value in places)
        yield _of(key, name, count, "customers", "segments", where, "user_id", "count")


def _rhythm(key: str, lifecycle: Any, rows: Any) -> Iterator[Fact]:
    """Make `gap` (or `visit_gap`), `due`, `past_due`, `due_soon`, `slowing` and the like.

    The gap is that by which half of their pauses end.
    """
    gaps = lifecycle["expected_gap_days"].to_numpy(zero_copy_only=False).astype(float)[rows]
    orders = texts_of(lifecycle["basis"])[rows] == "orders"
    lasting = ~np.isnan(gaps)
    if lasting.sum() >= FEWEST_KNOWN and 2 * lasting.sum() >= len(rows):
        value, by_orders = float(np.median(gaps[lasting])), float(np.mean(orders[lasting]))
        if by_orders >= NEARLY_ALL or by_orders <= 1 - NEARLY_ALL:
            name = "gap" if by_orders >= NEARLY_ALL else "visit_gap"
            yield _fact(key, name, value, "days", "lifecycle", "expected_gap_days", "median")
    due, past = (
        int(np.sum(lifecycle[name].to_numpy(zero_copy_only=False)[rows]))
        for name in ("due", "past_due")
    )
    if due:
        for name, count in (("due", due), ("past_due", past)):
            yield _fact(key, name, count, "customers", "lifecycle", name, 'count_of("true")')
        ids = f"{key}.own.due {key}.own.past_due"
        yield _derived(key, "due_soon", due - past, "customers", ids, "difference")
    stages = texts_of(lifecycle["stage"])[rows]
    counts = {name: int(np.sum(stages == stage)) for name, stage in _STAGES.items()}
    of_late = [name for name, stage in _STAGES.items() if stage in LATE]
    late = sum(counts[name] for name in of_late)
    for name, stage in _STAGES.items():
        if counts[name] or (name != "lapsed" and late):
            aggregate = f"count_of({json.dumps(stage)})"
            yield _fact(key, name, counts[name], "customers", "lifecycle", "stage", aggregate)
    if late:
        ids = " ".join(f"{key}.own.{name}" for name in of_late)
        yield _derived(key, "late", late, "customers", ids, "sum")


def _habits(key: str, habits: Any, size: int) -> Iterator[Fact]:
    """Make `category`, ..., `horizon`, `response`, `watched`, `control` and `rise`."""
    parts = {row["part"]: row for row in habits.to_pylist() if row["segment_id"] == key}
    for kind in _HABITS:
        part = f"{key}.{kind}.1"
        if part in parts:
            for suffix, column, unit in (
                ("", "value", "text"),
                ("_share", "share", "share"),
                ("_others", "others", "share"),
            ):
                yield _habit(key, f"{kind}{suffix}", parts[part], column, unit)
    response = parts.get(f"{key}.response")
    if response is None:
        return
    for name, column, unit in (
        ("horizon", "days", "days"),
        ("watched", "placed", "customers"),
        ("response", "share", "share"),
    ):
        yield _habit(key, name, response, column, unit)
    needed = control_group(response["share"], ONE_MORE_SHARE)
    if needed is not None:
        ids = f"{key}.own.response threshold.one_more_share"
        yield _derived(key, "control", needed, "customers", ids, CONTROL)
    rise = tellable_rise(response["share"], size // 2)
    if rise is not None:
        ids = f"{key}.own.response {key}.customers"
        yield _derived(key, "rise", rise, "points", ids, "smallest_rise")


def known_figures(
    facts: Mapping[str, Fact],
    key: str,
    customers: int,
    *,
    earned: float = 0.0,
    cost: float = inf,
) -> frozenset[str]:
    """Return the names of a segment's figures that advice may speak of.

    Besides those that are facts (of `own.due_soon` and `own.past_due` those that are not 0):
    `own.testable` where the segment holds two groups as large as a test needs, else
    `own.untestable`. `own.mostly_late` where more than half of it is late or lapsed, else
    `own.current`; `own.mostly_lapsed` where more than half is lapsed; `own.few_late` where at most
    a third is late. `own.mostly_never` where more than half never ordered, else
    `own.mostly_ordered`; `own.in_time` where half of it ordered within its horizon;
    `own.few` where they are too few for a test, whatever share of them orders;
    `own.small_gain` where fewer order anyway than would make a gain of five points likely. Without
    `own.order_upper` where that is no more than the usual order, or out of its reach.
    `own.personal` where somebody in person pays: `earned` is the margin on what one of them
    brings, `cost` that of a contact.
    """
    prefix = f"{key}.own."
    names = {fact[len(key) + 1 :] for fact in facts if fact.startswith(prefix)}
    names -= {f"own.{name}" for name in _DUE if not _count(facts, f"{prefix}{name}")}
    if "own.control" in names:
        needed = facts[f"{prefix}control"].value
        assert isinstance(needed, int)
        names.add("own.testable" if 2 * needed <= customers else "own.untestable")
    if not held_back(None, customers):
        names.add("own.few")
    response = facts.get(f"{prefix}response")
    if response is not None and float(response.value or 0) < 2 * ONE_MORE_SHARE:
        names.add("own.small_gain")
    order_margin = facts.get(f"{prefix}order_margin")
    on_order = float(order_margin.value or 0) if order_margin is not None else 0.0
    if earned >= PERSONAL_CONTACTS * cost and on_order >= PERSONAL_ORDER * cost:
        names.add("own.personal")
    lapsed, late = (_count(facts, f"{prefix}{name}") for name in ("lapsed", "late"))
    never = _count(facts, f"{prefix}never")
    names.add("own.mostly_late" if 2 * (lapsed + late) > customers else "own.current")
    names.add("own.mostly_never" if 2 * never > customers else "own.mostly_ordered")
    if 2 * lapsed > customers:
        names.add("own.mostly_lapsed")
    if late and 3 * late <= customers:
        names.add("own.few_late")
    if {"own.horizon", "own.away"} <= names:
        horizon, away = (facts[f"{prefix}{name}"].value for name in ("horizon", "away"))
        assert isinstance(horizon, int | float)
        assert isinstance(away, int | float)
        if away <= horizon:
            names.add("own.in_time")
    if {"own.order", "own.order_upper"} <= names:
        order, upper = (facts[f"{prefix}{name}"].value for name in ("order", "order_upper"))
        assert isinstance(order, float)
        assert isinstance(upper, float)
        if not order < upper <= DELIVERY_REACH * order:
            names.discard("own.order_upper")
    return frozenset(names)


def _count(facts: Mapping[str, Fact], key: str) -> int:
    value = facts[key].value if key in facts else 0
    assert isinstance(value, int)
    return value


def _fact(
    key: str, name: str, value: float, unit: str, table: str, column: str, aggregate: str
) -> Fact:
    return _of(key, name, value, unit, table, key, column, aggregate)


def _of(
    key: str,
    name: str,
    value: float,
    unit: str,
    table: str,
    rows: str,
    column: str,
    aggregate: str,
) -> Fact:
    source = {"table": table, "key": rows, "column": column, "aggregate": aggregate}
    return Fact(f"{key}.own.{name}", value, unit, decimals_for(value, unit), key, source)


def _derived(key: str, name: str, value: float, unit: str, ids: str, aggregate: str) -> Fact:
    return made_of(f"{key}.own.{name}", value, unit, ids, aggregate, segment_id=key)


def _habit(key: str, name: str, row: Mapping[str, Any], column: str, unit: str) -> Fact:
    source = {
        "table": "habits.parquet",
        "key": f"part={row['part']}",
        "column": column,
        "aggregate": "value",
    }
    value = row[column]
    return Fact(f"{key}.own.{name}", value, unit, decimals_for(value, unit), key, source)
