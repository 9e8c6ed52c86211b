"""The picture of a facet: over which bins the visits of each of its segments are spread."""

import pyarrow as pa

from clustomer.facets import Facet
from clustomer.insights.chapters.facet_names import bin_labels, facet_names
from clustomer.insights.chapters.facet_words import NAMES, VIEWS
from clustomer.insights.facts import escape
from clustomer.outputs.charts import Figure, facet_shares_chart
from clustomer.outputs.figures.pen import Pen

MOST_BINS = 14
EVERYONE = "Everyone"


def facet_figure(pen: Pen, facet: Facet) -> Figure:
    """Draw the shares of the bins that tell the segments apart, and those of everyone."""
    names, labels = facet_names(facet), bin_labels(facet)
    columns = [segment.shares for segment in facet.segments] + [facet.everyone]
    marks = [segment.marks for segment in facet.segments] + [()]
    largest = sorted(
        range(len(facet.bins)),
        key=lambda number: (-max(shares[number] for shares in columns), number),
    )
    shown = sorted(largest[:MOST_BINS])
    cells = pa.Table.from_pylist(
        [
            {
                "bin": row,
                "segment": column,
                "share": shares[number],
                "marks": number in marks[column],
            }
            for column, shares in enumerate(columns)
            for row, number in enumerate(shown)
        ]
    )
    segments = [*(names[segment.segment_id] for segment in facet.segments), EVERYONE]
    left_out = (
        " Only those with the largest shares are drawn." if len(shown) < len(facet.bins) else ""
    )
    listed = ", ".join(f"“{escape(name)}”" for name in names.values())
    return pen.draw(
        f"facet_{facet.name}",
        lambda layout: facet_shares_chart(
            cells, bins=[labels[number] for number in shown], segments=segments, layout=layout
        ),
        title=f"{NAMES[facet.name]}: where the visits of each segment lie",
        note=f"Each cell is a share of the segment's visits, the darker the larger; a frame is "
        f"around what marks the segment.{left_out}",
        description=f"A map of shares, by {VIEWS[facet.view]}, with a column each for {listed} and "
        "for everyone.",
    )
