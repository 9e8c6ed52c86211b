"""The picture of the shop over time: revenue by segment, customers by whether they are new."""

from collections.abc import Mapping, Sequence
from typing import Any

from clustomer.history import ALL, OverTime
from clustomer.insights.chapters.over_time import rows_of_all
from clustomer.outputs.charts import Figure
from clustomer.outputs.charts.history import Bar, BarPanel, over_time_chart
from clustomer.outputs.figures.pen import Pen
from clustomer.outputs.theme import SEGMENT_COLOURS, SegmentLook

MOST_PERIODS = 60


def over_time_figure(pen: Pen, looks: Sequence[SegmentLook], over_time: OverTime) -> Figure | None:
    """Draw the latest periods; nothing where there are not two whole ones."""
    if sum(row["complete"] for row in rows_of_all(over_time)) < 2:
        return None
    periods = [row["name"] for row in rows_of_all(over_time)][-MOST_PERIODS:]
    rows = [row for row in over_time.table.to_pylist() if row["name"] in periods]
    panels = [_customers(rows)]
    if any(row["revenue"] for row in rows):
        panels.insert(0, _revenue(rows, {look.segment_id: look for look in looks}))
    unit = over_time.unit
    cut = not all(row["complete"] for row in rows_of_all(over_time)[-MOST_PERIODS:])
    faint = f" A {unit} that the log does not hold whole is drawn faintly." if cut else ""
    return pen.draw(
        "over_time",
        lambda layout: over_time_chart(panels, periods=periods, layout=layout),
        title=f"The shop by {unit}",
        note=f"Each bar is a {unit}.{faint}",
        description=f"Bars of each {unit}: revenue by segment, and customers by whether they were "
        "seen before.",
    )


def _revenue(rows: Sequence[Mapping[str, Any]], looks: Mapping[str, SegmentLook]) -> BarPanel:
    keys = [key for key in looks if any(row["segment_id"] == key for row in rows)]
    if len(keys) < 2:
        keys = [ALL]
    named = {
        key: (looks[key].name, looks[key].colour) if key in looks else ("All", SEGMENT_COLOURS[0])
        for key in keys
    }
    bars = tuple(
        Bar(row["name"], named[row["segment_id"]][0], row["revenue"], row["complete"])
        for row in rows
        if row["segment_id"] in named
    )
    title = "Revenue by segment" if len(keys) > 1 else "Revenue"
    return BarPanel(title, tuple(named.values()), bars)


def _customers(rows: Sequence[Mapping[str, Any]]) -> BarPanel:
    parts = (
        ("Seen before", SEGMENT_COLOURS[0]),
        ("First seen", SEGMENT_COLOURS[1]),
        ("Old or new: the log begins", "#9aa2ad"),
    )
    columns = dict(zip(("returning", "new"), (name for name, _ in parts), strict=False))
    bars: list[Bar] = []
    for row in rows:
        if row["segment_id"] != ALL:
            continue
        if row["new"] is None:
            bars.append(Bar(row["name"], parts[2][0], row["customers"], row["complete"]))
            continue
        bars += [
            Bar(row["name"], part, row[column], row["complete"]) for column, part in columns.items()
        ]
    return BarPanel("Customers who came", parts, tuple(bars))
