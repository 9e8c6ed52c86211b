"""The rule of a mixture: the cluster whose weighted normal density is highest, as SQL."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from sqlglot import exp

from clustomer.engines import dialect
from clustomer.segments.arrays import Floats, Integers, Labels, Matrix
from clustomer.segments.exclusions import Exclusion
from clustomer.segments.matrix.scaled_query import (
    added,
    apart,
    nearest,
    pipeline,
    scaled_customers,
    squared,
)
from clustomer.segments.matrix.scaling import ScaledFeature
from clustomer.segments.rules.border import bordered, of_own
from clustomer.segments.rules.scaled_rule import ScaledRule, check_points
from clustomer.segments.rules.stored_arrays import StoredNumbers, StoredPoints, StoredTriangles


@dataclass(frozen=True, eq=False)
class Quadratic(ScaledRule):
    """The highest weighted normal density in scaled space; the lowest cluster of equals.

    The logarithm of cluster j's density at z, its weight included, is
    `constants[j] - q / 2`, where `q` is the squared length of `precision_cholesky[j] @ (z -
    means[j])`: the squared Mahalanobis distance. `means` has shape (clusters, features),
    `precision_cholesky`, the lower Cholesky factor of each precision matrix, (clusters, features,
    features), and `constants` (clusters,).
    """

    kind: ClassVar[str] = "quadratic"

    scaling: tuple[ScaledFeature, ...]
    means: StoredPoints
    precision_cholesky: StoredTriangles
    constants: StoredNumbers
    exclusions: tuple[Exclusion, ...] = ()

    def __post_init__(self) -> None:
        check_points("a mean", self.means, self.scaling)
        if not len(self.means) == len(self.precision_cholesky) == len(self.constants):
            raise ValueError("means, precision_cholesky and constants are not as many")
        if self.precision_cholesky.shape[1:] != (len(self.scaling), len(self.scaling)):
            raise ValueError("precision_cholesky does not have a row for each feature")

    @property
    def centres(self) -> Matrix:
        """The middle of each cluster, shape (clusters, features)."""
        return self.means

    def renumbered(self, order: Sequence[int] | Integers) -> "Quadratic":
        """Return the rule with its clusters in another order; those not named are dropped."""
        kept = np.asarray(order)
        return replace(
            self,
            means=self.means[kept],
            precision_cholesky=self.precision_cholesky[kept],
            constants=self.constants[kept],
        )

    def predict(self, matrix: Matrix) -> Labels:
        """Return the cluster of each scaled row, as the query gives it."""
        return densest(matrix, self.means, self.precision_cholesky, self.constants)

    def query(self, source: exp.Table) -> exp.Select:
        """Return the query that gives each row of a customer table its densest cluster."""
        return quadratic_query(self, source)


def densest(
    matrix: Matrix,
    means: Floats,
    precision_cholesky: Floats,
    constants: Floats,
) -> Labels:
    """Return the cluster with the highest weighted density of each row, the lowest of equals.

    Examples
    --------
    >>> means, precision_cholesky = np.array([[0.0], [0.0]]), np.array([[[1.0]], [[0.1]]])
    >>> densest(np.array([[0.5], [9.0]]), means, precision_cholesky, np.log([1.0, 0.1])).tolist()
    [0, 1]
    """
    scores = np.empty((len(matrix), len(means)))
    for j, (mean, factor, constant) in enumerate(
        zip(means, precision_cholesky, constants, strict=True)
    ):
        # In the order of the query, so that both round alike.
        form = np.zeros(len(matrix))
        for i in range(matrix.shape[1]):
            line = np.zeros(len(matrix))
            for column in range(i + 1):
                line += factor[i, column] * (matrix[:, column] - mean[column])
            form += line * line
        scores[:, j] = form + -2.0 * constant
    return np.asarray(scores.argmin(axis=1), dtype=np.int64)


def quadratic_query(rule: Quadratic, source: exp.Table) -> exp.Select:
    """Return the query that gives each row of a customer table its densest cluster."""
    clusters, features = range(len(rule.means)), range(len(rule.scaling))
    customer, excluded = exp.column("user_id"), exp.column("excluded")
    whitened = exp.select(
        customer.copy(),
        excluded.copy(),
        *(exp.alias_(_line(rule, j, i), f"w{j}_{i}") for j in clusters for i in features),
    ).from_("scaled")
    forms = exp.select(
        customer.copy(),
        excluded.copy(),
        *(
            exp.alias_(added([squared(exp.column(f"w{j}_{i}")) for i in features]), f"q{j}")
            for j in clusters
        ),
    ).from_("whitened")
    # minus twice the log density: smaller is better, as with distances
    densities = exp.select(
        customer.copy(),
        excluded.copy(),
        *(exp.column(f"q{j}") for j in clusters),
        *(
            exp.alias_(
                exp.Add(
                    this=exp.column(f"q{j}"),
                    expression=dialect.literal(-2.0 * float(rule.constants[j])),
                ),
                f"d{j}",
            )
            for j in clusters
        ),
    ).from_("forms")
    both = [exp.column(f"{letter}{j}") for letter in "qd" for j in clusters]
    placed = exp.select(
        customer.copy(), exp.alias_(nearest(len(clusters)), "cluster"), *both
    ).from_("densities")
    densest_of_all = exp.select(
        customer.copy(),
        exp.column("cluster"),
        exp.alias_(of_own(len(clusters), "q"), "own"),
        exp.alias_(of_own(len(clusters), "d"), "own_density"),
        *(exp.column(f"d{j}") for j in clusters),
    ).from_("densest")
    query, margins = bordered([_odds(f"d{j}") for j in clusters])
    scaled = scaled_customers(rule.scaling, rule.exclusions, source)
    parts = {"whitened": whitened, "forms": forms, "densities": densities, "densest": placed}
    return dialect.computed_once(
        pipeline(query, scaled=scaled, **parts, placed=densest_of_all, margins=margins)
    )


def _odds(density: str) -> exp.Expr:
    """Return h / (1 + h), h the logarithm of how many times as likely the own cluster is."""
    gap = exp.Sub(this=exp.column(density), expression=exp.column("own_density"))
    more = exp.Add(this=dialect.literal(2.0), expression=exp.Paren(this=gap.copy()))
    return exp.Div(this=exp.Paren(this=gap), expression=exp.Paren(this=more))


def _line(rule: Quadratic, cluster: int, row: int) -> exp.Expr:
    weights, mean = rule.precision_cholesky[cluster, row].tolist(), rule.means[cluster].tolist()
    return added(
        [
            exp.Mul(this=dialect.literal(weights[i]), expression=apart(f"z{i}", mean[i]))
            for i in range(row + 1)
        ]
    )
