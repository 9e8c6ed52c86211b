"""History: the shop over time, its seasons and cohorts, and why its revenue changed."""

from clustomer.history.activity import ALL
from clustomer.history.calendar import UNITS, Calendar, Period, calendar_of, read_period
from clustomer.history.change import ARRIVED, FACTORS, Change, Part, change_of
from clustomer.history.cohorts import (
    BASES,
    Cohorts,
    OverTime,
    customer_cohorts,
    shop_over_time,
)
from clustomer.history.seasons import MONTHS, WEEKDAYS, Seasons, shop_seasons
from clustomer.history.stored import change_table, history_tables, read_change, read_history
from clustomer.history.story import (
    History,
    PeriodChange,
    RevenueChange,
    compare_periods,
    labels_at,
    revenue_change,
    shop_history,
)

__all__ = [
    "ALL",
    "ARRIVED",
    "BASES",
    "FACTORS",
    "MONTHS",
    "UNITS",
    "WEEKDAYS",
    "Calendar",
    "Change",
    "Cohorts",
    "History",
    "OverTime",
    "Part",
    "Period",
    "PeriodChange",
    "RevenueChange",
    "Seasons",
    "calendar_of",
    "change_of",
    "change_table",
    "compare_periods",
    "customer_cohorts",
    "history_tables",
    "labels_at",
    "read_change",
    "read_history",
    "read_period",
    "revenue_change",
    "shop_history",
    "shop_over_time",
    "shop_seasons",
]
