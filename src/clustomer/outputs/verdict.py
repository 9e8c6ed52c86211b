"""The certificates on the last screen: the verdict, and a line for each segment."""

from collections.abc import Mapping, Sequence

from rich.box import ASCII2, SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from clustomer.certificates.certificate import Mark
from clustomer.insights import Facts
from clustomer.insights.story import Certification, CertifiedSegment
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


def verdict(told: Certification, facts: Facts, *, width: int, plain: bool) -> RenderableType:
    """Return what was found, and each segment's four marks; words, not colours, tell them apart.

    Segments that were found but not delivered are shown as such.
    """
    parts: list[RenderableType] = [Text(facts.render(told.headline), style="bold")]
    if told.segments:
        parts.append(_marks(told.segments, width, plain))
    if told.proposed:
        parts.append(Text("Found, and not delivered:", style="dim"))
        parts.append(_marks(told.proposed, width, plain))
    if not told.segments and not told.next_steps:
        parts += [Text(facts.render(line)) for line in told.meaning]
    # The first is what to do now, the last how to get segments all the same.
    for line in dict.fromkeys([*told.next_steps[:1], *told.next_steps[-1:]]):
        parts.append(Padding(Text(facts.render(line)), (0, 0, 0, 2), expand=False))
    return Group(*parts, Text())


def warning(words: str, *, plain: bool) -> RenderableType:
    """Return the warning of segments that are delivered against the verdict."""
    return Text(f"{'!' if plain else '⚠'} {words}\n", style="bold red")


def _marks(segments: Sequence[CertifiedSegment], width: int, plain: bool) -> RenderableType:
    names = min(NAME_WIDTH, max(len(each.name) for each in segments))
    columns = [
        max(len(column[0].word), *(2 + len(finding.mark) for finding in column))
        for column in zip(*(each.findings for each in segments), strict=True)
    ]
    if width < names + sum(columns) + _GAP * (len(columns) + 1):
        return _lines(segments, plain)
    table = Table(
        box=ASCII2 if plain else SIMPLE_HEAD, pad_edge=False, padding=(0, 1), header_style="dim"
    )
    table.add_column("Segment", width=names)
    for finding in segments[0].findings:
        table.add_column(finding.word, no_wrap=True)
    for each in segments:
        cells = [_mark(finding.mark, plain) for finding in each.findings]
        table.add_row(Text(each.name), *cells)
    return table


def _lines(segments: Sequence[CertifiedSegment], plain: bool) -> RenderableType:
    parts: list[RenderableType] = []
    for each in segments:
        line = Text()
        for place, finding in enumerate(each.findings):
            line.append(", " if place else "")
            line.append(f"{finding.word.lower()} ")
            line.append_text(_mark(finding.mark, plain))
        parts += [Text(each.name), Padding(line, (0, 0, 0, 2), expand=False)]
    return Group(*parts)


def _mark(mark: Mark, plain: bool) -> Text:
    return Text(f"{(PLAIN_SIGNS if plain else SIGNS)[mark]} {mark}", style=STYLES[mark])
