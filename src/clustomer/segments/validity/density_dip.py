"""How deep the dips between segments are: are there few customers where two segments meet?"""

import numpy as np

from clustomer.segments.arrays import Floats, Integers

_LOW, _HIGH, _STEP = -1.0, 2.0, 0.05
_BLUR = 0.1
_QUARTER = 0.25 / _STEP
_ROUNDING = 5e-7  # of a step
SHRINKAGE = 3.0
"""Customers added to each quarter of the line, so that a few missing ones make no dip."""


def density_dips(matrix: Floats, labels: Integers, centres: Floats) -> Floats:
    """Return how far each cluster is set apart from its neighbours.

    For two clusters, their rows are projected on the line through their centres (0 at one, 1 at
    the other) and counted along it, blurred by a tenth of the line. Where the count falls and
    rises again between the centres there is a dip. Its depth is 1 less the count at its
    bottom over that of the lower of its two sides, both plus 3 rows to a quarter of the line; 0
    where there is none. A cluster's depth is that of its shallowest dip.

    Parameters
    ----------
    matrix : shape (n_rows, n_features), scaled.
    labels : shape (n_rows,), from 0 to n_clusters - 1.
    centres : shape (n_clusters, n_features), at least two.

    Returns
    -------
    ndarray of shape (n_clusters,), from 0 (no dip to some neighbour) to below 1.

    Examples
    --------
    >>> rows = np.repeat([[0.0], [1.0]], 100, axis=0)  # nobody in between
    >>> density_dips(rows, np.repeat([0, 1], 100), np.array([[0.0], [1.0]])).round(2).tolist()
    [0.97, 0.97]
    >>> even = np.linspace(0, 1, 200)[:, None]
    >>> found = density_dips(even, np.repeat([0, 1], 100), np.array([[0.25], [0.75]]))
    >>> found.round(2).tolist()
    [0.0, 0.0]
    """
    counts = _along_lines(matrix, labels, centres)
    both = counts + counts.transpose(1, 0, 2)[:, :, ::-1]
    heights = both @ _BLURRING
    left = np.maximum.accumulate(heights, axis=2)
    right = np.maximum.accumulate(heights[:, :, ::-1], axis=2)[:, :, ::-1]
    sides = np.minimum(left, right)
    depths = 1.0 - (heights + SHRINKAGE) / (sides + SHRINKAGE)
    deepest = np.where(_BETWEEN, depths, 0.0).max(axis=2)
    np.fill_diagonal(deepest, np.inf)
    return np.asarray(deepest.min(axis=1))


def _along_lines(matrix: Floats, labels: Integers, centres: Floats) -> Floats:
    """Return the rows of each cluster along its line to each other one.

    Shape (n_clusters, n_clusters, places).
    """
    n_clusters, places = len(centres), len(_MIDDLES)
    counts = np.zeros((n_clusters, n_clusters, places))
    offsets = np.arange(n_clusters) * places
    for cluster, centre in enumerate(centres):
        ways = centres - centre
        lengths = np.einsum("ij,ij->i", ways, ways)
        lengths[lengths == 0] = 1.0
        at = (matrix[labels == cluster] - centre) @ (ways / lengths[:, None]).T
        at -= _LOW
        at /= _STEP
        # so that a row on a border falls the same way on every machine
        at += _ROUNDING
        np.clip(at, 0, places - 1, out=at)
        place = at.astype(np.int64) + offsets
        along = np.bincount(place.ravel(), minlength=n_clusters * places)
        counts[cluster] = along.reshape(n_clusters, places)
    return counts


_MIDDLES = np.arange(round((_HIGH - _LOW) / _STEP)) * _STEP + _LOW + _STEP / 2
_BETWEEN = (_MIDDLES > 0) & (_MIDDLES < 1)
_APART = (_MIDDLES[:, None] - _MIDDLES[None, :]) / _BLUR
_WEIGHTS = np.exp(-0.5 * _APART**2)
_BLURRING = _QUARTER * _WEIGHTS / _WEIGHTS.sum(axis=1, keepdims=True)
