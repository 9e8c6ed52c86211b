"""How long pauses are in a shop: from counts of those that ended and of those that still go on."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

from clustomer.customers.rates import credibility_strength
from clustomer.thresholds import AT_RISK_PART, EARLY_PART, FEWEST_PAUSES, LAPSED_PART, SLOWING_PART

LENGTHS = ("earliest", "middle", "slowing", "at_risk", "lapsed")
"""The lengths that are known of pauses."""

_MIDDLE = 0.5


@dataclass(frozen=True)
class Limits:
    """How long pauses are: the share of those that ended that were no longer, by Kaplan and Meier.

    Attributes
    ----------
    earliest, middle, slowing, at_risk, lapsed : int, or None where the log cannot tell
        The lengths that a tenth, half, three quarters, nine in ten and 95 % do not exceed.
    ended, going_on : int
        The pauses that they are taken from.
    come_back : float
        The share of all pauses that end within the time that the log shows.
    """

    earliest: int | None
    middle: int | None
    slowing: int | None
    at_risk: int | None
    lapsed: int | None
    ended: int
    going_on: int
    come_back: float

    def scaled(self, numerator: int, denominator: int) -> "Limits":
        """Return the limits in another unit, rounded down."""
        lengths: dict[str, Any] = {
            name: None if length is None else length * numerator // denominator
            for name, length in asdict(self).items()
            if name in LENGTHS
        }
        return replace(self, **lengths)


@dataclass(frozen=True)
class Rhythm:
    """What is usual among customers who are known by their orders, or by their visits.

    Attributes
    ----------
    first : Limits
        Of the pause after a customer's first day, in days.
    further : Limits
        Of later pauses, in hundredths of the gap that was usual for the customer until then.
    usual_gap : int
        Everyone's usual gap in hundredths of a day: the mean of customers' own means.
    strength : int
        How many gaps of a customer's own that is worth.
    """

    first: Limits
    further: Limits
    usual_gap: int
    strength: int

    def to_json(self) -> dict[str, Any]:
        """Return the rhythm as JSON-ready values, in days and in usual gaps."""
        return {
            "first": asdict(self.first),
            "further": {
                name: value / 100 if name in LENGTHS and value is not None else value
                for name, value in asdict(self.further).items()
            },
            "usual_gap_days": self.usual_gap / 100,
            "strength": self.strength,
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """Read what `to_json` returned."""
        further = {
            name: round(100 * value) if name in LENGTHS and value is not None else value
            for name, value in stored["further"].items()
        }
        return cls(
            Limits(**stored["first"]),
            Limits(**further),
            round(100 * stored["usual_gap_days"]),
            stored["strength"],
        )


def limits_of(
    ended: Mapping[int, int], going_on: Mapping[int, int], *, longest: float = math.inf
) -> Limits | None:
    """Return how long pauses are, from how many of each length ended and how many still go on.

    The distribution of all pauses is that of the product-limit estimate (Kaplan and Meier 1958,
    doi:10.1080/01621459.1958.10501452), in which a pause that goes on counts until now. The
    limits are quantiles of the pauses that end: of its part below the highest value.

    Parameters
    ----------
    ended, going_on : mapping of a length to the number of pauses
    longest : float
        Limits beyond it are None.

    Returns
    -------
    Limits, or None
        None where fewer than 30 pauses ended.

    >>> limits = limits_of({10: 60, 20: 40}, {15: 50})
    >>> limits.earliest, limits.middle, limits.come_back  # 60 of 150, then 40 of 40
    (10, 20, 1.0)
    """
    if sum(ended.values()) < FEWEST_PAUSES:
        return None
    waiting = sum(ended.values()) + sum(going_on.values())
    curve: list[tuple[int, float]] = []
    remaining = 1.0
    for length in sorted({*ended, *going_on}):
        remaining *= 1 - ended.get(length, 0) / waiting
        waiting -= ended.get(length, 0) + going_on.get(length, 0)
        if length in ended:
            curve.append((length, 1 - remaining))
    come_back = curve[-1][1]

    def quantile(part: float) -> int | None:
        reached = next(length for length, share in curve if share >= part * come_back - 1e-12)
        return reached if reached <= longest else None

    return Limits(
        earliest=quantile(EARLY_PART),
        middle=quantile(_MIDDLE),
        slowing=quantile(SLOWING_PART),
        at_risk=quantile(AT_RISK_PART),
        lapsed=quantile(LAPSED_PART),
        ended=sum(ended.values()),
        going_on=sum(going_on.values()),
        come_back=round(come_back, 12),
    )


def usual_gap_of(means: Iterable[tuple[int, int, int]]) -> tuple[int, int]:
    """Return everyone's usual gap in hundredths of a day, and how many gaps it is worth.

    Parameters
    ----------
    means : iterable of (days between first and last, gaps, customers)
        Of customers with a gap.

    >>> usual_gap_of([(10, 1, 50), (60, 2, 50)])
    (2000, 1)
    """
    rows = sorted(means)
    customers = sum(count for _, _, count in rows)
    usual = math.fsum(count * days / gaps for days, gaps, count in rows) / customers
    apart = [(days / gaps - usual, gaps, count) for days, gaps, count in rows]
    strength = credibility_strength(
        customers=customers,
        observations=sum(gaps * count for _, gaps, count in apart),
        inverse=math.fsum(count / gaps for _, gaps, count in apart),
        spread=math.fsum(count * away**2 for away, _, count in apart),
        weighted=math.fsum(count * gaps * away**2 for away, gaps, count in apart),
    )
    return round(100 * usual), round(strength)
