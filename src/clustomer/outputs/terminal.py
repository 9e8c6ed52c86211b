"""The last screen: what a person sees when a run is done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc
from rich.box import ASCII2, SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from clustomer.events import Window
from clustomer.insights import Facts, Insights, SegmentInsight
from clustomer.insights.blocks import Labelled
from clustomer.outputs.terminal_blocks import TerminalBlocks, clean, warning
from clustomer.outputs.theme import UNGROUPED, SegmentLook, segment_looks

# From here on each text has its own column; below, it would be a ribbon of single words.
SEPARATE_FROM = 116
NAME_WIDTH = 28
TITLES = ("Customers", "Share", "Revenue share")
SIGN = "■"
LABEL_WIDTH = 11


@dataclass(frozen=True)
class _Row:
    look: SegmentLook
    name: str
    numbers: tuple[str, ...]
    mark: str
    action: str


def print_summary(
    console: Console,
    insights: Insights,
    facts: Facts,
    *,
    events: int,
    window: Window | None,
    cleaning: pa.Table,
    report: Path,
) -> None:
    """Print what was found and certified, why so many segments, and where the report is.

    `events` is the number of clean events inside `window`; `cleaning` has `rule`, `action`,
    `rows` and `share`. It reads well from 40 columns on, with and without colour, and what comes
    from data cannot control the terminal.
    """
    console.print(
        summary(
            insights,
            facts,
            events=events,
            window=window,
            cleaning=cleaning,
            width=console.width,
            plain=not console.encoding.lower().startswith("utf"),
        )
    )
    # Never broken by us, so that it can be copied, or clicked, as one piece.
    line = Text.assemble(("Report".ljust(LABEL_WIDTH + 2), "dim"), (clean(str(report)), "bold"))
    console.print(line, soft_wrap=True)


def summary(
    insights: Insights,
    facts: Facts,
    *,
    events: int,
    window: Window | None,
    cleaning: pa.Table,
    width: int = 100,
    plain: bool = False,
) -> RenderableType:
    """Return the last screen, but for its last line; `plain` keeps its own signs to ASCII."""
    looks = segment_looks((each.segment_id, each.name) for each in insights.segments)
    blocks = TerminalBlocks(facts, width, plain)
    sections = insights.at("screen")
    labelled = {
        block.label: clean(facts.render(block.text))
        for section in sections
        for block in section.blocks
        if isinstance(block, Labelled)
    }
    return Group(
        Text(),
        *([warning(insights.warning, plain=plain)] if insights.warning else []),
        _headline(insights, facts, events, window),
        _segments(insights.segments, looks, facts, width, plain),
        *(blocks.section(section) for section in sections if section.title),
        _labelled({**labelled, "Cleaning": cleaning_line(cleaning)}),
    )


def cleaning_line(cleaning: pa.Table) -> str:
    """Say in one line what cleaning did.

    >>> cleaning_line(pa.table({"rule": ["clean", "brand_unknown", "no_customer"],
    ...     "action": ["kept", "repaired", "rejected"], "rows": [98, 5, 2]}))
    'kept 98 of 100 rows; 5 repairs, 2 rejected'
    """
    rows = {
        action: pc.sum(cleaning.filter(pc.equal(cleaning["action"], action))["rows"]).as_py() or 0
        for action in ("kept", "repaired", "rejected")
    }
    total = rows["kept"] + rows["rejected"]
    if not rows["rejected"]:
        kept = f"kept all {total:,} rows"
        return (
            f"{kept}; {_repairs(rows['repaired'])}" if rows["repaired"] else f"{kept} as they were"
        )
    kept = f"kept {rows['kept']:,} of {total:,} rows"
    repaired = f"{_repairs(rows['repaired'])}, " if rows["repaired"] else ""
    return f"{kept}; {repaired}{rows['rejected']:,} rejected"


def _repairs(number: int) -> str:
    # one row can be repaired in two ways, so that these are not rows
    return "1 repair" if number == 1 else f"{number:,} repairs"


def _headline(
    insights: Insights, facts: Facts, events: int, window: Window | None
) -> RenderableType:
    found = sum(each.segment_id not in UNGROUPED for each in insights.segments)
    text = Text()
    text.append(f"{events:,}", style="bold")
    text.append(" event, " if events == 1 else " events, ")
    if "everyone.customers" in facts:
        customers = facts.format("everyone.customers")
        text.append(customers, style="bold")
        text.append(" customer, " if customers == "1" else " customers, ")
    text.append(f"{found:,}", style="bold")
    text.append(" segment" if found == 1 else " segments")
    if window is not None:
        text.append(f"\n{_span(window)}", style="dim")
    return text


def _segments(
    segments: Sequence[SegmentInsight],
    looks: Sequence[SegmentLook],
    facts: Facts,
    width: int,
    plain: bool,
) -> RenderableType:
    rows = [
        _Row(
            look=look,
            name=clean(look.name),
            numbers=tuple(
                _fact(facts, look.segment_id, key)
                for key in ("customers", "share", "revenue_share")
            ),
            mark=clean(facts.render(segment.headline_mark)),
            action=clean(facts.render(segment.headline_action)),
        )
        for segment, look in zip(segments, looks, strict=True)
    ]
    kept = 3 if any(row.numbers[2] for row in rows) else 2
    if width >= SEPARATE_FROM:
        return _table(rows, kept, plain)
    return _blocks(rows, kept, width, plain)


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
        table.add_row(sign, name, *row.numbers[:kept], row.mark, Text(row.action, style="italic"))
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
        if aligned:
            line.append(" " * (names - len(row.name)))
            line.append("".join(f"  {n:>{w}}" for n, w in zip(row.numbers, widths, strict=False)))
        texts = [row.mark, *([] if aligned else [_in_a_sentence(row.numbers)])]
        body = Text("\n".join(reversed(texts)) + "\n")
        body.append(f"{'>' if plain else '→'} {row.action}", "italic")
        parts += [line, Padding(body, (0, 0, 1, len(sign) or 2), expand=False)]
    return Group(Text(), *parts)


def _in_a_sentence(numbers: Sequence[str]) -> str:
    customers, share, revenue = numbers
    word = "customer" if customers == "1" else "customers"
    told = f"{customers} {word}, {share}"
    return f"{told}; {revenue} of revenue" if revenue else told


def _labelled(lines: Mapping[str, str]) -> RenderableType:
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True, style="dim", width=LABEL_WIDTH)
    grid.add_column()
    for label, words in lines.items():
        grid.add_row(label, Text(words))
    return grid


def _fact(facts: Facts, segment_id: str, key: str) -> str:
    fact = facts.get(f"{segment_id}.{key}")
    return "" if fact is None or fact.value is None else facts.format(fact.id)


def _span(window: Window) -> str:
    zone = ZoneInfo(window.time_zone)
    start, cutoff = (
        moment.replace(tzinfo=UTC).astimezone(zone).strftime("%Y-%m-%d %H:%M")
        for moment in (window.start, window.cutoff)
    )
    if start.endswith(" 00:00") and cutoff.endswith(" 00:00"):
        start, cutoff = start[:10], cutoff[:10]
    return f"{start} to {cutoff}, {window.time_zone}"


def _longest_word(texts: Sequence[str]) -> int:
    return max((len(word) for text in texts for word in text.split()), default=0)
