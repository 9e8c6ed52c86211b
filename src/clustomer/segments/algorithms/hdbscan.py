"""HDBSCAN, with the nearest exemplar as its rule."""

from numbers import Integral, Real
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import _fit_context
from sklearn.cluster import HDBSCAN
from sklearn.utils._param_validation import Interval
from threadpoolctl import threadpool_limits

from clustomer.segments.algorithms.dense_regions import (
    MAX_EXEMPLARS,
    DenseAlgorithm,
    DenseRegions,
    large_enough,
)
from clustomer.segments.algorithms.exemplars import fit_regions

_FEWEST_ROWS = 10
_MOST_SHARE = 1 / 3


class Hdbscan(DenseRegions):
    """Find regions of any density by HDBSCAN in a sample, and place everyone by exemplars.

    HDBSCAN looks at all radii at once and keeps the regions that persist over most of them, of
    at least `min_cluster_share` of the sample. Their rows are covered by at most
    `max_exemplars` exemplars, and every row, of the sample or not, gets the cluster of the
    nearest exemplar, or is noise beyond the cluster's noise radius (`exemplars.fit_regions`).

    Parameters
    ----------
    min_cluster_share : float, default 0.02
        Share of the sampled rows, rounded up and at least 10 rows.
    min_samples : int or None, default None
        Neighbours that make a row dense; None takes twice the number of features, at least 4,
        as for DBSCAN.
    max_exemplars : int, default 300
    max_fit_rows : int, default 5000
        Size of the sample (`sampling.stratified_rows`).
    random_state : int, RandomState or None, default None
        Draws the sample.

    Attributes
    ----------
    labels_ : ndarray of shape (n_samples,), by the rule; -1 is noise.
    min_cluster_size_, min_samples_ : what was used, in sampled rows.
    regions_ : exemplars, their clusters, noise radii, and how well the rule agrees.
    sample_indices_ : ndarray of rows in the sample, rising.
    n_features_in_ : int

    Notes
    -----
    Campello, Moulavi & Sander 2013, doi:10.1007/978-3-642-37456-2_14.

    Examples
    --------
    >>> X = np.append(np.linspace(0, 1, 30), np.linspace(9, 10, 30))[:, np.newaxis]
    >>> np.bincount(Hdbscan().fit(X).labels_).tolist()
    [30, 30]
    """

    _parameter_constraints: dict[str, list[Any]] = {  # noqa: RUF012
        "min_cluster_share": [Interval(Real, 0, 1, closed="both")],
        "min_samples": [Interval(Integral, 1, None, closed="left"), None],
        "max_exemplars": [Interval(Integral, 1, None, closed="left")],
        "max_fit_rows": [Interval(Integral, 2, None, closed="left")],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        min_cluster_share: float = 0.02,
        min_samples: int | None = None,
        *,
        max_exemplars: int = MAX_EXEMPLARS,
        max_fit_rows: int = 5_000,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.min_cluster_share = min_cluster_share
        self.min_samples = min_samples
        self.max_exemplars = max_exemplars
        self.max_fit_rows = max_fit_rows
        self.random_state = random_state

    @_fit_context(prefer_skip_nested_validation=True)  # type: ignore[untyped-decorator]
    def fit(self, X: ArrayLike, y: object = None) -> Self:
        """Find the regions.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features), at least two rows.
        y : ignored.
        """
        matrix, sample, weights = self._sampled(X)
        size = int(np.ceil(round(float(self.min_cluster_share) * len(sample), 9)))
        self.min_cluster_size_ = max(_FEWEST_ROWS, size)
        with threadpool_limits(1):
            fitted = HDBSCAN(
                min_cluster_size=self.min_cluster_size_, min_samples=self.min_samples_, copy=True
            ).fit(sample)
            labels = large_enough(fitted.labels_.astype(np.int64), weights, 0.0)
            self.regions_ = fit_regions(
                sample,
                labels,
                labels >= 0,
                weights,
                max_exemplars=int(self.max_exemplars),
                most_share=_MOST_SHARE,
            )
        self.labels_ = self.regions_.predict(matrix)
        return self


class HdbscanAlgorithm(DenseAlgorithm):
    """Dense regions by HDBSCAN; a customer belongs to the region of the nearest exemplar."""

    def estimator(self) -> Any:
        """Return `Hdbscan`."""
        return Hdbscan()

    def parameters(self, fitted: Any) -> dict[str, int | float | str]:
        """Return what a region needs, and what exemplars came of it."""
        return {
            "min_cluster_share": float(fitted.min_cluster_share),
            "min_cluster_size": int(fitted.min_cluster_size_),
            "min_samples": int(fitted.min_samples_),
            **super().parameters(fitted),
        }
