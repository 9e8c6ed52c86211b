"""The algorithms side by side, on the same features on the same scale."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import pyarrow as pa

from clustomer.segments.algorithms.registry import OFFERED
from clustomer.segments.exclusions import BOTS, NOISE
from clustomer.segments.matrix.customer_matrix import customer_table, feature_matrix
from clustomer.segments.matrix.scaling import round_significant, scale
from clustomer.segments.segmentation import MAX_FIT_CUSTOMERS, Segmentation, segment
from clustomer.segments.validity.criteria import sampled_silhouettes


def compare(
    customers: object,
    *,
    segmented: Sequence[Segmentation] = (),
    k: int | Literal["auto"] = "auto",
    k_range: Sequence[int] = (2, 10),
    features: Sequence[str] | None = None,
    random_state: int = 0,
    max_fit_customers: int = MAX_FIT_CUSTOMERS,
) -> pa.Table:
    """Divide customers by every algorithm that is offered, and set the results side by side.

    Those that take a number of segments get the one that was chosen for KMeans, so that the
    algorithms are compared and not the numbers.

    Parameters
    ----------
    customers, k, k_range, features, random_state, max_fit_customers
        As `segment` takes them; `k` is for the algorithms that take one.
    segmented : results of `segment` for these customers and features; they are not fitted again,
        and features count for the other algorithms as they do there.

    Returns
    -------
    pyarrow.Table
        A row for each algorithm, in the order of `ALGORITHMS`: `algorithm`; `segments`, noise not
        counted; `noise_share`, the share of customers in no segment (suspected bots left out of
        all figures); `silhouette`, Euclidean, of a sample of those in a segment, NULL for one
        segment; `smallest_share`, of the smallest segment, of all customers; `agreement`, the
        adjusted Rand index (Hubert & Arabie 1985, doi:10.1007/BF01908075) with the segments of
        KMeans, noise being one more group; `sample_customers`, those that were looked at, NULL
        where it was everyone. No time is measured: the same input gives the same table.

    Examples
    --------
    >>> customers = pa.table({
    ...     "user_id": [f"u{i:02}" for i in range(60)],
    ...     "orders": [float(i % 3) for i in range(60)],
    ...     "days": [20.0 * (i % 3) + i / 60 for i in range(60)],
    ... })
    >>> table = compare(customers, k_range=(2, 5))
    >>> table["algorithm"].to_pylist(), table["segments"].to_pylist()
    (['kmeans', 'ward', 'dbscan', 'hdbscan', 'gmm'], [3, 3, 3, 3, 3])
    >>> table["agreement"].to_pylist()
    [1.0, 1.0, 1.0, 1.0, 1.0]
    """
    from sklearn.metrics import adjusted_rand_score

    segmentations = {part.algorithm.name: part for part in segmented}
    weights = {feature.name: feature.weight for given in segmented for feature in given.scaling}
    for name in OFFERED:
        if name not in segmentations:
            chosen = segmentations["kmeans"].k if "kmeans" in segmentations else None
            segmentations[name] = segment(
                customers,
                algorithm=name,
                k=(chosen or k) if OFFERED[name].takes_k and chosen != 1 else "auto",
                k_range=(chosen, chosen) if chosen else k_range,
                features=features,
                weights=weights,
                random_state=random_state,
                max_fit_customers=max_fit_customers,
            )
    # All have the same scaling, since they were given the same features and weights.
    features_used = segmentations["kmeans"].scaling
    table = customer_table(customers)
    matrix = scale(feature_matrix(table, [part.name for part in features_used]), features_used)
    published = {name: segmentations[name].table["cluster"].to_numpy() for name in OFFERED}
    people = published["kmeans"] != BOTS
    rows = []
    for name in OFFERED:
        labels = published[name][people]
        inside = labels >= 0
        sizes = np.bincount(labels[inside])
        silhouette = None
        if len(sizes) > 1:
            [(mean, _)] = sampled_silhouettes(matrix[people][inside], [labels[inside]])
            silhouette = None if np.isnan(mean) else _rounded(mean)
        rows.append(
            {
                "algorithm": name,
                "segments": segmentations[name].k,
                "noise_share": _rounded(np.mean(labels == NOISE)) if len(labels) else None,
                "silhouette": silhouette,
                "smallest_share": _rounded(sizes.min() / len(labels)) if len(sizes) else None,
                "agreement": _rounded(adjusted_rand_score(published["kmeans"][people], labels))
                if len(labels)
                else None,
                "sample_customers": segmentations[name].algorithm.sample_customers,
            }
        )
    numbers = ("noise_share", "silhouette", "smallest_share", "agreement")
    schema = pa.schema(
        [
            ("algorithm", pa.string()),
            ("segments", pa.int64()),
            *((name, pa.float64()) for name in numbers),
            ("sample_customers", pa.int64()),
        ]
    )
    return pa.Table.from_pylist(rows, schema=schema)


def _rounded(value: float) -> float:
    return float(round_significant(np.array([value]))[0])
