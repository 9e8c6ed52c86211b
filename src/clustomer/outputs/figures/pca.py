"""The map: customers as points in two dimensions, and the features that span it."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from clustomer.insights.facts import escape
from clustomer.outputs.charts import Figure, pca_chart
from clustomer.outputs.figures.features import label
from clustomer.outputs.figures.pen import Pen
from clustomer.outputs.theme import SegmentLook
from clustomer.segments import Projection, Segmentation

MAX_ARROWS = 6
# An arrow shorter than this (a multiple correlation) is not what spans the map.
SHORTEST_ARROW = 0.3

# Arrows nearer than this angle (ten degrees) cannot be told apart.
SAME_WAY = math.radians(10)


def pca_figure(pen: Pen, looks: Sequence[SegmentLook], segmentation: Segmentation) -> Figure | None:
    """Draw the map of customers, where there are two dimensions."""
    projection = segmentation.projection
    if projection is None:
        return None
    second = float(projection.explained_variance_ratio[1])
    if len(projection.features) < 2 or not projection.points.num_rows or not second > 0:
        return None
    points = _points(projection, segmentation.segment_ids)
    loadings = arrows(projection.loadings)
    axes = (pen.label("map.first"), pen.label("map.second"))
    spanned = "; ".join(loadings["feature"].to_pylist())
    return pen.draw(
        "pca",
        lambda layout: pca_chart(points, loadings, looks, explained=axes, layout=layout),
        title="Customers on a map: the nearer, the more alike",
        note="Each point is one customer of a sample. The map keeps {map.both} of "
        "the variation between customers in the clustered features; the rest cannot be seen here. "
        "Arrows point to where a feature grows; features that grow the same way share one.",
        description="Customers as points in two dimensions, coloured by segment, with arrows for "
        f"{escape(spanned)}.",
    )


def arrows(loadings: pa.Table, *, most: int = MAX_ARROWS) -> pa.Table:
    """Return the arrows that `pca_chart` draws, the longest first.

    `loadings` has `feature, x, y, strength`, the strongest first. A feature that points almost
    the same way as a stronger one is named with it, and those that the map hardly shows, with a
    strength below 0.3, are left out.

    >>> arrows(pa.table({"feature": ["orders", "views", "carts"], "x": [0.9, 0.8, 0.1],
    ...     "y": [0.1, 0.1, 0.2], "strength": [0.91, 0.81, 0.22]})).to_pylist()
    [{'feature': 'orders, product views', 'x': 0.9, 'y': 0.1}]
    """
    groups: list[tuple[dict[str, Any], list[str]]] = []
    for row in loadings.to_pylist():
        if row["strength"] < SHORTEST_ARROW:
            continue
        for first, names in groups:
            along = row["x"] * first["x"] + row["y"] * first["y"]
            if along > math.cos(SAME_WAY) * row["strength"] * first["strength"]:
                names.append(label(row["feature"]))
                break
        else:
            groups.append((row, [label(row["feature"])]))
    kept = groups[:most]
    texts = [", ".join(names[:3]) + (", …" if len(names) > 3 else "") for _, names in kept]
    return pa.table(
        {
            "feature": pa.array(texts, pa.string()),
            "x": pa.array([first["x"] for first, _ in kept], pa.float64()),
            "y": pa.array([first["y"] for first, _ in kept], pa.float64()),
        }
    )


def _points(projection: Projection, segment_ids: Mapping[int, str]) -> pa.Table:
    # By user id, so that no segment is drawn over another as a whole.
    clusters = projection.points["cluster"].to_pylist()
    return pa.table(
        {
            "segment_id": pa.array([segment_ids[cluster] for cluster in clusters], pa.string()),
            "x": projection.points["x"],
            "y": projection.points["y"],
        }
    )
