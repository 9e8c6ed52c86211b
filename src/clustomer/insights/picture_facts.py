"""The facts that only pictures show: of the map, of the tree and of the grid of scores."""

import json
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from clustomer.insights.facts import Fact
from clustomer.insights.population import EVERYONE
from clustomer.insights.study import Study
from clustomer.segments.rules.rfm_grid import FREQUENCY, RECENCY, SCORES


def picture_facts(study: Study) -> Iterator[Fact]:
    """Make the facts of what there is: of a choice of K, a map, a tree, a grid.

    `clustering.elbow_k` and `clustering.silhouette_k`; `map.first`, `map.second` and `map.both`;
    `tree.leaves`, `tree.leaf.1`, ...; `grid.cell.r5.f1`, ...
    """
    segmentation = study.segmentation
    for name in ("elbow_k", "silhouette_k"):
        k = getattr(segmentation.selection, name)
        if k is not None:
            yield _stored(f"clustering.{name}", k, "segments", "selection", name)
    projection = segmentation.projection
    if projection is not None:
        yield from _map_facts([float(share) for share in projection.explained_variance_ratio])
    tree = segmentation.dendrogram
    if tree is not None:
        yield _stored("tree.leaves", len(tree.shares), "groups", "dendrogram", "shares", "length")
        for place, share in enumerate(tree.shares):
            yield _stored(f"tree.leaf.{place + 1}", share, "share", "dendrogram/shares", str(place))
    if study.defined:
        yield from _grid_facts(study, segmentation.rule)


def _map_facts(shares: list[float]) -> Iterator[Fact]:
    names = ("map.first", "map.second")[: len(shares)]
    for place, (name, share) in enumerate(zip(names, shares, strict=False)):
        key = "projection/explained_variance_ratio"
        yield _stored(name, share, "share", key, str(place))
    if len(names) == 2:
        source = {"table": "facts", "key": " ".join(names), "column": "value", "aggregate": "sum"}
        yield Fact("map.both", shares[0] + shares[1], "share", 1, None, source)


def _grid_facts(study: Study, rule: Any) -> Iterator[Fact]:
    """Make the share of each pair of scores among customers who have both."""
    # the first cut point of recency is that of the highest score
    of_recency = dict(zip(SCORES, _between(rule.recency_cuts)[::-1], strict=True))
    of_orders = dict(zip(SCORES, _between(rule.frequency_cuts), strict=True))
    for r, days in of_recency.items():
        for f, counts in of_orders.items():
            aggregate = f"share_between({json.dumps({RECENCY: days, FREQUENCY: counts})})"
            share = study.people.aggregate(EVERYONE, RECENCY, aggregate)
            source = {
                "table": "customers",
                "key": EVERYONE,
                "column": RECENCY,
                "aggregate": aggregate,
            }
            yield Fact(f"grid.cell.r{r}.f{f}", share, "share", 1, None, source)


def _between(cuts: Any) -> list[tuple[float | None, float | None]]:
    bounds = [None, *(float(cut) for cut in cuts), None]
    return list(pairwise(bounds))


def _stored(
    name: str, value: float, unit: str, key: str, column: str, aggregate: str = "value"
) -> Fact:
    source = {"table": "segmentation", "key": key, "column": column, "aggregate": aggregate}
    return Fact(name, value, unit, 1 if unit == "share" else 0, None, source)
