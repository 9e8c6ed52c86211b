"""Where a fact comes from: SQL over the files of a version.

A source has four texts, and is written as one query, which DuckDB runs in the folder of a
version. A feature's name stands where `x` stands below.

| table | key | column | aggregate |
|---|---|---|---|
| `customers` | a segment id, `not S1` (all customers who are in no segment S1, without suspected \
bots), `bots`, `everyone` (all but suspected bots) or `all` | a feature, \
`user_id` | [see below](#aggregates) |
| `lifetime` | a segment id or `everyone` | a column of the forecast | \
[see below](#aggregates) |
| `attributes` | a segment id or `everyone` | an attribute | [see below](#aggregates) |
| `lifecycle` | a segment id, `everyone` or `all` | `stage`, `due`, `past_due`, `basis` | [see \
below](#aggregates) |
| any other CSV, such as `cleaning` | `column=value`: the rows that have it; empty: all rows | \
a column | `value` (of the one row), `sum` or `count` |
| `segments` | `taste_segment_id=taste:1` or the like; several conditions with ` && ` \
between: `segment_id=S1 && test_group=contact` | a column | `count`, `sum` |
| `run`, `segmentation`, `certificates`, `forecast`, `recommendation` | the way through the JSON \
file, with a `/` between: `window`, `prediction/baselines/0/auc` | a name in there, or a number in \
a list | `value`, `length`, or, of the window, `local_time`, `local_date`, `local_last_day` and \
`days` |
| `facts` | ids of other facts, with a blank between | `value` | [see below](#derived-figures) |

What was simulated (nulls, permutations, resamples) has its place in `certificates.json`, and is
simulated anew by `clustomer verify --deep`. No fact is read from `events/`, so that none is lost
with `--no-events`.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from string import Template
from typing import Any

import sqlglot
from sqlglot import exp

from clustomer.engines.dialect import literal
from clustomer.errors import InputError, did_you_mean
from clustomer.insights.facts.fact import Fact
from clustomer.insights.population import ALL, BOTS, EVERYONE, OTHERS, STAGE

Source = Mapping[str, str]

FILES: Mapping[str, str] = {
    "customers": "customers.parquet",
    "segments": "segments.parquet",
    "attributes": "attributes.parquet",
    "lifecycle": "lifecycle.parquet",
    "lifetime": "lifetime.parquet",
    "cleaning": "cleaning.csv",
    "comparison": "reports/algorithms.csv",
    "cluster_evaluation_metrics": "reports/cluster_evaluation_metrics.csv",
    "run": "run.json",
    "segmentation": "segmentation.json",
    "certificates": "certificates.json",
    "forecast": "forecast.json",
    "recommendation": "recommendation.json",
}
"""The file of each table that a source may name; a chapter's table is named by its file."""

AND = " && "
"""Between the conditions of a key."""
_STAGES = "l"
PEOPLE = frozenset({"customers", "attributes", "lifecycle", "lifetime"})
"""The tables with a row for each customer, told apart by segments."""

_CHAPTERS_TABLE = re.compile(r"[a-z][a-z0-9_]*\.parquet")


def file_of(table: str) -> str:
    """Return the file of a version that a source's table stands in.

    >>> file_of("cleaning"), file_of("cohorts.parquet")
    ('cleaning.csv', 'cohorts.parquet')
    >>> file_of("../cohorts.parquet")
    Traceback (most recent call last):
    ...
    clustomer.errors.InputError: There is no table `../cohorts.parquet` of facts. ...
    """
    if table in FILES:
        return FILES[table]
    if _CHAPTERS_TABLE.fullmatch(table):
        return table
    raise InputError(f"There is no table `{table}` of facts. {did_you_mean(table, FILES)}")


AGGREGATES: Mapping[str, str] = {
    "count": "COUNT(*)",
    "share": "COUNT(*) FILTER (WHERE inside) / NULLIF(COUNT(*), 0)",
    "sum": "FSUM(x)",
    "mean": "FAVG(x)",
    "median": "MEDIAN(x)",
    "min": "MIN(x)",
    "max": "MAX(x)",
    "share_of_sum": "CASE WHEN FSUM(x) > 0 THEN FSUM(x) FILTER (WHERE inside) / FSUM(x) END",
    "share_defined": "COUNT(x) / NULLIF(COUNT(*), 0)",
    "share_at_least": "COUNT(*) FILTER (WHERE x >= bound) / NULLIF(COUNT(*), 0)",
    "share_at_most": "COUNT(*) FILTER (WHERE x <= bound) / NULLIF(COUNT(*), 0)",
    "count_at_most": "COUNT(*) FILTER (WHERE x <= bound)",
    "top_share": "CASE WHEN FSUM(x) > 0 "
    "THEN FSUM(x) FILTER (WHERE place <= CEIL(ROUND(bound * known, 9))) / FSUM(x) END",
    "standardised_difference": "CASE WHEN MIN(x) < MAX(x) "
    "THEN (FAVG(x) FILTER (WHERE inside) - FAVG(x)) / STDDEV_POP(x) END",
    "share_between": "COUNT(*) FILTER (WHERE between_bounds) / NULLIF(COUNT(x), 0)",
    "count_between": "COUNT(*) FILTER (WHERE between_bounds)",
    "quantile_of_positive": "QUANTILE_DISC(x, bound) FILTER (WHERE x > 0)",
    "count_defined": "COUNT(x)",
    "holders": "CASE WHEN SUM(x) > 0 THEN COUNT(*) FILTER (WHERE before < bound * total) END",
    "distinct": "COUNT(DISTINCT x)",
    "share_known": "COUNT(x) / NULLIF(COUNT(*), 0)",
    "share_of": "COUNT(*) FILTER (WHERE x = bound) / NULLIF(COUNT(x), 0)",
    "count_of": "COUNT(*) FILTER (WHERE x = bound)",
}
"""The aggregates over customers and their attributes, as DuckDB computes them.

Where `inside`, which holds for the rows of the key, is named, the rows are those of everyone.
`bound` is what the aggregate has in brackets: `share_at_least(2)`. In brackets of
`share_between({"orders": [1, null]})` and of `count_between` each column has the value that it must
exceed and the one up to which it may go, and `stage` the stages of the lifecycle that count; of a
list of such conditions one must hold. `FSUM` and `FAVG` add up without loss.
"""

_NEEDED = (
    "CEIL(ROUND(POWER("
    "1.959963984540054 * SQRT((2 * a + {rise}) * (2 - 2 * a - {rise}) / 2) + 0.8416212335729143 * "
    "SQRT(a * (1 - a) + (a + {rise}) * (1 - a - {rise})), 2) / POWER({rise}, 2), 9))"
)
_STEP = "step"
"""What a figure that is looked for goes through; no part of it."""
DERIVED: Mapping[str, str] = {
    "ratio": "CASE WHEN b > 0 THEN a / b END",
    "fewer": "CASE WHEN b > 0 THEN 1 - a / b END",
    "sum": "a + b",
    "difference": "a - b",
    "product": "a * b",
    "per_1000": "1000 * a",
    "in_100": "100 * a",
    "floor": "FLOOR(a)",
    "days_after": "CEIL(a) - 1",
    "half_at_most": "CASE WHEN b / 2 < a THEN b / 2 ELSE a END",
    "product_of_four": "a * b * c * d",
    "control_group": f"CASE WHEN a + b <= 1 THEN {_NEEDED.format(rise='b')} END",
    "smallest_rise": Template(
        "(SELECT MIN(step) / 100 FROM RANGE(1, 101) AS steps(step) WHERE "
        "CASE WHEN a + step / 100 <= 1 THEN $needed <= FLOOR(b / 2) END)"
    ).substitute(needed=_NEEDED.format(rise="(step / 100)")),
    "break_even": "CASE WHEN c * d > 0 THEN a * b / (c * d) END",
    "extra_orders_per_1000": "CASE WHEN b * c > 0 THEN 1000 * a / (b * c) END",
}
"""Figures made of other facts, which are `a`, `b`, `c` and `d` in the order of the key.

`days_after` is how many whole days follow the day that began `a` days before the cutoff.
`half_at_most` is `a`, or half of `b` where that is less.
`control_group` is how many customers each of two groups needs to tell that a share `a` rose by `b`:
a two-sided test of two proportions at 5 %, with a power of 80 % (Fleiss, Levin and Paik 2003);
`smallest_rise` is by how many whole points it must rise to be told by two halves of `b` customers.
`break_even` and `extra_orders_per_1000` are read, where an earlier version of the program wrote
them: cost * customers / (margin * revenue), and 1000 * cost / (margin * revenue per order).
"""

_OF_TEXTS = ("share_of", "count_of")
"""What compares with a text."""

_WHOLE = ("share", "share_of_sum", "standardised_difference")
"""What compares the rows of a key with others, so that both are needed."""

_PLACES: Mapping[str, str] = {
    "value": "JSON_EXTRACT_STRING(content, place)",
    "number": "TRY_CAST(JSON_EXTRACT_STRING(content, place) AS DOUBLE)",
    "length": "JSON_ARRAY_LENGTH(content, place)",
    "local_time": "STRFTIME(TIMEZONE(JSON_EXTRACT_STRING(content, zone), "
    "CAST(JSON_EXTRACT_STRING(content, place) AS TIMESTAMPTZ)), '%Y-%m-%d %H:%M')",
    "local_date": "STRFTIME(TIMEZONE(JSON_EXTRACT_STRING(content, zone), "
    "CAST(JSON_EXTRACT_STRING(content, place) AS TIMESTAMPTZ)), '%Y-%m-%d')",
    "local_last_day": "STRFTIME(TIMEZONE(JSON_EXTRACT_STRING(content, zone), "
    "CAST(JSON_EXTRACT_STRING(content, place) AS TIMESTAMPTZ) - INTERVAL 1 MICROSECOND), "
    "'%Y-%m-%d')",
    "days": "(EPOCH(CAST(JSON_EXTRACT_STRING(content, place) AS TIMESTAMPTZ)) - "
    "EPOCH(CAST(JSON_EXTRACT_STRING(content, since) AS TIMESTAMPTZ))) / 86400",
}
_RANKED = (
    "SELECT c.x AS x, ROW_NUMBER() OVER (ORDER BY c.x DESC) AS place, COUNT(*) OVER () AS known"
)
_CUMULATED = (
    "SELECT c.x AS x, SUM(c.x) OVER () AS total, COALESCE(SUM(c.x) OVER ("
    "ORDER BY c.x DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS before"
)
_PLACED = {"top_share": _RANKED, "holders": _CUMULATED}
"""What is told of each row of an aggregate that goes by the order of values."""
_TEXTS = frozenset({"text", "date"})
_CALL = re.compile(r"([a-z_]+)(?:\((.*)\))?", re.DOTALL)


@dataclass(frozen=True)
class Query:
    """One value over some rows: `rows` is a query without columns, `value` its only one.

    Values with the same `over` can be asked for at once.
    """

    value: exp.Expr
    rows: exp.Select
    over: tuple[str, ...]

    def select(self) -> exp.Select:
        """Return the whole query."""
        return self.rows.copy().select(self.value, copy=False)


def source_query(source: Source, unit: str) -> Query:
    """Return the query of a source that is no figure made of other facts.

    >>> source = {"table": "customers", "key": "S1", "column": "orders", "aggregate": "mean"}
    >>> print(source_query(source, "orders").select().sql("duckdb", pretty=True))
    SELECT
      FAVG(c."orders")
    FROM "customers.parquet" AS c
    JOIN "segments.parquet" AS s
      USING ("user_id")
    WHERE
      s."segment_id" = 'S1'
    """
    table = source["table"]
    if table in PEOPLE:
        return _of_customers(table, source["key"], source["column"], source["aggregate"])
    if file_of(table).endswith(".json"):
        return _in_document(source, unit)
    rows = exp.select().from_(_file(table))
    if source["key"]:
        for name, wanted in conditions_of(source["key"]):
            rows = rows.where(exp.column(name, quoted=True).eq(literal(wanted)))
    column: exp.Expr = exp.column(source["column"], quoted=True)
    if source["aggregate"] == "sum":
        column = exp.Sum(this=column)
    elif source["aggregate"] == "count":
        column = exp.Count(this=column)
    elif source["aggregate"] != "value":
        raise _no_aggregate(source["aggregate"], ("sum", "value", "count"))
    return Query(column, rows, (table, source["key"]))


def conditions_of(key: str) -> list[tuple[str, str]]:
    """Return what rows must have by a key: pairs of a column and a value.

    >>> conditions_of("segment_id=S1 && late=true")
    [('segment_id', 'S1'), ('late', 'true')]
    """
    pairs = (part.partition("=") for part in key.split(AND))
    return [(name, wanted) for name, _, wanted in pairs]


def derived(aggregate: str, parts: Iterable[exp.Expr]) -> exp.Select:
    """Return the query of a figure made of others; NULL where one is NULL or a divisor is not > 0.

    >>> print(derived("ratio", [literal(3), literal(2)]).sql("duckdb"))
    SELECT CASE WHEN b > 0 THEN a / b END FROM (SELECT 3 AS a, 2 AS b)
    """
    if aggregate not in DERIVED:
        raise _no_aggregate(aggregate, DERIVED)
    named = [exp.alias_(part, name, copy=False) for part, name in zip(parts, "abcd", strict=False)]
    if {part.alias for part in named} != _names(DERIVED[aggregate]) - {_STEP}:
        raise InputError(
            f"There is no figure `{aggregate}` of {len(named)} facts. Read the facts with the "
            "version that wrote them."
        )
    parts_query = exp.select(*named, copy=False).subquery(copy=False)
    figure = _parsed(DERIVED[aggregate]).copy()
    return exp.select(figure, copy=False).from_(parts_query, copy=False)


def fact_query(fact: Fact, facts: Mapping[str, Fact]) -> str:
    """Return the query of a fact as DuckDB's SQL, to be run in the folder of a version.

    `facts` are those that a figure is made of; their queries become part of it.

    >>> source = {"table": "run", "key": "settings", "column": "margin", "aggregate": "value"}
    >>> fact_query(Fact("run.margin", 0.3, "share", 1, None, source), {})
    "SELECT TRY_CAST(content ->> '/settings/margin' AS DOUBLE) FROM READ_TEXT('run.json')"
    """
    if fact.source["table"] != "facts":
        source = fact.source
        return _text(
            source["table"], source["key"], source["column"], source["aggregate"], fact.unit
        )
    return _whole(fact, facts, ()).sql("duckdb", copy=False)


@lru_cache(10_000)
def _text(table: str, key: str, column: str, aggregate: str, unit: str) -> str:
    """Return the query of a source; a version and the proof of it want the same ones."""
    source = {"table": table, "key": key, "column": column, "aggregate": aggregate}
    return source_query(source, unit).select().sql("duckdb", copy=False)


def _whole(fact: Fact, facts: Mapping[str, Fact], users: tuple[str, ...]) -> exp.Select:
    if fact.source["table"] != "facts":
        return source_query(fact.source, fact.unit).select()
    return derived(
        fact.source["aggregate"],
        [
            _whole(part, facts, (*users, fact.id)).subquery(copy=False)
            for part in parts_of(fact, facts, users)
        ],
    )


def parts_of(fact: Fact, facts: Mapping[str, Fact], users: tuple[str, ...] = ()) -> list[Fact]:
    """Return the facts that a figure is made of; `users` are those that it is itself a part of.

    Raises InputError where one is missing or made of itself.
    """
    names = fact.source["key"].split()
    for name in names:
        if name not in facts or name in (*users, fact.id):
            raise InputError(
                f"The fact `{fact.id}` is made of `{name}`, which is "
                f"{'made of it' if name in facts else 'not there'}. Run the segmentation again."
            )
    return [facts[name] for name in names]


def _of_customers(table: str, key: str, column: str, aggregate: str) -> Query:
    match = _CALL.fullmatch(aggregate)
    name, given = (match[1], match[2]) if match else (aggregate, None)
    if name not in AGGREGATES:
        raise _no_aggregate(aggregate, AGGREGATES)
    x: exp.Expr = _column(column)
    compared = ALL if key in (BOTS, ALL) else EVERYONE
    if name == "distinct":
        return Query(
            _filled(AGGREGATES[name], x=x), exp.select().from_(_file(table, "c")), (table,)
        )
    if name in _PLACED:
        ranked = _rows(table, key).where(exp.Not(this=exp.Is(this=x, expression=exp.Null())))
        ranked = ranked.select(*_filled(_PLACED[name], x=x).expressions)
        rows = exp.select().from_(ranked.subquery())
        value = _filled(AGGREGATES[name], **_bound(aggregate, name, given))
        return Query(value, rows, (table, key, column))
    if name == "standardised_difference" and given == "log":
        x = _filled("SIGN(x) * LN(1 + ABS(x))", x=x)
    bound = _bound(aggregate, name, given)
    value = _filled(AGGREGATES[name], x=x, **bound, inside=_inside(key) or exp.true())
    over = compared if name in _WHOLE else key
    rows = _rows(table, over)
    if any(node.table == _STAGES for part in bound.values() for node in part.find_all(exp.Column)):
        rows = rows.join(
            exp.Join(
                this=_file("lifecycle", _STAGES),
                using=[exp.to_identifier("user_id", quoted=True)],
            )
        )
        return Query(value, rows, (table, over, STAGE))
    return Query(value, rows, (table, over))


@cache
def _rows(table: str, key: str) -> exp.Select:
    labelled = exp.Join(
        this=_file("segments", "s"), using=[exp.to_identifier("user_id", quoted=True)]
    )
    rows = exp.select().from_(_file(table, "c")).join(labelled)
    condition = _inside(key)
    return rows if condition is None else rows.where(condition)


def _inside(key: str) -> exp.Expr | None:
    column = _column("segment_id", "s")
    if key == ALL:
        return None
    if key == EVERYONE:
        return column.neq(literal(BOTS))
    if key.startswith(OTHERS):
        return exp.not_(column.isin(BOTS, key.removeprefix(OTHERS)))
    return column.eq(literal(key))


def _in_document(source: Source, unit: str) -> Query:
    aggregate, key = source["aggregate"], source["key"]
    if aggregate == "value" and unit not in _TEXTS:
        aggregate = "number"
    if aggregate not in _PLACES:
        raise _no_aggregate(aggregate, _PLACES)
    value = _filled(
        _PLACES[aggregate],
        place=_pointer(key, source["column"]),
        zone=_pointer(key, "time_zone"),
        since=_pointer(key, "start"),
    )
    return Query(value, _document(source["table"]), (source["table"],))


@cache
def _document(table: str) -> exp.Select:
    """Return what a value of a JSON file is taken from: one row, with the text as `content`."""
    return exp.select().from_(exp.Anonymous(this="READ_TEXT", expressions=[literal(FILES[table])]))


def _pointer(key: str, column: str) -> exp.Expr:
    """Return the way to a place as a JSON pointer (RFC 6901)."""
    name = column.replace("~", "~0").replace("/", "~1")
    return literal("".join(f"/{step}" for step in [*key.split("/"), name] if step))


def _file(table: str, alias: str | None = None) -> exp.Table:
    return exp.table_(exp.to_identifier(file_of(table), quoted=True), alias=alias)


def _bound(aggregate: str, name: str, given: str | None) -> dict[str, exp.Expr]:
    """Return what an aggregate has in brackets, where it is compared with something."""
    named = _names(AGGREGATES[name])
    try:
        if "between_bounds" in named:
            return {"between_bounds": _between(json.loads(given or ""))}
        if "bound" not in named:
            return {}
        bound = json.loads(given or "")
        return {"bound": literal(str(bound)) if name in _OF_TEXTS else _number(bound)}
    except (AttributeError, TypeError, ValueError, OverflowError) as error:
        raise InputError(
            f"The aggregate `{aggregate}` lacks the value that it compares with; one such as "
            f"`{name}(1)` was expected. Read the facts with the version that wrote them."
        ) from error


def _between(conditions: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> exp.Expr:
    if isinstance(conditions, Mapping):
        conditions = [conditions]
    return exp.or_(*(_holds(condition) for condition in conditions))


def _holds(condition: Mapping[str, Any]) -> exp.Expr:
    """Return that a condition holds: bounds on columns, and stages of the lifecycle."""
    parts: list[exp.Expr] = []
    for name, bound in condition.items():
        if name == STAGE:
            parts.append(_column(STAGE, _STAGES).isin(*map(str, bound)))
            continue
        (low, high), column = bound, _column(name)
        if low is not None:
            parts.append(column > _number(low))
        if high is not None:
            parts.append(column <= _number(high))
    return exp.and_(*parts)


def _number(number: float) -> exp.Expr:
    number = float(number)
    return literal(int(number) if number.is_integer() else number)


def _column(name: str, table: str = "c") -> exp.Column:
    return exp.Column(this=exp.to_identifier(name, quoted=True), table=exp.to_identifier(table))


@cache
def _parsed(template: str) -> exp.Expr:
    tree = sqlglot.parse_one(template, read="duckdb")
    for node in tree.walk():
        # where each name stood in the text: nobody asks, and it is most of the work of a copy
        node._meta = None
    return tree


@cache
def _names(template: str) -> frozenset[str]:
    """Return what a template names."""
    return frozenset(column.name for column in _parsed(template).find_all(exp.Column))


def _filled(template: str, **nodes: exp.Expr) -> exp.Expr:
    """Put syntax nodes where a template names them."""
    filled = exp.Paren(this=_parsed(template).copy())
    for column in [*filled.find_all(exp.Column)]:
        if column.name in nodes:
            column.replace(nodes[column.name].copy())
    tree: exp.Expr = filled.this
    return tree.pop()


def _no_aggregate(aggregate: str, names: Iterable[str]) -> InputError:
    return InputError(f"There is no aggregate `{aggregate}`. {did_you_mean(aggregate, names)}")
