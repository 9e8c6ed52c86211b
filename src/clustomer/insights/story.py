"""What the program has to say, ready to be rendered.

Every text may hold `{fact-id}` placeholders; numbers reach a reader through
facts only, so that each can be traced and recomputed.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from clustomer.insights.advice import Action
from clustomer.insights.blocks import Block, OfSegment, Section, Slot, texts_of


@dataclass(frozen=True)
class SegmentInsight:
    """One segment, told for someone who must decide what to do about it.

    `asides` are what chapters add to it, each in its slot of the card.
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
    asides: tuple[OfSegment, ...] = ()

    def beside(self, slot: Slot) -> tuple[Block, ...]:
        """Return what chapters add in one slot."""
        return tuple(aside.block for aside in self.asides if aside.slot == slot)

    def texts(self) -> Iterator[str]:
        """Yield every text that may hold placeholders."""
        yield from (self.who, self.why, self.measure, self.headline_mark, self.headline_action)
        yield from (*self.evidence, *self.marks, *(action.text for action in self.actions))
        for aside in self.asides:
            yield from texts_of(aside)


@dataclass(frozen=True)
class Insights:
    """Everything a report says, in the order in which it says it.

    `sections` are those of the chapters, each with its place. `warning` is what must be said in
    every part of a report; mostly nothing.
    """

    opening: tuple[str, ...]
    segments: tuple[SegmentInsight, ...]
    sections: tuple[Section, ...] = ()
    warning: str = ""

    def at(self, place: str) -> tuple[Section, ...]:
        """Return the sections at one place."""
        return tuple(section for section in self.sections if section.place == place)

    def texts(self) -> Iterator[str]:
        """Yield every text, in no particular order."""
        yield from (*self.opening, self.warning)
        for segment in self.segments:
            yield from segment.texts()
        for section in self.sections:
            yield from texts_of(section)
