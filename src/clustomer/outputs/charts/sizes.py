"""How large each segment is, and how much of the revenue it brings."""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from clustomer.outputs.charts.figure import Layout, wrap
from clustomer.outputs.charts.layers import PLACE, Specification, boxes, layer, words
from clustomer.outputs.theme import GRID, SegmentLook

PANELS = (("customers", "Share of customers"), ("revenue", "Share of revenue"))


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
    wide = layout == "wide"
    rows = {row["segment_id"]: row for row in table.to_pylist()}
    shown = [look for look in looks if look.segment_id in rows]
    panels = [
        (key, title)
        for key, title in PANELS
        if any(row[f"{key}_share"] is not None for row in rows.values())
    ]
    shares = [row[f"{key}_share"] or 0.0 for row in rows.values() for key, _ in panels]
    low, high = min([*shares, 0.0]), max([*shares, 0.01])

    width = 700 if wide else 330
    names_width, gap, text_width = (172, 22, 62) if wide else (104, 10, 50)
    panel = (width - names_width) / max(len(panels), 1) - gap
    unit = (panel - text_width) / (high - low)
    head, font, line = (34, 13, 16) if wide else (30, 11, 13)
    names = [wrap(look.name, 24 if wide else 16)[:3] for look in shown]
    row_height = max(
        40 if wide else 34, 12 + line * max((len(lines) for lines in names), default=1)
    )
    bar = 26 if wide else 20

    bars: list[dict[str, Any]] = []
    texts: list[dict[str, Any]] = []
    labels: list[dict[str, Any]] = []
    baselines: list[dict[str, Any]] = []
    titles = [
        {"x": names_width + gap + i * (panel + gap), "y": 16, "text": title}
        for i, (_, title) in enumerate(panels)
    ]
    for index, (look, lines) in enumerate(zip(shown, names, strict=True)):
        middle = head + row_height * (index + 0.5)
        labels += [
            {"x": names_width, "y": middle + line * (i - (len(lines) - 1) / 2), "text": text}
            for i, text in enumerate(lines)
        ]
        for i, (key, _) in enumerate(panels):
            zero = names_width + gap + i * (panel + gap) - low * unit
            share = rows[look.segment_id][f"{key}_share"] or 0.0
            bars.append(
                {
                    "x": min(zero, zero + share * unit),
                    "x2": max(zero, zero + share * unit),
                    "y": middle - bar / 2,
                    "y2": middle + bar / 2,
                    "colour": look.colour,
                }
            )
            texts.append(
                {
                    "x": max(zero, zero + share * unit) + 6,
                    "y": middle,
                    "text": rows[look.segment_id][f"{key}_text"] or "",
                    "facts": rows[look.segment_id].get(f"{key}_facts"),
                }
            )
    height = head + row_height * len(shown)
    for i in range(len(panels)):
        zero = names_width + gap + i * (panel + gap) - low * unit
        baselines.append({"x": zero, "y": head, "y2": height})
    written: dict[str, Any] = {"baseline": "middle", "fontSize": font}
    return {
        "layer": [
            layer("rule", baselines, {**PLACE, "y2": {"field": "y2"}}, color=GRID, strokeWidth=1),
            boxes(bars, cornerRadius=2),
            words(texts, align="left", **written),
            words(labels, kind="name", align="right", **written),
            words(titles, align="left", fontWeight="bold", **written),
        ],
        "width": width,
        "height": height,
    }
