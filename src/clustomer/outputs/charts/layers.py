"""The parts that every picture is put together from: layers of a Vega-Lite specification."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Specification = dict[str, Any]
"""A Vega-Lite specification, or a part of one, as the JSON object that it is."""

Rows = Iterable[Mapping[str, Any]]


@dataclass(frozen=True)
class Label:
    """What a picture writes, and the facts that its numbers are (ids, with a blank between)."""

    text: str
    facts: str = ""

    def row(self, x: float, y: float) -> dict[str, Any]:
        """Return the row of a layer of `words` that writes it there."""
        return {"x": x, "y": y, "text": self.text, "facts": self.facts}


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


def words(
    rows: Rows, *, kind: str = "", place: Specification | None = None, **look: Any
) -> Specification:
    """Return a layer that writes `text` at `x` and `y`, in pixels if `place` says nothing else.

    Every number that a picture writes says where it comes from: `facts` of a row are the ids of
    those that stand in its text. Texts without facts are of one `kind`: `name`, which comes from
    the data and may hold digits, or `tick`, a value of an axis. The picture keeps this as
    `data-fact` and `data-kind`.

    >>> layer = words([{"x": 0, "y": 9, "text": "40 %", "facts": "S1.share"}])
    >>> layer["encoding"]["text"], layer["data"]["values"][0]["origin"]
    ({'field': 'text', 'type': 'nominal'}, 'fact:S1.share')
    """
    origin = f"kind:{kind}" if kind else ""
    traced = [
        {**row, "origin": f"fact:{row['facts']}" if row.get("facts") else origin} for row in rows
    ]
    encoding = {**(place or PLACE), "text": WRITTEN, "description": as_it_is("origin")}
    # a description is what Vega writes beside a text of its own; `slim` makes attributes of it
    return layer("text", traced, encoding, aria=True, **look)


def stacked(lines: Sequence[str], x: float, middle: float, leading: float) -> list[dict[str, Any]]:
    """Return rows of `words` for lines of text around a middle.

    >>> [row["y"] for row in stacked(["Loyal", "customers"], 0, 50, 14)]
    [43.0, 57.0]
    """
    return [
        {"x": x, "y": middle + leading * (index - (len(lines) - 1) / 2), "text": line}
        for index, line in enumerate(lines)
    ]


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
