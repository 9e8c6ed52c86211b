"""The stored segmentation: a JSON file that a stranger can read and reimplement."""

from collections.abc import Mapping
from importlib.metadata import version
from typing import Annotated, Any, Literal, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from sqlglot import exp

from clustomer.customers.features import FEATURES
from clustomer.documents import Document, read_document
from clustomer.engines import dialect
from clustomer.errors import InputError
from clustomer.segments.exclusions import BOTS, Exclusion, excluded_predicate
from clustomer.segments.matrix.scaling import POWERS, ScaledFeature
from clustomer.segments.rules.assignment import NearestCentroid, Rule, assignment_query
from clustomer.segments.rules.nearest_exemplar import NearestExemplar
from clustomer.segments.rules.quadratic import Quadratic
from clustomer.segments.rules.rfm_grid import (
    NO_PURCHASE_ID,
    NO_PURCHASE_NAME,
    RFM_SEGMENTS,
    SCORES,
    RfmGrid,
)
from clustomer.segments.segmentation import BOTS_ID, NOISE_ID, Segmentation

SCHEMA_VERSION: Literal[2] = 2
BOTS_NAME = "Suspected bots"
NOISE_NAME = "In no group"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class FeatureModel(_Part):
    """A feature that decides: what it is, and how it is scaled (all null for a grid)."""

    name: str
    label: str
    unit: str
    definition: str
    sql: str | None = Field(description="an aggregate over events; null for a column of one's own")
    undefined: float | None = Field(
        description="stands in for a missing value, in the feature's unit"
    )
    low: float | None = Field(
        default=None, description="values below count as this one; null: no limit"
    )
    high: float | None = Field(
        default=None, description="values above count as this one; null: no limit"
    )
    power: float | None = Field(
        description="sign(x) * |x| ** power is taken, within the limits, before scaling: 1, 0.75 "
        "or 0.5; at 0, as in files of version 1, sign(x) * ln(1 + |x|)"
    )
    mean: float | None
    scale: float | None = Field(
        gt=0,
        description="population standard deviation after the power, over the feature's weight",
    )


class NearestCentroidModel(_Part):
    """The nearest of some centroids, in scaled units, one number per feature."""

    kind: Literal["nearest_centroid"] = "nearest_centroid"
    centroids: list[list[float]] = Field(min_length=1)
    noise_radius: float | None = Field(
        default=None, description="the distance from which a customer is noise; null: none"
    )


_Cuts = Annotated[list[float], Field(min_length=len(SCORES) - 1, max_length=len(SCORES) - 1)]
_Row = Annotated[list[int], Field(min_length=len(SCORES), max_length=len(SCORES))]


class RfmGridModel(_Part):
    """Scores from 1 to 5 by cut points, and a cluster for each pair of scores.

    The recency score is 5 up to the first cut point, 4 up to the second, ..., 1 above the
    fourth; the frequency score is 1 up to the first, ..., 5 above the fourth.
    """

    kind: Literal["rfm_grid"] = "rfm_grid"
    recency_cuts: _Cuts = Field(description="of purchase_recency_days, in days, rising")
    frequency_cuts: _Cuts = Field(description="of orders, rising")
    grid: list[_Row] = Field(
        min_length=len(SCORES),
        max_length=len(SCORES),
        description="clusters: a row for each recency score from 1, a column for each frequency "
        "score from 1",
    )
    no_purchase: int = Field(description="the cluster of customers without an order")


class QuadraticModel(_Part):
    """The highest weighted normal density, in scaled units.

    The logarithm of a cluster's density at z is `constant - q / 2`, where q is the squared length
    of `triangle` times (z - mean); row i of the triangle has i numbers, the zeros after them are
    left out. The lowest cluster of equals.
    """

    kind: Literal["quadratic"] = "quadratic"
    means: list[list[float]] = Field(min_length=1)
    triangles: list[list[list[float]]]
    constants: list[float]


class NearestExemplarModel(_Part):
    """The cluster of the nearest exemplar, in scaled units; -2 beyond that cluster's radius."""

    kind: Literal["nearest_exemplar"] = "nearest_exemplar"
    exemplars: list[list[float]] = Field(min_length=1)
    clusters: list[int] = Field(description="the cluster of each exemplar, rising")
    noise_radii: list[float] = Field(
        description="a distance for each cluster; farther from its exemplars is noise"
    )


AssignmentModel = Annotated[
    NearestCentroidModel | QuadraticModel | NearestExemplarModel | RfmGridModel,
    Field(discriminator="kind"),
]


class AlgorithmModel(_Part):
    """What found the segments, with the parameters that it used."""

    name: str
    parameters: dict[str, int | float | str]
    sample_customers: int | None = Field(
        description="customers that it was fitted to; null: all in the fit"
    )


class ExclusionModel(_Part):
    """Customers in no cluster: a predicate over the customer table."""

    name: str
    rule: str


class SegmentModel(_Part):
    """One segment; cluster -1 are the excluded, -2 those whom the rule puts in no group."""

    cluster: int
    segment_id: str
    name: str | None
    named_by: Literal["rule", "definition", "user"] = Field(
        default="rule", description="whether the numbers, a definition or a user gave the name"
    )
    own_name: str | None = Field(
        default=None, description="what the program calls it, where a user gave the name"
    )
    customers: int


class SelectionModel(_Part):
    """How the number of clusters was chosen."""

    k: int
    requested: int | Literal["auto"] | None
    rule: str
    reason: str
    k_range: tuple[int, int]
    elbow_k: int | None
    silhouette_k: int | None
    structure: bool = Field(description="false where only one cluster could be made")
    fitted_customers: int
    random_state: int
    criteria: list[dict[str, bool | int | float | str | None]] = Field(
        description="one entry for every K that was fitted"
    )


class ArrowModel(_Part):
    """The correlation of a feature with each axis of the map."""

    feature: str
    x: float
    y: float
    strength: float


class ProjectionModel(_Part):
    """The map: coordinates are (z - mean) · components, z the scaled features."""

    mean: list[float]
    components: list[list[float]]
    explained_variance_ratio: list[float]
    loadings: list[ArrowModel]


class DendrogramModel(_Part):
    """The top of the tree of a hierarchical clustering: see `Dendrogram`."""

    shares: list[float] = Field(description="of the customers, for each leaf")
    clusters: list[int]
    merges: list[tuple[int, int]] = Field(
        description="two nodes each; node n_leaves + j is what merge j made"
    )
    heights: list[float]


class SqlModel(_Part):
    """The definition as DuckDB SQL: events to customers, customers to clusters."""

    customers: str | None
    assignment: str


class SegmentationModel(_Part):
    """Everything needed to give a customer a segment, on any engine, in any language."""

    schema_version: Literal[2] = SCHEMA_VERSION
    clustomer_version: str
    event_schema: dict[str, Any]
    window: dict[str, Any]
    features: list[FeatureModel]
    left_out: dict[str, str]
    algorithm: AlgorithmModel | None = Field(default=None, description="null in version 1")
    assignment: AssignmentModel
    exclusions: list[ExclusionModel]
    segments: list[SegmentModel]
    selection: SelectionModel
    projection: ProjectionModel | None
    dendrogram: DendrogramModel | None = Field(
        default=None, description="null where the algorithm builds no tree"
    )
    sql: SqlModel

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        match self.assignment:
            case NearestCentroidModel() as nearest:
                self._check_points("a centroid", nearest.centroids)
                if nearest.noise_radius is not None:
                    raise ValueError("noise_radius must be null for the nearest centroid")
            case QuadraticModel() as mixture:
                self._check_points("a mean", mixture.means)
                if not len(mixture.means) == len(mixture.triangles) == len(mixture.constants):
                    raise ValueError("means, triangles and constants are not as many")
                rows = list(range(1, len(self.features) + 1))
                if any([len(row) for row in each] != rows for each in mixture.triangles):
                    raise ValueError("a triangle does not have a row for each feature")
            case NearestExemplarModel() as regions:
                self._check_points("an exemplar", regions.exemplars)
                if len(regions.clusters) != len(regions.exemplars):
                    raise ValueError("exemplars and clusters are not as many")
                if set(regions.clusters) != set(range(len(regions.noise_radii))):
                    raise ValueError("clusters and noise_radii do not fit together")
            case RfmGridModel() as grid:
                for cuts in (grid.recency_cuts, grid.frequency_cuts):
                    if cuts != sorted(cuts):
                        raise ValueError(f"the cut points {cuts} do not rise")
        excluded_predicate(self.rule.exclusions)
        return self

    def _check_points(self, what: str, points: list[list[float]]) -> None:
        for point in points:
            if len(point) != len(self.features):
                raise ValueError(
                    f"{what} has {len(point)} numbers for {len(self.features)} features"
                )
        if any(None in (f.undefined, f.power, f.mean, f.scale) for f in self.features):
            raise ValueError("a feature lacks its scaling")
        for feature in self.features:
            if feature.power not in (None, *POWERS):
                raise ValueError(f"the power of {feature.name} is {feature.power}")

    @property
    def rule(self) -> Rule:
        """The rule that gives a customer a cluster; `assign` runs it."""
        exclusions = tuple(Exclusion(e.name, e.rule) for e in self.exclusions)
        match self.assignment:
            case NearestCentroidModel() as nearest:
                return NearestCentroid(
                    self._scaling(), np.array(nearest.centroids, dtype=np.float64), exclusions
                )
            case QuadraticModel() as mixture:
                n_features = len(self.features)
                triangles = np.zeros((len(mixture.means), n_features, n_features))
                for j, rows in enumerate(mixture.triangles):
                    for i, row in enumerate(rows):
                        triangles[j, i, : i + 1] = row
                return Quadratic(
                    self._scaling(),
                    np.array(mixture.means, dtype=np.float64),
                    triangles,
                    np.array(mixture.constants, dtype=np.float64),
                    exclusions,
                )
            case NearestExemplarModel() as regions:
                return NearestExemplar(
                    self._scaling(),
                    np.array(regions.exemplars, dtype=np.float64),
                    np.array(regions.clusters, dtype=np.int64),
                    np.array(regions.noise_radii, dtype=np.float64),
                    exclusions,
                )
            case RfmGridModel() as grid:
                return RfmGrid(
                    tuple(grid.recency_cuts),
                    tuple(grid.frequency_cuts),
                    exclusions,
                    tuple(tuple(row) for row in grid.grid),
                    grid.no_purchase,
                )

    def _scaling(self) -> tuple[ScaledFeature, ...]:
        return tuple(_scaled(feature) for feature in self.features)

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
    own_names: Mapping[str, str] | None = None,
) -> SegmentationModel:
    """Return a segmentation as the model that `segmentation.json` stores.

    Parameters
    ----------
    segmentation : Segmentation
    event_schema : how the source's columns and events map to ours, ready for JSON.
    window : start, cutoff, days and time zone, ready for JSON.
    customers_query : the query that makes customers from events, `Customers.query`.
    names : segment id ("S1" for cluster 0, ...) to name.
    own_names : segment id to the program's own name, where `names` has one given by a user.

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
    words = {
        BOTS_ID: BOTS_NAME,
        NOISE_ID: NOISE_NAME,
        **_defined_names(segmentation.rule),
        **(names or {}),
    }
    own = own_names or {}
    sizes = segmentation.clusters
    # A defined segment may be empty today, and have customers when others are scored.
    ids = {c: i for c, i in segmentation.segment_ids.items() if c != BOTS or c in sizes}
    selection = segmentation.selection
    return SegmentationModel(
        clustomer_version=version("clustomer"),
        event_schema=dict(event_schema or {}),
        window=dict(window or {}),
        features=[_feature(name, segmentation) for name in segmentation.rule.features],
        left_out=segmentation.left_out,
        algorithm=AlgorithmModel(
            name=segmentation.algorithm.name,
            parameters=dict(segmentation.algorithm.parameters),
            sample_customers=segmentation.algorithm.sample_customers,
        ),
        assignment=_assignment(segmentation.rule),
        exclusions=[ExclusionModel(name=e.name, rule=e.rule) for e in segmentation.exclusions],
        segments=[
            SegmentModel(
                cluster=cluster,
                segment_id=segment_id,
                name=words.get(segment_id),
                named_by=_named_by(segment_id, segmentation.rule, own),
                own_name=own.get(segment_id),
                customers=sizes.get(cluster, 0),
            )
            for cluster, segment_id in sorted(ids.items(), key=lambda item: (item[0] < 0, item[0]))
        ],
        selection=SelectionModel(
            k=selection.k,
            requested=selection.requested,
            rule=selection.rule,
            reason=selection.reason,
            k_range=selection.k_range,
            elbow_k=selection.elbow_k,
            silhouette_k=selection.silhouette_k,
            structure=segmentation.structure,
            fitted_customers=segmentation.fitted_customers,
            random_state=segmentation.random_state,
            criteria=selection.criteria.to_pylist(),
        ),
        projection=_projection(segmentation),
        dendrogram=_dendrogram(segmentation),
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
    clustomer.errors.InputError: This is no segmentation.json: it states no schema_version; ...
    """
    document = read_document(
        text, "segmentation.json", newest=SCHEMA_VERSION, migrations={1: _of_version_1}
    )
    try:
        return SegmentationModel.model_validate(document)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "the file"
        raise InputError(
            f"This is no segmentation.json: {place}: {first['msg']}. "
            "Give the file of a results folder as it was written."
        ) from error


def _of_version_1(document: Document) -> Document:
    powers = {True: 0.0, False: 1.0, None: None}
    features = [
        {key: value for key, value in feature.items() if key != "log"}
        | ({"power": powers[feature["log"]]} if "log" in feature else {})
        for feature in document["features"]
    ]
    return {**document, "features": features}


def _defined_names(rule: Rule) -> dict[str, str]:
    if not isinstance(rule, RfmGrid):
        return {}
    return {**{e.segment_id: e.name for e in RFM_SEGMENTS}, NO_PURCHASE_ID: NO_PURCHASE_NAME}


def _named_by(
    segment_id: str, rule: Rule, own_names: Mapping[str, str]
) -> Literal["rule", "definition", "user"]:
    if segment_id in own_names:
        return "user"
    return "definition" if segment_id in _defined_names(rule) else "rule"


def _projection(segmentation: Segmentation) -> ProjectionModel | None:
    found = segmentation.projection
    if found is None:
        return None
    return ProjectionModel(
        mean=found.mean.tolist(),
        components=found.components.tolist(),
        explained_variance_ratio=found.explained_variance_ratio.tolist(),
        loadings=[ArrowModel(**row) for row in found.loadings.to_pylist()],
    )


def _dendrogram(segmentation: Segmentation) -> DendrogramModel | None:
    tree = segmentation.dendrogram
    if tree is None:
        return None
    return DendrogramModel(
        shares=list(tree.shares),
        clusters=list(tree.clusters),
        merges=list(tree.merges),
        heights=list(tree.heights),
    )


def _feature(name: str, segmentation: Segmentation) -> FeatureModel:
    known = next((feature for feature in FEATURES if feature.name == name), None)
    scaled = next((feature for feature in segmentation.scaling if feature.name == name), None)
    return FeatureModel(
        name=name,
        label=known.label if known else name,
        unit=known.unit if known else "",
        definition=known.definition if known else "",
        sql=known.sql if known else None,
        undefined=scaled.undefined if scaled else None,
        low=scaled.low if scaled else None,
        high=scaled.high if scaled else None,
        power=scaled.power if scaled else None,
        mean=scaled.mean if scaled else None,
        scale=scaled.scale if scaled else None,
    )


def _scaled(feature: FeatureModel) -> ScaledFeature:
    assert feature.undefined is not None
    assert feature.power is not None
    assert feature.mean is not None
    assert feature.scale is not None
    return ScaledFeature(
        feature.name,
        feature.undefined,
        feature.power,
        feature.mean,
        feature.scale,
        feature.low,
        feature.high,
    )


def _assignment(rule: Rule) -> AssignmentModel:
    match rule:
        case NearestCentroid():
            return NearestCentroidModel(centroids=rule.centroids.tolist())
        case Quadratic():
            return QuadraticModel(
                means=rule.means.tolist(),
                triangles=[
                    [row[: i + 1] for i, row in enumerate(triangle)]
                    for triangle in rule.triangles.tolist()
                ],
                constants=rule.constants.tolist(),
            )
        case NearestExemplar():
            return NearestExemplarModel(
                exemplars=rule.exemplars.tolist(),
                clusters=rule.clusters.tolist(),
                noise_radii=rule.noise_radii.tolist(),
            )
        case RfmGrid():
            return RfmGridModel(
                recency_cuts=list(rule.recency_cuts),
                frequency_cuts=list(rule.frequency_cuts),
                grid=[list(row) for row in rule.grid],
                no_purchase=rule.no_purchase,
            )
