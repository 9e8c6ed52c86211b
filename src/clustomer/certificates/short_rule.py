"""Short rules: conditions that tell the customers of a segment from all others.

This is subgroup discovery (Klösgen 1996; Herrera et al. 2011, doi:10.1007/s10115-010-0356-2): a
beam search over conjunctions of conditions on single features, for the one with enough precision
and the highest recall.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from clustomer.certificates.certificate import Condition
from clustomer.customers.features import FEATURES
from clustomer.segments.arrays import Flags, Floats, Integers
from clustomer.thresholds import PRECISION, RECALL

MOST_CONDITIONS = 3
_ROOM = 0.03
"""By how much a rule is to exceed what is asked where it is searched, as it will lose some."""
_WORTH = 0.02
"""What a further condition must add to be worth saying."""
_THRESHOLDS = 100
_BEAM = 6
_SPOKEN = (1.0, 1.2, 1.5, 1.8, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0, 6.0, 7.0, 8.0, 9.0)
_SPOKEN_DAYS = (3.0, 7.0, 10.0, 14.0, 21.0, 30.0, 45.0, 60.0, 90.0, 120.0, 180.0, 270.0, 365.0)
_HOURS = (1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 10.0, 12.0, 18.0, 24.0, 36.0, 48.0)
_MINUTES = (1.0, 2.0, 3.0, 5.0, 10.0, 15.0, 20.0, 30.0, 45.0, 90.0)
_UNITS = {feature.name: feature.unit for feature in FEATURES}


def follows(conditions: Sequence[Condition], names: Sequence[str], matrix: Floats) -> Flags:
    """Tell for each customer whether all conditions hold.

    >>> rule = [Condition("orders", True, 2.0), Condition("days", False, 30.0)]
    >>> follows(rule, ["days", "orders"], np.array([[30.0, 3.0], [31.0, 3.0], [1.0, 2.0]]))
    array([ True, False, False])
    """
    held = np.ones(len(matrix), dtype=bool)
    for condition in conditions:
        above = matrix[:, names.index(condition.feature)] > condition.value
        held &= above if condition.above else ~above
    return held


@dataclass(frozen=True, eq=False)
class Questions:
    """What can be asked of customers: is a feature above a number? Answered for a sample.

    `codes` has shape (features, customers): how many of a feature's `thresholds` a customer is
    above.
    """

    names: tuple[str, ...]
    thresholds: tuple[Floats, ...]
    codes: Integers

    @classmethod
    def of(cls, names: Sequence[str], matrix: Floats) -> "Questions":
        """Return the questions whose numbers divide these customers and can be said."""
        thresholds = tuple(
            spoken_thresholds(column, days=_UNITS.get(name) == "days")
            for name, column in zip(names, matrix.T, strict=True)
        )
        codes = np.array(
            [
                np.searchsorted(cuts, column, side="left")
                for cuts, column in zip(thresholds, matrix.T, strict=True)
            ]
        )
        return cls(tuple(names), thresholds, codes)

    def best(self, inside: Flags) -> tuple[Condition, ...]:
        """Return the conditions that tell customers inside from others best; () if none do.

        Conditions are added one at a time, the few best beginnings being kept. Best is the
        highest recall with enough precision, or what is nearest to both; of two that are as good
        the one with fewer conditions.
        """
        beam: list[tuple[tuple[Condition, ...], Flags]] = [((), np.ones(len(inside), dtype=bool))]
        best: tuple[float, tuple[Condition, ...]] = (0.0, ())
        total = int(inside.sum())
        if total in (0, len(inside)):
            return ()
        for length in range(MOST_CONDITIONS):
            grown: dict[tuple[int, bool, int, int, int], tuple[float, int, int, bool, int]] = {}
            for number, (_, rows) in enumerate(beam):
                for option in self._options(rows, inside, total):
                    score, feature, above, place, hits, named = option
                    # two ways to name the same customers are one
                    key = (feature, above, place, hits, named)
                    if key not in grown or grown[key][0] < score:
                        grown[key] = (score, number, feature, above, place)
            ranked = sorted(grown.values(), key=lambda g: (-g[0], *g[1:]))
            following: list[tuple[tuple[Condition, ...], Flags]] = []
            for score, number, feature, above, place in ranked:
                conditions, rows = beam[number]
                value = float(self.thresholds[feature][place])
                after = _joined(conditions, Condition(self.names[feature], above, value))
                # a further condition must be worth saying
                if score > best[0] + (_WORTH if length else 0.0):
                    best = (score, after)
                if len(following) < _BEAM:
                    yes = self.codes[feature] > place
                    following.append((after, rows & (yes if above else ~yes)))
            beam = following
            if not beam:
                break
        return best[1]

    def _options(
        self, rows: Flags, inside: Flags, total: int
    ) -> list[tuple[float, int, bool, int, int, int]]:
        """Return the best questions of each feature for some rows, each with its score."""
        options = []
        hit = rows & inside
        for feature, cuts in enumerate(self.thresholds):
            if not len(cuts):
                continue
            width = len(cuts) + 1
            codes = self.codes[feature]
            named = np.bincount(codes[rows], minlength=width)
            hits = np.bincount(codes[hit], minlength=width)
            below_named, below_hits = np.cumsum(named)[:-1], np.cumsum(hits)[:-1]
            for above in (False, True):
                n = named.sum() - below_named if above else below_named
                h = hits.sum() - below_hits if above else below_hits
                scores = rule_scores(h, n, total)
                for place in np.argsort(-scores, kind="stable")[:2].tolist():
                    option = (float(scores[place]), feature, above, place)
                    options.append((*option, int(h[place]), int(n[place])))
        return options


def rule_scores(hits: Integers, named: Integers, total: int) -> Floats:
    """Return how good rules are, from 0 to 2: above 1 where precision and recall are enough.

    Enough is 0.03 more than the test asks, as a rule loses some on others than it was made of.
    Then it is 1 and the harmonic mean of both; else how near the lower one comes.

    >>> rule_scores(np.array([5, 8, 9]), np.array([5, 20, 9]), total=10).round(3).tolist()
    [0.794, 0.482, 1.947]
    """
    precision = hits / np.maximum(named, 1)
    recall = hits / total
    near = np.minimum(precision / (PRECISION + _ROOM), recall / (RECALL + _ROOM))
    harmonic = 2 * hits / (named + total)
    return np.where(near >= 1, 1 + harmonic, near)


def spoken_thresholds(values: Floats, *, days: bool = False) -> Floats:
    """Return numbers that a person would say and that divide values, at most 100.

    Each is a quantile rounded to one of 1, 1.2, 1.5, 1.8, 2, 2.5, ..., 5, 6, ..., 9 times a power
    of ten, 0, or a whole number below 10; days to weeks, months and quarters too, and below two
    days to hours or minutes.

    >>> spoken_thresholds(np.array([0.0, 1.0, 2.0, 3.0])).tolist()
    [0.0, 1.0, 2.0]
    >>> spoken_thresholds(np.array([1.04, 26.8, 33.1, 88.0]), days=True).tolist()
    [25.0, 35.0]
    """
    unique = np.unique(values)
    if len(unique) < 2:
        return np.empty(0)
    if len(unique) > _THRESHOLDS:
        levels = np.arange(1, _THRESHOLDS) / _THRESHOLDS
        unique = np.unique(np.quantile(values, levels, method="inverted_cdf"))
    spoken = np.unique([spoken_number(value, days=days) for value in unique.tolist()])
    lowest, highest = values.min(), values.max()
    return np.asarray(spoken[(spoken >= lowest) & (spoken < highest)])


def spoken_number(value: float, *, days: bool = False) -> float:
    """Return the nearest number that a person would say.

    >>> [spoken_number(value) for value in (137.0, 0.0, -0.031)]
    [150.0, 0.0, -0.03]
    >>> spoken_number(174.0, days=True), spoken_number(0.26, days=True)
    (180.0, 0.25)
    """
    if value == 0 or (abs(value) < 10 and value == int(value)):
        return float(value)
    size = abs(value)
    power = int(np.floor(np.log10(size)))
    # a power of ten below 1 is no exact number, dividing by one above 1 rounds once
    up, down = 10.0 ** max(power, 0), 10.0 ** max(-power, 0)
    choices = [number * up / down for number in (*_SPOKEN, 10.0)]
    if days and size < 2:
        choices = [*(n / 24 for n in _HOURS), *(n / 1440 for n in _MINUTES)]
    elif days:
        choices += _SPOKEN_DAYS
    nearest = min(choices, key=lambda choice: (abs(choice - size), choice))
    return float(np.copysign(nearest, value))


def _joined(conditions: tuple[Condition, ...], new: Condition) -> tuple[Condition, ...]:
    """Return the conditions with one more; of two in the same direction the later is narrower."""
    kept = [c for c in conditions if (c.feature, c.above) != (new.feature, new.above)]
    return (*kept, new)
