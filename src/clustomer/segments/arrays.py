"""The kinds of arrays that segments are computed with, each named once."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Matrix = NDArray[np.float64]
"""A row for each customer, a column for each feature."""
Integers = NDArray[np.int64]
Labels = NDArray[np.int64]
"""The cluster of each row."""
Flags = NDArray[np.bool_]
