"""What the rules over scaled features share: the scaled customers, and the nearest cluster."""

from collections.abc import Iterable, Sequence
from functools import reduce

from sqlglot import exp

from clustomer.engines import dialect
from clustomer.segments.exclusions import BOTS, Exclusion, excluded_predicate
from clustomer.segments.matrix.scaling import ScaledFeature


def scaled_customers(
    scaling: Sequence[ScaledFeature], exclusions: Iterable[Exclusion], source: exp.Table
) -> exp.Select:
    """Return the query of `user_id`, `excluded` and the scaled features `z0`, `z1`, ...

    >>> orders = ScaledFeature("orders", 0.0, 1.0, 2.0, 0.5)
    >>> print(scaled_customers([orders], [], exp.to_table("customers")).sql("duckdb", pretty=True))
    SELECT
      user_id,
      FALSE AS excluded,
      (
        COALESCE(CAST(orders AS DOUBLE), CAST(0.0 AS DOUBLE)) - CAST(2.0 AS DOUBLE)
      ) / CAST(0.5 AS DOUBLE) AS z0
    FROM customers
    """
    customer, excluded = exp.column("user_id"), excluded_predicate(exclusions)
    if all(feature.power == 1 for feature in scaling):
        terms = [_standardised(_filled(feature), feature) for feature in scaling]
        return exp.select(
            customer,
            exp.alias_(excluded, "excluded"),
            *(exp.alias_(term, f"z{i}", copy=False) for i, term in enumerate(terms)),
            copy=False,
        ).from_(source)
    # a root names its value several times: filled and winsorised once, it can be read
    filled = exp.select(
        customer,
        exp.alias_(excluded, "excluded"),
        *(exp.alias_(_filled(feature), f"x{i}", copy=False) for i, feature in enumerate(scaling)),
        copy=False,
    ).from_(source)
    terms = [
        _standardised(_powered(exp.column(f"x{i}"), feature.power), feature)
        for i, feature in enumerate(scaling)
    ]
    return exp.select(
        customer.copy(),
        exp.column("excluded"),
        *(exp.alias_(term, f"z{i}", copy=False) for i, term in enumerate(terms)),
        copy=False,
    ).from_(filled.subquery("filled", copy=False), copy=False)


def added(terms: Sequence[exp.Expr]) -> exp.Expr:
    """Return the sum of some terms, from left to right, as NumPy's twins add them; 0 for none.

    >>> added([exp.column("a"), exp.column("b"), exp.column("c")]).sql()
    'a + b + c'
    """
    if not terms:
        return dialect.literal(0.0)
    return reduce(lambda left, right: exp.Add(this=left, expression=right), terms)


def apart(column: str, value: float) -> exp.Paren:
    """Return how far a column lies from a number.

    >>> apart("z0", 1.5).sql("duckdb")
    '(z0 - CAST(1.5 AS DOUBLE))'
    """
    return exp.Paren(this=exp.Sub(this=exp.column(column), expression=dialect.literal(value)))


def squared(term: exp.Expr) -> exp.Mul:
    """Return a term times itself.

    >>> squared(exp.column("w0")).sql()
    'w0 * w0'
    """
    return exp.Mul(this=term, expression=term.copy())


def nearest(n_clusters: int) -> exp.Case:
    """Return the CASE that picks the lowest of the clusters whose `d0`, `d1`, ... is smallest.

    A cluster need only be compared with those after it: had one before it been as near,
    that one would have been picked.
    """
    given = [dialect.literal(j) for j in range(n_clusters)]
    # Copying at each step would make the time grow with the third power of the clusters.
    case = exp.Case().when(exp.column("excluded"), dialect.literal(BOTS), copy=False)
    for j in range(n_clusters - 1):
        later = [
            exp.LTE(this=exp.column(f"d{j}"), expression=exp.column(f"d{i}"))
            for i in range(j + 1, n_clusters)
        ]
        case = case.when(exp.and_(*later, copy=False), given[j], copy=False)
    return case.else_(given[n_clusters - 1], copy=False)


def pipeline(query: exp.Select, **parts: exp.Expr) -> exp.Select:
    """Return a query with the parts that it reads, in their order, as common table expressions."""
    for name, part in parts.items():
        query = query.with_(name, as_=part, copy=False)
    return query


def _filled(feature: ScaledFeature) -> exp.Expr:
    """Return a feature, a stated value where it is missing, within its winsorising limits."""
    column = exp.cast(exp.column(feature.name, quoted=_needs_quotes(feature.name)), "DOUBLE")
    filled: exp.Expr = exp.Coalesce(this=column, expressions=[dialect.literal(feature.undefined)])
    if feature.low is None and feature.high is None:
        return filled
    capped = exp.Case()
    for bound, beyond in ((feature.high, exp.GT), (feature.low, exp.LT)):
        if bound is not None:
            limit = dialect.literal(bound)
            capped = capped.when(
                beyond(this=filled.copy(), expression=limit), limit.copy(), copy=False
            )
    return capped.else_(filled, copy=False)


def _powered(value: exp.Expr, power: float) -> exp.Expr:
    """Return `sign(x) * |x| ** power` as `scaling.signed_power` takes it."""
    if power == 1:
        return value
    magnitude = exp.Abs(this=value)
    shaped: exp.Expr = exp.Sqrt(this=magnitude)
    if power == 0.75:
        shaped = exp.Sqrt(this=exp.Mul(this=magnitude.copy(), expression=shaped))
    return exp.Mul(this=exp.Sign(this=value.copy()), expression=shaped)


def _standardised(value: exp.Expr, feature: ScaledFeature) -> exp.Expr:
    centred = exp.Paren(this=exp.Sub(this=value, expression=dialect.literal(feature.mean)))
    return exp.Div(this=centred, expression=dialect.literal(feature.scale))


def _needs_quotes(name: str) -> bool:
    return not (name.isidentifier() and name.isascii() and name.islower())
