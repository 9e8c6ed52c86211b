"""How many of a segment a test needs to hold back: who gets nothing shows what happens anyway."""

from math import ceil, sqrt
from statistics import NormalDist

from clustomer.thresholds import ONE_MORE_SHARE, TELLABLE_RISE, TEST_LEVEL, TEST_POWER


def control_group(before: float, rise: float) -> int | None:
    """Return how many customers each of two groups needs to tell a rise of a share.

    For a two-sided test of two proportions at `TEST_LEVEL` with the power `TEST_POWER`, without
    continuity correction: Fleiss, Levin and Paik (2003), Statistical Methods for Rates and
    Proportions, 3rd edition, chapter 4. None where the share would exceed 1.

    >>> control_group(0.5, 0.05), control_group(0.1, 0.05), control_group(0.97, 0.05)
    (1565, 686, None)
    """
    after = before + rise
    if after > 1:
        return None
    alpha, beta = NormalDist().inv_cdf(1 - TEST_LEVEL / 2), NormalDist().inv_cdf(TEST_POWER)
    together = alpha * sqrt((before + after) * (2 - before - after) / 2)
    apart = beta * sqrt(before * (1 - before) + after * (1 - after))
    return ceil(round((together + apart) ** 2 / rise**2, 9))


def smallest_rise(before: float, size: int) -> float | None:
    """Return the rise of a share, in whole points, that two groups of a size can tell.

    None where no rise up to a share of 1 can be told; see `control_group`.

    >>> smallest_rise(0.43, 1038), smallest_rise(0.64, 165), smallest_rise(0.9, 20)
    (0.07, 0.14, None)
    """
    points = range(1, 101)
    enough = ((rise, control_group(before, rise / 100)) for rise in points)
    return next((rise / 100 for rise, needed in enough if needed and needed <= size), None)


def held_back(before: float | None, size: int) -> int:
    """Return how many of a segment of a size are held back in a test; 0 where no test can tell.

    As many as each of two groups needs to tell `ONE_MORE_SHARE` more than the share `before` who
    order anyway, where there are two such groups; else half, if that tells a rise of at most
    `TELLABLE_RISE`. Where it is not known how many order anyway, half are if that tells such a rise
    whatever they do: of a half.

    Of 2,000 with one in ten 686 are; of 330 with 64 % half are, who tell 14 points; of 40 none:

    >>> held_back(0.1, 2000), held_back(0.64, 330), held_back(0.64, 40), held_back(None, 401)
    (686, 165, 0, 200)
    """
    if before is None:
        return size // 2 if tellable_rise(0.5, size // 2) is not None else 0
    needed = control_group(before, ONE_MORE_SHARE)
    if needed is not None and 2 * needed <= size:
        return needed
    return size // 2 if tellable_rise(before, size // 2) is not None else 0


def tellable_rise(before: float, size: int) -> float | None:
    """Return the smallest rise that two groups of a size tell; None above `TELLABLE_RISE`.

    >>> tellable_rise(0.64, 165), tellable_rise(0.64, 20)
    (0.14, None)
    """
    rise = smallest_rise(before, size)
    return rise if rise is not None and rise <= TELLABLE_RISE else None
