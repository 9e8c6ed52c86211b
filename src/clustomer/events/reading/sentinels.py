"""Sentinels: dates that systems write for "never" or "unknown"."""

from clustomer.engines import DuckDB
from clustomer.events.reading.notations import sql_text
from clustomer.events.reading.times import TimeReading, with_times

SENTINELS = (
    "0001-01-01", "1753-01-01", "1899-12-30", "1899-12-31", "1900-01-01", "1901-01-01",
    "1969-12-31", "1970-01-01", "1980-01-01", "2079-06-06", "2099-12-31", "2100-01-01",
    "2199-12-31", "2999-12-31", "3000-01-01", "9999-01-01", "9999-12-31",
)  # fmt: skip
"""The first and last days of databases, spreadsheets and clocks, and what people write for them."""


def sentinels_in(
    engine: DuckDB, rejected: str, reading: TimeReading, time_zone: str
) -> list[tuple[str, int]]:
    """Return which of these dates some rows have, with their rows, the commonest first.

    `rejected` is a query with the column `event_time`, text as the source writes it.
    """
    listed = ", ".join(map(sql_text, SENTINELS))
    read = with_times(rejected, reading, time_zone)
    rows = engine.rows(
        "SELECT CAST(CAST(COALESCE(time_read, TRY_CAST(event_time AS TIMESTAMP)) AS DATE) AS "
        f"VARCHAR) AS day, COUNT(*) AS n FROM ({read}) GROUP BY day HAVING day IN ({listed}) "
        "ORDER BY n DESC, day"
    )
    return [(str(day), int(n)) for day, n in rows]
