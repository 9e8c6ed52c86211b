"""The parts that every picture is put together from: layers of a Vega-Lite specification."""

from collections.abc import Iterable, Mapping
from typing import Any

Specification = dict[str, Any]
"""A Vega-Lite specification, or a part of one, as the JSON object that it is."""

Rows = Iterable[Mapping[str, Any]]


def layer(mark: str, rows: Rows, encoding: Specification, **look: Any) -> Specification:
    """Return one layer: a mark for each row, placed and coloured as `encoding` says.

    `look` holds the properties of the mark that are the same in every row.

    >>> layer("rule", [{"x": 3}], {"x": pixels("x")}, color="#1b2430")["mark"]
    {'type': 'rule', 'aria': False, 'color': '#1b2430'}
    """
    return {
        "data": {"values": [*rows]},
        # The picture as a whole is described to a screen reader, not each of its marks.
        "mark": {"type": mark, "aria": False, **look},
        "encoding": encoding,
    }


def words(rows: Rows, **look: Any) -> Specification:
    """Return a layer that writes `text` at `x` and `y`, in pixels.

    >>> words([{"x": 0, "y": 9, "text": "Buyers"}])["encoding"]["text"]
    {'field': 'text', 'type': 'nominal'}
    """
    return layer("text", rows, {**PLACE, "text": WRITTEN}, **look)


def boxes(rows: Rows, *, painted: Mapping[str, str] = {}, **look: Any) -> Specification:
    """Return a layer of rectangles from `x` and `y` to `x2` and `y2`, in pixels.

    `painted` says which channel takes which field; without it, `fill` takes `colour`.

    >>> boxes([])["encoding"]["fill"]
    {'field': 'colour', 'type': 'nominal', 'scale': None}
    """
    channels = painted or {"fill": "colour"}
    paint = {channel: as_it_is(field) for channel, field in channels.items()}
    return layer("rect", rows, {**PLACE, **TO, **paint}, **look)


def pixels(field: str) -> Specification:
    """Return an encoding that takes a field as pixels, for pictures that lay themselves out."""
    return {"field": field, "type": "quantitative", "scale": None, "axis": None}


def as_it_is(field: str) -> Specification:
    """Return an encoding that takes a field as the colour or the opacity that it names."""
    return {"field": field, "type": "nominal", "scale": None}


PLACE = {"x": pixels("x"), "y": pixels("y")}
TO = {"x2": {"field": "x2"}, "y2": {"field": "y2"}}
WRITTEN = {"field": "text", "type": "nominal"}
