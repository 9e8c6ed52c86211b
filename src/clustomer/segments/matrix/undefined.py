"""What stands in for a value that a customer does not have."""

import numpy as np
import pyarrow as pa

from clustomer.customers.features import FEATURES, Feature
from clustomer.errors import InputError
from clustomer.segments.matrix.customer_matrix import feature_matrix

_DECLARED = {declared.name: declared for declared in FEATURES}


def undefined_in(table: pa.Table, name: str) -> float:
    """Return what stands in for an undefined value of a feature; NaN where nothing can.

    The field's metadata `undefined`, else what the declared feature of that name says, else the
    column's median.

    >>> undefined_in(pa.table({"weight": [1.0, None, 3.0]}), "weight")
    2.0
    """
    column = table[name]
    metadata = table.schema.field(name).metadata or {}
    declared: Feature | None = _DECLARED.get(name)
    if b"undefined" in metadata:
        try:
            return float(metadata[b"undefined"])
        except ValueError as error:
            raise InputError(
                f"The metadata `undefined` of `{name}` is {metadata[b'undefined']!r}, "
                "expected a number as text. Correct it or leave it out."
            ) from error
    if declared is not None and isinstance(declared.undefined, int | float):
        return float(declared.undefined)
    if column.null_count == len(column):
        return float("nan")
    values = feature_matrix(table, [name])[:, 0]
    if declared is not None and declared.undefined == "window_days":
        # The table does not say how long its window is: as long as the longest that was seen.
        return float(np.nanmax(values))
    return float(np.nanmedian(values))
