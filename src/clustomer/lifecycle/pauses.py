"""How long pauses are in a shop: from counts of those that ended and of those that still go on."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

from clustomer.customers.rates import credibility_strength
from clustomer.thresholds import (
    AT_RISK_PART,
    EARLY_PART,
    FEWEST_PAUSES,
    LAPSED_PART,
    LATE_PART,
    SHORT_GAP,
    SLOWING_PART,
)

EXPECTED = ("earliest", "middle", "latest")
"""The lengths by which so many of all pauses are over."""
TOO_LONG = ("slowing", "at_risk", "lapsed")
"""The lengths from which on a stage begins."""
LENGTHS = (*EXPECTED, *TOO_LONG)
"""The lengths that are known of pauses."""
GAPS = 3
"""Kinds of usual gaps: short, up to everyone's, longer."""
GROUPS = 3 * GAPS
"""Kinds of customers whose later pauses are compared: by how often they came, and their gap."""

_MIDDLE = 0.5


@dataclass(frozen=True)
class Limits:
    """How long pauses are, by the product-limit estimate of Kaplan and Meier.

    Attributes
    ----------
    earliest, middle, latest : int, or None where the log cannot tell
        The lengths by which a quarter, half and three quarters of all pauses are over.
    slowing, at_risk, lapsed : int, or None where the log cannot tell
        The lengths that three quarters, nine in ten and 95 % of the pauses that end do not exceed.
    ended, going_on : int
        The pauses that they are taken from.
    come_back : float
        The share of all pauses that end within the time that the log shows.
    """

    earliest: int | None
    middle: int | None
    latest: int | None
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
    groups : tuple of Limits
        The same of `GROUPS` kinds of customers, as `pause_group` numbers them; those of `further`
        where too few pauses of a kind ended.
    group_gaps : tuple of int or None
        The mean usual gap of the pauses of each kind, in hundredths of a day; None without pauses.
        Between the mean gaps of two kinds who came as often, expected lengths are interpolated.
    usual_gap : int
        Everyone's usual gap in hundredths of a day: the mean of customers' own means.
    strength : int
        How many gaps of a customer's own that is worth.
    """

    first: Limits
    further: Limits
    groups: tuple[Limits, ...]
    group_gaps: tuple[int | None, ...]
    usual_gap: int
    strength: int

    @property
    def short_gap(self) -> int:
        """The usual gap below which a customer's own counts as short, in hundredths of a day."""
        return short_gap(self.usual_gap)

    def to_json(self) -> dict[str, Any]:
        """Return the rhythm as JSON-ready values, in days and in usual gaps."""
        return {
            "first": asdict(self.first),
            "further": _in_gaps(self.further),
            "groups": [_in_gaps(limits) for limits in self.groups],
            "group_gaps_days": [None if gap is None else gap / 100 for gap in self.group_gaps],
            "usual_gap_days": self.usual_gap / 100,
            "strength": self.strength,
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """Read what `to_json` returned; versions from before interpolation have no mean gaps."""
        gaps = stored.get("group_gaps_days", [None] * GROUPS)
        return cls(
            Limits(**stored["first"]),
            _in_hundredths(stored["further"]),
            tuple(_in_hundredths(limits) for limits in stored["groups"]),
            tuple(None if gap is None else round(100 * gap) for gap in gaps),
            round(100 * stored["usual_gap_days"]),
            stored["strength"],
        )


def neighbour(rhythm: Rhythm, number: int, *, longer: bool) -> tuple[int, Limits] | None:
    """Return the mean gap and the limits of the kind with the next longer, or shorter, gaps.

    It came as often as the kind of the number. None where there is no such kind, where a mean gap
    is not known, or where fewer than half of the pauses of either were seen to end.
    """
    other = number + 1 if longer else number - 1
    if other // GAPS != number // GAPS or rhythm.group_gaps[number] is None:
        return None
    gap, limits = rhythm.group_gaps[other], rhythm.groups[other]
    if gap is None or limits.middle is None or rhythm.groups[number].middle is None:
        return None
    return gap, limits


def _in_gaps(limits: Limits) -> dict[str, Any]:
    return {
        name: value / 100 if name in LENGTHS and value is not None else value
        for name, value in asdict(limits).items()
    }


def _in_hundredths(stored: Mapping[str, Any]) -> Limits:
    return Limits(
        **{
            name: round(100 * value) if name in LENGTHS and value is not None else value
            for name, value in stored.items()
        }
    )


def short_gap(usual_gap: int) -> int:
    """Return the gap below which one is short, where `usual_gap` is everyone's.

    >>> short_gap(3000)
    2100
    """
    return round(SHORT_GAP * usual_gap)


def limits_of(
    ended: Mapping[int, int], going_on: Mapping[int, int], *, longest: float = math.inf
) -> Limits | None:
    """Return how long pauses are, from how many of each length ended and how many still go on.

    The distribution of all pauses is that of the product-limit estimate (Kaplan and Meier 1958,
    doi:10.1080/01621459.1958.10501452), in which a pause that goes on counts until now. When the
    next order is expected follows from all pauses; who is late, from quantiles of those that end:
    of the part of the distribution below its highest value.

    Parameters
    ----------
    ended, going_on : mapping of a length to the number of pauses
    longest : float
        Limits beyond it are None.

    Returns
    -------
    Limits, or None
        None where fewer than 30 pauses ended.

    >>> limits = limits_of({10: 60, 20: 40}, {30: 50})
    >>> limits.earliest, limits.middle, limits.latest  # 60 of 150 are over, then 100
    (10, 20, None)
    >>> limits.slowing, round(limits.come_back, 3)
    (20, 0.667)
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

    def reached(share: float) -> int | None:
        length = next((length for length, over in curve if over >= share - 1e-12), None)
        return length if length is not None and length <= longest else None

    return Limits(
        earliest=reached(EARLY_PART),
        middle=reached(_MIDDLE),
        latest=reached(LATE_PART),
        slowing=reached(SLOWING_PART * come_back),
        at_risk=reached(AT_RISK_PART * come_back),
        lapsed=reached(LAPSED_PART * come_back),
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
