"""What the program has to say, ready to be rendered.

Every text may hold `{fact-id}` placeholders; numbers reach a reader through
facts only, so that each can be traced and recomputed.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from clustomer.insights.advice import Action
from clustomer.insights.blocks import Bullets, Section, texts_of


@dataclass(frozen=True)
class SegmentInsight:
    """One segment, told for someone who must decide what to do about it.

    What its card is made of, for programs; what chapters add to the card is in the sections.
    """

    segment_id: str
    name: str
    evidence: tuple[str, ...]
    who: str
    marks: tuple[str, ...]
    why: str
    actions: tuple[Action, ...]
    measure: str
    headline_mark: str
    headline_action: str


@dataclass(frozen=True)
class Insights:
    """Everything a report says, in the order in which it says it.

    `sections` are those of the chapters, each with its place: all that is rendered. `segments`
    are the segments in the order of the report, for programs; no renderer looks at them.
    `warning` is what must be said in every part of a report; mostly nothing. `title` is what a
    user calls it, and `one_page` whether a summary of one page is wanted, too.
    """

    sections: tuple[Section, ...]
    segments: tuple[SegmentInsight, ...] = ()
    warning: str = ""
    title: str = ""
    one_page: bool = False

    def at(self, place: str) -> tuple[Section, ...]:
        """Return the sections at one place."""
        return tuple(section for section in self.sections if section.place == place)

    @property
    def opening(self) -> tuple[str, ...]:
        """The lines that the report begins with."""
        return tuple(
            line
            for section in self.sections
            if section.anchor == "opening"
            for block in section.blocks
            if isinstance(block, Bullets)
            for line in block.items
        )

    def texts(self) -> Iterator[str]:
        """Yield every text, in no particular order."""
        yield self.warning
        for section in self.sections:
            yield from texts_of(section)
