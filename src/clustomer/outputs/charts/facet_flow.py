"""Small flows: what follows on what, for each segment of a facet."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from clustomer.outputs.charts.figure import Layout, wrap
from clustomer.outputs.charts.layers import (
    PLACE,
    Specification,
    as_it_is,
    boxes,
    layer,
    stacked,
    words,
)
from clustomer.outputs.theme import INK, MORE_COLOUR, MUTED

_POINTS = 12
_NODE = 8


@dataclass(frozen=True)
class _Page:
    """Panels in a row; the width between the nodes, the height of all flows, sizes of letters.

    `side` is left for the words beside the nodes, `head` for the title of a panel.
    """

    columns: int
    between: float
    flows: float
    side: float
    head: float
    gap: float
    font: float
    letters: int


_PAGES: dict[Layout, _Page] = {
    "wide": _Page(2, 180, 110, 74, 46, 8, 11.5, 46),
    "narrow": _Page(1, 170, 100, 72, 42, 7, 10, 50),
}


def facet_flow_chart(
    flows: pa.Table, *, segments: Sequence[str], layout: Layout = "wide"
) -> Specification:
    """Draw for each segment what follows on what: bands as wide as their share.

    Parameters
    ----------
    flows : pyarrow.Table
        `segment` (its number in `segments`), `before`, `after` (what they are called), `share`
        (0 to 1) and `marks` (whether it marks the segment, which makes it dark).
    segments : sequence of str
    layout : "wide" or "narrow"

    Examples
    --------
    >>> flows = pa.table({"segment": [0, 0], "before": ["look", "look"],
    ...     "after": ["look", "order"], "share": [0.25, 0.75], "marks": [False, True]})
    >>> chart = facet_flow_chart(flows, segments=["Buyers"])
    >>> sorted({row["text"] for row in chart["layer"][4]["data"]["values"]})
    ['look', 'order']
    """
    page = _PAGES[layout]
    rows = flows.to_pylist()
    width = 2 * page.side + page.between + 2 * _NODE
    names = list(dict.fromkeys(row[end] for end in ("before", "after") for row in rows))
    height = page.head + page.flows + page.gap * len(names) + 14
    bands: dict[bool, list[dict[str, Any]]] = {True: [], False: []}
    nodes: list[dict[str, Any]] = []
    texts: dict[str, list[dict[str, Any]]] = {"before": [], "after": []}
    titles = []
    for number, name in enumerate(segments):
        at_row, at_column = divmod(number, page.columns)
        x, y = at_column * (width + 16), at_row * height + page.head
        ours = [row for row in rows if row["segment"] == number and row["share"] > 0]
        titles += stacked(wrap(name, page.letters), x, y - 20, page.font + 3)
        starts = _stacks(ours, "before", page, y, names)
        ends = _stacks(ours, "after", page, y, names)
        left = x + page.side + _NODE
        for row in ours:
            band = f"{number}-{row['before']}-{row['after']}"
            key = (row["before"], row["after"])
            bands[row["marks"]] += _band(
                band, left, page.between, starts[key], ends[key], row["share"] * page.flows
            )
        for end, at, places in (
            ("before", left - _NODE, starts),
            ("after", left + page.between, ends),
        ):
            for node, (top, bottom) in _extents(ours, end, places, page).items():
                box = {"x": at, "x2": at + _NODE, "y": top, "y2": bottom, "colour": MUTED}
                nodes.append(box)
                beside = at - 5 if end == "before" else at + _NODE + 5
                texts[end].append({"x": beside, "y": (top + bottom) / 2, "text": node})
    look: dict[str, Any] = {"baseline": "middle", "fontSize": page.font, "color": INK}
    panels = -(-len(segments) // page.columns)
    return {
        "layer": [
            _areas(bands[False], MUTED, 0.25),
            _areas(bands[True], MORE_COLOUR, 0.8),
            boxes(nodes),
            words(texts["before"], kind="name", align="right", **look),
            words(texts["after"], kind="name", align="left", **look),
            words(titles, kind="name", align="left", fontWeight="bold", **look),
        ],
        "width": page.columns * width + (page.columns - 1) * 16,
        "height": panels * height,
    }


def _areas(rows: Sequence[Mapping[str, Any]], colour: str, opacity: float) -> Specification:
    encoding = {
        "x": PLACE["x"],
        "y": {**PLACE["y"], "stack": None},
        "y2": {"field": "y2"},
        "detail": as_it_is("band"),
    }
    return layer("area", rows, encoding, color=colour, fillOpacity=opacity)


def _stacks(
    rows: Sequence[Mapping[str, Any]], end: str, page: _Page, top: float, names: Sequence[str]
) -> dict[tuple[str, str], float]:
    """Return where each band begins at one end: by node, and in it by the other end."""
    other = "after" if end == "before" else "before"
    places = {}
    y = top
    for name in names:
        inside = [row for row in rows if row[end] == name]
        for row in sorted(inside, key=lambda row: names.index(row[other])):
            places[row["before"], row["after"]] = y
            y += row["share"] * page.flows
        y += page.gap if inside else 0
    return places


def _extents(
    rows: Sequence[Mapping[str, Any]],
    end: str,
    places: Mapping[tuple[str, str], float],
    page: _Page,
) -> dict[str, tuple[float, float]]:
    """Return from where to where each node of one end goes."""
    extents: dict[str, tuple[float, float]] = {}
    for row in rows:
        top = places[row["before"], row["after"]]
        bottom = top + row["share"] * page.flows
        low, high = extents.get(row[end], (top, bottom))
        extents[row[end]] = (min(low, top), max(high, bottom))
    return extents


def _band(
    band: str, left: float, between: float, start: float, end: float, height: float
) -> Iterator[dict[str, Any]]:
    """Return the points of a band that bends from one place to another."""
    for point in range(_POINTS + 1):
        part = point / _POINTS
        bent = part * part * (3 - 2 * part)
        y = start + (end - start) * bent
        yield {
            "band": band,
            "x": round(left + between * part, 2),
            "y": round(y, 2),
            "y2": round(y + height, 2),
        }
