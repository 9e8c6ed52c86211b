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
from typing import Any

from clustomer.documents import read_document
from clustomer.errors import InputError, UsageError, did_you_mean
from clustomer.insights.facts.fact import Fact, Mismatch, Value
from clustomer.insights.facts.migration import with_places
from clustomer.insights.facts.sources import fact_query
from clustomer.insights.facts.writing import check_currency, decimals_for, format_value

SCHEMA_VERSION = 2

_PLACEHOLDER = re.compile(
    r"\{\{|\}\}|\{([A-Za-z0-9_.\-]+)(?:([:?])([^{}/]*)/([^{}/]*))?\}|[{}]", re.ASCII
)


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

    def verify(self, tables: Mapping[str, Any]) -> tuple[Mismatch, ...]:
        """Recompute every fact from tables in memory; return those that do not come out the same.

        `tables` are those that the sources name: `customers` and `segments` as Arrow tables (or
        anything with `__arrow_c_stream__`), and whichever of `cleaning`, `run` and others the
        facts use; what a version has as JSON is a mapping here. `verify_facts` does the same
        over the files of a version. Raises InputError where a table or a column is missing.
        """
        from clustomer.insights.facts.verification import verify_tables

        return verify_tables(self, tables)

    def to_json(self) -> str:
        """Return the content of `facts.json`."""
        document = {
            "schema_version": SCHEMA_VERSION,
            "currency": self.currency,
            "facts": [
                vars(fact) | {"sql": fact_query(fact, self._facts)} for fact in self._facts.values()
            ],
        }
        return json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "Facts":
        """Read what `to_json` wrote. Raises InputError where it is something else.

        >>> Facts.from_json(Facts(currency="EUR").to_json()).currency
        'EUR'
        """
        from pydantic import TypeAdapter, ValidationError

        document = read_document(
            text, "facts.json", newest=SCHEMA_VERSION, migrations={1: with_places}
        )
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


def made_of(
    name: str,
    value: Value,
    unit: str,
    ids: str,
    aggregate: str,
    *,
    segment_id: str | None = None,
    decimals: int | None = None,
) -> Fact:
    """Return a figure made of other facts, whose ids stand in the order of `sources.DERIVED`.

    It has as many decimals as it is worth, unless they are given.

    >>> made_of("S1.left", 1.5, "currency", "S1.one_more S1.contact", "difference").source["key"]
    'S1.one_more S1.contact'
    """
    source = {"table": "facts", "key": ids, "column": "value", "aggregate": aggregate}
    worth = decimals_for(value, unit) if decimals is None else decimals
    return Fact(name, value, unit, worth, segment_id, source)
