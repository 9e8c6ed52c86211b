"""The shop's history in pictures: bars over time, and a map of cohorts."""

from clustomer.outputs.charts.history.cohorts import CohortCell, CohortRow, cohorts_chart
from clustomer.outputs.charts.history.over_time import Bar, BarPanel, over_time_chart

__all__ = ["Bar", "BarPanel", "CohortCell", "CohortRow", "cohorts_chart", "over_time_chart"]
