"""An algorithm of a page: customers cut into slices of their first feature, as many in each."""

from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClusterMixin

from clustomer.segments.algorithms.algorithm import Algorithm


class Slices(ClusterMixin, BaseEstimator):
    def __init__(self, n_clusters: int = 2, random_state: int | None = None) -> None:
        self.n_clusters = n_clusters
        self.random_state = random_state

    def fit(self, X: Any, y: object = None) -> Self:
        slices = np.array_split(X[np.argsort(X[:, 0], kind="stable")], self.n_clusters)
        self.cluster_centers_ = np.array([rows.mean(axis=0) for rows in slices])
        self.labels_ = self.predict(X)
        return self

    def predict(self, X: Any) -> Any:
        squares = ((X[:, np.newaxis] - self.cluster_centers_) ** 2).sum(axis=2)
        return squares.argmin(axis=1)


class SlicesAlgorithm(Algorithm):
    def estimator(self) -> Any:
        return Slices()
