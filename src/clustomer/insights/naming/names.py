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

from clustomer.insights.facts import Fact, escape
from clustomer.insights.naming.candidate import Candidate
from clustomer.insights.naming.rules import PLAIN
from clustomer.insights.naming.vocabulary import Vocabulary
from clustomer.insights.population import (
    BOTS,
    NOISE,
    OTHERS,
    UNGROUPED,
    Condition,
    Population,
)
from clustomer.insights.profiles import Described, Profile
from clustomer.segments.segmentation import BOTS_NAME, NOISE_NAME
from clustomer.thresholds import MOST, NEARLY_ALL, NEW_DAYS

NamedBy = Literal["rule", "definition", "user"]

ALL_CUSTOMERS = "All customers"
NOISE_EVIDENCE = ("The algorithm put them in no group: too few others are like them.",)
BOT_EVIDENCE = ("They act faster than people can: see the rule in the appendix.",)
SEASONAL = "seasonal"
"""The rule of names that are a month."""
_MOSTLY_OTHERS = "Most of those of whom the name is true are in other segments."


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
        """The name as a sentence of a text says it: one that is no noun of its own is quoted."""
        return self.name if self.is_noun else f"“{escape(self.name)}”"

    @property
    def is_noun(self) -> bool:
        """Whether a sentence can begin with it, as with "Loyal regulars"."""
        return self.named_by == "rule" and self.rule != PLAIN and "," not in self.name


UNGROUPED_NAMES = {
    BOTS: Name(BOTS, BOTS_NAME, BOTS, BOT_EVIDENCE),
    NOISE: Name(NOISE, NOISE_NAME, NOISE, NOISE_EVIDENCE),
}


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
    vocabulary = Vocabulary(people, window_days)
    candidates = {
        profile.segment_id: vocabulary.candidates(profile.segment_id) for profile in segments
    }
    chosen = vocabulary.choose(segments, candidates)
    for key, candidate in chosen.items():
        namesakes = [other for other, taken in chosen.items() if taken.name == candidate.name]
        apart = vocabulary.told_apart(candidate, key, namesakes)
        others = [other for other in chosen if other != key]
        narrow = vocabulary.narrowed(apart, key, others, plainer=candidate)
        taken = {name.name for name in names.values()}
        sharp = vocabulary.sharpened(narrow, key, taken)
        names[key] = _season(people, key, habits) or _named(key, sharp)
    return _unique(names, segments, habits)


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
