"""The stored segmentation: a JSON file that a stranger can read and reimplement."""

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any, Literal, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from sqlglot import exp

from clustomer.customers.features import FEATURES
from clustomer.engines import dialect
from clustomer.errors import InputError
from clustomer.segments.assignment import (
    BOTS,
    Exclusion,
    NearestCentroid,
    assignment_query,
    excluded_predicate,
)
from clustomer.segments.scaling import ScaledFeature
from clustomer.segments.segmentation import Segmentation

SCHEMA_VERSION: Literal[1] = 1
BOTS_ID = "bots"
BOTS_NAME = "Suspected bots"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class FeatureModel(_Part):
    """A clustered feature: what it is, and how it is scaled."""

    name: str
    label: str
    unit: str
    definition: str
    sql: str | None = Field(description="an aggregate over events; null for a column of one's own")
    undefined: float = Field(description="stands in for a missing value, in the feature's unit")
    log: bool = Field(description="whether sign(x) * ln(1 + |x|) is taken before scaling")
    mean: float
    scale: float = Field(gt=0, description="population standard deviation, after the log")


class AssignmentModel(_Part):
    """The nearest of some centroids, in scaled units, one number per feature."""

    kind: Literal["nearest_centroid"] = "nearest_centroid"
    centroids: list[list[float]] = Field(min_length=1)
    noise_radius: float | None = Field(
        default=None, description="the distance from which a customer is noise; null: none"
    )


class ExclusionModel(_Part):
    """Customers in no cluster: a predicate over the customer table."""

    name: str
    rule: str


class SegmentModel(_Part):
    """One segment; cluster -1 are the excluded."""

    cluster: int
    segment_id: str
    name: str | None
    customers: int


class SelectionModel(_Part):
    """How the number of clusters was chosen."""

    k: int
    requested: int | Literal["auto"]
    rule: str
    reason: str


class SqlModel(_Part):
    """The definition as DuckDB SQL: events to customers, customers to clusters."""

    customers: str | None
    assignment: str


class SegmentationModel(_Part):
    """Everything needed to give a customer a segment, on any engine, in any language."""

    schema_version: Literal[1] = SCHEMA_VERSION
    clustomer_version: str
    event_schema: dict[str, Any]
    window: dict[str, Any]
    features: list[FeatureModel]
    left_out: dict[str, str]
    assignment: AssignmentModel
    exclusions: list[ExclusionModel]
    segments: list[SegmentModel]
    selection: SelectionModel
    sql: SqlModel

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        for centroid in self.assignment.centroids:
            if len(centroid) != len(self.features):
                raise ValueError(
                    f"a centroid has {len(centroid)} numbers for {len(self.features)} features"
                )
        if self.assignment.noise_radius is not None:
            raise ValueError("noise_radius must be null for the nearest centroid")
        excluded_predicate(self.rule.exclusions)
        return self

    @property
    def rule(self) -> NearestCentroid:
        """The rule that gives a customer a cluster; `assign` runs it."""
        return NearestCentroid(
            tuple(
                ScaledFeature(f.name, f.undefined, f.log, f.mean, f.scale) for f in self.features
            ),
            np.array(self.assignment.centroids, dtype=np.float64),
            tuple(Exclusion(e.name, e.rule) for e in self.exclusions),
        )

    def to_json(self) -> str:
        """Return the file's text; numbers keep every bit."""
        return self.model_dump_json(indent=2) + "\n"


def to_model(
    segmentation: Segmentation,
    *,
    event_schema: Mapping[str, Any] | None = None,
    window: Mapping[str, Any] | None = None,
    customers_query: exp.Expr | None = None,
    names: Mapping[str, str] | None = None,
) -> SegmentationModel:
    """Return a segmentation as the model that `segmentation.json` stores.

    Parameters
    ----------
    segmentation : Segmentation
    event_schema : how the source's columns and events map to ours, ready for JSON.
    window : start, cutoff, days and time zone, ready for JSON.
    customers_query : the query that makes customers from events, `Customers.query`.
    names : segment id ("S1" for cluster 0, ...) to name.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from clustomer.segments import assign, segment
    >>> customers = pa.table({"user_id": ["a", "b", "c"], "orders": [1.0, 1.0, 9.0]})
    >>> model = to_model(segment(customers, k=2), names={"S1": "Few orders", "S2": "Many"})
    >>> loaded = SegmentationModel.model_validate_json(model.to_json())
    >>> assign(customers, loaded)["cluster"].to_pylist()
    [0, 0, 1]
    >>> [(part.segment_id, part.name, part.customers) for part in loaded.segments]
    [('S1', 'Few orders', 2), ('S2', 'Many', 1)]
    """
    declared = {feature.name: feature for feature in FEATURES}
    features = []
    for scaled in segmentation.scaling:
        known = declared.get(scaled.name)
        features.append(
            FeatureModel(
                name=scaled.name,
                label=known.label if known else scaled.name,
                unit=known.unit if known else "",
                definition=known.definition if known else "",
                sql=known.sql if known else None,
                undefined=scaled.undefined,
                log=scaled.log,
                mean=scaled.mean,
                scale=scaled.scale,
            )
        )
    words = {BOTS_ID: BOTS_NAME, **(names or {})}
    ids = {cluster: _segment_id(cluster) for cluster in segmentation.clusters}
    selection = segmentation.selection
    return SegmentationModel(
        clustomer_version=version("clustomer"),
        event_schema=dict(event_schema or {}),
        window=dict(window or {}),
        features=features,
        left_out=segmentation.left_out,
        assignment=AssignmentModel(centroids=segmentation.centroids.tolist()),
        exclusions=[ExclusionModel(name=e.name, rule=e.rule) for e in segmentation.exclusions],
        segments=[
            SegmentModel(
                cluster=cluster,
                segment_id=ids[cluster],
                name=words.get(ids[cluster]),
                customers=customers,
            )
            for cluster, customers in sorted(
                segmentation.clusters.items(), key=lambda item: (item[0] < 0, item[0])
            )
        ],
        selection=SelectionModel(
            k=selection.k,
            requested=selection.requested,
            rule=selection.rule,
            reason=selection.reason,
        ),
        sql=SqlModel(
            customers=None
            if customers_query is None
            else dialect.translate(customers_query, pretty=True),
            assignment=dialect.translate(assignment_query(segmentation), pretty=True),
        ),
    )


def read_model(text: str | bytes) -> SegmentationModel:
    """Return the model that a `segmentation.json` holds.

    Raises
    ------
    InputError
        If the text is no such file, or was written by another version of the format.

    Examples
    --------
    >>> read_model("{}")
    Traceback (most recent call last):
    ...
    clustomer.errors.InputError: This is no segmentation.json of schema version 1: ...
    """
    try:
        return SegmentationModel.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "the file"
        raise InputError(
            f"This is no segmentation.json of schema version {SCHEMA_VERSION}: {place}: "
            f"{first['msg']}. Give the file of a results folder as it was written."
        ) from error


def _segment_id(cluster: int) -> str:
    return BOTS_ID if cluster == BOTS else f"S{cluster + 1}"
