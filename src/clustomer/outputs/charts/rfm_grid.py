"""The grid of RFM scores: which cells make a segment, and how many customers each holds."""

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from clustomer.outputs.charts.figure import Layout, shorten, wrap
from clustomer.outputs.charts.layers import Label, Specification, boxes, words
from clustomer.outputs.theme import INK, MUTED, SegmentLook

EMPTY_COLOUR = "#aab2bc"
SCORES = (1, 2, 3, 4, 5)


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
    wide = layout == "wide"
    column, height, left, head = (112, 82, 128, 52) if wide else (54, 66, 58, 50)
    font, line, small = (12.5, 15, 12) if wide else (8.5, 11, 9.5)
    letters = 16 if wide else 10
    colours = {look.segment_id: look.colour for look in looks}
    gap = 2

    def across(score: int) -> float:
        return left + (score - 1) * column

    def down(score: int) -> float:
        return head + (5 - score) * height

    rows = cells.to_pylist()
    blocks, titles, numbers = [], [], []
    for segment_id in dict.fromkeys(row["segment_id"] for row in rows):
        block = [row for row in rows if row["segment_id"] == segment_id]
        first, last = (pick(row["frequency"] for row in block) for pick in (min, max))
        top = max(row["recency"] for row in block)
        bottom = min(row["recency"] for row in block)
        colour = colours.get(segment_id, EMPTY_COLOUR)
        blocks.append(
            {
                "x": across(first) + gap,
                "x2": across(last) + column - gap,
                "y": down(top) + gap,
                "y2": down(bottom) + height - gap,
                "colour": colour,
            }
        )
        room = letters * (last - first + 1)
        # A name that a user gave can be longer than its block.
        lines = [shorten(text, room) for text in wrap(names[segment_id], room)][:3]
        titles += [
            {"x": across(first) + (9 if wide else 4), "y": down(top) + 14 + line * i, "text": text}
            for i, text in enumerate(lines)
        ]
        numbers += [
            {
                "x": across(row["frequency"]) + column - (9 if wide else 5),
                "y": down(row["recency"]) + height - (15 if wide else 11),
                "text": row["text"],
                "facts": row["facts"],
            }
            for row in block
        ]
    labels, notes = [], []
    for score in SCORES:
        middle = down(score) + height / 2
        labels.append({"x": left - 10, "y": middle - line / 2, "text": str(score)})
        notes.append(recency[score - 1].row(left - 10, middle + line / 2))
    heads = [
        {"x": across(score) + column / 2, "y": head - 10 - line, "text": str(score)}
        for score in SCORES
    ]
    meanings = [frequency[score - 1].row(across(score) + column / 2, head - 10) for score in SCORES]
    axes = [
        {"x": left, "y": 8, "text": "Frequency score: number of orders"},
    ]
    corner = [
        {"x": left - 10, "y": head - 10 - line * i, "text": text}
        for i, text in enumerate(("last order" if wide else "", "Recency"))
    ]
    written: dict[str, Any] = {"baseline": "middle", "fontSize": small}
    strong = {**written, "fontWeight": "bold"}
    outline = {"stroke": "colour"}
    return {
        "layer": [
            boxes(blocks, cornerRadius=4, fillOpacity=0.16),
            boxes(blocks, painted=outline, cornerRadius=4, fillOpacity=0, strokeWidth=1.5),
            words(titles, kind="name", align="left", **{**strong, "fontSize": font}),
            words(numbers, align="right", **written),
            words(labels, kind="tick", align="right", **strong),
            words(notes, align="right", color=MUTED, **written),
            words(heads, kind="tick", align="center", **strong),
            words(meanings, align="center", color=MUTED, **written),
            words(axes, align="left", color=INK, **strong),
            words(corner, align="right", color=INK, **strong),
        ],
        "width": left + 5 * column,
        "height": head + 5 * height,
    }
