"""Blocks on the screen of a terminal: one way to print each kind."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from rich.box import ASCII2, SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.style import Style
from rich.table import Table as Grid
from rich.text import Text

from clustomer.certificates.certificate import Mark
from clustomer.insights import Facts
from clustomer.insights.blocks import (
    Block,
    Bullets,
    Marked,
    Paragraph,
    Row,
    Section,
    Table,
)
from clustomer.outputs.theme import SIGNS

# Colours that every terminal has, and that its user may have chosen.
STYLES: Mapping[Mark, str] = {
    "pass": "green",
    "weak": "yellow",
    "fail": "bold red",
    "not tested": "dim",
}
PLAIN_SIGNS: Mapping[Mark, str] = {"pass": "+", "weak": "~", "fail": "x", "not tested": "-"}
NAME_WIDTH = 28
_GAP = 3
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ue000-\ue002]+")
_PIECE = re.compile("\ue000([^\ue001]*)\ue001([^\ue002]*)\ue002|([^\ue000]+)")
_STYLES = {"lead": "bold", "aside": "dim"}


@dataclass(frozen=True)
class TerminalBlocks:
    """Prints blocks; words, not colours, tell marks apart.

    `width` is that of the screen, and `plain` keeps signs to ASCII.
    """

    facts: Facts
    width: int
    plain: bool = False

    def text(self, words: str, style: str = "") -> Text:
        """Return a text with its facts filled in; what is a fact bears its id."""
        marked = self.facts.render(
            words,
            wrap=lambda fact_id, written: f"\ue000{fact_id}\ue001{clean(written)}\ue002",
            literal=lambda plain: _CONTROL.sub(" ", plain),
        )
        text = Text(style=style)
        for piece in _PIECE.finditer(marked):
            fact_id, written, plain = piece.groups()
            text.append(plain or written, Style(meta={"fact": fact_id}) if fact_id else None)
        return text

    def number(self, fact_id: str) -> Text:
        """Return a fact as it stands in a table; nothing where it is not known."""
        fact = self.facts.get(fact_id)
        return self.text(f"{{{fact_id}}}") if fact and fact.value is not None else Text()

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
        names = min(NAME_WIDTH, max(len(str(row.cells[0])) for row in table.rows))
        widths = [
            max(len(column.title), *(self._cell(row.cells[place]).cell_len for row in table.rows))
            for place, column in enumerate(table.columns[1:], 1)
        ]
        if self.width < names + sum(widths) + _GAP * (len(widths) + 1):
            return self._lines(table)
        grid = Grid(
            box=ASCII2 if self.plain else SIMPLE_HEAD,
            pad_edge=False,
            padding=(0, 1),
            header_style="dim",
        )
        grid.add_column(table.columns[0].title, width=names)
        for column in table.columns[1:]:
            grid.add_column(column.title, no_wrap=True)
        for row in table.rows:
            grid.add_row(self._name(row), *(self._cell(cell) for cell in row.cells[1:]))
        return grid

    def _lines(self, table: Table) -> RenderableType:
        """Return the rows one below the other, where there is no room for columns."""
        parts: list[RenderableType] = []
        for row in table.rows:
            line = Text(", ").join(
                Text(f"{column.title.lower()} ").append_text(self._cell(cell))
                for column, cell in zip(table.columns[1:], row.cells[1:], strict=True)
            )
            parts += [self._name(row), Padding(line, (0, 0, 0, 2), expand=False)]
        return Group(*parts)

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


def clean(text: str) -> str:
    """Return text that cannot control the terminal, on one line."""
    return " ".join(_CONTROL.sub(" ", text).split())
