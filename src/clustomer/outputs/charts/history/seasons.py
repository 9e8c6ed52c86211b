"""Months of the year and days of the week beside an average one: a bar each, and a line at 1."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from clustomer.outputs.charts.figure import Layout
from clustomer.outputs.charts.layers import PLACE, Label, Specification, boxes, layer, words
from clustomer.outputs.theme import LESS_COLOUR, MORE_COLOUR, MUTED

PLAIN_COLOUR = "#b4bcc7"


@dataclass(frozen=True)
class SeasonBar:
    """A month or a weekday: its name, its ratio with its label, and whether it stands out."""

    name: str
    ratio: float
    label: Label
    surely: bool


@dataclass(frozen=True)
class SeasonPanel:
    """Bars below a title."""

    title: str
    bars: tuple[SeasonBar, ...]


@dataclass(frozen=True)
class _Page:
    """Widths, heights and sizes of letters, in pixels."""

    width: int
    names: int
    text: int
    font: int
    row: int


_PAGES: dict[Layout, _Page] = {
    "wide": _Page(700, 96, 60, 12, 21),
    "narrow": _Page(330, 74, 48, 10, 18),
}
_HEAD = 26
_GAP = 14


def seasons_chart(panels: Sequence[SeasonPanel], *, layout: Layout = "wide") -> Specification:
    """Draw the panels below each other; bars that stand out are coloured.

    >>> bars = (SeasonBar("Monday", 2.0, Label("2.0"), True),
    ...     SeasonBar("Sunday", 0.0, Label("0.00"), False))
    >>> chart = seasons_chart([SeasonPanel("Days", bars)])
    >>> [bar["colour"] for bar in chart["layer"][0]["data"]["values"]]
    ['#0b4a8f', '#b4bcc7']
    """
    page = _PAGES[layout]
    left = page.names + 10
    most = max([1.0, *(bar.ratio for panel in panels for bar in panel.bars)])
    unit = (page.width - left - page.text) / most
    drawn: list[dict[str, Any]] = []
    names: list[dict[str, Any]] = []
    labels: list[dict[str, Any]] = []
    titles: list[dict[str, Any]] = []
    lines: list[dict[str, Any]] = []
    top = 0
    for panel in panels:
        titles.append({"x": left, "y": top + _HEAD / 2, "text": panel.title})
        begin = top + _HEAD
        for number, bar in enumerate(panel.bars):
            y = begin + page.row * number
            end = left + max(bar.ratio, 0.0) * unit
            drawn.append(
                {"x": left, "x2": end, "y": y + 2, "y2": y + page.row - 2, "colour": _colour(bar)}
            )
            names.append({"x": page.names, "y": y + page.row / 2, "text": bar.name})
            # a label that would lie on the line stands behind it
            behind = left + unit if left + unit - page.text / 1.3 < end < left + unit else end
            labels.append(bar.label.row(behind + 6, y + page.row / 2))
        top = begin + page.row * len(panel.bars) + _GAP
        lines.append({"x": left + unit, "y": begin, "y2": top - _GAP})
    written: dict[str, Any] = {"baseline": "middle", "fontSize": page.font}
    return {
        "layer": [
            boxes(drawn),
            layer(
                "rule",
                lines,
                {**PLACE, "y2": {"field": "y2"}},
                color=MUTED,
                strokeWidth=1,
                strokeDash=[3, 3],
            ),
            words(labels, align="left", **written),
            words(names, kind="name", align="right", **written),
            words(titles, kind="name", align="left", color=MUTED, **written),
        ],
        "width": page.width,
        "height": top - _GAP,
    }


def _colour(bar: SeasonBar) -> str:
    if not bar.surely:
        return PLAIN_COLOUR
    return MORE_COLOUR if bar.ratio > 1 else LESS_COLOUR
