"""The stored segmentation: a JSON file that a stranger can read and reimplement."""

from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from clustomer.customers.reason import Reason
from clustomer.documents import Document, read_document
from clustomer.errors import InputError
from clustomer.segments.algorithms.algorithm import AlgorithmNote
from clustomer.segments.algorithms.dendrogram import Dendrogram
from clustomer.segments.exclusions import Exclusion, check_rows_only, excluded_predicate
from clustomer.segments.matrix.scaling import POWERS, ScaledFeature
from clustomer.segments.rules.rule import Rule
from clustomer.segments.rules.stored_rule import from_stored
from clustomer.segments.selection.repeated import Repetition
from clustomer.segments.selection.weights import Weights
from clustomer.segments.stored.scoring import ScoringModel

SCHEMA_VERSION: Literal[4] = 4


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
        "or 0.5"
    )
    mean: float | None
    scale: float | None = Field(
        gt=0,
        description="population standard deviation after the power, over the feature's weights: "
        "the one of its definition, and `weight`",
    )
    weight: float = Field(
        default=1.0,
        gt=0,
        description="how much it counts by what it told of what came next, against 1; `scale` "
        "holds it already",
    )


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
    reason: str | None = Field(description="why, in a sentence")
    grounds: Reason = Field(description="why, as data: what decided, with its numbers")
    k_range: tuple[int, int]
    elbow_k: int | None
    silhouette_k: int | None
    structure: bool = Field(description="false where only one cluster could be made")
    fitted_customers: int
    random_state: int
    criteria: list[dict[str, bool | int | float | str | None]] = Field(
        description="one entry for every K that was fitted"
    )
    repetition: Repetition | None = Field(
        default=None,
        description="what came of doing everything again on draws of the customers; null where "
        "that was not done",
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


class SqlModel(_Part):
    """The definition as DuckDB SQL: events to customers, customers to clusters."""

    customers: str | None
    assignment: str


class SegmentationModel(_Part):
    """Everything needed to give a customer a segment, on any engine, in any language."""

    schema_version: Literal[4] = SCHEMA_VERSION
    clustomer_version: str
    event_schema: dict[str, Any]
    window: dict[str, Any]
    features: list[FeatureModel]
    left_out: dict[str, str] = Field(
        description="features that do not decide: why not, in a sentence"
    )
    left_out_grounds: dict[str, Reason] = Field(
        default_factory=dict, description="the same as data"
    )
    weights: Weights | None = Field(
        default=None,
        description="what was learned of how much features count; null for a grid, and in files "
        "of release 0.1",
    )
    algorithm: AlgorithmNote
    assignment: dict[str, Any] = Field(description="a rule, as `rules.stored_rule` writes it")
    exclusions: list[Exclusion]
    segments: list[SegmentModel]
    selection: SelectionModel
    projection: ProjectionModel | None
    dendrogram: Dendrogram | None = Field(
        default=None, description="null where the algorithm builds no tree"
    )
    sql: SqlModel
    scoring: ScoringModel | None = Field(
        default=None,
        description="what scoring takes besides; null where customers were not made of events, and "
        "in files from before there was scoring",
    )
    facets: dict[str, Any] = Field(
        default_factory=dict, description="facet to what is known of it, as `Facets` writes it"
    )

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        for feature in self.features:
            if feature.power not in (None, *POWERS):
                raise ValueError(f"the power of {feature.name} is {feature.power}")
        rule = self.rule
        if rule.features != tuple(feature.name for feature in self.features):
            raise ValueError("the features are not those of the assignment")
        excluded_predicate(rule.exclusions)
        check_rows_only(rule.exclusions)
        return self

    @property
    def rule(self) -> Rule:
        """The rule that gives a customer a cluster; `assign` runs it."""
        return from_stored(self.assignment, _scaling(self.features), self.exclusions)

    def to_json(self) -> str:
        """Return the file's text; numbers keep every bit."""
        return self.model_dump_json(indent=2) + "\n"


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
        text,
        "segmentation.json",
        newest=SCHEMA_VERSION,
        migrations={2: _of_version_2, 3: _of_version_3},
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


def _scaling(features: list[FeatureModel]) -> list[ScaledFeature]:
    """Return how features are scaled; nothing where all count as they are, as in a grid."""
    parts = [
        (f.name, f.undefined, f.power, f.mean, f.scale, f.low, f.high, f.weight) for f in features
    ]
    if all(part[1:5] == (None, None, None, None) for part in parts):
        return []
    if any(None in part[1:5] for part in parts):
        raise ValueError("a feature lacks its scaling")
    return [ScaledFeature(*part) for part in parts]  # type: ignore[arg-type]


_CRITERIA_OF_0_1 = {
    "power": "holdout_r2",
    "power_se": "holdout_r2_se",
    "power_behind": "holdout_r2_behind",
    "power_behind_se": "holdout_r2_behind_se",
    "valley_depth": "density_dip",
    "lowest_valley_depth": "lowest_density_dip",
}


def _of_version_2(document: Document) -> Document:
    """Return a document of release 0.1 with the names of today."""
    renamed = {"triangles": "precision_cholesky"}
    assignment = {
        renamed.get(key, key): value
        for key, value in document["assignment"].items()
        if key != "noise_radius"
    }
    selection = document["selection"]
    criteria = [
        {_CRITERIA_OF_0_1.get(name, name): value for name, value in row.items()}
        for row in selection["criteria"]
    ]
    rule = {"power": "holdout_r2", "valleys": "density_dip"}.get(
        selection["rule"], selection["rule"]
    )
    stated = {"kind": "stated", "numbers": {"sentence": selection["reason"]}}
    return {
        **document,
        "assignment": assignment,
        "selection": {**selection, "rule": rule, "criteria": criteria, "grounds": stated},
    }


def _of_version_3(document: Document) -> Document:
    """Return a document from before there was scoring, which holds nothing for it."""
    return {**document, "scoring": None}
