"""The rule that gives each customer a cluster, as one portable SQL query.

Published labels come from this query alone, never from an algorithm's own labels:
scoring a customer tomorrow, on any engine, equals fitting.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from sqlglot import exp

from clustomer.engines import DuckDB, dialect
from clustomer.errors import InputError
from clustomer.segments.exclusions import Exclusion, columns_of
from clustomer.segments.matrix.customer_matrix import customer_table, is_number
from clustomer.segments.matrix.distances import nearest_point
from clustomer.segments.matrix.scaled_query import (
    added,
    apart,
    nearest,
    pipeline,
    root_of_own,
    scaled_customers,
    squared,
)
from clustomer.segments.matrix.scaling import OnScaledFeatures, ScaledFeature
from clustomer.segments.rules.nearest_exemplar import NearestExemplar, nearest_exemplar_query
from clustomer.segments.rules.quadratic import Quadratic, quadratic_query
from clustomer.segments.rules.rfm_grid import RfmGrid, rfm_grid_query


@dataclass(frozen=True, eq=False)
class NearestCentroid(OnScaledFeatures):
    """The nearest centroid in scaled space; the lowest cluster where two are as near.

    `centroids` has shape (clusters, features); `exclusions` come first.
    """

    scaling: tuple[ScaledFeature, ...]
    centroids: NDArray[np.float64]
    exclusions: tuple[Exclusion, ...] = ()

    @property
    def centres(self) -> NDArray[np.float64]:
        """The middle of each cluster, shape (clusters, features)."""
        return self.centroids

    def renumbered(self, order: Sequence[int] | NDArray[np.int64]) -> "NearestCentroid":
        """Return the rule with its clusters in another order; those not named are dropped."""
        return replace(self, centroids=self.centroids[np.asarray(order)])

    def predict(self, matrix: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return the cluster of each scaled row, as the query gives it."""
        return nearest_point(matrix, self.centroids)[0]


ScaledRule = NearestCentroid | Quadratic | NearestExemplar
"""The rules over scaled features."""

Rule = ScaledRule | RfmGrid
"""Every way to give a customer a cluster; each can be said in SQL."""


class HasRule(Protocol):
    """A fitted or a loaded segmentation."""

    @property
    def rule(self) -> Rule:
        """How a customer gets a cluster."""


def assignment_query(model: HasRule, table: str = "customers") -> exp.Select:
    """Return the query that gives each row of a customer table its cluster.

    A missing feature is filled, kept within its limits, rooted where the scaling says so and
    standardised (`scaled_query`). For the nearest centroid the smallest squared distance wins;
    ties go to the lowest cluster. A mixture takes the highest weighted normal
    density instead, and dense regions take the nearest exemplar: beyond its cluster's radius a
    customer is noise, cluster -2, without a distance. For the RFM grid recency and orders are
    scored by the stored cut points, and the cell says the cluster. Excluded customers get
    cluster -1 and no distance.

    Parameters
    ----------
    model : a `Segmentation`, a `SegmentationModel`, or a bare `Rule`.
    table : name of a table with `user_id` and the model's features.

    Returns
    -------
    sqlglot Select
        Columns `user_id`, `cluster` (integer) and `distance` (double: Euclidean, in
        standard deviations, for a mixture Mahalanobis, in those of the cluster itself; NULL
        where excluded, for noise, and for a grid), in no particular order. It
        keeps to the portable dialect: `engines.dialect.translate` gives it for other engines.

    Examples
    --------
    >>> rule = NearestCentroid(
    ...     (ScaledFeature("orders", 0.0, 1.0, 2.0, 0.5),), np.array([[1.0], [-1.0]])
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
        case Quadratic() as rule:
            query = quadratic_query(rule, source)
        case NearestExemplar() as rule:
            query = nearest_exemplar_query(rule, source)
        case RfmGrid() as rule:
            query = rfm_grid_query(rule, source)
    dialect.check(query)
    return query


def assign(customers: object, model: HasRule) -> pa.Table:
    """Give each customer the cluster that a fitted or loaded segmentation says.

    Parameters
    ----------
    customers : any Arrow, pandas or Polars table with `user_id` and the model's features.
    model : a `Segmentation`, a `SegmentationModel`, or a bare `Rule`.

    Returns
    -------
    pyarrow.Table
        `user_id` (string), `cluster` (int32; -1 where excluded, -2 for noise), `distance`
        (float64, standard deviations, NULL where excluded, for noise, and for a grid), sorted by
        `user_id`.

    Raises
    ------
    InputError
        If a feature of the model is missing or no number, or `user_id` is not usable.

    Examples
    --------
    >>> rule = NearestCentroid(
    ...     (ScaledFeature("orders", 0.0, 1.0, 2.0, 0.5),), np.array([[1.0], [-1.0]])
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
        found = engine.query(assignment_query(rule).order_by("user_id", copy=False))
    return found.cast(
        pa.schema([("user_id", pa.string()), ("cluster", pa.int32()), ("distance", pa.float64())])
    )


def _nearest_centroid_query(rule: NearestCentroid, source: exp.Table) -> exp.Select:
    clusters = range(len(rule.centroids))
    customer = exp.column("user_id")
    distances = exp.select(
        customer.copy(),
        exp.column("excluded"),
        *(exp.alias_(_squared_distance(rule.centroids[j]), f"d{j}") for j in clusters),
    ).from_("scaled")
    placed = exp.select(
        customer.copy(),
        exp.alias_(nearest(len(clusters)), "cluster"),
        *(exp.column(f"d{j}") for j in clusters),
    ).from_("distances")
    query = exp.select(
        customer.copy(),
        exp.column("cluster"),
        exp.alias_(root_of_own(len(clusters), "d"), "distance"),
    ).from_("nearest")
    scaled = scaled_customers(rule.scaling, rule.exclusions, source)
    return dialect.computed_once(
        pipeline(query, scaled=scaled, distances=distances, nearest=placed)
    )


def _squared_distance(centroid: NDArray[np.float64]) -> exp.Expr:
    return added([squared(apart(f"z{i}", value)) for i, value in enumerate(centroid.tolist())])
