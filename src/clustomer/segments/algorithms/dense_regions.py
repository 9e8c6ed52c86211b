"""What the clusterings by density share: a sample to look at, and a rule by exemplars."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from clustomer.segments.algorithms.algorithm import Algorithm
from clustomer.segments.algorithms.exemplars import Regions
from clustomer.segments.arrays import Floats, Labels, Matrix
from clustomer.segments.exclusions import Exclusion
from clustomer.segments.matrix.sampling import stratified_rows
from clustomer.segments.matrix.scaling import ScaledFeature
from clustomer.segments.rules.nearest_exemplar import NearestExemplar

MAX_EXEMPLARS = 300


class DenseRegions(ClusterMixin, BaseEstimator):  # type: ignore[misc]
    """Base of `Dbscan` and `Hdbscan`."""

    min_samples: int | None
    max_fit_rows: int
    random_state: Any
    regions_: Regions

    def _sampled(self, X: ArrayLike) -> tuple[Matrix, Matrix, Floats]:
        """Return all rows, a sample of them, and the weights of the sampled rows."""
        matrix = validate_data(self, X, dtype=np.float64, ensure_min_samples=2, order="C")
        self.sample_indices_, weights = stratified_rows(
            matrix, int(self.max_fit_rows), check_random_state(self.random_state)
        )
        sample = np.ascontiguousarray(matrix[self.sample_indices_])
        asked = max(4, 2 * matrix.shape[1]) if self.min_samples is None else self.min_samples
        self.min_samples_ = min(int(asked), len(sample))
        return matrix, sample, weights

    def predict(self, X: ArrayLike) -> Labels:
        """Return the cluster of each row by the rule; -1 is noise.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        """
        check_is_fitted(self)
        return self.regions_.predict(validate_data(self, X, dtype=np.float64, reset=False))


def large_enough(labels: Labels, weights: Floats, least_share: float) -> Labels:
    """Return labels from 0 on, by falling size; clusters with a smaller share become noise.

    >>> labels = np.array([1, 1, 0, 2, 2, 2, -1])
    >>> large_enough(labels, np.ones(7), 0.2).tolist()
    [1, 1, -1, 0, 0, 0, -1]
    """
    sizes = np.bincount(labels[labels >= 0], weights[labels >= 0])
    order = np.argsort(-sizes, kind="stable")
    order = order[(sizes[order] >= least_share * weights.sum()) & (sizes[order] > 0)]
    number = np.full(len(sizes) + 1, -1, dtype=np.int64)  # the last is that of noise
    number[order] = np.arange(len(order))
    return number[labels]


class DenseAlgorithm(Algorithm):
    """Base of the algorithms that find dense regions: their rule is the nearest exemplar."""

    has_centroids = False

    def rule(
        self,
        fitted: Any,
        scaling: tuple[ScaledFeature, ...],
        exclusions: tuple[Exclusion, ...] = (),
    ) -> NearestExemplar | None:
        """Return the exemplars and the noise radii; None where there is no dense region."""
        regions = fitted.regions_
        if not len(regions.exemplars):
            return None
        return NearestExemplar(
            scaling, regions.exemplars, regions.clusters, regions.noise_radii, exclusions
        )

    def parameters(self, fitted: Any) -> dict[str, int | float | str]:
        """Return how many exemplars there are, and how well they agree with the algorithm."""
        return {
            "exemplars": len(fitted.regions_.exemplars),
            "agreement": float(fitted.regions_.agreement),
        }
