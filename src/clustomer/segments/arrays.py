"""The kinds of arrays that segments are computed with, each named once."""

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Matrix = NDArray[np.float64]
"""A row for each customer, a column for each feature."""
Integers = NDArray[np.int64]
Labels = NDArray[np.int64]
"""The cluster of each row."""
Flags = NDArray[np.bool_]


def texts_of(column: Any) -> NDArray[np.object_]:
    """Return a column of texts of which few differ; equal ones are one object in memory.

    >>> texts_of(pa.chunked_array([["S1", None], ["S1"]])).tolist()
    ['S1', None, 'S1']
    """
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    coded = array.dictionary_encode()
    texts: NDArray[np.object_] = np.array([*coded.dictionary.to_pylist(), None], dtype=object)
    codes: Integers = coded.indices.fill_null(len(texts) - 1).to_numpy(zero_copy_only=False)
    return texts[codes]
