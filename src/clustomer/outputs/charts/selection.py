"""How the number of segments was chosen."""

from typing import Any

import altair as alt
import pyarrow as pa

from clustomer.outputs.charts.figure import Layout, rows_chart
from clustomer.outputs.theme import INK, MUTED, SEGMENT_COLOURS


def choice_of_k_chart(
    criteria: pa.Table, *, k: int, elbow: int | None, layout: Layout = "wide"
) -> Any:
    """Draw inertia and silhouette over K, side by side, with the K that was taken.

    `criteria` has `k` (integer), `inertia`, `silhouette` and optionally `silhouette_se`, the
    standard error of the silhouette, drawn as a band. `elbow` is the K at the knee of the
    inertia, None where there is none. NULLs are left out.

    >>> criteria = pa.table({"k": [2, 3], "inertia": [9.0, 4.0], "silhouette": [0.3, 0.4]})
    >>> len(choice_of_k_chart(criteria, k=3, elbow=None).to_dict()["hconcat"])
    2
    """
    wide = layout == "wide"
    width, height = (300, 230) if wide else (290, 170)
    rows = criteria.to_pylist()
    ks = [int(row["k"]) for row in rows]
    bend = _panel(
        [{"k": row["k"], "value": row["inertia"]} for row in rows if row["inertia"] is not None],
        ks,
        k=k,
        knee=elbow,
        title="Elbow: spread inside the segments",
        axis=alt.Axis(format="~s", tickCount=4),
        zero=True,
    ).properties(width=width, height=height)
    silhouette = _panel(
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
        axis=alt.Axis(format=".2f", tickCount=4),
        zero=False,
    ).properties(width=width, height=height)
    if wide:
        return alt.hconcat(bend, silhouette, spacing=46)
    return alt.vconcat(bend, silhouette, spacing=26)


def _panel(
    rows: list[dict[str, Any]],
    ks: list[int],
    *,
    k: int,
    knee: int | None,
    title: str,
    axis: alt.Axis,
    zero: bool,
) -> Any:
    line, mark = SEGMENT_COLOURS[0], SEGMENT_COLOURS[5]
    x = alt.X(
        "k:O",
        title="Number of segments (K)",
        scale=alt.Scale(domain=ks),
        axis=alt.Axis(labelAngle=0, grid=False),
    )
    y = alt.Y("value:Q", title=None, axis=axis, scale=alt.Scale(zero=zero, nice=True))
    base = rows_chart(rows)
    layers = []
    if rows and "low" in rows[0]:
        layers.append(
            base.mark_area(aria=False, opacity=0.18, color=line).encode(
                x=x,
                y=alt.Y("low:Q", title=None, axis=axis, scale=alt.Scale(zero=zero)),
                y2="high:Q",
            )
        )
    taken = [row for row in rows if row["k"] == k]
    knees = [row for row in rows if row["k"] == knee]
    layers += [
        rows_chart(taken)
        .mark_rule(aria=False, strokeDash=[4, 4], color=mark, strokeWidth=1.5)
        .encode(x=x),
        base.mark_line(aria=False, color=line, strokeWidth=2.5).encode(x=x, y=y),
        base.mark_point(aria=False, color=line, filled=True, size=46, opacity=1).encode(x=x, y=y),
        rows_chart(taken)
        .mark_point(aria=False, color=mark, filled=True, size=140, opacity=1)
        .encode(x=x, y=y),
        rows_chart(taken)
        .mark_text(
            aria=False, align="center", dy=-8, fontWeight="bold", color=INK, baseline="bottom"
        )
        .encode(x=x, y=alt.value(2), text=alt.value("taken")),
    ]
    if knees:
        layers += [
            rows_chart(knees)
            .mark_point(aria=False, color=INK, size=260, strokeWidth=1.5, opacity=1)
            .encode(x=x, y=y),
            rows_chart(knees)
            .mark_text(aria=False, align="left", dx=11, dy=-11, color=MUTED)
            .encode(x=x, y=y, text=alt.value("knee")),
        ]
    return alt.layer(*layers).properties(
        title=alt.TitleParams(title, offset=8, frame="bounds"),
    )
