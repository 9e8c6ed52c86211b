"""How large each segment is, and how much of the revenue it brings."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from clustomer.outputs.charts.figure import Layout, wrap
from clustomer.outputs.charts.layers import PLACE, Specification, boxes, layer, stacked, words
from clustomer.outputs.theme import GRID, SegmentLook

PANELS = (("customers", "Share of customers"), ("revenue", "Share of revenue"))


@dataclass(frozen=True)
class _Page:
    """Widths, heights and sizes of letters, in pixels; `letters` go into a line of a name."""

    width: int
    names: int
    gap: int
    text: int
    head: int
    font: int
    line: int
    letters: int
    row: int
    bar: int


_PAGES: dict[Layout, _Page] = {
    "wide": _Page(700, 172, 22, 62, 34, 13, 16, 24, 40, 26),
    "narrow": _Page(330, 104, 10, 50, 30, 11, 13, 16, 34, 20),
}


def sizes_chart(
    table: pa.Table, looks: Sequence[SegmentLook], *, layout: Layout = "wide"
) -> Specification:
    """Draw the share of customers beside the share of revenue, a bar per segment.

    `table` has `segment_id` (string), `customers_share` and `revenue_share` (0..1; a revenue
    share is negative where returns exceed sales), the texts that label the bars,
    `customers_text` and `revenue_text`, and the facts that these show, `customers_facts` and
    `revenue_facts`. NULL in every `revenue_share` means that there is no
    revenue, and only sizes are drawn. Segments come in the order of `looks`. Both panels have
    one scale, so that bars can be compared across them.

    >>> table = pa.table({"segment_id": ["S1"], "customers_share": [1.0],
    ...     "customers_text": ["100.0 %"], "revenue_share": [None], "revenue_text": [""]})
    >>> chart = sizes_chart(table, [SegmentLook("S1", "Everyone", "#0072b2", "circle")])
    >>> [row["text"] for row in chart["layer"][-1]["data"]["values"]]
    ['Share of customers']
    """
    page = _PAGES[layout]
    rows = {row["segment_id"]: row for row in table.to_pylist()}
    shown = [look for look in looks if look.segment_id in rows]
    panels = [
        (key, title)
        for key, title in PANELS
        if any(row[f"{key}_share"] is not None for row in rows.values())
    ]
    shares = [row[f"{key}_share"] or 0.0 for row in rows.values() for key, _ in panels]
    low, high = min([*shares, 0.0]), max([*shares, 0.01])
    left = page.names + page.gap
    panel = (page.width - page.names) / max(len(panels), 1) - page.gap
    unit = (panel - page.text) / (high - low)
    zeros = [left + i * (panel + page.gap) - low * unit for i in range(len(panels))]
    names = [wrap(look.name, page.letters)[:3] for look in shown]
    lines = max((len(name) for name in names), default=1)
    row_height = max(page.row, 12 + page.line * lines)
    middles = [page.head + row_height * (index + 0.5) for index in range(len(shown))]
    height = page.head + row_height * len(shown)

    bars: list[dict[str, Any]] = []
    texts: list[dict[str, Any]] = []
    for look, middle in zip(shown, middles, strict=True):
        row = rows[look.segment_id]
        for (key, _), zero in zip(panels, zeros, strict=True):
            end = zero + (row[f"{key}_share"] or 0.0) * unit
            right = max(zero, end)
            half = page.bar / 2
            place = {"x": min(zero, end), "x2": right, "y": middle - half, "y2": middle + half}
            bars.append({**place, "colour": look.colour})
            label = {"text": row[f"{key}_text"] or "", "facts": row.get(f"{key}_facts")}
            texts.append({"x": right + 6, "y": middle, **label})
    labels = [
        line
        for name, middle in zip(names, middles, strict=True)
        for line in stacked(name, page.names, middle, page.line)
    ]
    titles = [
        {"x": left + i * (panel + page.gap), "y": 16, "text": title}
        for i, (_, title) in enumerate(panels)
    ]
    baselines = [{"x": zero, "y": page.head, "y2": height} for zero in zeros]
    written: dict[str, Any] = {"baseline": "middle", "fontSize": page.font}
    return {
        "layer": [
            layer("rule", baselines, {**PLACE, "y2": {"field": "y2"}}, color=GRID, strokeWidth=1),
            boxes(bars, cornerRadius=2),
            words(texts, align="left", **written),
            words(labels, kind="name", align="right", **written),
            words(titles, align="left", fontWeight="bold", **written),
        ],
        "width": page.width,
        "height": height,
    }
