"""A clusterer of the crowd, beside clusters that are rare kinds."""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, ClusterMixin, clone

from clustomer.segments.arrays import Floats, Integers
from clustomer.segments.matrix.distances import nearest_point


class BesideRare(ClusterMixin, BaseEstimator):  # type: ignore[misc]
    """Cluster anew whoever is in no rare kind, and take the mean of each rare kind.

    For resamples of rows: who is in a rare kind is decided by centroids that are given.

    Parameters
    ----------
    estimator : clusterer with `cluster_centers_`, of the crowd. Never fitted itself.
    centroids : shape (n_clusters, n_features), of all clusters.
    rare : those of them that are rare kinds.
    random_state : int, RandomState or None, default None
        That of the estimator.

    Attributes
    ----------
    cluster_centers_ : first those of the crowd, then those of the rare kinds that have rows.
    labels_ : the nearest of them.

    Examples
    --------
    >>> from sklearn.cluster import KMeans
    >>> rows = np.array([[0.0], [1.0], [4.0], [5.0], [98.0], [100.0]])
    >>> model = BesideRare(KMeans(2, n_init=1), [[0.5], [4.5], [97.0]], [2], random_state=0)
    >>> sorted(model.fit(rows).cluster_centers_.ravel().tolist())
    [0.5, 4.5, 99.0]
    """

    def __init__(
        self,
        estimator: Any,
        centroids: ArrayLike,
        rare: Sequence[int],
        *,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.estimator = estimator
        self.centroids = centroids
        self.rare = rare
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: object = None) -> Self:
        """Fit the crowd, and take the means of the others.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        y : ignored.
        """
        matrix: Floats = np.asarray(X, dtype=np.float64)
        placed = nearest_point(matrix, np.asarray(self.centroids))[0]
        crowd = clone(self.estimator).set_params(random_state=self.random_state)
        crowd.fit(matrix[~np.isin(placed, self.rare)])
        means = [matrix[placed == kind].mean(axis=0) for kind in self.rare if kind in placed]
        self.cluster_centers_ = np.vstack([crowd.cluster_centers_, *means])
        self.labels_ = self.predict(matrix)
        return self

    def predict(self, X: ArrayLike) -> Integers:
        """Return the nearest centroid of each row, the lowest of equals.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        """
        return nearest_point(np.asarray(X, dtype=np.float64), self.cluster_centers_)[0]
