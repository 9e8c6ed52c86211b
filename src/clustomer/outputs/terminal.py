"""The last screen: what a person sees when a run is done."""

from collections.abc import Iterable
from pathlib import Path

from rich.console import Console, Group, RenderableType
from rich.table import Table as Grid
from rich.text import Text

from clustomer.insights import Facts, Insights
from clustomer.insights.blocks import Block, Labelled, Paragraph
from clustomer.outputs.terminal_blocks import TerminalBlocks, warning
from clustomer.outputs.terminal_text import clean
from clustomer.outputs.theme import looks_of

LABEL_WIDTH = 11


def print_summary(console: Console, insights: Insights, facts: Facts, *, report: Path) -> None:
    """Print what was found and certified, why so many segments, and where the report is.

    It reads well from 40 columns on, with and without colour, and what comes from data cannot
    control the terminal.
    """
    plain = not console.encoding.lower().startswith("utf")
    console.print(summary(insights, facts, width=console.width, plain=plain))
    # Never broken by us, so that it can be copied, or clicked, as one piece.
    line = Text.assemble(("Report".ljust(LABEL_WIDTH + 2), "dim"), (clean(str(report)), "bold"))
    console.print(line, soft_wrap=True)


def print_section(console: Console, insights: Insights, facts: Facts, title: str) -> None:
    """Print what the section of this title has for a screen."""
    plain = not console.encoding.lower().startswith("utf")
    colours = {look.segment_id: look.colour for look in looks_of(insights.sections)}
    blocks = TerminalBlocks(facts, console.width, plain, colours)
    for section in insights.at("screen"):
        if section.title == title:
            console.print(blocks.section(section))


def summary(
    insights: Insights, facts: Facts, *, width: int = 100, plain: bool = False
) -> RenderableType:
    """Return the last screen, but for its last line; `plain` keeps its own signs to ASCII.

    What has no title frames the rest: paragraphs, then tables, come first, labelled lines last.
    What is a fact bears its id in the style of its text, under the name `fact`.
    """
    colours = {look.segment_id: look.colour for look in looks_of(insights.sections)}
    blocks = TerminalBlocks(facts, width, plain, colours)
    sections = insights.at("screen")
    frame = [block for section in sections if not section.title for block in section.blocks]
    paragraphs = [block for block in frame if isinstance(block, Paragraph)]
    labelled = [block for block in frame if isinstance(block, Labelled)]
    tables = [block for block in frame if not isinstance(block, Paragraph | Labelled)]
    return Group(
        Text(),
        *([warning(insights.warning, plain=plain)] if insights.warning else []),
        *_shown(blocks, (*paragraphs, *tables)),
        *(blocks.section(section) for section in sections if section.title),
        _labelled(blocks, labelled),
    )


def _shown(blocks: TerminalBlocks, parts: Iterable[Block]) -> list[RenderableType]:
    return [blocks.show(block) for block in parts]


def _labelled(blocks: TerminalBlocks, lines: Iterable[Labelled]) -> RenderableType:
    grid = Grid.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True, style="dim", width=LABEL_WIDTH)
    grid.add_column()
    for line in lines:
        grid.add_row(line.label, blocks.text(line.text))
    return grid
