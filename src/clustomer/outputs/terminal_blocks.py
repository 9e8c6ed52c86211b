"""Blocks on the screen of a terminal: one way to print each kind."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from clustomer.certificates.certificate import Mark
from clustomer.insights import Facts
from clustomer.insights.blocks import (
    Block,
    Bullets,
    Column,
    Marked,
    Paragraph,
    Row,
    Section,
    Table,
)
from clustomer.outputs.terminal_tables import SEPARATE_FROM, Line, narrow_table, wordy_table
from clustomer.outputs.terminal_text import clean, terminal_text
from clustomer.outputs.theme import SIGNS

# Colours that every terminal has, and that its user may have chosen.
STYLES: Mapping[Mark, str] = {
    "pass": "green",
    "weak": "yellow",
    "fail": "bold red",
    "not tested": "dim",
}
PLAIN_SIGNS: Mapping[Mark, str] = {"pass": "+", "weak": "~", "fail": "x", "not tested": "-"}
_STYLES = {"lead": "bold", "aside": "dim"}
_TEXTS = ("words", "step")


@dataclass(frozen=True)
class TerminalBlocks:
    """Prints blocks; words, not colours, tell marks apart.

    `width` is that of the screen, and `plain` keeps signs to ASCII. `colours` are those of
    segments, by their ids.
    """

    facts: Facts
    width: int
    plain: bool = False
    colours: Mapping[str, str] = field(default_factory=dict)

    def text(self, words: str, style: str = "") -> Text:
        """Return a text with its facts filled in; what is a fact bears its id."""
        return terminal_text(self.facts, words, style)

    def section(self, section: Section) -> RenderableType:
        """Return a section for the last screen; what a screen cannot show is left out."""
        title = self.text(section.title, "bold")
        return Group(title, *(self.show(block) for block in section.blocks), Text())

    def show(self, block: Block) -> RenderableType:
        """Return one block."""
        match block:
            case Paragraph(text, role):
                words = self.text(text, _STYLES.get(role, ""))
                return Padding(words, (0, 0, 0, 2), expand=False) if role == "step" else words
            case Bullets(items):
                lines = (self.text(f"- {item}") for item in items)
                return Group(*lines)
            case Table():
                return self._table(block)
            case Section():
                return self.section(block)
            case _:
                return Group()

    def _table(self, table: Table) -> RenderableType:
        if not table.rows:
            return Group()
        wordy = any(column.kind in _TEXTS for column in table.columns)
        lines = [self._line(row, table.columns, bold=wordy) for row in table.rows]
        # numbers stand before texts, whatever the order of the columns
        columns = sorted(table.columns, key=lambda column: column.kind in _TEXTS)
        titles = [column.title for column in columns]
        if wordy:
            return wordy_table(titles, lines, width=self.width, plain=self.plain)
        marks = {
            column.title
            for row in table.rows
            for column, cell in zip(table.columns, row.cells, strict=True)
            if isinstance(cell, Marked)
        }
        return narrow_table(titles, lines, width=self.width, plain=self.plain, marks=marks)

    def _line(self, row: Row, columns: tuple[Column, ...], *, bold: bool) -> Line:
        pairs = list(zip(columns[1:], row.cells[1:], strict=True))
        name = self._name(row)
        if bold:
            name.stylize("bold")
            if row.segment_id is not None and row.segment_id in self.colours:
                name.append(f" {clean(row.segment_id)}", style="dim")
        return Line(
            name,
            tuple(self._cell(cell) for column, cell in pairs if column.kind not in _TEXTS),
            tuple(self._words(cell, column) for column, cell in pairs if column.kind in _TEXTS),
            self.colours.get(row.segment_id or "", ""),
        )

    def _words(self, cell: str | Marked, column: Column) -> Text:
        words = self._cell(cell)
        if column.kind != "step":
            return words
        if self.width < SEPARATE_FROM:
            words = Text("> " if self.plain else "→ ").append_text(words)
        words.stylize("italic")
        return words

    def _name(self, row: Row) -> Text:
        name = str(row.cells[0])
        return Text(clean(name)) if row.segment_id is not None else self.text(name)

    def _cell(self, cell: str | Marked) -> Text:
        if isinstance(cell, str):
            return self.text(cell)
        signs = PLAIN_SIGNS if self.plain else SIGNS
        text = Text(f"{signs[cell.mark]} {cell.mark}", style=STYLES[cell.mark])
        return text.append(" ").append_text(self.text(cell.text)) if cell.text else text


def warning(words: str, *, plain: bool) -> RenderableType:
    """Return the warning of segments that are delivered against the verdict."""
    return Text(f"{'!' if plain else '⚠'} {words}\n", style="bold red")
