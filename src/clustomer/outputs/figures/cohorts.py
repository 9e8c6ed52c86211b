"""The picture of cohorts: who came back how long after they arrived."""

from clustomer.history import Cohorts
from clustomer.insights.chapters.cohorts import cells_of_all, share_column, share_fact
from clustomer.outputs.charts import Figure
from clustomer.outputs.charts.history import CohortCell, CohortRow, cohorts_chart
from clustomer.outputs.figures.pen import Pen

MOST_COHORTS = 24


def cohorts_figure(pen: Pen, cohorts: Cohorts) -> Figure | None:
    """Draw the latest cohorts; nothing where no cohort is seen a period later."""
    if not any(row["age"] for row in cells_of_all(cohorts) if row["complete"]):
        return None
    cells = cells_of_all(cohorts)
    begun = sorted({row["cohort"] for row in cells})[-MOST_COHORTS:]
    rows = [
        CohortRow(
            row["cohort_name"],
            pen.label(f"cohort.{row['cell'].split('.')[1]}.customers"),
            row["existing"],
        )
        for row in cells
        if row["age"] == 0 and row["cohort"] in begun
    ]
    drawn = [
        CohortCell(
            begun.index(row["cohort"]),
            row["age"],
            row[share_column(cohorts)],
            pen.label(share_fact(row["cell"])),
        )
        for row in cells
        if row["cohort"] in begun and row["complete"] and row["age"] < MOST_COHORTS
    ]
    did = "bought" if cohorts.by == "purchase" else "came"
    first = "first purchase" if cohorts.by == "purchase" else "first visit"
    apart = any(row.apart for row in rows)
    return pen.draw(
        "cohorts",
        lambda layout: cohorts_chart(rows, drawn, unit=cohorts.unit, layout=layout),
        title=f"Who {did} again, by the {cohorts.unit} of their {first}",
        note=f"Each row is a cohort with its customers; each cell the share of them who {did} in "
        f"that {cohorts.unit}, the darker the larger. "
        + ("The row on top holds old customers, too. " if apart else "")
        + "Cells that are not over yet are empty.",
        description="A map with a row for each cohort and a column for each period since it began.",
    )
