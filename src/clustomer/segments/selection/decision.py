"""Which number of clusters is taken, and the sentence that says why."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clustomer.segments.thresholds import USABLE, VALID
from clustomer.segments.validity.holdout_r2 import Power

AS_CLEAR, CLEAR_ENOUGH = 0.95, 0.875
"""Of the best: what silhouette times stability must keep to count as clear as any, and what the
silhouette must keep where more of what follows is told."""
APART = 0.2
"""The depth of a valley that sets clusters apart: a fifth fewer rows between than beside it."""
TELLING = 0.05
"""The share of variance from which on the holdout power says something to choose by."""

_DIGITS = 9
_VALLEY = "is set apart by a valley, with a fifth fewer rows between it and its neighbours"

Criteria = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class Decision:
    """The K that was taken: by which rule, why, and what would have been taken without it."""

    k: int
    rule: str
    reason: str
    runner_up: int | None = None


def decide(
    criteria: Criteria,
    tried: list[int],
    *,
    elbow: int | None,
    silhouette: int | None,
    power: Power | None = None,
    fixed: int | None = None,
    distinct: int | None = None,
) -> Decision:
    """Take one K of those that were tried; see `SelectK` for the rule.

    `criteria` are those of `SelectK`, `tried` the K to choose from, `fixed` one that was asked
    for, `distinct` how many different rows there are, as far as was counted.
    """
    if distinct == 1:
        return Decision(1, "single", "1 cluster, since all rows are the same.")
    if fixed is not None or len(tried) == 1:
        k = tried[0] if fixed is None else fixed
        hints = [f"the elbow is at {elbow}"] if elbow is not None else []
        hints += [f"the silhouette is highest at {silhouette}"] if silhouette is not None else []
        but = "; " + " and ".join(hints) if hints else ""
        why = "the only number to try" if fixed is None else "as asked"
        return Decision(k, "fixed", f"{clusters(k)}, {why}{but}.")
    if all(np.isnan(_at(criteria, "lowest_jaccard", k)) for k in tried):
        return _by_shape(criteria, tried, elbow, silhouette)
    good = qualifying(criteria, tried)
    if not good:
        return _least_unstable(criteria, tried)
    k, rule = _best(criteria, good, power)
    others = [each for each in good if each != k]
    if any(np.isnan(_at(criteria, "lowest_jaccard", each)) for each in tried):
        above = " above 2" if rule == "stability" and k > 2 else ""
        reason = (
            f"{clusters(k)}, the highest number at which every cluster is stable, holds at least "
            f"{USABLE:.0%} of the rows and {_VALLEY}"
            if rule == "valleys"
            else f"{clusters(k)}, the highest number whose clusters are as clearly apart and as "
            f"surely found again as those of any number{above} at which all are stable and hold "
            f"at least {USABLE:.0%} of the rows"
        )
        return Decision(k, rule, f"{reason}.", max(others, default=None))
    if others:
        runner_up = _best(criteria, others, power)[0]
        reason = _reason(criteria, good, k, rule, power, runner_up)
        return Decision(k, rule, f"{reason}.", runner_up)
    reason = _reason(criteria, good, k, rule, power, None)
    [runner_up, *_] = _ranked(criteria, [each for each in tried if each != k])
    reason += f"; the runner-up is {runner_up}, where {_shortfall(criteria, runner_up)}"
    return Decision(k, rule, f"{reason}.", runner_up)


def qualifying(criteria: Criteria, tried: list[int]) -> list[int]:
    """Return the K at which every cluster is stable and has enough rows.

    >>> criteria = {
    ...     "k": np.array([2, 3, 4]),
    ...     "lowest_jaccard": np.array([0.9, 0.8, 0.6]),
    ...     "smallest_share": np.array([0.4, 0.005, 0.2]),
    ... }
    >>> qualifying(criteria, [2, 3, 4])
    [2]
    """
    return [
        k
        for k in tried
        if _at(criteria, "lowest_jaccard", k) >= VALID
        and _at(criteria, "smallest_share", k) >= USABLE
    ]


def _best(criteria: Criteria, good: list[int], power: Power | None) -> tuple[int, str]:
    """Return the K that the rule takes among those that qualify, and the rule's name."""
    if power is not None and power.decides:
        known = [k for k in good if k in power.k]
        clear = _above_two(known)
        if _has_groups(criteria, clear):
            clear = _clear(criteria, clear, CLEAR_ENOUGH)
        best = max(clear, key=lambda k: (round(power.score_of(k), _DIGITS), -k), default=None)
        if best is not None and power.score_of(best) >= TELLING:
            behind = {k: power.behind(k, best) for k in clear}
            near = [k for k, (gap, error) in behind.items() if round(gap - error, _DIGITS) <= 0]
            return (2 if _two_will_do(criteria, good, power, best) else min(near)), "power"
    apart = set_apart(criteria, good)
    if apart:
        return max(apart), "valleys"
    standing = {k: _standing(criteria, k) for k in _above_two(good)}
    best_standing = max(standing.values())
    bound = best_standing - (1 - AS_CLEAR) * abs(best_standing)
    return max(k for k, each in standing.items() if each >= bound), "stability"


def _above_two(numbers: list[int]) -> list[int]:
    """Return the numbers above 2, which come before it; all where there is none."""
    return [k for k in numbers if k > 2] or numbers


def set_apart(criteria: Criteria, among: list[int]) -> list[int]:
    """Return the K at which a valley lies between every cluster and its neighbours."""
    return [k for k in among if _at(criteria, "lowest_valley_depth", k) >= APART]


def _has_groups(criteria: Criteria, among: list[int]) -> bool:
    """Tell whether clusters are set apart on the whole at any K, so that there are edges to keep.

    On a continuum a silhouette says only how many pieces it is cut into.
    """
    return any(_at(criteria, "valley_depth", k) >= APART for k in among)


def _two_will_do(criteria: Criteria, good: list[int], power: Power, best: int) -> bool:
    """Tell whether two are the most clearly apart, and tell as much as the best of the others."""
    if 2 not in good or 2 not in power.k:
        return False
    gap, error = power.behind(2, best)
    heights = {k: _at(criteria, "silhouette_squared", k) for k in good}
    return heights[2] >= max(heights.values()) and round(gap - error, _DIGITS) <= 0


def _standing(criteria: Criteria, k: int) -> float:
    """Return how clearly apart clusters are, and how surely found again, as one number."""
    height = _at(criteria, "silhouette_squared", k)
    return round(height * _at(criteria, "lowest_jaccard", k), _DIGITS)


def _clear(criteria: Criteria, among: list[int], share: float) -> list[int]:
    """Return the K whose silhouette is at least `share` of the best one."""
    heights = {k: _at(criteria, "silhouette_squared", k) for k in among}
    best = max(heights.values(), default=0.0)
    return [k for k, height in heights.items() if height >= best - (1 - share) * abs(best)]


def _least_unstable(criteria: Criteria, tried: list[int]) -> Decision:
    ranked = _ranked(criteria, tried)
    k, *others = ranked
    runner_up = others[0] if others else None
    reason = (
        f"{clusters(k)}, the least unstable number: none from {tried[0]} to {tried[-1]} has only "
        f"clusters that are stable and hold at least {USABLE:.0%} of the rows; at {k} "
        f"{_shortfall(criteria, k)}"
    )
    if runner_up is not None:
        reason += f"; the runner-up is {runner_up}, where {_shortfall(criteria, runner_up)}"
    return Decision(k, "least unstable", f"{reason}.", runner_up)


def _ranked(criteria: Criteria, tried: list[int]) -> list[int]:
    """Return the K by falling stability of the least stable cluster, the usable ones first."""

    def rank(k: int) -> tuple[bool, float, int]:
        lowest = _at(criteria, "lowest_jaccard", k)
        small = not _at(criteria, "smallest_share", k) >= USABLE
        return small, -lowest if lowest == lowest else 1.0, k

    return sorted(tried, key=rank)


def _reason(
    criteria: Criteria, good: list[int], k: int, rule: str, power: Power | None, next_k: int | None
) -> str:
    among = (
        f"{_listed(good)} are the numbers at which every cluster is stable and holds at least "
        f"{USABLE:.0%} of the rows"
        if len(good) > 1
        else f"the only number at which every cluster is stable and holds at least {USABLE:.0%} "
        "of the rows"
    )
    if len(good) == 1:
        return f"{clusters(k)}, {among}"
    if rule == "power" and power is not None:
        second = f" ({_apart(power.score_of(k), power.score_of(next_k))})" if next_k else ""
        above = " above 2" if k > 2 and 2 in good else ""
        groups = _has_groups(criteria, _above_two(good))
        which = "those whose clusters are clearly apart" if groups else "these"
        return (
            f"{clusters(k)}: {among}, and of {which} {k} is the lowest{above} that tells "
            f"as much of what followed as the best, within one standard error; the runner-up is "
            f"{next_k}{second}"
        )
    if rule == "valleys":
        return (
            f"{clusters(k)}: {among}, and of these {k} is the highest at which every cluster "
            f"{_VALLEY}; the runner-up is {next_k}"
        )
    own, other = (_standing(criteria, each) for each in (k, next_k or k))
    above = " above 2" if k > 2 and 2 in good else ""
    second = f" (silhouette times stability {_apart(own, other)})"
    if next_k == 2:
        second = ", which is taken only where no larger number will do"
    return (
        f"{clusters(k)}: {among}, and of these {k} is the highest{above} whose clusters are as "
        f"clearly apart and as surely found again as any; the runner-up is {next_k}{second}"
    )


def _shortfall(criteria: Criteria, k: int) -> str:
    """Say what keeps a K from qualifying."""
    share, lowest = _at(criteria, "smallest_share", k), _at(criteria, "lowest_jaccard", k)
    if not share >= USABLE:
        return f"the smallest cluster holds only {share:.1%}"
    return f"the least stable cluster is found again only to {lowest:.2f} of {VALID}"


def _by_shape(
    criteria: Criteria, tried: list[int], elbow: int | None, silhouette: int | None
) -> Decision:
    """Take the elbow or the silhouette's K, where stability was not measured."""
    heights = dict(zip(criteria["k"].tolist(), criteria["silhouette"].tolist(), strict=True))
    if silhouette is None:
        k = tried[0] if elbow is None else elbow
        why = "where the curve of inertia bends (the elbow)"
        return Decision(k, "elbow", f"{clusters(k)}, {why}.")
    best = heights[silhouette]
    if elbow is None:
        why = (
            f"where the silhouette is highest ({best:.2f}); the curve of inertia has no clear elbow"
        )
        return Decision(silhouette, "silhouette", f"{clusters(silhouette)}, {why}.")
    if elbow == silhouette:
        why = "since the elbow and the silhouette agree"
        return Decision(elbow, "agreement", f"{clusters(elbow)}, {why}.")
    if heights[elbow] >= best / 2:
        why = (
            f"where the curve of inertia bends (the elbow); the silhouette is highest at "
            f"{silhouette} ({_apart(best, heights[elbow])} at {elbow}), and where the two "
            "disagree the elbow is taken, unless its silhouette is below half of the best"
        )
        return Decision(elbow, "elbow", f"{clusters(elbow)}, {why}.", silhouette)
    why = (
        f"where the silhouette is highest; at the elbow, {elbow}, it is less than half of that "
        f"({_apart(heights[elbow], best)})"
    )
    return Decision(silhouette, "silhouette", f"{clusters(silhouette)}, {why}.", elbow)


def _at(criteria: Criteria, name: str, k: int) -> float:
    [index] = np.flatnonzero(criteria["k"] == k)
    # Sums in another order differ in the last digits, and no choice may hang on those.
    return round(float(criteria[name][index]), _DIGITS)


def _listed(numbers: list[int]) -> str:
    """Return numbers as a list in words.

    >>> _listed([2, 3, 5])
    '2, 3 and 5'
    """
    *first, last = [str(number) for number in numbers]
    return f"{', '.join(first)} and {last}" if first else last


def _apart(value: float, other: float) -> str:
    """Return two numbers with as many digits as it takes to tell them apart, 2 to 4.

    >>> _apart(0.061, 0.058)
    '0.061 against 0.058'
    """
    for digits in (2, 3, 4):
        texts = f"{value:.{digits}f}", f"{other:.{digits}f}"
        if texts[0] != texts[1]:
            break
    return " against ".join(texts)


def clusters(k: int) -> str:
    """Return a number of clusters in words.

    >>> clusters(1), clusters(4)
    ('1 cluster', '4 clusters')
    """
    return "1 cluster" if k == 1 else f"{k} clusters"
