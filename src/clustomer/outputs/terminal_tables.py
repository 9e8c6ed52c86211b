"""Tables on a terminal: columns where there is room for them, else one row below the other."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from rich.box import ASCII2, SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table as Grid
from rich.text import Text

# From here on each text has its own column; below, it would be a ribbon of single words.
SEPARATE_FROM = 116
NAME_WIDTH = 28
SIGN = "■"
_GAP = 3


@dataclass(frozen=True)
class Line:
    """A row as a terminal shows it: its name, its numbers and marks, and its texts.

    `colour` is that of the sign before the name; without one there is no sign.
    """

    name: Text
    cells: tuple[Text, ...]
    texts: tuple[Text, ...] = ()
    colour: str = ""


def narrow_table(
    titles: Sequence[str],
    lines: Sequence[Line],
    *,
    width: int,
    plain: bool,
    marks: Collection[str] = (),
) -> RenderableType:
    """Return a table of numbers and marks; where it is too wide, a row is a line of its own.

    Numbers end below each other, `marks`, the titles of columns that hold some, begin so.
    """
    names = min(NAME_WIDTH, max(len(line.name.plain) for line in lines))
    widths = [
        max(len(title), *(line.cells[place].cell_len for line in lines))
        for place, title in enumerate(titles[1:])
    ]
    if width < names + sum(widths) + _GAP * (len(widths) + 1):
        parts: list[RenderableType] = []
        for line in lines:
            body = _in_lines(titles[1:], line.cells, width - 3)
            parts += [line.name, Padding(body, (0, 0, 0, 2), expand=False)]
        return Group(*parts)
    grid = Grid(
        box=ASCII2 if plain else SIMPLE_HEAD, pad_edge=False, padding=(0, 1), header_style="dim"
    )
    grid.add_column(titles[0], width=names)
    for title in titles[1:]:
        grid.add_column(title, no_wrap=True, justify="left" if title in marks else "right")
    for line in lines:
        grid.add_row(line.name, *line.cells)
    return grid


def wordy_table(
    titles: Sequence[str], lines: Sequence[Line], *, width: int, plain: bool
) -> RenderableType:
    """Return a table with texts: in columns, or below the numbers of their row."""
    if width >= SEPARATE_FROM:
        return _in_columns(titles, lines, plain)
    return Group(Text(), *_below_each_other(titles, lines, width, plain))


def _in_columns(titles: Sequence[str], lines: Sequence[Line], plain: bool) -> RenderableType:
    grid = Grid(
        box=ASCII2 if plain else SIMPLE_HEAD,
        pad_edge=False,
        padding=(0, 1),
        leading=1,
        header_style="dim",
    )
    numbers = len(lines[0].cells)
    longest = max(len(word) for line in lines for word in line.name.plain.split())
    grid.add_column("" if plain else " ", width=0 if plain else 1)
    grid.add_column(titles[0], min_width=longest, max_width=NAME_WIDTH)
    for title in titles[1 : numbers + 1]:
        grid.add_column(title.replace(" ", "\n"), justify="right", no_wrap=True)
    for title in titles[numbers + 1 :]:
        grid.add_column(title, ratio=1)
    for line in lines:
        sign = Text("" if plain else SIGN, style=line.colour)
        grid.add_row(sign, line.name, *line.cells, *line.texts)
    return grid


def _below_each_other(
    titles: Sequence[str], lines: Sequence[Line], width: int, plain: bool
) -> list[RenderableType]:
    """Return a line of numbers for each row, and its texts below over the whole width."""
    sign = "" if plain else f"{SIGN} "
    numbered = titles[1 : len(lines[0].cells) + 1]
    widths = [
        max(len(title), *(line.cells[place].cell_len for line in lines))
        for place, title in enumerate(numbered)
    ]
    names = max(len(line.name.plain) for line in lines)
    aligned = names <= width - 2 - sum(widths) - 2 * len(widths)
    parts: list[RenderableType] = []
    if aligned:
        head = "".join(f"  {title:>{w}}" for title, w in zip(numbered, widths, strict=True))
        parts.append(Text(" " * (len(sign) + names) + head, style="dim"))
    for line in lines:
        first = Text.assemble((sign, line.colour)).append_text(line.name)
        body = Text()
        if aligned:
            first.append(" " * (names - len(line.name.plain)))
            for number, room in zip(line.cells, widths, strict=True):
                first.append(" " * (2 + room - number.cell_len)).append_text(number)
        else:
            body.append_text(_in_lines(numbered, line.cells, width - 3)).append("\n")
        body.append_text(Text("\n").join(line.texts))
        parts += [first, Padding(body, (0, 0, 1, len(sign) or 2), expand=False)]
    return parts


def _in_lines(titles: Sequence[str], cells: Sequence[Text], width: int) -> Text:
    """Return each cell beside its title, as many in a line as there is room for."""
    text, used = Text(), 0
    for title, cell in zip(titles, cells, strict=True):
        if not cell.plain:
            continue
        piece = Text(f"{title.lower()} ").append_text(cell)
        if used:
            fits = used + 2 + piece.cell_len <= width
            text.append(", " if fits else ",\n")
            used = used + 2 if fits else 0
        text.append_text(piece)
        used += piece.cell_len
    return text
