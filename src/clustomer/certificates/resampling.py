"""Customers drawn anew, and what their means would then have been."""

import numpy as np
from threadpoolctl import threadpool_limits

from clustomer.certificates.certificate import Estimate
from clustomer.segments.arrays import Floats
from clustomer.segments.matrix.scaling import round_significant
from clustomer.thresholds import CONFIDENCE

MOST_RESAMPLES, FEWEST_RESAMPLES = 1000, 200
_DRAWS = 30_000_000
_AT_ONCE = 16
_COUNTS_AT_ONCE = 8_000_000
DIGITS = 6


def bootstrap_means(columns: Floats, *, random_state: int, resamples: int | None = None) -> Floats:
    """Return the means of columns over customers drawn with replacement.

    All columns see the same customers, so that figures made of them are paired. Efron 1979,
    doi:10.1214/aos/1176344552.

    Parameters
    ----------
    columns : shape (n_customers, n_columns)
    random_state : int
    resamples : int, optional
        By default 1000, fewer from 30,000 customers on, 200 from 150,000 on: of many customers
        a few resamples tell as much.

    Returns
    -------
    ndarray of shape (resamples, n_columns)

    Examples
    --------
    >>> means = bootstrap_means(np.array([[0.0, 1.0], [1.0, 3.0]] * 50), random_state=0)
    >>> means.shape, means.mean(axis=0).round(1).tolist()
    ((1000, 2), [0.5, 2.0])
    """
    n_customers = len(columns)
    if resamples is None:
        resamples = int(np.clip(_DRAWS // n_customers, FEWEST_RESAMPLES, MOST_RESAMPLES))
    random = np.random.default_rng(random_state)
    means = np.empty((resamples, columns.shape[1]))
    with threadpool_limits(1):
        at_once = int(np.clip(_COUNTS_AT_ONCE // n_customers, 1, _AT_ONCE))
        for start in range(0, resamples, at_once):
            size = min(at_once, resamples - start)
            counts = np.empty((size, n_customers))
            for row in counts:
                drawn = random.integers(n_customers, size=n_customers)
                row[:] = np.bincount(drawn, minlength=n_customers)
            means[start : start + size] = counts @ columns / n_customers
    return means


def estimate(value: float, draws: Floats) -> Estimate:
    """Return a figure with the interval that holds the middle 95 % of its resamples.

    Resamples in which it is undefined are left out; without any there is no interval. Figures
    have six significant digits, so that two machines agree.

    >>> estimate(0.5, np.arange(0.0, 1.001, 0.01))
    Estimate(value=0.5, low=0.025, high=0.975)
    """
    defined = draws[np.isfinite(draws)]
    if not len(defined):
        return Estimate(rounded(value))
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(defined, [tail, 1 - tail])
    return Estimate(rounded(value), rounded(float(low)), rounded(float(high)))


def rounded(value: float) -> float:
    """Return a figure to six significant digits."""
    return float(round_significant(np.array([value]), DIGITS)[0])
