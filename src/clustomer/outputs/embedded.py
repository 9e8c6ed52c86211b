"""Blocks of a report as pieces of HTML, for pages that somebody else frames."""

import re
from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from markupsafe import Markup

from clustomer.insights import Facts, Insights
from clustomer.insights.blocks import (
    Block,
    FileLink,
    Folded,
    Headed,
    Link,
    Row,
    Section,
    SegmentPanel,
    SideBySide,
    Table,
)
from clustomer.outputs.charts import Figure
from clustomer.outputs.report import Drawn, page_of
from clustomer.outputs.theme import GRID, INK, MUTED, PAPER, STRONG_INK

ShowBlock = Callable[[Block, int], str]
"""Writes a block as HTML; the number is the level of a heading inside it."""


def embedded_blocks(
    insights: Insights, facts: Facts, figures: Sequence[Figure] = (), *, dark: bool = False
) -> ShowBlock:
    """Return what writes blocks as the report does: numbers from facts, all from data escaped.

    Pictures are images, in the colours of a page that is light or `dark`.

    Links inside the report, and to files beside it, are left out: where the pieces go, they would
    lead nowhere. `embedded_style` is the style for them; it reaches nothing else on a page.
    """
    environment, _ = page_of(insights, facts, figures, drawn=_image_of(dark))
    show: Any = environment.globals["show"]

    def write(block: Block, level: int = 3) -> str:
        kept = unlinked(block)
        inside = "" if kept is None else str(show(kept, level))
        return f'<div class="clustomer">{inside}</div>' if inside.strip() else ""

    return write


def embedded_style(insights: Insights, facts: Facts) -> str:
    """Return the style of the pieces, light where the page around them is, and dark where that."""
    environment, frame = page_of(insights, facts, ())
    return environment.get_template("embedded.css").render(frame)


def _image_of(dark: bool) -> Drawn:
    looks = _LOOKS[dark]

    def image(svg: str, description: str) -> str:
        # what is marked as safe would escape what is put into it
        svg = str(svg)
        if 'xmlns="' not in svg:
            rules = "".join(f".{name}{{fill:{colour}}}" for name, colour in looks["bars"].items())
            line = f"polyline{{fill:none;stroke:{looks['ink']};stroke-width:2}}"
            axis = f".axis{{stroke:{looks['line']}}}circle{{fill:{looks['ink']}}}"
            opening, _, rest = svg.partition(">")
            named = f'<svg xmlns="http://www.w3.org/2000/svg" {opening.removeprefix("<svg ")}>'
            svg = f"{named}<style>{rules}{line}{axis}</style>{rest}"
        for light, colour in looks["colours"].items():
            svg = re.sub(f'((?:fill|stroke)="){light}"', rf'\g<1>{colour}"', svg)
        data = b64encode(svg.encode()).decode()
        kind = "spark" if 'class="spark"' in svg else "picture"
        tag = Markup('<img class="{}" alt="{}" src="data:image/svg+xml;base64,{}">')
        return str(tag.format(kind, description, data))

    return image


_LOOKS: dict[bool, dict[str, Any]] = {
    False: {
        "ink": "#0b5cab",
        "line": GRID,
        "bars": {"more": "#0b4a8f", "less": "#b45309"},
        "colours": {},
    },
    True: {
        "ink": "#7db8f2",
        "line": "#323b46",
        "bars": {"more": "#7db8f2", "less": "#f0bd6a"},
        "colours": {
            INK: "#e8ecf1",
            STRONG_INK: "#e8ecf1",
            MUTED: "#a3afbd",
            GRID: "#323b46",
            PAPER: "#1a2027",
        },
    },
}
"""Colours of pictures on a light and on a dark page; on the dark one, ink and paper change."""


def unlinked(block: Block) -> Block | None:
    """Return a block without links and without the anchors they lead to; None for a link.

    >>> from clustomer.insights.blocks import Paragraph
    >>> unlinked(Headed("More", (Link("there", "x"), Paragraph("Here."))))
    Headed(title='More', blocks=(Paragraph(text='Here.', role='plain'),))
    """
    match block:
        case Link() | FileLink():
            return None
        case Section() | SegmentPanel() | Headed() | Folded():
            return replace(block, blocks=_all(block.blocks))
        case SideBySide(left, right):
            return SideBySide(_all(left), _all(right))
        case Table():
            return replace(block, rows=tuple(_plain(row) for row in block.rows))
    return block


def _all(blocks: Sequence[Block]) -> tuple[Block, ...]:
    kept = (unlinked(block) for block in blocks)
    return tuple(block for block in kept if block is not None)


def _plain(row: Row) -> Row:
    return replace(row, anchor="")
