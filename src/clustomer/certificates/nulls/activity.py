"""How often customers come: a smooth distribution of visits for one population."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq, minimize_scalar
from scipy.special import gammaln

from clustomer.segments.arrays import Floats, Integers

_DIGITS = 9
_SIZES = (1e-3, 1e3)
"""Bounds of the shape: below, counts are logarithmic; above, no different from Poisson."""


@dataclass(frozen=True)
class Activity:
    """A zero-truncated negative binomial distribution of visits per customer.

    `mean` and `size` are those of the untruncated distribution: a Poisson distribution whose
    rate varies among customers as a gamma distribution of shape `size`. `size` is None where
    the counts vary no more than a Poisson distribution's, and `mean` 0 where everyone came once.
    """

    mean: float
    size: float | None

    def pmf(self, most: int) -> Floats:
        """Return the probabilities of 1 to `most` visits, scaled to add up to 1.

        >>> Activity(mean=1.0, size=1.0).pmf(3).round(4).tolist()  # a geometric one: halves
        [0.5714, 0.2857, 0.1429]
        >>> Activity(mean=0.0, size=None).pmf(2).tolist()
        [1.0, 0.0]
        """
        counts = np.arange(1, most + 1)
        if self.mean == 0:
            return np.where(counts == 1, 1.0, 0.0)
        logs = _log_pmf(counts, self.mean, self.size)
        weights = np.exp(logs - logs.max())
        return np.asarray(weights / weights.sum())

    def draw(self, customers: int, most: int, rng: np.random.Generator) -> Integers:
        """Draw the visits of so many customers, at most `most` each."""
        cumulative = np.cumsum(self.pmf(most))
        drawn = np.searchsorted(cumulative, rng.random(customers) * cumulative[-1], side="right")
        return np.asarray(np.minimum(drawn, most - 1) + 1, dtype=np.int64)


def fit_activity(visits: ArrayLike) -> Activity:
    """Fit the zero-truncated negative binomial distribution by maximum likelihood.

    Customers without a visit are in no log, hence the truncation (Johnson, Kemp and Kotz,
    "Univariate Discrete Distributions", 3rd edition 2005, sections 4.10 and 5.11). For each size
    the mean follows from the mean of the counts; the size maximises the likelihood.

    Parameters
    ----------
    visits : whole numbers from 1, one per customer.

    Raises
    ------
    ValueError
        If there are none, or one is below 1.

    Examples
    --------
    >>> fit_activity([1, 1, 1])
    Activity(mean=0.0, size=None)
    >>> fitted = fit_activity(np.repeat([1, 2, 3, 4, 5, 6, 7], [64, 32, 16, 8, 4, 2, 1]))
    >>> fitted.size is not None and 0.8 < fitted.size < 1.8
    True
    """
    values, weights = np.unique(np.asarray(visits, dtype=np.int64), return_counts=True)
    if len(values) == 0 or values[0] < 1:
        raise ValueError("Expected the visits of at least one customer, each 1 or more.")
    average = float(np.average(values, weights=weights))
    if values[-1] == 1:
        return Activity(0.0, None)

    def loss(log_size: float) -> float:
        size = float(np.exp(log_size))
        return -float(weights @ _log_pmf(values, _mean_for(average, size), size))

    bounds = (float(np.log(_SIZES[0])), float(np.log(_SIZES[1])))
    optimum: Any = minimize_scalar(loss, bounds=bounds, method="bounded", options={"xatol": 1e-4})
    poisson = _mean_for(average, None)
    if -float(weights @ _log_pmf(values, poisson, None)) <= optimum.fun + 1e-6:
        return Activity(round(poisson, _DIGITS), None)
    size = float(np.exp(optimum.x))
    return Activity(round(_mean_for(average, size), _DIGITS), round(size, _DIGITS))


def _mean_for(average: float, size: float | None) -> float:
    """Return the untruncated mean whose truncated mean is `average`."""

    def excess(log_mean: float) -> float:
        mean = float(np.exp(log_mean))
        return mean / -float(np.expm1(_log_zero(mean, size))) - average

    # a truncated mean lies above the untruncated one, and tends to 1 (or a little above it)
    lowest = np.log(1e-12)
    if excess(lowest) >= 0:
        return float(np.exp(lowest))
    return float(np.exp(brentq(excess, lowest, np.log(average + 1.0), xtol=1e-12)))


def _log_zero(mean: float, size: float | None) -> float:
    """Return the log probability of no visit before truncation."""
    return -mean if size is None else -size * float(np.log1p(mean / size))


def _log_pmf(counts: Integers, mean: float, size: float | None) -> Floats:
    seen = np.log(-np.expm1(_log_zero(mean, size)))
    if size is None:
        return np.asarray(counts * np.log(mean) - mean - gammaln(counts + 1) - seen)
    logs = gammaln(counts + size) - gammaln(size) - gammaln(counts + 1)
    odds = np.log(mean) - np.log(mean + size)
    return np.asarray(logs + counts * odds + _log_zero(mean, size) - seen)
