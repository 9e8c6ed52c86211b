"""How each segment differs from everyone, feature by feature."""

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from clustomer.outputs.charts.figure import Layout, shorten, wrap
from clustomer.outputs.charts.layers import (
    Specification,
    boxes,
    pixels,
    stacked,
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

Place = tuple[str, str]
"""A family and a feature."""


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
    rows = table.to_pylist()
    lefts = {look.segment_id: labels + 8 + i * column for i, look in enumerate(shown)}
    headings, features, spans, bottom = _features(rows, header, labels, wide=wide)
    cells = _cells(rows, lefts, spans, column)
    centres = {segment_id: left + column / 2 for segment_id, left in lefts.items()}
    titles = _titles(names, centres, header - 12, upright=upright, wide=wide)
    size = 12 if wide else 10.5
    strong: dict[str, Any] = {"fontSize": size, "fontWeight": "bold"}
    turned: dict[str, Any] = {
        "align": "center" if upright else "left",
        "baseline": "bottom" if upright else "middle",
        "angle": 0 if upright else 270,
    }
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
    layers = [
        boxes(cells, painted={"fill": "colour", "fillOpacity": "strength"}, cornerRadius=2),
        *_numbers(cells, size),
        words(features, kind="name", align="right", baseline="middle", fontSize=size - 0.5),
        words(headings, kind="name", align="left", baseline="bottom", color=MUTED, **strong),
        words(titles, kind="name", **turned, **strong),
        boxes(keys),
    ]
    return {"layer": layers, "width": labels + 8 + count * column, "height": bottom}


def _features(
    rows: list[dict[str, Any]], header: float, labels: float, *, wide: bool
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], dict[Place, tuple[float, float]], float]:
    """Return headings, names of features, where each row begins and ends, and the bottom."""
    least, heading, leading = (29, 30, 12.5) if wide else (25, 26, 10.5)
    headings: list[dict[str, Any]] = []
    features: list[dict[str, Any]] = []
    spans: dict[Place, tuple[float, float]] = {}
    y = float(header)
    for family in dict.fromkeys(row["family"] for row in rows):
        headings.append({"x": 0, "y": y + heading - 9, "text": family.capitalize()})
        y += heading
        for feature in dict.fromkeys(row["feature"] for row in rows if row["family"] == family):
            lines = _at_most(feature, 32 if wide else 22, lines=3)
            height = max(least, len(lines) * leading + 4)
            features += stacked(lines, labels, y + height / 2, leading)
            spans[family, feature] = (y, y + height)
            y += height
    return headings, features, spans, y


def _cells(
    rows: list[dict[str, Any]],
    lefts: Mapping[str, float],
    spans: Mapping[Place, tuple[float, float]],
    column: float,
) -> list[dict[str, Any]]:
    cells = []
    for row in rows:
        if row["segment_id"] not in lefts:
            continue
        x1, (y1, y2) = lefts[row["segment_id"]], spans[row["family"], row["feature"]]
        x2 = x1 + column
        corners = {"x": x1 + 1, "x2": x2 - 1, "y": y1 + 1, "y2": y2 - 1}
        middle = {"cx": (x1 + x2) / 2, "cy": (y1 + y2) / 2}
        cells.append(_cell(row) | corners | middle)
    return cells


def _numbers(cells: list[dict[str, Any]], size: float) -> list[Specification]:
    """Write the numbers of dark and of pale cells, each in what reads on them."""
    centred = {"x": pixels("cx"), "y": pixels("cy")}
    return [
        words(
            [cell for cell in cells if cell["ink"] == colour],
            place=centred,
            fontSize=size,
            color=colour,
        )
        for colour in (STRONG_INK, ON_COLOUR)
    ]


def _titles(
    names: Mapping[str, list[str]],
    centres: Mapping[str, float],
    bottom: float,
    *,
    upright: bool,
    wide: bool,
) -> list[dict[str, Any]]:
    """Return the lines of the names of segments, one above the other or turned."""
    across = 13.5 if wide else 11.5
    titles: list[dict[str, Any]] = []
    for segment_id, lines in names.items():
        centre = centres[segment_id]
        for index, line in enumerate(lines):
            if upright:
                at = {"x": centre, "y": bottom - (len(lines) - 1 - index) * 14}
            else:
                at = {"x": centre + (index - (len(lines) - 1) / 2) * across, "y": bottom}
            titles.append({**at, "text": line})
    return titles


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
