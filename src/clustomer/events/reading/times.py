"""How a column's times are read, once their notation is decided."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from clustomer.events.reading.notations import (
    AT,
    EARLIEST,
    ISO,
    LATEST,
    NUMBERS,
    TEXTS,
    UNIX,
    NumberNotation,
    iso_expression,
    matches,
    sql_text,
)

_OFFSET = r"\d{1,2}:\d{2}.*?(Z|[+-]\d{2}(:?\d{2})?| ?[A-Za-z_]+(/[A-Za-z_]+)*)$"

_ZONES = {
    "utc": "+00", "gmt": "+00", "z": "+00", "ut": "+00", "wet": "+00", "west": "+01", "cet": "+01",
    "cest": "+02", "mez": "+01", "mesz": "+02", "eet": "+02", "eest": "+03", "msk": "+03",
    "est": "-05", "edt": "-04", "cdt": "-05", "mst": "-07", "mdt": "-06", "pst": "-08",
    "pdt": "-07", "jst": "+09", "kst": "+09", "aest": "+10", "aedt": "+11", "nzst": "+12",
    "nzdt": "+13",
}  # fmt: skip
"""Short names of zones that mean one offset only; CST, BST, IST and AST mean several."""

_HALF = r"(?i)^(.*\d) ?([ap])\.?\s?m\.?( .*|[+-]\d.*)?$"
_TENTHS = {"ticks": 62_135_596_800_000_000, "filetime": 11_644_473_600_000_000}
"""Tenths of a microsecond since the years 1 and 1601: the microseconds from there to 1970."""

_DAYS_BEFORE_1970 = {"excel": 25_569, "excel_1904": 24_107}
"""The days of 1 January 1970 in a workbook; those of old Macs begin four years later."""

_DIGITS = r"-?\d{5,19}([.,]\d+)?"

_WITH_POINT = "REPLACE(time_text, ',', '.')"

NUMERIC = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT",
           "UINTEGER", "UBIGINT", "UHUGEINT", "FLOAT", "DOUBLE")  # fmt: skip


@dataclass(frozen=True)
class TimeReading:
    """How the times of a source are read.

    Attributes
    ----------
    kind : str
        "text", "number", "time" (typed, without a zone) or "instant" (typed, with one).
    column : str
        The source's name for it.
    notations : tuple of str
        The names of notations of text and numbers that are read, the commonest first.
    formats : tuple of str
        strptime forms that are read besides.
    decided : str
        How that was decided, in words.
    complete : bool
        Whether every value of the column was looked at; else a sample, whose decision
        stands only where every value fits it.
    earliest, latest : datetime
        Times before the one, or from the other on, are not plausible.
    """

    kind: str
    column: str = ""
    notations: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    decided: str = "by the type of the column"
    complete: bool = True
    earliest: datetime = EARLIEST
    latest: datetime = LATEST

    @property
    def notation(self) -> str:
        """What the times are written as, in words."""
        if self.kind in {"time", "instant"}:
            return "typed times" if self.kind == "time" else "typed times with a zone"
        return ", ".join((*self.formats, *self.notations))

    @property
    def doubtful(self) -> bool:
        """Whether the values might have been read in another way."""
        return self.kind in {"text", "number"} and self.notations != (ISO.name,)

    @property
    def sentence(self) -> str:
        """How the column was read, and why."""
        return f"`{self.column}` was read as {self.notation}: {self.decided}."

    def to_json(self) -> dict[str, Any]:
        """Return the decision as JSON-ready values."""
        return {
            "column": "event_time",
            "source": self.column,
            "notation": self.notation,
            "decided": self.decided,
            "plausible_from": self.earliest.isoformat() + "Z",
            "plausible_to": self.latest.isoformat() + "Z",
        }


def kind_of_times(kind: str) -> str | None:
    """Return what a type of DuckDB is as a time, None where it cannot be one.

    >>> kind_of_times("TIMESTAMP_NS"), kind_of_times("DECIMAL(18,0)"), kind_of_times("TIME")
    ('time', 'number', None)
    """
    if kind in {"TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ", "TIMESTAMPTZ_NS"}:
        return "instant"
    if kind in {"DATE", "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"}:
        return "time"
    if kind in NUMERIC or kind.startswith("DECIMAL"):
        return "number"
    if kind in {"VARCHAR", "TEXT", '"NULL"'} or kind.startswith("ENUM"):
        return "text"
    return None


def with_times(query: str, reading: TimeReading, time_zone: str) -> str:
    """Return a query with a column `time_read`, UTC, beside the `event_time` of the source.

    It is NULL where the time cannot be read, whether or not it is plausible.
    """
    if reading.kind == "instant":
        return _finite(query, "CAST(TRY_CAST(event_time AS TIMESTAMPTZ) AS TIMESTAMP)")
    if reading.kind == "time":
        return _finite(query, _in_zone("TRY_CAST(event_time AS TIMESTAMP)", time_zone))
    if reading.kind == "number" and not reading.formats:
        return _finite(query, _number("event_time", reading.notations, time_zone))
    return _with_texts(query, reading, time_zone)


def _finite(query: str, read: str) -> str:
    return (
        "SELECT * REPLACE (CASE WHEN ISFINITE(time_read) THEN time_read END AS time_read) "
        f"FROM (SELECT *, {read} AS time_read FROM ({query}))"
    )


def _with_texts(query: str, reading: TimeReading, time_zone: str) -> str:
    """Read texts in layers, each of which is worked out once for a row."""
    column = "event_time" if reading.kind == "text" else "CAST(event_time AS VARCHAR)"
    numbers = [name for name in reading.notations if name in NUMBERS]
    texts = [name for name in reading.notations if name in TEXTS]
    # the commonest form needs no calendar of time zones, which is five times faster
    plain = "FALSE"
    if ISO.name in texts:
        ending = "IN (' UTC', '')" if time_zone == "UTC" else "= ' UTC'"
        plain = f"SUBSTR({column}, 17, 1) = ':' AND SUBSTR({column}, 20) {ending}"
    digits = f"REGEXP_FULL_MATCH(time_text, '{_DIGITS}')"
    layers = {
        "time_text": f"CASE WHEN {plain} THEN NULL ELSE TRIM({column}) END",
        "time_iso": _iso("time_text", texts),
        # without letters and signs behind the date there is no zone to heed
        "time_direct": "CASE WHEN LOWER(time_iso) = UPPER(time_iso) AND NOT CONTAINS(time_iso, "
        "'+') AND NOT CONTAINS(SUBSTR(time_iso, 9), '-') THEN "
        f"{_in_zone('TRY_CAST(time_iso AS TIMESTAMP)', time_zone)} END",
        "time_rest": "CASE WHEN time_direct IS NULL THEN time_iso END",
        "time_half": f"LOWER(REGEXP_EXTRACT(time_rest, {sql_text(_HALF)}, 2))",
        "time_clock": _clock(),
        "time_zone_name": "LOWER(REGEXP_EXTRACT(time_clock, '\\d ?([A-Za-z]{1,5})$', 1))",
        "time_at": _zoned(time_zone),
    }
    for name, layer in layers.items():
        query = f"SELECT *, {layer} AS {name} FROM ({query})"
    cases = [f"WHEN time_text IS NULL THEN {_plain(column, plain, time_zone)}"]
    if numbers:
        cases.append(f"WHEN {digits} THEN {_number(_WITH_POINT, numbers, time_zone)}")
    parsed = [_parsed(form, time_zone) for form in reading.formats]
    others = ", ".join([*parsed, "time_direct", _turned()])
    query = _finite(query, f"CASE {' '.join(cases)} ELSE COALESCE({others}) END")
    return f"SELECT * EXCLUDE ({', '.join(layers)}) FROM ({query})"


def _plain(column: str, plain: str, time_zone: str) -> str:
    if plain == "FALSE":
        return "NULL"
    read = f"TRY_CAST(LEFT({column}, 19) AS TIMESTAMP)"
    return f"CASE WHEN {plain} THEN {read} END"


def _parsed(form: str, time_zone: str) -> str:
    parsed = f"TRY_STRPTIME(time_text, {sql_text(form)})"
    # a format with an offset gives a time with a zone, which must not be shifted again
    if "%z" in form.lower():
        return f"CAST({parsed} AS TIMESTAMP)"
    return _in_zone(parsed, time_zone)


def _iso(text: str, names: Sequence[str]) -> str:
    """Return SQL that rewrites a text of any of some notations as year-month-day."""
    notations = [TEXTS[name] for name in names if name != ISO.name]
    if ISO.name in names:
        rewritten = text
        for notation in notations:
            rewritten = iso_expression(rewritten, notation)
        return rewritten
    cases = " ".join(
        f"WHEN {matches(text, notation)} THEN {iso_expression(text, notation)}"
        for notation in notations
    )
    return f"CASE {cases} END" if cases else "CAST(NULL AS VARCHAR)"


def _clock() -> str:
    """Return SQL for what is left to read, without a.m. and p.m., its zone an offset."""
    text = (
        "CASE WHEN time_half = '' THEN time_rest "
        f"ELSE REGEXP_REPLACE(time_rest, {sql_text(_HALF)}, '\\1\\3') END"
    )
    for pattern, by in _TIDYING:
        text = f"REGEXP_REPLACE({text}, {sql_text(pattern)}, {sql_text(by)})"
    return text


_TIDYING = (
    # of a zone behind its offset nothing is left to say
    (r"([+-]\d{2}:?\d{2}|Z)\[[^\]]+\]$", r"\1"),
    (r"\[([^\]]+)\]$", r" \1"),
    (
        r"^(\d{4})(?:[/年-]|\. ?)(\d{1,2})(?:[/月-]|\. ?)(\d{1,2})[.日]?"
        rf"(?:{AT}|[ T,:]*(?:- ?)?)",
        r"\1-\2-\3 ",
    ),
    (r"^(\S+ \d{1,2})\.(\d{2})\.(\d{2})", r"\1:\2:\3"),
    (r"(?: Uhr)? $| (?:Uhr|h|hs\.?)$", ""),
    (r"^(\S+ \d{1,2})\.(\d{2})\b", r"\1:\2"),
    (r"^(\S+ \d{1,2}:\d{2})\.(\d{2})\b", r"\1:\2"),
    (r"(\d)h(\d{2})", r"\1:\2"),
    (r"(:\d{2}),(\d)", r"\1.\2"),
    (r" *\([^)]*\)$", ""),
    (r" *(?:GMT|UTC)([+-]\d)", r"\1"),
    (r"(:\d{2}(?:\.\d+)?) *([+-]\d{2}):?(\d{2})$", r"\1\2:\3"),
    (r"(:\d{2}(?:\.\d+)?) +([+-]\d{2})$", r"\1\2"),
    (r"(:\d{2}(?:\.\d+)?) *([+-])(\d)$", r"\1\20\3"),
)
"""What makes the usual ways to write a time and its zone one that DuckDB reads."""


def _zoned(time_zone: str) -> str:
    """Return SQL for the UTC time of `time_clock`, before a.m. and p.m. count."""
    aware = "CAST(TRY_CAST(time_clock AS TIMESTAMPTZ) AS TIMESTAMP)"
    cases = " ".join(
        f"WHEN {sql_text(zone)} THEN "
        + aware.replace(
            "time_clock", f"REGEXP_REPLACE(time_clock, ' ?[A-Za-z]+$', {sql_text(offset)})"
        )
        for zone, offset in _ZONES.items()
    )
    naive = _in_zone("TRY_CAST(time_clock AS TIMESTAMP)", time_zone)
    return (
        f"CASE time_zone_name {cases} WHEN '' THEN CASE WHEN REGEXP_MATCHES(time_clock, "
        f"{sql_text(_OFFSET)}) THEN {aware} ELSE {naive} END END"
    )


def _turned() -> str:
    """Return SQL for `time_at` by the half of the day that was said."""
    hour = "TRY_CAST(REGEXP_EXTRACT(time_clock, ' (\\d{1,2}):\\d{2}', 1) AS INTEGER)"
    return (
        "CASE COALESCE(time_half, '') WHEN '' THEN time_at "
        f"WHEN 'p' THEN CASE WHEN {hour} = 12 THEN time_at WHEN {hour} < 12 "
        "THEN time_at + INTERVAL 12 HOUR END "
        f"ELSE CASE WHEN {hour} = 12 THEN time_at - INTERVAL 12 HOUR WHEN {hour} < 12 "
        "THEN time_at END END"
    )


def _in_zone(naive: str, time_zone: str) -> str:
    if time_zone == "UTC":
        return naive
    return f"CAST(({naive}) AT TIME ZONE {sql_text(time_zone)} AS TIMESTAMP)"


def _number(column: str, names: Sequence[str], time_zone: str) -> str:
    """Return SQL for a number in one of some notations, the first where it fits none."""
    number = f"TRY_CAST({column} AS DOUBLE)"
    notations = [NUMBERS[name] for name in names]
    cases = " ".join(
        f"WHEN {number} >= {notation.low!r} AND {number} < {notation.high!r} "
        f"THEN {_of_number(column, notation, time_zone)}"
        for notation in notations[1:]
    )
    first = _of_number(column, notations[0], time_zone)
    return f"CASE {cases} ELSE {first} END" if cases else first


def _of_number(column: str, notation: NumberNotation, time_zone: str) -> str:
    number = f"TRY_CAST({column} AS DOUBLE)"
    if notation.form in _DAYS_BEFORE_1970:
        days = f"({number} - {_DAYS_BEFORE_1970[notation.form]})"
        seconds = f"CAST(ROUND({days} * 86400) AS BIGINT)"
        read = f"CASE WHEN ABS({number}) < 3e6 THEN MAKE_TIMESTAMP({seconds} * 1000000) END"
        return _in_zone(read, time_zone)
    if notation.form == "unix_ns":
        micros = f"TRY_CAST({column} AS HUGEINT) // 1000"
        return f"CASE WHEN ABS({number}) < 9e18 THEN MAKE_TIMESTAMP(CAST({micros} AS BIGINT)) END"
    if notation.form in _TENTHS:
        micros = f"TRY_CAST({column} AS HUGEINT) // 10 - {_TENTHS[notation.form]}"
        return f"MAKE_TIMESTAMP(TRY_CAST({micros} AS BIGINT))"
    if notation.form in UNIX:
        # beyond what a timestamp can hold, the value is unreadable rather than an error
        micros = f"{number} * {UNIX[notation.form]}"
        return f"CASE WHEN ABS({micros}) < 9e18 THEN MAKE_TIMESTAMP(CAST({micros} AS BIGINT)) END"
    text = f"CAST(TRY_CAST({column} AS BIGINT) AS VARCHAR)"
    return _in_zone(f"TRY_STRPTIME({text}, {sql_text(notation.form)})", time_zone)


def plausible(read: str, reading: TimeReading) -> str:
    """Return SQL for whether a time that was read is one that a shop can have had."""
    bounds = (sql_text(str(bound)) for bound in (reading.earliest, reading.latest))
    low, high = (f"CAST({bound} AS TIMESTAMP)" for bound in bounds)
    return f"({read} >= {low} AND {read} < {high})"
