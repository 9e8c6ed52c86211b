"""A name that is true of enough of a segment, and how it is put together from plain facts."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from clustomer.insights.naming.plain import AXES, TOP_SPENT, PlainFact
from clustomer.insights.naming.rules import PLAIN, Rule
from clustomer.insights.naming.terms import both
from clustomer.insights.population import Condition

MORE_SAID = 0.1
"""What each further thing that a name says is worth: of two that mark alike, the one that says
more is given."""


@dataclass(frozen=True, eq=False)
class Candidate:
    """A name that is true of enough of a segment, and how much it marks it against the others."""

    rule: str
    name: str
    claim: str
    conditions: Sequence[Condition]
    marks: float
    kind: str = ""
    mostly_others: bool = False
    axes: frozenset[str] = frozenset()
    """Of what its plain facts speak."""


def customary(rule: Rule, conditions: Sequence[Condition], marks: float = 0.0) -> Candidate:
    """Return the name of a rule; one that speaks of spending needs no fact of it besides."""
    of_spend = all("revenue" in condition.bounds for condition in conditions)
    axes = frozenset({"spend"} if of_spend else ())
    return Candidate(rule.key, rule.name, rule.claim, conditions, marks, axes=axes)


def with_fact(candidate: Candidate, fact: PlainFact, condition: Condition) -> Candidate:
    """Return a name that says one plain fact more."""
    says_more = {"repeat": fact.axis == "orders", "buyers": fact.claim.startswith("ordered ")}
    said_anew = says_more.get(candidate.rule, False) and not candidate.axes
    return replace(
        candidate,
        name=f"{candidate.name}, {_lower(fact.words)}",
        claim=fact.claim if said_anew else f"{candidate.claim}; and {fact.claim}",
        conditions=[both(part, condition) for part in candidate.conditions],
        axes=candidate.axes | {fact.axis},
    )


def of_facts(marks: float, facts: Sequence[PlainFact], condition: Condition) -> Candidate:
    """Return the name that plain facts make, one of each axis."""
    facts = sorted(facts, key=lambda fact: AXES.index(fact.axis))
    words = ", ".join(_lower(fact.words) for fact in facts)
    return Candidate(
        PLAIN,
        words[:1].upper() + words[1:],
        ", and ".join(fact.claim for fact in facts),
        [condition],
        marks,
        _kind_of(condition, facts),
        axes=frozenset(fact.axis for fact in facts),
    )


def _kind_of(condition: Condition, facts: Sequence[PlainFact]) -> str:
    """Return which kind of segment customers are treated as of whom plain facts are true."""
    least, most = condition.bounds.get("orders", (None, None))
    if most == 0:
        return "non_buyers"
    away, _ = condition.bounds.get("purchase_recency_days", (None, None))
    if away is not None:
        return "quiet"
    if any(term in TOP_SPENT for fact in facts for term in fact.terms):
        return "top_spenders"
    if least is not None:
        return "repeat" if least >= 1 else "one_time_buyers" if most == 1 else "buyers"
    return "buyers" if "revenue" in condition.bounds else ""


def better(best: Candidate | None, other: Candidate) -> Candidate:
    """Return the one that marks more; a longer name must be worth it."""
    if best is None:
        return other
    worth = MORE_SAID / 4 * (other.name.count(",") - best.name.count(","))
    return other if other.marks - worth > best.marks + 1e-12 else best


def _lower(words: str) -> str:
    return words[:1].lower() + words[1:]
