"""Which columns of a customer table are clustered."""

from collections.abc import Sequence

import pyarrow as pa

from clustomer.customers.features import FEATURES, clustered_by_default
from clustomer.errors import InputError, UsageError, did_you_mean
from clustomer.segments.matrix.customer_matrix import is_number

_DECLARED = {declared.name: declared for declared in FEATURES}


def clustered_features(table: pa.Table, features: Sequence[str] | None = None) -> list[str]:
    """Return the names of the columns to cluster by: those asked for, or the default.

    >>> clustered_features(pa.table({"user_id": ["a"], "points": [1.0], "city": ["Bonn"]}))
    ['points']

    Raises
    ------
    UsageError
        If a column that was asked for is missing or no number.
    InputError
        If nothing was asked for and there is nothing to cluster by.
    """
    numbers = [
        field.name for field in table.schema if field.name != "user_id" and is_number(field.type)
    ]
    if features is None:
        declared = [name for name in _DECLARED if name in table.column_names]
        names = clustered_by_default(declared) if declared else numbers
        if not names:
            raise InputError(
                "The table has no feature that is clustered by default. "
                + (
                    "Name columns with `features`. " + did_you_mean("", numbers)
                    if numbers
                    else "Make features from events with `customer_features`."
                )
            )
    else:
        if isinstance(features, str) or not features:
            raise UsageError(
                f"features is {features!r}, expected a list of column names. "
                + did_you_mean("", numbers)
            )
        names = list(dict.fromkeys(features))
    for name in names:
        if name not in table.column_names or name == "user_id":
            raise UsageError(f"There is no feature `{name}`. {did_you_mean(name, numbers)}")
        if name not in numbers:
            raise UsageError(
                f"`{name}` is of type {table.schema.field(name).type}, expected numbers. "
                + did_you_mean("", numbers)
            )
    return names
