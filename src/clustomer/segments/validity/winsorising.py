"""Amounts brought within their outer percentiles: ten customers can hold a third of a variance."""

import numpy as np

from clustomer.segments.arrays import Matrix

WINSORISED_AT = 0.99


def winsorised(values: Matrix) -> Matrix:
    """Bring an amount within its 1st and 99th percentiles; a yes or no stays as it is.

    >>> amounts = np.array([0.0] * 50 + [10.0] * 49 + [9_000.0])
    >>> winsorised(amounts).max().round(1)
    np.float64(99.9)
    """
    if np.isin(values, (0.0, 1.0)).all():
        return values
    low, high = np.quantile(values, (1 - WINSORISED_AT, WINSORISED_AT))
    if high <= 0:
        positive = values[values > 0]
        high = np.quantile(positive, WINSORISED_AT) if len(positive) else high
    if low >= high:
        return values
    return np.clip(values, low, high)
