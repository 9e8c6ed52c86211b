"""History: the shop over time, its cohorts, and why its revenue changed."""

from clustomer.history.calendar import UNITS, Calendar, Period, calendar_of
from clustomer.history.change import ARRIVED, FACTORS, Change, Part, change_of
from clustomer.history.cohorts import (
    ALL,
    BASES,
    Cohorts,
    OverTime,
    customer_cohorts,
    shop_over_time,
)
from clustomer.history.stored import change_table, history_tables, read_change, read_history
from clustomer.history.story import History, RevenueChange, labels_at, revenue_change, shop_history

__all__ = [
    "ALL",
    "ARRIVED",
    "BASES",
    "FACTORS",
    "UNITS",
    "Calendar",
    "Change",
    "Cohorts",
    "History",
    "OverTime",
    "Part",
    "Period",
    "RevenueChange",
    "calendar_of",
    "change_of",
    "change_table",
    "customer_cohorts",
    "history_tables",
    "labels_at",
    "read_change",
    "read_history",
    "revenue_change",
    "shop_history",
    "shop_over_time",
]
