"""From a density algorithm's labels of a sample to a rule for everyone: exemplars and radii."""

from dataclasses import dataclass

import numpy as np
from sklearn.cluster import KMeans

from clustomer.segments.arrays import Flags, Floats, Integers
from clustomer.segments.matrix.distances import nearest_point
from clustomer.segments.matrix.scaling import round_significant
from clustomer.segments.rules.nearest_exemplar import nearest_region

_SMALLEST_RADIUS = 1e-6
"""Where all are equal, exemplars are rounded and customers are not."""
_HELD_BACK = 4
"""Every so manieth sampled row is held back to see how well the rule agrees."""


@dataclass(frozen=True, eq=False)
class Regions:
    """Dense regions, said by exemplars: see `NearestExemplar`.

    `agreement` is the share of sampled rows, by weight, which exemplars of the other rows label
    as the algorithm did, noise included: measured on every fourth row.
    """

    exemplars: Floats
    clusters: Integers
    noise_radii: Floats
    agreement: float

    def predict(self, matrix: Floats) -> Integers:
        """Return the cluster of each row; -1 for noise, and for all where there is no region."""
        if not len(self.exemplars):
            return np.full(len(matrix), -1, dtype=np.int64)
        return nearest_region(matrix, self.exemplars, self.clusters, self.noise_radii)


def fit_regions(
    matrix: Floats,
    labels: Integers,
    dense: Flags,
    weights: Floats,
    *,
    max_exemplars: int,
    most_share: float = 1.0,
    least_radius: float = 0.0,
    random_state: int = 0,
) -> Regions:
    """Return exemplars of each cluster's dense rows, and how far from them its customers lie.

    The dense rows of a cluster are divided by KMeans into as many parts as the cluster gets
    exemplars, and the row nearest to the middle of each part is one; with no more different rows
    than that, each is. Clusters share the exemplars in proportion to the square root of their
    rows, so that small ones have a shape too. A cluster's noise radius is the distance at which
    most of the sample near its exemplars is called as the algorithm called it, and at least
    `least_radius`.

    On held-back rows this agreed better with the algorithm than exemplars that are chosen
    farthest first, or than a radius for each exemplar.

    Parameters
    ----------
    matrix : shape (n_rows, n_features): the sample.
    labels : clusters from 0 on, none of them empty of dense rows; -1 for noise.
    dense : the rows that may be exemplars.
    weights : how many rows each stands for.
    max_exemplars : raised to one for each cluster.
    most_share : of a cluster's dense rows, those that may be exemplars at once: where all are, no
        distance to the nearest tells how far its customers lie.
    least_radius : what is certainly near enough.

    Examples
    --------
    >>> X = np.array([[0.0], [1.0], [2.0], [9.0], [10.0], [50.0]])
    >>> labels = np.array([0, 0, 0, 1, 1, -1])
    >>> found = fit_regions(X, labels, labels >= 0, np.ones(6), max_exemplars=3)
    >>> found.exemplars.ravel().tolist(), found.clusters.tolist()
    ([1.0, 9.0], [0, 1])
    >>> found.noise_radii.round(6).tolist()
    [1.0, 1.0]
    """
    if labels.max(initial=-1) < 0:
        nothing = np.zeros((0, matrix.shape[1]))
        return Regions(nothing, np.zeros(0, dtype=np.int64), np.zeros(0), 1.0)
    kept = np.arange(len(matrix)) % _HELD_BACK != _HELD_BACK - 1
    tested, learned = ~kept, kept
    if not tested.any() or set(labels[kept & dense]) - {-1} != set(labels) - {-1}:
        tested = learned = np.ones(len(matrix), dtype=bool)
    options = (max_exemplars, most_share, least_radius, random_state)
    rule = _fit(matrix[learned], labels[learned], dense[learned], weights[learned], *options)
    right = nearest_region(matrix[tested], *rule) == labels[tested]
    agreement = float(weights[tested][right].sum() / weights[tested].sum())
    return Regions(*_fit(matrix, labels, dense, weights, *options), agreement)


def _fit(
    matrix: Floats,
    labels: Integers,
    dense: Flags,
    weights: Floats,
    max_exemplars: int,
    most_share: float,
    least_radius: float,
    random_state: int,
) -> tuple[Floats, Integers, Floats]:
    n_clusters = int(labels.max()) + 1
    sizes = np.array([np.sum(dense & (labels == cluster)) for cluster in range(n_clusters)])
    quotas = np.minimum(max_exemplars * np.sqrt(sizes) / np.sqrt(sizes).sum(), most_share * sizes)
    quotas = np.maximum(1, np.floor(quotas)).astype(int)
    chosen = [
        _spread(matrix[dense & (labels == cluster)], int(quota), random_state)
        for cluster, quota in enumerate(quotas)
    ]
    exemplars = round_significant(np.vstack(chosen))
    clusters = np.repeat(np.arange(n_clusters), [len(rows) for rows in chosen])
    radii = _noise_radii(matrix, labels, weights, exemplars, clusters)
    least = float(round_significant(np.array([least_radius]))[0])
    return exemplars, clusters, np.maximum(radii, max(least, _SMALLEST_RADIUS))


def _spread(rows: Floats, number: int, random_state: int) -> Floats:
    """Return at most so many different rows, spread as all are."""
    different = np.unique(rows, axis=0)
    if len(different) <= number:
        return different
    middles = KMeans(number, n_init=1, random_state=random_state).fit(rows).cluster_centers_
    return different[np.unique(nearest_point(round_significant(middles), different)[0])]


def _noise_radii(
    matrix: Floats,
    labels: Integers,
    weights: Floats,
    exemplars: Floats,
    clusters: Integers,
) -> Floats:
    which, squared = nearest_point(matrix, exemplars)
    # A little more, so that rounding does not put the farthest member outside.
    distance = round_significant(np.sqrt(squared) * (1 + 1e-9))
    radii = np.zeros(int(clusters.max()) + 1)
    for cluster in range(len(radii)):
        near = clusters[which] == cluster
        order = np.argsort(distance[near], kind="stable")
        far = distance[near][order]
        gains = np.cumsum(np.where(labels[near] >= 0, weights[near], -weights[near])[order])
        last = np.append(far[1:] > far[:-1], True)  # equal distances are in or out together
        best = np.where(last, gains, -np.inf).argmax()
        radii[cluster] = far[best]
    return radii
