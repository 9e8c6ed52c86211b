"""Times of every usual form become UTC.

These expressions are DuckDB's own: only loaders read text, so the portable
dialect does not apply to them.
"""

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from clustomer.engines import literal
from clustomer.errors import UsageError, did_you_mean

_OFFSET = r"\d{1,2}:\d{2}.*?(Z|[+-]\d{2}(:?\d{2})?| ?[A-Za-z_]+(/[A-Za-z_]+)*)$"

_SPACED_OFFSET = r"(:\d{2}(?:\.\d+)?) +([+-]\d{2}):?(\d{2})$"


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
        raise UsageError(f"There is no time zone `{name}`. " + _near_zone(name)) from error
    return name


def _near_zone(name: str) -> str:
    near = did_you_mean(name, sorted(available_timezones()))
    return near if near.startswith("Did") else "Expected a name such as UTC or Europe/London."


def time_expression(column: str, kind: str, time_format: str, time_zone: str) -> str:
    """Return DuckDB SQL that reads a column as a UTC timestamp, NULL where it cannot.

    Parameters
    ----------
    column : str
        SQL of the column, already quoted.
    kind : str
        Its type in DuckDB's words.
    time_format : str
        "auto", "unix_s", "unix_ms", "unix_us", or a strptime format.
    time_zone : str
        The zone of times that do not name one.
    """
    zone = literal(time_zone).sql("duckdb")
    if kind == "TIMESTAMP WITH TIME ZONE":
        read = f"CAST({column} AS TIMESTAMP)"
    elif kind.startswith("TIMESTAMP") or kind == "DATE":
        read = _in_zone(f"TRY_CAST({column} AS TIMESTAMP)", time_zone, zone)
    elif time_format in {"unix_s", "unix_ms", "unix_us"} or (
        time_format == "auto" and kind not in {"VARCHAR", "TEXT"}
    ):
        read = _unix(column, time_format)
    elif time_format != "auto":
        form = literal(time_format).sql("duckdb")
        parsed = f"TRY_STRPTIME(TRIM(CAST({column} AS VARCHAR)), {form})"
        # a format with an offset gives a time with a zone, which must not be shifted again
        read = (
            f"CAST({parsed} AS TIMESTAMP)"
            if "%z" in time_format.lower()
            else _in_zone(parsed, time_zone, zone)
        )
    else:
        # an offset after a space, as in "10:23:45 -0500"
        spaced = literal(_SPACED_OFFSET).sql("duckdb")
        text = f"REGEXP_REPLACE(TRIM({column}), {spaced}, '\\1\\2:\\3')"
        aware = f"CAST(TRY_CAST({text} AS TIMESTAMPTZ) AS TIMESTAMP)"
        if time_zone != "UTC":
            naive = _in_zone(f"TRY_CAST({text} AS TIMESTAMP)", time_zone, zone)
            pattern = literal(_OFFSET).sql("duckdb")
            aware = f"CASE WHEN REGEXP_MATCHES({text}, {pattern}) THEN {aware} ELSE {naive} END"
        digits = r"^-?\d{9,14}(\.\d+)?$"
        slow = (
            f"COALESCE({aware}, CASE WHEN REGEXP_MATCHES({text}, "
            f"{literal(digits).sql('duckdb')}) THEN {_unix(text, 'auto')} END)"
        )
        # the commonest form needs no calendar of time zones, which is five times faster
        ending = "IN (' UTC', '')" if time_zone == "UTC" else "= ' UTC'"
        read = (
            f"CASE WHEN SUBSTR({column}, 17, 1) = ':' AND SUBSTR({column}, 20) {ending} "
            f"THEN TRY_CAST(LEFT({column}, 19) AS TIMESTAMP) ELSE {slow} END"
        )
    return f"CASE WHEN ISFINITE({read}) THEN {read} END"


def _in_zone(naive: str, time_zone: str, zone: str) -> str:
    if time_zone == "UTC":
        return naive
    return f"CAST(({naive}) AT TIME ZONE {zone} AS TIMESTAMP)"


def _unix(column: str, time_format: str) -> str:
    number = f"TRY_CAST({column} AS DOUBLE)"
    scale = {
        "unix_s": "1000000",
        "unix_ms": "1000",
        "unix_us": "1",
        # seconds until the year 5138, milliseconds from 1973 on
        "auto": f"CASE WHEN ABS({number}) < 1e11 THEN 1000000 ELSE 1000 END",
    }[time_format]
    # beyond what a timestamp can hold, the value is unreadable rather than an error
    micros = f"{number} * {scale}"
    return f"CASE WHEN ABS({micros}) < 9e18 THEN MAKE_TIMESTAMP(CAST({micros} AS BIGINT)) END"


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
