"""From a segmentation to what `segmentation.json` stores."""

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any, Literal

from sqlglot import exp

from clustomer.customers.features import FEATURES
from clustomer.engines import dialect
from clustomer.segments.exclusions import BOTS
from clustomer.segments.rules.assignment import assignment_query
from clustomer.segments.rules.stored_rule import to_stored
from clustomer.segments.segmentation import BOTS_ID, BOTS_NAME, NOISE_ID, NOISE_NAME, Segmentation
from clustomer.segments.stored.scoring import ScoringModel
from clustomer.segments.stored.segmentation_file import (
    ArrowModel,
    FeatureModel,
    ProjectionModel,
    SegmentationModel,
    SegmentModel,
    SelectionModel,
    SqlModel,
)


def to_model(
    segmentation: Segmentation,
    *,
    event_schema: Mapping[str, Any] | None = None,
    window: Mapping[str, Any] | None = None,
    customers_query: exp.Expr | None = None,
    names: Mapping[str, str] | None = None,
    own_names: Mapping[str, str] | None = None,
    reason: str | None = None,
    left_out: Mapping[str, str] | None = None,
    scoring: ScoringModel | None = None,
    facets: Mapping[str, Any] | None = None,
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
    reason : why there are as many segments, in a sentence.
    left_out : feature that does not decide to the sentence why.
    scoring : what scoring takes besides, as `to_scoring` returns it.
    facets : further segmentations of the same customers, ready for JSON.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from clustomer.segments import assign, read_model, segment
    >>> customers = pa.table({"user_id": ["a", "b", "c"], "orders": [1.0, 1.0, 9.0]})
    >>> model = to_model(segment(customers, k=2), names={"S1": "Few orders", "S2": "Many"})
    >>> loaded = read_model(model.to_json())
    >>> assign(customers, loaded)["cluster"].to_pylist()
    [0, 0, 1]
    >>> [(part.segment_id, part.name, part.customers) for part in loaded.segments]
    [('S1', 'Few orders', 2), ('S2', 'Many', 1)]
    """
    return SegmentationModel(
        clustomer_version=version("clustomer"),
        event_schema=dict(event_schema or {}),
        window=dict(window or {}),
        features=[_feature(name, segmentation) for name in segmentation.rule.features],
        left_out=dict(left_out or {}),
        left_out_grounds=segmentation.left_out,
        weights=segmentation.weights,
        algorithm=segmentation.algorithm,
        assignment=to_stored(segmentation.rule),
        exclusions=list(segmentation.exclusions),
        segments=_segments(segmentation, names or {}, own_names or {}),
        selection=_selection(segmentation, reason),
        projection=_projection(segmentation),
        dendrogram=segmentation.dendrogram,
        sql=SqlModel(
            customers=None
            if customers_query is None
            else dialect.translate(customers_query, pretty=True),
            assignment=dialect.translate(assignment_query(segmentation), pretty=True),
        ),
        scoring=scoring,
        facets=dict(facets or {}),
    )


def _segments(
    segmentation: Segmentation, names: Mapping[str, str], own_names: Mapping[str, str]
) -> list[SegmentModel]:
    defined = segmentation.rule.defined_names
    words = {BOTS_ID: BOTS_NAME, NOISE_ID: NOISE_NAME, **defined, **names}
    sizes = segmentation.clusters

    def named_by(segment_id: str) -> Literal["rule", "definition", "user"]:
        if segment_id in own_names:
            return "user"
        return "definition" if segment_id in defined else "rule"

    # A defined segment may be empty today, and have customers when others are scored.
    ids = {c: i for c, i in segmentation.segment_ids.items() if c != BOTS or c in sizes}
    return [
        SegmentModel(
            cluster=cluster,
            segment_id=segment_id,
            name=words.get(segment_id),
            named_by=named_by(segment_id),
            own_name=own_names.get(segment_id),
            customers=sizes.get(cluster, 0),
        )
        for cluster, segment_id in sorted(ids.items(), key=lambda item: (item[0] < 0, item[0]))
    ]


def _selection(segmentation: Segmentation, reason: str | None) -> SelectionModel:
    selection = segmentation.selection
    return SelectionModel(
        k=selection.k,
        requested=selection.requested,
        rule=selection.rule,
        reason=reason,
        grounds=selection.reason,
        k_range=selection.k_range,
        elbow_k=selection.elbow_k,
        silhouette_k=selection.silhouette_k,
        structure=segmentation.structure,
        fitted_customers=segmentation.fitted_customers,
        random_state=segmentation.random_state,
        criteria=selection.criteria.to_pylist(),
        repetition=selection.repetition,
    )


def _projection(segmentation: Segmentation) -> ProjectionModel | None:
    projection = segmentation.projection
    if projection is None:
        return None
    return ProjectionModel(
        mean=projection.mean.tolist(),
        components=projection.components.tolist(),
        explained_variance_ratio=projection.explained_variance_ratio.tolist(),
        loadings=[ArrowModel(**row) for row in projection.loadings.to_pylist()],
    )


def _feature(name: str, segmentation: Segmentation) -> FeatureModel:
    declared = next((feature for feature in FEATURES if feature.name == name), None)
    scaled = next((feature for feature in segmentation.scaling if feature.name == name), None)
    return FeatureModel(
        name=name,
        label=declared.label if declared else name,
        unit=declared.unit if declared else "",
        definition=declared.definition if declared else "",
        sql=declared.sql if declared else None,
        undefined=scaled.undefined if scaled else None,
        low=scaled.low if scaled else None,
        high=scaled.high if scaled else None,
        power=scaled.power if scaled else None,
        mean=scaled.mean if scaled else None,
        scale=scaled.scale if scaled else None,
        weight=scaled.weight if scaled else 1.0,
    )
