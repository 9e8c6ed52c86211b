"""How many customers differ, counted only as far as it matters."""

import numpy as np

from clustomer.segments.arrays import Floats


def count_distinct(matrix: Floats, enough: int) -> int:
    """Count different rows, but stop counting where there are enough.

    >>> count_distinct(np.array([[0.0], [1.0], [1.0]]), enough=3)
    2
    """
    if matrix.shape[1] == 0:
        return min(len(matrix), 1)
    for n_rows in (1_000, 20_000):
        n_distinct = len(np.unique(matrix[:n_rows], axis=0))
        if n_distinct >= enough or n_rows >= len(matrix):
            return n_distinct
    return len(np.unique(matrix, axis=0))
