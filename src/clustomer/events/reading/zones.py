"""Time zones: which there are, and how far a shop's clock is ahead of UTC."""

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from clustomer.engines import DuckDB, literal, quoted
from clustomer.errors import UsageError, did_you_mean
from clustomer.events.schema import EventSchema
from clustomer.events.sources import Source

_ROWS_LOOKED_AT = 10_000
_AHEAD = r":\d{2}(\.\d+)? ?[+-]\d{2}(:?\d{2})?$"
_NOT_AHEAD = r"[+-]00(:?00)?$"


def check_time_zone(name: str) -> str:
    """Return the name of a time zone that exists.

    >>> check_time_zone("Europe/London")
    'Europe/London'
    >>> check_time_zone("Europe/Londn")
    Traceback (most recent call last):
    ...
    clustomer.errors.UsageError: There is no time zone `Europe/Londn`. Did you mean ...
    """
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        near = did_you_mean(name, sorted(available_timezones()))
        if near.startswith("Did"):
            raise UsageError(f"There is no time zone `{name}`. {near}") from error
        raise UsageError(
            f"There is no time zone `{name}`. Expected a name such as UTC or Europe/London."
        ) from error
    return name


def utc_offset_expression(time: str, time_zone: str) -> str:
    """Return DuckDB SQL for the seconds that a shop's clock is ahead of UTC at a time.

    >>> utc_offset_expression("event_time", "UTC")
    'CAST(0 AS INTEGER)'
    """
    if time_zone == "UTC":
        return "CAST(0 AS INTEGER)"
    zone = literal(time_zone).sql("duckdb")
    local = f"(({time} AT TIME ZONE 'UTC') AT TIME ZONE {zone})"
    return f"CAST(DATE_DIFF('second', {time}, {local}) AS INTEGER)"


def other_clock(engine: DuckDB, source: Source, schema: EventSchema, time_zone: str) -> list[str]:
    """Warn where days and hours are told by UTC, and most times were written by another clock.

    Looked at are the first 10,000 rows; times that name no offset say nothing of a clock.
    """
    column = schema.paths["event_time"][0]
    if time_zone != "UTC" or source.columns.get(column) != "VARCHAR":
        return []
    text = f"TRIM({quoted(column)})"
    ahead = (
        f"REGEXP_MATCHES({text}, {literal(_AHEAD).sql('duckdb')}) "
        f"AND NOT REGEXP_MATCHES({text}, {literal(_NOT_AHEAD).sql('duckdb')})"
    )
    with source.opened():
        [(times, others, one)] = engine.rows(
            f"SELECT COUNT(*) FILTER (WHERE {text} <> ''), COUNT(*) FILTER (WHERE {ahead}), "
            f"FIRST({text}) FILTER (WHERE {ahead}) "
            f"FROM (SELECT * FROM {source.reading([column])} LIMIT {_ROWS_LOOKED_AT})",
            source.parameters,
        )
    if 2 * others <= times:
        return []
    return [
        f"`{column}` was written by a clock that is not UTC, such as {one!r}, and days, weekdays "
        "and hours are told by UTC here: --timezone names the shop's clock, such as Europe/London."
    ]
