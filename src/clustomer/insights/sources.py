"""Where a fact comes from, and how to compute it again.

A source has four texts:

| table | key | column | aggregate |
|---|---|---|---|
| `customers` | a segment id, `bots`, `everyone`, `all` | a feature, `user_id` | see `population` |
| any other table, such as `cleaning` | `column=value`: the rows that have it; empty: all rows | \
a column | `value` (of the one row) or `sum` |
| `attributes` | a segment id or `everyone` | an attribute | `share_of("value")`, among those for \
whom it is known; `share_known`; `distinct`, over all customers |
| `run`, `segmentation`, `attributes_file` | empty, or an entry of the mapping | a setting | \
`value` |
| `certificates` | the way through `certificates.json`, with a `/` between: \
`segments/S1/stable`, `prediction/contenders/0/auc` | a name in there | `value` |
| `facts` | ids of other facts, with a blank between | `value` | `ratio` (a / b), `fewer` \
(1 - a / b), `per_1000` (1000 * a), `in_100` (100 * a), `floor` (the whole number below), \
`break_even`, `extra_orders_per_1000` |

`break_even` is cost * customers / (margin * revenue), the rise of revenue at which an action
that costs `cost` for each customer pays for itself; `extra_orders_per_1000` is
1000 * cost / (margin * revenue per order). Both are undefined where they would divide by 0 or less.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, cast

import pyarrow as pa
import pyarrow.compute as pc

from clustomer.errors import InputError, did_you_mean
from clustomer.insights.population import BOTS, EVERYONE, Population

Value = float | int | str | None
Tables = Mapping[str, Any]


def recompute(tables: Tables, facts: Mapping[str, Any]) -> Callable[[Mapping[str, str]], Value]:
    """Return a function from a source to its value, computed from the tables.

    `facts` are those that derived figures refer to; each of them is recomputed too, so that
    a derived fact never leans on a number that only a file states.
    """
    people: list[Population] = []
    shares: list[Callable[[str, str, str], Value]] = []

    def compute(source: Mapping[str, str]) -> Value:
        table, key, column = source["table"], source["key"], source["column"]
        aggregate = source["aggregate"]
        if table == "customers":
            if not people:
                people.append(Population(_get(tables, "customers"), _get(tables, "segments")))
            return people[0].aggregate(key, column, aggregate)
        if table == "attributes":
            if not shares:
                shares.append(attribute_share(_get(tables, table), _get(tables, "segments")))
            return shares[0](key, column, aggregate)
        if table == "facts":
            parts = [compute(_get(facts, name).source) for name in key.split()]
            return derive(aggregate, parts)
        content = _get(tables, table)
        if table == "certificates":
            return cast(Value, _get(_inside(content, key), column))
        if isinstance(content, Mapping):
            inside = _get(content, key) if key else content
            return cast(Value, _get(inside, column))
        return _from_table(content, source)

    return compute


def derive(aggregate: str, parts: list[Any]) -> float | None:
    """Return a figure made of other facts; None where one is unknown or a divisor is not above 0.

    >>> derive("ratio", [3.0, 2.0]), derive("fewer", [1.0, 4.0]), derive("ratio", [1.0, 0.0])
    (1.5, 0.75, None)
    >>> derive("break_even", [0.5, 100, 0.25, 1000.0])
    0.2
    >>> derive("extra_orders_per_1000", [0.5, 0.25, 40.0])
    50.0
    """
    if any(part is None for part in parts):
        return None
    match aggregate, parts:
        case "ratio", [a, b]:
            return a / b if b > 0 else None
        case "fewer", [a, b]:
            return 1 - a / b if b > 0 else None
        case "per_1000", [a]:
            return 1000 * a  # type: ignore[no-any-return]
        case "in_100", [a]:
            return 100 * a  # type: ignore[no-any-return]
        case "floor", [a]:
            return float(a // 1)
        case "break_even", [cost, customers, margin, revenue]:
            return cost * customers / (margin * revenue) if margin * revenue > 0 else None
        case "extra_orders_per_1000", [cost, margin, value]:
            return 1000 * cost / (margin * value) if margin * value > 0 else None
    raise InputError(
        f"There is no figure `{aggregate}` of {len(parts)} facts; one of ratio, fewer, "
        "per_1000, in_100, floor, break_even and extra_orders_per_1000 was expected. Read the "
        "facts with the version that wrote them."
    )


def attribute_share(attributes: Any, segments: Any) -> Callable[[str, str, str], Value]:
    """Return a function from a key, an attribute and an aggregate to its value."""
    table, labelled = pa.table(attributes), pa.table(segments)
    places = pc.index_in(table["user_id"], labelled["user_id"])
    ids = pc.take(labelled["segment_id"], places)

    def compute(key: str, name: str, aggregate: str) -> Value:
        column = _column(table, name)
        if aggregate == "distinct":
            return int(pc.count_distinct(column).as_py())
        inside = pc.not_equal(ids, BOTS) if key == EVERYONE else pc.equal(ids, key)
        values = column.filter(inside)
        known = len(values) - values.null_count
        if aggregate == "share_known":
            return known / len(values) if len(values) else None
        wanted = json.loads(aggregate.removeprefix("share_of(").removesuffix(")"))
        return pc.sum(pc.equal(values, wanted)).as_py() / known if known else None

    return compute


def _get(content: Mapping[str, Any], name: str) -> Any:
    if name not in content:
        raise InputError(f"There is no `{name}` to recompute from. {did_you_mean(name, content)}")
    return content[name]


def _inside(content: Any, way: str) -> Any:
    """Follow names, and numbers of places in lists, into a document."""
    for step in way.split("/") if way else ():
        if isinstance(content, list):
            content = dict(enumerate(content)).get(int(step), {})
        else:
            content = _get(content, step)
    return content


def _from_table(content: Any, source: Mapping[str, str]) -> Value:
    table = content if isinstance(content, pa.Table) else pa.table(content)
    rows = table
    if source["key"]:
        name, _, wanted = source["key"].partition("=")
        column = pc.cast(_column(table, name), pa.string())
        rows = table.filter(pc.equal(column, pa.scalar(wanted, pa.string())))
    values = _column(rows, source["column"]).to_pylist()
    if source["aggregate"] == "sum":
        return cast(Value, sum(value for value in values if value is not None))
    if source["aggregate"] == "value" and len(values) == 1:
        return cast(Value, values[0])
    raise InputError(
        f"`{source['aggregate']}` over {len(values)} rows of `{source['table']}` where "
        f"{source['key'] or 'anything holds'} is no single value. Read the facts with the tables "
        "of the same run."
    )


def _column(table: pa.Table, name: str) -> Any:
    if name not in table.column_names:
        raise InputError(f"There is no column `{name}`. {did_you_mean(name, table.column_names)}")
    return table[name]
