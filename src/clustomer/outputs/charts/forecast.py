"""What was expected of tenths of the customers at earlier dates, beside what came."""

from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from clustomer.outputs.charts.figure import Layout
from clustomer.outputs.charts.layers import PLACE, Specification, boxes, layer, words
from clustomer.outputs.theme import GRID, MUTED

EXPECTED, CAME = MUTED, "#0072b2"


@dataclass(frozen=True)
class _Page:
    """Widths, heights and sizes of letters, in pixels."""

    width: int
    names: int
    text: int
    font: int
    row: int
    bar: int


_PAGES: dict[Layout, _Page] = {
    "wide": _Page(700, 120, 60, 13, 40, 15),
    "narrow": _Page(330, 74, 48, 11, 34, 12),
}
_HEAD = 34


def forecast_chart(table: pa.Table, *, layout: Layout = "wide") -> Specification:
    """Draw two bars for each tenth: what was expected, and what came.

    `table` has `name` (string), `expected` and `came` (at least 0), the texts that label the
    bars, `expected_text` and `came_text`, and the facts that these show, `expected_facts` and
    `came_facts`; rows come in their order.

    >>> table = pa.table({"name": ["Highest tenth"], "expected": [10.0], "came": [8.0],
    ...     "expected_text": ["10"], "came_text": ["8"], "expected_facts": ["a"],
    ...     "came_facts": ["b"]})
    >>> chart = forecast_chart(table)
    >>> [row["text"] for row in chart["layer"][-1]["data"]["values"]]
    ['Expected', 'Came']
    """
    page, rows = _PAGES[layout], table.to_pylist()
    left = page.names + 10
    most = max([*(row[key] for row in rows for key in ("expected", "came")), 1e-9])
    unit = (page.width - left - page.text) / most
    bars: list[dict[str, Any]] = []
    texts: list[dict[str, Any]] = []
    names: list[dict[str, Any]] = []
    for index, row in enumerate(rows):
        middle = _HEAD + page.row * (index + 0.5)
        names.append({"x": page.names, "y": middle, "text": row["name"]})
        for key, top, colour in (
            ("expected", middle - page.bar, EXPECTED),
            ("came", middle, CAME),
        ):
            end = left + row[key] * unit
            place = {"x": left, "x2": end, "y": top + 0.5, "y2": top + page.bar - 0.5}
            bars.append({**place, "colour": colour})
            label = {"text": row[f"{key}_text"], "facts": row[f"{key}_facts"]}
            texts.append({"x": end + 5, "y": top + page.bar / 2, **label})
    height = _HEAD + page.row * len(rows)
    keys = [(left, "Expected", EXPECTED), (left + 110, "Came", CAME)]
    bars += [{"x": x, "x2": x + 12, "y": 6, "y2": 18, "colour": colour} for x, _, colour in keys]
    written: dict[str, Any] = {"baseline": "middle", "fontSize": page.font}
    baseline = [{"x": left, "y": _HEAD, "y2": height}]
    return {
        "layer": [
            layer("rule", baseline, {**PLACE, "y2": {"field": "y2"}}, color=GRID, strokeWidth=1),
            boxes(bars),
            words(texts, align="left", **{**written, "fontSize": page.font - 2}),
            words(names, kind="name", align="right", **written),
            words(
                [{"x": x + 18, "y": 12, "text": text} for x, text, _ in keys],
                align="left",
                **written,
            ),
        ],
        "width": page.width,
        "height": height,
    }
