"""Names that the numbers prove.

`RULES` are tried in their order. A rule names the segment that fits it best; another
segment that fits it too takes the next rule that it fits. One that is left over shares
the name of the first rule that it fits, with a qualifier that tells the two apart. So no
name ever depends on a cluster's number or on the order of rows.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from clustomer.insights.facts import escape
from clustomer.insights.naming.case import Case, statistic_of
from clustomer.insights.naming.conditions import Figure, Score, all_hold
from clustomer.insights.naming.qualifiers import QUALIFIERS, Qualifier
from clustomer.insights.naming.rules import AVERAGE, BY_DIFFERENCE, MIXED, RULES, Rule
from clustomer.insights.population import BOTS, NOISE, UNGROUPED
from clustomer.insights.profiles import Described, Profile
from clustomer.segments.segmentation import BOTS_NAME, NOISE_NAME
from clustomer.thresholds import MOST, SLIGHTLY

NamedBy = Literal["rule", "definition", "user"]

ALL_CUSTOMERS = "All customers"
NOISE_EVIDENCE = ("The algorithm put them in no group: too few others are like them.",)
BOT_EVIDENCE = ("They act faster than people can: see the rule in the appendix.",)


@dataclass(frozen=True)
class Name:
    """The name of a segment, the rule that gave it, and the sentences that prove it.

    `named_by` is "rule" where the segment's numbers had to prove the name, "definition" where
    the name is that of a cell of a grid, "user" where someone gave it. Then `own_name` is the
    program's own, and the evidence speaks of that. `proved` is False where the name had to fall
    back to one that tells nothing of what its customers do.
    """

    segment_id: str
    name: str
    rule: str
    evidence: tuple[str, ...]
    named_by: NamedBy = "rule"
    own_name: str | None = None
    proved: bool = True

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
        return self.name if self.named_by == "rule" else f'"{escape(self.name)}"'


UNGROUPED_NAMES = {
    BOTS: Name(BOTS, BOTS_NAME, BOTS, BOT_EVIDENCE),
    NOISE: Name(NOISE, NOISE_NAME, NOISE, NOISE_EVIDENCE),
}


def name_segments(
    profiles: Sequence[Profile],
    everyone: Profile,
    described: Mapping[str, Described],
    *,
    window_days: float | None,
) -> dict[str, Name]:
    """Return the name of every segment, by segment id.

    Parameters
    ----------
    profiles : those of the segments, suspected bots among them or not, in any order.
    everyone : the profile to compare with.
    described : how each feature is described; its slugs make the ids of the facts.
    window_days : length of the window, None where it is not known.
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
    cases = [
        Case(
            profile,
            everyone,
            tuple(other for other in segments if other is not profile),
            window_days,
        )
        for profile in segments
    ]
    fitting = {case.profile.segment_id: _fitting(case, described) for case in cases}
    left = _take_turns(cases, fitting, names)
    for case in sorted(left, key=_tie):
        namesakes = _namesakes(case, left, fitting, segments, names)
        rule = fitting[case.profile.segment_id][0]
        taken = {name.name for name in names.values()}
        names[case.profile.segment_id] = _qualified(case, rule, namesakes, described, taken)
    return names


Fitting = Mapping[str, tuple[Rule, ...]]
"""The rules that fit a segment, the most telling first."""


def _take_turns(cases: Sequence[Case], fitting: Fitting, names: dict[str, Name]) -> list[Case]:
    """Let each rule name the segment that fits it best; return the segments that are left."""
    left = list(cases)
    for rule in _in_order(fitting.values()):
        fits = [
            (-candidate.score.of(case), *_tie(case), case, candidate)
            for case in left
            for candidate in fitting[case.profile.segment_id]
            if candidate.key == rule.key
        ]
        if fits:
            *_, best, chosen = min(fits, key=lambda fit: fit[:3])
            left.remove(best)
            names[best.profile.segment_id] = _named(best, chosen)
    return left


def _namesakes(
    case: Case,
    left: Sequence[Case],
    fitting: Fitting,
    segments: Sequence[Profile],
    names: Mapping[str, Name],
) -> list[Profile]:
    """Return the segments that share the name of one that is left over, or will."""
    key = fitting[case.profile.segment_id][0].key
    by_id = {profile.segment_id: profile for profile in segments}
    waiting = [
        other.profile
        for other in left
        if other is not case
        and other.profile.segment_id not in names
        and fitting[other.profile.segment_id][0].key == key
    ]
    return [by_id[name.segment_id] for name in names.values() if name.rule == key] + waiting


def _tie(case: Case) -> tuple[int, str]:
    return -case.profile.customers, case.profile.first_user


def _fitting(case: Case, described: Mapping[str, Described]) -> tuple[Rule, ...]:
    specific = [rule for rule in RULES if all_hold(rule.when, case)]
    if specific:
        keys = {rule.key for rule in specific}
        return tuple(rule for rule in specific if keys.isdisjoint(rule.weaker_than))
    if all_hold(AVERAGE.when, case):
        return (AVERAGE,)
    return (*_descriptive(case, described), MIXED)


def _descriptive(case: Case, described: Mapping[str, Described]) -> Iterator[Rule]:
    marks = []
    for qualifier in QUALIFIERS:
        name = qualifier.feature
        if name not in described or (qualifier.needs_visits and not case.visits_known):
            continue
        if case.profile.features[name].defined < MOST:
            continue
        for words, holds in (
            (qualifier.higher, case.higher(name)),
            (qualifier.lower, case.lower(name)),
        ):
            if holds and words:
                marks.append((-abs(case.difference(name)), qualifier, words))
    for _, qualifier, words in sorted(marks, key=lambda mark: (mark[0], mark[1].feature)):
        feature = qualifier.feature
        slug = described[feature].slug
        yield Rule(
            key=f"{BY_DIFFERENCE}{words.replace(' ', '_')}",
            name=f"Customers {words}" if qualifier.adjective else f"Customers with {words}",
            requirement=f"No other rule holds; clearly {words} than everyone.",
            when=(),
            score=Score(Figure("apart", feature)),
            evidence=(
                f"{feature_title(described[feature])}: {{segment.{slug}.mean}} on average, against "
                f"{{everyone.{slug}.mean}} for everyone.",
            ),
        )


def _in_order(fitting: Iterable[tuple[Rule, ...]]) -> list[Rule]:
    fixed = {rule.key: rule for rule in (*RULES, AVERAGE, MIXED)}
    other = {rule.key: rule for rules in fitting for rule in rules if rule.key not in fixed}
    return [*RULES, AVERAGE, *(other[key] for key in sorted(other)), MIXED]


def _named(case: Case, rule: Rule) -> Name:
    segment_id = case.profile.segment_id
    telling = [sentence for sentence in rule.evidence if not _idle(case, sentence)]
    evidence = tuple(of_segment(segment_id, part) for part in telling or rule.evidence[:1])
    return Name(segment_id, rule.name, rule.key, evidence, proved=rule is not MIXED)


def of_segment(segment_id: str, sentence: str) -> str:
    """Return a sentence on facts of `segment` as one on those of a segment with an id.

    >>> of_segment("S1", "{segment.views.mean} times, against {everyone.views.mean}.")
    '{S1.views.mean} times, against {everyone.views.mean}.'
    """
    return re.sub(r"\{segment\.", f"{{{segment_id}.", sentence)


def _idle(case: Case, sentence: str) -> bool:
    """Whether a sentence compares a share of the segment with the very same share of everyone."""
    compared = re.findall(r"\{everyone\.([^{}:?]+)\}", sentence)
    shares = case.everyone.shares
    return any(
        name in shares and case.profile.shares.get(name) == shares[name] for name in compared
    )


def _qualified(
    case: Case,
    rule: Rule,
    namesakes: Sequence[Profile],
    described: Mapping[str, Described],
    taken: set[str],
) -> Name:
    base = _named(case, rule)
    gaps: list[tuple[float, str, str, str]] = []
    for qualifier in QUALIFIERS:
        if qualifier.needs_visits and not case.visits_known:
            continue
        for words, sign in ((qualifier.higher, 1), (qualifier.lower, -1)):
            name = f"{rule.name}, {words}"
            if not words or name in taken or qualifier.feature not in described:
                continue
            gap = _gap(case.profile, namesakes, qualifier, sign)
            if gap >= SLIGHTLY:
                gaps.append((gap, name, qualifier.feature, words))
    for _, name, feature, _ in sorted(gaps, key=lambda gap: (-gap[0], gap[1])):
        slug = described[feature].slug
        others = " and ".join(f"{{{other.segment_id}.{slug}.mean}}" for other in namesakes)
        proof = (
            f"{feature_title(described[feature])}: {{{base.segment_id}.{slug}.mean}} on "
            f"average, against {others} in the "
            + ("group" if len(namesakes) == 1 else "groups")
            + f" also called {rule.name}."
        )
        return Name(base.segment_id, name, rule.key, (*base.evidence, proof))
    return _in_the_middle(case, rule, namesakes, described, taken, base) or _by_size(
        case, rule, namesakes, taken, base
    )


def _in_the_middle(
    case: Case,
    rule: Rule,
    namesakes: Sequence[Profile],
    described: Mapping[str, Described],
    taken: set[str],
    base: Name,
) -> Name | None:
    """Return a name for a segment that lies between those that share its own."""
    name = f"{rule.name}, middle group"
    if name in taken:
        return None
    between: list[tuple[float, str]] = []
    for qualifier in QUALIFIERS:
        feature = qualifier.feature
        if feature not in described or (qualifier.needs_visits and not case.visits_known):
            continue
        higher = [_gap(case.profile, [other], qualifier, 1) for other in namesakes]
        lower = [_gap(case.profile, [other], qualifier, -1) for other in namesakes]
        nearest = min(map(max, higher, lower), default=0.0)
        if nearest >= SLIGHTLY and any(higher) and any(lower):
            between.append((-nearest, feature))
    if not between:
        return None
    feature = min(between)[1]
    slug = described[feature].slug
    ranked = sorted(
        namesakes, key=lambda other: (statistic_of(other, feature, "mean"), other.segment_id)
    )
    others = " and ".join(f"{{{other.segment_id}.{slug}.mean}}" for other in ranked)
    proof = (
        f"{feature_title(described[feature])}: {{{base.segment_id}.{slug}.mean}} on average, "
        f"between {others} in the groups also called {rule.name}."
    )
    return Name(base.segment_id, name, rule.key, (*base.evidence, proof))


def feature_title(column: Described) -> str:
    """Return what a feature is called where a sentence begins with it."""
    label = column.label
    if label.startswith("days "):
        label = "time " + label.removeprefix("days ")
    return label[:1].upper() + label[1:]


def _gap(profile: Profile, others: Sequence[Profile], qualifier: Qualifier, sign: int) -> float:
    """How far the segment lies beyond the nearest of the others, in standard deviations."""
    mean = statistic_of(profile, qualifier.feature, "mean") * sign
    difference = statistic_of(profile, qualifier.feature, "difference") * sign
    gaps = []
    if profile.features[qualifier.feature].defined < MOST:
        return 0.0
    for other in others:
        if not mean > statistic_of(other, qualifier.feature, "mean") * sign:
            return 0.0
        gaps.append(difference - statistic_of(other, qualifier.feature, "difference") * sign)
    return min(gaps, default=0.0)


def _by_size(
    case: Case, rule: Rule, namesakes: Sequence[Profile], taken: set[str], base: Name
) -> Name:
    sizes = [other.customers for other in namesakes]
    size = case.profile.customers
    for words, holds in (
        ("larger group", all(size > other for other in sizes)),
        ("smaller group", all(size < other for other in sizes)),
    ):
        name = f"{rule.name}, {words}"
        if holds and name not in taken:
            others = " and ".join(f"{{{other.segment_id}.customers}}" for other in namesakes)
            proof = (
                f"They are {{{base.segment_id}.customers:customer/customers}}, against {others} in "
                f"the {'group' if len(namesakes) == 1 else 'groups'} also called {rule.name}."
            )
            return Name(base.segment_id, name, rule.key, (*base.evidence, proof), proved=False)
    number = 2
    while f"{rule.name}, group {number}" in taken:
        number += 1
    proof = f"No feature tells them plainly from the other {rule.name}."
    name = f"{rule.name}, group {number}"
    return Name(base.segment_id, name, rule.key, (*base.evidence, proof), proved=False)
