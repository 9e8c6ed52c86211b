"""The conditions of rules, as data: what may be asked of a segment, and what fits it best.

A figure that the data do not have is NaN, so that no condition on it holds.
"""

import math
from dataclasses import dataclass

from clustomer.customers.features import FEATURES
from clustomer.errors import did_you_mean
from clustomer.insights.naming.case import Case
from clustomer.insights.profiles import shares_past_thresholds
from clustomer.thresholds import CLEARLY

_TRAITS = [name for name, value in vars(Case).items() if isinstance(value, property)]


def _check_trait(name: str) -> None:
    if name not in _TRAITS:
        raise LookupError(
            f"A rule asks whether a segment is `{name}`, but `Case` has no such property. "
            f"{did_you_mean(name, _TRAITS)}"
        )


def _check_share(name: str) -> None:
    names = list(shares_past_thresholds(window_days=1.0))
    if name not in names:
        raise LookupError(
            f"A rule asks for the share `{name}`, which profiles do not hold. "
            f"{did_you_mean(name, names)} Others are added to `shares_past_thresholds`."
        )


def _check_feature(name: str) -> None:
    names = [feature.name for feature in FEATURES]
    if name not in names:
        raise LookupError(
            f"A rule asks for the feature `{name}`, which there is not. {did_you_mean(name, names)}"
        )


@dataclass(frozen=True)
class Figure:
    """A number of a segment: a property of `Case`, or a method of it for a feature or share."""

    name: str
    feature: str | None = None

    def __post_init__(self) -> None:
        if self.feature is None:
            _check_trait(self.name)
        elif self.name == "share":
            _check_share(self.feature)
        else:
            _check_feature(self.feature)

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
    """What a property of `Case` says of the segment, by the property's name."""

    trait: str

    def __post_init__(self) -> None:
        _check_trait(self.trait)


@dataclass(frozen=True)
class IsNot:
    """The property says the opposite."""

    trait: str

    def __post_init__(self) -> None:
        _check_trait(self.trait)


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

    def __post_init__(self) -> None:
        _check_feature(self.feature)


@dataclass(frozen=True)
class Lower:
    """A feature is below that of everyone by so many standard deviations, and in its mean."""

    feature: str
    by: float = CLEARLY

    def __post_init__(self) -> None:
        _check_feature(self.feature)


@dataclass(frozen=True)
class LargerShare:
    """A larger share of the segment than of everyone is past a threshold."""

    name: str

    def __post_init__(self) -> None:
        _check_share(self.name)


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
