"""How the number of segments was chosen."""

import pyarrow as pa

from clustomer.outputs.charts.figure import Layout
from clustomer.outputs.charts.layers import Rows, Specification, layer
from clustomer.outputs.theme import INK, MUTED, SEGMENT_COLOURS


def choice_of_k_chart(
    criteria: pa.Table, *, k: int, elbow: int | None, layout: Layout = "wide"
) -> Specification:
    """Draw inertia and silhouette over K, side by side, with the K that was taken.

    `criteria` has `k` (integer), `inertia`, `silhouette` and optionally `silhouette_se`, the
    standard error of the silhouette, drawn as a band. `elbow` is the K at the knee of the
    inertia, None where there is none. NULLs are left out.

    >>> criteria = pa.table({"k": [2, 3], "inertia": [9.0, 4.0], "silhouette": [0.3, 0.4]})
    >>> len(choice_of_k_chart(criteria, k=3, elbow=None)["hconcat"])
    2
    """
    wide = layout == "wide"
    width, height = (300, 230) if wide else (290, 170)
    rows = criteria.to_pylist()
    ks = [int(row["k"]) for row in rows]
    panels = [
        _panel(
            [
                {"k": row["k"], "value": row["inertia"]}
                for row in rows
                if row["inertia"] is not None
            ],
            ks,
            k=k,
            knee=elbow,
            title="Elbow: spread inside the segments",
            # Thousands have one prefix on the whole axis, which zero does not need.
            axis={"format": "~s", "tickCount": 4, "labelExpr": "datum.value ? datum.label : '0'"},
            zero=True,
        ),
        _panel(
            [
                {
                    "k": row["k"],
                    "value": row["silhouette"],
                    "low": row["silhouette"] - (row.get("silhouette_se") or 0.0),
                    "high": row["silhouette"] + (row.get("silhouette_se") or 0.0),
                }
                for row in rows
                if row["silhouette"] is not None
            ],
            ks,
            k=k,
            knee=None,
            title="Silhouette: how clearly they are apart",
            axis={"format": ".2f", "tickCount": 4},
            zero=False,
        ),
    ]
    sized = [{**panel, "width": width, "height": height} for panel in panels]
    return {"hconcat": sized, "spacing": 46} if wide else {"vconcat": sized, "spacing": 26}


def _panel(
    rows: Rows,
    ks: list[int],
    *,
    k: int,
    knee: int | None,
    title: str,
    axis: Specification,
    zero: bool,
) -> Specification:
    rows = list(rows)
    colour, mark = SEGMENT_COLOURS[0], SEGMENT_COLOURS[5]
    x: Specification = {
        "x": {
            "field": "k",
            "type": "ordinal",
            "title": "Number of segments (K)",
            "scale": {"domain": ks},
            "axis": {"labelAngle": 0, "grid": False},
        }
    }
    vertical = {"type": "quantitative", "title": None, "axis": axis}
    at = {**x, "y": {"field": "value", **vertical, "scale": {"zero": zero, "nice": True}}}
    taken = [row for row in rows if row["k"] == k]
    knees = [row for row in rows if row["k"] == knee]
    layers = []
    if rows and "low" in rows[0]:
        low = {"field": "low", **vertical, "scale": {"zero": zero}}
        band = {**x, "y": low, "y2": {"field": "high"}}
        layers.append(layer("area", rows, band, opacity=0.18, color=colour))
    dot = {"filled": True, "opacity": 1}
    layers += [
        layer("rule", taken, x, strokeDash=[4, 4], color=mark, strokeWidth=1.5),
        layer("line", rows, at, color=colour, strokeWidth=2.5),
        layer("point", rows, at, color=colour, size=46, **dot),
        layer("point", taken, at, color=mark, size=140, **dot),
        layer(
            "text",
            taken,
            {**x, "y": {"value": 2}, "text": {"value": "taken"}},
            align="center",
            baseline="bottom",
            dy=-8,
            fontWeight="bold",
            color=INK,
        ),
    ]
    if knees:
        layers += [
            layer("point", knees, at, color=INK, size=260, strokeWidth=1.5, opacity=1),
            layer(
                "text",
                knees,
                {**at, "text": {"value": "knee"}},
                align="left",
                dx=11,
                dy=-11,
                color=MUTED,
            ),
        ]
    return {"layer": layers, "title": {"text": title, "offset": 8, "frame": "bounds"}}
