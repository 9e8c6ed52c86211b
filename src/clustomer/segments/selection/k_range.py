"""Which numbers of clusters can be asked for, and which are possible."""

from collections.abc import Sequence
from numbers import Integral
from typing import Any

from clustomer.errors import UsageError


def check_choice(k: object, k_range: Sequence[int], random_state: object) -> tuple[int, int]:
    """Return the range of K, or say what makes no sense before any work is done.

    >>> check_choice("auto", (2, 10), 0)
    (2, 10)
    """
    if not (k == "auto" or (is_whole(k) and k >= 1)):  # type: ignore[operator]
        raise UsageError(f'k is {k!r}, expected a whole number of at least 1, or "auto".')
    if not is_whole(random_state) or not 0 <= random_state < 2**32:  # type: ignore[operator]
        raise UsageError(
            f"The seed (random_state) is {random_state!r}, expected a whole number from 0 to "
            f"{2**32 - 1}."
        )
    return checked_range(k_range)


def checked_range(k_range: Sequence[int]) -> tuple[int, int]:
    """Return the lowest and the highest K of a range, or say what is wrong with it.

    >>> checked_range((10, 2))
    Traceback (most recent call last):
    ...
    clustomer.errors.UsageError: k_range is (10, 2), expected two whole numbers, ...
    """
    are_whole = all(isinstance(k, Integral) and not isinstance(k, bool) for k in k_range)
    if len(k_range) != 2 or not are_whole or not 1 <= k_range[0] <= k_range[1]:
        raise UsageError(
            f"k_range is {tuple(k_range)}, expected two whole numbers, the lower first and at "
            "least 1, such as (2, 10)."
        )
    return int(k_range[0]), int(k_range[1])


def is_whole(value: Any) -> bool:
    """Tell whether a value is a whole number; True and False are none."""
    return isinstance(value, Integral) and not isinstance(value, bool)
