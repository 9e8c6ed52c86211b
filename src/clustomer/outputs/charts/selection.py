"""How the number of segments was chosen."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from clustomer.outputs.charts.figure import Layout
from clustomer.outputs.charts.layers import Rows, Specification, layer
from clustomer.outputs.theme import INK, MUTED, PAPER, SEGMENT_COLOURS
from clustomer.thresholds import VALID


@dataclass(frozen=True)
class _Panel:
    """One criterion: its column, the column of its standard error, and how it is drawn."""

    column: str
    title: str
    error: str = ""
    bar: float | None = None
    format: str = ".2f"
    zero: bool = False


_PANELS = (
    _Panel("lowest_jaccard", "Stability of the least stable", "lowest_jaccard_se", bar=VALID),
    _Panel("holdout_r2", "Holdout R²: telling what comes next", "holdout_r2_se"),
    _Panel("silhouette", "Silhouette: how clearly apart", "silhouette_se"),
    _Panel("inertia", "Elbow: spread left inside", format="~s", zero=True),
    _Panel("prediction_strength", "Prediction strength", "prediction_strength_se", bar=0.8),
    _Panel("gap", "Gap to shapeless customers", "gap_se"),
)
_WIDE, _NARROW = (186, 120), (290, 120)
_COLUMNS = 3


def choice_of_k_chart(
    criteria: pa.Table, *, k: int, elbow: int | None, layout: Layout = "wide"
) -> Specification:
    """Draw the criteria over K as small panels, with the K that was taken.

    `criteria` has `k` (integer) and any of `lowest_jaccard`, `holdout_r2`, `silhouette`, `inertia`,
    `prediction_strength` and `gap`, in whose order they are drawn, each with its standard error
    (`..._se`) as a band where it has one. NULLs are left out, and so is a panel of NULLs alone.
    A K for which `qualifies` is false has a hollow mark. `elbow` is the K at the elbow of the
    inertia, None where there is none.

    >>> criteria = pa.table({"k": [2, 3], "inertia": [9.0, 4.0], "silhouette": [0.3, 0.4]})
    >>> len(choice_of_k_chart(criteria, k=3, elbow=None)["concat"])
    2
    """
    width, height = _WIDE if layout == "wide" else _NARROW
    rows = criteria.to_pylist()
    ks = [int(row["k"]) for row in rows]
    drawn = [
        _panel(panel, rows, ks, k=k, elbow=elbow if panel.column == "inertia" else None)
        for panel in _PANELS
        if any(row.get(panel.column) is not None for row in rows)
    ]
    return {
        "concat": [{**panel, "width": width, "height": height} for panel in drawn],
        "columns": _COLUMNS if layout == "wide" else 1,
        "spacing": {"row": 26, "column": 22},
    }


def _panel(
    panel: _Panel, rows: list[Mapping[str, Any]], ks: list[int], *, k: int, elbow: int | None
) -> Specification:
    points = [
        {
            "k": row["k"],
            "value": row[panel.column],
            "low": row[panel.column] - (row.get(panel.error) or 0.0),
            "high": row[panel.column] + (row.get(panel.error) or 0.0),
            "good": row["k"] == 1 or row.get("qualifies") is not False,
        }
        for row in rows
        if row[panel.column] is not None
    ]
    axis: Specification = {"format": panel.format, "tickCount": 4}
    if panel.zero:
        # Thousands have one prefix on the whole axis, which zero does not need.
        axis["labelExpr"] = "datum.value ? datum.label : '0'"
    x: Specification = {
        "x": {
            "field": "k",
            "type": "ordinal",
            "title": "Number of segments",
            "scale": {"domain": ks},
            "axis": {"labelAngle": 0, "grid": False},
        }
    }
    scale = {"zero": panel.zero, "nice": True}
    vertical = {"type": "quantitative", "title": None, "axis": axis, "scale": scale}
    at = {**x, "y": {"field": "value", **vertical}}
    taken = [point for point in points if point["k"] == k]
    layers = _ground(panel, points, x, vertical)
    layers += _line(points, taken, x, at)
    if elbow is not None:
        marked = [point for point in points if point["k"] == elbow]
        layers += _elbow(marked, at)
    return {"layer": layers, "title": {"text": panel.title, "offset": 18, "frame": "bounds"}}


def _ground(
    panel: _Panel, points: list[dict[str, Any]], x: Specification, vertical: Specification
) -> list[Specification]:
    """Return what lies behind the line: the band of errors, and the bar to be reached."""
    layers = []
    if panel.error:
        band = {**x, "y": {"field": "low", **vertical}, "y2": {"field": "high"}}
        layers.append(layer("area", points, band, opacity=0.18, color=SEGMENT_COLOURS[0]))
    if panel.bar is not None:
        bar = [{"bar": panel.bar}]
        height = {"y": {"field": "bar", **vertical}}
        layers.append(layer("rule", bar, height, color=MUTED, strokeWidth=1, strokeDash=[2, 3]))
    return layers


def _line(points: Rows, taken: Rows, x: Specification, at: Specification) -> list[Specification]:
    points = list(points)
    colour, mark = SEGMENT_COLOURS[0], SEGMENT_COLOURS[5]
    dot = {"filled": True, "opacity": 1}
    hollow = [point for point in points if not point["good"]]
    return [
        layer("rule", taken, x, strokeDash=[4, 4], color=mark, strokeWidth=1.5),
        layer("line", points, at, color=colour, strokeWidth=2.5),
        layer("point", [p for p in points if p["good"]], at, color=colour, size=46, **dot),
        layer("point", hollow, at, fill=PAPER, stroke=colour, size=46, strokeWidth=1.5, opacity=1),
        layer("point", taken, at, color=mark, size=120, **dot),
        layer(
            "text",
            taken,
            {**x, "y": {"value": 2}, "text": {"value": "taken"}},
            align="center",
            baseline="bottom",
            dy=-5,
            fontWeight="bold",
            color=INK,
        ),
    ]


def _elbow(marked: Rows, at: Specification) -> list[Specification]:
    marked = list(marked)
    return [
        layer("point", marked, at, color=INK, size=220, strokeWidth=1.5, opacity=1),
        layer(
            "text",
            marked,
            {**at, "text": {"value": "elbow"}},
            align="left",
            dx=11,
            dy=-11,
            color=MUTED,
        ),
    ]
