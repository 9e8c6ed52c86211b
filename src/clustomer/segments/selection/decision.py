"""Which number of clusters is taken, and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clustomer.customers.reason import Number, Reason
from clustomer.segments.validity.holdout_r2 import HoldoutR2
from clustomer.thresholds import APART, AS_CLEAR, TELLING, USABLE, VALID

_DIGITS = 9

Criteria = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class Decision:
    """The K that was taken: by which rule, why, and what would have been taken without it."""

    k: int
    rule: str
    reason: Reason
    runner_up: int | None = None


def decide(
    criteria: Criteria,
    tried: list[int],
    *,
    elbow: int | None,
    silhouette: int | None,
    holdout_r2: HoldoutR2 | None = None,
    returned: Mapping[int, int] | None = None,
    fixed: int | None = None,
    distinct: int | None = None,
) -> Decision:
    """Take one K of those that were tried; see `SelectK` for the rule.

    `criteria` are those of `SelectK`, `tried` the K to choose from, `returned` how often draws of
    the rows took each, `fixed` one that was asked for, `distinct` how many different rows there
    are, as far as was counted.
    """
    if distinct == 1:
        return Decision(1, "single", Reason("alike"))
    if fixed is not None or len(tried) == 1:
        k = tried[0] if fixed is None else fixed
        numbers = {"k": k, "asked": fixed is not None, "elbow": elbow, "silhouette": silhouette}
        return Decision(k, "fixed", Reason("fixed", numbers))
    if all(np.isnan(_at(criteria, "lowest_jaccard", k)) for k in tried):
        return _by_shape(criteria, tried, elbow, silhouette)
    good = qualifying(criteria, tried)
    if not good:
        return _least_unstable(criteria, tried)
    returning = _returning(good, returned)
    k, rule = _best(criteria, returning, holdout_r2)
    others = [number for number in good if number != k]
    if any(np.isnan(_at(criteria, "lowest_jaccard", number)) for number in tried):
        reason = Reason("first that holds", {"k": k, "rule": rule})
        return Decision(k, rule, reason, max(others, default=None))
    if others:
        runner_up = _best(criteria, _returning(others, returned), holdout_r2)[0]
        reason = _among(criteria, good, k, rule, holdout_r2, runner_up)
        if returned and returning != good and k in returned:
            reason = reason.also(
                draws=sum(returned.values()),
                returned=returned[k],
                runner_up_returned=returned.get(runner_up, 0),
            )
        return Decision(k, rule, reason, runner_up)
    [runner_up, *_] = _ranked(criteria, [number for number in tried if number != k])
    reason = Reason("only one qualifies", {"k": k, "rule": rule, **_second(criteria, runner_up)})
    return Decision(k, rule, reason, runner_up)


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


def _best(criteria: Criteria, good: list[int], holdout_r2: HoldoutR2 | None) -> tuple[int, str]:
    """Return the K that the rule takes among those that qualify, and the rule's name."""
    telling = _telling(criteria, good, holdout_r2)
    if holdout_r2 is not None and telling:
        best = max(telling, key=lambda k: (round(holdout_r2.score_of(k), _DIGITS), -k))
        two_will_do = _two_will_do(criteria, good, holdout_r2, best)
        return 2 if two_will_do else max(_as_telling(holdout_r2, telling, best)), "holdout_r2"
    apart = set_apart(criteria, good)
    if apart:
        return max(apart), "density_dip"
    standing = {k: _standing(criteria, k) for k in _above_two(good)}
    best_standing = max(standing.values())
    bound = best_standing - (1 - AS_CLEAR) * abs(best_standing)
    return max(k for k, value in standing.items() if value >= bound), "stability"


def _returning(good: list[int], returned: Mapping[int, int] | None) -> list[int]:
    """Return the K that can be taken: where some return in half of the draws, the most frequent.

    `returned` says how often draws of the rows took each K. Two is no rival to larger numbers
    that qualify, however often it returns.

    >>> _returning([2, 3, 4, 5], {2: 1, 4: 4, 5: 1}), _returning([3, 4, 5], {3: 2, 4: 2, 5: 2})
    ([2, 4], [3, 4, 5])
    """
    above = _above_two(good)
    counts = {k: (returned or {}).get(k, 0) for k in above}
    most = max(counts.values())
    if 2 * most < sum((returned or {}).values()) or most == 0:
        return good
    return [k for k in good if k not in above or counts[k] == most]


def _telling(criteria: Criteria, good: list[int], holdout_r2: HoldoutR2 | None) -> list[int]:
    """Return the K among which the holdout R² decides; none where it says too little."""
    if holdout_r2 is None or not holdout_r2.decides:
        return []
    numbers = _above_two([k for k in good if k in holdout_r2.k])
    if _has_groups(criteria, numbers):
        numbers = _clear(criteria, numbers)
    return numbers if any(holdout_r2.score_of(k) >= TELLING for k in numbers) else []


def _as_telling(holdout_r2: HoldoutR2, among: list[int], best: int) -> list[int]:
    """Return the K that tell as much as the best, within one standard error."""
    behind = {k: holdout_r2.behind(k, best) for k in among}
    return [k for k, (gap, error) in behind.items() if round(gap - error, _DIGITS) <= 0]


def _above_two(numbers: list[int]) -> list[int]:
    """Return the numbers above 2, which come before it; all where there is none."""
    return [k for k in numbers if k > 2] or numbers


def set_apart(criteria: Criteria, among: list[int]) -> list[int]:
    """Return the K at which density dips between every cluster and its neighbours."""
    return [k for k in among if _at(criteria, "lowest_density_dip", k) >= APART]


def _has_groups(criteria: Criteria, among: list[int]) -> bool:
    """Tell whether clusters are set apart on the whole at any K, so that there are edges to keep.

    On a continuum a silhouette says only how many pieces it is cut into.
    """
    return any(_at(criteria, "density_dip", k) >= APART for k in among)


def _two_will_do(criteria: Criteria, good: list[int], holdout_r2: HoldoutR2, best: int) -> bool:
    """Tell whether two are the most clearly apart, and tell as much as the best of the others."""
    if 2 not in good or 2 not in holdout_r2.k:
        return False
    heights = {k: _at(criteria, "silhouette_squared", k) for k in good}
    return heights[2] >= max(heights.values()) and bool(_as_telling(holdout_r2, [2], best))


def _standing(criteria: Criteria, k: int) -> float:
    """Return how clearly apart clusters are, and how surely recovered, as one number."""
    height = _at(criteria, "silhouette_squared", k)
    return round(height * _at(criteria, "lowest_jaccard", k), _DIGITS)


def _clear(criteria: Criteria, among: list[int]) -> list[int]:
    """Return the K whose silhouette is at least `AS_CLEAR` of the best one."""
    heights = {k: _at(criteria, "silhouette_squared", k) for k in among}
    best = max(heights.values(), default=0.0)
    return [k for k, height in heights.items() if height >= best - (1 - AS_CLEAR) * abs(best)]


def _least_unstable(criteria: Criteria, tried: list[int]) -> Decision:
    ranked = _ranked(criteria, tried)
    k, *others = ranked
    runner_up = others[0] if others else None
    numbers = {
        "k": k,
        "lowest": tried[0],
        "highest": tried[-1],
        **_shortfall(criteria, k),
        **_second(criteria, runner_up),
    }
    return Decision(k, "least unstable", Reason("least unstable", numbers), runner_up)


def _ranked(criteria: Criteria, tried: list[int]) -> list[int]:
    """Return the K by falling stability of the least stable cluster, the usable ones first."""

    def rank(k: int) -> tuple[bool, float, int]:
        lowest = _at(criteria, "lowest_jaccard", k)
        small = not _at(criteria, "smallest_share", k) >= USABLE
        return small, -lowest if lowest == lowest else 1.0, k

    return sorted(tried, key=rank)


def _among(
    criteria: Criteria,
    good: list[int],
    k: int,
    rule: str,
    holdout_r2: HoldoutR2 | None,
    runner_up: int,
) -> Reason:
    """Return the reason for one K of several that qualify."""
    numbers: dict[str, Number] = {"k": k, "rule": rule, "qualifying": good, "runner_up": runner_up}
    if rule == "holdout_r2" and holdout_r2 is not None:
        numbers |= {
            "score": holdout_r2.score_of(k),
            "runner_up_score": holdout_r2.score_of(runner_up),
            "groups": _has_groups(criteria, _above_two(good)),
        }
    elif rule == "stability":
        numbers |= {
            "score": _standing(criteria, k),
            "runner_up_score": _standing(criteria, runner_up),
        }
    return Reason("qualifying", numbers)


def _second(criteria: Criteria, runner_up: int | None) -> dict[str, Number]:
    if runner_up is None:
        return {"runner_up": None}
    shortfall = _shortfall(criteria, runner_up)
    return {"runner_up": runner_up} | {f"runner_up_{key}": n for key, n in shortfall.items()}


def _shortfall(criteria: Criteria, k: int) -> dict[str, Number]:
    """Return what keeps a K from qualifying."""
    lowest = _at(criteria, "lowest_jaccard", k)
    return {
        "smallest_share": _at(criteria, "smallest_share", k),
        "lowest_jaccard": None if np.isnan(lowest) else lowest,
    }


def _by_shape(
    criteria: Criteria, tried: list[int], elbow: int | None, silhouette: int | None
) -> Decision:
    """Take the elbow or the silhouette's K, where stability was not measured."""
    heights = dict(zip(criteria["k"].tolist(), criteria["silhouette"].tolist(), strict=True))
    numbers: dict[str, Number] = {"elbow": elbow, "silhouette": silhouette}
    if silhouette is None:
        k = tried[0] if elbow is None else elbow
        return Decision(k, "elbow", Reason("elbow", {"k": k, **numbers}))
    if elbow == silhouette:
        return Decision(elbow, "agreement", Reason("agreement", {"k": elbow, **numbers}))
    numbers["best_height"] = heights[silhouette]
    if elbow is None:
        reason = Reason("silhouette", {"k": silhouette, **numbers})
        return Decision(silhouette, "silhouette", reason)
    numbers["elbow_height"] = heights[elbow]
    if heights[elbow] >= heights[silhouette] / 2:
        return Decision(elbow, "elbow", Reason("elbow", {"k": elbow, **numbers}), silhouette)
    return Decision(
        silhouette, "silhouette", Reason("silhouette", {"k": silhouette, **numbers}), elbow
    )


def _at(criteria: Criteria, name: str, k: int) -> float:
    [index] = np.flatnonzero(criteria["k"] == k)
    # Sums in another order differ in the last digits, and no choice may hang on those.
    return round(float(criteria[name][index]), _DIGITS)
