"""What a chapter of a report is.

To add one: write a file with a class like `Spend`, put it on the list `CHAPTERS`, and test it.
Report, terminal and the list of facts show it then; none of them knows chapters.
"""

from collections.abc import Iterable, Mapping
from typing import ClassVar

import pyarrow as pa

from clustomer.insights.blocks import Block, OfSegment, Place, Section, Warn
from clustomer.insights.facts import Fact
from clustomer.insights.study import Study

Placed = Section | OfSegment | Warn
"""What has its place in a report."""


class Chapter:
    """One chapter: whether it applies, its tables, its facts, and what it says.

    `name` is that of its anchor, `title` stands above its blocks, `place` says where they stand,
    and `short` is its entry in the table of contents.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    place: ClassVar[Place] = "main"
    short: ClassVar[str] = ""

    def needs(self, study: Study) -> str | None:
        """Return what the study lacks for this chapter; None where it lacks nothing."""
        return None

    def tables(self, study: Study) -> Mapping[str, pa.Table]:
        """Return tables that this chapter adds to the results; its facts may name them."""
        return {}

    def facts(self, study: Study) -> Iterable[Fact]:
        """Return the numbers of this chapter."""
        return ()

    def blocks(self, study: Study, facts: Mapping[str, Fact]) -> Iterable[Block]:
        """Return what it says.

        Sections with a place, and blocks for the card of a segment, go where they belong; the
        others make the chapter's own section. `facts` are those of all chapters.
        """
        raise NotImplementedError


def sections_of(chapter: Chapter, blocks: Iterable[Block]) -> tuple[Placed, ...]:
    """Return the sections of a chapter, its own one first, and what goes elsewhere.

    >>> from clustomer.insights.blocks import Paragraph
    >>> class Hello(Chapter):
    ...     name, title = "hello", "Hello"
    >>> [own] = sections_of(Hello(), [Paragraph("Good morning.")])
    >>> own.title, own.place, len(own.blocks)
    ('Hello', 'main', 1)
    """
    inside: list[Block] = []
    apart: list[Placed] = []
    for block in blocks:
        if isinstance(block, OfSegment | Warn) or (isinstance(block, Section) and block.place):
            apart.append(block)
        else:
            inside.append(block)
    if not inside:
        return tuple(apart)
    section = Section(chapter.title, tuple(inside), chapter.place, chapter.name, chapter.short)
    return (section, *apart)
