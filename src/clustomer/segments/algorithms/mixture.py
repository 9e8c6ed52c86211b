"""A mixture of normal distributions, with its quadratic form as the rule."""

from numbers import Integral, Real
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, ClusterMixin, _fit_context
from sklearn.mixture import GaussianMixture
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval
from sklearn.utils.validation import check_is_fitted, validate_data
from threadpoolctl import threadpool_limits

from clustomer.segments.algorithms.algorithm import Algorithm
from clustomer.segments.arrays import Floats, Integers
from clustomer.segments.exclusions import Exclusion
from clustomer.segments.matrix.sampling import stratified_rows
from clustomer.segments.matrix.scaling import ScaledFeature, round_significant
from clustomer.segments.rules.quadratic import Quadratic, densest

_ITERATIONS = 500


class Mixture(ClusterMixin, BaseEstimator):  # type: ignore[misc]
    """Fit a mixture of normal distributions, each with a covariance matrix of its own.

    The fit (expectation maximisation, from KMeans) uses at most `max_fit_rows` rows
    (`sampling.stratified_rows`). Every row belongs to the cluster whose weighted density is
    highest, the lowest of equals, by the quadratic form that is stored.

    Parameters
    ----------
    n_clusters : int, default 2
    reg_covar : float, default 0.01
        Added to every variance, in units of the scaled features' variance. Counts repeat: where
        thousands of customers are equal in a feature, a normal distribution would shrink to a
        spike there and be fitted to the rounding of the data.
    n_init : int, default 2
        Starts, of which the likeliest is kept.
    max_fit_rows : int, default 20,000
    random_state : int, RandomState or None, default None

    Attributes
    ----------
    labels_ : ndarray of shape (n_samples,), by the stored rule.
    means_ : ndarray of shape (n_clusters, n_features)
    precision_cholesky_ : ndarray of shape (n_clusters, n_features, n_features)
        The lower Cholesky factor of each cluster's precision matrix:
        `precision_cholesky_[j] @ (x - means_[j])` is a standard normal vector in cluster j.
    constants_ : ndarray of shape (n_clusters,)
        The logarithm of each cluster's weighted density at its mean.
    sample_indices_ : ndarray of rows that were fitted, rising.
    n_features_in_ : int

    Notes
    -----
    Fraley & Raftery 2002, doi:10.1198/016214502760047131.

    Examples
    --------
    >>> X = np.array([[0.0], [1.0], [2.0], [50.0], [51.0], [52.0]])
    >>> model = Mixture(n_clusters=2, random_state=0).fit(X)
    >>> sorted(model.means_.ravel().round(6).tolist())
    [1.0, 51.0]
    """

    _parameter_constraints: dict[str, list[Any]] = {  # noqa: RUF012
        "n_clusters": [Interval(Integral, 1, None, closed="left")],
        "reg_covar": [Interval(Real, 0, None, closed="neither")],
        "n_init": [Interval(Integral, 1, None, closed="left")],
        "max_fit_rows": [Interval(Integral, 2, None, closed="left")],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        n_clusters: int = 2,
        *,
        reg_covar: float = 0.01,
        n_init: int = 2,
        max_fit_rows: int = 20_000,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.n_clusters = n_clusters
        self.reg_covar = reg_covar
        self.n_init = n_init
        self.max_fit_rows = max_fit_rows
        self.random_state = random_state

    @_fit_context(prefer_skip_nested_validation=True)  # type: ignore[untyped-decorator]
    def fit(self, X: ArrayLike, y: object = None) -> Self:
        """Fit the mixture.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features), at least two rows and `n_clusters`.
        y : ignored.
        """
        matrix = validate_data(self, X, dtype=np.float64, ensure_min_samples=2, order="C")
        random = check_random_state(self.random_state)
        rows, _ = stratified_rows(matrix, int(self.max_fit_rows), random)
        with threadpool_limits(1):
            mixture = GaussianMixture(
                int(self.n_clusters),
                reg_covar=float(self.reg_covar),
                n_init=int(self.n_init),
                max_iter=_ITERATIONS,
                random_state=random,
            ).fit(matrix[rows])
        self.sample_indices_ = rows
        self.means_ = round_significant(mixture.means_)
        # scikit-learn's factor is an upper triangle that multiplies from the right
        factors = mixture.precisions_cholesky_
        self.precision_cholesky_ = round_significant(
            np.ascontiguousarray(factors.transpose(0, 2, 1))
        )
        heights = np.log(np.diagonal(factors, axis1=1, axis2=2)).sum(axis=1)
        size = matrix.shape[1] * np.log(2 * np.pi) / 2
        self.constants_ = round_significant(np.log(mixture.weights_) + heights - size)
        self.labels_ = self._place(matrix)
        return self

    def predict(self, X: ArrayLike) -> Integers:
        """Return the densest cluster of each row, the lowest of equals.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        """
        check_is_fitted(self)
        return self._place(validate_data(self, X, dtype=np.float64, reset=False))

    def _place(self, matrix: Floats) -> Integers:
        return densest(matrix, self.means_, self.precision_cholesky_, self.constants_)


class MixtureAlgorithm(Algorithm):
    """A mixture of normal distributions; a customer belongs to the densest cluster."""

    has_centroids = False

    def estimator(self) -> Any:
        """Return `Mixture`."""
        return Mixture()

    def rule(
        self,
        fitted: Any,
        scaling: tuple[ScaledFeature, ...],
        exclusions: tuple[Exclusion, ...] = (),
    ) -> Quadratic:
        """Return the quadratic form of each cluster's density."""
        return Quadratic(
            scaling, fitted.means_, fitted.precision_cholesky_, fitted.constants_, exclusions
        )

    def parameters(self, fitted: Any) -> dict[str, int | float | str]:
        """Return what was added to each variance, and the number of starts."""
        return {"reg_covar": float(fitted.reg_covar), "n_init": int(fitted.n_init)}
