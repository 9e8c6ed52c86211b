"""The window: the observed stretch of time, from its start to just before the cutoff."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from clustomer.errors import UsageError

_UNITS = {"h": 1 / 24, "d": 1.0, "w": 7.0}


@dataclass(frozen=True)
class Window:
    """`[start, cutoff)`: nothing at or after the cutoff influences a feature.

    Both are UTC; `time_zone` is the shop's own, for nights, weekends and days.

    >>> Window(datetime(2019, 10, 1), datetime(2019, 10, 31, 12), "UTC").days
    30.5
    """

    start: datetime
    cutoff: datetime
    time_zone: str

    @property
    def days(self) -> float:
        """The window's length in days."""
        return (self.cutoff - self.start).total_seconds() / 86400

    @property
    def start_s(self) -> int:
        """Seconds since 1970 of the start."""
        return _seconds(self.start)

    @property
    def cutoff_s(self) -> int:
        """Seconds since 1970 of the cutoff."""
        return _seconds(self.cutoff)

    @property
    def first_day(self) -> date:
        """The day on the shop's clock that the window begins in."""
        return self._on_the_clock(self.start).date()

    @property
    def last_day(self) -> date:
        """The last day on the shop's clock that the window has a part of.

        >>> Window(datetime(2024, 1, 1), datetime(2024, 2, 1), "UTC").last_day
        datetime.date(2024, 1, 31)
        """
        return self._on_the_clock(self.cutoff - timedelta(microseconds=1)).date()

    def _on_the_clock(self, moment: datetime) -> datetime:
        return moment.replace(tzinfo=UTC).astimezone(ZoneInfo(self.time_zone))

    def to_json(self) -> dict[str, Any]:
        """Return the window as JSON-ready values; times are UTC."""
        return {
            "start": self.start.isoformat() + "Z",
            "cutoff": self.cutoff.isoformat() + "Z",
            "days": round(self.days, 6),
            "time_zone": self.time_zone,
        }


def _seconds(moment: datetime) -> int:
    return int((moment - datetime(1970, 1, 1)).total_seconds())  # noqa: DTZ001 - UTC throughout


def parse_cutoff(text: str, time_zone: str) -> datetime:
    """Return a cutoff as UTC; a date means midnight on the shop's clock.

    >>> parse_cutoff("2011-09-01", "Europe/London")
    datetime.datetime(2011, 8, 31, 23, 0)
    """
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise UsageError(
            f"The cutoff {text!r} is no date. Expected 2011-09-01 or 2011-09-01T12:00; only "
            "events before it count."
        ) from error
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(time_zone))
    return moment.astimezone(UTC).replace(tzinfo=None, microsecond=0)


def parse_length(text: str) -> timedelta:
    """Return a window's length: hours, days or weeks.

    >>> parse_length("90d")
    datetime.timedelta(days=90)
    """
    match = re.fullmatch(r"\s*(\d+)\s*([hdw]?)\s*", text.lower())
    if match is None or int(match[1]) == 0:
        raise UsageError(
            f"The window {text!r} is no length of time. Expected a number with h, d or w, "
            "such as 90d (90 days) or 12w (12 weeks)."
        )
    return timedelta(days=int(match[1]) * _UNITS[match[2] or "d"])


MAX_EDGE_SHARE = 0.001
"""At most this share of the rows (or a single row of at least 100) is a sparse edge of a log."""

MAX_DENSE_SPAN = 0.5
"""It is one where all the other rows lie within this share of the time, or less."""


def dense_days(days: Sequence[tuple[int, int]]) -> tuple[int, int] | None:
    """Return the first and last day of the stretch that nearly all rows lie in.

    None where that is not much shorter than the whole log.

    Parameters
    ----------
    days : sequence of (day, rows)
        Days since 1970 in rising order, with their rows.

    >>> dense_days([(0, 1), (74, 500), (75, 480), (82, 600)])
    (74, 82)
    >>> dense_days([(0, 1), (1, 500), (2, 480)]) is None
    True
    """
    total = sum(rows for _, rows in days)
    allowed = max(1 if total >= 100 else 0, int(total * MAX_EDGE_SHARE))
    if not allowed or len(days) < 2:
        return None
    best: tuple[int, int, int, int] | None = None
    before = 0
    for i, (first, rows) in enumerate(days):
        last = len(days) - 1
        left_out = before
        while last > i and left_out + days[last][1] <= allowed:
            left_out += days[last][1]
            last -= 1
        span = days[last][0] - first + 1
        candidate = (span, left_out, first, days[last][0])
        best = candidate if best is None else min(best, candidate)
        before += rows
        if before > allowed:
            break
    assert best is not None
    span_of_all = days[-1][0] - days[0][0] + 1
    return best[2:] if best[0] <= MAX_DENSE_SPAN * span_of_all else None
