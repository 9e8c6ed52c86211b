"""Blocks in Markdown: one way to write each kind, with a blank line between two."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from clustomer.insights.blocks import (
    Bars,
    Block,
    Bullets,
    Column,
    Explanations,
    FigureRef,
    FileLink,
    Finding,
    Findings,
    Folded,
    Headed,
    KeyNumbers,
    Labelled,
    Link,
    Marked,
    Marks,
    OfSegment,
    OpenSlot,
    Paragraph,
    Row,
    Section,
    SegmentPanel,
    SideBySide,
    Steps,
    Table,
    Warn,
    warns_itself,
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
            case Bullets(items, title, role):
                signs = (f"{n}." if role == "numbered" else "-" for n in range(1, len(items) + 1))
                pairs = zip(signs, items, strict=True)
                listed = "\n".join(f"{sign} {self.say(item)}" for sign, item in pairs)
                return f"**{self.say(title)}**\n\n{listed}" if title else listed
            case Steps(steps):
                return "\n".join(
                    f"- *{self.say(step.label)}:* {self.say(step.text)}" for step in steps
                )
            case Folded(title, blocks):
                heading = f"{'#' * level} {self.say(title)}"
                return self.joined([heading, *self._inside(blocks, level)])
            case Headed(title, blocks):
                return self.joined([f"**{self.say(title)}**", *self._inside(blocks, level - 1)])
            case SideBySide(left, right):
                return self.joined(self._inside((*left, *right), level - 1))
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
            case FileLink(before, path, after):
                link = f"[{escape_markdown(path)}](../{path})"
                return f"{self.say(before)} {link} {self.say(after)}"
            case FigureRef(name) if name in self.figures:
                return f"![{self.say(self.figures[name])}](figures/{name}.png)"
            case SegmentPanel(title=title, name=name, blocks=blocks):
                words = " ".join(escape_markdown(word) for word in (title, name) if word)
                heading = f"{'#' * level} {words}"
                return self.joined([heading, self.warned(), *self._inside(blocks, level)])
            case Section():
                return self.section(block, level)
            case KeyNumbers() | Bars() | Link() | OfSegment() | OpenSlot() | Warn() | FigureRef():
                return ""

    def section(self, section: Section, level: int) -> str:
        """Return a section; those of a whole chapter say the warning."""
        heading = f"{'#' * level} {self.say(section.title)}" if section.title else ""
        warned = self.warned() if section.place == "main" and not warns_itself(section) else ""
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
        beside = [Column(table.beside, "words")] if table.beside else []
        columns = (*table.columns, *beside)
        titles = " | ".join(self.say(column.title) for column in columns)
        rules = "|".join(_RULES.get(column.kind, "---") for column in columns)
        rows = (self._row(row, beside=bool(beside)) for row in table.rows)
        return "\n".join([f"| {titles} |", f"|{rules}|", *rows])

    def _row(self, row: Row, *, beside: bool) -> str:
        name, *cells = row.cells
        assert isinstance(name, str)
        written = self.say(name) if row.segment_id is None else escape_markdown(name)
        if row.chosen or row.segment_id is not None:
            written = f"**{written}**"
        further = [self.say(row.beside)] if beside else []
        return f"| {' | '.join([written, *map(self._cell, cells), *further])} |"

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
