"""The pictures of a report, each drawn from a small table."""

from clustomer.outputs.charts.dendrogram import dendrogram_chart
from clustomer.outputs.charts.differences import differences_chart
from clustomer.outputs.charts.facet_flow import facet_flow_chart
from clustomer.outputs.charts.facet_shares import facet_shares_chart
from clustomer.outputs.charts.facet_week import facet_week_chart
from clustomer.outputs.charts.figure import Figure, Layout, draw, warm_up
from clustomer.outputs.charts.forecast import forecast_chart
from clustomer.outputs.charts.pca import pca_chart
from clustomer.outputs.charts.rfm_grid import rfm_grid_chart
from clustomer.outputs.charts.selection import choice_of_k_chart
from clustomer.outputs.charts.sizes import sizes_chart

__all__ = [
    "Figure",
    "Layout",
    "choice_of_k_chart",
    "dendrogram_chart",
    "differences_chart",
    "draw",
    "facet_flow_chart",
    "facet_shares_chart",
    "facet_week_chart",
    "forecast_chart",
    "pca_chart",
    "rfm_grid_chart",
    "sizes_chart",
    "warm_up",
]
