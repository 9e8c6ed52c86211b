"""Notations of times: what each looks like, and how DuckDB reads it.

A notation of text is a way to rewrite it into year-month-day; one of numbers is a range
that no other notation of a plausible time shares. These expressions are DuckDB's own: only
loaders read text, so the portable dialect does not apply to them.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from types import MappingProxyType

from clustomer.engines import literal

EARLIEST = datetime(1990, 1, 1)  # noqa: DTZ001 - UTC throughout
"""Before it no shop kept a log of events; what says so is no time, unless the schema allows it."""

LATEST = datetime(2100, 1, 1)  # noqa: DTZ001
"""From here on a time means "never" or "unknown", unless the schema allows it."""

AT = r"(?:,? +(?:um|at|à|às|om|kl\.?|alle(?: ore)?|a las|klo) +)"
"""The word that some languages have between a date and the time of day."""

_TAIL = rf"(?: г\.)?((?:[ T,:]+| - |{AT})\d{{1,2}}[:.h]\d{{2}}.*)?"
_ISO_TAIL = rf"((?:[ T,:]+|{AT}|-| - )\d{{1,2}}[:.h]\d{{2}}.*)?"
_WORD = r"(\pL{3,12})"
_DAY = r"(\d{1,2})(?:st|nd|rd|th)?"
_WEEKDAY = r"(?:\pL{2,10}\.?,? +)?"


@dataclass(frozen=True)
class TextNotation:
    """A way to write a time as text.

    `pattern` matches the whole text; `iso` says in which order its groups make
    year-month-day and the rest; `word` is the group that names a month; `form` is what
    `time_format` says to choose it, and `written` a strftime form to show it.
    """

    name: str
    pattern: str
    iso: str
    form: str
    written: str
    word: int | None = None
    two_digits: bool = False


def _numeric(name: str, order: str, sign: str, year: str) -> TextNotation:
    two = year == "%y"
    groups = {
        "d": r"(\d{1,2})",
        "m": r"(\d{1,2})",
        "y": r"(\d{2})" if two else r"(\d{4})",
    }
    escaped = re.escape(sign)
    pattern = escaped.join(groups[part] for part in order) + _TAIL
    place = {part: f"\\{order.index(part) + 1}" for part in order}
    form = sign.join(year if part == "y" else f"%{part}" for part in order)
    return TextNotation(
        name=name,
        pattern=pattern,
        iso=f"{place['y']}-{place['m']}-{place['d']}\\4",
        form=form,
        written=form,
        two_digits=two,
    )


ORDERS: Mapping[str, str] = MappingProxyType(
    {"day first": "dmy", "month first": "mdy", "year first": "ymd"}
)
"""The orders of three numbers that can be told apart only over a whole column."""

RIVALS: tuple[tuple[TextNotation, ...], ...] = tuple(
    tuple(
        _numeric(name, order, sign, year)
        for name, order in ORDERS.items()
        if order != "ymd" or year == "%y"
    )
    for year in ("%Y", "%y")
    for sign in ("/", "-", ".")
)
"""Notations that look alike: the values of a column decide which of them it is."""

ISO = TextNotation(
    "year-month-day",
    r"(\d{4})(?:[-/年]|\. ?)(\d{1,2})(?:[-/月]|\. ?)(\d{1,2})[.日]?" + _ISO_TAIL,
    r"\1-\2-\3\4",
    "auto",
    "%Y-%m-%d",
)

NAMED: tuple[TextNotation, ...] = (
    TextNotation(
        "day, name of the month, year",
        _WEEKDAY + _DAY + r"\.?(?:[ -/]| de )*" + _WORD + r"\.?,?(?:[ -/]| de )*(\d{4})" + _TAIL,
        r"\3-\2-\1\4",
        "auto",
        "%d %b %Y",
        word=2,
    ),
    TextNotation(
        "day, name of the month, year of two digits",
        _WEEKDAY + _DAY + r"\.?(?:[ -/]| de )*" + _WORD + r"\.?,?(?:[ -/]| de )*(\d{2})" + _TAIL,
        r"\3-\2-\1\4",
        "auto",
        "%d %b %y",
        word=2,
        two_digits=True,
    ),
    TextNotation(
        "name of the month, day, year",
        _WEEKDAY + _WORD + r"\.? +" + _DAY + r",? +(\d{4})" + _TAIL,
        r"\3-\1-\2\4",
        "auto",
        "%b %d, %Y",
        word=1,
    ),
    TextNotation(
        "name of the month, day, year, with signs between",
        _WORD + r"[-/]" + _DAY + r"[-/](\d{4})" + _TAIL,
        r"\3-\1-\2\4",
        "auto",
        "%b-%d-%Y",
        word=1,
    ),
    TextNotation(
        "name of the month, day, year of two digits",
        _WORD + r"[-/ ]" + _DAY + r"(?:[-/]|,? +)(\d{2})" + _TAIL,
        r"\3-\1-\2\4",
        "auto",
        "%b-%d-%y",
        word=1,
        two_digits=True,
    ),
    TextNotation(
        "name of the month, day, time, year",
        r"(?:\pL{2,10}\.?,? +)"
        + _WORD
        + r" +(\d{1,2}) +(\d{1,2}:\d{2}:\d{2}(?: [A-Z]{3,4})?) (\d{4})",
        r"\4-\1-\2 \3",
        "auto",
        "%a %b %d %H:%M:%S %Y",
        word=1,
    ),
    TextNotation(
        "year, name of the month, day",
        r"(\d{4})[ -/]" + _WORD + r"[ -/](\d{1,2})" + _TAIL,
        r"\1-\2-\3\4",
        "auto",
        "%Y-%b-%d",
        word=2,
    ),
)
"""Notations with the name of a month, which say themselves what is what."""

COMPACT = TextNotation(
    "yyyymmdd with a time after T",
    r"(\d{4})(\d{2})(\d{2})[T ](\d{2}):?(\d{2})(?::?(\d{2}))?(.*)",
    r"\1-\2-\3 \4:\5",
    "%Y%m%dT%H%M%S",
    "%Y%m%dT%H%M%S",
)

TEXTS: Mapping[str, TextNotation] = MappingProxyType(
    {
        f"{notation.name} ({notation.form})" if notation.form != "auto" else notation.name: notation
        for notation in (ISO, *NAMED, COMPACT, *(n for rivals in RIVALS for n in rivals))
    }
)
"""Every notation of text by its name."""


@dataclass(frozen=True)
class NumberNotation:
    """A way to write a time as a number: the range of plausible times, and how it is read."""

    name: str
    form: str
    low: float
    high: float
    written: str


EXCEL, SINCE_1904 = "days as Excel counts them", "days as Excel counts them from 1904"

NUMBERS: Mapping[str, NumberNotation] = MappingProxyType(
    {
        notation.name: notation
        for notation in (
            # those before 2000 are rather seconds since 2001, as Apple counts them
            NumberNotation("unix seconds", "unix_s", 946_684_800, 4_102_444_800, "%s"),
            NumberNotation("unix milliseconds", "unix_ms", 631_152e6, 4_102_444_800e3, "%s"),
            NumberNotation("unix microseconds", "unix_us", 631_152e9, 4_102_444_800e6, "%s"),
            NumberNotation("unix nanoseconds", "unix_ns", 662_688e12, 4_102_444_800e9, "%s"),
            NumberNotation("ticks of .NET", "ticks", 630_822_816e9, 662_380_416e9, "ticks"),
            NumberNotation("FILETIME", "filetime", 125_911_584e9, 157_469_184e9, "filetime"),
            NumberNotation("yyyymmdd", "%Y%m%d", 19_900_101, 21_000_101, "%Y%m%d"),
            NumberNotation(
                "yyyymmddhhmm", "%Y%m%d%H%M", 199_001_010_000, 210_001_010_000, "%Y%m%d%H%M"
            ),
            NumberNotation(
                "yyyymmddhhmmss",
                "%Y%m%d%H%M%S",
                19_900_101_000_000,
                21_000_101_000_000,
                "%Y%m%d%H%M%S",
            ),
            NumberNotation(EXCEL, "excel", 32_874, 73_051, "excel"),
            NumberNotation(SINCE_1904, "excel_1904", 31_412, 71_589, "excel_1904"),
        )
    }
)
"""Every notation of numbers by its name; no two that are guessed share a plausible number."""

GUESSED: Mapping[str, NumberNotation] = MappingProxyType(
    {name: notation for name, notation in NUMBERS.items() if name != SINCE_1904}
)
"""Those that numbers are taken for unless a schema, or the workbook, says another."""

UNIX = {"unix_s": 1_000_000, "unix_ms": 1_000, "unix_us": 1}

_CENTURIES = {"20": r"[0-6]\d", "19": r"[7-9]\d"}
"""Years of two digits: 69 is 2069 and 70 is 1970, of which neither is plausible."""

_COMPACT_SECONDS = r"(\d{4})(\d{2})(\d{2})[T ](\d{2}):?(\d{2}):?(\d{2})(.*)"
_COMPACT_MINUTES = r"(\d{4})(\d{2})(\d{2})[T ](\d{2}):?(\d{2})(\D.*)?"

_MONTHS = (
    "jan january januar janvier janv ledna leden enero ene gennaio gen januari janeiro "
    "styczen stycznia sty января январь янв ocak oca tammikuuta tammikuu ianuarie ian "
    "ιανουαρίου ιαν січня január januára",
    "feb february februar fevrier unora února unor fevr février févr febrero febbraio "
    "februari fevereiro fev luty lutego lut февраля февраль фев şubat subat şub helmikuuta "
    "helmikuu februarie φεβρουαρίου φεβ лютого február",
    "mar march marz marts brezna března märz mär mrz mars marzo maart mrt março marco marzec "
    "marca марта март мар mart maaliskuuta maaliskuu martie μαρτίου μαρ березня március",
    "apr april avril dubna duben avr abril abr aprile kwiecien kwietnia kwi апреля апрель апр "
    "nisan nis huhtikuuta huhtikuu aprilie απριλίου απρ квітня április ápr apríla",
    "may mai mayo kvetna května maggio mag mei maio maj maja мая май mayıs mayis toukokuuta "
    "toukokuu μαΐου μαϊ травня május mája",
    "jun june juni juin cervna června junio giugno giu junho czerwiec czerwca cze июня июнь "
    "июн haziran haz kesäkuuta kesäkuu iunie iun ιουνίου ιουν червня június jún júna",
    "jul july juli juillet cervence července juil julio luglio lug julho lipiec lipca lip "
    "июля июль июл temmuz tem heinäkuuta heinäkuu iulie iul ιουλίου ιουλ липня július júl "
    "júla",
    "aug august août augusti srpna aout agosto ago augustus sierpien sierpnia sie августа "
    "август авг ağustos agustos ağu elokuuta elokuu αυγούστου αυγ серпня augusztus augusta",
    "sep sept september zari září septembre septiembre settembre set setembro wrzesien "
    "wrzesnia wrz сентября сентябрь сен сент eylül eylul eyl syyskuuta syyskuu septembrie "
    "σεπτεμβρίου σεπ вересня szeptember szept septembra",
    "oct october oktober rijna října okt octobre octubre ottobre ott outubro out pazdziernik "
    "pazdziernika paz октября октябрь окт ekim eki lokakuuta lokakuu octombrie οκτωβρίου οκτ "
    "жовтня október októbra",
    "nov november novembre listopadu noviembre novembro listopad listopada lis ноября ноябрь "
    "ноя kasım kasim kas marraskuuta marraskuu noiembrie noi νοεμβρίου νοε листопада novembra",
    "dec december dezember desember des prosince dez décembre decembre déc diciembre dic "
    "dicembre dezembro grudzien grudnia gru декабря декабрь дек aralık aralik ara joulukuuta "
    "joulukuu decembrie δεκεμβρίου δεκ грудня decembra",
)
"""Names of months and their usual short forms, in the languages of Europe."""


def for_python(pattern: str) -> re.Pattern[str]:
    """Return a notation's pattern for Python's own expressions."""
    return re.compile(pattern.replace(r"\pL", r"[^\W\d_]"))


def matches(text: str, notation: TextNotation) -> str:
    """Return DuckDB SQL for whether a text looks like a notation."""
    return f"REGEXP_FULL_MATCH({text}, {sql_text(notation.pattern)})"


def iso_expression(text: str, notation: TextNotation) -> str:
    """Return DuckDB SQL that rewrites a text of a notation as year-month-day and the rest.

    What does not look like it stays as it is.
    """
    if notation is COMPACT:
        # the seconds may be missing
        rewritten = _replaced(text, _COMPACT_SECONDS, r"\1-\2-\3 \4:\5:\6\7")
        return _replaced(rewritten, _COMPACT_MINUTES, r"\1-\2-\3 \4:\5\6")
    if notation.word is not None:
        return _iso_of_name(text, notation)
    if not notation.two_digits:
        return _replaced(text, notation.pattern, notation.iso)
    year = notation.iso[:2]
    rewritten = text
    for century, digits in _CENTURIES.items():
        pattern = notation.pattern.replace(r"(\d{2})", f"({digits})", 1)
        rewritten = _replaced(rewritten, pattern, notation.iso.replace(year, century + year, 1))
    return rewritten


def _iso_of_name(text: str, notation: TextNotation) -> str:
    pattern = sql_text("^" + notation.pattern + "$")
    word = f"LOWER(REGEXP_EXTRACT({text}, {pattern}, {notation.word}))"
    month = f"{_months()}[{word}]"
    rewritten = _replaced(text, notation.pattern, notation.iso.replace(f"\\{notation.word}", "#"))
    if notation.two_digits:
        for century, digits in _CENTURIES.items():
            rewritten = f"REGEXP_REPLACE({rewritten}, '^({digits})-', '{century}\\1-')"
    return (
        f"CASE WHEN NOT {matches(text, notation)} THEN {text} "
        f"WHEN {month} IS NOT NULL THEN REPLACE({rewritten}, '#', {month}) END"
    )


def _replaced(text: str, pattern: str, by: str) -> str:
    return f"REGEXP_REPLACE({text}, {sql_text('^' + pattern + '$')}, {sql_text(by)})"


@lru_cache(10_000)
def sql_text(text: str) -> str:
    """Return a text as a literal of DuckDB."""
    return literal(text).sql("duckdb")


@cache
def _months() -> str:
    entries = ", ".join(
        f"{sql_text(word)}: '{number:02d}'"
        for number, words in enumerate(_MONTHS, start=1)
        for word in words.split()
    )
    return f"MAP {{{entries}}}"
