"""How each segment differs from everyone, feature by feature."""

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from clustomer.outputs.charts.figure import Layout, shorten, wrap
from clustomer.outputs.charts.layers import (
    Specification,
    boxes,
    pixels,
    words,
)
from clustomer.outputs.theme import (
    LESS_COLOUR,
    MORE_COLOUR,
    MUTED,
    ON_COLOUR,
    STRONG_INK,
    SegmentLook,
    readable_on,
)

CLIP = 2.0


def differences_chart(
    table: pa.Table, looks: Sequence[SegmentLook], *, layout: Layout = "wide"
) -> Specification:
    """Draw a heat map of standardised differences; colour is full at two standard deviations.

    `table` has `segment_id`, `family` and `feature` (plain words), `difference`, in standard
    deviations of all customers (NULL where undefined: the cell stays empty), `text`, how it is
    written, and `facts`, the fact that it is. Families and features keep the order of the
    table, segments that of `looks`.

    >>> table = pa.table({"segment_id": ["S1"], "family": ["purchases"], "feature": ["orders"],
    ...                   "difference": [2.71], "text": ["+2.7"],
    ...                   "facts": ["S1.orders.difference"]})
    >>> chart = differences_chart(table, [SegmentLook("S1", "Buyers", "#0072b2", "circle")])
    >>> chart["layer"][0]["data"]["values"][0]["text"]
    '+2.7'
    """
    wide = layout == "wide"
    present = set(table["segment_id"].to_pylist())
    shown = [look for look in looks if look.segment_id in present]
    count = max(len(shown), 1)
    labels = 196 if wide else 122
    least, heading, leading = (29, 30, 12.5) if wide else (25, 26, 10.5)
    column = max(44, min(104, 520 // count)) if wide else max(29, min(64, 212 // count))
    upright = wide and column >= 74
    # Names that do not fit across their column are read from the side.
    names = {
        look.segment_id: _at_most(look.name, int(column / 7.4), lines=4)
        if upright
        else _at_most(look.name, 24, lines=2)
        for look in shown
    }
    tallest = max((len(lines) for lines in names.values()), default=1)
    longest = max((len(line) for lines in names.values() for line in lines), default=0)
    header = 20 + 15 * tallest if upright else 20 + 6.4 * longest
    rises = header - 12

    rows = table.to_pylist()
    tops: dict[tuple[str, str], float] = {}
    heights: dict[tuple[str, str], float] = {}
    headings: list[dict[str, Any]] = []
    features: list[dict[str, Any]] = []
    y = float(header)
    for family in dict.fromkeys(row["family"] for row in rows):
        headings.append({"x": 0, "y": y + heading - 9, "text": family.capitalize()})
        y += heading
        for feature in dict.fromkeys(row["feature"] for row in rows if row["family"] == family):
            lines = _at_most(feature, 32 if wide else 22, lines=3)
            height = max(least, len(lines) * leading + 4)
            features += [
                {
                    "x": labels,
                    "y": y + height / 2 + (i - (len(lines) - 1) / 2) * leading,
                    "text": line,
                }
                for i, line in enumerate(lines)
            ]
            tops[family, feature], heights[family, feature] = y, height
            y += height
    lefts = {look.segment_id: labels + 8 + i * column for i, look in enumerate(shown)}

    cells = []
    for row in rows:
        if row["segment_id"] not in lefts:
            continue
        place = (row["family"], row["feature"])
        x1, y1 = lefts[row["segment_id"]], tops[place]
        x2, y2 = x1 + column, y1 + heights[place]
        corners = {"x": x1 + 1, "x2": x2 - 1, "y": y1 + 1, "y2": y2 - 1}
        middle = {"cx": (x1 + x2) / 2, "cy": (y1 + y2) / 2}
        cells.append(_cell(row) | corners | middle)
    size = 12 if wide else 10.5
    centred = {"x": pixels("cx"), "y": pixels("cy")}
    layers = [boxes(cells, painted={"fill": "colour", "fillOpacity": "strength"}, cornerRadius=2)]
    layers += [
        words(
            [cell for cell in cells if cell["ink"] == colour],
            place=centred,
            fontSize=size,
            color=colour,
        )
        for colour in (STRONG_INK, ON_COLOUR)
    ]
    strong: dict[str, Any] = {"fontSize": size, "fontWeight": "bold"}
    layers += [
        words(features, kind="name", align="right", baseline="middle", fontSize=size - 0.5),
        words(headings, kind="name", align="left", baseline="bottom", color=MUTED, **strong),
    ]
    titles: list[dict[str, Any]] = []
    for segment_id, written in names.items():
        centre = lefts[segment_id] + column / 2
        for index, line in enumerate(written):
            if upright:
                at = {"x": centre, "y": rises - (len(written) - 1 - index) * 14}
            else:
                across = (index - (len(written) - 1) / 2) * (leading + 1)
                at = {"x": centre + across, "y": rises}
            titles.append({**at, "text": line})
    turned: dict[str, Any] = {
        "align": "center" if upright else "left",
        "baseline": "bottom" if upright else "middle",
        "angle": 0 if upright else 270,
    }
    layers.append(words(titles, kind="name", **turned, **strong))
    keys = [
        {
            "x": lefts[look.segment_id] + 1,
            "x2": lefts[look.segment_id] + column - 1,
            "y": header - 8,
            "y2": header - 4,
            "colour": look.colour,
        }
        for look in shown
    ]
    layers.append(boxes(keys))
    return {"layer": layers, "width": labels + 8 + count * column, "height": y}


def _cell(row: Mapping[str, Any]) -> dict[str, Any]:
    difference = row["difference"]
    if difference is None:
        return {
            "text": "",
            "facts": None,
            "strength": 0.0,
            "colour": MORE_COLOUR,
            "ink": STRONG_INK,
        }
    strength = round(min(abs(difference) / CLIP, 1.0), 3)
    colour = MORE_COLOUR if difference > 0 else LESS_COLOUR
    return {
        "text": row["text"],
        "facts": row["facts"],
        "strength": strength,
        "colour": colour,
        "ink": readable_on(colour, strength),
    }


def _at_most(text: str, width: int, *, lines: int) -> list[str]:
    wrapped = [shorten(line, width) for line in wrap(text, width)]
    if len(wrapped) <= lines:
        return wrapped
    return [*wrapped[: lines - 1], shorten(" ".join(wrapped[lines - 1 :]), width)]
