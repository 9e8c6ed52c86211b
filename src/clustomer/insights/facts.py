"""Facts: every number that a text shows, with the way to recompute it.

A text holds placeholders instead of numbers, in three forms:

`{S1.customers}`
    the number, written by its unit: `12,345`, `12.3 %`, `EUR 1,204`, `3.2 days`
`{S1.customers:customer/customers}`
    the number with the word that fits it: `1 customer`, `2 customers`
`{S1.customers?brings/bring}`
    only the word that fits the number

`{{` and `}}` stand for braces. What comes from a user (the name of a file, a
reason sentence) is a fact of the unit `text`, so its braces are never read as a placeholder.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass

from clustomer.documents import read_document
from clustomer.errors import InputError, UsageError, did_you_mean
from clustomer.insights.sources import Tables, Value, recompute

SCHEMA_VERSION = 1
RELATIVE_TOLERANCE = 1e-9

_PLACEHOLDER = re.compile(
    r"\{\{|\}\}|\{([A-Za-z0-9_.\-]+)(?:([:?])([^{}/]*)/([^{}/]*))?\}|[{}]", re.ASCII
)
_ISO_CODE = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True)
class Fact:
    """One computed number (or word), its unit, and where it comes from.

    `source` has the keys table, key, column and aggregate, as `sources` documents them.
    `value` is None where the data do not define it.
    """

    id: str
    value: Value
    unit: str
    decimals: int
    segment_id: str | None
    source: Mapping[str, str]


@dataclass(frozen=True)
class Mismatch:
    """A fact that its source does not confirm."""

    id: str
    stated: Value
    recomputed: Value


def check_currency(currency: str | None) -> str | None:
    """Return the currency as given: an ISO 4217 code (EUR), a symbol (£), or None.

    >>> check_currency("EUR"), check_currency("£"), check_currency(None)
    ('EUR', '£', None)

    Raises UsageError for anything else, such as a name or a number.
    """
    if currency is None or _ISO_CODE.fullmatch(currency):
        return currency
    symbol = 1 <= len(currency) <= 3 and not any(c.isdigit() or c.isspace() for c in currency)
    if symbol and not (len(currency) == 3 and currency.isascii() and currency.isalpha()):
        return currency
    raise UsageError(
        f"The currency is {currency!r}; an ISO code such as EUR or a symbol such as £ was "
        "expected. Give one of these, or none for plain numbers."
    )


def decimals_for(value: Value, unit: str) -> int:
    """Return how many decimals a value is worth: fewer, the larger it is.

    >>> decimals_for(1234.5, "currency"), decimals_for(12.5, "currency")
    (0, 2)
    >>> decimals_for(1.414, "orders"), decimals_for(14.14, "orders"), decimals_for(3.0, "orders")
    (2, 1, 0)
    """
    if value is None or isinstance(value, str | int):
        return 0
    size = abs(value)
    if unit == "share":
        return 0 if size >= 10 else 1
    if unit == "currency":
        return 0 if size >= 1000 or size == 0 else 2
    if unit == "ratio":
        return 0 if size >= 10 else 1
    if unit in ("days", "minutes"):
        return 0 if size >= 10 else 1
    if size >= 100 or value == int(value):
        return 0
    return 1 if size >= 2 else 2


class Facts(Mapping[str, Fact]):
    """An ordered mapping from id to `Fact`, which also writes texts.

    >>> source = {"table": "customers", "key": "S1", "column": "user_id", "aggregate": "count"}
    >>> facts = Facts([Fact("S1.customers", 1, "customers", 0, "S1", source)])
    >>> facts.render("{S1.customers:customer/customers} {S1.customers?buys/buy}.")
    '1 customer buys.'
    """

    def __init__(self, facts: Iterable[Fact] = (), *, currency: str | None = None) -> None:
        self._facts = {fact.id: fact for fact in facts}
        self.currency = check_currency(currency)

    def __getitem__(self, fact_id: str) -> Fact:
        return self._facts[fact_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._facts)

    def __len__(self) -> int:
        return len(self._facts)

    def __repr__(self) -> str:
        return f"Facts({len(self)} facts)"

    def format(self, fact_id: str) -> str:
        """Return the fact as plain text, written by its unit.

        Raises InputError, with near misses, where there is no such fact.
        """
        return format_value(self._find(fact_id), self.currency)

    def render(
        self,
        text: str,
        wrap: Callable[[str, str], str] = lambda fact_id, written: written,
        literal: Callable[[str], str] = lambda words: words,
    ) -> str:
        """Fill in the placeholders of a text.

        `wrap(id, written)` may put markup around each number, and `literal(words)` may escape
        the words between them; both are left out by default. Raises InputError for an unknown
        fact and for a brace that belongs to no placeholder.
        """
        parts: list[str] = []
        end = 0
        for match in _PLACEHOLDER.finditer(text):
            if match.start() > end:
                parts.append(literal(text[end : match.start()]))
            end = match.end()
            token = match.group()
            if token in ("{{", "}}"):
                parts.append(literal(token[0]))
                continue
            fact_id, form, one, many = match.groups()
            if fact_id is None:
                raise InputError(
                    f"The text {text!r} has a lone {token!r}; a placeholder such as "
                    "{S1.customers} was expected. Write {{ or }} for a brace."
                )
            fact = self._find(fact_id)
            if form is None:
                parts.append(wrap(fact_id, format_value(fact, self.currency)))
                continue
            word = one if format_value(fact, self.currency) == "1" else many
            if form == ":":
                parts.append(wrap(fact_id, f"{format_value(fact, self.currency)} {word}"))
            else:
                parts.append(literal(word))
        if end < len(text):
            parts.append(literal(text[end:]))
        return "".join(parts)

    def verify(self, tables: Tables) -> tuple[Mismatch, ...]:
        """Recompute every fact from its source; return those that do not come out the same.

        `tables` are those that the sources name: `customers` and `segments` as Arrow tables (or
        anything with `__arrow_c_stream__`), and whichever of `cleaning`, `run` and others the
        facts use. Numbers must agree to 1e-9 of their size. Raises InputError where a table or
        a column is missing.
        """
        compute = recompute(tables, self._facts)
        return tuple(
            Mismatch(fact.id, fact.value, again)
            for fact in self._facts.values()
            if not _same(fact.value, again := compute(fact.source))
        )

    def to_json(self) -> str:
        """Return the content of `facts.json`."""
        document = {
            "schema_version": SCHEMA_VERSION,
            "currency": self.currency,
            "facts": [asdict(fact) for fact in self._facts.values()],
        }
        return json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "Facts":
        """Read what `to_json` wrote. Raises InputError where it is something else.

        >>> Facts.from_json(Facts(currency="EUR").to_json()).currency
        'EUR'
        """
        from pydantic import TypeAdapter, ValidationError

        document = read_document(text, "facts.json", newest=SCHEMA_VERSION)
        try:
            facts = TypeAdapter(tuple[Fact, ...]).validate_python(document.get("facts"))
            return cls(facts, currency=document.get("currency"))
        except (ValidationError, TypeError, UsageError) as error:
            reason = error.errors()[0]["msg"] if isinstance(error, ValidationError) else error
            raise InputError(
                f"This is no facts.json: {reason}. Give the file of a results folder as it was "
                "written."
            ) from error

    def _find(self, fact_id: str) -> Fact:
        if fact_id not in self._facts:
            raise InputError(
                f"A text names the fact `{fact_id}`, which was not computed. "
                + did_you_mean(fact_id, list(self._facts)[:2000])[:400]
            )
        return self._facts[fact_id]


def placeholders(text: str) -> tuple[str, ...]:
    """Return the ids of the facts that a text uses, in order.

    >>> placeholders("{S1.customers:customer/customers} {{not one}} of {everyone.customers}")
    ('S1.customers', 'everyone.customers')
    """
    return tuple(match[1] for match in _PLACEHOLDER.finditer(text) if match[1])


def escape(text: str) -> str:
    """Double the braces of a text that comes from elsewhere, so that `render` gives it back.

    >>> Facts().render(escape("a {b}"))
    'a {b}'
    """
    return text.replace("{", "{{").replace("}", "}}")


def format_value(fact: Fact, currency: str | None = None) -> str:
    """Return a fact's value as plain text.

    A value that would be rounded to nothing says so: `<0.1 %`, `<0.01`. An undefined one is
    written `not known`.

    >>> def say(value, unit, decimals=0, currency=None):
    ...     return format_value(Fact("x", value, unit, decimals, None, {}), currency)
    >>> say(12345, "customers"), say(0.0004, "share", 1), say(0.9999, "share", 1)
    ('12,345', '<0.1 %', '>99.9 %')
    >>> say(1234.5, "currency", 0, "EUR"), say(12.5, "currency", 2, "£"), say(-3.0, "currency", 2)
    ('EUR 1,234', '£12.50', '-3.00')
    >>> say(3.21, "days", 1), say(1.0, "days", 1), say(0.118, "days", 1)
    ('3.2 days', '1 day', '2.8 hours')
    >>> say("2011-09-01T00:00:00Z", "date"), say("2019-10-01T01:30:00Z", "date")
    ('2011-09-01', '2019-10-01 01:30 UTC')
    """
    value = fact.value
    if value is None:
        return "not known"
    if isinstance(value, str):
        return _moment(value) if fact.unit == "date" else value
    match fact.unit:
        case "share":
            return _percentage(float(value), fact.decimals)
        case "currency":
            sign, size = ("-" if value < 0 else ""), abs(value)
            gap = " " if currency and _ISO_CODE.fullmatch(currency) else ""
            return f"{sign}{currency or ''}{gap}{_number(size, fact.decimals)}"
        case "days":
            return _duration(float(value), fact.decimals)
        case "p":
            return _number(max(value, 1e-9), fact.decimals)
        case "points":
            return _with_word(100 * value, fact.decimals, "point")
        case "minutes":
            return _with_word(float(value), fact.decimals, "minute")
        case _:
            return _number(value, fact.decimals)


def _moment(written: str) -> str:
    day, _, time = written.removesuffix("Z").partition("T")
    return day if time in ("", "00:00:00") else f"{day} {time[:5]} UTC"


def _number(value: float, decimals: int) -> str:
    smallest = 10.0**-decimals
    if value and abs(value) < smallest / 2:
        return f"<{smallest:.{decimals}f}" if value > 0 else f">-{smallest:.{decimals}f}"
    return f"{value:,.{decimals}f}"


def _percentage(share: float, decimals: int) -> str:
    if share in (0, 1):
        return f"{share:.0%}".replace("%", " %")
    smallest = 10.0**-decimals
    percent = share * 100
    if 0 < percent < smallest:
        return f"<{smallest:.{decimals}f} %"
    if 100 - smallest < percent < 100:
        return f">{100 - smallest:.{decimals}f} %"
    return f"{percent:,.{decimals}f} %"


def _with_word(value: float, decimals: int, word: str) -> str:
    written = _number(value, decimals)
    if "." in written and not written.startswith(("<", ">")):
        written = written.rstrip("0").rstrip(".")
    return f"{written} {word}" if written == "1" else f"{written} {word}s"


def _duration(days: float, decimals: int) -> str:
    size = abs(days)
    if size >= 1 or days == 0:
        return _with_word(days, decimals, "day")
    if size >= 1 / 24:
        return _with_word(days * 24, 1, "hour")
    if size >= 1 / 1440:
        return _with_word(days * 1440, 0, "minute")
    return "less than a minute"


def _same(stated: Value, again: Value) -> bool:
    if stated is None or again is None or isinstance(stated, str) or isinstance(again, str):
        return stated == again
    return abs(stated - again) <= RELATIVE_TOLERANCE * max(1.0, abs(stated), abs(again))
