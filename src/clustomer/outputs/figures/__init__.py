"""The pictures of a report: what each shows, and what its title says."""

from clustomer.outputs.figures.report import draw_figures

__all__ = ["draw_figures"]
