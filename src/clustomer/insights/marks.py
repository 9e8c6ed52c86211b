"""What marks a segment: its largest differences from everyone, in words.

A mark is only made where the difference on the model's scale and that of the plain means
agree in direction. Features that tell the same story share a topic, and a segment gets one mark
of each topic: views, events and products seen are not three findings.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from clustomer.customers.features import Level
from clustomer.insights.facts import escape
from clustomer.insights.phrases import PHRASES, Phrase, phrase_of
from clustomer.insights.population import EVERYONE
from clustomer.insights.profiles import Described, Profile
from clustomer.thresholds import MOST, SLIGHTLY, STANDARD_ERRORS

MOST_MARKS = 4
LEAST_RATIO = 1.1
"""Means that differ by less than a tenth are no mark, however alike all customers are."""


@dataclass(frozen=True)
class Mark:
    """One difference: a sentence, a few words for a table, and its size."""

    feature: str
    text: str
    short: str
    difference: float


@dataclass(frozen=True)
class Case:
    """One segment beside everyone.

    A figure that the data do not have is NaN, so that no comparison with it holds.
    """

    profile: Profile
    everyone: Profile

    def has(self, *names: str) -> bool:
        """Whether the data have all of these features."""
        return all(name in self.everyone.features for name in names)

    @property
    def visits_known(self) -> bool:
        """Whether the log shows visits without an order."""
        return self.has("views") or self.has("carts")

    def mean(self, name: str) -> float:
        """The segment's mean."""
        return statistic_of(self.profile, name, "mean")

    def median(self, name: str) -> float:
        """The segment's median."""
        return statistic_of(self.profile, name, "median")

    def difference(self, name: str) -> float:
        """The standardised difference from everyone."""
        return statistic_of(self.profile, name, "difference")

    def higher(self, name: str, least: float) -> bool:
        """Whether the segment is above everyone on the model's scale and in its mean."""
        return self.difference(name) >= self._least(name, least) and self.one_way(name)

    def lower(self, name: str, least: float) -> bool:
        """Whether the segment is below everyone on the model's scale and in its mean."""
        return self.difference(name) <= -self._least(name, least) and self.one_way(name)

    def one_way(self, name: str) -> bool:
        """Whether the model's scale, on which single customers weigh less, and the mean agree."""
        further = self.mean(name) - statistic_of(self.everyone, name, "mean")
        return further * self.difference(name) > 0

    def _least(self, name: str, least: float) -> float:
        feature = self.profile.features.get(name)
        customers = self.profile.customers * feature.defined if feature is not None else 0.0
        return max(least, STANDARD_ERRORS / math.sqrt(max(customers, 1.0)))


def statistic_of(profile: Profile, name: str, statistic: str) -> float:
    """Return a statistic of a feature, NaN where the data do not define it."""
    feature = profile.features.get(name)
    value = getattr(feature, statistic) if feature is not None else None
    return math.nan if value is None else float(value)


def marks(case: Case, described: Mapping[str, Described]) -> tuple[Mark, ...]:
    """Return the largest differences of a segment, the largest first, one for each topic."""
    candidates: list[tuple[float, int, str, Mark]] = []
    for name, column in described.items():
        phrase = PHRASES.get(name, _plain(column))
        if phrase is None:
            continue
        mark = _mark(case, column, phrase)
        if mark is not None:
            candidates.append((-abs(mark.difference), len(candidates), phrase.topic, mark))
    chosen: dict[str, Mark] = {}
    for _, _, topic, mark in sorted(candidates, key=lambda candidate: candidate[:2]):
        chosen.setdefault(topic, mark)
    return tuple(chosen.values())[:MOST_MARKS]


def _plain(column: Described) -> Phrase:
    """Return the phrase of a feature that is the user's own."""
    # Doubled twice: these words pass through str.format once before they are rendered.
    label = escape(escape(column.label))
    return phrase_of(
        Level(
            topic=column.name,
            statement=label[:1].upper() + label[1:],
            higher=f"more {label}",
            lower=f"less {label}",
        )
    )


def _mark(case: Case, column: Described, phrase: Phrase) -> Mark | None:
    name, slug, segment_id = column.name, column.slug, case.profile.segment_id
    if phrase.visits and not case.visits_known:
        return None
    # What is known of a few of them only is no mark of all.
    if case.profile.features[name].defined < MOST:
        return None
    up = case.higher(name, SLIGHTLY)
    if not up and not case.lower(name, SLIGHTLY):
        return None
    mean, overall = case.mean(name), case.everyone.features[name].mean or 0.0
    if overall > 0 and mean >= 0 and 1 / LEAST_RATIO < mean / overall < LEAST_RATIO:
        return None
    difference = case.difference(name)
    if phrase.none[0] and mean == 0 and case.profile.features[name].all_zero:
        return Mark(name, phrase.none[0] + ".", phrase.none[1], difference)
    if phrase.kind == "amount" and (overall <= 0 or mean < 0):
        return None
    ids = {
        "ratio": f"{{{segment_id}.{slug}.ratio}}",
        "fewer": f"{{{segment_id}.{slug}.fewer}}",
        "mean": f"{{{segment_id}.{slug}.mean}}",
        "whole": f"{{{EVERYONE}.{slug}.mean}}",
    }
    text = (phrase.more if up else phrase.fewer).format(**ids)
    short = (phrase.short[0] if up else phrase.short[1]).format(**ids)
    return Mark(name, text + _typical(case, column, up, phrase.kind) + ".", short, difference)


def _typical(case: Case, column: Described, up: bool, kind: str) -> str:
    """The medians, where they say the same as the means."""
    median, overall = case.median(column.name), case.everyone.features[column.name].median
    if kind != "amount" or overall is None or median == overall or (median > overall) != up:
        return ""
    return (
        f" (typically {{{case.profile.segment_id}.{column.slug}.median}} against "
        f"{{{EVERYONE}.{column.slug}.median}})"
    )
