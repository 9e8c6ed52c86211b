"""The gap statistic: is the spread inside clusters smaller than in rows without any?"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import clone
from threadpoolctl import threadpool_limits

from clustomer.segments.arrays import Integers, Matrix
from clustomer.segments.validity.criteria import partition_criteria
from clustomer.segments.validity.quiet_fits import quiet_fits
from clustomer.segments.validity.stability import seeded, workers
from clustomer.thresholds import RESAMPLE_CUSTOMERS

N_REFERENCES = 10


@dataclass(frozen=True, eq=False)
class Gap:
    """The gap statistic of several K; see `gap_statistic`.

    `k`, `gap` and `gap_se` are arrays of one length; `rows` is the size of the sample.
    `suggested` is the paper's choice: the smallest K whose gap is at least the next one's
    less its standard error, None where no K is.
    """

    k: Integers
    gap: Matrix
    gap_se: Matrix
    rows: int

    @property
    def suggested(self) -> int | None:
        """The smallest K with `gap[K] >= gap[K + 1] - gap_se[K + 1]`.

        >>> found = Gap(np.array([1, 2, 3]), np.array([0.1, 0.5, 0.4]), np.full(3, 0.05), 9)
        >>> found.suggested
        2
        """
        for index in range(len(self.k) - 1):
            follows = self.k[index + 1] == self.k[index] + 1
            if follows and self.gap[index] >= self.gap[index + 1] - self.gap_se[index + 1]:
                return int(self.k[index])
        return None


def gap_statistic(
    estimator: Any,
    X: ArrayLike,
    k_values: Sequence[int],
    *,
    n_references: int = N_REFERENCES,
    max_rows: int = RESAMPLE_CUSTOMERS // 2,
    random_state: int = 0,
) -> Gap:
    """Return how much closer clusters are than those of rows without clusters.

    Tibshirani, Walther & Hastie 2001, doi:10.1111/1467-9868.00293: the gap is
    `E*[ln W] - ln W`, where W is the sum of squared distances to the cluster means, and the
    expectation is over reference rows drawn uniformly from the box of the data's principal
    components (their choice b). Its standard error is
    `sd(ln W*) * sqrt(1 + 1 / n_references)`. Data and references are clustered in the same way,
    on a sample of the same size: the logarithm of W is no figure for all rows.

    Uniform rows are a weak opponent: skewed and correlated features beat it without clusters.
    That is why it is reported and does not decide.

    Parameters
    ----------
    estimator : clusterer with a parameter `n_clusters`
        Never fitted itself.
    X : shape (n_rows, n_features), finite.
    k_values : numbers of clusters, at most the number of rows.
    n_references : int, default 10.
    max_rows : int, default 1000
        Sampled without replacement where there are more.
    random_state : int, default 0.

    Examples
    --------
    >>> from sklearn.cluster import KMeans
    >>> X = np.repeat([[0.0, 0.0], [9.0, 0.0], [0.0, 9.0]], 20, axis=0)
    >>> X += np.random.RandomState(0).normal(size=X.shape)
    >>> gap_statistic(KMeans(n_init=3), X, range(1, 6)).suggested
    3
    """
    matrix = np.asarray(X, dtype=np.float64)
    random = np.random.default_rng([random_state, 2])
    if len(matrix) > max_rows:
        matrix = matrix[np.sort(random.choice(len(matrix), max_rows, replace=False))]
    centred = matrix - matrix.mean(axis=0)
    axes = np.linalg.svd(centred, full_matrices=False)[2]
    turned = centred @ axes.T
    low, high = turned.min(axis=0), turned.max(axis=0)
    # Turning back changes no distance, so that the references can stay as they are.
    worlds = [turned, *(random.uniform(low, high, turned.shape) for _ in range(n_references))]
    tasks = [(int(k), rows) for k in k_values for rows in worlds]
    with workers(len(matrix)) as pool, threadpool_limits(1), quiet_fits():
        spreads = list(
            pool.map(lambda task: _log_spread(estimator, task[0], task[1], random_state), tasks)
        )
    table = np.array(spreads).reshape(len(k_values), len(worlds))
    observed, references = table[:, 0], table[:, 1:]
    with np.errstate(invalid="ignore"):  # rows that coincide within clusters have no spread
        gap = references.mean(axis=1) - observed
        error = references.std(axis=1) * np.sqrt(1 + 1 / n_references)
    return Gap(np.array(k_values, dtype=np.int64), gap, error, len(matrix))


def _log_spread(estimator: Any, k: int, rows: Matrix, seed: int) -> float:
    if k == 1:
        labels = np.zeros(len(rows), dtype=np.int64)
    else:
        model = seeded(clone(estimator).set_params(n_clusters=k), seed)
        labels = model.fit(rows).predict(rows)
    spread = partition_criteria(rows, labels).inertia
    return float(np.log(spread)) if spread > 0 else float("nan")
