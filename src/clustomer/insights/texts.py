"""The facts that the texts of a report need, and what its sentences have in common."""

from collections.abc import Iterable, Mapping, Sequence

from clustomer.insights.facts import Fact, escape, placeholders
from clustomer.insights.population import EVERYONE
from clustomer.insights.story import Insights

_ALWAYS = ("customers", "share", "revenue", "revenue_share")
_OF_EVERYONE = f"{EVERYONE}.orders.at_least_2"


def used_facts(
    facts: Mapping[str, Fact], insights: Insights, added: Iterable[str] = ()
) -> list[Fact]:
    """Return the facts that a text uses, what they are made of, and the plain figures.

    `added` are the ids of facts that are kept whether a text uses them or not.
    """
    kept = {fact for text in insights.texts() for fact in placeholders(text)}.union(added)
    for name in facts:
        last = name.partition(".")[2]
        if name == _OF_EVERYONE or last in _ALWAYS or last.endswith((".mean", ".median")):
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


def in_sentence(name: str) -> str:
    """Return the name of a segment as a sentence holds it: in quotes where a comma would end it.

    >>> in_sentence("Loyal regulars"), in_sentence("Two orders or more, none for half a year")
    ('Loyal regulars', '“Two orders or more, none for half a year”')
    """
    return f"“{escape(name)}”" if "," in name else escape(name)


def listed(words: Sequence[object], word: str = "and") -> str:
    """Return words or numbers as a list in a sentence; nothing where there are none.

    >>> listed(["stable", "real", "usable"]), listed([2, 3], "or"), listed([])
    ('stable, real and usable', '2 or 3', '')
    """
    if not words:
        return ""
    *others, last = map(str, words)
    return f"{', '.join(others)} {word} {last}" if others else last


def period(facts: Mapping[str, Fact]) -> str:
    """Return the days of the period, as a template: one where it begins and ends on the same.

    >>> day = Fact("run.start", "2024-03-01", "text", 0, None, {})
    >>> period({"run.start": day, "run.end": day})
    '{run.start}'
    """
    if facts["run.start"].value == facts["run.end"].value:
        return "{run.start}"
    return "{run.start} to {run.end}"


def lowered(text: str) -> str:
    """Return a sentence as it goes on after a colon.

    >>> lowered("Send one reminder")
    'send one reminder'
    """
    return text[:1].lower() + text[1:]
