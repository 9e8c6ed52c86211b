"""The rule that gives each customer a cluster, as one portable SQL query.

Published labels come from this query alone, never from an algorithm's own labels:
scoring a customer tomorrow, on any engine, equals fitting.
"""

from dataclasses import dataclass
from functools import reduce
from typing import Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from sqlglot import exp

from clustomer.engines import DuckDB, dialect
from clustomer.errors import InputError
from clustomer.segments.exclusions import BOTS, Exclusion, columns_of, excluded_predicate
from clustomer.segments.rfm_grid import RfmGrid, rfm_grid_query
from clustomer.segments.scaling import ScaledFeature
from clustomer.segments.tables import customer_table, is_number


@dataclass(frozen=True, eq=False)
class NearestCentroid:
    """The nearest centroid in scaled space; the lowest cluster where two are as near.

    `centroids` has shape (clusters, features); `exclusions` come first.
    """

    scaling: tuple[ScaledFeature, ...]
    centroids: NDArray[np.float64]
    exclusions: tuple[Exclusion, ...] = ()

    @property
    def rule(self) -> "NearestCentroid":
        """The rule itself, so that a bare rule is accepted where a model is."""
        return self

    @property
    def features(self) -> tuple[str, ...]:
        """The columns that it scales."""
        return tuple(feature.name for feature in self.scaling)


Rule = NearestCentroid | RfmGrid
"""Every way to give a customer a cluster; each can be said in SQL."""


class HasRule(Protocol):
    """A fitted or a loaded segmentation."""

    @property
    def rule(self) -> Rule:
        """How a customer gets a cluster."""


def assignment_query(model: HasRule, table: str = "customers") -> exp.Select:
    """Return the query that gives each row of a customer table its cluster.

    For the nearest centroid a missing feature is filled, skewed ones go through
    `SIGN(x) * LN(ABS(x) + 1)`, each is standardised, and the smallest squared distance to a
    centroid wins; ties go to the lowest cluster. For the RFM grid recency and orders are scored
    by the stored cut points, and the cell says the cluster. Excluded customers get cluster -1
    and no distance.

    Parameters
    ----------
    model : a `Segmentation`, a `SegmentationModel`, a `NearestCentroid` or an `RfmGrid`.
    table : name of a table with `user_id` and the model's features.

    Returns
    -------
    sqlglot Select
        Columns `user_id`, `cluster` (integer) and `distance` (double: Euclidean, in
        standard deviations; NULL where excluded, and for a grid), in no particular order. It
        keeps to the portable dialect: `engines.dialect.translate` gives it for other engines.

    Examples
    --------
    >>> rule = NearestCentroid(
    ...     (ScaledFeature("orders", 0.0, False, 2.0, 0.5),), np.array([[1.0], [-1.0]])
    ... )
    >>> print(assignment_query(rule).sql("duckdb", pretty=True))
    WITH scaled AS (
      SELECT
        user_id,
        FALSE AS excluded,
        (
          COALESCE(CAST(orders AS DOUBLE), CAST(0.0 AS DOUBLE)) - CAST(2.0 AS DOUBLE)
        ) / CAST(0.5 AS DOUBLE) AS z0
      FROM customers
    ), distances AS (
      SELECT
        user_id,
        excluded,
        (
          z0 - CAST(1.0 AS DOUBLE)
        ) * (
          z0 - CAST(1.0 AS DOUBLE)
        ) AS d0,
        (
          z0 - -CAST(1.0 AS DOUBLE)
        ) * (
          z0 - -CAST(1.0 AS DOUBLE)
        ) AS d1
      FROM scaled
    ), nearest AS (
      SELECT
        user_id,
        CASE WHEN excluded THEN -1 WHEN d0 <= d1 THEN 0 ELSE 1 END AS cluster,
        d0,
        d1
      FROM distances
    )
    SELECT
      user_id,
      cluster,
      CASE WHEN cluster = 0 THEN SQRT(d0) WHEN cluster = 1 THEN SQRT(d1) END AS distance
    FROM nearest
    """
    source = exp.to_table(table) if "." in table else exp.Table(this=exp.to_identifier(table))
    match model.rule:
        case NearestCentroid() as rule:
            query = _nearest_centroid_query(rule, source)
        case RfmGrid() as rule:
            query = rfm_grid_query(rule, source)
    dialect.check(query)
    return query


def assign(customers: object, model: HasRule) -> pa.Table:
    """Give each customer the cluster that a fitted or loaded segmentation says.

    Parameters
    ----------
    customers : any Arrow, pandas or Polars table with `user_id` and the model's features.
    model : a `Segmentation`, a `SegmentationModel`, a `NearestCentroid` or an `RfmGrid`.

    Returns
    -------
    pyarrow.Table
        `user_id` (string), `cluster` (int32; -1 where excluded), `distance` (float64,
        standard deviations, NULL where excluded and for a grid), sorted by `user_id`.

    Raises
    ------
    InputError
        If a feature of the model is missing or no number, or `user_id` is not usable.

    Examples
    --------
    >>> rule = NearestCentroid(
    ...     (ScaledFeature("orders", 0.0, False, 2.0, 0.5),), np.array([[1.0], [-1.0]])
    ... )
    >>> assign(pa.table({"user_id": ["b", "a"], "orders": [3.0, None]}), rule).to_pydict()
    {'user_id': ['a', 'b'], 'cluster': [1, 0], 'distance': [3.0, 1.0]}
    """
    rule = model.rule
    needed = [*rule.features, *columns_of(rule.exclusions)]
    table = customer_table(customers)
    missing = [name for name in needed if name not in table.column_names]
    if missing:
        raise InputError(
            "The segmentation needs "
            + ", ".join(f"`{name}`" for name in missing)
            + ", which the customer table lacks. Give a table made with the same features."
        )
    for name in needed:
        if not is_number(table.schema.field(name).type):
            raise InputError(
                f"`{name}` is of type {table.schema.field(name).type}, expected numbers. "
                "Give a table made with the same features."
            )
    with DuckDB() as engine:
        engine.register("customers", table)
        found = engine.query(assignment_query(rule).order_by("user_id"))
    return found.cast(
        pa.schema([("user_id", pa.string()), ("cluster", pa.int32()), ("distance", pa.float64())])
    )


def _nearest_centroid_query(rule: NearestCentroid, source: exp.Table) -> exp.Select:
    clusters = range(len(rule.centroids))
    customer = exp.column("user_id")
    scaled = exp.select(
        customer.copy(),
        exp.alias_(excluded_predicate(rule.exclusions), "excluded"),
        *(exp.alias_(_scaled(feature), f"z{i}") for i, feature in enumerate(rule.scaling)),
    ).from_(source)
    distances = exp.select(
        customer.copy(),
        exp.column("excluded"),
        *(exp.alias_(_squared_distance(rule.centroids[j]), f"d{j}") for j in clusters),
    ).from_("scaled")
    nearest = exp.select(
        customer.copy(),
        exp.alias_(_nearest(len(clusters)), "cluster"),
        *(exp.column(f"d{j}") for j in clusters),
    ).from_("distances")
    distance = exp.Case()
    for j in clusters:
        root = exp.Sqrt(this=exp.column(f"d{j}"))
        taken = exp.EQ(this=exp.column("cluster"), expression=dialect.literal(j))
        distance = distance.when(taken, root, copy=False)
    query = exp.select(
        customer.copy(), exp.column("cluster"), exp.alias_(distance, "distance")
    ).from_("nearest")
    for name, part in (("scaled", scaled), ("distances", distances), ("nearest", nearest)):
        query = query.with_(name, as_=part, copy=False)
    return query


def _scaled(feature: ScaledFeature) -> exp.Expr:
    column = exp.cast(exp.column(feature.name, quoted=_needs_quotes(feature.name)), "DOUBLE")
    filled: exp.Expr = exp.Coalesce(this=column, expressions=[dialect.literal(feature.undefined)])
    if feature.log:
        magnitude = exp.Add(this=exp.Abs(this=filled.copy()), expression=dialect.literal(1.0))
        filled = exp.Mul(this=exp.Sign(this=filled), expression=exp.Ln(this=magnitude))
    centred = exp.Paren(this=exp.Sub(this=filled, expression=dialect.literal(feature.mean)))
    return exp.Div(this=centred, expression=dialect.literal(feature.scale))


def _squared_distance(centroid: NDArray[np.float64]) -> exp.Expr:
    terms: list[exp.Expr] = []
    for i, value in enumerate(centroid.tolist()):
        apart = exp.Paren(this=exp.Sub(this=exp.column(f"z{i}"), expression=dialect.literal(value)))
        terms.append(exp.Mul(this=apart, expression=apart.copy()))
    if not terms:
        return dialect.literal(0.0)
    return reduce(lambda left, right: exp.Add(this=left, expression=right), terms)


def _nearest(n_clusters: int) -> exp.Case:
    """Return the CASE that picks the lowest of the nearest clusters.

    A cluster need only be compared with those after it: had one before it been as near,
    that one would have been picked.
    """
    # Copying at each step would make the time grow with the third power of the clusters.
    case = exp.Case().when(exp.column("excluded"), dialect.literal(BOTS), copy=False)
    for j in range(n_clusters - 1):
        later = [
            exp.LTE(this=exp.column(f"d{j}"), expression=exp.column(f"d{i}"))
            for i in range(j + 1, n_clusters)
        ]
        case = case.when(exp.and_(*later, copy=False), dialect.literal(j), copy=False)
    return case.else_(dialect.literal(n_clusters - 1), copy=False)


def _needs_quotes(name: str) -> bool:
    return not (name.isidentifier() and name.isascii() and name.islower())
