"""When people visit the simulated shop: seasons, weekdays and everyone's own hours."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

DAY_S: Final = 86_400
WEEKDAYS: Final = (0.98, 0.95, 0.96, 0.98, 1.0, 1.12, 1.15)
"""Visits on Monday to Sunday, against the mean day."""
YEARLY_SWING: Final = 0.15
"""How far the best season lies above the mean, and the worst below it."""
PEAK_DAY: Final = 340
"""The busiest day of the year, early in December."""


@dataclass(frozen=True)
class Calendar:
    """The simulated days.

    Attributes:
        start_s: Start of the first day, in seconds since 1970 (UTC).
        days: Number of days.
        weekday: Running sum of the attention that weekdays get; one more value than days.
        weekend: The same for Saturdays and Sundays.
    """

    start_s: int
    days: int
    weekday: Floats
    weekend: Floats

    def draw_days(
        self, first: Floats, last: Floats, weekend_odds: Floats, rng: np.random.Generator
    ) -> Integers:
        """Draw a day between `first` and `last` (shares of the time) for each visit."""
        low = np.minimum((first * self.days).astype(np.int64), self.days - 1)
        high = np.maximum(np.ceil(last * self.days).astype(np.int64), low + 1)
        on_weekdays = self.weekday[high] - self.weekday[low]
        on_weekends = (self.weekend[high] - self.weekend[low]) * weekend_odds
        is_weekend = rng.random(first.size) * (on_weekdays + on_weekends) < on_weekends
        drawn = np.empty(first.size, dtype=np.int64)
        for running, chosen in ((self.weekday, ~is_weekend), (self.weekend, is_weekend)):
            at = rng.uniform(running[low[chosen]], running[high[chosen]])
            drawn[chosen] = np.searchsorted(running, at, side="right") - 1
        return np.clip(drawn, low, high - 1)

    def draw_seconds(
        self, day: Integers, hour: Floats, hour_spread: Floats, rng: np.random.Generator
    ) -> Integers:
        """Draw the second, counted from the first day, at which each visit begins."""
        of_day = rng.normal(hour, hour_spread) * 3600.0 % DAY_S
        return day * DAY_S + of_day.astype(np.int64)


def make_calendar(start: date, days: int) -> Calendar:
    """Return the calendar of `days` days from `start`."""
    dates = [start + timedelta(days=offset) for offset in range(days)]
    weekday = np.array([day.weekday() for day in dates])
    of_year = np.array([day.timetuple().tm_yday for day in dates])
    season = 1.0 + YEARLY_SWING * np.cos(2.0 * np.pi * (of_year - PEAK_DAY) / 365.25)
    attention = season * np.array(WEEKDAYS)[weekday]
    is_weekend = weekday >= 5
    return Calendar(
        start_s=int(datetime(start.year, start.month, start.day, tzinfo=UTC).timestamp()),
        days=days,
        weekday=np.concatenate([[0.0], np.cumsum(np.where(is_weekend, 0.0, attention))]),
        weekend=np.concatenate([[0.0], np.cumsum(np.where(is_weekend, attention, 0.0))]),
    )
