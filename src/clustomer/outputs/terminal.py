"""The last screen: what a person sees when a run is done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.box import ASCII2, SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from clustomer.insights import Facts, Insights, SegmentInsight
from clustomer.insights.blocks import Labelled, Paragraph
from clustomer.outputs.terminal_blocks import NAME_WIDTH, TerminalBlocks, clean, warning
from clustomer.outputs.theme import SegmentLook, segment_looks

# From here on each text has its own column; below, it would be a ribbon of single words.
SEPARATE_FROM = 116
TITLES = ("Customers", "Share", "Revenue share")
SIGN = "■"
LABEL_WIDTH = 11


@dataclass(frozen=True)
class _Row:
    look: SegmentLook
    name: str
    numbers: tuple[Text, ...]
    mark: Text
    action: Text


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


def summary(
    insights: Insights, facts: Facts, *, width: int = 100, plain: bool = False
) -> RenderableType:
    """Return the last screen, but for its last line; `plain` keeps its own signs to ASCII.

    What is a fact bears its id in the style of its text, under the name `fact`.
    """
    looks = segment_looks((segment.segment_id, segment.name) for segment in insights.segments)
    blocks = TerminalBlocks(facts, width, plain)
    sections = insights.at("screen")
    untitled = [block for section in sections if not section.title for block in section.blocks]
    labelled = {
        block.label: blocks.text(block.text) for block in untitled if isinstance(block, Labelled)
    }
    return Group(
        Text(),
        *([warning(insights.warning, plain=plain)] if insights.warning else []),
        *(blocks.show(block) for block in untitled if isinstance(block, Paragraph)),
        _segments(insights.segments, looks, blocks),
        *(blocks.section(section) for section in sections if section.title),
        _labelled(labelled),
    )


def _segments(
    segments: Sequence[SegmentInsight], looks: Sequence[SegmentLook], blocks: TerminalBlocks
) -> RenderableType:
    rows = [
        _Row(
            look=look,
            name=clean(look.name),
            numbers=tuple(
                blocks.number(f"{look.segment_id}.{key}")
                for key in ("customers", "share", "revenue_share")
            ),
            mark=blocks.text(segment.headline_mark),
            action=blocks.text(segment.headline_action, "italic"),
        )
        for segment, look in zip(segments, looks, strict=True)
    ]
    kept = 3 if any(row.numbers[2] for row in rows) else 2
    if blocks.width >= SEPARATE_FROM:
        return _table(rows, kept, blocks.plain)
    return _blocks(rows, kept, blocks.width, blocks.plain)


def _table(rows: Sequence[_Row], kept: int, plain: bool) -> RenderableType:
    table = Table(
        box=ASCII2 if plain else SIMPLE_HEAD,
        pad_edge=False,
        padding=(0, 1),
        leading=1,
        header_style="dim",
    )
    table.add_column("" if plain else " ", width=0 if plain else 1)
    table.add_column(
        "Segment", min_width=_longest_word([row.name for row in rows]), max_width=NAME_WIDTH
    )
    for title in TITLES[:kept]:
        table.add_column(title.replace(" ", "\n"), justify="right", no_wrap=True)
    table.add_column("What marks them", ratio=1)
    table.add_column("What to do", ratio=1)
    for row in rows:
        sign = Text("" if plain else SIGN, style=row.look.colour)
        name = Text(row.name, style="bold")
        table.add_row(sign, name, *row.numbers[:kept], row.mark, row.action)
    return table


def _blocks(rows: Sequence[_Row], kept: int, width: int, plain: bool) -> RenderableType:
    """Return a line of numbers for each segment, and its texts below over the whole width."""
    sign = "" if plain else f"{SIGN} "
    widths = [
        max(len(title), *(len(row.numbers[i]) for row in rows))
        for i, title in enumerate(TITLES[:kept])
    ]
    room = width - 2 - sum(widths) - 2 * kept
    names = max((len(row.name) for row in rows), default=0)
    aligned = names <= room
    parts: list[RenderableType] = []
    if aligned:
        titles = "".join(f"  {title:>{w}}" for title, w in zip(TITLES, widths, strict=False))
        parts.append(Text(" " * (len(sign) + names) + titles, style="dim"))
    for row in rows:
        line = Text.assemble((sign, row.look.colour), (row.name, "bold"))
        body = Text()
        if aligned:
            line.append(" " * (names - len(row.name)))
            for number, room in zip(row.numbers, widths, strict=False):
                line.append(" " * (2 + room - len(number))).append_text(number)
        else:
            body.append_text(_in_a_sentence(row.numbers)).append("\n")
        body.append_text(row.mark).append("\n")
        body.append(f"{'>' if plain else '→'} ", "italic").append_text(row.action)
        parts += [line, Padding(body, (0, 0, 1, len(sign) or 2), expand=False)]
    return Group(Text(), *parts)


def _in_a_sentence(numbers: Sequence[Text]) -> Text:
    customers, share, revenue = numbers
    word = "customer" if customers.plain == "1" else "customers"
    text = Text.assemble(customers, f" {word}, ", share)
    return text.append("; ").append_text(revenue).append(" of revenue") if revenue else text


def _labelled(lines: Mapping[str, Text]) -> RenderableType:
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True, style="dim", width=LABEL_WIDTH)
    grid.add_column()
    for label, words in lines.items():
        grid.add_row(label, words)
    return grid


def _longest_word(texts: Sequence[str]) -> int:
    return max((len(word) for text in texts for word in text.split()), default=0)
