"""What scoring takes from a run besides the rule: the shop's figures, and what was seen of it."""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BaseModel, ConfigDict, Field

from clustomer.segments.exclusions import BOTS
from clustomer.segments.matrix.customer_matrix import feature_matrix
from clustomer.segments.segmentation import Segmentation

_MOMENTS = {"start_s", "cutoff_s"}


class Seen(BaseModel):
    """The lowest and the highest value of a feature among the customers of the run."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    lowest: float
    highest: float


class ScoringModel(BaseModel):
    """The figures of the shop that features refer to, and how far the customers of the run went."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    shop: dict[str, float] = Field(
        description="`<feature>_prior` and `<feature>_strength`: the shop's own rates, to which "
        "those of customers are drawn"
    )
    category_prices: list[tuple[str, float | None]] = Field(
        default_factory=list,
        description="category and its mean price in the whole shop, where a feature takes it",
    )
    seen: dict[str, Seen] = Field(
        default_factory=dict,
        description="the range of each feature that decides; suspected bots are left out",
    )
    radii: dict[str, float] = Field(
        default_factory=dict,
        description="segment id to the largest `distance` of its customers",
    )


def to_scoring(
    segmentation: Segmentation,
    customers: pa.Table,
    shop: Mapping[str, float],
    category_prices: pa.Table | None = None,
) -> ScoringModel:
    """Return what scoring takes from a run.

    Parameters
    ----------
    segmentation : Segmentation
    customers : pyarrow.Table
        Those that were segmented, sorted by `user_id`.
    shop : mapping
        `Customers.shop`.
    category_prices : pyarrow.Table, optional
        `Customers.category_prices`.

    Examples
    --------
    >>> from clustomer.segments import segment
    >>> table = pa.table({"user_id": ["a", "b", "c"], "orders": [1.0, 1.0, 9.0]})
    >>> made = to_scoring(segment(table, k=2), table, {"start_s": 0.0, "buying_prior": 0.5})
    >>> made.shop, made.seen["orders"].highest, list(made.radii)
    ({'buying_prior': 0.5}, 9.0, ['S1', 'S2'])
    """
    table = segmentation.table
    people = customers.filter(pc.not_equal(table["cluster"], BOTS))
    names = list(segmentation.rule.features)
    values = feature_matrix(people, names)
    seen = {
        name: Seen(lowest=float(np.nanmin(column)), highest=float(np.nanmax(column)))
        for name, column in zip(names, values.T, strict=True)
        if not np.isnan(column).all()
    }
    farthest = table.group_by("cluster").aggregate([("distance", "max")]).to_pylist()
    radii = {
        segmentation.segment_ids[row["cluster"]]: row["distance_max"]
        for row in farthest
        if row["distance_max"] is not None
    }
    prices = category_prices.to_pylist() if category_prices is not None else []
    return ScoringModel(
        shop={name: float(value) for name, value in shop.items() if name not in _MOMENTS},
        category_prices=[(row["category"], row["mean_price"]) for row in prices],
        seen=seen,
        radii=dict(sorted(radii.items())),
    )
