"""One segment for everyone: what is delivered where no division holds."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clustomer.customers.reason import Reason
from clustomer.segments.exclusions import BOTS
from clustomer.segments.matrix.customer_matrix import customer_table, feature_matrix
from clustomer.segments.matrix.projection import project
from clustomer.segments.rules.assignment import assign
from clustomer.segments.rules.nearest_centroid import NearestCentroid
from clustomer.segments.segmentation import BOTS_ID, Segmentation


def one_segment(customers: object, segmentation: Segmentation, *, reason: Reason) -> Segmentation:
    """Return a segmentation with one segment, in the features and the axes of another.

    Parameters
    ----------
    customers : the table that the other was made of.
    segmentation : Segmentation
        Found, not defined: an RFM grid has no scaling to keep.
    reason : Reason
        Why there is one segment.

    Returns
    -------
    Segmentation
        `structure` is False, every customer but suspected bots is in cluster 0, and the criteria
        of every K that was tried are kept, none marked as taken.

    Examples
    --------
    >>> from clustomer.segments import segment
    >>> table = pa.table({"user_id": ["a", "b", "c"], "orders": [1.0, 1.0, 9.0]})
    >>> why = Reason("no structure", {"best_k": 2})
    >>> alone = one_segment(table, segment(table, k=2), reason=why)
    >>> alone.clusters, alone.structure
    ({0: 3}, False)
    """
    rule = segmentation.rule
    table = customer_table(customers)
    alone = NearestCentroid(rule.scaling, np.zeros((1, len(rule.scaling))), rule.exclusions)
    labelled = assign(table, alone)
    criteria = segmentation.selection.criteria
    taken = criteria.schema.get_field_index("taken")
    criteria = criteria.set_column(taken, "taken", pa.array([False] * criteria.num_rows))
    old = segmentation.projection
    projection = old and project(
        labelled,
        feature_matrix(table, list(rule.features)),
        rule.scaling,
        (old.mean, old.components, old.explained_variance_ratio),
        old.loadings,
    )
    bots = pc.sum(pc.equal(labelled["cluster"], BOTS)).as_py() or 0
    return replace(
        segmentation,
        table=labelled,
        clusters={**({BOTS: bots} if bots else {}), 0: labelled.num_rows - bots},
        rule=alone,
        segment_ids={0: "S1", BOTS: BOTS_ID},
        selection=replace(
            segmentation.selection,
            k=1,
            rule="no structure",
            reason=reason,
            criteria=criteria,
            repetition=None,
        ),
        projection=projection,
        structure=False,
        dendrogram=None,
        rare=None,
    )
