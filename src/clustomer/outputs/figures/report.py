"""Which pictures a report has."""

from collections.abc import Sequence

from clustomer.history import History
from clustomer.insights import Interpretation
from clustomer.outputs.charts import Figure
from clustomer.outputs.figures.choice_of_k import choice_of_k_figure
from clustomer.outputs.figures.dendrogram import dendrogram_figure
from clustomer.outputs.figures.differences import differences_figure
from clustomer.outputs.figures.facet import facet_figure
from clustomer.outputs.figures.forecast import forecast_figure
from clustomer.outputs.figures.history import (
    cohort_curves_figure,
    cohorts_figure,
    over_time_figure,
    seasons_figure,
)
from clustomer.outputs.figures.pca import pca_figure
from clustomer.outputs.figures.pen import Pen
from clustomer.outputs.figures.rfm_grid import rfm_grid_figure
from clustomer.outputs.figures.sizes import sizes_figure
from clustomer.outputs.theme import SegmentLook, segment_looks
from clustomer.segments import Segmentation


def draw_figures(interpretation: Interpretation, segmentation: Segmentation) -> tuple[Figure, ...]:
    """Draw every picture that the data allow, in the order of the report.

    `segments` (sizes against revenue) always; `over_time` and `cohorts` where there are two whole
    periods, `cohort_curves` where a cohort is seen two later; `seasons` from four whole weeks on;
    `differences`, `pca` and `choice_of_k` where there is something to compare: two segments, two
    dimensions, two values of K; `rfm_grid` where the segments are cells of a grid; `dendrogram`
    where a tree was cut; `facet_taste` and the like where a facet holds; `forecast` where there is
    one. The same input gives the same bytes.
    """
    looks = segment_looks(interpretation.names.items())
    pen = Pen(interpretation.facts, interpretation.insights.warning)
    figures = [
        sizes_figure(pen, looks),
        *_of_history(pen, looks, interpretation.study.history),
        differences_figure(pen, looks, interpretation, segmentation),
        rfm_grid_figure(pen, looks, interpretation, segmentation),
        pca_figure(pen, looks, segmentation),
        dendrogram_figure(pen, looks, segmentation),
        choice_of_k_figure(pen, segmentation.selection),
    ]
    forecast = interpretation.study.forecast
    if forecast is not None and forecast.holds:
        figures.append(forecast_figure(pen, forecast))
    facets = interpretation.study.facets
    figures += [facet_figure(pen, facet) for facet in (facets.held if facets is not None else ())]
    return tuple(figure for figure in figures if figure is not None)


def _of_history(
    pen: Pen, looks: Sequence[SegmentLook], history: History | None
) -> tuple[Figure | None, ...]:
    if history is None:
        return ()
    return (
        over_time_figure(pen, looks, history.over_time),
        seasons_figure(pen, history.seasons),
        cohorts_figure(pen, history.cohorts),
        cohort_curves_figure(pen, history.cohorts),
    )
