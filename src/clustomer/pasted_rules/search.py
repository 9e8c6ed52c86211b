"""The search for conditions: a small tree over the fields of a tool, for buyers and for others."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from clustomer.certificates.short_rule import spoken_thresholds
from clustomer.pasted_rules.tools import LAST_ORDER, ORDERS, Alternative, Bounds
from clustomer.segments.arrays import Flags, Floats, Labels

MOST_LEAVES = 16
LEAST_LEAF = 10


@dataclass(frozen=True, eq=False)
class Grown:
    """Alternatives, each with the cluster that it stands for."""

    parts: tuple[tuple[Alternative, int], ...]

    def predict(self, columns: dict[str, Floats]) -> Labels:
        """Return the cluster of each customer, as a tool would; -3 for who is in none."""
        rows = len(next(iter(columns.values())))
        labels = np.full(rows, -3, dtype=np.int64)
        for alternative, cluster in self.parts:
            labels[holds(alternative, columns)] = cluster
        return labels


def holds(alternative: Alternative, columns: dict[str, Floats]) -> Flags:
    """Return for whom all bounds hold; a missing value is within none.

    >>> holds((Bounds("orders", 0, 2),), {"orders": np.array([0.0, 1.0, 2.0, 3.0])}).tolist()
    [False, True, True, False]
    """
    inside = np.ones(len(next(iter(columns.values()))), dtype=bool)
    for bounds in alternative:
        values = columns[bounds.feature]
        if bounds.above is not None:
            inside &= values > bounds.above
        if bounds.at_most is not None:
            inside &= values <= bounds.at_most
    return inside


def grow(
    columns: dict[str, Floats],
    labels: Labels,
    *,
    buyers: Sequence[str],
    others: Sequence[str],
    leaves: int,
    most_days: float | None = None,
) -> Grown:
    """Return the alternatives of a tree of so many leaves for buyers, and of one for the others."""
    bought = columns[ORDERS] > 0
    parts = _grown(columns, labels, bought, buyers, leaves, most_days, Bounds(ORDERS, above=0.0))
    if (~bought).any():
        parts += _grown(
            columns, labels, ~bought, others, max(leaves // 2, 2), None, Bounds(ORDERS, at_most=0.0)
        )
    return Grown(tuple(parts))


def _grown(
    columns: dict[str, Floats],
    labels: Labels,
    rows: Flags,
    names: Sequence[str],
    leaves: int,
    most_days: float | None,
    base: Bounds,
) -> list[tuple[Alternative, int]]:
    from sklearn.tree import DecisionTreeClassifier

    clusters = labels[rows]
    if not len(clusters):
        return []
    cuts = {name: _cuts(columns[name][rows], name, most_days) for name in names}
    names = [name for name in names if len(cuts[name])]
    most = int(np.bincount(clusters - clusters.min()).argmax() + clusters.min())
    if not names or len(np.unique(clusters)) < 2 or leaves < 2:
        return [((base,), most)]
    codes = np.column_stack(
        [np.searchsorted(cuts[name], columns[name][rows], side="left") for name in names]
    )
    tree = DecisionTreeClassifier(
        max_leaf_nodes=leaves, min_samples_leaf=min(LEAST_LEAF, len(clusters)), random_state=0
    ).fit(codes, clusters)
    parts: list[tuple[Alternative, int]] = []
    _walk(tree, 0, {base.feature: base}, names, cuts, parts)
    return _merged(parts)


def _cuts(values: Floats, name: str, most_days: float | None) -> Floats:
    finite = values[np.isfinite(values)]
    if not len(finite):
        return np.empty(0)
    cuts = spoken_thresholds(finite, days=name == LAST_ORDER)
    if name == LAST_ORDER:
        # tools count whole days
        cuts = np.unique(np.round(cuts))
        cuts = cuts[cuts >= 1]
        if most_days is not None:
            cuts = cuts[cuts <= most_days]
    return cuts


def _walk(
    tree: object,
    node: int,
    bounds: dict[str, Bounds],
    names: Sequence[str],
    cuts: dict[str, Floats],
    parts: list[tuple[Alternative, int]],
) -> None:
    inner, classes = tree.tree_, tree.classes_  # type: ignore[attr-defined]
    left, right = int(inner.children_left[node]), int(inner.children_right[node])
    if left < 0:
        cluster = int(classes[int(inner.value[node][0].argmax())])
        parts.append((tuple(bounds.values()), cluster))
        return
    name = names[int(inner.feature[node])]
    value = float(cuts[name][int(np.floor(inner.threshold[node]))])
    before = bounds.get(name, Bounds(name))
    _walk(tree, left, {**bounds, name: Bounds(name, before.above, value)}, names, cuts, parts)
    _walk(tree, right, {**bounds, name: Bounds(name, value, before.at_most)}, names, cuts, parts)


def _merged(parts: list[tuple[Alternative, int]]) -> list[tuple[Alternative, int]]:
    """Join alternatives of one cluster that differ in one bound only and meet there."""
    joined = True
    while joined:
        joined = False
        for i, (one, cluster) in enumerate(parts):
            for j in range(i + 1, len(parts)):
                both = _union(one, parts[j][0]) if parts[j][1] == cluster else None
                if both is not None:
                    parts[i] = both, cluster
                    del parts[j]
                    joined = True
                    break
            if joined:
                break
    return parts


def _union(one: Alternative, other: Alternative) -> Alternative | None:
    first, second = ({b.feature: b for b in part} for part in (one, other))
    apart = [n for n in {**first, **second} if first.get(n) != second.get(n)]
    if len(apart) != 1 or apart[0] not in first or apart[0] not in second:
        return None
    low, high = sorted(
        (first[apart[0]], second[apart[0]]), key=lambda b: -np.inf if b.above is None else b.above
    )
    if low.at_most is None or low.at_most != high.above:
        return None
    joined = Bounds(apart[0], low.above, high.at_most)
    merged = {**first, apart[0]: joined}
    if joined.above is None and joined.at_most is None:
        del merged[apart[0]]
    return tuple(merged.values())
