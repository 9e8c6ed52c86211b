"""Bars over time: what the shop took, by segment, and who came, new or known."""

from collections.abc import Sequence
from dataclasses import dataclass

from clustomer.outputs.charts.figure import Layout
from clustomer.outputs.charts.layers import Specification, layer

FAINT = 0.35
"""How strong the bar of a period is drawn that the log does not hold whole."""


@dataclass(frozen=True)
class Bar:
    """A part of a bar: its period, what it is a part of, and how much."""

    period: str
    part: str
    value: float
    complete: bool


@dataclass(frozen=True)
class BarPanel:
    """A panel: its title, its parts with their colours, from the bottom up, and the bars."""

    title: str
    parts: tuple[tuple[str, str], ...]
    bars: tuple[Bar, ...]


def over_time_chart(
    panels: Sequence[BarPanel], *, periods: Sequence[str], layout: Layout = "wide"
) -> Specification:
    """Draw the panels below each other; a period that is not whole is drawn faintly.

    >>> panel = BarPanel("Revenue", (("All", "#0072b2"),), (Bar("2024-01", "All", 5.0, False),))
    >>> chart = over_time_chart([panel], periods=["2024-01"])
    >>> chart["vconcat"][0]["layer"][0]["data"]["values"][0]["strength"]
    0.35
    """
    width, height = (620, 170) if layout == "wide" else (270, 130)
    return {
        "vconcat": [
            {**_panel(panel, periods), "width": width, "height": height} for panel in panels
        ],
        "spacing": 22,
        "resolve": {"scale": {"color": "independent"}},
    }


def _panel(panel: BarPanel, periods: Sequence[str]) -> Specification:
    order = {name: number for number, (name, _) in enumerate(panel.parts)}
    rows = [
        {
            "period": bar.period,
            "part": bar.part,
            "order": order[bar.part],
            "value": bar.value,
            "strength": 1.0 if bar.complete else FAINT,
        }
        for bar in panel.bars
    ]
    several = len(panel.parts) > 1
    encoding: Specification = {
        "x": {
            "field": "period",
            "type": "ordinal",
            "title": None,
            "scale": {"domain": list(periods), "paddingInner": 0.2},
            "axis": {"labelAngle": -40, "labelOverlap": True, "grid": False},
        },
        "y": {
            "field": "value",
            "type": "quantitative",
            "title": None,
            "axis": {
                "tickCount": 4,
                "format": "~s",
                "labelExpr": "datum.value ? datum.label : '0'",
            },
        },
        "order": {"field": "order", "type": "quantitative"},
        "color": {
            "field": "part",
            "type": "nominal",
            "scale": {
                "domain": [name for name, _ in panel.parts],
                "range": [colour for _, colour in panel.parts],
            },
            "legend": {"orient": "top", "title": None, "columns": 3, "labelLimit": 210}
            if several
            else None,
        },
        "opacity": {"field": "strength", "type": "quantitative", "scale": None, "legend": None},
    }
    return {"layer": [layer("bar", rows, encoding)], "title": {"text": panel.title, "offset": 6}}
