"""The numbers of clusters: 0 for the largest, and so on."""

import numpy as np
import pyarrow as pa

from clustomer.segments.arrays import Integers, Matrix
from clustomer.segments.exclusions import columns_of
from clustomer.segments.rules.assignment import assign
from clustomer.segments.rules.scaled_rule import ScaledRule


def published(
    table: pa.Table, rule: ScaledRule, names: list[str]
) -> tuple[ScaledRule, pa.Table, dict[int, int]]:
    """Number the clusters by falling size, and label everyone by the rule so numbered.

    Returns the rule, the labels, and the new number of each cluster that has customers.
    """
    table = table.select(["user_id", *dict.fromkeys([*names, *columns_of(rule.exclusions)])])
    labelled = assign(table, rule)
    numbers = {cluster: cluster for cluster in range(len(rule.centres))}
    # The fit numbered them well, unless it saw a sample only, or a customer is exactly as near
    # to two centroids. The bound is for ties that would move back and forth.
    for _ in range(len(rule.centres)):
        cluster = labelled["cluster"].to_numpy()
        sizes = np.bincount(cluster[cluster >= 0], minlength=len(rule.centres))
        order = by_size(sizes, rule.centres)
        if (order == np.arange(len(order))).all() and sizes.all():
            break
        order = order[sizes[order] > 0] if sizes.any() else order[:1]
        place = {int(old): new for new, old in enumerate(order)}
        numbers = {old: place[now] for old, now in numbers.items() if now in place}
        rule = rule.renumbered(order)
        labelled = assign(table, rule)
    return rule, labelled, numbers


def by_size(sizes: Integers, centroids: Matrix) -> Integers:
    """Return the order of falling size, and of rising centroids where sizes are equal.

    >>> by_size(np.array([2, 5, 2]), np.array([[1.0], [0.0], [-1.0]])).tolist()
    [1, 2, 0]
    """
    return np.lexsort((*centroids.T[::-1], -sizes))
