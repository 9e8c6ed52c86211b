"""A date of which year, month and day stand in columns of their own."""

from collections.abc import Mapping

from clustomer.events.draft.contents import Content
from clustomer.events.draft.words import speaks_against, words_in

_PARTS: Mapping[str, frozenset[str]] = {
    part: frozenset(words.split())
    for part, words in (
        ("year", "year yr yyyy jahr annee ano anno jaar rok ar aar god год vuosi ev an yil"),
        ("month", "month mon mm monat mois mes mese maand miesiac manad mesic месяц kuukausi ay"),
        ("day", "day dd tag jour dia giorno dag dzien den день paeivae nap zi gun"),
        ("hour", "hour hr hh stunde heure hora uur godzina timme hodina час tunti ora saat"),
        ("minute", "minute min minuten minuto minuut minuta minut минута minuutti perc dakika"),
    )
}
_LARGEST = {"year": 200, "month": 12, "day": 31, "hour": 24, "minute": 60}
"""So many different values each part has at most."""


def date_columns(contents: Mapping[str, Content]) -> tuple[str, ...]:
    """Return the columns with year, month and day, by their names and contents; none are ().

    An hour, with or without a minute, or a time of day is behind them where there is one. Of
    several dates it is the first whose name does not speak of something else, such as a delivery.

    >>> def numbers(different, length):
    ...     return Content(60, 60, different, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, length)
    >>> date_columns({"Day": numbers(28, 1.7), "Month": numbers(6, 1.0), "Year": numbers(1, 4.0)})
    ('Year', 'Month', 'Day')
    """
    stems: dict[tuple[str, ...], dict[str, str]] = {}
    for column, content in contents.items():
        words = words_in(column)
        parts = [part for part, names in _PARTS.items() if names & {*words} and content.filled]
        if len(parts) == 1 and _may_be(parts[0], content):
            stem = tuple(word for word in words if word not in _PARTS[parts[0]])
            stems.setdefault(stem, {}).setdefault(parts[0], column)
    for stem, columns in stems.items():
        if {"year", "month", "day"} <= columns.keys() and not speaks_against("event_time", stem):
            date = tuple(columns[part] for part in ("year", "month", "day"))
            return date + (_hours(columns) or _clock(contents))
    return ()


def _may_be(part: str, content: Content) -> bool:
    if content.different > _LARGEST[part]:
        return False
    # a column of floats has 31.0 and 2024.0
    numbers = content.numbers >= 0.9 and content.length <= len("2024.0")
    return numbers or (part == "month" and content.numbers < 0.1)


def _hours(columns: Mapping[str, str]) -> tuple[str, ...]:
    if "hour" not in columns:
        return ()
    return (columns["hour"], *((columns["minute"],) if "minute" in columns else ()))


def _clock(contents: Mapping[str, Content]) -> tuple[str, ...]:
    clocks = [
        column
        for column, content in contents.items()
        if content.is_clock and not speaks_against("event_time", words_in(column))
    ]
    return tuple(clocks) if len(clocks) == 1 else ()
