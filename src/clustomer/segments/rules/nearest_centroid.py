"""The rule of KMeans and Ward: the nearest centroid, as SQL."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from sqlglot import exp

from clustomer.engines import dialect
from clustomer.segments.arrays import Floats, Integers, Labels, Matrix
from clustomer.segments.exclusions import Exclusion
from clustomer.segments.matrix.distances import nearest_point
from clustomer.segments.matrix.scaled_query import (
    added,
    apart,
    nearest,
    pipeline,
    scaled_customers,
    squared,
)
from clustomer.segments.matrix.scaling import ScaledFeature
from clustomer.segments.rules.border import bordered, margin, of_own
from clustomer.segments.rules.scaled_rule import ScaledRule, check_points
from clustomer.segments.rules.stored_arrays import StoredPoints


@dataclass(frozen=True, eq=False)
class NearestCentroid(ScaledRule):
    """The nearest centroid in scaled space; the lowest cluster where two are as near.

    `centroids` has shape (clusters, features); `exclusions` come first.
    """

    kind: ClassVar[str] = "nearest_centroid"

    scaling: tuple[ScaledFeature, ...]
    centroids: StoredPoints
    exclusions: tuple[Exclusion, ...] = ()

    def __post_init__(self) -> None:
        check_points("a centroid", self.centroids, self.scaling)

    @property
    def centres(self) -> Matrix:
        """The middle of each cluster, shape (clusters, features)."""
        return self.centroids

    def renumbered(self, order: Sequence[int] | Integers) -> "NearestCentroid":
        """Return the rule with its clusters in another order; those not named are dropped."""
        return replace(self, centroids=self.centroids[np.asarray(order)])

    def beside(self, points: Matrix) -> "NearestCentroid":
        """Return the rule with further centroids, after its own."""
        return replace(self, centroids=np.vstack([self.centroids, points]))

    def predict(self, matrix: Matrix) -> Labels:
        """Return the cluster of each scaled row, as the query gives it."""
        return nearest_point(matrix, self.centroids)[0]

    def query(self, source: exp.Table) -> exp.Select:
        """Return the query that gives each row of a customer table its nearest centroid."""
        return nearest_centroid_query(self, source)


def nearest_centroid_query(rule: NearestCentroid, source: exp.Table) -> exp.Select:
    """Return the query that gives each row of a customer table its nearest centroid."""
    clusters = range(len(rule.centroids))
    customer = exp.column("user_id")
    distances = exp.select(
        customer.copy(),
        exp.column("excluded"),
        *(exp.alias_(_squared_distance(rule.centroids[j]), f"d{j}", copy=False) for j in clusters),
        copy=False,
    ).from_("scaled", copy=False)
    placed = exp.select(
        customer.copy(),
        exp.alias_(nearest(len(clusters)), "cluster"),
        *(exp.column(f"d{j}") for j in clusters),
    ).from_("distances")
    nearest_of_all = exp.select(
        customer.copy(),
        exp.column("cluster"),
        exp.alias_(of_own(len(clusters), "d"), "own"),
        *(exp.column(f"d{j}") for j in clusters),
    ).from_("nearest")
    query, margins = bordered([margin("own", f"d{j}") for j in clusters])
    scaled = scaled_customers(rule.scaling, rule.exclusions, source)
    parts = {
        "distances": distances,
        "nearest": placed,
        "placed": nearest_of_all,
        "margins": margins,
    }
    return dialect.computed_once(pipeline(query, scaled=scaled, **parts))


def _squared_distance(centroid: Floats) -> exp.Expr:
    return added([squared(apart(f"z{i}", value)) for i, value in enumerate(centroid.tolist())])
