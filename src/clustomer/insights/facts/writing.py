"""Numbers as a reader meets them: by their unit, with as many decimals as they are worth.

Whatever a text of the insights shows is written here: with Python's own formatting, which rounds
the number that there is. See the decision "Numbers are written in one way".
"""

import re
from difflib import get_close_matches
from functools import cache

from clustomer.errors import UsageError
from clustomer.insights.facts.fact import Fact, Value

MINUS = "\u2212"
"""The sign of numbers below 0, which is as wide as a plus; no line breaks after it."""

_ISO_CODE = re.compile(r"[A-Z]{3}")


def check_currency(currency: str | None) -> str | None:
    """Return the currency as given: an ISO 4217 code (EUR), a symbol (£), or None.

    >>> check_currency("EUR"), check_currency("£"), check_currency(None)
    ('EUR', '£', None)

    Raises UsageError for anything else, such as a name, a number or a code that is none.
    """
    if currency is None or currency in _codes():
        return currency
    symbol = 1 <= len(currency) <= 3 and not any(c.isdigit() or c.isspace() for c in currency)
    if symbol and not (len(currency) == 3 and currency.isascii() and currency.isalpha()):
        return currency
    near = get_close_matches(currency.upper(), sorted(_codes()), n=1) if currency else []
    meant = f" Did you mean {near[0]}?" if near else ""
    raise UsageError(
        f"The currency is {currency!r}; an ISO code such as EUR or a symbol such as £ was "
        f"expected. Give one of these, or none for plain numbers.{meant}"
    )


@cache
def _codes() -> frozenset[str]:
    """Return the codes of ISO 4217, those of former currencies among them."""
    from babel.numbers import list_currencies

    return frozenset(list_currencies())


def decimals_for(value: Value, unit: str) -> int:
    """Return how many decimals a value is worth: fewer, the larger it is.

    >>> decimals_for(1234.5, "currency"), decimals_for(12.5, "currency")
    (0, 2)
    >>> decimals_for(1.414, "orders"), decimals_for(14.14, "orders"), decimals_for(3.0, "orders")
    (2, 1, 0)
    """
    if value is None or isinstance(value, str | int):
        return 0
    size = abs(value)
    if unit == "share":
        return 0 if size >= 10 else 1
    if unit == "currency":
        return 0 if size >= 1000 or size == 0 else 2
    if unit == "ratio":
        return 0 if size >= 10 else 1
    if unit in ("days", "minutes"):
        return 0 if size >= 10 else 1
    if size >= 100 or value == int(value):
        return 0
    return 1 if size >= 2 else 2


def format_value(fact: Fact, currency: str | None = None) -> str:
    """Return a fact's value as plain text.

    A value that would be rounded to nothing says so: `<0.1 %`, `<0.01`. An undefined one is
    written `not known`.

    >>> def say(value, unit, decimals=0, currency=None):
    ...     return format_value(Fact("x", value, unit, decimals, None, {}), currency)
    >>> say(12345, "customers"), say(0.0004, "share", 1), say(0.9999, "share", 1)
    ('12,345', '<0.1 %', '>99.9 %')
    >>> say(1234.5, "currency", 0, "EUR"), say(12.5, "currency", 2, "£"), say(-3.0, "currency", 2)
    ('EUR 1,234', '£12.50', '−3.00')
    >>> say(3.21, "days", 1), say(1.0, "days", 1), say(0.118, "days", 1)
    ('3.2 days', '1 day', '2.8 hours')
    >>> say("2011-09-01T00:00:00Z", "date"), say("2019-10-01T01:30:00Z", "date")
    ('2011-09-01', '2019-10-01 01:30 UTC')
    """
    value = fact.value
    if value is None:
        return "not known"
    if isinstance(value, str):
        return _moment(value) if fact.unit == "date" else value
    match fact.unit:
        case "share":
            return write_share(float(value), fact.decimals)
        case "currency":
            sign, size = (MINUS if value < 0 else ""), abs(value)
            gap = " " if currency and _ISO_CODE.fullmatch(currency) else ""
            return f"{sign}{currency or ''}{gap}{write_number(size, fact.decimals)}"
        case "days":
            return _duration(float(value), fact.decimals)
        case "p":
            return write_number(max(value, 1e-9), fact.decimals)
        case "difference":
            return _signed(float(value), fact.decimals)
        case "points":
            return _with_word(100 * value, fact.decimals, "point")
        case "minutes":
            return _with_word(float(value), fact.decimals, "minute")
        case _:
            return write_number(value, fact.decimals)


def _moment(written: str) -> str:
    day, _, time = written.removesuffix("Z").partition("T")
    return day if time in ("", "00:00:00") else f"{day} {time[:5]} UTC"


def write_number(value: float, decimals: int = 0) -> str:
    """Return a number with its thousands apart; what would be rounded to nothing says so.

    >>> write_number(-1234.5, 1), write_number(0.0004, 2), write_number(1234)
    ('−1,234.5', '<0.01', '1,234')
    """
    smallest = 10.0**-decimals
    if value and abs(value) < smallest / 2:
        sign = "<" if value > 0 else f">{MINUS}"
        return f"{sign}{smallest:.{decimals}f}"
    return f"{MINUS if value < 0 else ''}{abs(value):,.{decimals}f}"


def _signed(value: float, decimals: int) -> str:
    """Write a number with its sign; none where it is rounded to zero.

    >>> _signed(-0.04, 1), _signed(-1.26, 1), _signed(0.5, 1)
    ('0.0', '−1.3', '+0.5')
    """
    written = f"{abs(value):.{decimals}f}"
    if not float(written):
        return written
    return (MINUS if value < 0 else "+") + written


def write_share(share: float, decimals: int) -> str:
    """Return a share in per cent; 0 and 1 without decimals, and nothing else as them.

    What is 1 but for the rounding of sums is 1.

    >>> write_share(0.125, 1), write_share(1.0, 1), write_share(0.9999, 1)
    ('12.5 %', '100 %', '>99.9 %')
    >>> write_share(0.1 + 0.2 + 0.7 - 2e-16, 1)
    '100 %'
    """
    share = round(share, 12)
    if share in (0, 1):
        return f"{write_number(100 * share)} %"
    smallest = 10.0**-decimals
    percent = share * 100
    if 0 < percent < smallest:
        return f"<{smallest:.{decimals}f} %"
    if 100 - smallest < percent < 100:
        return f">{100 - smallest:.{decimals}f} %"
    return f"{write_number(percent, decimals)} %"


def _with_word(value: float, decimals: int, word: str) -> str:
    written = write_number(value, decimals)
    if "." in written and not written.startswith(("<", ">")):
        written = written.rstrip("0").rstrip(".")
    return f"{written} {word}" if written == "1" else f"{written} {word}s"


def _duration(days: float, decimals: int) -> str:
    size = abs(days)
    if size >= 1 or days == 0:
        return _with_word(days, decimals, "day")
    if size >= 1 / 24:
        return _with_word(days * 24, 1, "hour")
    if size >= 1 / 1440:
        return _with_word(days * 1440, 0, "minute")
    return "less than a minute"
