"""From the files of a version back to the segmentation that they hold, without fitting."""

from typing import Any

import numpy as np
import pyarrow as pa

from clustomer.customers.reason import Reason
from clustomer.segments.exclusions import BOTS
from clustomer.segments.matrix.customer_matrix import customer_table, feature_matrix
from clustomer.segments.matrix.projection import Projection, project
from clustomer.segments.rules.assignment import LABELS
from clustomer.segments.segmentation import BOTS_ID, Segmentation
from clustomer.segments.selection.criteria_table import CRITERIA
from clustomer.segments.selection.selection import Selection
from clustomer.segments.stored.segmentation_file import SegmentationModel


def restore(model: SegmentationModel, customers: object, labelled: pa.Table) -> Segmentation:
    """Return the segmentation of a version, as it was when the version was written.

    Parameters
    ----------
    model : SegmentationModel
        The content of `segmentation.json`.
    customers : any table of customers
        The content of `customers.parquet`.
    labelled : pyarrow.Table
        `user_id`, `cluster`, `distance`, `border_distance`: the labels as they were published.

    Examples
    --------
    >>> from clustomer.segments import segment, to_model
    >>> customers = pa.table({"user_id": ["a", "b", "c"], "orders": [1.0, 1.0, 9.0]})
    >>> found = segment(customers, k=2)
    >>> again = restore(to_model(found), customers, found.table)
    >>> again.selection.reason == found.selection.reason, again.clusters
    (True, {0: 2, 1: 1})
    """
    stored = model.selection
    selection = Selection(
        k=stored.k,
        requested=stored.requested,
        k_range=stored.k_range,
        rule=stored.rule,
        reason=stored.grounds,
        elbow_k=stored.elbow_k,
        silhouette_k=stored.silhouette_k,
        criteria=pa.Table.from_pylist(stored.criteria, schema=CRITERIA),
        repetition=stored.repetition,
    )
    # results from before there was a border distance have none
    table = labelled.select([name for name in LABELS.names if name in labelled.column_names])
    sizes = {part.cluster: part.customers for part in model.segments if part.customers}
    return Segmentation(
        table=table,
        clusters=dict(sorted(sizes.items())),
        rule=model.rule,
        segment_ids={
            **{part.cluster: part.segment_id for part in model.segments},
            BOTS: BOTS_ID,
        },
        left_out={
            **{name: Reason.stated(sentence) for name, sentence in model.left_out.items()},
            **model.left_out_grounds,
        },
        selection=selection,
        projection=_projection(model, customers, table),
        structure=stored.structure,
        fitted_customers=stored.fitted_customers,
        random_state=stored.random_state,
        algorithm=model.algorithm,
        dendrogram=model.dendrogram,
        weights=model.weights,
    )


def _projection(model: SegmentationModel, customers: object, table: pa.Table) -> Projection | None:
    stored, rule = model.projection, model.rule
    if stored is None or not rule.scaling:
        return None
    matrix = feature_matrix(customer_table(customers), list(rule.features))
    axes: Any = tuple(
        np.array(values, dtype=np.float64)
        for values in (stored.mean, stored.components, stored.explained_variance_ratio)
    )
    arrows = pa.Table.from_pylist(
        [arrow.model_dump() for arrow in stored.loadings],
        schema=pa.schema(
            [("feature", pa.string()), *((name, pa.float64()) for name in ("x", "y", "strength"))]
        ),
    )
    return project(table, matrix, rule.scaling, axes, arrows)
