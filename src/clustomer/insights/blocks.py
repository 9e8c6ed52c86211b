"""Blocks: what a chapter is made of, and all that a renderer knows.

Every text may hold `{fact-id}` placeholders; numbers reach a reader through facts only, so that
each can be traced and recomputed. A renderer has one way to show each kind of block; a chapter
that puts blocks together needs no template.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from clustomer.certificates.certificate import Mark

Place = Literal["lead", "main", "appendix", "screen", "page"]
"""Where a section stands: before everything else, in the report, in its appendix, on the last
screen of a terminal, or on the summary of one page."""
Slot = Literal["name", "marks", "left", "actions"]
"""Where a block of a chapter goes that is about one segment: beside its name in the table of
segments, or on its card: below who they are, among what is known of them, before what to do."""
ColumnKind = Literal["name", "number", "estimate", "words", "step", "mark"]
"""What a column holds: names of rows, numbers, numbers with their interval, texts, things to do,
or marks."""


@dataclass(frozen=True)
class Paragraph:
    """One text. `role` is how it is meant: a `lead` is strong, a `summary` is large, a `note` and
    an `aside` are small, a `reserve` holds something back, a `step` is something to do."""

    text: str
    role: Literal["plain", "lead", "summary", "note", "aside", "reserve", "step"] = "plain"


@dataclass(frozen=True)
class Bullets:
    """A list of texts, below a title of its own or none; a `note` is small."""

    items: tuple[str, ...]
    title: str = ""
    role: Literal["plain", "numbered", "note"] = "plain"


@dataclass(frozen=True)
class Link:
    """A way to another place of the same page; where there are no pages, nothing."""

    text: str
    anchor: str


@dataclass(frozen=True)
class FileLink:
    """A way to a file of the version, by its path there, with a text before it and one after."""

    before: str
    path: str
    after: str


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
    `chosen` where it is to stand out. `beside` is a small text beside the name.
    """

    cells: tuple[Cell, ...]
    segment_id: str | None = None
    anchor: str = ""
    chosen: bool = False
    beside: str = ""


@dataclass(frozen=True)
class Table:
    """Rows under columns; `label` says what they are to someone who cannot see them.

    `beside` says what the texts beside the names are. Where `open_to` is a slot, what chapters
    have for that slot of a row's segment becomes the text beside its name.
    """

    label: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    beside: str = ""
    open_to: Slot | None = None


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
    """A text beside a word that says what it is about.

    `trend` are the ids of facts that a small picture of its way in time is drawn from.
    """

    label: str
    text: str
    trend: tuple[str, ...] = ()


@dataclass(frozen=True)
class KeyNumbers:
    """A few numbers in large, each with its label; only on a page: texts say them, too."""

    numbers: tuple[Labelled, ...]


@dataclass(frozen=True)
class Bars:
    """A small picture of how far figures lie above or below everyone's; only on a page.

    The text of each is one fact, in standard deviations.
    """

    title: str
    bars: tuple[Labelled, ...]


@dataclass(frozen=True)
class Folded:
    """Blocks that a page shows when they are asked for; where there are no pages, below a title."""

    title: str
    blocks: tuple["Block", ...]


@dataclass(frozen=True)
class Steps:
    """Things to do, each with a word for its kind."""

    steps: tuple[Labelled, ...]


@dataclass(frozen=True)
class Headed:
    """Blocks below a small title."""

    title: str
    blocks: tuple["Block", ...]


@dataclass(frozen=True)
class SideBySide:
    """Blocks in two columns, where there is room for two."""

    left: tuple["Block", ...]
    right: tuple["Block", ...]


@dataclass(frozen=True)
class OpenSlot:
    """Where the blocks of other chapters about one segment go."""

    segment_id: str
    slot: Slot


@dataclass(frozen=True)
class SegmentPanel:
    """Blocks about one segment; `title` is what they are where its name alone would not say it.

    The `card` of a segment is what there is to know of it, and is in the table of contents.
    """

    segment_id: str
    name: str
    title: str
    anchor: str
    blocks: tuple["Block", ...]
    role: Literal["panel", "card"] = "panel"


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
    """A block for a slot of one segment."""

    segment_id: str
    slot: Slot
    block: "Block"


Block = (
    Paragraph
    | Bullets
    | Link
    | FileLink
    | Table
    | FigureRef
    | Findings
    | Marks
    | Explanations
    | Labelled
    | KeyNumbers
    | Bars
    | Folded
    | Steps
    | Headed
    | SideBySide
    | OpenSlot
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
        case FileLink(before, _, after):
            yield from (before, after)
        case KeyNumbers(labelled) | Steps(labelled) | Bars(_, labelled):
            for entry in labelled:
                yield from (entry.label, entry.text)
                yield from (f"{{{fact}}}" for fact in entry.trend)
        case Table():
            yield from (column.title for column in block.columns)
            yield block.beside
            for row in block.rows:
                yield from _cell_texts(row)
        case Findings(findings) | Marks(_, findings):
            for finding in findings:
                yield from (finding.word, finding.short, *finding.texts)
        case Explanations(explanations=explanations):
            for word in explanations:
                yield from (word.word, word.plain, word.method)
        case Section(title) | Headed(title) | Folded(title):
            yield title
    for inner in inside(block):
        yield from texts_of(inner)


def inside(block: Block) -> tuple[Block, ...]:
    """Return the blocks that a block is made of; nothing where it is made of none.

    >>> inside(Headed("A title", (FigureRef("sizes"),)))
    (FigureRef(name='sizes'),)
    """
    match block:
        case (
            Section(blocks=blocks)
            | SegmentPanel(blocks=blocks)
            | Headed(blocks=blocks)
            | Folded(blocks=blocks)
        ):
            return blocks
        case SideBySide(left, right):
            return (*left, *right)
        case OfSegment(block=inner):
            return (inner,)
    return ()


def figure_names(block: Block) -> Iterator[str]:
    """Yield the names of the pictures that a block shows."""
    if isinstance(block, FigureRef):
        yield block.name
    for inner in inside(block):
        yield from figure_names(inner)


def panels_of(block: Block) -> Iterator[SegmentPanel]:
    """Yield the blocks about one segment each."""
    if isinstance(block, SegmentPanel):
        yield block
    for inner in inside(block):
        yield from panels_of(inner)


def warns_itself(section: Section) -> bool:
    """Whether a section begins with blocks that each say the report's warning."""
    return isinstance(next(iter(section.blocks), None), SegmentPanel)


def filled(
    blocks: Iterable[Block], asides: Mapping[tuple[str, Slot], tuple[Block, ...]]
) -> tuple[Block, ...]:
    """Return blocks with what others say of segments in the slots that are open for it.

    >>> asides = {("S1", "left"): (Paragraph("From France."),)}
    >>> filled([Headed("A title", (OpenSlot("S1", "left"), OpenSlot("S2", "left")))], asides)
    (Headed(title='A title', blocks=(Paragraph(text='From France.', role='plain'),)),)
    """
    result: list[Block] = []
    for block in blocks:
        match block:
            case OpenSlot(segment_id, slot):
                result += asides.get((segment_id, slot), ())
            case Section() | SegmentPanel() | Headed() | Folded():
                result.append(replace(block, blocks=filled(block.blocks, asides)))
            case SideBySide(left, right):
                result.append(SideBySide(filled(left, asides), filled(right, asides)))
            case Table(open_to=slot) if slot is not None:
                result.append(_with_beside(block, slot, asides))
            case _:
                result.append(block)
    return tuple(result)


def _with_beside(
    table: Table, slot: Slot, asides: Mapping[tuple[str, Slot], tuple[Block, ...]]
) -> Table:
    """Return a table with the labelled texts of a slot beside the names of its rows."""
    labelled = {
        key: [block for block in blocks if isinstance(block, Labelled)]
        for (key, where), blocks in asides.items()
        if where == slot
    }
    rows = tuple(
        replace(
            row, beside="; ".join(block.text for block in labelled.get(row.segment_id or "", ()))
        )
        for row in table.rows
    )
    label = next((block.label for blocks in labelled.values() for block in blocks), "")
    return replace(table, rows=rows, beside=label, open_to=None)


def _cell_texts(row: Row) -> Iterator[str]:
    yield row.beside
    for cell in row.cells[1:] if row.segment_id is not None else row.cells:
        yield cell.text if isinstance(cell, Marked) else cell
