"""Squared distances, added up feature by feature as the SQL of a rule adds them."""

from collections.abc import Iterator

import numpy as np

from clustomer.segments.arrays import Floats, Integers

_AT_ONCE = 100_000
"""Distances that are held at a time: they fit into a processor's cache."""


def squared_distances(matrix: Floats, points: Floats) -> Floats:
    """Return the squared Euclidean distance of each row to each point.

    A matrix product would be faster, and round differently from row to row.

    Parameters
    ----------
    matrix : shape (n_rows, n_features).
    points : shape (n_points, n_features).

    Examples
    --------
    >>> squared_distances(np.array([[0.0, 3.0]]), np.array([[4.0, 0.0], [0.0, 3.0]])).tolist()
    [[25.0, 0.0]]
    """
    squares = np.zeros((len(points), len(matrix)))
    apart = np.empty_like(squares)
    for column, at in zip(np.ascontiguousarray(matrix.T), points.T, strict=True):
        np.subtract(column, at[:, np.newaxis], out=apart)
        apart *= apart
        squares += apart
    return squares.T


def in_blocks(n_rows: int, n_points: int) -> Iterator[slice]:
    """Return slices of the rows that keep a table of distances small.

    >>> list(in_blocks(3, 2))
    [slice(0, 3, None)]
    """
    step = max(1, _AT_ONCE // max(n_points, 1))
    for first in range(0, n_rows, step):
        yield slice(first, min(first + step, n_rows))


def nearest_point(matrix: Floats, points: Floats) -> tuple[Integers, Floats]:
    """Return the nearest point of each row, the first of equals, and its squared distance.

    >>> nearest_point(np.array([[1.0], [4.0]]), np.array([[0.0], [2.0]]))
    (array([0, 1]), array([1., 4.]))
    """
    nearest, squared = np.empty(len(matrix), dtype=np.int64), np.empty(len(matrix))
    for rows in in_blocks(len(matrix), len(points)):
        distances = squared_distances(matrix[rows], points)
        nearest[rows] = distances.argmin(axis=1)
        squared[rows] = distances.min(axis=1)
    return nearest, squared
