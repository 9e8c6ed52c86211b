"""Blocks in Markdown: one way to write each kind, with a blank line between two."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from clustomer.insights.blocks import (
    Block,
    Bullets,
    Explanations,
    FigureRef,
    Finding,
    Findings,
    Labelled,
    Link,
    Marked,
    Marks,
    OfSegment,
    Paragraph,
    Row,
    Section,
    SegmentPanel,
    Table,
    Warn,
)
from clustomer.outputs.markdown import escape_markdown
from clustomer.outputs.theme import SIGNS

_RULES = {"number": "---:", "estimate": "---:"}


@dataclass(frozen=True)
class MarkdownBlocks:
    """Writes blocks.

    `say` renders and escapes a text; `figures` are the names and descriptions of the pictures
    that there are; `warning` is said in every section.
    """

    say: Callable[[str], str]
    figures: dict[str, str]
    warning: str = ""

    def show(self, block: Block, level: int = 3) -> str:
        """Return a block; `level` is that of a heading inside it."""
        match block:
            case Paragraph(text, role):
                return f"**{self.say(text)}**" if role == "lead" else self.say(text)
            case Bullets(items, title):
                listed = "\n".join(f"- {self.say(item)}" for item in items)
                return f"**{self.say(title)}**\n\n{listed}" if title else listed
            case Table():
                return self._table(block)
            case Findings(findings):
                return "\n".join(self._finding(finding) for finding in findings)
            case Marks(title, findings):
                marks = "; ".join(f"{finding.word} {_mark(finding)}" for finding in findings)
                return f"**{escape_markdown(title)}:** {marks}."
            case Explanations():
                return self._explanations(block, level)
            case Labelled(label, text):
                return f"**{self.say(label)}:** {self.say(text)}"
            case FigureRef(name) if name in self.figures:
                return f"![{self.say(self.figures[name])}](figures/{name}.png)"
            case SegmentPanel(title=title, name=name, blocks=blocks):
                heading = f"{'#' * level} {escape_markdown(title)} {escape_markdown(name)}"
                return self.joined([heading, self.warned(), *self._inside(blocks, level)])
            case Section():
                return self.section(block, level)
            case Link() | OfSegment() | Warn() | FigureRef():
                return ""

    def section(self, section: Section, level: int) -> str:
        """Return a section; those of a whole chapter say the warning."""
        heading = f"{'#' * level} {self.say(section.title)}" if section.title else ""
        warned = self.warned() if section.place == "main" else ""
        return self.joined([heading, warned, *self._inside(section.blocks, level)])

    def warned(self) -> str:
        """Return the warning as a quotation; mostly nothing."""
        return f"> **{self.say(self.warning)}**" if self.warning else ""

    def joined(self, parts: Iterable[str]) -> str:
        """Return the parts that say something, with a blank line between two."""
        return "\n\n".join(part for part in parts if part)

    def _inside(self, blocks: Iterable[Block], level: int) -> list[str]:
        return [self.show(block, level + 1) for block in blocks]

    def _table(self, table: Table) -> str:
        titles = " | ".join(self.say(column.title) for column in table.columns)
        rules = "|".join(_RULES.get(column.kind, "---") for column in table.columns)
        return "\n".join([f"| {titles} |", f"|{rules}|", *map(self._row, table.rows)])

    def _row(self, row: Row) -> str:
        name, *cells = row.cells
        assert isinstance(name, str)
        written = self.say(name) if row.segment_id is None else escape_markdown(name)
        if row.chosen or row.segment_id is not None:
            written = f"**{written}**"
        return f"| {' | '.join([written, *(self._cell(cell) for cell in cells)])} |"

    def _cell(self, cell: str | Marked) -> str:
        if isinstance(cell, str):
            return self.say(cell)
        beside = f", {self.say(cell.text)}" if cell.text else ""
        return f"{_mark(cell)}{beside}"

    def _finding(self, finding: Finding) -> str:
        texts = "".join(f" {self.say(text)}" for text in finding.texts)
        return f"- **{finding.word} {_mark(finding)}.**{texts}"

    def _explanations(self, block: Explanations, level: int) -> str:
        heading = f"{'#' * level} {self.say(block.title)}"
        words = [
            f"- **{entry.word}:** {self.say(entry.plain)} "
            f"*For a statistician:* {self.say(entry.method)}"
            for entry in block.explanations
        ]
        return self.joined([heading, "\n".join(words)])


def _mark(marked: Finding | Marked) -> str:
    return f"{SIGNS[marked.mark]} {marked.mark}"
