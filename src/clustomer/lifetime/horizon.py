"""How far a forecast looks."""

from datetime import timedelta

from clustomer.errors import UsageError
from clustomer.events.window import parse_length


def horizon_days(text: str) -> int:
    """Return the days of a horizon; raise UsageError where they are not whole.

    >>> horizon_days("12w")
    84
    """
    length = parse_length(text)
    if length % timedelta(days=1):
        raise UsageError(
            f"The horizon {text!r} is {length}; whole days were expected, since orders of a day "
            "count as one. Give it as days or weeks, such as 90d or 12w."
        )
    return length.days
