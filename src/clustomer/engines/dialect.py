"""The portable dialect: a subset of DuckDB's SQL that means the same on every engine.

A definition is written once, as DuckDB SQL, parsed by sqlglot and translated.
sqlglot passes functions that it does not know through in silence, so "it
parses" proves nothing: every definition must keep to the node types listed
here, which have been shown to give equal results on DuckDB and on servers.
"""

import math
from datetime import datetime
from decimal import Decimal
from functools import cache

import sqlglot
from sqlglot import exp

from clustomer.errors import UsageError, did_you_mean

DIALECTS = (
    "duckdb",
    "postgres",
    "spark",
    "snowflake",
    "bigquery",
    "databricks",
    "redshift",
    "trino",
    "clickhouse",
)
"""The dialects that a definition can be translated to."""

PORTABLE: frozenset[type[exp.Expr]] = frozenset(
    {
        # queries
        exp.Select, exp.From, exp.Where, exp.Group, exp.Having, exp.Order, exp.Ordered,
        exp.With, exp.CTE, exp.Subquery, exp.TableAlias, exp.Table, exp.Join, exp.Union,
        exp.Column, exp.Identifier, exp.Alias, exp.Star, exp.Paren, exp.Distinct,
        # logic
        exp.And, exp.Or, exp.Not, exp.Is, exp.Null, exp.Boolean, exp.In, exp.Case, exp.If,
        exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Coalesce, exp.Nullif,
        # arithmetic
        exp.Literal, exp.Neg, exp.Add, exp.Sub, exp.Mul, exp.Div, exp.IntDiv, exp.Mod,
        exp.Abs, exp.Sign, exp.Ln, exp.Sqrt, exp.Cast, exp.DataType, exp.DataTypeParam,
        exp.DateDiff, exp.Var, exp.Placeholder,
        # aggregates and windows
        exp.Count, exp.Sum, exp.Min, exp.Max, exp.Filter,
        exp.Window, exp.RowNumber, exp.Lag, exp.WindowSpec,
        # text
        exp.DPipe, exp.MD5, exp.Lower, exp.Substring, exp.Trim,
    }
)  # fmt: skip
"""The node types that a portable definition may use."""

_WITH_PATTERNS = ("duckdb", "postgres", "spark")
"""Where a pattern that begins with ^ and ends with $, with (?i) before it, has been tried."""

_PATTERN = "pattern"
_ONCE = "computed once"

_TYPES = frozenset(
    {"DOUBLE", "BIGINT", "INT", "DECIMAL", "TIMESTAMPNTZ", "VARCHAR", "TEXT", "BOOLEAN"}
)


class NotPortableError(UsageError):
    """A definition uses something that does not mean the same on every engine."""


def parse(sql: str, *, patterns: bool = False) -> exp.Expr:
    """Parse one query or expression of the portable dialect.

    Parameters
    ----------
    sql : str
        DuckDB SQL.
    patterns : bool, default False
        Whether it may use `REGEXP_MATCHES`, and so is for the engines in `_WITH_PATTERNS` only.

    Raises
    ------
    NotPortableError
        If it does not parse, or uses a node type outside `PORTABLE`.

    >>> parse("SUM(price) / NULLIF(COUNT(*), 0)").sql("duckdb")
    'SUM(price) / NULLIF(COUNT(*), 0)'
    >>> parse("ARG_MAX(brand, price)")
    Traceback (most recent call last):
    ...
    clustomer.engines.dialect.NotPortableError: `ARG_MAX(brand, price)` uses ArgMax, which ...
    """
    return _parse(sql, patterns).copy()


@cache
def _parse(sql: str, patterns: bool) -> exp.Expr:
    try:
        expression = sqlglot.parse_one(sql, read="duckdb")
    except sqlglot.errors.SqlglotError as error:
        raise NotPortableError(f"`{sql}` is not SQL that can be read: {error}") from error
    for node in expression.walk():
        # where each name stood in the text: nobody asks, and it is most of the work of a copy
        node._meta = None
        if patterns and isinstance(node, exp.RegexpLike):
            node.meta[_PATTERN] = True
    return check(expression)


def check(expression: exp.Expr) -> exp.Expr:
    """Return the expression if it keeps to the portable dialect.

    Raises
    ------
    NotPortableError
        Naming the first node that is outside of it.
    """
    for node in expression.walk():
        if type(node) not in PORTABLE and not (node._meta and _PATTERN in node._meta):
            raise NotPortableError(
                f"`{node.sql('duckdb')}` uses {type(node).__name__}, which does not mean the same "
                "on every engine. Write it with the portable forms (aggregates with FILTER, CASE, "
                "CAST, COALESCE, NULLIF, arithmetic, LN, SQRT, DATE_DIFF in seconds)."
            )
        if isinstance(node, exp.DataType) and node.this.name not in _TYPES:
            raise NotPortableError(
                f"The type {node.sql('duckdb')} is not portable. There are: "
                + ", ".join(sorted(_TYPES))
                + "."
            )
        if isinstance(node, exp.DateDiff) and str(node.args.get("unit")).upper() != "SECOND":
            raise NotPortableError(
                f"`{node.sql('duckdb')}` counts other boundaries on other engines. "
                "Use DATE_DIFF('second', ...) and arithmetic."
            )
    return expression


def translate(
    expression: exp.Expr, dialect: str = "duckdb", *, pretty: bool = False, spent: bool = False
) -> str:
    """Return a portable expression as SQL text of one dialect.

    Parameters
    ----------
    expression : sqlglot expression
    dialect : str, default "duckdb"
        One of `DIALECTS`.
    pretty : bool, default False
    spent : bool, default False
        Whether the expression may be changed, since nobody needs it any more: a copy is saved.

    Raises
    ------
    UsageError
        If the dialect is unknown, or the expression is not portable.

    >>> translate(parse("CAST(COUNT(*) AS DOUBLE)"), "postgres")
    'CAST(COUNT(*) AS DOUBLE PRECISION)'
    """
    if dialect not in DIALECTS:
        raise UsageError(f"There is no dialect `{dialect}`. {did_you_mean(dialect, DIALECTS)}")
    check(expression)
    if dialect not in _WITH_PATTERNS and expression.find(exp.RegexpLike) is not None:
        raise NotPortableError(
            f"Patterns mean other things in {dialect}. Expected one of "
            f"{', '.join(_WITH_PATTERNS)}, or a query without REGEXP_MATCHES."
        )
    if dialect == "postgres" and any(cte.meta.get(_ONCE) for cte in expression.find_all(exp.CTE)):
        expression = expression.copy()
        for cte in expression.find_all(exp.CTE):
            cte.set("materialized", cte.meta.get(_ONCE))
    spoken = _SPOKEN.get(dialect)
    if spoken is not None:
        expression = expression.copy().transform(spoken, copy=False)
    return expression.sql(dialect=dialect, pretty=pretty, copy=not spent)


def _without_filter(node: exp.Expr) -> exp.Expr:
    """Return an aggregate without FILTER, which Amazon Redshift does not have.

    >>> translate(parse("SUM(price) FILTER (WHERE kind = 'view')"), "redshift")
    "SUM(CASE WHEN kind = 'view' THEN price END)"
    >>> translate(parse("COUNT(*) FILTER (WHERE kind = 'view')"), "redshift")
    "COUNT(CASE WHEN kind = 'view' THEN 1 END)"
    """
    if not isinstance(node, exp.Filter):
        return node
    aggregate, condition = node.this, node.expression.this
    counted = exp.Literal.number(1) if isinstance(aggregate.this, exp.Star) else aggregate.this
    kept = exp.Case().when(condition, counted, copy=False)
    bare: exp.Expr = type(aggregate)(this=kept)
    return bare


def _of_moments(node: exp.Expr) -> exp.Expr:
    """Return a difference of two moments as BigQuery has it, where DATE_DIFF is of days.

    >>> translate(parse("DATE_DIFF('second', a, b)"), "bigquery")
    'DATETIME_DIFF(b, a, SECOND)'
    """
    if not isinstance(node, exp.DateDiff):
        return node
    return exp.DatetimeDiff(this=node.this, expression=node.expression, unit=exp.Var(this="SECOND"))


_SPOKEN = {"redshift": _without_filter, "bigquery": _of_moments}
"""What sqlglot leaves as it is, and the system's manual does not know."""


def computed_once(query: exp.Select) -> exp.Select:
    """Mark the parts of a query as steps to be computed one after the other, and return it.

    PostgreSQL writes a common table expression that is read once into the query that reads it,
    and repeats it wherever one of its columns is named: steps that name columns several times
    grow without bound. There they are materialised; other engines do so by themselves.

    >>> query = computed_once(exp.select("y").from_("t").with_("t", as_=exp.select("1 AS y")))
    >>> translate(query, "postgres")
    'WITH t AS MATERIALIZED (SELECT 1 AS y) SELECT y FROM t'
    >>> translate(query, "spark")
    'WITH t AS (SELECT 1 AS y) SELECT y FROM t'
    """
    for cte in query.ctes:
        cte.meta[_ONCE] = True
    return query


def literal(value: str | bool | int | float | Decimal | datetime | None) -> exp.Expr:
    """Return a value as a syntax node, so that no text is ever pasted into SQL.

    Doubles keep every bit; timestamps are UTC without a zone.

    >>> literal("O'Neill").sql("duckdb")
    "'O''Neill'"
    >>> literal(0.1).sql("duckdb")
    'CAST(0.1 AS DOUBLE)'
    """
    if value is None:
        return exp.Null()
    if isinstance(value, bool):
        return exp.Boolean(this=value)
    if isinstance(value, str):
        return exp.Literal.string(value)
    if isinstance(value, datetime):
        text = value.strftime("%Y-%m-%d %H:%M:%S.%f")
        return exp.cast(exp.Literal.string(text), exp.DataType.build("TIMESTAMP", dialect="duckdb"))
    if isinstance(value, float):
        if not math.isfinite(value):
            raise UsageError(f"{value} cannot stand in a definition; give a finite number.")
        number: exp.Expr = exp.Literal.number(repr(abs(value)))
        # built, not parsed: a rule can hold thousands
        number = exp.Cast(this=number, to=exp.DataType(this=exp.DataType.Type.DOUBLE))
        return exp.Neg(this=number) if value < 0 else number
    integer: exp.Expr = exp.Literal.number(str(abs(value)))
    return exp.Neg(this=integer) if value < 0 else integer
