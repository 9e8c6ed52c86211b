"""Every text that a report may show, and the facts that these need."""

from collections.abc import Iterator, Mapping

from clustomer.insights.facts import Fact, placeholders
from clustomer.insights.story import Certification, Comparison, Insights

_ALWAYS = ("customers", "share", "revenue", "revenue_share")


def used_facts(facts: Mapping[str, Fact], insights: Insights) -> list[Fact]:
    """Return the facts that a text uses, what they are made of, and the plain figures."""
    kept = {fact for text in texts_of(insights) for fact in placeholders(text)}
    for name in facts:
        last = name.partition(".")[2]
        if last in _ALWAYS or last.endswith((".mean", ".median")):
            kept.add(name)
        if facts[name].source["table"] in ("certificates", "comparison"):
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


def texts_of(insights: Insights) -> Iterator[str]:
    """Yield every text, in no particular order."""
    yield from insights.opening
    for segment in insights.segments:
        yield from (segment.who, segment.why, segment.measure)
        yield from (segment.headline_mark, segment.headline_action)
        yield from segment.evidence
        yield from segment.marks
        yield from segment.attributes
        yield from (segment.standing, segment.reserve)
        yield from (action.text for action in segment.actions)
    for row in insights.spend:
        yield from (row.customers, row.revenue, row.break_even)
    yield insights.spend_note
    for _, texts in insights.method:
        yield from texts
    yield from insights.limits
    if insights.certification is not None:
        yield from _certificate_texts(insights.certification)
    if insights.comparison is not None:
        yield from _comparison_texts(insights.comparison)


def _certificate_texts(told: Certification) -> Iterator[str]:
    """Yield every text of a certificate section."""
    yield from (told.headline, told.warning, *told.meaning, *told.together, *told.holdout)
    yield from (*told.untested, *told.choice, *told.next_steps)
    for segment in (*told.segments, *told.proposed):
        for finding in segment.findings:
            yield from (finding.short, *finding.texts)
    for each in told.explanations:
        yield from (each.plain, each.method)
    if told.contest is not None:
        yield from _comparison_texts(told.contest)


def _comparison_texts(told: Comparison) -> Iterator[str]:
    """Yield every text of a table that sets things side by side."""
    yield from (told.title, *told.columns, *told.notes)
    for row in told.rows:
        yield from row
