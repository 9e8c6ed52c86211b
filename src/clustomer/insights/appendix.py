"""How it was done, and what it cannot say."""

from collections.abc import Mapping
from typing import Any

from clustomer.insights.facts import Fact
from clustomer.insights.naming import Name
from clustomer.insights.profiles import Described, Profile


def method(
    tables: Mapping[str, Any],
    described: Mapping[str, Described],
    segmentation: Any,
    named: Mapping[str, Name],
    facts: Mapping[str, Fact],
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return the sections of the appendix: a title and its paragraphs."""
    return (("Data", ("{run.source}",)),)


def limits(everyone: Profile, facts: Mapping[str, Fact], days: float | None) -> tuple[str, ...]:
    """Return what must be kept in mind."""
    return ("A segment describes the past.",)
