"""What the columns of a source hold, by a sample of its rows."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from clustomer.engines import DuckDB, quoted
from clustomer.events.missing import SPREADSHEET_ERRORS, with_plain_times
from clustomer.events.paths import Structure, split, text_at
from clustomer.events.reading.notations import TEXTS, sql_text
from clustomer.events.sources import Source, is_nested

SAMPLE_ROWS = 20_000
MAX_COLUMNS = 200
MAX_VALUES = 30
MAX_COUNTS = 20
MAX_COUNT_DIGITS = 1.5
MAX_NOTATION = 45

_NUMBER = (
    # spaces between thousands may be such as do not break a line
    r"[^0-9A-Za-z]{0,4}[0-9][0-9.,\x27\x{2019} \x{a0}\x{202f}]*[^0-9A-Za-z]{0,3}|"
    r"[A-Z]{3} ?-?[0-9.,]+|"
    r"-?[0-9.,]+ ?[A-Z]{3}|"
    # 1.25E+03, and 12,- or 12.-
    r"-?[0-9]+([.,][0-9]+)?[eE][-+]?[0-9]+|"
    r"[0-9.,\x27 ]*[0-9][.,][-\x{2013}\x{2014}]{1,2}"
)
_CENTS = r".*[0-9][.,][0-9]{1,2}[^0-9]*"
# Letters of all scripts in as few ranges as will do: to compile the 600 ranges of \pL, once for
# each letter that the name of a month may have, took 90 ms of every description.
_LETTER = r"[A-Za-z\x{aa}-\x{10ffff}]"
_TIMES = [notation.pattern.replace(r"\pL", _LETTER) for notation in TEXTS.values()]
_TIME = "|".join([*_TIMES, r"(19|20)[0-9]{2}(0[1-9]|1[0-2])[0-3][0-9]([0-9]{4}|[0-9]{6})?"])
_UNIX = r"[0-9]{9,19}(\.[0-9]+)?"
_DAY = r"[^:]*( 0?0:00(:00(\.0+)?)?)?"
_CLOCK = r"([01]?[0-9]|2[0-3])[:h][0-5][0-9](:[0-5][0-9](\.[0-9]+)?)?( ?[AaPp]\.?[Mm]\.?)?"
_ADDRESS = r"[^@ ]+@[^@ ]+\.[A-Za-z]+"


@dataclass(frozen=True)
class Content:
    """What a column holds; the shares are of its filled rows."""

    filled: int
    rows: int
    different: int
    numbers: float
    cents: float
    times: float
    unix: float
    addresses: float
    days: float
    clocks: float
    length: float
    digits: float = 0.0
    values: tuple[str, ...] = ()
    """Its different values, where they are few."""

    @property
    def is_time(self) -> bool:
        """Whether it may be a time."""
        return self.filled > 0 and max(self.times, self.unix) >= 0.9

    @property
    def is_day(self) -> bool:
        """Whether it may be a date whose time of day is elsewhere."""
        return self.times >= 0.9 and self.days >= 0.9

    @property
    def is_clock(self) -> bool:
        """Whether it holds times of day without a date."""
        return self.clocks >= 0.9

    @property
    def is_number(self) -> bool:
        """Whether it may be an amount or a number of pieces."""
        return self.filled > 0 and self.numbers >= 0.9 and self.times < 0.9

    @property
    def is_counted(self) -> bool:
        """Whether it looks like numbers of pieces: few small whole numbers."""
        few = self.different <= MAX_COUNTS and self.length <= MAX_COUNT_DIGITS
        return self.is_number and self.cents == 0 and few

    @property
    def has_digits(self) -> bool:
        """Whether it may be a number or a time in a notation that is not known."""
        return self.filled > 0 and self.digits >= 0.9 and self.length <= MAX_NOTATION

    @property
    def some_digits(self) -> bool:
        """Whether most of it may be numbers, beside words that stand for some."""
        return self.filled > 0 and self.digits >= 0.5 and self.length <= MAX_NOTATION

    @property
    def is_money(self) -> bool:
        """Whether it looks like money even without a name that says so."""
        return self.is_number and self.cents >= 0.5


def contents_of(engine: DuckDB, source: Source) -> Mapping[str, Content]:
    """Return what each column holds; nested ones are left out."""
    return _contents(
        engine, source, [c for c, kind in source.columns.items() if not is_nested(kind)]
    )


def contents_of_objects(engine: DuckDB, source: Source) -> Mapping[str, Content]:
    """Return what the members of objects hold, by their paths; lists are left out."""
    return _contents(engine, source, [path for path in source.names if _is_member(source, path)])


def _is_member(source: Source, path: str) -> bool:
    place = split(source.columns, path)
    if place is None or not place[1]:
        return False
    inside: Structure = source.structure.get(place[0], "")
    for step in place[1]:
        inside = inside.get(step, []) if isinstance(inside, dict) else []
    return isinstance(inside, str) and inside != "JSON"


def text_of(source: Source, path: str) -> tuple[str, str]:
    """Return a column, and SQL for the text of it or of a member of its objects."""
    column, steps = split(source.columns, path) or (path, ())
    if not steps:
        return column, f"CAST({quoted(column)} AS VARCHAR)"
    return column, text_at(quoted(column), source.columns[column], steps)


def _contents(engine: DuckDB, source: Source, columns: list[str]) -> Mapping[str, Content]:
    columns = columns[:MAX_COLUMNS]
    if not columns:
        return {}
    nothing = ", ".join(map(sql_text, ("", *SPREADSHEET_ERRORS)))
    texts = ", ".join(
        f"CASE WHEN LOWER(TRIM({text})) NOT IN ({nothing}) THEN TRIM({text}) END AS {quoted(name)}"
        for name in columns
        for _, text in [text_of(source, name)]
    )
    needed = dict.fromkeys(text_of(source, name)[0] for name in columns)
    with source.opened():
        engine.execute(
            f"CREATE OR REPLACE TEMP TABLE sample_of_source AS SELECT {texts} FROM "
            f"{source.reading(needed)} LIMIT {SAMPLE_ROWS}",
            source.parameters,
        )
    # one query for all columns: to compile the patterns takes longer than to match them
    seen = with_plain_times("text")
    shares = ", ".join(
        f"COALESCE(AVG(CAST(REGEXP_FULL_MATCH({seen}, {sql_text(form)}) AS INTEGER)), 0)"
        for form in (_NUMBER, _CENTS, _TIME, _UNIX, _ADDRESS, _DAY, _CLOCK)
    )
    counted = engine.rows(
        f"SELECT name, COUNT(text), COUNT(*), COUNT(DISTINCT text), {shares}, "
        "COALESCE(AVG(LENGTH(text)), 0), "
        f"COALESCE(AVG(CAST(REGEXP_MATCHES({seen}, '[0-9]') AS INTEGER)), 0) FROM sample_of_source "
        "UNPIVOT INCLUDE NULLS (text FOR name IN (COLUMNS(*))) GROUP BY name"
    )
    by_name = {name: Content(*row) for name, *row in counted}
    contents = {}
    for name in columns:
        content = by_name.get(name, Content(0, 0, 0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0))
        values: tuple[str, ...] = ()
        if 0 < content.different <= MAX_VALUES:
            column = quoted(name)
            rows = engine.rows(
                f"SELECT DISTINCT {column} FROM sample_of_source WHERE {column} IS NOT NULL ORDER "
                "BY ALL"
            )
            values = tuple(str(value) for (value,) in rows)
        contents[name] = replace(content, values=values)
    engine.execute("DROP TABLE sample_of_source")
    return contents
