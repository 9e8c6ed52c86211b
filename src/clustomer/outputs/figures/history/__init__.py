"""The pictures of the shop's history: over time, seasons, and cohorts."""

from clustomer.outputs.figures.history.cohort_curves import cohort_curves_figure, drawn_cohorts
from clustomer.outputs.figures.history.cohorts import cohorts_figure
from clustomer.outputs.figures.history.over_time import over_time_figure
from clustomer.outputs.figures.history.seasons import seasons_figure

__all__ = [
    "cohort_curves_figure",
    "cohorts_figure",
    "drawn_cohorts",
    "over_time_figure",
    "seasons_figure",
]
