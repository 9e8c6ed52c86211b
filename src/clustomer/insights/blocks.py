"""Blocks: what a chapter is made of, and all that a renderer knows.

Every text may hold `{fact-id}` placeholders; numbers reach a reader through facts only, so that
each can be traced and recomputed. A renderer has one way to show each kind of block; a chapter
that puts blocks together needs no template.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from clustomer.certificates.certificate import Mark

Place = Literal["lead", "main", "appendix", "screen"]
"""Where a section stands: before everything else, in the report, in its appendix, or on the last
screen of a terminal."""
Slot = Literal["name", "marks", "left", "actions"]
"""Where a block stands in the card of a segment: beside its name, below who they are, among what
is known of them, or before what to do."""
ColumnKind = Literal["name", "number", "estimate", "words", "mark"]
"""What a column holds: names of rows, numbers, numbers with their interval, texts, or marks."""


@dataclass(frozen=True)
class Paragraph:
    """One text. `role` is how it is meant: a `lead` is strong, a `note` and an `aside` are small,
    a `reserve` holds something back, a `step` is something to do."""

    text: str
    role: Literal["plain", "lead", "note", "aside", "reserve", "step"] = "plain"


@dataclass(frozen=True)
class Bullets:
    """A list of texts, below a title of its own or none."""

    items: tuple[str, ...]
    title: str = ""


@dataclass(frozen=True)
class Link:
    """A way to another place of the same page; where there are no pages, nothing."""

    text: str
    anchor: str


@dataclass(frozen=True)
class Marked:
    """A mark, and a figure beside it or none."""

    mark: Mark
    text: str = ""


Cell = str | Marked


@dataclass(frozen=True)
class Column:
    """The title of a column and what it holds."""

    title: str
    kind: ColumnKind = "number"


@dataclass(frozen=True)
class Row:
    """The cells of a row, its name first.

    `segment_id` is set where the row is about a segment, `anchor` where there is more about it,
    `chosen` where it is to stand out.
    """

    cells: tuple[Cell, ...]
    segment_id: str | None = None
    anchor: str = ""
    chosen: bool = False


@dataclass(frozen=True)
class Table:
    """Rows under columns; `label` says what they are to someone who cannot see them."""

    label: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class FigureRef:
    """A picture, by its name; where that was not drawn, nothing."""

    name: str


@dataclass(frozen=True)
class Finding:
    """What one test showed of a segment.

    `test` is stable, real, predictive or usable, `word` the same as a title; `short` is for a
    table and may be empty, `texts` are sentences.
    """

    test: str
    word: str
    mark: Mark
    short: str
    texts: tuple[str, ...]


@dataclass(frozen=True)
class Findings:
    """Findings in full, a title and its sentences each."""

    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Marks:
    """Findings in a line, each a word and its mark; `anchor` leads to them in full."""

    title: str
    findings: tuple[Finding, ...]
    anchor: str = ""


@dataclass(frozen=True)
class Explanation:
    """What a word means: for everyone, and for a statistician."""

    word: str
    plain: str
    method: str


@dataclass(frozen=True)
class Explanations:
    """Words and what they mean; `title` stands above them where there are no pages."""

    title: str
    explanations: tuple[Explanation, ...]


@dataclass(frozen=True)
class Labelled:
    """A text beside a word that says what it is about."""

    label: str
    text: str


@dataclass(frozen=True)
class SegmentPanel:
    """Blocks about one segment; `title` is what they are where its name alone would not say it."""

    segment_id: str
    name: str
    title: str
    anchor: str
    blocks: tuple["Block", ...]


@dataclass(frozen=True)
class Section:
    """Blocks under a title; at a `place` of the report, or inside another section.

    `anchor` and `short` make an entry in the table of contents. `tone` is the mark of a section
    that is good or bad news.
    """

    title: str
    blocks: tuple["Block", ...]
    place: Place | None = None
    anchor: str = ""
    short: str = ""
    tone: Mark | None = None


@dataclass(frozen=True)
class Warn:
    """What every page and section must say."""

    text: str


@dataclass(frozen=True)
class OfSegment:
    """A block for the card of a segment."""

    segment_id: str
    slot: Slot
    block: "Block"


Block = (
    Paragraph
    | Bullets
    | Link
    | Table
    | FigureRef
    | Findings
    | Marks
    | Explanations
    | Labelled
    | SegmentPanel
    | Section
    | OfSegment
    | Warn
)


def texts_of(block: Block) -> Iterator[str]:
    """Yield every text of a block that may hold placeholders; names and labels are none.

    >>> list(texts_of(Section("A title", (Paragraph("A text."), FigureRef("sizes")))))
    ['A title', 'A text.']
    """
    match block:
        case Paragraph(text) | Link(text) | Warn(text):
            yield text
        case Bullets(items, title):
            yield from (title, *items)
        case Labelled(label, text):
            yield from (label, text)
        case Table():
            yield from (column.title for column in block.columns)
            for row in block.rows:
                yield from _cell_texts(row)
        case Findings(findings) | Marks(_, findings):
            for finding in findings:
                yield from (finding.word, finding.short, *finding.texts)
        case Explanations(explanations=explanations):
            for entry in explanations:
                yield from (entry.word, entry.plain, entry.method)
        case SegmentPanel(blocks=blocks):
            for inner in blocks:
                yield from texts_of(inner)
        case Section(title, blocks):
            yield title
            for inner in blocks:
                yield from texts_of(inner)
        case OfSegment(block=inner):
            yield from texts_of(inner)
        case FigureRef():
            return


def figure_names(block: Block) -> Iterator[str]:
    """Yield the names of the pictures that a block shows."""
    match block:
        case FigureRef(name):
            yield name
        case Section(blocks=blocks) | SegmentPanel(blocks=blocks):
            for inner in blocks:
                yield from figure_names(inner)


def _cell_texts(row: Row) -> Iterator[str]:
    for cell in row.cells[1:] if row.segment_id is not None else row.cells:
        yield cell.text if isinstance(cell, Marked) else cell
