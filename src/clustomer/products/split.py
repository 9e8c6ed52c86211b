"""Where the log is split: a stretch that chooses, a later one that judges, and what is before."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from clustomer.customers.reason import Number, Reason
from clustomer.events import Window
from clustomer.products.interactions import PURCHASE, VIEW, Integers, Interactions
from clustomer.products.past import NEXT_BASKET, NEXT_PURCHASE, NEXT_VIEW, Past, targets_of
from clustomer.products.sparse import Matrix
from clustomer.thresholds import (
    JUDGED_CUSTOMERS,
    LONG_WINDOW_DAYS,
    MOST_JUDGED,
    REPEAT_SHOP,
    STRETCH_DAYS,
    STRETCH_PART,
)

_DAY = 86_400

SegmentsAt = Callable[[int], Integers]
"""The number of each customer's segment at a second, by what was before it."""


@dataclass(frozen=True, eq=False)
class Stretch:
    """A stretch of the log and the past before it.

    Attributes
    ----------
    past : Past
        What was before the stretch.
    before : Past
        What was before the stretch before.
    targets : sparse matrix, customers by products
        What each took in the stretch.
    customers : ndarray of int
        Those who took something in it and had to do with a product before, a sample where they
        are very many.
    eligible : int
        How many there are.
    """

    past: Past
    before: Past
    targets: Matrix
    customers: Integers
    eligible: int


@dataclass(frozen=True, eq=False)
class Split:
    """What recommendations are judged by, and two stretches: one chooses, the later one judges."""

    target: str
    choosing: Stretch
    judging: Stretch


def stretch_bounds(rows: Interactions, window: Window) -> tuple[int, int, int]:
    """Return when the stretch that chooses begins, when the one that judges, and its end.

    Both are a part of the log (`STRETCH_PART`) in whole days; in a log of under four weeks, whose
    hours may differ much, they are that part of what was done.
    """
    end = window.cutoff_s
    if window.days >= LONG_WINDOW_DAYS:
        days = min(max(int(STRETCH_PART * window.days), 1), STRETCH_DAYS)
        return end - 2 * days * _DAY, end - days * _DAY, end
    seconds = np.sort(rows.second)
    if not len(seconds):
        return end, end, end
    judge, choose = (
        int(seconds[int((1 - part * STRETCH_PART) * (len(seconds) - 1))]) for part in (1, 2)
    )
    return choose, judge, end


def default_target(rows: Interactions) -> str:
    """Return what is recommended where nothing can be judged: purchases where there are any."""
    return NEXT_PURCHASE if rows.has(PURCHASE) else NEXT_VIEW


def split(
    rows: Interactions, window: Window, segments_at: SegmentsAt, *, random_state: int = 0
) -> Split | Reason:
    """Split a log in time, and say what recommendations are judged by.

    The target is the next basket where most buyers of a stretch had ordered before, else the next
    purchase, else, where too few buy, the next view.

    Returns
    -------
    Split, or Reason ("products few customers") with how many there were.
    """
    choose, judge, end = stretch_bounds(rows, window)
    bounds = ((choose, judge), (judge, end))
    numbers: dict[str, Number] = {"least": JUDGED_CUSTOMERS}
    for target in _candidates(rows):
        eligible = [_eligible(rows, start, stop, target)[1] for start, stop in bounds]
        numbers |= {"choosing": len(eligible[0]), "judging": len(eligible[1])}
        if min(map(len, eligible)) < JUDGED_CUSTOMERS:
            continue
        if target == NEXT_PURCHASE and _is_repeat_shop(rows, choose, eligible[0]):
            target = NEXT_BASKET
        stretches = [
            _stretch(rows, start, stop, target, segments_at(start), random_state)
            for start, stop in bounds
        ]
        return Split(target, *stretches)
    return Reason("products few customers", numbers)


def _candidates(rows: Interactions) -> list[str]:
    kinds = {NEXT_PURCHASE: PURCHASE, NEXT_VIEW: VIEW}
    return [target for target, kind in kinds.items() if rows.has(kind)]


def _eligible(rows: Interactions, start: int, stop: int, target: str) -> tuple[Matrix, Integers]:
    """Return what customers took in a stretch, and who of them was there before."""
    targets = targets_of(rows.within(start, stop), target)
    before = np.bincount(rows.customer[rows.second < start], minlength=rows.n_customers) > 0
    return targets, np.flatnonzero((np.diff(targets.indptr) > 0) & before)


def _is_repeat_shop(rows: Interactions, start: int, customers: Integers) -> bool:
    bought = rows.of(PURCHASE)
    bought = bought.where(bought.second < start)
    pairs = np.unique(np.stack([bought.customer, bought.basket]), axis=1)
    baskets = np.bincount(pairs[0], minlength=rows.n_customers)
    return bool((baskets[customers] >= 2).mean() >= REPEAT_SHOP)


def _stretch(
    rows: Interactions, start: int, stop: int, target: str, segment: Integers, random_state: int
) -> Stretch:
    targets, customers = _eligible(rows, start, stop, target)
    eligible = len(customers)
    if eligible > MOST_JUDGED:
        draw = np.random.default_rng(random_state)
        customers = np.sort(draw.choice(customers, MOST_JUDGED, replace=False))
    past = past_of(rows, start, stop - start, target, segment)
    return Stretch(past, earlier(past), targets, customers, eligible)


def past_of(rows: Interactions, until: int, length: int, target: str, segment: Integers) -> Past:
    """Return what was before a second."""
    return Past(rows.where(rows.second < until), until, length, target, segment)


def earlier(past: Past) -> Past:
    """Return the past of the last stretch of a past."""
    until = past.until - past.stretch
    return past_of(past.interactions, until, past.stretch, past.target, past.segment)
