"""The picture of a grid of scores: which cells make a segment, and how many customers each has."""

from collections.abc import Sequence

import pyarrow as pa

from clustomer.insights import Interpretation
from clustomer.outputs.charts import Figure, rfm_grid_chart
from clustomer.outputs.charts.layers import Label
from clustomer.outputs.figures.pen import Pen
from clustomer.outputs.theme import SegmentLook
from clustomer.segments import RFM_SEGMENTS, RfmGrid, Segmentation
from clustomer.segments.rules.rfm_grid import SCORES


def rfm_grid_figure(
    pen: Pen,
    looks: Sequence[SegmentLook],
    interpretation: Interpretation,
    segmentation: Segmentation,
) -> Figure | None:
    """Draw the grid, where the segments are its cells."""
    rule = segmentation.rule.score_grid
    if rule is None:
        return None
    cells = grid_cells(pen, rule)
    names = {part.segment_id: part.name for part in RFM_SEGMENTS} | dict(interpretation.names)
    recency = _scores(pen, "grid.recency", rule.recency_cuts)[::-1]
    frequency = _scores(pen, "grid.orders", rule.frequency_cuts)
    return pen.draw(
        "rfm_grid",
        lambda layout: rfm_grid_chart(
            cells, looks, names=names, recency=recency, frequency=frequency, layout=layout
        ),
        title="Where each segment lies in the grid of scores",
        note="Each cell is a pair of scores, with its share of the customers who ordered. Up: the "
        "last order is more recent. To the right: more orders. A dash: nobody.",
        description="A grid of five recency scores by five frequency scores, with the share of "
        "customers in each cell.",
    )


def grid_cells(pen: Pen, rule: RfmGrid) -> pa.Table:
    """Return the table that `rfm_grid_chart` draws: all 25 cells, with their shares as texts."""
    rows = []
    for recency, row in zip(SCORES, rule.grid, strict=True):
        for frequency, cluster in zip(SCORES, row, strict=True):
            share = pen.label(f"grid.cell.r{recency}.f{frequency}")
            if not pen.facts[f"grid.cell.r{recency}.f{frequency}"].value:
                share = Label("–")
            rows.append(
                {
                    "recency": recency,
                    "frequency": frequency,
                    "segment_id": RFM_SEGMENTS[cluster].segment_id,
                    "text": share.text,
                    "facts": share.facts,
                }
            )
    return pa.Table.from_pylist(rows)


def _scores(pen: Pen, name: str, cuts: Sequence[float]) -> list[Label]:
    """Say what the scores mean, from the side of the smallest values."""
    labels = [pen.label(f"{name}.{number}") for number in (1, 2, 3, 4)]
    at_most = [
        Label(f"≤ {label.text}", label.facts)
        if number == 0 or cuts[number] > cuts[number - 1]
        else Label("–")
        for number, label in enumerate(labels)
    ]
    return [*at_most, Label(f"> {labels[3].text}", labels[3].facts)]
