"""The picture of seasons: months of the year and weekdays beside an average one."""

from clustomer.history import ALL, Seasons
from clustomer.insights.chapters.seasons import rows_of, season_fact
from clustomer.outputs.charts import Figure
from clustomer.outputs.charts.history import SeasonBar, SeasonPanel, seasons_chart
from clustomer.outputs.figures.pen import Pen

_TITLES = {"month": "Months, beside an average one", "weekday": "Weekdays, beside an average one"}


def seasons_figure(pen: Pen, seasons: Seasons | None) -> Figure | None:
    """Draw the months and weekdays of all customers; nothing where neither is told."""
    if seasons is None or not seasons.table.num_rows:
        return None
    panels = [
        SeasonPanel(
            title,
            tuple(
                SeasonBar(
                    row["name"], row["ratio"], pen.label(season_fact(row, "ratio")), row["surely"]
                )
                for row in rows_of(seasons, ALL, kind)
            ),
        )
        for kind, title in _TITLES.items()
        if rows_of(seasons, ALL, kind)
    ]
    what = seasons.measure.capitalize()
    return pen.draw(
        "seasons",
        lambda layout: seasons_chart(panels, layout=layout),
        title=f"{what} by month of the year and day of the week"
        if len(panels) > 1
        else f"{what} by {'day of the week' if _only_days(seasons) else 'month of the year'}",
        note="Times an average month, and an average day: the dashed line. Coloured is what stands "
        "out by more than chance: blue above, brown below.",
        description="Bars of how much each month of the year and each weekday brings beside an "
        "average one.",
    )


def _only_days(seasons: Seasons) -> bool:
    return not rows_of(seasons, ALL, "month")
