"""Customers in no cluster: who they are, as a portable predicate over the customer table."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from sqlglot import exp

from clustomer.customers.features import SUSPECTED_BOT
from clustomer.engines import dialect, query_tables
from clustomer.segments.arrays import Integers

BOTS = -1
"""The cluster of whoever is excluded."""

NOISE = -2
"""The cluster of whoever a rule puts in no group."""


@dataclass(frozen=True)
class Exclusion:
    """Customers that are in no cluster: `rule` is a portable predicate over the table."""

    name: str
    rule: str


def bot_exclusions(table: pa.Table) -> tuple[Exclusion, ...]:
    """Return the rule for suspected bots, as far as a table has the columns for it.

    >>> bot_exclusions(pa.table({"user_id": ["a"], "busiest_day_events": [1.0]}))
    (Exclusion(name='suspected bots', rule='busiest_day_events > 2880'),)
    """
    predicate = known_part(SUSPECTED_BOT, table)
    return () if predicate is None else (Exclusion("suspected bots", predicate),)


def included_rows(
    table: pa.Table, exclusions: tuple[Exclusion, ...], most: int | None = None
) -> Integers:
    """Return the positions of the customers that are not excluded, in the order of the table.

    Where there are more than `most`, those with the lowest MD5 of `user_id` are returned.
    """
    if not exclusions and (most is None or table.num_rows <= most):
        return np.arange(table.num_rows)
    numbered = table.select(["user_id", *columns_of(exclusions)]).append_column(
        "position", pa.array(np.arange(table.num_rows))
    )
    query = exp.select("position").from_("numbered").where(exp.not_(excluded_predicate(exclusions)))
    if most is not None and table.num_rows > most:
        ranked = query.select(
            dialect.parse("ROW_NUMBER() OVER (ORDER BY MD5(user_id), user_id) AS place")
        )
        query = (
            exp.select("position")
            .from_(ranked.subquery("ranked"))
            .where(exp.column("place") <= most)
        )
    chosen = query_tables(query.order_by("position"), numbered=numbered)
    positions: Integers = chosen["position"].to_numpy()
    return positions


def excluded_predicate(exclusions: Iterable[Exclusion]) -> exp.Expr:
    """Return the predicate of all exclusions together; a NULL excludes nobody."""
    predicates = [dialect.parse(exclusion.rule) for exclusion in exclusions]
    if not predicates:
        return exp.false()
    return exp.Case().when(exp.or_(*predicates, copy=False), exp.true()).else_(exp.false())


_OF_A_ROW = (
    exp.Column, exp.Identifier, exp.Literal, exp.Boolean, exp.Null, exp.Paren, exp.Neg, exp.And,
    exp.Or, exp.Not, exp.Is, exp.In, exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Add,
    exp.Sub, exp.Mul, exp.Div, exp.Cast, exp.DataType, exp.Coalesce, exp.Case, exp.If,
)  # fmt: skip


def check_rows_only(exclusions: Iterable[Exclusion]) -> None:
    """Raise ValueError for an exclusion that looks at more than the row of a customer.

    A stored one may come from anyone: it must open no table or file.

    >>> check_rows_only([Exclusion("bots", 'orders > (SELECT COUNT(*) FROM "/etc/passwd")')])
    Traceback (most recent call last):
    ...
    ValueError: the exclusion `bots` uses Subquery, and may look at columns of a customer only
    """
    for exclusion in exclusions:
        for node in dialect.parse(exclusion.rule).walk():
            if not isinstance(node, _OF_A_ROW):
                raise ValueError(
                    f"the exclusion `{exclusion.name}` uses {type(node).__name__}, and may look at "
                    "columns of a customer only"
                )


def known_part(predicate: str, table: pa.Table) -> str | None:
    """Return the alternatives of a predicate whose columns are all in the table, or None.

    >>> known_part("visits > 9 OR events > 99", pa.table({"visits": [1]}))
    'visits > 9'
    """
    names = set(table.column_names)
    parsed = dialect.parse(predicate)
    alternatives = parsed.flatten() if isinstance(parsed, exp.Or) else [parsed]
    answerable = [
        part
        for part in alternatives
        if {column.name for column in part.find_all(exp.Column)} <= names
    ]
    return dialect.translate(exp.or_(*answerable)) if answerable else None


def columns_of(exclusions: Iterable[Exclusion]) -> list[str]:
    """Return the columns that exclusions look at, sorted.

    >>> columns_of([Exclusion("bots", "visits > 9 OR events > 99")])
    ['events', 'visits']
    """
    parsed = [dialect.parse(exclusion.rule) for exclusion in exclusions]
    return sorted({column.name for rule in parsed for column in rule.find_all(exp.Column)})
