"""A map of shares: how the visits of each segment of a facet are spread over the bins."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from clustomer.outputs.charts.figure import Layout, shorten, wrap
from clustomer.outputs.charts.layers import Specification, boxes, stacked, words
from clustomer.outputs.theme import INK, MORE_COLOUR

GAP = 2
_LINES = 4


@dataclass(frozen=True)
class _Page:
    """Widths, heights and sizes of letters, in pixels; `letters` go into a line of a title."""

    width: int
    left: int
    head: int
    row: int
    font: float
    line: int
    label_letters: int
    letter: float


_PAGES: dict[Layout, _Page] = {
    "wide": _Page(700, 190, 64, 26, 12.5, 15, 28, 7.0),
    "narrow": _Page(330, 100, 48, 22, 9.5, 11, 18, 5.4),
}


def facet_shares_chart(
    cells: pa.Table,
    *,
    bins: Sequence[str],
    segments: Sequence[str],
    layout: Layout = "wide",
) -> Specification:
    """Draw a row for each bin and a column for each segment, the darker the larger the share.

    Parameters
    ----------
    cells : pyarrow.Table
        `bin`, `segment` (their numbers in `bins` and `segments`), `share` (0 to 1) and `marks`
        (whether the bin marks the segment, which has a frame then).
    bins, segments : sequence of str
        What they are called.
    layout : "wide" or "narrow"

    Examples
    --------
    >>> cells = pa.table({"bin": [0, 1], "segment": [0, 0], "share": [0.8, 0.2],
    ...     "marks": [True, False]})
    >>> chart = facet_shares_chart(cells, bins=["Kitchen", "Bath"], segments=["Cooks"])
    >>> [row["strength"] for row in chart["layer"][0]["data"]["values"]]
    ['1.000', '0.250']
    """
    page = _PAGES[layout]
    column = (page.width - page.left) / max(len(segments), 1)
    largest = max([*cells["share"].to_pylist(), 1e-9])
    drawn: list[dict[str, Any]] = []
    for cell in cells.to_pylist():
        x, y = page.left + cell["segment"] * column, page.head + cell["bin"] * page.row
        drawn.append(
            {
                "x": x + GAP,
                "x2": x + column - GAP,
                "y": y + GAP,
                "y2": y + page.row - GAP,
                "colour": MORE_COLOUR,
                "strength": f"{cell['share'] / largest:.3f}",
                "marks": cell["marks"],
            }
        )
    titles = [
        line
        for number, name in enumerate(segments)
        for line in _title(name, page, page.left + (number + 0.5) * column, column)
    ]
    labels = [
        {
            "x": page.left - 8,
            "y": page.head + (number + 0.5) * page.row,
            "text": shorten(name, page.label_letters),
        }
        for number, name in enumerate(bins)
    ]
    written: dict[str, Any] = {"baseline": "middle", "fontSize": page.font, "color": INK}
    framed = [cell for cell in drawn if cell["marks"]]
    return {
        "layer": [
            boxes(drawn, painted={"fill": "colour", "fillOpacity": "strength"}, cornerRadius=2),
            boxes(framed, painted={"stroke": "colour"}, fillOpacity=0, strokeWidth=2),
            words(titles, kind="name", align="center", fontWeight="bold", **written),
            words(labels, kind="name", align="right", **written),
        ],
        "width": page.width,
        "height": page.head + page.row * len(bins),
    }


def _title(name: str, page: _Page, x: float, column: float) -> list[dict[str, Any]]:
    letters = max(int(column / page.letter), 6)
    lines = [shorten(text, letters) for text in wrap(name, letters)][:_LINES]
    middle = page.head - 10 - page.line * (len(lines) - 1) / 2
    return stacked(lines, x, middle, page.line)
