"""The check as a gate for anyone's prose: what of it is proven, false or unknown."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from clustomer.insights import Facts
from clustomer.narrative.catalogue import Catalogue
from clustomer.narrative.words import COMPARISONS, NUMBERS

_ID = re.compile(r"\s?\[([\w.\-]+)\]")
_NUMBER = re.compile(
    r"(?<![A-Za-z0-9])[<>]?[\u2212-]?(?:[A-Z]{3} ?|[^\w\s.,()\[\]]?)\d(?:[\d,.:-]*\d)?(?:\s?%)?"
)
_LAST_NUMBER = re.compile(rf"({_NUMBER.pattern})(?:\s[a-z]+){{0,2}}$")
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

    A number is proven by the id of its fact in brackets after it, as the report writes it:
    `53.4 % [S1.revenue_share]`, `12 customers [S1.customers]`. Number words and words that compare
    have no fact, and are unknown.
    """
    placed = []
    left = text = text.replace("\u00a0", " ")
    end = 0
    for match in _ID.finditer(text):
        before = text[end : match.start()]
        verdict, length = _judged(before, match[1], catalogue.facts)
        placed.append((match.start() - length, verdict))
        # what is judged is taken out of what is left to be judged
        left = _blanked(left, match.start() - length, match.end())
        end = match.end()
    placed += _loose(left)
    return tuple(verdict for _, verdict in sorted(placed, key=lambda pair: pair[0]))


def _judged(before: str, fact_id: str, facts: Facts) -> tuple[Verdict, int]:
    """Judge what stands before an id; return also how long it is."""
    if fact_id in facts:
        value = facts.format(fact_id).replace("\u00a0", " ")
        form = rf"(?<![\w.,\u2212<>-]){re.escape(_close(value))}(?:\s[a-z]+){{0,2}}$"
        place = re.search(form, _close(before))
        if place is not None:
            return Verdict(value, "proven", fact_id), len(before) - _opened(before, place.start())
    number = _LAST_NUMBER.search(before)
    stated = number[1].strip() if number else before.strip()[-40:]
    length = len(before) - number.start() if number else 0
    if fact_id not in facts:
        return Verdict(stated, "unknown", fact_id, f"there is no {fact_id}"), length
    return Verdict(stated, "false", fact_id, f"it is {facts.format(fact_id)}"), length


def _close(written: str) -> str:
    """Return text in which a percentage is written without a blank, as many write it."""
    return written.replace(" %", "%")


def _opened(before: str, place: int) -> int:
    """Return the place in a text of what stands at a place of `_close(text)`."""
    return next(
        (at for at in range(len(before) + 1) if len(_close(before[:at])) >= place), len(before)
    )


def _blanked(text: str, start: int, end: int) -> str:
    return text[:start] + " " * (end - start) + text[end:]


def _loose(text: str) -> Iterator[tuple[int, Verdict]]:
    """Give the numbers without an id, and the words that state an amount or compare."""
    for match in _NUMBER.finditer(text):
        reason = "no fact is named; write its id in brackets after the number"
        yield match.start(), Verdict(match[0].strip(), "unknown", None, reason)
    for match in _WORD.finditer(text):
        word = match[0].casefold()
        if word in NUMBERS or word in COMPARISONS:
            kind = "number" if word in NUMBERS else "comparison"
            yield (
                match.start(),
                Verdict(match[0], "unknown", None, f"a {kind} in words has no fact"),
            )
