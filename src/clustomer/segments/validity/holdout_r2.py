"""How much of what customers did next a number of segments tells."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import clone
from threadpoolctl import threadpool_limits

from clustomer.segments.arrays import Integers, Matrix
from clustomer.segments.validity.label_codes import coded
from clustomer.segments.validity.quiet_fits import quiet_fits
from clustomer.segments.validity.stability import seeded, workers
from clustomer.segments.validity.winsorising import winsorised

N_FOLDS = 10
_FIT_ROWS = 20_000


@dataclass(frozen=True, eq=False)
class HoldoutR2:
    """The holdout R² of several K; see `holdout_r2`.

    Attributes
    ----------
    k : ndarray of int, rising.
    score : ndarray, the share of variance explained, a mean over outcomes; at most 1.
    gains : ndarray of shape (n_customers, len(k)), each customer's part in `score`, whose means
        they are. Differences between columns are paired by customer.
    outcomes : tuple of str
    decides : bool, default True
        False where it is only to be reported, as what follows within days says little of what
        customers are like.
    """

    k: Integers
    score: Matrix
    gains: Matrix
    outcomes: tuple[str, ...] = ()
    decides: bool = True

    def score_of(self, k: int) -> float:
        """Return the score of one K."""
        return float(self.score[self._index(k)])

    def score_se_of(self, k: int) -> float:
        """Return the standard error of the score of one K alone, over customers."""
        return float(self.gains[:, self._index(k)].std(ddof=1) / np.sqrt(len(self.gains)))

    def behind(self, k: int, best: int) -> tuple[float, float]:
        """Return how far one K is behind another, and the paired standard error of that.

        >>> gains = np.array([[0.0, 0.5], [0.1, 0.6], [0.2, 0.7]])
        >>> holdout_r2 = HoldoutR2(np.array([2, 3]), gains.mean(axis=0), gains)
        >>> [round(figure, 9) for figure in holdout_r2.behind(2, 3)]
        [0.5, 0.0]
        """
        apart = self.gains[:, self._index(best)] - self.gains[:, self._index(k)]
        return float(apart.mean()), float(apart.std(ddof=1) / np.sqrt(len(apart)))

    def _index(self, k: int) -> int:
        return int(np.flatnonzero(self.k == k)[0])


def holdout_r2(
    estimator: Any,
    X: ArrayLike,
    outcomes: ArrayLike,
    k_values: Sequence[int],
    *,
    names: Sequence[str] = (),
    n_folds: int = N_FOLDS,
    random_state: int = 0,
) -> HoldoutR2:
    """Return how much of what customers did after a date their segments at that date tell.

    For each K the customers are clustered by what was known at the date. A customer is
    predicted to do what the others of the segment did: each outcome's mean over the members in
    the other folds. The score is the share of an outcome's variance that these predictions
    explain (R2 out of sample, against the mean of the other folds), as a mean over outcomes, so
    that each outcome counts alike whatever its unit. It is 0 for segments that tell nothing and
    can be a little below.

    An amount (an outcome with values other than 0 and 1) is capped at its 99th percentile from
    below and above: in shops ten customers can hold a third of the variance, and would choose K
    alone. Where less than 1 % have any, it is the 99th percentile of those who have.

    Clustering sees no outcome, so only the means are cross-fitted. The standard error of a
    difference between two K is paired by customer (`HoldoutR2.behind`), since both predict the same
    customers.

    Parameters
    ----------
    estimator : clusterer with a parameter `n_clusters`, and `predict`
        Never fitted itself; fitted on at most 20,000 rows, and the rest is assigned.
    X : shape (n_customers, n_features), scaled features at the date; of those customers only
        that may be used for choices.
    outcomes : shape (n_customers, n_outcomes), what they did from the date on.
    k_values : numbers of clusters; those above the number of different rows may give fewer.
    names : what the outcomes are called.
    n_folds : int, default 10.
    random_state : int, default 0.

    Raises
    ------
    ValueError
        If rows differ in number, there are fewer than `n_folds` of them, or no outcome varies.

    Examples
    --------
    >>> from sklearn.cluster import KMeans
    >>> X = np.repeat([[0.0], [5.0], [9.0]], 30, axis=0)
    >>> bought = np.repeat([[0.0], [1.0], [0.0]], 30, axis=0)
    >>> found = holdout_r2(KMeans(n_init=2), X, bought, [2, 3], random_state=0)
    >>> found.score.round(2).tolist()
    [0.25, 1.0]
    """
    matrix = np.ascontiguousarray(X, dtype=np.float64)
    values = np.asarray(outcomes, dtype=np.float64)
    if values.ndim != 2 or len(values) != len(matrix):
        raise ValueError(
            f"Got outcomes of shape {values.shape} for {len(matrix)} customers; expected one row "
            "for each, and a column for each outcome."
        )
    if not 2 <= n_folds <= len(matrix):
        raise ValueError(
            f"n_folds is {n_folds} for {len(matrix)} customers, expected 2 up to their number."
        )
    values = np.column_stack([winsorised(column) for column in values.T])
    varies = values.min(axis=0) < values.max(axis=0)
    if not varies.any():
        raise ValueError("No outcome differs between customers; expected at least one that does.")
    values = values[:, varies]
    random = np.random.default_rng([random_state, 4])
    folds = random.permutation(np.arange(len(matrix)) % n_folds)
    rows = np.arange(len(matrix))
    if len(matrix) > _FIT_ROWS:
        rows = np.sort(random.choice(len(matrix), _FIT_ROWS, replace=False))

    def gains_of(k: int) -> Matrix:
        labels = np.zeros(len(matrix), dtype=np.int64)
        if k > 1:
            model = seeded(clone(estimator).set_params(n_clusters=k), random_state)
            labels = model.fit(matrix[rows]).predict(matrix)
        return explained(values, labels, folds)

    ks = sorted({int(k) for k in k_values})
    with workers(len(rows)) as pool, threadpool_limits(1), quiet_fits():
        gains = np.column_stack(list(pool.map(gains_of, ks)))
    kept = tuple(name for name, used in zip(names, varies.tolist(), strict=False) if used)
    return HoldoutR2(np.array(ks, dtype=np.int64), gains.mean(axis=0), gains, kept)


def explained(values: Matrix, labels: Integers, folds: Integers) -> Matrix:
    """Return each customer's part in the mean share of variance that the labels explain.

    `values` of shape (n_customers, n_outcomes), each of which varies; the mean of what is
    returned is the mean over outcomes of the out-of-sample R2. A segment without members in the
    other folds is predicted to do what everyone does.

    >>> values = np.array([[0.0], [0.0], [2.0], [2.0]])
    >>> alike, folds = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
    >>> explained(values, alike, folds).mean()
    np.float64(1.0)
    """
    _, codes = coded(labels)
    width, n_folds = int(codes.max()) + 1, int(folds.max()) + 1
    cells = codes * n_folds + folds

    def others(weights: Matrix | None) -> Matrix:
        sums = np.bincount(cells, weights, minlength=width * n_folds).reshape(width, n_folds)
        return np.asarray(sums.sum(axis=1, keepdims=True) - sums, dtype=np.float64)

    sizes = others(None)
    gains = np.zeros(len(values))
    for column in values.T:
        sums = others(column)
        everyone = sums.sum(axis=0) / np.maximum(sizes.sum(axis=0), 1)
        means = np.where(sizes > 0, sums / np.maximum(sizes, 1), everyone)
        baseline = (column - everyone[folds]) ** 2
        gains += (baseline - (column - means[codes, folds]) ** 2) / baseline.mean()
    return np.asarray(gains / values.shape[1])
