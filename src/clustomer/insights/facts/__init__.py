"""Facts: every number that a text shows, with the way to recompute it."""

from clustomer.insights.facts.collection import Facts, escape, made_of, placeholders
from clustomer.insights.facts.fact import Fact, Mismatch, Value
from clustomer.insights.facts.sources import AND
from clustomer.insights.facts.verification import verify_facts
from clustomer.insights.facts.writing import check_currency, decimals_for, format_value

__all__ = [
    "AND",
    "Fact",
    "Facts",
    "Mismatch",
    "Value",
    "check_currency",
    "decimals_for",
    "escape",
    "format_value",
    "made_of",
    "placeholders",
    "verify_facts",
]
