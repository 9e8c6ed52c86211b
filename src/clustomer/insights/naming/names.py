"""Names that are true of the customers who bear them.

Every name is a statement about a customer. A segment can be given one that is true of at least
four in five of its members; of those, the one that marks it most against the other customers: the
share of its members of whom it is true, less that of the others (Youden 1950). Where the rules
have none that marks it as well as plain facts do, its name is made of these. Two segments that
would bear one name are told apart by a plain fact that is true of one and not of the other. A name
that is true of more others than members, or of most of another segment, gets the plain fact that
leaves the fewest others. So no name depends on a cluster's number or on the order of rows.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from clustomer.insights.facts import Fact, escape
from clustomer.insights.naming.plain import AXES, PlainFact, plain_facts
from clustomer.insights.naming.rules import PLAIN, RULES, Rule
from clustomer.insights.naming.terms import both, resolve
from clustomer.insights.population import (
    BOTS,
    EVERYONE,
    NOISE,
    OTHERS,
    UNGROUPED,
    Condition,
    Population,
)
from clustomer.insights.profiles import Described, Profile
from clustomer.segments.segmentation import BOTS_NAME, NOISE_NAME
from clustomer.thresholds import (
    HARDLY_TELLING,
    LONG_WINDOW_DAYS,
    MOST,
    NEARLY_ALL,
    NEW_DAYS,
    PLAINLY_BETTER,
)

NamedBy = Literal["rule", "definition", "user"]
Mask = NDArray[np.bool_]

ALL_CUSTOMERS = "All customers"
NOISE_EVIDENCE = ("The algorithm put them in no group: too few others are like them.",)
BOT_EVIDENCE = ("They act faster than people can: see the rule in the appendix.",)
SEASONAL = "seasonal"
"""The rule of names that are a month."""
_MOSTLY_OTHERS = "Most of those of whom the name is true are in other segments."
MORE_SAID = 0.1
"""What each further thing that a name says is worth: of two that mark alike, the one that says
more is given."""
_BEST_PLAIN = 5
"""So many facts of each axis are tried in pairs."""
_MOST_SAID = 2
"""So many plain facts are said behind a name, and no more."""


@dataclass(frozen=True)
class Name:
    """The name of a segment, the rule that gave it, and the sentences that prove it.

    `named_by` is "rule" where the segment's customers had to prove the name, "definition" where
    the name is that of a cell of a grid, "user" where someone gave it. Then `own_name` is the
    program's own, and the evidence speaks of that. `conditions`, of which one must hold, say of
    which customers the name is true, and `claim` says it in words; there are none where the name
    was not proved so. `proved` is False where the name had to fall back to one that does not
    tell of what its customers do. `kind` is what plain facts are advised as. `habit` is the row of
    the table of habits that proves a name of a season.
    """

    segment_id: str
    name: str
    rule: str
    evidence: tuple[str, ...]
    named_by: NamedBy = "rule"
    own_name: str | None = None
    proved: bool = True
    claim: str = ""
    conditions: Sequence[Condition] = ()
    kind: str = ""
    habit: str = ""

    @property
    def advised_as(self) -> str:
        """The kind of segment that it is treated as: that of its rule, or what its facts imply."""
        return self.kind or self.rule

    def renamed(self, name: str) -> "Name":
        r"""Return it with a name that a user gave.

        >>> Name("S1", "Loyal regulars", "loyal", ()).renamed("VIP").evidence[0]
        'Name given by you; the program\'s own name: "Loyal regulars".'
        """
        mark = f'Name given by you; the program\'s own name: "{escape(self.name)}".'
        return replace(
            self,
            name=name,
            evidence=(mark, *self.evidence),
            named_by="user",
            own_name=self.name,
        )

    @property
    def spoken(self) -> str:
        """The name as a sentence of a text says it: a name that may be no noun is quoted."""
        if self.named_by == "rule" and self.rule != PLAIN:
            return self.name
        return f'"{escape(self.name)}"'


UNGROUPED_NAMES = {
    BOTS: Name(BOTS, BOTS_NAME, BOTS, BOT_EVIDENCE),
    NOISE: Name(NOISE, NOISE_NAME, NOISE, NOISE_EVIDENCE),
}


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


def name_segments(
    people: Population,
    profiles: Sequence[Profile],
    described: Mapping[str, Described],
    *,
    window_days: float | None,
    habits: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Name]:
    """Return the name of every segment, by segment id.

    Parameters
    ----------
    people : the customers with their segments.
    profiles : those of the segments, suspected bots among them or not, in any order.
    described : how each feature is described; its slugs make the ids of the facts.
    window_days : length of the window, None where it is not known.
    habits : rows of the table of habits, which tell apart what no fact of a customer does.
    """
    names = {
        profile.segment_id: UNGROUPED_NAMES[profile.segment_id]
        for profile in profiles
        if profile.segment_id in UNGROUPED
    }
    segments = [profile for profile in profiles if profile.segment_id not in UNGROUPED]
    if len(segments) == 1 and NOISE not in names:
        only = segments[0].segment_id
        evidence = ("No groups that differ were found among them.",)
        names[only] = Name(only, ALL_CUSTOMERS, "all", evidence)
        return names
    vocabulary = _Vocabulary(people, window_days)
    candidates = {
        profile.segment_id: vocabulary.candidates(profile.segment_id) for profile in segments
    }
    chosen = vocabulary.choose(segments, candidates)
    for key, candidate in chosen.items():
        namesakes = [other for other, taken in chosen.items() if taken.name == candidate.name]
        apart = vocabulary.told_apart(candidate, key, namesakes)
        others = [other for other in chosen if other != key]
        narrow = vocabulary.narrowed(apart, key, others, plainer=candidate)
        names[key] = _season(people, key, habits) or _named(key, narrow)
    return _unique(names, segments, habits)


class _Vocabulary:
    """What can be said of a shop's customers, and of whom it is true."""

    def __init__(self, people: Population, window_days: float | None) -> None:
        self.people = people
        self._everyone = people.mask(EVERYONE)
        long_window = window_days is not None and window_days >= LONG_WINDOW_DAYS
        self._rules: list[tuple[Rule, list[Condition]]] = []
        for rule in RULES:
            resolved = [resolve(terms, people, window_days) for terms in rule.conditions]
            conditions = [condition for condition in resolved if condition is not None]
            if conditions and (long_window or not rule.long_window):
                self._rules.append((rule, conditions))
        self._plain = [
            (fact, condition, people.holds([condition]))
            for fact in plain_facts()
            if (condition := resolve(fact.terms, people, window_days)) is not None
        ]
        # of two facts that tell as much, the narrower one is said
        self._plain.sort(key=lambda item: int(np.sum(item[2])))

    def marks(self, key: str, mask: Mask) -> float | None:
        """Return how much what is true of some marks a segment; None where of too few of it."""
        inside = self.people.mask(key)
        share = float(np.mean(mask[inside]))
        if share < NEARLY_ALL:
            return None
        others = self._everyone & ~inside
        return share - (float(np.mean(mask[others])) if others.any() else 0.0)

    def candidates(self, key: str) -> list[Candidate]:
        """Return the names that are true of enough of a segment, the most telling first."""
        customary = []
        for rule, conditions in self._rules:
            marks = self.marks(key, self.people.holds(conditions))
            if marks is not None:
                marks += MORE_SAID * rule.says
                customary.append(Candidate(rule.key, rule.name, rule.claim, conditions, marks))
        customary.sort(key=lambda candidate: -candidate.marks)
        plain = self._made_of_facts(key)
        best = customary[0].marks if customary else -1.0
        if plain is not None and (best < HARDLY_TELLING or plain.marks > best + PLAINLY_BETTER):
            return [plain, *customary]
        return [*customary, *([plain] if plain is not None else [])]

    def _made_of_facts(self, key: str) -> Candidate | None:
        """Return the pair of plain facts, or the one, that marks a segment most."""
        marked = [
            (marks, fact, condition, mask)
            for fact, condition, mask in self._plain
            if (marks := self.marks(key, mask)) is not None
        ]
        by_axis: dict[str, list[tuple[float, PlainFact, Condition, Mask]]] = {}
        for item in sorted(marked, key=lambda item: (-item[0], len(item[1].words), item[1].words)):
            by_axis.setdefault(item[1].axis, []).append(item)
        options = [item for items in by_axis.values() for item in items[:_BEST_PLAIN]]
        best: Candidate | None = None
        for position, (marks, fact, condition, mask) in enumerate(options):
            best = _better(best, _of_facts(marks, [fact], condition))
            for _, other, further, held in options[position + 1 :]:
                if other.axis == fact.axis:
                    continue
                together = self.marks(key, mask & held)
                if together is not None:
                    pair = _of_facts(together, [fact, other], both(condition, further))
                    best = _better(best, pair)
        return best

    def choose(
        self, segments: Sequence[Profile], candidates: Mapping[str, Sequence[Candidate]]
    ) -> dict[str, Candidate]:
        """Give each segment the most telling name; one that is taken goes to whom it marks most.

        Who comes too late gets another one that is about as telling, unless that is as true of
        those who bear the first.
        """
        order = sorted(
            (part for part in segments if candidates[part.segment_id]),
            key=lambda part: (
                -candidates[part.segment_id][0].marks,
                -part.customers,
                part.first_user,
            ),
        )
        chosen: dict[str, Candidate] = {}
        for part in order:
            best, *others = candidates[part.segment_id]
            bearers = [key for key, taken in chosen.items() if taken.name == best.name]
            names = {taken.name for taken in chosen.values()}
            instead = (
                item
                for item in others
                if bearers
                and item.rule != PLAIN
                and item.name not in names
                and item.marks >= best.marks - HARDLY_TELLING
                and all(self._share(item, key) < MOST for key in bearers)
            )
            chosen[part.segment_id] = next(instead, best)
        return chosen

    def _share(self, candidate: Candidate, key: str) -> float:
        return float(np.mean(self.people.holds(candidate.conditions)[self.people.mask(key)]))

    def told_apart(self, candidate: Candidate, key: str, namesakes: Sequence[str]) -> Candidate:
        """Return the name with what is true of this segment and not of those of the same name."""
        others = [self.people.mask(other) for other in namesakes if other != key]
        if not others:
            return candidate
        inside, best = self.people.mask(key), candidate
        gap = 0.0
        for fact, condition, mask, held in self._further(candidate, key):
            most = max(float(np.mean(mask[other])) for other in others)
            share = float(np.mean(held[inside]))
            if share - most > gap + 1e-12:
                gap = share - most
                best = _with_fact(candidate, fact, condition)
        return best

    def narrowed(
        self, candidate: Candidate, key: str, others: Iterable[str], *, plainer: Candidate
    ) -> Candidate:
        """Return the name with the plain fact that is true of the fewest others, where it is loose.

        `plainer` is the name without the fact that told it apart: a narrower one of the same kind
        takes that one's place.

        It is where it is true of more others than members, or of most of another segment. The fact
        must leave no more than half of the others, or tell each such segment apart as plain facts
        must that are given as a name.
        """
        inside = self.people.mask(key)
        outside, base = self._everyone & ~inside, self.people.holds(candidate.conditions)
        members, fitting = int(np.sum(base & inside)), int(np.sum(base & outside))
        rivals = [
            self.people.mask(other) for other in others if self._share(candidate, other) > MOST
        ]
        barely = self.people.holds(plainer.conditions)
        best: tuple[tuple[int, int, int], Candidate] | None = None
        for fact, condition, mask, held in self._further(candidate, key):
            left, kept = int(np.sum(held & outside)), int(np.sum(held & inside))
            share = float(np.mean(held[inside]))
            apart = bool(rivals) and all(
                share - float(np.mean(held[rival])) >= HARDLY_TELLING for rival in rivals
            )
            rank = (left, -kept, int(np.sum(mask)))
            base_name = candidate
            if fact.axis in candidate.axes:
                if fact.axis in plainer.axes or not np.array_equal(mask & barely, held):
                    continue
                base_name = plainer
            if (left <= MOST * fitting or apart) and (best is None or rank < best[0]):
                best = rank, _with_fact(base_name, fact, condition)
        loose = fitting > members or bool(rivals)
        if best is None or not loose or best[1].name.count(",") > _MOST_SAID:
            return replace(candidate, mostly_others=fitting > members)
        (left, lost, _), narrow = best
        return replace(narrow, mostly_others=left > -lost)

    def _further(
        self, candidate: Candidate, key: str
    ) -> Iterator[tuple[PlainFact, Condition, Mask, Mask]]:
        """Yield the plain facts that a name can say besides, and of whom they and both are true."""
        inside, base = self.people.mask(key), self.people.holds(candidate.conditions)
        for fact, condition, mask in self._plain:
            held = mask & base
            if not mask[base].all() and float(np.mean(held[inside])) >= NEARLY_ALL:
                yield fact, condition, mask, held


def _with_fact(candidate: Candidate, fact: PlainFact, condition: Condition) -> Candidate:
    return replace(
        candidate,
        name=f"{candidate.name}, {_lower(fact.words)}",
        claim=fact.claim
        if (candidate.rule, fact.axis) == ("repeat", "orders")
        else f"{candidate.claim}; and {fact.claim}",
        conditions=[both(part, condition) for part in candidate.conditions],
        axes=candidate.axes | {fact.axis},
    )


def _of_facts(marks: float, facts: Sequence[PlainFact], condition: Condition) -> Candidate:
    facts = sorted(facts, key=lambda fact: AXES.index(fact.axis))
    words = ", ".join(_lower(fact.words) for fact in facts)
    return Candidate(
        PLAIN,
        words[:1].upper() + words[1:],
        ", and ".join(fact.claim for fact in facts),
        [condition],
        marks,
        _kind_of(condition),
        axes=frozenset(fact.axis for fact in facts),
    )


def _kind_of(condition: Condition) -> str:
    """Return which kind of segment customers are treated as of whom plain facts are true."""
    least, most = condition.bounds.get("orders", (None, None))
    if most == 0:
        return "non_buyers"
    away, _ = condition.bounds.get("purchase_recency_days", (None, None))
    if away is not None:
        return "quiet"
    if least is not None:
        return "repeat" if least >= 1 else "one_time_buyers" if most == 1 else "buyers"
    return "buyers" if "revenue" in condition.bounds else ""


def _better(best: Candidate | None, other: Candidate) -> Candidate:
    """Return the one that marks more; a longer name must be worth it."""
    if best is None:
        return other
    worth = MORE_SAID / 4 * (other.name.count(",") - best.name.count(","))
    return other if other.marks - worth > best.marks + 1e-12 else best


def _lower(words: str) -> str:
    return words[:1].lower() + words[1:]


def _named(key: str, candidate: Candidate) -> Name:
    claim = candidate.claim
    proof = (
        f"{{{key}.named}} of them {claim}, against {{{key}.named_of_others}} of all others "
        f"({{{key}.named_others:customer/customers}})."
    )
    return Name(
        key,
        candidate.name,
        candidate.rule,
        (f"{proof} {_MOSTLY_OTHERS}" if candidate.mostly_others else proof,),
        claim=claim,
        conditions=tuple(candidate.conditions),
        kind=candidate.kind,
    )


def _season(people: Population, key: str, habits: Sequence[Mapping[str, Any]]) -> Name | None:
    """Return the name of a segment that orders again and again in one month of the year alone.

    Half of it must have ordered twice, so that a few weeks in which customers came once make no
    season, and nearly all must have been there before the last quarter of a year.
    """
    row = next((row for row in habits if (row["segment_id"], row["kind"]) == (key, "month")), None)
    if row is None or not {"orders", "tenure_days"} <= set(people.columns):
        return None
    again = np.mean(people.values(key, "orders") >= 2)
    here = np.mean(people.values(key, "tenure_days") > NEW_DAYS)
    if again < MOST or here < NEARLY_ALL or row["share"] < NEARLY_ALL:
        return None
    if row["placed"] < len(people.rows(key)):  # some of them never ordered
        return None
    claim = f"ordered in {row['value']} and in no other month"
    proof = f"{{{key}.named}} of them {claim}, against {{{key}.named_of_others}} of all others."
    name = f"{row['value']} buyers"
    return Name(key, name, SEASONAL, (proof,), claim=claim, habit=str(row["part"]))


def _unique(
    names: dict[str, Name], segments: Sequence[Profile], habits: Sequence[Mapping[str, Any]]
) -> dict[str, Name]:
    """Tell apart by their habits those that no fact does, and name those of which none is true.

    What only some of them do is no proof of a name; where there are no habits, they are numbered.
    """
    order = sorted(segments, key=lambda part: (-part.customers, part.first_user))
    taken = {names[key].name for key in names if key in UNGROUPED}
    for part in order:
        key = part.segment_id
        name = names.get(key) or Name(
            key,
            "Mixed customers",
            "mixed",
            ("No plain fact is true of enough of them.",),
            proved=False,
        )
        base, number = name.name, 2
        for words in _by_habits(key, habits) if base in taken else ():
            if f"{base}, {words}" not in taken:
                name = replace(name, name=f"{base}, {words}", proved=False)
                break
        while name.name in taken:
            name = replace(name, name=f"{base} ({number})", proved=False)
            number += 1
        taken.add(name.name)
        names[key] = name
    return names


def _by_habits(key: str, habits: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield what a segment chooses more than others, and when it comes, most telling first.

    >>> rows = [{"segment_id": "S1", "kind": "weekday", "value": "Sunday"},
    ...         {"segment_id": "S1", "kind": "brand", "value": "acme"}]
    >>> list(_by_habits("S1", rows))
    ['more acme than others', 'often on Sunday']
    """
    for kind, words in _OF_HABITS.items():
        for row in habits:
            if row["segment_id"] == key and row["kind"] == kind:
                yield words.format(row["value"])


_OF_HABITS = {
    "category": "more {} than others",
    "brand": "more {} than others",
    "product": "more {} than others",
    "weekday": "often on {}",
    "hours": "often from {} o'clock",
}


def feature_title(column: Described) -> str:
    """Return what a feature is called where a sentence begins with it."""
    label = column.label
    if label.startswith("days "):
        label = "time " + label.removeprefix("days ")
    return label[:1].upper() + label[1:]


def _habit_facts(name: Name, habits: Sequence[Mapping[str, Any]]) -> Iterator[Fact]:
    row = next(row for row in habits if row["part"] == name.habit)
    for suffix, column in (("named", "share"), ("named_of_others", "others")):
        source = {
            "table": "habits.parquet",
            "key": f"part={name.habit}",
            "column": column,
            "aggregate": "value",
        }
        fact = f"{name.segment_id}.{suffix}"
        yield Fact(fact, row[column], "share", 1, name.segment_id, source)


def name_facts(
    people: Population, names: Iterable[Name], habits: Sequence[Mapping[str, Any]] = ()
) -> Iterator[Fact]:
    """Make `S1.named`, `S1.named_of_others` and `S1.named_others`: of how many a name is true.

    They are the share of the segment's members, that of all other customers, and their number.
    """
    for name in names:
        if name.habit:
            yield from _habit_facts(name, habits)
        if not name.conditions:
            continue
        conditions = json.dumps([part.to_json() for part in name.conditions])
        others = f"{OTHERS}{name.segment_id}"
        for suffix, key, kind, unit in (
            ("named", name.segment_id, "share", "share"),
            ("named_of_others", others, "share", "share"),
            ("named_others", others, "count", "customers"),
        ):
            aggregate = f"{kind}_between({conditions})"
            source = {"table": "customers", "key": key, "column": "user_id", "aggregate": aggregate}
            value = people.aggregate(key, "user_id", aggregate)
            decimals = 1 if unit == "share" else 0
            fact = f"{name.segment_id}.{suffix}"
            yield Fact(fact, value, unit, decimals, name.segment_id, source)
