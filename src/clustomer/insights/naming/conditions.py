"""The conditions of rules, as data: what may be asked of a segment, and what fits it best.

A figure that the data do not have is NaN, so that no condition on it holds.
"""

import math
from dataclasses import dataclass

from clustomer.insights.naming.case import Case
from clustomer.thresholds import CLEARLY


@dataclass(frozen=True)
class Figure:
    """A number of a `Case`: one of its properties, or one of its methods for a feature."""

    name: str
    feature: str | None = None

    def of(self, case: Case) -> float:
        """Return the number."""
        value = getattr(case, self.name)
        return float(value if self.feature is None else value(self.feature))


BUYERS, REPEATERS, ONCE = Figure("buyers"), Figure("repeaters"), Figure("once")
"""The shares that ordered at all, at least twice, and exactly once."""
ONE_VISIT = Figure("one_visit")


def share(name: str) -> Figure:
    """Return the share of customers past a threshold, such as `orders.at_least_1`."""
    return Figure("share", name)


def mean(feature: str) -> Figure:
    """Return the segment's mean."""
    return Figure("mean", feature)


def median(feature: str) -> Figure:
    """Return the segment's median."""
    return Figure("median", feature)


def ratio(feature: str) -> Figure:
    """Return the segment's mean over everyone's."""
    return Figure("ratio", feature)


@dataclass(frozen=True)
class Is:
    """A property of the segment, by its name in `Case`."""

    trait: str


@dataclass(frozen=True)
class IsNot:
    """The same, denied."""

    trait: str


@dataclass(frozen=True)
class AtLeast:
    """A figure is as large as a bound, or larger."""

    figure: Figure
    bound: float


@dataclass(frozen=True)
class AtMost:
    """A figure is as small as a bound, or smaller."""

    figure: Figure
    bound: float


@dataclass(frozen=True)
class Below:
    """A figure is smaller than a bound."""

    figure: Figure
    bound: float


@dataclass(frozen=True)
class Higher:
    """A feature is above that of everyone by so many standard deviations, and in its mean."""

    feature: str
    by: float = CLEARLY


@dataclass(frozen=True)
class Lower:
    """A feature is below that of everyone by so many standard deviations, and in its mean."""

    feature: str
    by: float = CLEARLY


@dataclass(frozen=True)
class LargerShare:
    """A larger share of the segment than of everyone is past a threshold."""

    name: str


@dataclass(frozen=True)
class AnyOf:
    """One of two lists of conditions holds."""

    first: tuple["Condition", ...]
    second: tuple["Condition", ...]


Condition = Is | IsNot | AtLeast | AtMost | Below | Higher | Lower | LargerShare | AnyOf


@dataclass(frozen=True)
class Score:
    """How well a segment fits: a figure, less another one or none; `falling`: less is better."""

    figure: Figure
    less: Figure | None = None
    falling: bool = False

    def of(self, case: Case) -> float:
        """Return the score; what is not known fits worst."""
        value = self.figure.of(case) - (self.less.of(case) if self.less is not None else 0.0)
        if math.isnan(value):
            return -math.inf
        return -value if self.falling else value


def all_hold(conditions: tuple[Condition, ...], case: Case) -> bool:
    """Whether every condition holds of a segment."""
    return all(_holds(condition, case) for condition in conditions)


def _holds(condition: Condition, case: Case) -> bool:
    match condition:
        case Is(trait):
            return bool(getattr(case, trait))
        case IsNot(trait):
            return not getattr(case, trait)
        case AtLeast(figure, bound):
            return figure.of(case) >= bound
        case AtMost(figure, bound):
            return figure.of(case) <= bound
        case Below(figure, bound):
            return figure.of(case) < bound
        case Higher(feature, by):
            return case.higher(feature, by)
        case Lower(feature, by):
            return case.lower(feature, by)
        case LargerShare(name):
            return case.larger_share(name)
        case AnyOf(first, second):
            return all_hold(first, case) or all_hold(second, case)
