"""The days, weeks or months of a window, on the shop's clock; and periods as people write them."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

import pyarrow as pa

from clustomer.errors import UsageError, did_you_mean
from clustomer.events import Window

UNITS = ("day", "week", "month")
"""How long a period can be."""

DAYS_BELOW = 42
"""A window of fewer days is shown by day."""
WEEKS_BELOW = 183
"""One of fewer days is shown by week, and a longer one by month."""


@dataclass(frozen=True)
class Period:
    """A day, a week from Monday, or a month: `[start, end)`.

    `complete` tells whether the window holds all of it.
    """

    start: date
    end: date
    complete: bool


@dataclass(frozen=True)
class Calendar:
    """The periods of a window, in their order."""

    unit: str
    periods: tuple[Period, ...]

    def name(self, number: int) -> str:
        """Return what a period is called: a month "2024-02", a day or a week the date it begins.

        >>> Calendar("month", (Period(date(2024, 2, 1), date(2024, 3, 1), True),)).name(0)
        '2024-02'
        """
        begins = self.periods[number].start.isoformat()
        return begins[:7] if self.unit == "month" else begins

    @cached_property
    def table(self) -> pa.Table:
        """`day` (days since 1970) and `period` (its number, from 0), a row for each day."""
        days, numbers = [], []
        for number, period in enumerate(self.periods):
            for day in range((period.end - period.start).days):
                days.append((period.start - _EPOCH).days + day)
                numbers.append(number)
        return pa.table(
            {"day": pa.array(days, pa.int64()), "period": pa.array(numbers, pa.int64())}
        )


_EPOCH = date(1970, 1, 1)


def read_period(text: str, window: Window) -> Period:
    """Return the period that a text names, which must lie in a window.

    Parameters
    ----------
    text : str
        A year (2011), a quarter (2011-Q4), a month (2011-11), a day (2011-11-05), or from one of
        these to another (2011-10..2011-12), both of them included.
    window : Window

    Raises
    ------
    UsageError
        Where the text is no period, or one of which the window lacks a part.

    >>> year = Window(datetime(2011, 1, 1), datetime(2012, 1, 1), "UTC")
    >>> period = read_period("2011-10..2011-12", year)
    >>> str(period.start), str(period.end)
    ('2011-10-01', '2012-01-01')
    >>> read_period("2012-01", year)
    Traceback (most recent call last):
    ...
    clustomer.errors.UsageError: The log has only a part of 2012-01, or nothing: it goes from ...
    """
    first, _, last = text.partition("..")
    bounds = [_written_period(part.strip()) for part in ((first, last) if last else (first,))]
    if None in bounds:
        raise UsageError(
            f"{text!r} is no period. Expected a year (2011), a quarter (2011-Q4), a month "
            "(2011-11), a day (2011-11-05), or from one to another (2011-10..2011-12)."
        )
    days = [bound for bound in bounds if bound is not None]
    start, end = days[0][0], days[-1][1]
    if start >= end:
        raise UsageError(
            f"The period {text!r} ends before it begins. Give the earlier end first, as in "
            "2011-10..2011-12."
        )
    if start < window.first_day or end > window.last_day + timedelta(days=1):
        raise UsageError(
            f"The log has only a part of {text}, or nothing: it goes from {window.first_day} to "
            f"{window.last_day}. Give a period within these days."
        )
    return Period(start, end, True)


def _written_period(text: str) -> tuple[date, date] | None:
    """Return the first day of a year, a quarter, a month or a day, and the day after its last."""
    match = re.fullmatch(r"(\d{4})(?:-(?:[Qq]([1-4])|(\d{2})(?:-(\d{2}))?))?", text)
    if match is None:
        return None
    year, quarter, month, day = (int(part) if part else None for part in match.groups())
    assert year is not None
    first = month or (3 * quarter - 2 if quarter else 1)
    try:
        start = date(year, first, day or 1)
        if day:
            return start, start + timedelta(days=1)
        months = 1 if month else 3 if quarter else 12
        years, over = divmod(first - 1 + months, 12)
        return start, date(year + years, over + 1, 1)
    except ValueError:
        return None


def calendar_of(window: Window, unit: str | None = None) -> Calendar:
    """Return the periods that a window touches.

    Parameters
    ----------
    window : Window
    unit : "day", "week" or "month", optional
        By default days below six weeks, weeks below half a year, months otherwise.

    Raises
    ------
    UsageError
        For another unit.

    >>> calendar = calendar_of(Window(datetime(2024, 1, 10), datetime(2024, 3, 1), "UTC"), "month")
    >>> [(str(period.start), period.complete) for period in calendar.periods]
    [('2024-01-01', False), ('2024-02-01', True)]
    """
    if unit is None:
        unit = (
            "day" if window.days < DAYS_BELOW else "week" if window.days < WEEKS_BELOW else "month"
        )
    if unit not in UNITS:
        raise UsageError(f"There is no period `{unit}`. {did_you_mean(unit, UNITS)}")
    first, last = window.first_day, window.last_day
    # the first and the last day count as whole for weeks and months: no shop is open at all hours
    ends_early = unit == "day" and not _at_midnight(window.cutoff, window)
    starts_late = unit == "day" and not _at_midnight(window.start, window)
    periods = []
    start = _begin(first, unit)
    while start <= last:
        end = _next(start, unit)
        cut = start < first or end > last + timedelta(days=1)
        cut = cut or (starts_late and start == first) or (ends_early and start == last)
        periods.append(Period(start, end, not cut))
        start = end
    return Calendar(unit, tuple(periods))


def _at_midnight(moment: datetime, window: Window) -> bool:
    local = moment.replace(tzinfo=UTC).astimezone(ZoneInfo(window.time_zone))
    return (local.hour, local.minute, local.second) == (0, 0, 0)


def _begin(day: date, unit: str) -> date:
    if unit == "month":
        return day.replace(day=1)
    return day - timedelta(days=day.weekday()) if unit == "week" else day


def _next(start: date, unit: str) -> date:
    if unit == "month":
        return (start + timedelta(days=31)).replace(day=1)
    return start + timedelta(days=7 if unit == "week" else 1)
