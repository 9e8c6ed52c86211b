"""The picture of a facet: a week, a flow, or the shares of each of its segments."""

import pyarrow as pa

from clustomer.facets import Facet
from clustomer.insights.chapters.facet_names import bin_labels, facet_names
from clustomer.insights.chapters.facet_words import NAMES, VIEWS
from clustomer.insights.facts import escape
from clustomer.outputs.charts import (
    Figure,
    facet_flow_chart,
    facet_shares_chart,
    facet_week_chart,
)
from clustomer.outputs.figures.pen import Pen

MOST_BINS = 14
EVERYONE = "Everyone"
FLOWS = ("visits", "steps")
"""The views whose bins are one thing after another."""
_BEGIN = "(begin)"


def facet_figure(pen: Pen, facet: Facet) -> Figure:
    """Draw the picture that fits how a facet is seen."""
    if facet.week:
        return _week_figure(pen, facet)
    if facet.view in FLOWS:
        return _flow_figure(pen, facet)
    return _shares_figure(pen, facet)


def _segments(facet: Facet) -> list[str]:
    names = facet_names(facet)
    return [*(names[segment.segment_id] for segment in facet.segments), EVERYONE]


def _listed(facet: Facet) -> str:
    return ", ".join(f"“{escape(name)}”" for name in facet_names(facet).values())


def _week_figure(pen: Pen, facet: Facet) -> Figure:
    """Draw at which hours of which weekdays each segment comes."""
    return pen.draw(
        f"facet_{facet.name}",
        lambda layout: facet_week_chart(facet.week, segments=_segments(facet), layout=layout),
        title=f"{NAMES[facet.name]}: when the visits of each segment begin",
        note="Each cell is an hour of a weekday on the shop's clock, the darker the larger its "
        "share of the segment's visits; the same darkness is the same share in all.",
        description=f"Weeks with a row for each weekday and a column for each hour, for "
        f"{_listed(facet)} and for everyone.",
    )


def _flow_figure(pen: Pen, facet: Facet) -> Figure:
    """Draw what follows on what in each segment."""
    columns = [(segment.shares, segment.marks) for segment in facet.segments]
    flows = pa.Table.from_pylist(
        [
            {
                "segment": column,
                "before": before,
                "after": after,
                "share": shares[number],
                "marks": number in marks,
            }
            for column, (shares, marks) in enumerate([*columns, (facet.everyone, ())])
            for number, (before, after) in enumerate(map(_ends, facet.bins))
        ]
    )
    what = "a visit comes to" if facet.view == "visits" else "customers do"
    return pen.draw(
        f"facet_{facet.name}",
        lambda layout: facet_flow_chart(flows, segments=_segments(facet), layout=layout),
        title=f"{NAMES[facet.name]}: what {what}, and what comes next",
        note="From the left to the right, bands are as wide as their share; those that mark the "
        "segment are dark.",
        description=f"Flows from what {what} to what comes next, for {_listed(facet)} and for "
        "everyone.",
    )


def _ends(name: str) -> tuple[str, str]:
    """Return what comes before and after in a bin.

    >>> _ends("look, then cart"), _ends("view first")
    (('look', 'cart'), ('(begin)', 'view'))
    """
    before, _, after = name.partition(", then ")
    return (before, after) if after else (_BEGIN, name.removesuffix(" first"))


def _shares_figure(pen: Pen, facet: Facet) -> Figure:
    """Draw the shares of the bins that tell the segments apart, and those of everyone."""
    labels = bin_labels(facet)
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
    segments = _segments(facet)
    left_out = (
        " Only those with the largest shares are drawn." if len(shown) < len(facet.bins) else ""
    )
    return pen.draw(
        f"facet_{facet.name}",
        lambda layout: facet_shares_chart(
            cells, bins=[labels[number] for number in shown], segments=segments, layout=layout
        ),
        title=f"{NAMES[facet.name]}: where the visits of each segment lie",
        note=f"Each cell is a share of the segment's visits, the darker the larger; a frame is "
        f"around what marks the segment.{left_out}",
        description=f"A map of shares, by {VIEWS[facet.view]}, with a column each for "
        f"{_listed(facet)} and "
        "for everyone.",
    )
