"""Reading: which notation a column has, decided over all of its values, and how it is read."""

from clustomer.events.reading.plan import Readings, first_readings, settled
from clustomer.events.reading.times import TimeReading, plausible, with_times

__all__ = ["Readings", "TimeReading", "first_readings", "plausible", "settled", "with_times"]
