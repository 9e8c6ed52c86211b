"""What marks the segments of a facet: the bins in which they have more than everyone."""

from collections.abc import Sequence

import numpy as np

from clustomer.facets.declaration import OTHER
from clustomer.segments.arrays import Floats, Integers
from clustomer.thresholds import MARK_EXCESS, MARK_RATIO, NEARLY_ALL

MOST_MARKS = 3
_OF_THE_FIRST = 0.5


def marks_of(shares: Floats, everyone: Floats, bins: Sequence[str]) -> tuple[int, ...]:
    """Return the bins that mark a segment, most telling first.

    Those with `MARK_RATIO` times everyone's share and `MARK_EXCESS` more, and by at least half as
    much more as the first; at most three, and no more once they hold `NEARLY_ALL`. The bin of the
    rest marks nobody.

    >>> everyone = np.array([0.4, 0.3, 0.2, 0.1])
    >>> marks_of(np.array([0.1, 0.1, 0.5, 0.3]), everyone, ["a", "b", "c", "d"])
    (2, 3)
    >>> marks_of(everyone, everyone, ["a", "b", "c", "d"])
    ()
    """
    excess = shares - everyone
    telling = (shares >= MARK_RATIO * everyone) & (excess >= MARK_EXCESS)
    order = [int(i) for i in np.argsort(-excess, kind="stable") if telling[i] and bins[i] != OTHER]
    marks: list[int] = []
    for number in order[:MOST_MARKS]:
        enough = marks and shares[marks].sum() >= NEARLY_ALL
        if enough or (marks and excess[number] < _OF_THE_FIRST * excess[marks[0]]):
            break
        marks.append(number)
    return tuple(marks)


def inside(amounts: Floats, counts: Integers | Floats, marks: Sequence[int]) -> Floats:
    """Return the share of each customer's visits in some bins.

    >>> inside(np.array([[1.0, 3.0]]), np.array([4]), (1,)).tolist()
    [0.75]
    """
    return np.asarray(amounts[:, list(marks)].sum(axis=1) / np.asarray(counts))
