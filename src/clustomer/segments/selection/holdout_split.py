"""What a choice of K may see of a holdout: one half of the customers, as they were then."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clustomer.customers import Holdout
from clustomer.segments.arrays import Flags
from clustomer.segments.exclusions import bot_exclusions, columns_of, included_rows
from clustomer.segments.matrix.customer_matrix import feature_matrix
from clustomer.segments.matrix.scaling import fit_scaling
from clustomer.segments.matrix.undefined import undefined_in

if TYPE_CHECKING:
    from clustomer.segments.validity.holdout_r2 import HoldoutR2

MAX_SELECTION_CUSTOMERS = 100_000
DECIDING_DAYS = 7
"""From this horizon on what follows decides: within a day it is mostly the same visit going on."""


@dataclass(frozen=True, eq=False)
class HoldoutView:
    """What a selection of K may see: the score of each K, and which customers of today.

    `holdout_r2` is None where it cannot be measured.
    """

    holdout_r2: "HoldoutR2 | None"
    rows: Flags


def holdout_view(
    holdout: Holdout,
    names: Sequence[str],
    estimator: Any,
    k_range: tuple[int, int],
    user_ids: pa.ChunkedArray,
    *,
    weights: Mapping[str, float] | None = None,
    random_state: int = 0,
) -> HoldoutView:
    """Return what a selection of K may see of a holdout, and of these customers."""
    return HoldoutView(
        selection_half_r2(
            holdout, names, estimator, k_range, weights=weights, random_state=random_state
        ),
        selection_rows(holdout, user_ids),
    )


def selection_half_r2(
    holdout: Holdout,
    names: Sequence[str],
    estimator: Any,
    k_range: tuple[int, int],
    *,
    weights: Mapping[str, float] | None = None,
    random_state: int = 0,
) -> "HoldoutR2 | None":
    """Return what each K tells of what the selection half did next.

    The half is clustered by its features at the holdout date, which are scaled anew: nothing
    that was learned of other customers, or later, takes part.

    Parameters
    ----------
    holdout : Holdout
    names : the features that are clustered; those that could not be made then are left out.
    estimator : clusterer with a parameter `n_clusters`, never fitted itself.
    k_range : (lowest, highest)
    weights : how much each feature counts; 1 by default.
    random_state : int, default 0

    Returns
    -------
    HoldoutR2, or None where the half cannot be clustered or no outcome varies in it.
    """
    from clustomer.segments.validity.holdout_r2 import holdout_r2

    table = holdout.customers.table
    names = [name for name in names if name in table.column_names]
    exclusions = bot_exclusions(table)
    wanted = {"user_id", *names, *columns_of(exclusions)}
    # half of every column would be a copy of half of the table
    table = table.select(sorted(wanted)).filter(pa.array(holdout.selection))
    rows = included_rows(table, exclusions, MAX_SELECTION_CUSTOMERS)
    if not names or not holdout.outcome_names or len(rows) < 2:
        return None
    matrix = feature_matrix(table.select(names).take(pa.array(rows)), names)
    scaling = fit_scaling(
        matrix, names, [undefined_in(table, name) for name in names], weights=weights
    )
    outcomes = np.column_stack([holdout.outcome(name) for name in holdout.outcome_names])
    outcomes = outcomes[holdout.selection][rows]
    if not scaling.features or (outcomes == outcomes[0]).all():
        return None
    lowest, highest = k_range
    measured = holdout_r2(
        estimator,
        scaling.matrix,
        outcomes,
        list(range(max(lowest, 2), highest + 1)),
        names=holdout.outcome_names,
        random_state=random_state,
    )
    return replace(measured, decides=holdout.horizon_days >= DECIDING_DAYS)


def selection_rows(holdout: Holdout, user_ids: pa.ChunkedArray) -> Flags:
    """Return which customers of today may choose K: all but those who certify.

    Who came after the holdout date is in neither half then, and certifies nothing.
    """
    ids = holdout.customers.table["user_id"].filter(pa.array(holdout.validation))
    chosen: Flags = ~pc.is_in(user_ids, ids.combine_chunks()).to_numpy()
    return chosen
