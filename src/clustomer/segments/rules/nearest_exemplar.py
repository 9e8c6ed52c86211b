"""The rule of dense regions: the nearest of some exemplars, unless it is too far, as SQL."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from sqlglot import exp

from clustomer.engines import dialect
from clustomer.segments.arrays import Floats, Integers, Labels, Matrix
from clustomer.segments.exclusions import NOISE, Exclusion
from clustomer.segments.matrix.distances import nearest_point
from clustomer.segments.matrix.scaled_query import (
    added,
    nearest,
    pipeline,
    scaled_customers,
    squared,
)
from clustomer.segments.matrix.scaling import ScaledFeature
from clustomer.segments.rules.border import (
    in_a_cluster,
    lowest,
    margin,
    of_own,
)
from clustomer.segments.rules.scaled_rule import ScaledRule, check_points
from clustomer.segments.rules.stored_arrays import StoredIntegers, StoredNumbers, StoredPoints


@dataclass(frozen=True, eq=False)
class NearestExemplar(ScaledRule):
    """The cluster of the nearest exemplar in scaled space; noise beyond that cluster's radius.

    `exemplars` has shape (exemplars, features), `clusters` the cluster of each, every cluster
    from 0 on at least once, and `noise_radii` a radius for each cluster. Of equally near
    exemplars the one of the lowest cluster counts.
    """

    kind: ClassVar[str] = "nearest_exemplar"
    leaves_noise: ClassVar[bool] = True

    scaling: tuple[ScaledFeature, ...]
    exemplars: StoredPoints
    clusters: StoredIntegers
    noise_radii: StoredNumbers
    exclusions: tuple[Exclusion, ...] = ()

    def __post_init__(self) -> None:
        check_points("an exemplar", self.exemplars, self.scaling)
        if len(self.clusters) != len(self.exemplars):
            raise ValueError("exemplars and clusters are not as many")
        if set(self.clusters.tolist()) != set(range(len(self.noise_radii))):
            raise ValueError("clusters and noise_radii do not fit together")

    @property
    def centres(self) -> Matrix:
        """The mean of each cluster's exemplars, shape (clusters, features)."""
        return np.array(
            [self.exemplars[self.clusters == j].mean(axis=0) for j in range(len(self.noise_radii))]
        )

    def renumbered(self, order: Sequence[int] | Integers) -> "NearestExemplar":
        """Return the rule with its clusters in another order; those not named are dropped."""
        kept = np.asarray(order)
        rows = np.concatenate([np.flatnonzero(self.clusters == j) for j in kept])
        place = {int(j): new for new, j in enumerate(kept)}
        return replace(
            self,
            exemplars=self.exemplars[rows],
            clusters=np.array([place[int(j)] for j in self.clusters[rows]], dtype=np.int64),
            noise_radii=self.noise_radii[kept],
        )

    def predict(self, matrix: Matrix) -> Labels:
        """Return the cluster of each scaled row, as the query gives it; -2 for noise."""
        labels = nearest_region(matrix, self.exemplars, self.clusters, self.noise_radii)
        return np.where(labels < 0, NOISE, labels)

    def query(self, source: exp.Table) -> exp.Select:
        """Return the query that gives each row of a customer table its exemplar's cluster."""
        return nearest_exemplar_query(self, source)


def nearest_region(
    matrix: Matrix,
    exemplars: Matrix,
    clusters: Integers,
    noise_radii: Floats,
) -> Labels:
    """Return the cluster of the nearest exemplar of each row, -1 beyond the cluster's radius.

    Examples
    --------
    >>> exemplars, clusters = np.array([[0.0], [10.0]]), np.array([0, 1])
    >>> rows = np.array([[1.0], [5.0], [8.0]])
    >>> nearest_region(rows, exemplars, clusters, np.array([2.0, 3.0])).tolist()
    [0, -1, 1]
    """
    order = np.argsort(clusters, kind="stable")  # of equals the lowest cluster
    which, distance = nearest_point(matrix, exemplars[order])
    nearest_cluster = clusters[order][which]
    inside = distance <= (noise_radii * noise_radii)[nearest_cluster]
    return np.where(inside, nearest_cluster, -1).astype(np.int64)


def nearest_exemplar_query(rule: NearestExemplar, source: exp.Table) -> exp.Select:
    """Return the query that gives each row of a customer table its exemplar's cluster."""
    n_clusters = len(rule.noise_radii)
    customer, excluded = exp.column("user_id"), exp.column("excluded")
    pairs = _pairs(len(rule.scaling))
    distances = (
        exp.select(
            customer.copy(),
            excluded.copy(),
            *(
                exp.alias_(dialect.parse(f"MIN(apart) FILTER (WHERE cluster = {j})"), f"d{j}")
                for j in range(n_clusters)
            ),
        )
        .from_("pairs")
        .group_by(customer.copy(), excluded.copy())
    )
    d = [exp.column(f"d{j}") for j in range(n_clusters)]
    nearest_to = exp.select(customer.copy(), exp.alias_(nearest(n_clusters), "closest"), *d).from_(
        "distances"
    )
    placed = exp.select(
        customer.copy(),
        exp.column("closest"),
        exp.alias_(of_own(n_clusters, "d", "closest"), "own"),
        exp.alias_(_reach(rule), "reach"),
        *(column.copy() for column in d),
    ).from_("nearest")
    margins = exp.select(
        customer.copy(),
        exp.alias_(_cluster(), "cluster"),
        exp.column("own"),
        exp.alias_(margin("own", "reach"), "inside"),
        exp.alias_(margin("reach", "own"), "outside"),
        *(exp.alias_(_towards(j), f"m{j}") for j in range(n_clusters)),
    ).from_("placed")
    border = in_a_cluster(lowest(["inside", *(f"m{j}" for j in range(n_clusters))]))
    is_noise = exp.EQ(this=exp.column("cluster"), expression=dialect.literal(NOISE))
    query = exp.select(
        customer.copy(),
        exp.column("cluster"),
        exp.alias_(in_a_cluster(exp.Sqrt(this=exp.column("own"))), "distance"),
        exp.alias_(border.when(is_noise, exp.column("outside")), "border_distance"),
    ).from_("margins")
    scaled = scaled_customers(rule.scaling, rule.exclusions, source)
    parts = {"exemplars": _inline_table(rule), "pairs": pairs, "distances": distances}
    parts |= {"nearest": nearest_to, "placed": placed, "margins": margins}
    return dialect.computed_once(pipeline(query, scaled=scaled, **parts))


def _pairs(n_features: int) -> exp.Select:
    """Return how far each customer is from each exemplar, squared."""
    return (
        exp.select(
            exp.column("user_id"),
            exp.column("excluded"),
            exp.column("cluster"),
            exp.alias_(
                added(
                    [
                        squared(
                            exp.Paren(
                                this=exp.Sub(
                                    this=exp.column(f"z{i}"), expression=exp.column(f"e{i}")
                                )
                            )
                        )
                        for i in range(n_features)
                    ]
                ),
                "apart",
            ),
        )
        .from_("scaled")
        .join("exemplars", join_type="cross")
    )


def _reach(rule: NearestExemplar) -> exp.Case:
    """Return the square of the closest cluster's radius, beyond which there is noise."""
    reach = exp.Case()
    for j, radius in enumerate(rule.noise_radii.tolist()):
        is_closest = exp.EQ(this=exp.column("closest"), expression=dialect.literal(j))
        reach = reach.when(is_closest, dialect.literal(radius * radius), copy=False)
    return reach


def _cluster() -> exp.Case:
    within = exp.LTE(this=exp.column("own"), expression=exp.column("reach"))
    excluded = exp.LT(this=exp.column("closest"), expression=dialect.literal(0))
    return (
        exp.Case()
        .when(excluded, exp.column("closest"))
        .when(within, exp.column("closest"))
        .else_(dialect.literal(NOISE))
    )


def _towards(cluster: int) -> exp.Case:
    is_closest = exp.EQ(this=exp.column("closest"), expression=dialect.literal(cluster))
    return (
        exp.Case()
        .when(is_closest, dialect.literal(1.0), copy=False)
        .else_(margin("own", f"d{cluster}"), copy=False)
    )


def _inline_table(rule: NearestExemplar) -> exp.Expr:
    """Return the exemplars, as a UNION ALL since engines spell VALUES differently."""
    names = ["cluster", *(f"e{i}" for i in range(len(rule.scaling)))]
    table = zip(rule.clusters.tolist(), rule.exemplars.tolist(), strict=True)
    # The builder's functions would copy every part.
    rows: list[exp.Expr] = [
        exp.Select(
            expressions=[
                exp.Alias(this=dialect.literal(value), alias=exp.to_identifier(name))
                for name, value in zip(names, [cluster, *exemplar], strict=True)
            ]
        )
        for cluster, exemplar in table
    ]
    # Halves of halves: a chain of hundreds would be nested as deep.
    while len(rows) > 1:
        pairs = [rows[i : i + 2] for i in range(0, len(rows), 2)]
        rows = [
            exp.Union(this=pair[0], expression=pair[1], distinct=False)
            if len(pair) == 2
            else pair[0]
            for pair in pairs
        ]
    return rows[0]
