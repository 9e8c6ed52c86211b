"""How a column's numbers are read: their decimal mark, marks of thousands, and currencies."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, NoReturn

from clustomer.engines import DuckDB
from clustomer.errors import AmbiguousError
from clustomer.events.reading.notations import sql_text

MONEY = "DECIMAL(18, 4)"
SAMPLES = 3

_SPACE = r"[\s\x{00a0}\x{2009}\x{202f}]"
_BODY = rf"[0-9](?:[0-9.,'’]|{_SPACE})*[0-9]|[0-9]"
_MINUS = r"^[^0-9]*[-−]|[0-9]\s?[-−]$|^\(.*\)$"
_THOUSANDS = {",": ",", ".": r"\.", " ": _SPACE, "'": "['’]"}
_OTHER = {".": ",", ",": "."}

_CURRENCIES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "USD": ("$", "us$", "usd", "u$s"),
        "EUR": ("€", "eur", "euro", "euros"),
        "GBP": ("£", "gbp"),
        "JPY": ("¥", "jpy", "円"),
        "CNY": ("cny", "rmb", "元", "cn¥"),
        "INR": ("₹", "inr", "rs", "rs."),
        "KRW": ("₩", "krw", "원"),
        "BRL": ("r$", "brl"),
        "CAD": ("ca$", "c$", "cad"),
        "AUD": ("au$", "a$", "aud"),
        "NZD": ("nz$", "nzd"),
        "CHF": ("chf", "fr", "sfr"),
        "PLN": ("zł", "pln", "zl"),
        "CZK": ("kč", "czk"),
        "HUF": ("ft", "huf"),
        "RUB": ("₽", "rub", "руб", "руб."),
        "TRY": ("₺", "try", "tl"),
        "ILS": ("₪", "ils"),
        "VND": ("₫", "vnd", "đ"),
        "IDR": ("rp", "idr"),
        "MYR": ("rm", "myr"),
        "THB": ("฿", "thb"),
        "UAH": ("₴", "uah"),
        "NGN": ("₦", "ngn"),
        "PHP": ("₱", "php"),
        "KR": ("kr", "kr."),
        **{
            code: (code.lower(),)
            for code in (
                "SEK", "NOK", "DKK", "MXN", "ARS", "CLP", "COP", "PEN", "ZAR", "SGD", "HKD", "TWD",
                "AED", "SAR", "EGP", "RON", "BGN", "HRK", "ISK", "PKR", "BDT", "LKR", "KES",
            )
        },
    }
)  # fmt: skip
"""Currencies by their code, with the signs and words that shops write for them."""

_KNOWN = {sign: code for code, signs in _CURRENCIES.items() for sign in signs}


@dataclass(frozen=True)
class NumberReading:
    """How a column of numbers is read.

    Attributes
    ----------
    column : str
        The source's name for it.
    typed : bool
        Whether the source has numbers; else text.
    decimal : str
        The decimal mark of texts.
    thousands : str, optional
        The only mark of thousands that is read; by default all that fit.
    plain : bool
        Whether every text is digits with at most one point, so that nothing is to be decided.
    decided : str
        How that was decided, in words.
    complete : bool
        Whether every value was looked at, or none could speak against it.
    currencies : mapping
        How many values name each currency, where the column writes any.
    """

    column: str = ""
    typed: bool = False
    decimal: str = "."
    thousands: str | None = None
    plain: bool = True
    decided: str = "its values fit no other notation"
    complete: bool = True
    currencies: Mapping[str, int] = field(default_factory=dict)

    @property
    def notation(self) -> str:
        """How the numbers are written, in words."""
        if self.typed:
            return "numbers"
        mark = "a decimal comma" if self.decimal == "," else "a decimal point"
        named = f", in {', '.join(self.currencies)}" if self.currencies else ""
        return f"numbers with {mark}{named}"

    @property
    def doubtful(self) -> bool:
        """Whether the values might have been read in another way."""
        return not self.typed and not self.plain

    @property
    def sentence(self) -> str:
        """How the column was read, and why."""
        return f"`{self.column}` was read as {self.notation}: {self.decided}."

    def to_json(self, ours: str) -> dict[str, Any]:
        """Return the decision as JSON-ready values."""
        return {
            "column": ours,
            "source": self.column,
            "notation": self.notation,
            "decided": "by the type of the column" if self.typed else self.decided,
        }


def number_expression(column: str, reading: NumberReading) -> str:
    """Return DuckDB SQL for a number, NULL where it cannot be read."""
    simple = f"TRY_CAST({column} AS {MONEY})"
    if reading.typed or reading.plain:
        return simple
    text = f"TRIM({column})"
    body = f"REGEXP_EXTRACT({text}, {sql_text(_BODY)})"
    bare = _bare(body, reading.decimal)
    sign = f"CASE WHEN REGEXP_MATCHES({text}, {sql_text(_MINUS)}) THEN '-' ELSE '' END"
    read = (
        f"CASE WHEN {_fits(body, reading.decimal, reading.thousands)} AND {_alone(text)} "
        f"THEN TRY_CAST({sign} || {bare} AS {MONEY}) END"
    )
    # an exponent is no currency
    return f"COALESCE({read}, {simple})" if reading.decimal == "." else read


def _bare(body: str, decimal: str) -> str:
    marks = rf"[{_OTHER[decimal]}'’]|{_SPACE}"
    bare = f"REGEXP_REPLACE({body}, {sql_text(marks)}, '', 'g')"
    return f"REPLACE({bare}, ',', '.')" if decimal == "," else bare


def _fits(body: str, decimal: str, thousands: str | None = None) -> str:
    """Return SQL for whether digits and marks are a number with this decimal mark."""
    mark = r"\." if decimal == "." else ","
    rest = rf"({mark}\d+)?"
    forms = [rf"\d+{rest}"]
    for sign, pattern in _THOUSANDS.items():
        if sign != decimal and thousands in (None, sign):
            forms.append(rf"[1-9]\d{{0,2}}({pattern}\d{{3}})+{rest}")
    if decimal == "." and thousands in (None, ","):
        # lakhs and crores
        forms.append(rf"[1-9]\d?(,\d{{2}})+,\d{{3}}{rest}")
    return f"REGEXP_FULL_MATCH({body}, {sql_text('|'.join(forms))})"


def token_expression(column: str) -> str:
    """Return DuckDB SQL for what stands beside the digits of a number: a currency, or ''."""
    # 12,- has no cents
    beside = rf"[.,][-–—]{{1,2}}$|(?:{_BODY})|^\(|\)$|[-−+]|{_SPACE}"
    return f"LOWER(REGEXP_REPLACE(TRIM({column}), {sql_text(beside)}, '', 'g'))"


def _alone(text: str) -> str:
    """Return SQL for whether nothing but a currency stands beside the digits."""
    signs = ", ".join(map(sql_text, ("", *_KNOWN)))
    # 12€50 and 10-20 are two numbers, of which none is the amount
    two = rf"[0-9]({_SPACE}|[.,'’])*[^0-9.,'’\s\x{{00a0}}\x{{2009}}\x{{202f}}][^0-9]*[0-9]"
    return (
        f"({token_expression(text)} IN ({signs}) AND NOT REGEXP_MATCHES({text}, {sql_text(two)}))"
    )


def currency_expression(column: str) -> str:
    """Return DuckDB SQL for the code of the currency that a number names, NULL for none."""
    cases = " ".join(
        f"WHEN {sql_text(sign)} THEN {sql_text(code)}" for sign, code in _KNOWN.items()
    )
    return f"CASE {token_expression(column)} {cases} END"


def code_of(currency: str) -> str:
    """Return the code of a currency from its code or sign.

    >>> code_of("€"), code_of("usd"), code_of("¤")
    ('EUR', 'USD', '¤')
    """
    return _KNOWN.get(currency.strip().lower(), currency.strip().upper())


_MAJOR = frozenset(("EUR", "USD", "GBP", "JPY", "CNY", "CHF", "CAD", "AUD", "INR", "BRL", "MXN"))


def are_currencies(values: Sequence[str]) -> bool:
    """Whether several values of a column are all codes or signs of currencies.

    >>> are_currencies(["EUR", "USD"]), are_currencies(["TRY", "ALL"]), are_currencies(["EUR"])
    (True, False, False)
    """
    codes = [code_of(value) for value in values]
    listed = {*_CURRENCIES} - {"KR"}
    return len(values) > 1 and all(code in listed for code in codes) and bool(_MAJOR & {*codes})


def code_expression(column: str) -> str:
    """Return DuckDB SQL for the code of a currency from a column of codes or signs."""
    cases = " ".join(
        f"WHEN {sql_text(sign)} THEN {sql_text(code)}"
        for sign, code in _KNOWN.items()
        if sign != code.lower()
    )
    return f"CASE LOWER(TRIM({column})) {cases} ELSE UPPER(TRIM({column})) END"


NO_OTHER_MARK = "its values fit no other decimal mark"
_VALUES = "number_values"


def decide_number(
    engine: DuckDB,
    values: str,
    parameters: Sequence[object],
    first: NumberReading,
    label: str,
    *,
    given: str | None = None,
    fallback: str | None = None,
) -> NumberReading:
    """Return how all the texts of a column are read as numbers.

    Parameters
    ----------
    engine : DuckDB
    values : str
        SQL with one column `value`: texts, NULL where there is nothing.
    parameters : sequence
        Of that query.
    first : NumberReading
        Names the column.
    label : str
        The source, in messages.
    given : str, optional
        The decimal mark that the schema says.
    fallback : str, optional
        The decimal mark of another column of the source, for what fits both.

    Raises
    ------
    AmbiguousError
        If the values fit two decimal marks, or some only the one and some only the other.
    """
    engine.execute(
        f"CREATE OR REPLACE TEMP TABLE {_VALUES} AS SELECT TRIM(value) AS value, COUNT(*) AS n, "
        f"REGEXP_EXTRACT(TRIM(value), {sql_text(_BODY)}) AS body FROM ({values}) "
        "WHERE value IS NOT NULL GROUP BY ALL",
        list(parameters),
    )
    try:
        point, comma = _fits("body", "."), _fits("body", ",")
        differ = f"({_bare('body', '.')}) <> ({_bare('body', ',')})"
        bare = f"CASE WHEN {point} THEN {_bare('body', '.')} ELSE {_bare('body', ',')} END"
        groups = engine.rows(
            f"SELECT {point} AS point, {comma} AS comma, {differ} AS differ, SUM(n), MIN(value), "
            f"SUM(n * TRY_CAST({bare} AS DOUBLE)) FROM {_VALUES} "
            f"WHERE body <> '' AND {_alone('value')} GROUP BY ALL"
        )
        marks = {
            ".": [(int(n), v, w) for point, comma, _, n, v, w in groups if point and not comma],
            ",": [(int(n), v, w) for point, comma, _, n, v, w in groups if comma and not point],
        }
        either = [
            value for point, comma, differ, _, value, _ in groups if point and comma and differ
        ]
        currencies = dict(
            engine.rows(
                f"SELECT {currency_expression('value')} AS code, SUM(n)::BIGINT AS n "
                f"FROM {_VALUES} WHERE body <> '' AND {_alone('value')} AND "
                f"{token_expression('value')} <> '' GROUP BY code ORDER BY n DESC, code"
            )
        )
        decimal, decided = "," if marks[","] else ".", NO_OTHER_MARK
        if given is not None:
            decimal, decided = given, "as the schema says"
        elif marks["."] and marks[","]:
            decimal, decided = _beyond_doubt(marks) or _mixed(first, label, marks)
        elif either and not marks["."] and not marks[","]:
            if fallback is None:
                _either(engine, first, label)
            decimal, decided = fallback, "as in the column of prices"
        plain = decimal == "." and not currencies and _all_plain(engine)
        return replace(
            first,
            decimal=decimal,
            plain=plain,
            decided=decided,
            complete=True,
            currencies=currencies,
        )
    finally:
        engine.execute(f"DROP TABLE IF EXISTS {_VALUES}")


def readable_at_all(column: str) -> str:
    """Return DuckDB SQL for whether a text is a number in any notation that is known."""
    body = f"REGEXP_EXTRACT(TRIM({column}), {sql_text(_BODY)})"
    return f"({body} <> '' AND {_alone(column)} AND ({_fits(body, '.')} OR {_fits(body, ',')}))"


def readable_with_point(column: str) -> str:
    """Return DuckDB SQL for whether a text is a number with a decimal point."""
    return _fits(f"REGEXP_EXTRACT(TRIM({column}), {sql_text(_BODY)})", ".")


GROUPED = r"[1-9]\d{0,2}([.]\d{3})+"
"""Digits and points that are either a number with a fraction or one with marks of thousands."""


def _all_plain(engine: DuckDB) -> bool:
    # what is no number at all does not become one by other marks
    rows = engine.rows(
        f"SELECT COUNT(*) FROM {_VALUES} WHERE TRY_CAST(value AS {MONEY}) IS NULL AND "
        f"{_fits('body', '.')} AND {_alone('value')}"
    )
    return int(rows[0][0]) == 0


MIN_TELLING = 100
MAX_SLIPS = 0.01
"""Where at least so many values fit only one decimal mark, and at most this share of those that
tell, and of what they add up to, fit only the other, these are slips: they are rejected and
counted, and never read."""


_Marks = Mapping[str, Sequence[tuple[int, str, float | None]]]


def _beyond_doubt(marks: _Marks) -> tuple[str, str] | None:
    """Return the decimal mark that nearly all values have, and how that was decided."""
    counts = {mark: sum(n for n, _, _ in parts) for mark, parts in marks.items()}
    sums = {mark: sum(worth or 0 for _, _, worth in parts) for mark, parts in marks.items()}
    mark, other = sorted(counts, key=lambda name: -counts[name])
    if counts[mark] < MIN_TELLING or any(
        part[other] > MAX_SLIPS * (part[mark] + part[other]) for part in (counts, sums)
    ):
        return None
    return mark, (
        f"{counts[mark]:,} values fit only this, and {counts[other]:,} only the other, which are "
        "rejected"
    )


def _mixed(first: NumberReading, label: str, marks: _Marks) -> NoReturn:
    shown = {mark: (sum(n for n, _, _ in parts), parts[0][1]) for mark, parts in marks.items()}
    raise AmbiguousError(
        f"The column `{first.column}` of {label} mixes two decimal marks: {shown['.'][0]:,} values "
        f"fit only a point, such as {shown['.'][1]!r}; {shown[','][0]:,} only a comma, such as "
        f"{shown[','][1]!r}. Write them all in one way, or say which is right and let the rest be "
        "rejected.",
        "decimal",
        {".": "a point", ",": "a comma"},
    )


def _either(engine: DuckDB, first: NumberReading, label: str) -> NoReturn:
    samples = [
        str(value)
        for (value,) in engine.rows(
            f"SELECT value FROM {_VALUES} WHERE {_fits('body', '.')} AND {_fits('body', ',')} AND "
            f"({_bare('body', '.')}) <> ({_bare('body', ',')}) ORDER BY value LIMIT ?",
            [SAMPLES],
        )
    ]
    readings = []
    for value in samples:
        rows = engine.rows(
            f"SELECT {_bare('body', '.')}, {_bare('body', ',')} FROM {_VALUES} WHERE value = ?",
            [value],
        )[0]
        readings.append(f"{value!r} is {rows[0]} or {rows[1]}")
    raise AmbiguousError(
        f"The numbers in the column `{first.column}` of {label} can be read in two ways, and none "
        f"tells which is meant: with a decimal point or with a decimal comma, "
        f"{'; '.join(readings)}.",
        "decimal",
        {".": "a point", ",": "a comma"},
    )
