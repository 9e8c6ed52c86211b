"""The segments at a glance: a row for each, and the pictures of all."""

from collections.abc import Iterator, Mapping, Sequence

from clustomer.insights.blocks import (
    Block,
    Column,
    FigureRef,
    Labelled,
    Paragraph,
    Row,
    Section,
    Slot,
    Table,
)
from clustomer.insights.chapters.cards import segment_insights, segment_numbers
from clustomer.insights.chapters.chapter import Chapter
from clustomer.insights.chapters.findings import standing_note
from clustomer.insights.facts import Fact
from clustomer.insights.story import SegmentInsight
from clustomer.insights.study import Study

FIGURES = ("segments", "differences", "rfm_grid")
_BASE = (
    "Shares of revenue are of the {everyone.revenue} from known customers; purchases without one "
    "are {money.nameless_share} of the source's total of {money.total}."
)
_ON_SCREEN = (
    ("customers", "Customers"),
    ("share", "Share"),
    ("revenue_share", "Revenue share"),
)


class Glance(Chapter):
    """How large each segment is, what marks it, and what to do first."""

    name = "glance"
    title = "The segments at a glance"
    short = "At a glance"

    def blocks(self, study: Study, facts: Mapping[str, Fact]) -> Iterator[Block]:
        """Return the table, the pictures, and a shorter table for the last screen."""
        segments = study.once(segment_insights)
        yield table_of_segments(segments, segment_numbers(segments, facts, study))
        certified = study.certificates.segments if study.certificates is not None else {}
        note = standing_note(certified.values())
        if note:
            yield Paragraph(note, "note")
        if "money.nameless_share" in facts:
            yield Paragraph(_BASE, "note")
        yield from (FigureRef(name) for name in FIGURES)
        yield Section("", (screen_of_segments(segments, facts),), "screen")
        yield Section("", (screen_of_segments(segments, facts),), "page", "page-segments")


def table_of_segments(
    segments: Sequence[SegmentInsight], numbers: Mapping[str, tuple[Labelled, ...]]
) -> Table:
    """Return the table, open for what chapters say beside the names."""
    columns = [number.label for number in next(iter(numbers.values()), ())]
    cells = [[number.text for number in numbers[segment.segment_id]] for segment in segments]
    return _table(segments, columns, cells, open_to="name")


def screen_of_segments(segments: Sequence[SegmentInsight], facts: Mapping[str, Fact]) -> Table:
    """Return the table for the last screen, whose columns are few and narrow."""

    def number(fact: str) -> str:
        return f"{{{fact}}}" if fact in facts and facts[fact].value is not None else ""

    columns = [
        (title, [number(f"{segment.segment_id}.{name}") for segment in segments])
        for name, title in _ON_SCREEN
    ]
    shown = [(title, texts) for title, texts in columns if any(texts)]
    cells = [[texts[place] for _, texts in shown] for place in range(len(segments))]
    return _table(segments, [title for title, _ in shown], cells)


def _table(
    segments: Sequence[SegmentInsight],
    titles: Sequence[str],
    cells: Sequence[Sequence[str]],
    open_to: Slot | None = None,
) -> Table:
    """Return the table of segments with some columns of numbers."""
    return Table(
        "Table of segments",
        (
            Column("Segment", "name"),
            *(Column(title) for title in titles),
            Column("What marks them", "words"),
            Column("What to do", "step"),
        ),
        tuple(
            Row(
                (segment.name, *numbers, segment.headline_mark, segment.headline_action),
                segment.segment_id,
            )
            for segment, numbers in zip(segments, cells, strict=True)
        ),
        open_to=open_to,
    )
