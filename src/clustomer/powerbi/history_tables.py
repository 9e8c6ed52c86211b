"""The tables of time: cohorts, the shop over time, and the dates that both are on."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from clustomer.history import ALL, History
from clustomer.powerbi.columns import DATE, Column, StarTable, star_table
from clustomer.powerbi.customer_tables import kind_of
from clustomer.powerbi.measures import MONEY
from clustomer.powerbi.relationships import SEGMENT

_KEY = Column(SEGMENT, "segment_key", "whole", hidden=True)
_COHORTS = {
    "cohort": ("Cohort", "The day on which its period begins."),
    "cohort_name": ("Cohort name", "What the period is called."),
    "period": ("Period", "The day on which the period of the row begins."),
    "age": ("Age", "Periods since the cohort's own."),
    "customers": ("Customers", "Of the cohort."),
    "active": ("Active", "Of these, how many came in the period."),
    "buying": ("Buying", "Of these, how many ordered in the period."),
    "orders": ("Orders", "In the period."),
    "revenue": ("Revenue", "Sales less returns in the period."),
}
_OVER_TIME = {
    "period": ("Period", "The day on which it begins."),
    "name": ("Period name", "What it is called."),
    "complete": ("Complete", "Whether the log holds all of it."),
    "customers": ("Customers", "Who came."),
    "new": ("New", "Who came for the first time; empty in the first period."),
    "returning": ("Returning", "Who had come before."),
    "buyers": ("Buyers", "Who ordered."),
    "orders": ("Orders", ""),
    "revenue": ("Revenue", "Sales less returns."),
    "returned": ("Returned", "What came back."),
}
_MONEY = frozenset({"revenue", "returned"})


def cohorts_table(history: History, keys: dict[str, int]) -> StarTable:
    """Return `Cohorts`: what became of those who arrived in each period, by segment."""
    table = history.cohorts.table
    alone = pc.equal(table["segment_id"], ALL)
    first = pc.and_(alone, pc.and_(pc.equal(table["age"], 0), table["complete"]))
    whole_cohorts = table.filter(first)["cohort"].combine_chunks()
    counted = pc.and_(
        pc.and_(table["complete"], pc.invert(table["existing"])),
        pc.is_in(table["cohort"], value_set=whole_cohorts),
    )
    rows = _of_segments(table.append_column("counted", counted), keys)
    text = "Whether it counts in shares: cohort and period are whole, and it is not the first."
    columns = [
        *_columns(rows, _COHORTS, keys),
        (Column("Counted", "counted", "boolean", text), rows["counted"]),
    ]
    return star_table(
        "Cohorts", f"One row per segment, cohort and {history.cohorts.unit} since.", columns
    )


def over_time_table(history: History, keys: dict[str, int]) -> StarTable:
    """Return `Over time`: each segment in each day, week or month."""
    rows = _of_segments(history.over_time.table, keys)
    text = f"One row per segment and {history.over_time.unit}."
    return star_table("Over time", text, _columns(rows, _OVER_TIME, keys))


def dates_table(tables: Iterable[StarTable]) -> StarTable:
    """Return `Dates`: every day of the years in which any date of the tables is."""
    years = [
        year
        for table in tables
        for column in table.columns
        if column.kind == "date"
        for year in _years(table.rows[column.source])
    ]
    first = date(min(years), 1, 1)
    days = [
        first + timedelta(days=number)
        for number in range((date(max(years), 12, 31) - first).days + 1)
    ]
    columns: list[tuple[Column, pa.Array]] = [
        (Column("Date", "date", "date", "", DATE, key=True), pa.array(days, pa.date32())),
        (Column("Year", "year", "whole", "", "0"), pa.array([d.year for d in days], pa.int64())),
        (
            Column("Quarter", "quarter", "text"),
            pa.array([f"{d.year} Q{(d.month + 2) // 3}" for d in days]),
        ),
        (Column("Month", "month", "text"), pa.array([f"{d.year}-{d.month:02}" for d in days])),
        (
            Column("Week", "week", "date", "The Monday on which it begins.", DATE),
            pa.array([d - timedelta(days=d.weekday()) for d in days], pa.date32()),
        ),
        (
            Column("Weekday", "weekday", "text", sort_by="Weekday number"),
            pa.array([_WEEKDAYS[d.weekday()] for d in days]),
        ),
        (
            Column("Weekday number", "weekday_number", "whole", "", "0", hidden=True),
            pa.array([d.isoweekday() for d in days], pa.int64()),
        ),
    ]
    return star_table(
        "Dates",
        "Every day of the years that the tables tell of.",
        [(column, pa.chunked_array([values])) for column, values in columns],
    )


_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def _years(values: pa.ChunkedArray) -> Sequence[int]:
    span = pc.min_max(values).as_py()
    return [] if span["min"] is None else [span["min"].year, span["max"].year]


def _of_segments(table: pa.Table, keys: dict[str, int]) -> pa.Table:
    """Return the rows of single segments: those of all together are their sum."""
    return table.filter(pc.is_in(table["segment_id"], value_set=pa.array(list(keys))))


def _columns(
    rows: pa.Table, titles: dict[str, tuple[str, str]], keys: dict[str, int]
) -> list[tuple[Column, pa.ChunkedArray]]:
    numbers = pa.array([keys[key] for key in rows["segment_id"].to_pylist()], pa.int64())
    columns = [(_KEY, pa.chunked_array([numbers]))]
    for name, (title, text) in titles.items():
        if name in rows.column_names and rows[name].null_count < rows.num_rows:
            form = MONEY if name in _MONEY else ""
            columns.append((Column(title, name, kind_of(rows[name].type), text, form), rows[name]))
    return columns
