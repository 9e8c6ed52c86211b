"""The facts that the texts of a report need."""

from collections.abc import Iterable, Mapping

from clustomer.insights.facts import Fact, placeholders
from clustomer.insights.population import EVERYONE
from clustomer.insights.story import Insights

_ALWAYS = ("customers", "share", "revenue", "revenue_share")


def used_facts(
    facts: Mapping[str, Fact], insights: Insights, added: Iterable[str] = ()
) -> list[Fact]:
    """Return the facts that a text uses, what they are made of, and the plain figures.

    `added` are the ids of facts that are kept whether a text uses them or not.
    """
    kept = {fact for text in insights.texts() for fact in placeholders(text)}.union(added)
    for name in facts:
        last = name.partition(".")[2]
        if last in _ALWAYS or last.endswith((".mean", ".median")):
            kept.add(name)
        if last.endswith(".difference") and not name.startswith(EVERYONE):
            kept.add(name)
    for name in list(kept):
        if name in facts and facts[name].source["table"] == "facts":
            kept.update(_parts(facts, name))
    return [fact for name, fact in facts.items() if name in kept]


def _parts(facts: Mapping[str, Fact], name: str) -> set[str]:
    source = facts[name].source
    if source["table"] != "facts":
        return {name}
    return {name}.union(*(_parts(facts, part) for part in source["key"].split()))
