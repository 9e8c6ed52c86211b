"""Can a segment be acted on: is it large enough, and can it be said in a few words?"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from clustomer.certificates.certificate import Condition, Mark, Usable
from clustomer.certificates.resampling import rounded
from clustomer.certificates.thresholds import PRECISION, RECALL
from clustomer.customers.features import FEATURES
from clustomer.segments import Segmentation
from clustomer.segments.exclusions import BOTS
from clustomer.segments.matrix.customer_matrix import customer_table, feature_matrix
from clustomer.segments.thresholds import USABLE as MIN_SHARE

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

MIN_REVENUE_SHARE = 0.05
"""A segment with fewer than the smallest share of the customers is large enough with this share
of the revenue."""
MOST_CONDITIONS = 3
MAX_TRAINING = 20_000
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


def usable(
    customers: object, segmentation: Segmentation, *, random_state: int = 0
) -> dict[str, Usable]:
    """Test whether each segment is large enough to act on and has a short rule.

    The rule is a path of a decision tree: at most three conditions, each a feature above a number
    or not, in the feature's own unit. It is searched on at most half of the customers and at most
    20,000 of them, among numbers that a person would say, and judged on all others.

    Parameters
    ----------
    customers : table of customers, of which the segmentation was made.
    segmentation : Segmentation
    random_state : int, default 0
        Draws the customers that rules are searched on.

    Returns
    -------
    dict of segment id to Usable, without suspected bots and segments without customers
        Fail below 1 % of the customers unless it brought 5 % of the revenue; weak where the rule
        has a precision (the share of those it names that are in the segment) below 0.8 or a recall
        (the share of the segment that it names) below 0.6; else pass.

    Examples
    --------
    >>> from clustomer.segments import segment
    >>> orders = [1.0, 2.0, 3.0] * 40 + [30.0, 40.0, 50.0] * 20
    >>> table = pa.table({"user_id": [f"{i:03}" for i in range(180)], "orders": orders})
    >>> found = usable(table, segment(table, k=2, features=["orders"]))
    >>> found["S2"].conditions
    (Condition(feature='orders', above=True, value=3.0),)
    >>> found["S2"].mark, found["S2"].precision, found["S2"].recall
    ('pass', 1.0, 1.0)
    """
    table = customer_table(customers)
    labels = segmentation.table["cluster"].to_numpy().astype(np.int64)
    people = labels != BOTS
    names, matrix = _stored(table, segmentation)
    matrix, labels = matrix[people], labels[people]
    money = _revenue(table)
    revenue = None if money is None else money[people]
    search, unseen = _halves(len(labels), random_state)
    questions = Questions.of(names, matrix[search])
    found = {}
    for cluster in np.unique(labels).tolist():
        inside = labels == cluster
        share = float(inside.mean())
        revenue_share = None
        if revenue is not None and revenue.sum() > 0:
            revenue_share = rounded(float(revenue[inside].sum() / revenue.sum()))
        rule = questions.best(inside[search])
        precision, recall = _judged(rule, names, matrix[unseen], inside[unseen])
        mark = _mark(share, revenue_share, precision, recall)
        found[segmentation.segment_ids[cluster]] = Usable(
            mark=mark,
            share=rounded(share),
            revenue_share=revenue_share,
            conditions=rule,
            precision=precision,
            recall=recall,
            why=_why(mark, precision, recall),
        )
    return found


@dataclass(frozen=True, eq=False)
class Questions:
    """What can be asked of customers: is a feature above a number? Answered for a sample.

    `codes` has shape (features, customers): how many of a feature's `thresholds` a customer is
    above.
    """

    names: tuple[str, ...]
    thresholds: tuple[Floats, ...]
    codes: NDArray[np.int64]

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
        found = []
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
                    found.append((*option, int(h[place]), int(n[place])))
        return found


def rule_scores(hits: NDArray[np.int64], named: NDArray[np.int64], total: int) -> Floats:
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
    found = np.unique([said(value, days=days) for value in unique.tolist()])
    lowest, highest = values.min(), values.max()
    return np.asarray(found[(found >= lowest) & (found < highest)])


def said(value: float, *, days: bool = False) -> float:
    """Return the nearest number that a person would say.

    >>> said(137.0), said(0.0), said(-0.031), said(174.0, days=True), said(0.26, days=True)
    (150.0, 0.0, -0.03, 180.0, 0.25)
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


def _stored(table: pa.Table, segmentation: Segmentation) -> tuple[list[str], Floats]:
    """Return the features that decide, in their own units, filled as the rule fills them."""
    rule = segmentation.rule
    names = list(rule.features)
    return names, rule.filled(feature_matrix(table, names))


def _revenue(table: pa.Table) -> Floats | None:
    if "revenue" not in table.column_names:
        return None
    found: Floats = pc.fill_null(table["revenue"], 0.0).to_numpy().astype(np.float64)
    return found


def _halves(n: int, random_state: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return who rules are searched on, and all others."""
    order = np.random.default_rng(random_state).permutation(n)
    size = min(MAX_TRAINING, -(-n // 2))
    return np.sort(order[:size]), np.sort(order[size:])


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


def _judged(
    rule: tuple[Condition, ...], names: Sequence[str], matrix: Floats, inside: Flags
) -> tuple[float | None, float | None]:
    """Return a rule's precision and recall; None where there is no rule, or nobody to ask."""
    if not rule or not inside.any():
        return None, None
    named = follows(rule, names, matrix)
    if not named.any():
        return None, 0.0
    hits = float((named & inside).sum())
    return rounded(hits / float(named.sum())), rounded(hits / float(inside.sum()))


def _mark(
    share: float, revenue_share: float | None, precision: float | None, recall: float | None
) -> Mark:
    if share < MIN_SHARE and (revenue_share or 0.0) < MIN_REVENUE_SHARE:
        return "fail"
    if (precision or 0.0) < PRECISION or (recall or 0.0) < RECALL:
        return "weak"
    return "pass"


def _why(mark: Mark, precision: float | None, recall: float | None) -> str | None:
    if mark == "pass":
        return None
    if mark == "fail":
        return "it is too small to act on"
    if precision is None or recall is None:
        return "no short rule tells its customers from others"
    if precision < PRECISION:
        return "its short rule names too many others"
    return "its short rule misses too many of its customers"
