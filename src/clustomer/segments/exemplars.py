"""From a density algorithm's labels of a sample to a rule for everyone: exemplars and radii."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clustomer.segments.distances import nearest_point, squared_distances
from clustomer.segments.nearest_exemplar import nearest_region
from clustomer.segments.scaling import round_significant

_SMALLEST_RADIUS = 1e-6
"""Where all are equal, exemplars are rounded and customers are not."""


@dataclass(frozen=True, eq=False)
class Regions:
    """Dense regions, said by exemplars: see `NearestExemplar`.

    `agreement` is the weighted share of the sample whose label the rule gives as the algorithm
    gave it, noise included.
    """

    exemplars: NDArray[np.float64]
    clusters: NDArray[np.int64]
    noise_radii: NDArray[np.float64]
    agreement: float

    def predict(self, matrix: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return the cluster of each row; -1 for noise, and for all where there is no region."""
        if not len(self.exemplars):
            return np.full(len(matrix), -1, dtype=np.int64)
        return nearest_region(matrix, self.exemplars, self.clusters, self.noise_radii)


def fit_regions(
    matrix: NDArray[np.float64],
    labels: NDArray[np.int64],
    dense: NDArray[np.bool_],
    weights: NDArray[np.float64],
    *,
    max_exemplars: int,
    enough: float = 0.0,
) -> Regions:
    """Return exemplars of each cluster's dense rows, and how far from them its customers lie.

    Exemplars are chosen farthest first (Gonzalez 1985, doi:10.1016/0304-3975(85)90224-5), which
    covers the dense rows with balls at most twice as large as need be: first, in each cluster,
    the row nearest to the mean of its dense rows; then, again and again, the dense row that is
    farthest from all exemplars, until none is farther than `enough` or there are
    `max_exemplars`. An exemplar on the wrong side of a border cannot arise: each is a row, and
    carries its own label. A cluster's noise radius is the distance at which most of the sample
    near its exemplars is called as the algorithm called it.

    Parameters
    ----------
    matrix : shape (n_rows, n_features): the sample.
    labels : clusters from 0 on, none of them empty of dense rows; -1 for noise.
    dense : the rows that may be exemplars.
    weights : how many rows each stands for.

    Examples
    --------
    >>> X = np.array([[0.0], [1.0], [2.0], [9.0], [10.0], [50.0]])
    >>> labels = np.array([0, 0, 0, 1, 1, -1])
    >>> found = fit_regions(X, labels, labels >= 0, np.ones(6), max_exemplars=3)
    >>> found.exemplars.ravel().tolist(), found.clusters.tolist()
    ([1.0, 0.0, 9.0], [0, 0, 1])
    >>> found.noise_radii.round(6).tolist(), found.agreement
    ([1.0, 1.0], 1.0)
    """
    n_clusters = int(labels.max(initial=-1)) + 1
    if not n_clusters:
        nothing = np.zeros((0, matrix.shape[1]))
        share = float(weights[labels < 0].sum() / weights.sum())
        return Regions(nothing, np.zeros(0, dtype=np.int64), np.zeros(0), share)
    candidates = np.flatnonzero(dense & (labels >= 0))
    points = matrix[candidates]
    chosen = []
    for cluster in range(n_clusters):
        own = np.flatnonzero(labels[candidates] == cluster)
        middle = points[own].mean(axis=0, keepdims=True)
        chosen.append(int(own[np.round(squared_distances(points[own], middle)[:, 0], 9).argmin()]))
    left = nearest_point(points, points[chosen])[1]
    while len(chosen) < max_exemplars:
        farthest = int(left.argmax())
        if left[farthest] <= enough * enough:
            break
        chosen.append(farthest)
        left = np.minimum(left, squared_distances(points, points[[farthest]])[:, 0])
    picked = np.array(chosen)
    picked = picked[np.argsort(labels[candidates][picked], kind="stable")]
    exemplars = round_significant(points[picked])
    clusters = labels[candidates][picked]
    radii = _noise_radii(matrix, labels, weights, exemplars, clusters, n_clusters)
    placed = nearest_region(matrix, exemplars, clusters, radii)
    agreement = float(weights[placed == labels].sum() / weights.sum())
    return Regions(exemplars, clusters, radii, agreement)


def _noise_radii(
    matrix: NDArray[np.float64],
    labels: NDArray[np.int64],
    weights: NDArray[np.float64],
    exemplars: NDArray[np.float64],
    clusters: NDArray[np.int64],
    n_clusters: int,
) -> NDArray[np.float64]:
    which, squared = nearest_point(matrix, exemplars)
    # A little more, so that rounding does not put the farthest member outside.
    distance = round_significant(np.sqrt(squared) * (1 + 1e-9))
    radii = np.zeros(n_clusters)
    for cluster in range(n_clusters):
        near = clusters[which] == cluster
        order = np.argsort(distance[near], kind="stable")
        far = distance[near][order]
        gain = np.where(labels[near] >= 0, weights[near], -weights[near])[order]
        gains = np.cumsum(gain)
        last = np.append(far[1:] > far[:-1], True)  # equal distances are in or out together
        best = np.where(last, gains, -np.inf).argmax()
        radii[cluster] = max(float(far[best]), _SMALLEST_RADIUS)
    return radii
