"""Validate and normalise a customer table, and make it a matrix."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clustomer.errors import InputError, UsageError, did_you_mean
from clustomer.segments.arrays import Floats

_IMPLAUSIBLE = 1e100


def customer_table(customers: object) -> pa.Table:
    """Return a table of customers as Arrow, sorted by `user_id`, with NaN as NULL.

    Parameters
    ----------
    customers : anything with `__arrow_c_stream__` (Arrow, pandas, Polars, `Customers`).
        `user_id` is text or a whole number (which becomes text), known and unique.

    Raises
    ------
    UsageError
        If it is no table.
    InputError
        If `user_id` is missing, unknown for someone, not unique, or of another type, or a
        number is infinite or larger than 1e100.

    Examples
    --------
    >>> customer_table(pa.table({"user_id": [2, 10], "orders": [1.0, float("nan")]})).to_pydict()
    {'user_id': ['10', '2'], 'orders': [None, 1.0]}
    """
    if not hasattr(customers, "__arrow_c_stream__"):
        raise UsageError(
            f"Got {type(customers).__name__}, expected a table of customers: an Arrow, pandas or "
            "Polars table, or the result of `customer_features`."
        )
    table = pa.table(customers)
    repeated = sorted({name for name in table.column_names if table.column_names.count(name) > 1})
    if repeated:
        raise InputError(
            f"Two columns are called `{repeated[0]}`. Give each column a name of its own."
        )
    index, field, ids = _ids(table)
    table = table.set_column(index, field, ids)
    if not _rises(ids):
        _check_unique(ids)
        table = table.sort_by("user_id")
    for index, field in enumerate(table.schema):
        if pa.types.is_floating(field.type):
            table = table.set_column(index, field, _known(field.name, table.column(index)))
    return table


def cluster_sizes(labelled: pa.Table) -> dict[int, int]:
    """Return the customers of each `cluster`, the clusters rising.

    >>> cluster_sizes(pa.table({"cluster": [1, 0, 1]}))
    {0: 1, 1: 2}
    """
    counts: Any = pc.value_counts(labelled["cluster"])
    pairs = zip(*(counts.field(name).to_pylist() for name in ("values", "counts")), strict=True)
    return dict(sorted(pairs))


def is_number(kind: pa.DataType) -> bool:
    """Tell whether a column of this type can be clustered."""
    return bool(
        pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    )


def feature_matrix(table: pa.Table, names: list[str]) -> Floats:
    """Return columns as one matrix, a row per customer, NaN where a value is NULL."""
    matrix = np.empty((table.num_rows, len(names)))
    for index, name in enumerate(names):
        matrix[:, index] = pc.cast(table[name], pa.float64(), safe=False).to_numpy()
    return matrix


def feature_column(table: pa.Table, name: str) -> Floats:
    """Return a column, NaN where a value is NULL; to be read only, as it may be the table's own.

    >>> feature_column(pa.table({"orders": [2, None]}), "orders").tolist()
    [2.0, nan]
    """
    column = table[name]
    if column.type == pa.float64() and column.num_chunks == 1 and not column.null_count:
        shared: Floats = column.chunk(0).to_numpy()
        return shared
    return feature_matrix(table, [name])[:, 0]


def _ids(table: pa.Table) -> tuple[int, pa.Field, pa.ChunkedArray]:
    if "user_id" not in table.column_names:
        raise InputError(
            "The table of customers has no column `user_id`. "
            + did_you_mean("user_id", table.column_names)
        )
    index = table.column_names.index("user_id")
    ids = table.column(index)
    if pa.types.is_dictionary(ids.type):
        ids = pc.cast(ids, ids.type.value_type)
    if not (_is_text(ids.type) or pa.types.is_integer(ids.type)):
        raise InputError(
            f"`user_id` is of type {ids.type}; expected text or whole numbers. "
            "Convert it to text, so that 17850.0 and 17850 are one customer."
        )
    ids = pc.cast(ids, pa.string())
    if ids.null_count:
        raise InputError(
            f"`user_id` is unknown in {ids.null_count:,} of {len(ids):,} rows; expected one "
            "customer per row. Leave those rows out."
        )
    return index, pa.field("user_id", pa.string(), nullable=False), ids


def _rises(ids: pa.ChunkedArray) -> bool:
    """Tell whether values are sorted and all different, as `customer_features` makes them."""
    return len(ids) < 2 or bool(
        pc.all(pc.greater(ids.slice(1), ids.slice(0, len(ids) - 1))).as_py()
    )


def _check_unique(ids: pa.ChunkedArray) -> None:
    counts: Any = pc.value_counts(ids)
    counts = counts.filter(pc.greater(counts.field("counts"), 1))
    if len(counts):
        example = min(counts.field("values").to_pylist())
        raise InputError(
            f"{len(counts):,} values of `user_id` occur more than once, such as {example!r}; "
            "expected one row per customer. Make one with `customer_features`."
        )


def _known(name: str, column: pa.ChunkedArray) -> pa.ChunkedArray:
    nowhere = pc.is_nan(column)
    if pc.any(nowhere).as_py():
        column = pc.if_else(nowhere, pa.scalar(None, column.type), column)
    extremes = pc.min_max(column)
    sizes = [abs(extreme.as_py()) for extreme in extremes.values() if extreme.is_valid]
    largest = max(sizes, default=0.0)
    if largest > _IMPLAUSIBLE:
        raise InputError(
            f"The feature `{name}` holds {largest:g}; expected numbers up to {_IMPLAUSIBLE:g}. "
            "Leave that customer out, or make the value unknown."
        )
    return column


def _is_text(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    )
