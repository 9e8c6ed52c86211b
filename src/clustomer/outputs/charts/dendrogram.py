"""The tree of a hierarchical clustering: what was joined with what, and where it is cut."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from clustomer.outputs.charts.figure import Layout, shorten, wrap
from clustomer.outputs.charts.layers import (
    PLACE,
    TO,
    Label,
    Specification,
    as_it_is,
    layer,
    stacked,
    words,
)
from clustomer.outputs.theme import INK, MUTED, SegmentLook
from clustomer.segments import Dendrogram, leaf_order

GAP = 8
"""Between segments, in pixels."""

_HOW_TO_READ: dict[Layout, tuple[str, ...]] = {
    "wide": ("How much two groups differ where they are joined: more to the right",),
    "narrow": ("The farther to the right two groups", "are joined, the more they differ"),
}


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
    left, line = names_width + shares_width, 15 if wide else 12
    highest = max(tree.heights, default=1.0) or 1.0
    by_id = {look.segment_id: look for look in looks}

    def look_of(cluster: int) -> SegmentLook | None:
        return by_id.get(segment_ids.get(cluster, ""))

    def across(height: float) -> float:
        return left + height / highest * (width - left - 12)

    down = _leaves(tree, head, row)
    blocks: dict[int, list[float]] = {}
    for leaf, y in down.items():
        blocks.setdefault(tree.clusters[leaf], []).append(y)
    bottom, cut = max(down.values()) + row / 2, _cut(tree)
    cuts = [] if cut is None else [{"x": across(cut), "x2": across(cut), "y": head, "y2": bottom}]
    names = [
        text
        for cluster, places in blocks.items()
        for text in _name(look_of(cluster), places, names_width, row, line, 30 if wide else 16)
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
    sizes = [shares[leaf].row(left - 8, y) for leaf, y in down.items()]
    notes = [
        {"x": width, "y": bottom + 20 + line * i, "text": text}
        for i, text in enumerate(_HOW_TO_READ[layout])
    ]
    tops = [] if cut is None else [{"x": across(cut), "y": 8, "text": "cut here"}]
    coloured = {**PLACE, **TO, "color": as_it_is("colour")}
    branches = _branches(tree, down, across, look_of)
    written: dict[str, Any] = {"baseline": "middle", "fontSize": font}
    named = {**written, "fontSize": 13 if wide else 10.5}
    return {
        "layer": [
            layer("rule", cuts, {**PLACE, **TO}, color=INK, strokeWidth=1.2, strokeDash=[4, 4]),
            layer("rule", branches, coloured, strokeWidth=1.8, strokeCap="round"),
            layer("rule", sides, coloured, strokeWidth=4),
            words(sizes, align="right", color=MUTED, **written),
            words(names, kind="name", align="right", **named),
            words(tops, align="center", fontWeight="bold", **written),
            words(notes, align="right", color=MUTED, **written),
        ],
        "width": width,
        "height": bottom + foot,
    }


def _leaves(tree: Dendrogram, head: float, row: float) -> dict[int, float]:
    """Return how far down each leaf stands, in their order, with a gap between segments."""
    order = leaf_order(tree)
    down: dict[int, float] = {}
    y = head - row / 2.0
    for place, leaf in enumerate(order):
        new = place == 0 or tree.clusters[leaf] != tree.clusters[order[place - 1]]
        y += row + (GAP if new and place else 0)
        down[leaf] = y
    return down


def _branches(
    tree: Dendrogram,
    leaves: Mapping[int, float],
    across: Callable[[float], float],
    look_of: Callable[[int], SegmentLook | None],
) -> list[dict[str, Any]]:
    """Return the lines of the tree, in the colours of their segments."""
    down, n_leaves = dict(leaves), len(tree.shares)
    # a node's cluster is None where segments are joined
    clusters: dict[int, int | None] = dict(enumerate(tree.clusters))
    height: dict[int, float] = dict.fromkeys(range(n_leaves), 0.0)
    lines: list[dict[str, Any]] = []
    for step, (first, second) in enumerate(tree.merges):
        node, at = n_leaves + step, tree.heights[step]
        clusters[node] = clusters[first] if clusters[first] == clusters[second] else None
        height[node], down[node] = at, (down[first] + down[second]) / 2
        for child in (first, second):
            ends = {"x": across(height[child]), "x2": across(at)}
            colour = _colour(clusters[child], look_of)
            lines.append({**ends, "y": down[child], "y2": down[child], "colour": colour})
        ends = {"x": across(at), "x2": across(at)}
        colour = _colour(clusters[node], look_of)
        lines.append({**ends, "y": down[first], "y2": down[second], "colour": colour})
    return lines


def _name(
    look: SegmentLook | None,
    places: Sequence[float],
    x: float,
    row: float,
    line: float,
    letters: int,
) -> list[dict[str, Any]]:
    """Return the lines of a name beside its leaves, no more than have room there."""
    if look is None:
        return []
    room = max(1, int((places[-1] - places[0] + row) / line))
    texts = wrap(look.name, letters)
    if len(texts) > room:
        texts = [*texts[: room - 1], shorten(" ".join(texts[room - 1 :]), letters)]
    middle = (places[0] + places[-1]) / 2
    return stacked([shorten(text, letters) for text in texts], x, middle, line)


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
