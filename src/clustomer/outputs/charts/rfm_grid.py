"""The grid of RFM scores: which cells make a segment, and how many customers each holds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from clustomer.outputs.charts.figure import Layout, shorten, wrap
from clustomer.outputs.charts.layers import Label, Rows, Specification, boxes, words
from clustomer.outputs.theme import INK, MUTED, SegmentLook
from clustomer.segments.rules.rfm_grid import SCORES

EMPTY_COLOUR = "#aab2bc"
GAP = 2


@dataclass(frozen=True)
class _Page:
    """Widths, heights and sizes of letters, in pixels; `letters` go into a line of a cell.

    A cell's number stands `right` and `low` of its corner, a title `inset` of its own.
    """

    column: int
    height: int
    left: int
    head: int
    font: float
    line: int
    small: float
    letters: int
    right: int
    low: int
    inset: int

    def across(self, score: int) -> float:
        """Return where the column of a frequency score begins."""
        return self.left + (score - 1) * self.column

    def down(self, score: int) -> float:
        """Return where the row of a recency score begins."""
        return self.head + (5 - score) * self.height

    def block(self, cells: Rows) -> dict[str, Any]:
        """Return the corners of the rectangle that cells make."""
        columns = [row["frequency"] for row in cells]
        scores = [row["recency"] for row in cells]
        return {
            "x": self.across(min(columns)) + GAP,
            "x2": self.across(max(columns)) + self.column - GAP,
            "y": self.down(max(scores)) + GAP,
            "y2": self.down(min(scores)) + self.height - GAP,
        }

    def number(self, cell: Mapping[str, Any]) -> dict[str, Any]:
        """Return what is written into a cell, in its lower right corner."""
        x = self.across(cell["frequency"]) + self.column - self.right
        y = self.down(cell["recency"]) + self.height - self.low
        return {"x": x, "y": y, "text": cell["text"], "facts": cell["facts"]}

    def title(self, cells: Rows, name: str) -> list[dict[str, Any]]:
        """Return the lines of a name in the corner of its block, for which it can be too long."""
        columns = [row["frequency"] for row in cells]
        room = self.letters * (max(columns) - min(columns) + 1)
        lines = [shorten(text, room) for text in wrap(name, room)][:3]
        x, y = self.across(min(columns)) + self.inset, self.down(max(r["recency"] for r in cells))
        return [{"x": x, "y": y + 14 + self.line * i, "text": text} for i, text in enumerate(lines)]


_PAGES: dict[Layout, _Page] = {
    "wide": _Page(112, 82, 128, 52, 12.5, 15, 12, 16, 9, 15, 9),
    "narrow": _Page(54, 66, 58, 50, 8.5, 11, 9.5, 10, 5, 11, 4),
}


def rfm_grid_chart(
    cells: pa.Table,
    looks: Sequence[SegmentLook],
    *,
    names: Mapping[str, str],
    recency: Sequence[Label],
    frequency: Sequence[Label],
    layout: Layout = "wide",
) -> Specification:
    """Draw the grid, recency upwards and frequency to the right, one block for each segment.

    `cells` has `recency`, `frequency` (scores 1 to 5), `segment_id`, `text`, what is written
    into the cell, and `facts`, the fact that it is; the cells of a segment form a rectangle.
    `names` gives each segment id its name, also where nobody is in it and `looks` lacks it.
    `recency` and `frequency` say what the scores 1 to 5 mean.

    >>> cells = pa.table({"recency": [5], "frequency": [1], "segment_id": ["new"],
    ...     "text": ["100 %"], "facts": ["grid.cell.r5.f1"]})
    >>> chart = rfm_grid_chart(cells, [SegmentLook("new", "New", "#0072b2", "circle")],
    ...     names={"new": "New"}, recency=[Label(text) for text in "abcde"],
    ...     frequency=[Label(text) for text in "abcde"])
    >>> [row["text"] for row in chart["layer"][2]["data"]["values"]]
    ['New']
    """
    page = _PAGES[layout]
    colours = {look.segment_id: look.colour for look in looks}
    rows = cells.to_pylist()
    blocks: list[dict[str, Any]] = []
    titles: list[dict[str, Any]] = []
    numbers: list[dict[str, Any]] = []
    for segment_id in dict.fromkeys(row["segment_id"] for row in rows):
        block = [row for row in rows if row["segment_id"] == segment_id]
        blocks.append(page.block(block) | {"colour": colours.get(segment_id, EMPTY_COLOUR)})
        titles += page.title(block, names[segment_id])
        numbers += [page.number(row) for row in block]
    line, side, top = page.line, page.left - 10, page.head - 10
    middles = {score: page.down(score) + page.height / 2 for score in SCORES}
    centres = {score: page.across(score) + page.column / 2 for score in SCORES}
    labels = [{"x": side, "y": middles[s] - line / 2, "text": str(s)} for s in SCORES]
    notes = [recency[score - 1].row(side, middles[score] + line / 2) for score in SCORES]
    heads = [{"x": centres[score], "y": top - line, "text": str(score)} for score in SCORES]
    meanings = [frequency[score - 1].row(centres[score], top) for score in SCORES]
    axes = [{"x": page.left, "y": 8, "text": "Frequency score: number of orders"}]
    corner = [
        {"x": side, "y": top - line * i, "text": text}
        for i, text in enumerate(("last order" if layout == "wide" else "", "Recency"))
    ]
    written: dict[str, Any] = {"baseline": "middle", "fontSize": page.small}
    strong = {**written, "fontWeight": "bold"}
    outline = {"stroke": "colour"}
    return {
        "layer": [
            boxes(blocks, cornerRadius=4, fillOpacity=0.16),
            boxes(blocks, painted=outline, cornerRadius=4, fillOpacity=0, strokeWidth=1.5),
            words(titles, kind="name", align="left", **{**strong, "fontSize": page.font}),
            words(numbers, align="right", **written),
            words(labels, kind="tick", align="right", **strong),
            words(notes, align="right", color=MUTED, **written),
            words(heads, kind="tick", align="center", **strong),
            words(meanings, align="center", color=MUTED, **written),
            words(axes, align="left", color=INK, **strong),
            words(corner, align="right", color=INK, **strong),
        ],
        "width": page.left + 5 * page.column,
        "height": page.head + 5 * page.height,
    }
