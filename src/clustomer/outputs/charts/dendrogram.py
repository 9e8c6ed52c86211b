"""The tree of a hierarchical clustering: what was joined with what, and where it is cut."""

from collections.abc import Mapping, Sequence
from typing import Any

from clustomer.outputs.charts.figure import Layout, shorten, wrap
from clustomer.outputs.charts.layers import (
    PLACE,
    TO,
    Label,
    Specification,
    as_it_is,
    layer,
    words,
)
from clustomer.outputs.theme import INK, MUTED, SegmentLook
from clustomer.segments import Dendrogram, leaf_order


def dendrogram_chart(
    tree: Dendrogram,
    looks: Sequence[SegmentLook],
    *,
    segment_ids: Mapping[int, str],
    shares: Sequence[Label],
    layout: Layout = "wide",
) -> Specification:
    """Draw the tree from its leaves on the left to its root on the right.

    `segment_ids` gives the clusters of the tree their ids, `shares` says how large each leaf is.
    A branch has the colour of its segment, and is grey to the right of the cut, where segments
    are joined. The farther to the right two branches meet, the more they differ (the scale is
    that of `heights`, from 0).

    >>> tree = Dendrogram((0.5, 0.2, 0.3), (0, 1, 1), ((1, 2), (0, 3)), (1.0, 4.0))
    >>> looks = [SegmentLook("S1", "Buyers", "#0072b2", "circle"),
    ...     SegmentLook("S2", "Visitors", "#e69f00", "square")]
    >>> chart = dendrogram_chart(tree, looks, segment_ids={0: "S1", 1: "S2"},
    ...     shares=[Label("50 %"), Label("20 %"), Label("30 %")])
    >>> [row["text"] for row in chart["layer"][-3]["data"]["values"]]
    ['Buyers', 'Visitors']
    """
    wide = layout == "wide"
    width, row, head, foot = (700, 17, 26, 34) if wide else (330, 16, 24, 46)
    names_width, shares_width, font = (196, 60, 12) if wide else (92, 50, 10)
    left = names_width + shares_width
    n_leaves, highest = len(tree.shares), max(tree.heights, default=1.0) or 1.0
    by_id = {look.segment_id: look for look in looks}
    gap = 8  # between segments

    def look_of(cluster: int) -> SegmentLook | None:
        return by_id.get(segment_ids.get(cluster, ""))

    def across(height: float) -> float:
        return left + height / highest * (width - left - 12)

    order = leaf_order(tree)
    down: dict[int, float] = {}
    blocks: dict[int, list[float]] = {}
    y = head - row / 2.0
    for place, leaf in enumerate(order):
        new = place == 0 or tree.clusters[leaf] != tree.clusters[order[place - 1]]
        y += row + (gap if new and place else 0)
        down[leaf] = y
        blocks.setdefault(tree.clusters[leaf], []).append(y)

    # a node's cluster is None where segments are joined
    clusters: dict[int, int | None] = dict(enumerate(tree.clusters))
    height: dict[int, float] = dict.fromkeys(range(n_leaves), 0.0)
    lines: list[dict[str, Any]] = []
    for step, (first, second) in enumerate(tree.merges):
        node, at = n_leaves + step, tree.heights[step]
        clusters[node] = clusters[first] if clusters[first] == clusters[second] else None
        height[node], down[node] = at, (down[first] + down[second]) / 2
        for child in (first, second):
            colour = _colour(clusters[child], look_of)
            lines.append(
                {
                    "x": across(height[child]),
                    "x2": across(at),
                    "y": down[child],
                    "y2": down[child],
                    "colour": colour,
                }
            )
        lines.append(
            {
                "x": across(at),
                "x2": across(at),
                "y": down[first],
                "y2": down[second],
                "colour": _colour(clusters[node], look_of),
            }
        )
    bottom = max(down[leaf] for leaf in order) + row / 2
    cut = _cut(tree)
    cuts = [] if cut is None else [{"x": across(cut), "x2": across(cut), "y": head, "y2": bottom}]
    names: list[dict[str, Any]] = []
    line = 15 if wide else 12
    for cluster, places in blocks.items():
        look = look_of(cluster)
        if look is None:
            continue
        room = max(1, int((places[-1] - places[0] + row) / line))
        letters = 30 if wide else 16
        texts = wrap(look.name, letters)
        if len(texts) > room:
            texts = [*texts[: room - 1], shorten(" ".join(texts[room - 1 :]), letters)]
        middle = (places[0] + places[-1]) / 2
        names += [
            {
                "x": names_width,
                "y": middle + line * (i - (len(texts) - 1) / 2),
                "text": shorten(text, letters),
            }
            for i, text in enumerate(texts)
        ]
    sides = [
        {
            "x": names_width + 7,
            "x2": names_width + 7,
            "y": places[0] - row / 2 + 1,
            "y2": places[-1] + row / 2 - 1,
            "colour": _colour(cluster, look_of),
        }
        for cluster, places in blocks.items()
    ]
    sizes = [shares[leaf].row(left - 8, down[leaf]) for leaf in order]
    explained = (
        ["How much two groups differ where they are joined: more to the right"]
        if wide
        else ["The farther to the right two groups", "are joined, the more they differ"]
    )
    notes = [
        {"x": width, "y": bottom + 20 + line * i, "text": text} for i, text in enumerate(explained)
    ]
    tops = [] if cut is None else [{"x": across(cut), "y": 8, "text": "cut here"}]
    coloured = {**PLACE, **TO, "color": as_it_is("colour")}
    written: dict[str, Any] = {"baseline": "middle", "fontSize": font}
    return {
        "layer": [
            layer("rule", cuts, {**PLACE, **TO}, color=INK, strokeWidth=1.2, strokeDash=[4, 4]),
            layer("rule", lines, coloured, strokeWidth=1.8, strokeCap="round"),
            layer("rule", sides, coloured, strokeWidth=4),
            words(sizes, align="right", color=MUTED, **written),
            words(
                names, kind="name", align="right", **{**written, "fontSize": 13 if wide else 10.5}
            ),
            words(tops, align="center", fontWeight="bold", **written),
            words(notes, align="right", color=MUTED, **written),
        ],
        "width": width,
        "height": bottom + foot,
    }


def _colour(cluster: int | None, look_of: Any) -> str:
    look = None if cluster is None else look_of(cluster)
    return MUTED if look is None else str(look.colour)


def _cut(tree: Dendrogram) -> float | None:
    """Return the height between the last merge inside a segment and the first of segments."""
    joins = len(set(tree.clusters)) - 1
    if not joins:
        return None
    above = tree.heights[-joins]
    below = tree.heights[-joins - 1] if len(tree.heights) > joins else 0.0
    return (above + below) / 2
