"""Time zones: which there are, and how far a shop's clock is ahead of UTC."""

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from clustomer.engines import literal
from clustomer.errors import UsageError, did_you_mean


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
