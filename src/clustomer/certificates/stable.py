"""Whether each segment would have been recovered: the marks of stability."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from clustomer.certificates.certificate import Mark, Stable
from clustomer.segments import Segmentation
from clustomer.segments.algorithms.registry import clusterer
from clustomer.segments.arrays import Matrix
from clustomer.segments.exclusions import BOTS
from clustomer.segments.matrix.customer_matrix import feature_matrix
from clustomer.segments.validity.stability import cluster_stability
from clustomer.thresholds import DISSOLVED, N_RESAMPLES, RESAMPLE_CUSTOMERS, VALID

FULL_SIZE_RESAMPLES = 5


def stable_marks(
    customers: pa.Table,
    segmentation: Segmentation,
    split_half: Mapping[str, tuple[float, float, int]],
    *,
    random_state: int = 0,
) -> dict[str, Stable]:
    """Return each segment's stability: recovered in small resamples, and in half the visits.

    A mean Jaccard similarity from `VALID` on passes, one of at most `DISSOLVED` fails (Hennig
    2007, doi:10.1016/j.csda.2006.11.025); between them, or where two halves of the same customers'
    visits agree no better than strangers' would, it is weak.

    Parameters
    ----------
    customers : table with the features that were clustered, sorted by `user_id`.
    segmentation : Segmentation of those customers.
    split_half : segment id to the Jaccard similarity of two halves of the visits, what unrelated
        halves would give, and how many customers were compared; missing where there are none.
    random_state : int, default 0.
    """
    labels = segmentation.table["cluster"].to_numpy().astype(np.int64)
    inside = labels != BOTS
    matrix, estimator = _refittable(customers, segmentation)
    matrix, labels = matrix[inside], labels[inside]
    small = cluster_stability(
        estimator,
        matrix,
        labels,
        n_resamples=N_RESAMPLES,
        max_rows=RESAMPLE_CUSTOMERS,
        random_state=random_state,
    )
    full: Mapping[int, float] = {}
    if len(matrix) > RESAMPLE_CUSTOMERS:
        all_rows = cluster_stability(
            estimator,
            matrix,
            labels,
            n_resamples=FULL_SIZE_RESAMPLES,
            max_rows=None,
            random_state=random_state,
        )
        full = dict(zip(all_rows.clusters.tolist(), all_rows.jaccard.tolist(), strict=True))
    marks = {}
    for index, cluster in enumerate(small.clusters.tolist()):
        segment_id = segmentation.segment_ids[cluster]
        agreement = split_half.get(segment_id)
        jaccard = float(small.jaccard[index])
        marks[segment_id] = Stable(
            mark=stability_mark(jaccard, agreement),
            jaccard=jaccard,
            jaccard_se=float(small.jaccard_se[index]),
            one_to_one=float(small.one_to_one[index]),
            dissolved=float(small.dissolved[index]),
            resamples=small.n_resamples,
            resample_customers=small.resample_rows,
            split_half=agreement[0] if agreement else None,
            split_half_chance=agreement[1] if agreement else None,
            full_size=full.get(cluster),
        )
    return marks


def _refittable(customers: pa.Table, segmentation: Segmentation) -> tuple[Matrix, Any]:
    """Return what the segments were made of, and what makes such segments of other rows."""
    rule = segmentation.rule
    matrix = feature_matrix(customers, list(rule.features))
    estimator = rule.refitting_estimator()
    if estimator is None:
        selection = segmentation.selection
        estimator = clusterer(segmentation.algorithm.name, n_clusters=selection.crowd_k)
        if selection.rare_clusters:
            from clustomer.segments.algorithms.beside_rare import BesideRare

            estimator = BesideRare(estimator, rule.centres, selection.rare_clusters)
    return rule.prepared(matrix), estimator


def stability_mark(jaccard: float, split_half: tuple[float, float, int] | None = None) -> Mark:
    """Return the mark of a mean Jaccard similarity, and of what half the visits say.

    >>> stability_mark(0.9), stability_mark(0.6), stability_mark(0.5)
    ('pass', 'weak', 'fail')
    >>> stability_mark(0.9, split_half=(0.2, 0.2, 500))
    'weak'
    """
    if np.isnan(jaccard):
        return "not tested"
    if jaccard <= DISSOLVED:
        return "fail"
    if jaccard < VALID or (split_half is not None and split_half[0] <= split_half[1]):
        return "weak"
    return "pass"
