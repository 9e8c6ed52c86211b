"""Comparisons: a model names what it compares, and the program checks and writes it."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from clustomer.narrative.catalogue import Catalogue
from clustomer.narrative.quantities import EVERYONE, PHRASES, measure_of, owner_of

Kind = Literal["higher", "lower", "highest", "lowest"]


class Comparison(BaseModel):
    """A comparison as a model states it: `fact` is higher or lower `than` another, or of all."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    kind: Kind = Field(alias="is")
    fact: str
    than: str | None = None


def problem_of(comparison: Comparison, catalogue: Catalogue) -> str | None:
    """Return why a comparison does not hold; None where it does."""
    for fact_id in (comparison.fact, comparison.than):
        if fact_id is not None and fact_id not in catalogue.usable:
            return f"there is no fact {fact_id!r:.60} to compare"
    if comparison.kind in ("highest", "lowest"):
        return _problem_of_extreme(comparison, catalogue)
    if comparison.than is None:
        return f"{comparison.kind} needs a second fact, as `than`"
    if measure_of(comparison.fact) != measure_of(comparison.than):
        return f"{comparison.fact} and {comparison.than} are of different kinds"
    if owner_of(comparison.fact) == EVERYONE:
        return "a comparison is about a segment"
    value, other = (catalogue.value(part) for part in (comparison.fact, comparison.than))
    # what reads the same is not told apart
    if catalogue.facts.format(comparison.fact) == catalogue.facts.format(comparison.than):
        return f"{comparison.fact} and {comparison.than} are written the same"
    if (value > other) != (comparison.kind == "higher"):
        return f"{comparison.fact} is not {comparison.kind} than {comparison.than}"
    return None


def _problem_of_extreme(comparison: Comparison, catalogue: Catalogue) -> str | None:
    if comparison.than is not None:
        return f"{comparison.kind} is over all segments, and takes no `than`"
    others = _others(comparison.fact, catalogue)
    if owner_of(comparison.fact) == EVERYONE or not others:
        return f"{comparison.fact} has no other segment to be compared with"
    sign = 1 if comparison.kind == "highest" else -1
    value = sign * catalogue.value(comparison.fact)
    if any(sign * catalogue.value(other) >= value for other in others):
        return f"{comparison.fact} is not the {comparison.kind}"
    return None


def _others(fact_id: str, catalogue: Catalogue) -> list[str]:
    """Return the same measure of the other segments; those that have it."""
    ids = (f"{segment}.{measure_of(fact_id)}" for segment in catalogue.segments)
    return [other for other in ids if other in catalogue.usable and other != fact_id]


def written(comparison: Comparison, catalogue: Catalogue) -> str:
    """Return a comparison that holds in words, as a text of `Facts.render` with `[S1]` as names."""
    label = PHRASES[measure_of(comparison.fact)][1]
    if comparison.than is not None:
        side = "above" if comparison.kind == "higher" else "below"
        owner = owner_of(comparison.than)
        whom = "all customers" if owner == EVERYONE else f"[{owner}]"
        return f"{side} {whom} in {label} ({{{comparison.fact}}} against {{{comparison.than}}})"
    sign = 1 if comparison.kind == "highest" else -1
    others = _others(comparison.fact, catalogue)
    nearest = max(others, key=lambda other: (sign * catalogue.value(other), other))
    place = "first" if comparison.kind == "highest" else "last"
    return (
        f"{place} of the segments by {label} ({{{comparison.fact}}}; "
        f"[{owner_of(nearest)}] {{{nearest}}})"
    )
