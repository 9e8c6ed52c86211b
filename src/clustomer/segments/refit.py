"""The same segments of other customers: a rule made again, with K and algorithm given."""

import numpy as np
import pyarrow as pa
from threadpoolctl import threadpool_limits

from clustomer.segments.algorithms.registry import algorithm_of, clusterer
from clustomer.segments.arrays import Integers
from clustomer.segments.exclusions import BOTS, bot_exclusions, included_rows
from clustomer.segments.matrix.customer_matrix import customer_table, feature_matrix
from clustomer.segments.matrix.distinct import count_distinct
from clustomer.segments.matrix.scaling import fit_scaling, scale
from clustomer.segments.matrix.undefined import undefined_in
from clustomer.segments.rules.nearest_centroid import NearestCentroid
from clustomer.segments.rules.rule import HasRule, Rule
from clustomer.segments.segmentation import MAX_FIT_CUSTOMERS, Segmentation
from clustomer.segments.selection.rare_members import CROWD, centroids_of


def refit_rule(
    segmentation: Segmentation,
    customers: object,
    *,
    algorithm: str | None = None,
    k: int | None = None,
) -> Rule:
    """Make the rule of a segmentation again from other customers.

    As `segment` does, without asking how good another number of clusters would be: scaling is
    learned from these customers, but for the weights of features, which stay, and the algorithm
    fitted. Algorithms that find their number of
    clusters find it again, and a grid has its fifths from these customers. Members of rare kinds
    have no say in the fit, and their clusters are around the means that they have here; where
    another algorithm or K is asked for, they are customers like all others.

    Parameters
    ----------
    segmentation : Segmentation
    customers : table of customers
        With the features that were clustered, as far as there are any; those that it lacks, or
        that are the same for everyone now, are left out.
    algorithm, k : by default the segmentation's own.

    Returns
    -------
    Rule
        With one cluster only where these customers differ in nothing, or DBSCAN or HDBSCAN find
        no dense region; with fewer than K where there are fewer different customers.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from clustomer.segments import segment
    >>> found = segment(pa.table({"user_id": ["a", "b", "c"], "points": [1.0, 1.0, 9.0]}), k=2)
    >>> later = pa.table({"user_id": ["d", "e", "f"], "points": [20.0, 60.0, 20.0]})
    >>> rule_labels(later, refit_rule(found, later)).tolist() in ([0, 1, 0], [1, 0, 1])
    True
    """
    table = customer_table(customers)
    redefined = segmentation.rule.redefined(table)
    if redefined is not None:
        return redefined
    used = algorithm or segmentation.algorithm.name
    # those that stayed come first: of two near copies the same one is to stay again
    names = [
        name
        for name in (*segmentation.rule.features, *segmentation.left_out)
        if name in table.column_names
    ]
    exclusions = bot_exclusions(table)
    rows = included_rows(table, exclusions, MAX_FIT_CUSTOMERS)
    matrix = feature_matrix(table, names)[rows]
    kinds = np.full(len(rows), CROWD, dtype=np.int64)
    if segmentation.rare is not None and algorithm is None and k is None:
        kinds = segmentation.rare.kinds_of(table["user_id"].take(rows))
    scaling = fit_scaling(
        matrix[kinds == CROWD],
        names,
        [undefined_in(table, name) for name in names],
        weights={feature.name: feature.weight for feature in segmentation.scaling},
    )
    alone = NearestCentroid(scaling.features, np.zeros((1, len(scaling.features))), exclusions)
    if not scaling.features or len(scaling.matrix) < 2:
        return alone
    wanted = k or segmentation.selection.crowd_k
    estimator = clusterer(
        used,
        n_clusters=min(wanted, count_distinct(scaling.matrix, enough=wanted)),
        random_state=segmentation.random_state,
    )
    with threadpool_limits(1):
        fitted = estimator.fit(scaling.matrix)
    rule = algorithm_of(used).rule(fitted, scaling.features, exclusions) or alone
    if not (kinds >= 0).any():
        return rule
    left = [names.index(feature.name) for feature in scaling.features]
    return rule.beside(centroids_of(scale(matrix[:, left], scaling.features), kinds))


def rule_labels(customers: object, model: HasRule) -> Integers:
    """Return the cluster of each customer by the NumPy twin of a rule, sorted by `user_id`.

    For tests of segments; published labels come from `assign`.

    >>> import pyarrow as pa
    >>> from clustomer.segments import fit_scaling
    >>> features = fit_scaling(np.array([[1.0], [3.0]]), ["points"], [1.0]).features
    >>> rule = NearestCentroid(features, np.array([[1.0], [-1.0]]))
    >>> rule_labels(pa.table({"user_id": ["b", "a"], "points": [3.0, None]}), rule).tolist()
    [1, 0]
    """
    table, rule = customer_table(customers), model.rule
    return labels_of(table, rule, included_rows(table, rule.exclusions))


def labels_of(table: pa.Table, rule: Rule, rows: Integers) -> Integers:
    """Return the cluster of each row of a `customer_table`, of which `rows` are not excluded."""
    labels = np.full(table.num_rows, BOTS, dtype=np.int64)
    labels[rows] = rule.predict(rule.prepared(feature_matrix(table, list(rule.features))[rows]))
    return labels
