"""DBSCAN with a radius from the data, and the nearest exemplar as its rule."""

from numbers import Integral, Real
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import _fit_context
from sklearn.cluster import DBSCAN
from sklearn.neighbors import NearestNeighbors
from sklearn.utils._param_validation import Interval
from threadpoolctl import threadpool_limits

from clustomer.segments.algorithms.dense_regions import (
    MAX_EXEMPLARS,
    DenseAlgorithm,
    DenseRegions,
    large_enough,
)
from clustomer.segments.algorithms.exemplars import fit_regions
from clustomer.segments.arrays import Floats
from clustomer.segments.matrix.scaling import round_significant
from clustomer.segments.validity.elbow import find_elbow

_CURVE_POINTS = 200
_USUAL_SHARE = 0.9
_SMALLEST = 1e-6


class Dbscan(DenseRegions):
    """Find dense regions by DBSCAN in a sample, and place everyone by the nearest exemplar.

    A sampled row with at least `min_samples` rows within the radius `eps` (itself among them)
    is a core row; core rows within `eps` of one another are one cluster. Of the core rows at
    most `max_exemplars` become exemplars, and every row, of the sample or not, gets the cluster
    of the nearest exemplar, or is noise beyond the cluster's noise radius
    (`exemplars.fit_regions`).

    Parameters
    ----------
    eps : float or None, default None
        None takes the elbow (`find_elbow`) of the sampled rows' distances to their
        `min_samples`-th neighbour, in falling order (Ester et al. 1996); the 90th percentile of
        these distances where the curve has no elbow. Where either is 0, since most rows have their
        like, it is half of the smallest distance between rows that differ.
    min_samples : int or None, default None
        None takes twice the number of features (Sander et al. 1998,
        doi:10.1023/A:1009745219419), at least 4.
    min_cluster_share : float, default 0.01
        A region with a smaller share of the rows is noise.
    max_exemplars : int, default 300
    max_fit_rows : int, default 5000
        Size of the sample (`sampling.stratified_rows`).
    random_state : int, RandomState or None, default None
        Draws the sample.

    Attributes
    ----------
    labels_ : ndarray of shape (n_samples,), by the rule; -1 is noise.
    eps_, min_samples_ : what was used.
    regions_ : exemplars, their clusters, noise radii, and how well the rule agrees.
    sample_indices_ : ndarray of rows in the sample, rising.
    n_features_in_ : int

    Notes
    -----
    Ester, Kriegel, Sander & Xu 1996, "A density-based algorithm for discovering clusters in
    large spatial databases with noise", KDD-96.

    Examples
    --------
    >>> X = np.array([[0.0], [0.1], [0.2], [5.0], [5.1], [5.2], [9.0]])
    >>> Dbscan(eps=0.3, min_samples=2).fit(X).labels_.tolist()
    [0, 0, 0, 1, 1, 1, -1]
    """

    _parameter_constraints: dict[str, list[Any]] = {  # noqa: RUF012
        "eps": [Interval(Real, 0, None, closed="neither"), None],
        "min_samples": [Interval(Integral, 1, None, closed="left"), None],
        "min_cluster_share": [Interval(Real, 0, 1, closed="both")],
        "max_exemplars": [Interval(Integral, 1, None, closed="left")],
        "max_fit_rows": [Interval(Integral, 2, None, closed="left")],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        eps: float | None = None,
        min_samples: int | None = None,
        *,
        min_cluster_share: float = 0.01,
        max_exemplars: int = MAX_EXEMPLARS,
        max_fit_rows: int = 5_000,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.eps = eps
        self.min_samples = min_samples
        self.min_cluster_share = min_cluster_share
        self.max_exemplars = max_exemplars
        self.max_fit_rows = max_fit_rows
        self.random_state = random_state

    @_fit_context(prefer_skip_nested_validation=True)  # type: ignore[untyped-decorator]
    def fit(self, X: ArrayLike, y: object = None) -> Self:
        """Find the dense regions.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features), at least two rows.
        y : ignored.
        """
        matrix, sample, weights = self._sampled(X)
        with threadpool_limits(1):
            self.eps_ = (
                _usual_radius(sample, self.min_samples_) if self.eps is None else float(self.eps)
            )
            # Equal rows are one row of their number: else all pairs of them would be listed.
            different, which, counts = np.unique(
                sample, axis=0, return_inverse=True, return_counts=True
            )
            fitted = DBSCAN(eps=self.eps_, min_samples=self.min_samples_).fit(
                different, sample_weight=counts
            )
            core = np.zeros(len(different), dtype=bool)
            core[fitted.core_sample_indices_] = True
            labels = large_enough(fitted.labels_[which], weights, float(self.min_cluster_share))
            self.regions_ = fit_regions(
                sample,
                labels,
                core[which],
                weights,
                max_exemplars=int(self.max_exemplars),
                least_radius=self.eps_,
            )
        self.labels_ = self.regions_.predict(matrix)
        return self


def _usual_radius(sample: Floats, min_samples: int) -> float:
    neighbours = NearestNeighbors(n_neighbors=min_samples).fit(sample)
    farthest = round_significant(np.sort(neighbours.kneighbors(sample)[0][:, -1])[::-1])
    places = np.unique(np.linspace(0, len(farthest) - 1, _CURVE_POINTS).astype(int))
    elbow = find_elbow(places.tolist(), farthest[places].tolist())
    if elbow is None:
        radius = float(np.quantile(farthest, _USUAL_SHARE, method="lower"))
    else:
        radius = float(farthest[int(elbow)])
    if radius > 0:
        return radius
    different = np.unique(sample, axis=0)
    if len(different) == 1:
        return 1.0  # any radius will do
    nearest = NearestNeighbors(n_neighbors=2).fit(different).kneighbors(different)[0][:, 1]
    return max(float(round_significant(nearest.min(keepdims=True))[0]) / 2, _SMALLEST)


class DbscanAlgorithm(DenseAlgorithm):
    """Dense regions by DBSCAN; a customer belongs to the region of the nearest exemplar."""

    def estimator(self) -> Any:
        """Return `Dbscan`."""
        return Dbscan()

    def parameters(self, fitted: Any) -> dict[str, int | float | str]:
        """Return the radius and what a region needs, and what exemplars came of it."""
        return {
            "eps": float(fitted.eps_),
            "min_samples": int(fitted.min_samples_),
            "min_cluster_share": float(fitted.min_cluster_share),
            **super().parameters(fitted),
        }
