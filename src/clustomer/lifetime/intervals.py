"""Intervals from what became of forecasts before: no model vouches for itself."""

from dataclasses import dataclass

import numpy as np

from clustomer.lifetime.models import Floats
from clustomer.thresholds import FORECAST_INTERVAL

GROUP = 200
"""Customers of a group of alike forecasts, at least."""
MOST_GROUPS = 25


@dataclass(frozen=True, eq=False)
class Intervals:
    """Between which values what came lay, by how much was expected.

    Attributes
    ----------
    expected, low, high : ndarray of float
        The mean forecast of groups of customers with alike forecasts, and the quantiles of
        what came. Between groups it is interpolated; beyond the last it grows in proportion.
    """

    expected: Floats
    low: Floats
    high: Floats

    @classmethod
    def learn(cls, expected: Floats, came: Floats) -> "Intervals":
        """Return the intervals of past forecasts.

        >>> expected = np.repeat([0.0, 10.0], 400)
        >>> came = np.concatenate([np.zeros(400), np.linspace(0, 20, 400)])
        >>> Intervals.learn(expected, came).of(np.array([0.0, 10.0])).round(1).tolist()
        [[0.0, 2.0], [0.0, 18.0]]
        """
        shares = np.linspace(0, 1, max(1, min(MOST_GROUPS, len(expected) // GROUP)) + 1)
        bounds = np.unique(np.quantile(expected, shares[1:-1], method="lower"))
        number = np.searchsorted(bounds, expected, side="left")
        groups = [number == group for group in np.unique(number)]
        tail = (1 - FORECAST_INTERVAL) / 2
        quantiles = np.array([np.quantile(came[rows], [tail, 1 - tail]) for rows in groups])
        means = np.array([float(expected[rows].mean()) for rows in groups])
        rising = np.maximum.accumulate(quantiles, axis=0)
        return cls(means, rising[:, 0], rising[:, 1])

    def of(self, expected: Floats) -> Floats:
        """Return the low and the high end for each forecast, as two rows."""
        top = max(float(self.expected[-1]), 1e-12)
        beyond = np.maximum(expected / top, 1.0)
        low, high = (np.interp(expected, self.expected, end) for end in (self.low, self.high))
        return np.stack([low * beyond, high * beyond])


def share_inside(intervals: Intervals, expected: Floats, came: Floats) -> float:
    """Return the share of customers whose orders were within the interval of their forecast.

    Ends are rounded to whole orders, as they are delivered.
    """
    low, high = np.rint(intervals.of(expected))
    return float(np.mean((came >= low) & (came <= high)))
