"""Outputs: charts, reports, tables and the last screen: what people open."""

from clustomer.outputs.charts import Figure
from clustomer.outputs.embedded import embedded_blocks, embedded_style
from clustomer.outputs.figures import draw_figures
from clustomer.outputs.report import report_html, report_markdown, write_reports
from clustomer.outputs.tables import (
    write_cleaning,
    write_cluster_summary,
    write_csv,
    write_evaluation_metrics,
    write_segments,
)
from clustomer.outputs.terminal import print_summary

__all__ = [
    "Figure",
    "draw_figures",
    "embedded_blocks",
    "embedded_style",
    "print_summary",
    "report_html",
    "report_markdown",
    "write_cleaning",
    "write_cluster_summary",
    "write_csv",
    "write_evaluation_metrics",
    "write_reports",
    "write_segments",
]
