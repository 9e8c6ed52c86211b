"""What can be said of a shop's customers, and of whom it is true: names for segments."""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from clustomer.insights.naming.candidate import (
    MORE_SAID,
    Candidate,
    better,
    customary,
    of_facts,
    with_fact,
)
from clustomer.insights.naming.plain import AXES, PlainFact, plain_facts
from clustomer.insights.naming.rules import PLAIN, RULES, Rule
from clustomer.insights.naming.terms import both, resolve
from clustomer.insights.population import EVERYONE, Condition, Population
from clustomer.insights.profiles import Profile
from clustomer.thresholds import (
    HARDLY_TELLING,
    LEAST_LIFT,
    LONG_WINDOW_DAYS,
    MOST,
    NEARLY_ALL,
    PLAINLY_BETTER,
    SHARPER,
)

Mask = NDArray[np.bool_]
_BEST_PLAIN = 5
"""So many facts of each axis are tried in pairs."""
_BEST_SHARP = 10
"""So many facts of each axis are tried for a sharper name."""
_MOST_SAID = 2
"""So many plain facts are said behind a name, and no more."""


class Vocabulary:
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
        names = []
        for rule, conditions in self._rules:
            marks = self.marks(key, self.people.holds(conditions))
            if marks is not None:
                marks += MORE_SAID * rule.says
                names.append(customary(rule, conditions, marks))
        names.sort(key=lambda candidate: -candidate.marks)
        plain = self._made_of_facts(key)
        best = names[0].marks if names else -1.0
        if plain is not None and (best < HARDLY_TELLING or plain.marks > best + PLAINLY_BETTER):
            return [plain, *names]
        return [*names, *([plain] if plain is not None else [])]

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
            best = better(best, of_facts(marks, [fact], condition))
            for _, other, further, held in options[position + 1 :]:
                if other.axis == fact.axis:
                    continue
                together = self.marks(key, mask & held)
                if together is not None:
                    pair = of_facts(together, [fact, other], both(condition, further))
                    best = better(best, pair)
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
                best = with_fact(candidate, fact, condition)
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
                best = rank, with_fact(base_name, fact, condition)
        loose = fitting > members or bool(rivals)
        if best is None or not loose or best[1].name.count(",") > _MOST_SAID:
            return replace(candidate, mostly_others=fitting > members)
        (left, lost, _), narrow = best
        return replace(narrow, mostly_others=left > -lost)

    def sharpened(self, candidate: Candidate, key: str, taken: Container[str]) -> Candidate:
        """Return a name that tells members far better from others, where this one hardly does.

        It hardly does where it is true of more others than members, or not of `LEAST_LIFT` times
        the share of members. Then the name with the highest F1 score is sought: one or two plain
        facts, or a customary name with up to one. It must be better by `SHARPER`, or be true of no
        more others than members where this one is of more; and not be taken. A name of three parts
        gives way to a shorter one that is about as sharp.
        """
        inside = self.people.mask(key)
        fit = _Fit.of(self.people.holds(candidate.conditions), inside, self._everyone)
        long = candidate.name.count(",") > 1
        if not fit.loose and not long:
            return candidate
        best, least = candidate, fit.worth - _said(candidate) + SHARPER * (not long)
        for other, held in self._sharper(key):
            further = _Fit.of(held, inside, self._everyone)
            worth = further.worth - _said(other)
            if other.name not in taken and worth > least + 1e-12:
                kind = "repeat" if other.kind == "buyers" and self._again(inside) else other.kind
                best = replace(other, kind=kind, mostly_others=further.others > further.members)
                least = worth
        return best

    def _again(self, inside: Mask) -> bool:
        """Whether nearly all of some ordered more than once."""
        if "orders" not in self.people.columns:
            return False
        return bool(np.mean(self.people.columns["orders"][inside] > 1) >= NEARLY_ALL)

    def _sharper(self, key: str) -> Iterator[tuple[Candidate, Mask]]:
        """Yield the names of two parts or one that are true of enough, and of whom they are."""
        inside = self.people.mask(key)
        by_axis: dict[str, list[tuple[float, PlainFact, Condition, Mask]]] = {}
        size = np.count_nonzero(inside)
        for fact, condition, mask in self._plain:
            fit = _Fit.of(mask, inside, self._everyone)
            if fit.recall >= NEARLY_ALL and not mask[self._everyone].all():
                by_axis.setdefault(fact.axis, []).append((fit.f1, fact, condition, mask))
        parts = [
            part
            for axis in AXES
            for part in sorted(by_axis.get(axis, ()), key=lambda part: -part[0])[:_BEST_SHARP]
        ]

        def enough(held: Mask) -> bool:
            return bool(np.count_nonzero(held & inside) >= NEARLY_ALL * size)

        for rule, conditions in self._rules:
            held = self.people.holds(conditions)
            if not enough(held):
                continue
            named = customary(rule, conditions)
            yield named, held
            for _, fact, condition, mask in parts:
                if fact.axis not in named.axes and enough(held & mask) and not mask[held].all():
                    yield with_fact(named, fact, condition), held & mask
        for position, (_, fact, condition, mask) in enumerate(parts):
            yield of_facts(0.0, [fact], condition), mask
            for _, other, further, held in parts[position + 1 :]:
                if other.axis != fact.axis and enough(mask & held):
                    yield of_facts(0.0, [fact, other], both(condition, further)), mask & held

    def _further(
        self, candidate: Candidate, key: str
    ) -> Iterator[tuple[PlainFact, Condition, Mask, Mask]]:
        """Yield the plain facts that a name can say besides, and of whom they and both are true."""
        inside, base = self.people.mask(key), self.people.holds(candidate.conditions)
        for fact, condition, mask in self._plain:
            if fact.axis == "spend" and "spend" in candidate.axes:
                continue
            held = mask & base
            if not mask[base].all() and float(np.mean(held[inside])) >= NEARLY_ALL:
                yield fact, condition, mask, held


@dataclass(frozen=True)
class _Fit:
    """Of how many members and others of a segment something is true."""

    members: int
    others: int
    size: int
    rest: int

    @classmethod
    def of(cls, held: Mask, inside: Mask, everyone: Mask) -> Self:
        """Return the fit of what is true of some."""
        members, fitting, size, people = (
            int(np.count_nonzero(part))
            for part in (held & inside, held & everyone, inside, everyone)
        )
        return cls(members, fitting - members, size, people - size)

    @property
    def recall(self) -> float:
        """The share of the members of whom it is true."""
        return self.members / self.size

    @property
    def f1(self) -> float:
        """The harmonic mean of recall and of the share of members among those of whom it is true.

        >>> _Fit(members=80, others=120, size=100, rest=900).f1
        0.5333333333333333
        """
        return 2 * self.members / (self.size + self.members + self.others)

    @property
    def worth(self) -> float:
        """F1, and something for being true of no more others than members."""
        return self.f1 + SHARPER * (self.others <= self.members)

    @property
    def loose(self) -> bool:
        """Whether it hardly tells members from others.

        >>> [_Fit(80, others, 100, 900).loose for others in (120, 60)], _Fit(8, 5, 10, 10).loose
        ([True, False], True)
        """
        of_others = self.others / self.rest if self.rest else 0.0
        return self.others > self.members or self.recall < LEAST_LIFT * of_others


def _said(candidate: Candidate) -> float:
    """Return what the length of a name must be worth."""
    return MORE_SAID / 4 * candidate.name.count(",")
