"""The picture of cohorts: who came back how long after they arrived."""

from collections.abc import Callable, Mapping
from typing import Any

from clustomer.history import Cohorts
from clustomer.insights.chapters.cohorts import cells_of_all, share_column, share_fact
from clustomer.outputs.charts import Figure
from clustomer.outputs.charts.history import CohortCell, CohortRow, cohorts_chart
from clustomer.outputs.charts.layers import Label
from clustomer.outputs.figures.pen import Pen

MOST_COHORTS = 24


def cohorts_figure(pen: Pen, cohorts: Cohorts) -> Figure | None:
    """Draw the latest cohorts; nothing where no cohort is seen a period later."""
    rows, cells = map_of(
        cohorts,
        lambda row: pen.label(f"cohort.{row['cell'].split('.')[1]}.customers"),
        lambda row: pen.label(share_fact(row["cell"])),
    )
    if not any(cell.age for cell in cells):
        return None
    return pen.draw(
        "cohorts",
        lambda layout: cohorts_chart(rows, cells, unit=cohorts.unit, layout=layout),
        title=map_title(cohorts),
        note=map_note(cohorts, apart=any(row.apart for row in rows)),
        description="A map with a row for each cohort and a column for each period since it began.",
    )


def map_of(
    cohorts: Cohorts,
    customers: Callable[[Mapping[str, Any]], Label],
    share: Callable[[Mapping[str, Any]], Label],
) -> tuple[list[CohortRow], list[CohortCell]]:
    """Return the rows and cells of the map, with the labels that these two make of a cell."""
    cells = cells_of_all(cohorts)
    begun = sorted({row["cohort"] for row in cells})[-MOST_COHORTS:]
    rows = [
        CohortRow(row["cohort_name"], customers(row), row["existing"])
        for row in cells
        if row["age"] == 0 and row["cohort"] in begun
    ]
    drawn = [
        CohortCell(begun.index(row["cohort"]), row["age"], row[share_column(cohorts)], share(row))
        for row in cells
        if row["cohort"] in begun and row["complete"] and row["age"] < MOST_COHORTS
    ]
    return rows, drawn


def map_title(cohorts: Cohorts) -> str:
    """Return what the map shows."""
    did = "bought" if cohorts.by == "purchase" else "came"
    first = "first purchase" if cohorts.by == "purchase" else "first visit"
    return f"Who {did} again, by the {cohorts.unit} of their {first}"


def map_note(cohorts: Cohorts, *, apart: bool) -> str:
    """Return how to read the map."""
    did = "bought" if cohorts.by == "purchase" else "came"
    return (
        f"Each row is a cohort with its customers; each cell the share of them who {did} in "
        f"that {cohorts.unit}, the darker the larger. "
        + ("The row on top holds existing or new customers: old ones, too. " if apart else "")
        + "Cells that are not over yet are empty."
    )
