"""Customers on a map of two dimensions."""

import math
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from clustomer.outputs.charts.figure import Layout, wrap
from clustomer.outputs.charts.labels import place_labels
from clustomer.outputs.charts.layers import TO, Label, Specification, as_it_is, layer, words
from clustomer.outputs.theme import INK, MUTED, PAPER, SegmentLook

SIZES: dict[Layout, tuple[int, int]] = {"wide": (640, 460), "narrow": (326, 330)}
NARROW_POINTS = 500
LEADING = 14

Domains = tuple[tuple[float, float], tuple[float, float]]
"""The least and the greatest value of each dimension."""


def pca_chart(
    points: pa.Table,
    loadings: pa.Table,
    looks: Sequence[SegmentLook],
    *,
    explained: tuple[Label, Label],
    layout: Layout = "wide",
) -> Specification:
    """Draw customers as points and the features that span the map as arrows.

    `points` has `segment_id`, `x` and `y` (at most about 1,500 rows; drawn in the order of the
    table); `loadings` has `feature` (plain words), `x` and `y`, the longest first. `explained`
    are the shares of variation that the axes keep.

    >>> points = pa.table({"segment_id": ["S1", "S1"], "x": [0.0, 1.0], "y": [1.0, 0.0]})
    >>> loadings = pa.table({"feature": ["orders"], "x": [0.9], "y": [0.1]})
    >>> looks = [SegmentLook("S1", "Buyers", "#0072b2", "circle")]
    >>> chart = pca_chart(points, loadings, looks, explained=(Label("40 %"), Label("20 %")))
    >>> [row["text"] for row in chart["layer"][-2]["data"]["values"]]
    ['First dimension (40 % of the variation)']
    """
    wide = layout == "wide"
    width, height = SIZES[layout]
    rows = points.to_pylist()
    if not wide:
        rows = rows[:: max(1, -(-len(rows) // NARROW_POINTS))]
    present = {row["segment_id"] for row in rows}
    shown = [look for look in looks if look.segment_id in present]
    names = {look.segment_id: look.name for look in shown}
    size = (width, height)
    x_domain, y_domain = _domain(rows, "x"), _domain(rows, "y")
    place = {"x": _dimension("x", x_domain), "y": _dimension("y", y_domain)}
    dots = layer(
        "point",
        [{"x": r["x"], "y": r["y"], "segment": names[r["segment_id"]]} for r in rows],
        {**place, **_told_apart(shown, wide=wide)},
        filled=True,
        size=26 if wide else 18,
        opacity=0.6,
        strokeWidth=0,
    )
    arrows = loadings.to_pylist()
    reach = _reach(arrows, x_domain, y_domain)
    ends = [{"feature": a["feature"], "x": a["x"] * reach, "y": a["y"] * reach} for a in arrows]
    return {
        "layer": [
            dots,
            *_arrows(ends, place, (x_domain, y_domain), size),
            *_arrow_names(ends, place, (x_domain, y_domain), size, wide=wide),
            *_axis_titles(explained, size, 12 if wide else 11),
        ],
        "width": width,
        "height": height,
    }


def _told_apart(looks: Sequence[SegmentLook], *, wide: bool) -> Specification:
    """Return the colours and the shapes of segments, with their legend."""
    legend = {
        "orient": "top" if wide else "bottom",
        "title": None,
        "columns": 3 if wide else 1,
        "symbolOpacity": 1,
        "symbolStrokeWidth": 0,
        "offset": 10,
        "columnPadding": 22,
        "rowPadding": 5,
    }
    domain = [look.name for look in looks]
    return {
        channel: {
            "field": "segment",
            "type": "nominal",
            "scale": {"domain": domain, "range": [getattr(look, of) for look in looks]},
            "legend": legend,
        }
        for channel, of in (("color", "colour"), ("shape", "shape"))
    }


def _arrows(
    ends: list[dict[str, Any]], place: Specification, domains: Domains, size: tuple[int, int]
) -> list[Specification]:
    """Draw lines from the origin, on a rim of paper so that they can be seen among the dots."""
    (left, right), (low, high) = domains
    lines = [{"x": 0.0, "y": 0.0, "x2": end["x"], "y2": end["y"]} for end in ends]
    heads = []
    for end in ends:
        across, up = end["x"] / (right - left) * size[0], end["y"] / (high - low) * size[1]
        heads.append({**end, "angle": math.degrees(math.atan2(across, up))})
    from_to = {**place, **TO}
    return [
        layer("rule", lines, from_to, color=PAPER, strokeWidth=4, opacity=0.8),
        layer("rule", lines, from_to, color=INK, strokeWidth=1.6),
        layer(
            "point",
            heads,
            {**place, "angle": as_it_is("angle")},
            shape="triangle",
            filled=True,
            color=INK,
            size=70,
            opacity=1,
        ),
    ]


def _arrow_names(
    ends: list[dict[str, Any]],
    place: Specification,
    domains: Domains,
    size: tuple[int, int],
    *,
    wide: bool,
) -> list[Specification]:
    """Write the features near the ends of their arrows, on a rim of paper too."""
    x_domain, y_domain = domains
    width, height = size
    span_x, span_y = x_domain[1] - x_domain[0], y_domain[1] - y_domain[0]
    names = [wrap(str(end["feature"]), 26 if wide else 20) for end in ends]
    middles = place_labels(
        [_pixel(end["x"], end["y"], x_domain, y_domain, size) for end in ends],
        names,
        origin=_pixel(0, 0, x_domain, y_domain, size),
        size=size,
        letter=6.6 if wide else 6.1,
        line=LEADING,
    )
    texts = [
        {
            "x": x_domain[0] + px / width * span_x,
            "y": y_domain[1] - (py + LEADING * (i - (len(name) - 1) / 2)) / height * span_y,
            "text": line,
        }
        for (px, py), name in zip(middles, names, strict=True)
        for i, line in enumerate(name)
    ]
    strong: dict[str, Any] = {"fontSize": 12 if wide else 11, "fontWeight": "bold"}
    rim: dict[str, Any] = {"stroke": PAPER, "strokeWidth": 4, "strokeJoin": "round"}
    return [
        words(texts, kind="name", place=place, color=PAPER, **rim, **strong),
        words(texts, kind="name", place=place, color=INK, **strong),
    ]


def _axis_titles(
    explained: tuple[Label, Label], size: tuple[int, int], font: int
) -> list[Specification]:
    """Say below and beside the map how much its dimensions keep; a title of Vega has no facts."""
    width, height = size
    look: dict[str, Any] = {"align": "center", "color": MUTED, "fontSize": font, "clip": False}
    titles = []
    for name, label, baseline, angle, x, y in (
        ("First", explained[0], "top", 0, width / 2, height + 9),
        ("Second", explained[1], "bottom", 270, -9, height / 2),
    ):
        title = Label(f"{name} dimension ({label.text} of the variation)", label.facts)
        place = {"x": {"value": x}, "y": {"value": y}}
        titles.append(words([title.row(x, y)], place=place, baseline=baseline, angle=angle, **look))
    return titles


def _dimension(field: str, domain: tuple[float, float]) -> Specification:
    return {
        "field": field,
        "type": "quantitative",
        "title": None,
        "scale": {"domain": [*domain], "nice": False},
        "axis": {"labels": False, "ticks": False, "grid": False},
    }


def _domain(rows: list[dict[str, Any]], key: str) -> tuple[float, float]:
    # The origin, where arrows start, is always in the picture.
    values = [row[key] for row in rows] + [0.0]
    low, high = min(values), max(values)
    margin = (high - low) * 0.06 or 1.0
    return low - margin, high + margin


def _reach(
    arrows: list[dict[str, Any]], x_domain: tuple[float, float], y_domain: tuple[float, float]
) -> float:
    # One factor for all arrows, so that their directions and relative lengths stay true. The
    # longest ends well inside the picture, which leaves room for its label.
    room = [
        limit / component * 0.72
        for arrow in arrows
        for component, (low, high) in ((arrow["x"], x_domain), (arrow["y"], y_domain))
        for limit in (high if component > 0 else low,)
        if abs(component) > 1e-9
    ]
    return min(room, default=1.0)


def _pixel(
    x: float,
    y: float,
    x_domain: tuple[float, float],
    y_domain: tuple[float, float],
    size: tuple[int, int],
) -> tuple[float, float]:
    return (
        (x - x_domain[0]) / (x_domain[1] - x_domain[0]) * size[0],
        (y_domain[1] - y) / (y_domain[1] - y_domain[0]) * size[1],
    )
