"""A bump in the tail of one amount: more customers far out than any tail that falls would have."""

from dataclasses import dataclass

import numpy as np

from clustomer.segments.arrays import Floats
from clustomer.thresholds import FACET_CUSTOMERS, FEWEST_KNOWN, RARE_LEAST, RARE_MOST

_FROM = 0.7
"""The tail begins at this quantile of those who have any of the amount."""
_BEYOND = 2
"""Nothing up to so many times as large may stand out more: no part of a bump is a kind."""


@dataclass(frozen=True)
class Bump:
    """Customers far out: those with more than `cut`.

    `excess` is the part of them that is beyond what a falling tail has there, 0 to 1;
    `excess_crowd` the highest part in simulated tails that fall.
    """

    cut: float
    customers: int
    excess: float
    excess_crowd: float


def find_bump(
    amounts: Floats, customers: int, *, crowds: int, rng: np.random.Generator
) -> Bump | None:
    """Return the bump in the tail of an amount, beside tails that only fall.

    The tail of one population falls: the further out, the fewer. Its distribution function is
    concave there, and the least concave majorant of the empirical one is the closest such tail
    (Grenander 1956, doi:10.1080/03461238.1956.10414944). Where the empirical function is furthest
    below it, a gap ends and a bump begins; the part of the customers from there on by which it is
    below is the excess, as the dip (Hartigan and Hartigan 1985, doi:10.1214/aos/1176346577) in the
    tail. Amounts are taken as logarithms; equal ones are spread over the step of their scale.

    Parameters
    ----------
    amounts : ndarray, those of customers who have any, above 0.
    customers : int
        All there are; a bump holds from `RARE_LEAST` to `RARE_MOST` of them, and `FEWEST_KNOWN`.
    crowds : int
        The tails that are drawn from the closest falling one, with as many customers.
    rng : numpy.random.Generator

    Returns
    -------
    Bump or None
        None where fewer than `FACET_CUSTOMERS` have any, or nowhere is one of that size.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> crowd = np.exp(rng.normal(2, 0.5, 980))
    >>> bump = find_bump(np.append(crowd, rng.normal(500, 20, 30)), 1010, crowds=9, rng=rng)
    >>> bump.customers, bump.excess > 0.8, bump.excess_crowd < 0.5
    (30, True, True)
    """
    if len(amounts) < FACET_CUSTOMERS:
        return None
    amounts = np.sort(amounts)
    tail = amounts[int(_FROM * len(amounts)) :]
    spread = np.log(_spread(amounts))[-len(tail) :]
    least = max(RARE_LEAST * customers, FEWEST_KNOWN)
    sizes = (least, RARE_MOST * customers)
    place, excess = _bump(spread, sizes)
    if place is None:
        return None
    places, counts = _majorant(spread)
    drawn = [
        np.sort(np.interp(rng.random(len(tail)) * counts[-1], counts, places))
        for _ in range(crowds)
    ]
    highest = max(_bump(one, sizes)[1] for one in drawn)
    # equal amounts stay together, whichever of them the bump begins with
    first = int(np.searchsorted(tail, tail[place]))
    if first == 0 or len(tail) - first > sizes[1]:
        return None
    cut = float((tail[first - 1] + tail[first]) / 2)
    return Bump(cut, len(tail) - first, round(excess, 6), round(highest, 6))


def _bump(tail: Floats, sizes: tuple[float, float]) -> tuple[int | None, float]:
    """Return where the bump begins, and the part of it that no falling tail has."""
    places, counts = _majorant(tail)
    below = np.arange(len(tail))
    above = len(tail) - below
    inside = (above >= sizes[0]) & (above <= sizes[1]) & (below > 0)
    if not inside.any():
        return None, 0.0
    missing = np.interp(tail, places, counts) - below - 1
    place = int(np.where(inside, missing, -1.0).argmax())
    around = missing[max(len(tail) - _BEYOND * above[place], 0) : place]
    if len(around) and around.max() > missing[place]:
        return None, 0.0
    return place, max(float(missing[place] / above[place]), 0.0)


def _majorant(tail: Floats) -> tuple[Floats, Floats]:
    """Return the corners of the least concave majorant of a sorted sample's counts.

    >>> _majorant(np.array([0.0, 1.0, 2.0, 5.0]))[0].tolist()
    [0.0, 2.0, 5.0]
    """
    places, counts = [float(tail[0])], [1.0]
    for count, place in enumerate(tail[1:].tolist(), 2):
        while len(places) > 1 and (counts[-1] - counts[-2]) * (place - places[-2]) <= (
            count - counts[-2]
        ) * (places[-1] - places[-2]):
            places.pop()
            counts.pop()
        places.append(place)
        counts.append(float(count))
    return np.array(places), np.array(counts)


def _spread(amounts: Floats) -> Floats:
    """Return sorted amounts with equal ones spread over the smallest step between any two.

    >>> _spread(np.array([1.0, 1.0, 2.0])).tolist()
    [0.75, 1.25, 2.0]
    """
    values, sizes = np.unique(amounts, return_counts=True)
    step = float(np.diff(values).min()) if len(values) > 1 else 0.0
    number = np.arange(len(amounts)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return np.asarray(amounts + step * ((number + 0.5) / np.repeat(sizes, sizes) - 0.5))
