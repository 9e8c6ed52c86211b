"""Time: at which hours, on which days, in which season and in what rhythm customers come."""

from sqlglot import exp

from clustomer.engines import Engine, literal, parse
from clustomer.events import Window
from clustomer.facets.declaration import Binned, Unitary

PARTS = ("night", "morning", "midday", "afternoon", "evening", "late evening")
"""Parts of the day: from 0, 6, 10, 14, 18 and 22 o'clock."""
DAYS = ("working day", "weekend")
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
GAPS = (
    "in bursts",
    "soon again",
    "a little early",
    "at regular intervals",
    "a little late",
    "after long pauses",
)
"""A gap between two visits over the customer's own mean gap: below 0.1, 0.4, 0.75, 1.33, 2.5."""
TWO_YEARS_DAYS = 700
"""Before so long a time a season cannot be told from a stretch of time."""

_PART = (
    "CASE WHEN local_s // 3600 % 24 < 6 THEN 0 WHEN local_s // 3600 % 24 < 10 THEN 1 "
    "WHEN local_s // 3600 % 24 < 14 THEN 2 WHEN local_s // 3600 % 24 < 18 THEN 3 "
    "WHEN local_s // 3600 % 24 < 22 THEN 4 ELSE 5 END"
)
_WEEKEND = "CASE WHEN (local_s // 86400 + 3) % 7 >= 5 THEN 1 ELSE 0 END"

# days since 0000-03-01, so that the leap day ends a year; the months from March on have
# (153 m + 2) // 5 days before them (Richards 2013, "Explanatory Supplement", section 15.11)
_YEARS = """
    SELECT user_id, visit, event_s, (day - day // 1460 + day // 36524 - day // 146096) // 365
        AS year, day
    FROM (
        SELECT user_id, visit, event_s, (local_s // 86400 + 719468) % 146097 AS day
        FROM visit_times
    ) AS days
"""
_MONTHS = """
    SELECT user_id, visit, event_s, (5 * (day - (365 * year + year // 4 - year // 100)) + 2) // 153
        AS from_march
    FROM years
"""
_TIMES = """
    SELECT user_id, visit, MIN(event_s) AS event_s, MIN(local_s) AS local_s
    FROM scoped WHERE event_type <> 'return' GROUP BY user_id, visit
"""
_GAPS = """
    SELECT user_id, visit, event_s,
        event_s - LAG(event_s) OVER (PARTITION BY user_id ORDER BY event_s, visit) AS gap_s
    FROM visit_times
"""
_MEANS = """
    SELECT user_id, CAST(SUM(gap_s) AS DOUBLE) / CAST(COUNT(gap_s) AS DOUBLE) AS mean_s
    FROM gaps GROUP BY user_id HAVING SUM(gap_s) > 0
"""
_RATIOS = """
    SELECT gaps.user_id AS user_id, gaps.visit AS visit, gaps.event_s AS event_s,
        CAST(gaps.gap_s AS DOUBLE) / means.mean_s AS ratio
    FROM gaps JOIN means ON gaps.user_id = means.user_id
    WHERE gaps.gap_s IS NOT NULL
"""


VISIT_TIMES = parse(_TIMES)
"""When each visit begins: `event_s` in UTC, `local_s` on the shop's clock."""


def _by_start(bin_sql: str, table: str = "visit_times") -> exp.Select:
    units = exp.select("user_id", "visit", "event_s").from_(table)
    return units.select(exp.alias_(parse(bin_sql), "bin"), exp.alias_(literal(1), "units"))


def _week(engine: Engine, window: Window) -> Binned:
    """Bin visits by the part of the day on working days and at weekends."""
    bins = tuple(f"{day} {part}" for day in DAYS for part in PARTS)
    units = _by_start(f"{_PART} + {len(PARTS)} * {_WEEKEND}")
    return Binned(bins, units, {"visit_times": VISIT_TIMES})


def _hours(engine: Engine, window: Window) -> Binned:
    """Bin visits by the part of the day that they begin in."""
    return Binned(PARTS, _by_start(_PART), {"visit_times": VISIT_TIMES})


def _days(engine: Engine, window: Window) -> Binned:
    """Bin visits by working days and weekends."""
    return Binned(DAYS, _by_start(_WEEKEND), {"visit_times": VISIT_TIMES})


def _season(engine: Engine, window: Window) -> Binned | None:
    """Bin visits by the month, in logs of two years."""
    if window.days < TWO_YEARS_DAYS:
        return None
    steps = {"visit_times": VISIT_TIMES, "years": parse(_YEARS), "months": parse(_MONTHS)}
    return Binned(MONTHS, _by_start("(from_march + 2) % 12", "months"), steps)


def _rhythm(engine: Engine, window: Window) -> Binned:
    """Bin the gaps between visits by how they compare with the customer's own mean gap."""
    bin_sql = (
        "CASE WHEN ratio < 0.1 THEN 0 WHEN ratio < 0.4 THEN 1 WHEN ratio < 0.75 THEN 2 "
        "WHEN ratio < 1.33 THEN 3 WHEN ratio < 2.5 THEN 4 ELSE 5 END"
    )
    steps = {
        "visit_times": VISIT_TIMES,
        "gaps": parse(_GAPS),
        "means": parse(_MEANS),
        "ratios": parse(_RATIOS),
    }
    return Binned(GAPS, _by_start(bin_sql, "ratios"), steps)


TIMES: tuple[Unitary, ...] = (
    Unitary("time", "week", ("time of day",), _week),
    Unitary("time", "hours", ("time of day",), _hours),
    Unitary("time", "days", (), _days),
    Unitary("time", "season", (), _season),
    Unitary("time", "rhythm", (), _rhythm),
)
"""The ways to see when customers come, in the order of preference."""
