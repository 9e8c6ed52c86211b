"""The catalogue: all that a narrative may draw on, and no customer among it."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from clustomer.insights import Facts, Interpretation
from clustomer.narrative.quantities import EVERYONE, PHRASES, measure_of, owner_of
from clustomer.versions import StoredRun


@dataclass(frozen=True)
class Catalogue:
    """What the results state, for a model and for the check of what it writes.

    Attributes
    ----------
    version : str
    facts : Facts
        All facts of the version.
    usable : tuple of ids
        The facts that a narrative may state.
    segments : mapping of ids to names, in the order of the report
    opening : tuple of texts
        What the report begins with, in `{fact-id}` placeholders.
    portraits, actions : mapping of segment ids to texts
        Who a segment is, and what to do about it, as the report says it.
    """

    version: str
    facts: Facts
    usable: tuple[str, ...]
    segments: Mapping[str, str]
    opening: tuple[str, ...]
    portraits: Mapping[str, tuple[str, ...]]
    actions: Mapping[str, tuple[str, ...]]

    def value(self, fact_id: str) -> float:
        """Return a usable fact's value, which is a number."""
        value = self.facts[fact_id].value
        assert isinstance(value, int | float)
        return float(value)

    def statements(self, about: str) -> frozenset[str]:
        """Return what the report says of a segment, or of everyone: proven, each as `normal`."""
        return frozenset(normal(text) for text in self.texts(about))

    def texts(self, about: str) -> tuple[str, ...]:
        """Return the same as it is written, in the order of the report."""
        if about in self.segments:
            return (*self.portraits[about], *self.actions[about])
        return self.opening

    def to_json(self) -> dict[str, Any]:
        """Return what a model gets: no customer, and nothing that is not in the report."""
        return {
            "segments": [
                {"id": segment_id, "name": name} for segment_id, name in self.segments.items()
            ],
            # what a measure is called is said once, not of every segment: prompts cost time
            "measures": {
                name: PHRASES[name][1]
                for name in sorted({measure_of(part) for part in self.usable})
            },
            "facts": {fact_id: self.facts.format(fact_id) for fact_id in self.usable},
            "statements": {
                "shop": list(self.opening),
                **{
                    segment_id: [*self.portraits[segment_id], *self.actions[segment_id]]
                    for segment_id in self.segments
                },
            },
        }


def catalogue_of(stored: StoredRun, made: Interpretation | None = None) -> Catalogue:
    """Collect what a narrative of stored results may draw on.

    `made` is what they mean, where that is known already: it takes seconds to make.
    """
    made = made or stored.interpret(stored.given_names)
    segments = {
        insight.segment_id: insight.name
        for insight in made.insights.segments
        if insight.segment_id in {part.segment_id for part in stored.manifest.segments}
    }
    owners = {*segments, EVERYONE}
    usable = tuple(
        sorted(
            fact_id
            for fact_id, fact in made.facts.items()
            if owner_of(fact_id) in owners
            and measure_of(fact_id) in PHRASES
            and isinstance(fact.value, int | float)
        )
    )
    return Catalogue(
        stored.manifest.version,
        made.facts,
        usable,
        segments,
        made.insights.opening,
        {part.segment_id: (part.who, *part.marks, part.why) for part in made.insights.segments},
        {
            part.segment_id: tuple(action.text for action in part.actions)
            for part in made.insights.segments
        },
    )


def normal(text: str) -> str:
    """Return a sentence without what changes no meaning: case, blanks, the last full stop.

    >>> normal("  They  ordered {S1.customers} times. ")
    'they ordered {s1.customers} times'
    """
    return re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text)).strip().rstrip(".").casefold()
