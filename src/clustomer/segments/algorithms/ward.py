"""Hierarchical clustering by Ward's method, with the nearest centroid as its rule."""

from functools import lru_cache
from numbers import Integral
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, ClusterMixin, _fit_context
from sklearn.cluster import ward_tree
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval
from sklearn.utils.validation import check_is_fitted, validate_data
from threadpoolctl import threadpool_limits

from clustomer.segments.algorithms.algorithm import Algorithm
from clustomer.segments.algorithms.dendrogram import Dendrogram, dendrogram
from clustomer.segments.arrays import Floats, Integers
from clustomer.segments.matrix.distances import nearest_point
from clustomer.segments.matrix.sampling import stratified_rows
from clustomer.segments.matrix.scaling import round_significant


class Ward(ClusterMixin, BaseEstimator):  # type: ignore[misc]
    """Merge rows into a tree, always the two groups that lose least, and cut it at K groups.

    The tree is built from at most `max_fit_rows` rows (`sampling.stratified_rows`), since its
    time and memory grow with their square. A group's centroid is the weighted mean of its
    rows, and every row, of the sample or not, belongs to the nearest centroid: labels come from
    that rule, so that `fit_predict(X)` equals `fit(X).predict(X)`.

    Parameters
    ----------
    n_clusters : int, default 2
    max_fit_rows : int, default 5000
    random_state : int, RandomState or None, default None
        Draws the sample.

    Attributes
    ----------
    labels_ : ndarray of shape (n_samples,), by the nearest centroid.
    cluster_centers_ : ndarray of shape (n_clusters, n_features)
    sample_indices_ : ndarray of rows that the tree was built from, rising.
    sample_weights_ : ndarray of how many rows each of them stands for.
    children_ : ndarray of shape (n_sampled - 1, 2)
        The two nodes that each step merges; nodes below n_sampled are sampled rows, others are
        `n_sampled` plus the step that made them. Rising by `distances_`.
    distances_ : ndarray of shape (n_sampled - 1,)
        How far apart the two are, in Ward's sense: the square root of twice what the sum of
        squares inside the groups grows by.
    n_features_in_ : int

    Notes
    -----
    Ward 1963, doi:10.1080/01621459.1963.10500845.

    Examples
    --------
    >>> X = np.array([[0.0], [1.0], [10.0], [11.0]])
    >>> model = Ward(n_clusters=2).fit(X)
    >>> model.cluster_centers_.ravel().tolist(), model.labels_.tolist()
    ([0.5, 10.5], [0, 0, 1, 1])
    >>> model.distances_.round(3).tolist()
    [1.0, 1.0, 14.142]
    """

    _parameter_constraints: dict[str, list[Any]] = {  # noqa: RUF012
        "n_clusters": [Interval(Integral, 1, None, closed="left")],
        "max_fit_rows": [Interval(Integral, 2, None, closed="left")],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        n_clusters: int = 2,
        *,
        max_fit_rows: int = 5_000,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.max_fit_rows = max_fit_rows
        self.random_state = random_state

    @_fit_context(prefer_skip_nested_validation=True)  # type: ignore[untyped-decorator]
    def fit(self, X: ArrayLike, y: object = None) -> Self:
        """Build the tree and cut it.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features), at least two rows and `n_clusters`.
        y : ignored.
        """
        matrix = validate_data(self, X, dtype=np.float64, ensure_min_samples=2, order="C")
        rows, weights = stratified_rows(
            matrix, int(self.max_fit_rows), check_random_state(self.random_state)
        )
        if len(rows) < self.n_clusters:
            raise ValueError(
                f"n_clusters is {self.n_clusters}, more than the n_samples = {len(rows)} rows that "
                "the tree is built from."
            )
        sample = np.ascontiguousarray(matrix[rows])
        self.sample_indices_, self.sample_weights_ = rows, weights
        self.children_, self.distances_ = _tree(sample.tobytes(), sample.shape)
        groups = cut(self.children_, int(self.n_clusters))
        self.cluster_centers_ = round_significant(
            np.array(
                [
                    np.average(sample[groups == group], axis=0, weights=weights[groups == group])
                    for group in range(self.n_clusters)
                ]
            )
        )
        self.labels_ = nearest_point(matrix, self.cluster_centers_)[0]
        return self

    def predict(self, X: ArrayLike) -> Integers:
        """Return the nearest centroid of each row, the lowest of equals.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        """
        check_is_fitted(self)
        matrix = validate_data(self, X, dtype=np.float64, reset=False)
        return nearest_point(matrix, self.cluster_centers_)[0]


def cut(children: Integers, n_clusters: int) -> Integers:
    """Return the group of each leaf of a tree that is cut into some groups.

    Groups are numbered by their first leaf.

    >>> cut(np.array([[0, 1], [2, 3], [4, 5]]), 2).tolist()
    [0, 0, 1, 1]
    """
    n_leaves = len(children) + 1
    group = np.arange(n_leaves + len(children))
    # From the root down: below the cut a node's children belong to its own group.
    for node in range(2 * n_leaves - 1 - n_clusters, n_leaves - 1, -1):
        group[children[node - n_leaves]] = group[node]
    _, first, codes = np.unique(group[:n_leaves], return_index=True, return_inverse=True)
    numbers = np.empty(len(first), dtype=np.int64)
    numbers[np.argsort(first)] = np.arange(len(first))
    return numbers[codes]


class WardAlgorithm(Algorithm):
    """Ward's tree of a sample, cut; a customer belongs to the nearest centroid."""

    def estimator(self) -> Any:
        """Return `Ward`."""
        return Ward()

    def tree(self, fitted: Any) -> Dendrogram | None:
        """Return the top of the tree."""
        return dendrogram(fitted)


# Every K of a range cuts the same tree, on all rows and on each resample.
@lru_cache(maxsize=128)
def _tree(content: bytes, shape: tuple[int, int]) -> tuple[Integers, Floats]:
    with threadpool_limits(1):
        children, _, _, _, distances = ward_tree(
            np.frombuffer(content).reshape(shape), return_distance=True
        )
    children, distances = np.asarray(children, dtype=np.int64), np.asarray(distances)
    children.setflags(write=False)
    distances.setflags(write=False)
    return children, distances
