"""The picture of cohorts as curves: who came back, and what a customer brought until then."""

from collections.abc import Iterator
from typing import Any

from clustomer.history import ALL, Cohorts
from clustomer.insights.chapters.cohorts import cells_of_all, share_column
from clustomer.outputs.charts import Figure, draw
from clustomer.outputs.charts.figure import Layout
from clustomer.outputs.charts.history import (
    Curve,
    CurvePanel,
    cohort_curves_chart,
    cohorts_chart,
)
from clustomer.outputs.charts.layers import Label, Specification
from clustomer.outputs.figures.history.cohorts import MOST_COHORTS, map_note, map_of, map_title
from clustomer.outputs.figures.pen import Pen

_MONEY = {
    "cumulated_margin_per_customer": "Margin of a customer until then",
    "cumulated_per_customer": "Revenue of a customer until then",
}


def cohort_curves_figure(pen: Pen, cohorts: Cohorts) -> Figure | None:
    """Draw the latest cohorts; nothing where no cohort is seen two periods later."""
    panels = curve_panels(cohorts)
    if not panels:
        return None
    return pen.draw(
        "cohort_curves",
        lambda layout: cohort_curves_chart(panels, unit=cohorts.unit, layout=layout),
        title="Cohorts as they grow older",
        note=_curve_note(cohorts),
        description="Lines of each cohort by age: the share who came back, and what a customer "
        "has brought until then.",
    )


def drawn_cohorts(cohorts: Cohorts) -> Figure:
    """Draw the map of cohorts and their curves as one picture, beside no report.

    Its numbers are those of the cohorts, and no facts.
    """
    rows, cells = map_of(
        cohorts,
        lambda row: Label(f"{row['customers']:,}"),
        lambda row: Label(f"{row[share_column(cohorts)]:.0%}"),
    )
    panels = curve_panels(cohorts)

    def chart(layout: Layout) -> Specification:
        maps = cohorts_chart(rows, cells, unit=cohorts.unit, layout=layout)
        if not panels:
            return maps
        curves = cohort_curves_chart(panels, unit=cohorts.unit, layout=layout)
        return {**curves, "vconcat": [maps, *curves["vconcat"]]}

    return draw(
        "cohorts",
        chart,
        title=map_title(cohorts),
        note=map_note(cohorts, apart=any(row.apart for row in rows))
        + (f" {_curve_note(cohorts)}" if panels else ""),
        description="A map of cohorts, and their curves.",
    )


def _curve_note(cohorts: Cohorts) -> str:
    return (
        f"Each line is a cohort, the later the darker; the thick one is all {cohorts.unit}s "
        "together that the log holds whole, without the first, which is dashed: it holds old "
        "customers, too. With age fewer cohorts are left in it."
    )


def curve_panels(cohorts: Cohorts) -> list[CurvePanel]:
    """Return the panels: the share who came back, and money where there are prices."""
    cells = [row for row in cells_of_all(cohorts) if row["complete"]]
    together = [row for row in cohorts.retention.to_pylist() if row["segment_id"] == ALL]
    if max((row["age"] for row in together), default=0) < 2:
        return []
    column = share_column(cohorts)
    did = "bought" if cohorts.by == "purchase" else "came"
    curves = tuple(_curves(cells, together, column, first=1))
    panels = [CurvePanel(f"Who {did} again", curves, share=True)]
    for name, title in _MONEY.items():
        if name in cohorts.retention.column_names and together[0][name] is not None:
            panels.append(CurvePanel(title, tuple(_curves(cells, together, name, first=0))))
            break
    return panels


def _curves(
    cells: list[dict[str, Any]], together: list[dict[str, Any]], column: str, *, first: int
) -> Iterator[Curve]:
    begun = sorted({row["cohort"] for row in cells})[-MOST_COHORTS:]
    for number, cohort in enumerate(begun):
        rows = [row for row in cells if row["cohort"] == cohort and row["age"] >= first]
        points = tuple((row["age"], row[column]) for row in rows)
        if len(points) > 1:
            if rows[0]["existing"]:
                yield Curve(rows[0]["cohort_name"], points, "existing")
            else:
                strength = number / max(len(begun) - 1, 1)
                yield Curve(rows[0]["cohort_name"], points, strength=strength)
    points = tuple((row["age"], row[column]) for row in together if row["age"] >= first)
    yield Curve("all", points, "together")
