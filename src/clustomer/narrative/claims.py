"""The check as a gate for anyone's prose: what of it is proven, false or unknown."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from clustomer.insights import Facts
from clustomer.narrative.catalogue import Catalogue
from clustomer.narrative.words import COMPARISONS, NUMBERS

_NUMBER = re.compile(
    r"[<>]?[\u2212-]?(?:[A-Z]{3} ?|[^\w\s.,()\[\]]?)\d[\d,.]*\d?(?:\s?%)?"
    r"(?:\s?\[(?P<id>[\w.\-]+)\])?"
)
_WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True)
class Verdict:
    """One statement of a text: its words, its fact, and whether it is so.

    "proven": the fact has this value. "false": it has another one. "unknown": there is no fact, or
    none is named.
    """

    said: str
    verdict: Literal["proven", "false", "unknown"]
    fact: str | None = None
    reason: str = ""


def check_claims(text: str, catalogue: Catalogue) -> tuple[Verdict, ...]:
    """Tell of every number and comparison in a text whether the results bear it out.

    A number is proven by the id of its fact in brackets after it: `53.4 % [S1.revenue_share]`, as
    the report writes it. Number words and words that compare have no fact, and are unknown.
    """
    facts = catalogue.facts
    return tuple(sorted_by_place([*_numbers(text, facts), *_loose_words(text)]))


def sorted_by_place(placed: list[tuple[int, Verdict]]) -> list[Verdict]:
    """Return verdicts in the order of the text."""
    return [verdict for _, verdict in sorted(placed, key=lambda pair: pair[0])]


def _numbers(text: str, facts: Facts) -> Iterator[tuple[int, Verdict]]:
    for match in _NUMBER.finditer(text):
        statement = match[0].strip()
        fact_id = match["id"]
        number = statement.partition("[")[0].strip().rstrip(".,")
        if fact_id is None:
            reason = "no fact is named; write its id in brackets after the number"
            yield match.start(), Verdict(number, "unknown", None, reason)
        elif fact_id not in facts:
            yield match.start(), Verdict(number, "unknown", fact_id, f"there is no {fact_id}")
        else:
            value = facts.format(fact_id)
            same = _plain(value) == _plain(number)
            reason = "" if same else f"it is {value}"
            yield match.start(), Verdict(number, "proven" if same else "false", fact_id, reason)


def _loose_words(text: str) -> Iterator[tuple[int, Verdict]]:
    without_ids = re.sub(r"\[[\w.\-]+\]", lambda match: " " * len(match[0]), text)
    for match in _WORD.finditer(without_ids):
        word = match[0].casefold()
        if word in NUMBERS or word in COMPARISONS:
            kind = "number" if word in NUMBERS else "comparison"
            yield (
                match.start(),
                Verdict(match[0], "unknown", None, f"a {kind} in words has no fact"),
            )


def _plain(written: str) -> str:
    """Return a number without its unit in words, as `3.2 days` is 3.2."""
    return re.sub(r"[\s\u00a0]+|(?<=\d)\s*[a-z]+$", "", written.replace("\u2212", "-"))
