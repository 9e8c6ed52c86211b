"""The customers by whom the number of segments is chosen, before anything is made of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

from clustomer.customers import Holdout
from clustomer.segments.arrays import Matrix


@dataclass(frozen=True, eq=False)
class Choosers:
    """What the procedure starts from: customers who may choose, before any scaling.

    `matrix` has their features in their own units, `undefined` what stands in for NaN, `user_ids`
    who they are. `weights` are "learned" from the holdout, or given.
    """

    matrix: Matrix
    names: Sequence[str]
    undefined: Sequence[float]
    user_ids: pa.Array
    holdout: Holdout | None
    weights: Literal["learned"] | Mapping[str, float]
