"""The shop's history in pictures: bars over time, seasons, a map of cohorts and their curves."""

from clustomer.outputs.charts.history.cohort_curves import Curve, CurvePanel, cohort_curves_chart
from clustomer.outputs.charts.history.cohorts import CohortCell, CohortRow, cohorts_chart
from clustomer.outputs.charts.history.over_time import Bar, BarPanel, over_time_chart
from clustomer.outputs.charts.history.seasons import SeasonBar, SeasonPanel, seasons_chart

__all__ = [
    "Bar",
    "BarPanel",
    "CohortCell",
    "CohortRow",
    "Curve",
    "CurvePanel",
    "SeasonBar",
    "SeasonPanel",
    "cohort_curves_chart",
    "cohorts_chart",
    "over_time_chart",
    "seasons_chart",
]
