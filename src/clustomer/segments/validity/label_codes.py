"""Labels as codes from 0 on."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from clustomer.segments.arrays import Integers


def coded(labels: ArrayLike) -> tuple[NDArray[Any], Integers]:
    """Return the different labels, rising, and for each row which of them it has.

    What `np.unique` returns, without sorting where labels are integers close together.

    >>> coded([7, -1, 7])
    (array([-1,  7]), array([1, 0, 1]))
    >>> coded(["b", "a"])[1]
    array([1, 0])
    """
    given = np.asarray(labels)
    if given.size and np.issubdtype(given.dtype, np.integer):
        lowest, highest = int(given.min()), int(given.max())
        if highest - lowest < given.size:
            shifted = given - lowest
            present = np.bincount(shifted) > 0
            values = (np.flatnonzero(present) + lowest).astype(given.dtype)
            return values, (np.cumsum(present, dtype=np.int64) - 1)[shifted]
    values, codes = np.unique(given, return_inverse=True)
    return values, codes.astype(np.int64)
