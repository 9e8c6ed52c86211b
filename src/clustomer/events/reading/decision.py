"""Which notation the times of a column have: decided over all of its values."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from clustomer.engines import DuckDB
from clustomer.errors import AmbiguousError, InputError
from clustomer.events.reading.notations import (
    COMPACT,
    EXCEL,
    GUESSED,
    ISO,
    NAMED,
    RIVALS,
    TEXTS,
    TextNotation,
    for_python,
    iso_expression,
    matches,
    sql_text,
)
from clustomer.events.reading.times import TimeReading, plausible, with_times

MAX_SHAPES = 2_000
"""So many shapes of texts are looked at, the commonest first."""

MIN_SHARE_OF_NUMBERS = 0.01
"""A further notation of numbers counts from this share of the values on: the rest is chance."""

SAMPLES = 3
_VALUES = "time_values"


@dataclass(frozen=True)
class Column:
    """A column whose notation is to be decided: its names, and the bounds of its times."""

    label: str
    source: str
    earliest: datetime
    latest: datetime


class UndecidedError(Exception):
    """A sample does not tell; the whole column may."""


def decide_texts(
    engine: DuckDB, values: str, parameters: Sequence[object], column: Column, *, complete: bool
) -> TimeReading:
    """Return how the texts of a column are read as times.

    Parameters
    ----------
    engine : DuckDB
    values : str
        SQL with one column `event_time`: texts, NULL where there is nothing.
    parameters : sequence
        Of that query.
    column : Column
    complete : bool
        Whether these are all values of the column, so that nothing else can tell.

    Raises
    ------
    InputError
        If two notations fit, or some values have one and others another that contradicts it.
    UndecidedError
        Instead, where the values are not complete.
    """
    engine.execute(
        f"CREATE OR REPLACE TEMP TABLE {_VALUES} AS SELECT TRIM(event_time) AS value, "
        f"COUNT(*) AS n FROM ({values}) WHERE event_time IS NOT NULL GROUP BY ALL",
        list(parameters),
    )
    try:
        shapes = engine.rows(
            "SELECT TRANSLATE(value, '012345678', '999999999') AS shape, SUM(n) AS n, "
            f"MIN(value), MAX(value) FROM {_VALUES} GROUP BY shape ORDER BY n DESC, shape LIMIT ?",
            [MAX_SHAPES],
        )
        reading = TimeReading(
            "text",
            column=column.source,
            complete=complete,
            earliest=column.earliest,
            latest=column.latest,
        )
        certain = _certain(shapes)
        numbers = _numbers_of_shapes(shapes)
        decided: list[str] = []
        reasons: list[str] = []
        for rivals in RIVALS:
            if not any(_fits(low, rivals[0]) for _, _, low, _ in shapes):
                continue
            name, reason = _among(engine, rivals, reading, column)
            if name is not None:
                decided.append(name)
                reasons.append(reason)
        orders = {TEXTS[name].name for name in decided}
        if len(orders) > 1:
            _mixture(engine, column, [TEXTS[name] for name in decided])
        if decided and (numbers or ISO.name in certain):
            _require_unswapped(engine, column, TEXTS[decided[0]])
        names = (*decided, *certain, *numbers)
        if not names:
            return replace(reading, decided="no notation fits")
        how = reasons[0] if reasons else "its values fit no other notation"
        return replace(reading, notations=names, decided=how + _of_excel(names))
    except InputError as error:
        if not complete:
            raise UndecidedError from error
        raise
    finally:
        engine.execute(f"DROP TABLE IF EXISTS {_VALUES}")


def _fits(text: str, notation: TextNotation) -> bool:
    return for_python(notation.pattern).fullmatch(text) is not None


def _certain(shapes: Sequence[tuple[str, int, str, str]]) -> list[str]:
    """Return the notations among some shapes that say themselves what is what."""
    rows: dict[str, int] = {}
    for _, n, low, _ in shapes:
        for name, notation in TEXTS.items():
            if (notation in (ISO, COMPACT) or notation in NAMED) and _fits(low, notation):
                rows[name] = rows.get(name, 0) + n
                break
    return sorted(rows, key=lambda name: (-rows[name], name))


def _numbers_of_shapes(shapes: Sequence[tuple[str, int, str, str]]) -> list[str]:
    total = sum(n for _, n, _, _ in shapes)
    rows: dict[str, int] = {}
    for shape, n, low, high in shapes:
        low, high = (value.replace(",", ".") for value in (low, high))
        if not shape.replace(",", ".").replace(".", "", 1).isdecimal():
            continue
        for name, notation in GUESSED.items():
            if any(notation.low <= float(value) < notation.high for value in (low, high)):
                rows[name] = rows.get(name, 0) + n
    least = total * MIN_SHARE_OF_NUMBERS
    return sorted((name for name in rows if rows[name] >= least), key=lambda name: -rows[name])


def _date(notation: TextNotation, reading: TimeReading) -> str:
    """Return SQL for the date of a value in a notation, NULL where that is not plausible."""
    iso = iso_expression("value", notation)
    date = f"TRY_CAST(REGEXP_EXTRACT({iso}, '^\\d+-\\d+-\\d+') AS DATE)"
    return f"CASE WHEN {plausible(date, reading)} THEN {date} END"


def _among(
    engine: DuckDB, rivals: Sequence[TextNotation], reading: TimeReading, column: Column
) -> tuple[str | None, str]:
    """Return the one of some notations that look alike which all values fit, and why."""
    names = [f"{notation.name} ({notation.form})" for notation in rivals]
    dates = ", ".join(f"{_date(rival, reading)} AS d{i}" for i, rival in enumerate(rivals))
    fits = ", ".join(f"d{i} IS NOT NULL AS f{i}" for i in range(len(rivals)))
    same = " AND ".join(f"d0 IS NOT DISTINCT FROM d{i}" for i in range(len(rivals)))
    parts = ", ".join(
        f"COUNT(DISTINCT REGEXP_EXTRACT(value, {sql_text('^' + rivals[0].pattern)}, {i}))"
        for i in (1, 3)
    )
    looked = f"SELECT value, n, {dates} FROM {_VALUES} WHERE {matches('value', rivals[0])}"
    groups = engine.rows(
        f"SELECT {fits}, {same} AS same, SUM(n), MIN(value) FROM ({looked}) GROUP BY ALL"
    )
    count = len(rivals)
    evidence = [(row[:count], row[count], row[count + 1], row[count + 2]) for row in groups]
    evidence = [part for part in evidence if any(part[0])]
    if not evidence:
        return None, ""
    alive = [i for i in range(count) if all(fit[i] for fit, *_ in evidence)]
    if len(alive) > 1 and rivals[0].two_digits:
        first, third = engine.rows(
            f"SELECT {parts} FROM {_VALUES} WHERE {matches('value', rivals[0])}"
        )[0]
        # a log has fewer years than days of the month
        if first != third:
            year_first = first < third
            alive = [i for i in alive if (rivals[i].name == "year first") == year_first]
    if not alive:
        _mixture(engine, column, rivals)
    if len(alive) > 1:
        if all(same for _, same, _, _ in evidence):
            alive = alive[:1]
        else:
            _ambiguous(engine, column, [rivals[i] for i in alive], reading)
    chosen = alive[0]
    only = sum(int(n) for fit, _, n, _ in evidence if sum(fit) == 1)
    reason = (
        f"{only:,} of its values fit no other order" if only else "the years that it would give"
    )
    return names[chosen], reason


MIN_SWAPPED = 5
"""So many different dates of each kind tell that a spreadsheet has exchanged days and months."""


def _require_unswapped(engine: DuckDB, column: Column, texts: TextNotation) -> None:
    """Stop where a spreadsheet took dates for others, by an order that is not the log's.

    It makes dates of those that fit its own order, so that none of these has a day above 12, and
    leaves as text those that do not, so that all of these have a part above 12.
    """
    serial = r"^[345]\d{4}([.,]\d+)?$"
    made = (
        f"CASE WHEN REGEXP_MATCHES(value, {sql_text(serial)}) THEN DATE '1899-12-30' + "
        "CAST(TRY_CAST(LEFT(value, 5) AS INTEGER) AS INTEGER) "
        "ELSE TRY_CAST(LEFT(value, 10) AS DATE) END"
    )
    parts = " OR ".join(
        f"TRY_CAST(REGEXP_EXTRACT(value, {sql_text('^' + texts.pattern)}, {part}) AS INTEGER) "
        "BETWEEN 13 AND 31"
        for part in ((1, 2) if not texts.name.startswith("year") else (2, 3))
    )
    is_text = matches("value", texts)
    late, dates, open_texts, all_texts, one, other = engine.rows(
        f"""SELECT COUNT(*) FILTER (NOT is_text AND DAY(made) > 12),
            COUNT(DISTINCT made) FILTER (NOT is_text), COUNT(*) FILTER (is_text AND NOT telling),
            COUNT(DISTINCT LEFT(value, 10)) FILTER (is_text), MIN(value) FILTER (is_text),
            MIN(value) FILTER (NOT is_text)
        FROM (SELECT value, {is_text} AS is_text, {made} AS made,
            COALESCE({parts}, FALSE) AS telling FROM {_VALUES})"""
    )[0]
    if late or open_texts or dates < MIN_SWAPPED or all_texts < MIN_SWAPPED:
        return
    raise InputError(
        f"A spreadsheet has exchanged days and months in the column `{column.source}` of "
        f"{column.label}: the dates that it left as text, such as {one!r}, all have a part above "
        f"12, and those that it took for dates, such as {other!r}, all have a day up to 12. Export "
        "the log anew, and let the spreadsheet take the column as text (Excel: Data, From "
        "Text/CSV), or none see it before clustomer does."
    )


def _read(engine: DuckDB, values: Sequence[str], name: str, reading: TimeReading) -> list[str]:
    rows = ", ".join(f"({sql_text(value)})" for value in values)
    alone = replace(reading, notations=(name,), formats=())
    query = with_times(f"SELECT * FROM (VALUES {rows}) AS given(event_time)", alone, "UTC")
    read = dict(engine.rows(f"SELECT event_time, CAST(time_read AS VARCHAR) FROM ({query})"))
    return [str(read[value] or "no time").removesuffix(" 00:00:00") for value in values]


def _ambiguous(
    engine: DuckDB, column: Column, rivals: Sequence[TextNotation], reading: TimeReading
) -> None:
    differ = f"({_date(rivals[0], reading)}) IS DISTINCT FROM ({_date(rivals[1], reading)})"
    samples = [
        str(row[0])
        for row in engine.rows(
            f"SELECT value FROM {_VALUES} WHERE {matches('value', rivals[0])} AND {differ} "
            "ORDER BY value LIMIT ?",
            [SAMPLES],
        )
    ]
    readings = [
        (rival, _read(engine, samples, f"{rival.name} ({rival.form})", reading)) for rival in rivals
    ]
    shown = "; ".join(
        f"{value!r} is " + " or ".join(f"{read[i]} ({rival.name})" for rival, read in readings)
        for i, value in enumerate(samples)
    )
    raise AmbiguousError(
        f"The times in the column `{column.source}` of {column.label} can be read in "
        f"{len(rivals)} ways, and none of its values tells which is meant: {shown}.",
        "time_format",
        {rival.form: rival.name for rival in rivals},
    )


def _mixture(engine: DuckDB, column: Column, rivals: Sequence[TextNotation]) -> None:
    parts = []
    reading = TimeReading("text", earliest=column.earliest, latest=column.latest)
    for rival in rivals:
        others = [other for other in rivals if other is not rival]
        only = " AND ".join(
            (
                f"({_date(rival, reading)}) IS NOT NULL",
                *(f"({_date(other, reading)}) IS NULL" for other in others),
            )
        )
        n, value = engine.rows(f"SELECT SUM(n), MIN(value) FROM {_VALUES} WHERE {only}")[0]
        if n:
            parts.append(f"{int(n):,} fit only {rival.name}, such as {value!r}")
    raise AmbiguousError(
        f"The column `{column.source}` of {column.label} mixes two orders of day and month: "
        f"{'; '.join(parts) or 'its separators differ'}. Write them all in one way, or say which "
        "is right and let the rest be rejected.",
        "time_format",
        {rival.form: rival.name for rival in rivals},
    )


def decide_numbers(
    engine: DuckDB, values: str, parameters: Sequence[object], column: Column
) -> TimeReading:
    """Return how the numbers of a column are read as times.

    Raises
    ------
    InputError
        If they are no plausible times in any notation.
    """
    number = "TRY_CAST(event_time AS DOUBLE)"
    counts = ", ".join(
        f"COUNT(*) FILTER (WHERE {number} >= {notation.low!r} AND {number} < {notation.high!r})"
        for notation in GUESSED.values()
    )
    total, low, high, *rows = engine.rows(
        f"SELECT COUNT(event_time), MIN(event_time), MAX(event_time), {counts} FROM ({values})",
        list(parameters),
    )[0]
    present = {name: n for name, n in zip(GUESSED, rows, strict=True) if n}
    reading = TimeReading(
        "number",
        column=column.source,
        decided="the only notation in which they are times that a shop can have had",
        earliest=column.earliest,
        latest=column.latest,
    )
    if not present:
        if not total:
            return replace(reading, notations=("unix seconds",))
        raise InputError(
            f"The column `{column.source}` of {column.label} holds numbers from {low} to {high}, "
            "which are no times that a shop can have had in any notation that is known: "
            + ", ".join(GUESSED)
            + ". Is it the right column? Else say in a schema file what they are, such as "
            'time_format = "unix_s", and from when on times are plausible: time_from = '
            '"1970-01-01"'
        )
    least = max(sum(present.values()) * MIN_SHARE_OF_NUMBERS, 1)
    ordered = sorted(present, key=lambda name: -present[name])
    names = tuple(name for name in ordered if present[name] >= least)
    return replace(reading, notations=names, decided=reading.decided + _of_excel(names))


def _of_excel(names: Sequence[str]) -> str:
    """Say what nobody can tell of days that Excel counts: from which year on it counted."""
    if EXCEL not in names:
        return ""
    return (
        " (from 1900 on; a workbook that counts from 1904, as those of old Macs do, means days "
        'that are four years and a day later: time_format = "excel_1904")'
    )
