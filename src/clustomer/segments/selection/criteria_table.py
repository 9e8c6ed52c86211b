"""The table of every K that was tried: one set of columns, whatever made it."""

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

_NUMBERS = (
    "inertia",
    "silhouette",
    "silhouette_se",
    "silhouette_squared",
    "calinski_harabasz",
    "davies_bouldin",
    "smallest_share",
    "density_dip",
    "lowest_density_dip",
    "gap",
    "gap_se",
    "prediction_strength",
    "prediction_strength_se",
    "lowest_jaccard",
    "lowest_jaccard_se",
    "lowest_one_to_one",
    "holdout_r2",
    "holdout_r2_se",
    "holdout_r2_behind",
    "holdout_r2_behind_se",
)
MARKS = ("qualifies", "elbow", "highest_silhouette", "runner_up", "taken")

CRITERIA = pa.schema(
    [
        ("k", pa.int64()),
        *((name, pa.float64()) for name in _NUMBERS[:16]),
        ("jaccard_per_cluster", pa.string()),
        ("resamples", pa.int64()),
        *((name, pa.float64()) for name in _NUMBERS[16:]),
        *((name, pa.bool_()) for name in MARKS),
    ]
)


def criteria_table(
    columns: Mapping[str, Any], marks: Mapping[str, int | None] | None = None
) -> pa.Table:
    """Return the criteria of each K as a table with the columns of `CRITERIA`.

    Parameters
    ----------
    columns : `k` and any others, sequences as long as each other. What is missing is NULL, and so
        is NaN, an empty text and a count of 0; a mark that is missing is False.
    marks : name of a mark to the K that has it, where one has.

    Examples
    --------
    >>> found = criteria_table({"k": [2, 3], "silhouette": [0.5, 0.4]}, {"taken": 3})
    >>> found.select(["k", "silhouette", "gap", "taken"]).to_pylist()[1]
    {'k': 3, 'silhouette': 0.4, 'gap': None, 'taken': True}
    """
    k = pa.array(columns["k"], pa.int64())
    arrays = []
    for name, kind in zip(CRITERIA.names, CRITERIA.types, strict=True):
        if marks and name in marks:
            array = pc.equal(k, marks[name]) if marks[name] is not None else None
            arrays.append(pa.repeat(False, len(k)) if array is None else array)
        elif name in columns:
            array = pa.array(columns[name], kind, from_pandas=True)  # NaN becomes NULL
            if name in ("jaccard_per_cluster", "resamples"):
                unknown = pc.equal(array, "" if kind == pa.string() else 0)
                array = pc.if_else(unknown, pa.scalar(None, kind), array)
            arrays.append(array)
        else:
            arrays.append(pa.repeat(False, len(k)) if name in MARKS else pa.nulls(len(k), kind))
    return pa.table(arrays, schema=CRITERIA)
