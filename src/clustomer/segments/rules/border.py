"""How near a customer is to the border of the own cluster, as SQL that every rule shares.

The margin towards another cluster is 0 on the border between the two and 1 as far from it as can
be; the distance from the border is the smallest margin.
"""

from collections.abc import Sequence

from sqlglot import exp

from clustomer.engines import dialect


def of_own(n_clusters: int, prefix: str, cluster: str = "cluster") -> exp.Case:
    """Return the column of a customer's own cluster, such as `d1` in cluster 1; NULL in none.

    >>> of_own(2, "d").sql()
    'CASE WHEN cluster = 0 THEN d0 WHEN cluster = 1 THEN d1 END'
    """
    column = exp.Case()
    for j in range(n_clusters):
        is_own = exp.EQ(this=exp.column(cluster), expression=dialect.literal(j))
        column = column.when(is_own, exp.column(f"{prefix}{j}"), copy=False)
    return column


def margin(nearer: str, farther: str | exp.Expr) -> exp.Expr:
    """Return how much nearer one of two squared distances is: 1 less the ratio of the roots.

    >>> print(margin("own", "d1").sql("postgres"))
    COALESCE(CAST(1.0 AS DOUBLE PRECISION) - SQRT(CAST(own AS DOUBLE PRECISION) / NULLIF(d1, ...
    """
    other = exp.column(farther) if isinstance(farther, str) else farther
    ratio = exp.Div(
        this=exp.column(nearer), expression=exp.Nullif(this=other, expression=dialect.literal(0.0))
    )
    near = exp.Sub(this=dialect.literal(1.0), expression=exp.Sqrt(this=ratio))
    return exp.Coalesce(this=near, expressions=[dialect.literal(0.0)])


def unless_own(cluster: int, towards: exp.Expr) -> exp.Case:
    """Return a margin towards a cluster; 1, which decides nothing, where it is the own one.

    >>> unless_own(0, exp.column("x")).sql("duckdb")
    'CASE WHEN cluster = 0 THEN CAST(1.0 AS DOUBLE) ELSE x END'
    """
    is_own = exp.EQ(this=exp.column("cluster"), expression=dialect.literal(cluster))
    return exp.Case().when(is_own, dialect.literal(1.0), copy=False).else_(towards, copy=False)


def lowest(names: Sequence[str]) -> exp.Expr:
    """Return the smallest of some columns that are never NULL.

    >>> lowest(["a", "b", "c"]).sql()
    'CASE WHEN a <= b AND a <= c THEN a WHEN b <= c THEN b ELSE c END'
    """
    *first, last = names
    if not first:
        return exp.column(last)
    case = exp.Case()
    for i, name in enumerate(first):
        others = [
            exp.LTE(this=exp.column(name), expression=exp.column(other)) for other in names[i + 1 :]
        ]
        case = case.when(exp.and_(*others, copy=False), exp.column(name), copy=False)
    return case.else_(exp.column(last), copy=False)


def in_a_cluster(value: exp.Expr) -> exp.Case:
    """Return a value for those in a cluster, and NULL for all others.

    >>> in_a_cluster(exp.column("x")).sql()
    'CASE WHEN cluster >= 0 THEN x END'
    """
    inside = exp.GTE(this=exp.column("cluster"), expression=dialect.literal(0))
    return exp.Case().when(inside, value, copy=False)


def bordered(towards: Sequence[exp.Expr]) -> tuple[exp.Select, exp.Select]:
    """Return the query of labels, distances and borders, and its part `margins` of `placed`.

    `towards` has the margin towards each cluster; `placed` names `cluster` and, squared, how far
    the own one is: `own`. Where there is one cluster, there is no border.

    >>> query, margins = bordered([exp.column("a"), exp.column("b")])
    >>> margins.sql("duckdb", pretty=True).splitlines()[-1]
    'FROM placed'
    >>> print(query.sql("duckdb"))
    SELECT user_id, cluster, SQRT(own) AS distance,
     CASE WHEN cluster >= 0 THEN CASE WHEN m0 <= m1 THEN m0 ELSE m1 END END AS border_distance
     FROM margins
    """
    names = [f"m{j}" for j in range(len(towards))]
    margins = exp.select(
        exp.column("user_id"),
        exp.column("cluster"),
        exp.column("own"),
        *(
            exp.alias_(unless_own(j, value), name)
            for j, (name, value) in enumerate(zip(names, towards, strict=True))
        ),
    ).from_("placed")
    border = in_a_cluster(lowest(names)) if len(names) > 1 else exp.cast(exp.Null(), "DOUBLE")
    query = exp.select(
        exp.column("user_id"),
        exp.column("cluster"),
        exp.alias_(exp.Sqrt(this=exp.column("own")), "distance"),
        exp.alias_(border, "border_distance"),
    ).from_("margins")
    return query, margins
