"""Cohorts as curves: a line each over the periods since they began, and one of all together."""

from collections.abc import Sequence
from dataclasses import dataclass

from clustomer.outputs.charts.figure import Layout
from clustomer.outputs.charts.layers import Specification, layer
from clustomer.outputs.theme import MORE_COLOUR, MUTED

TOGETHER_COLOUR = "#d55e00"
LEAST_STRONG = 0.25
"""How strong the line of the oldest cohort is drawn; that of the latest is drawn full."""


@dataclass(frozen=True)
class Curve:
    """The values of a cohort by age, from its first; `role` says which line it is.

    `strength` is from 0 (the oldest cohort) to 1 (the latest).
    """

    name: str
    points: tuple[tuple[int, float], ...]
    role: str = "cohort"
    strength: float = 1.0


@dataclass(frozen=True)
class CurvePanel:
    """Curves below a title; `share` where their values are shares."""

    title: str
    curves: tuple[Curve, ...]
    share: bool = False


def cohort_curves_chart(
    panels: Sequence[CurvePanel], *, unit: str, layout: Layout = "wide"
) -> Specification:
    """Draw the panels below each other.

    >>> panel = CurvePanel("Revenue", (Curve("2024-01", ((0, 1.0), (1, 2.0))),))
    >>> chart = cohort_curves_chart([panel], unit="month")
    >>> [row["value"] for row in chart["vconcat"][0]["layer"][0]["data"]["values"]]
    [1.0, 2.0]
    """
    width, height = (620, 190) if layout == "wide" else (270, 140)
    return {
        "vconcat": [
            {**_panel(panel, unit, last=number == len(panels) - 1), "width": width}
            | {"height": height}
            for number, panel in enumerate(panels)
        ],
        "spacing": 18,
    }


def _panel(panel: CurvePanel, unit: str, *, last: bool) -> Specification:
    below = f"{unit.capitalize()}s since they came" if last else None
    layers = [
        _lines(panel, "cohort", MORE_COLOUR, below, strokeWidth=1.3),
        _lines(panel, "existing", MUTED, below, strokeWidth=1.3, strokeDash=[4, 3]),
        _lines(panel, "together", TOGETHER_COLOUR, below, strokeWidth=3),
    ]
    return {"layer": layers, "title": {"text": panel.title, "offset": 6}}


def _lines(
    panel: CurvePanel, role: str, colour: str, below: str | None, **look: object
) -> Specification:
    rows = [
        {
            "cohort": curve.name,
            "age": age,
            "value": value,
            "strength": LEAST_STRONG + (1 - LEAST_STRONG) * curve.strength,
        }
        for curve in panel.curves
        if curve.role == role
        for age, value in curve.points
    ]
    ages = max((age for curve in panel.curves for age, _ in curve.points), default=1)
    encoding: Specification = {
        "x": {
            "field": "age",
            "type": "quantitative",
            "title": below,
            "scale": {"domain": [0, max(ages, 1)], "nice": False},
            "axis": {"tickMinStep": 1, "grid": False, "format": "d", "labelFlush": False},
        },
        "y": {
            "field": "value",
            "type": "quantitative",
            "title": None,
            "axis": {"tickCount": 4, "format": ".0%" if panel.share else "~s"},
        },
        "detail": {"field": "cohort", "type": "nominal"},
        "opacity": {"field": "strength", "type": "quantitative", "scale": None, "legend": None},
    }
    return layer("line", rows, encoding, color=colour, **look)
