"""What may be asked of one customer: bounds on figures, and stages of the lifecycle.

A condition is data: for each column the value that must be exceeded and the one up to which it
may go, or, for `stage`, the stages that count. Some bounds are the shop's own, such as the amount
that its top tenth of spenders exceed; `resolve` puts numbers in their place.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from clustomer.customers.features import FEATURES
from clustomer.errors import did_you_mean
from clustomer.insights.population import EVERYONE, Condition, Population
from clustomer.lifecycle import STAGES


@dataclass(frozen=True)
class Upper:
    """The value that a share of those customers exceed for whom a figure is above 0."""

    share: float

    @property
    def aggregate(self) -> str:
        """The aggregate over everyone that gives the value."""
        return f"quantile_of_positive({1 - self.share:g})"


@dataclass(frozen=True)
class TimesMean:
    """So many times everyone's mean."""

    factor: float


@dataclass(frozen=True)
class PartOfWindow:
    """A part of the window, in days, and no more than so many."""

    part: float
    most: float = math.inf


Limit = float | Upper | TimesMean | PartOfWindow | None


@dataclass(frozen=True)
class Bound:
    """A figure exceeds `above`, and is no higher than `to`; None where there is no such bound."""

    column: str
    above: Limit = None
    to: Limit = None

    def __post_init__(self) -> None:
        names = [feature.name for feature in FEATURES]
        if self.column not in names:
            raise LookupError(
                f"A rule asks for the feature `{self.column}`, which there is not. "
                f"{did_you_mean(self.column, names)}"
            )


@dataclass(frozen=True)
class Stage:
    """The customer is in one of these stages of the lifecycle."""

    stages: tuple[str, ...]

    def __post_init__(self) -> None:
        for stage in self.stages:
            if stage not in STAGES:
                raise LookupError(
                    f"A rule asks for the stage `{stage}`, which there is not. "
                    f"{did_you_mean(stage, STAGES)}"
                )


Term = Bound | Stage


def resolve(
    terms: Sequence[Term], people: Population, window_days: float | None
) -> Condition | None:
    """Return a condition with numbers, or None where the data cannot tell whether it holds."""
    condition = Condition({})
    for term in terms:
        if isinstance(term, Stage):
            if people.stages is None:
                return None
            condition = both(condition, Condition({}, term.stages))
            continue
        if term.column not in people.columns:
            return None
        low = _number(term.column, term.above, people, window_days)
        high = _number(term.column, term.to, people, window_days)
        if (low is None) != (term.above is None) or (high is None) != (term.to is None):
            return None
        condition = both(condition, Condition({term.column: (low, high)}))
    return condition


def _number(
    column: str, limit: Limit, people: Population, window_days: float | None
) -> float | None:
    match limit:
        case Upper():
            value = people.aggregate(EVERYONE, column, limit.aggregate)
            return None if value is None else float(value)
        case TimesMean(factor):
            mean = people.aggregate(EVERYONE, column, "mean")
            return factor * mean if mean is not None and mean > 0 else None
        case PartOfWindow(part, most):
            return None if window_days is None else min(part * window_days, most)
        case None:
            return None
        case _:
            return float(limit)


def both(first: Condition, second: Condition) -> Condition:
    """Return the condition that two hold.

    >>> both(Condition({"orders": (1.0, None)}), Condition({"orders": (0.0, 9.0)}, ("new",)))
    Condition(bounds={'orders': (1.0, 9.0)}, stages=('new',))
    """
    bounds = dict(first.bounds)
    for column, (low, high) in second.bounds.items():
        below, beyond = bounds.get(column, (None, None))
        bounds[column] = (
            max((end for end in (below, low) if end is not None), default=None),
            min((end for end in (beyond, high) if end is not None), default=None),
        )
    if first.stages and second.stages:
        return Condition(bounds, tuple(stage for stage in first.stages if stage in second.stages))
    return Condition(bounds, first.stages or second.stages)
