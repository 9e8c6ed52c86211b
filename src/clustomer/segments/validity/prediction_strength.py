"""Prediction strength: do two halves of the rows agree on who belongs together?"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import clone
from threadpoolctl import threadpool_limits

from clustomer.segments.validity.label_codes import coded
from clustomer.segments.validity.quiet_fits import quiet_fits
from clustomer.segments.validity.stability import seeded, workers
from clustomer.thresholds import RESAMPLE_CUSTOMERS

N_SPLITS = 3


def prediction_strength(
    estimator: Any,
    X: ArrayLike,
    *,
    n_splits: int = N_SPLITS,
    max_rows: int = RESAMPLE_CUSTOMERS,
    random_state: int = 0,
) -> tuple[float, float]:
    """Return the prediction strength of a number of clusters, and its standard error.

    Tibshirani & Walther 2005, doi:10.1198/106186005X59243: the rows are split into two halves,
    and each is clustered. For each cluster of the second half: the share of its pairs of rows
    that the first half's clusters also put together. The strength is that of the worst cluster,
    a mean over splits. One cluster has 1; the paper takes the largest K above 0.8 to 0.9.

    Parameters
    ----------
    estimator : clusterer with `fit` and `predict`, with the number of clusters set
        Never fitted itself.
    X : shape (n_rows, n_features), finite, at least four rows.
    n_splits : int, default 3.
    max_rows : int, default 2000
        Rows that are split into halves, drawn anew for each split where there are more.
    random_state : int, default 0.

    Returns
    -------
    (mean, standard error)
        The error is NaN for one split. Both are NaN where no cluster has two rows. Clusters of
        one row have no pairs and are left out; negative labels are noise, and no cluster.

    Examples
    --------
    >>> from sklearn.cluster import KMeans
    >>> X = [[0.0], [0.1], [0.2], [9.0], [9.1], [9.2]] * 5
    >>> prediction_strength(KMeans(2, n_init=1), X)
    (1.0, 0.0)
    """
    matrix = np.ascontiguousarray(X, dtype=np.float64)
    if len(matrix) < 4:
        raise ValueError(f"Got {len(matrix)} rows; expected at least 4, two for each half.")

    def strength(number: int) -> float:
        random = np.random.default_rng([random_state, 3, number])
        drawn = random.permutation(len(matrix))[:max_rows]
        train, test = matrix[drawn[: len(drawn) // 2]], matrix[drawn[len(drawn) // 2 :]]
        seed = int(random.integers(np.iinfo(np.int32).max))
        predicted = seeded(clone(estimator), seed).fit(train).predict(test)
        refitted = seeded(clone(estimator), seed).fit(test).predict(test)
        return weakest_agreement(refitted, predicted)

    with workers(max_rows) as pool, threadpool_limits(1), quiet_fits():
        values = np.array(list(pool.map(strength, range(n_splits))))
    error = values.std(ddof=1) / np.sqrt(n_splits) if n_splits > 1 else float("nan")
    return float(values.mean()), float(error)


def weakest_agreement(refitted: ArrayLike, predicted: ArrayLike) -> float:
    """Return the smallest share, over own clusters, of pairs that are predicted to be together.

    >>> weakest_agreement([0, 0, 0, 1, 1], [7, 7, 8, 8, 8])
    0.3333333333333333
    """
    clusters, mine = coded(refitted)
    others, theirs = coded(predicted)
    sizes = np.bincount(mine)
    together = np.bincount(mine * len(others) + theirs, minlength=len(sizes) * len(others))
    together = together.reshape(len(sizes), len(others))[:, others >= 0]
    noise = int((clusters < 0).sum())
    together, sizes = together[noise:], sizes[noise:]
    judged = sizes > 1
    if not judged.any():
        return float("nan")
    pairs = (together * (together - 1)).sum(axis=1)[judged]
    return float((pairs / (sizes * (sizes - 1))[judged]).min())
