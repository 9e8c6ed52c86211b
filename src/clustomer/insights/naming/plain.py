"""Plain facts of a customer, from which a name is made where no rule gives one that is true.

"Two orders or more, none for half a year": how often, and how long ago or how much.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from clustomer.insights.naming.terms import Bound, Term, Upper

_WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_NUMBERS = {**dict(enumerate(_WORDS)), 15: "fifteen", 20: "twenty", 30: "thirty"}
_NUMBERS |= {50: "fifty", 100: "a hundred", 200: "two hundred", 500: "five hundred"}
_STEPS = (1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 50, 100, 200, 500)
_WIDEST = 4
"""A range spans at most so many steps: \"one to five hundred orders\" says nothing."""
_SPANS = {
    1: "a day",
    3: "three days",
    7: "a week",
    14: "two weeks",
    30: "a month",
    60: "two months",
    91: "three months",
    122: "four months",
    182: "half a year",
    273: "nine months",
    365: "a year",
    548: "a year and a half",
    730: "two years",
}
_LAST = {"half a year": "half year"}
"""What a span is called after "in the last", where that is not the span without its article."""


AXES = ("spend", "orders", "visits", "looks", "recency")
"""What facts speak of, in the order of a name."""


_TOP = {1: "top_hundredth", 2: "top_fiftieth", 5: "top_twentieth", 10: "top_tenth"}
_TOP |= {25: "top_quarter", 50: "upper_half"}
"""Of those who spend most: a part in per cent, and the fact that says what they spent more than."""
_TOP_MOST = {2: "one in fifty", 5: "one in twenty"}
_TOP_RANGES = ((1, 10), (5, 25), (10, 50))
TOP_SPENT = tuple(Bound("revenue", above=Upper(part / 100)) for part in _TOP_MOST)
"""What is asked of those who spend most."""


@dataclass(frozen=True)
class PlainFact:
    """One thing that is true of a customer or not: for a name, and after "92 % of them".

    `axis` is what it speaks of: of each axis a name has one fact.
    """

    axis: str
    words: str
    claim: str
    terms: tuple[Term, ...]


def plain_facts() -> Iterator[PlainFact]:
    """Yield every plain fact, whatever the data."""
    yield from _counts("orders", "orders", "order/orders", "ordered")
    yield from _counts("sessions", "visits", "visit/visits", "came")
    yield from _spans("purchase_recency_days", "last order", "none", "ordered")
    yield from _spans("recency_days", "last seen", "not seen", "were seen")
    yield from _amounts()


def _counts(column: str, axis: str, nouns: str, verb: str) -> Iterator[PlainFact]:
    one, many = nouns.split("/")
    if column == "orders":
        yield PlainFact(axis, f"No {one}", f"{verb} nothing", (Bound(column, to=0),))
    yield PlainFact(axis, f"One {one}", f"{verb} exactly once", (Bound(column, above=0, to=1),))
    for position, low in enumerate(_STEPS):
        noun = one if low == 1 else many
        more = f"{_NUMBERS[low].capitalize()} {noun} or more"
        yield PlainFact(
            axis, more, f"{verb} {_times(low)} or more", (Bound(column, above=low - 1),)
        )
        for high in _STEPS[position + 1 : position + 1 + _WIDEST]:
            to = "or" if high == low + 1 else "to"
            words = f"{_NUMBERS[low].capitalize()} {to} {_NUMBERS[high]} {many}"
            first = _times(low) if low < 3 else _NUMBERS[low]
            claim = f"{verb} {first} {to} {_times(high)}"
            yield PlainFact(axis, words, claim, (Bound(column, above=low - 1, to=high),))


def _times(number: int) -> str:
    return {1: "once", 2: "twice"}.get(number, f"{_NUMBERS[number]} times")


def _spans(column: str, last: str, none: str, verb: str) -> Iterator[PlainFact]:
    axis = "recency"
    for days, span in _SPANS.items():
        recent = f"in the last {_LAST.get(span, span.removeprefix('a '))}"
        yield PlainFact(
            axis,
            f"{last} {recent}",
            f"{verb} {recent}",
            (Bound(column, to=days),),
        )
        before = f"have not {verb}" if verb == "ordered" else "have not been seen"
        yield PlainFact(
            axis, f"{none} for {span}", f"{before} for {span}", (Bound(column, above=days),)
        )


def _amounts() -> Iterator[PlainFact]:
    spent, looked = "spent {} {{everyone.revenue.{}_from}}", "looked at products {} {}"
    times = "{{everyone.views.{}_from:time/times}}"
    for term, (part, so_many) in zip(TOP_SPENT, _TOP_MOST.items(), strict=True):
        claim = f"{spent.format('more than', _TOP[part])}, as {so_many} of all buyers did"
        yield PlainFact("spend", f"top {part} % by spend", claim, (term,))
    for high, low in _TOP_RANGES:
        claim = f"{spent.format('more than', _TOP[low])} and no more than "
        claim += f"{{everyone.revenue.{_TOP[high]}_from}}"
        term = Bound("revenue", above=Upper(low / 100), to=Upper(high / 100))
        yield PlainFact("spend", f"top {high} to {low} % by spend", claim, (term,))
    yield PlainFact(
        "spend",
        "big spenders",
        spent.format("more than", "top_quarter"),
        (Bound("revenue", above=Upper(0.25)),),
    )
    yield PlainFact(
        "spend",
        "small spenders",
        spent.format("no more than", "upper_half"),
        (Bound("revenue", above=0, to=Upper(0.5)),),
    )
    yield PlainFact(
        "looks",
        "many looks",
        looked.format("more than", times.format("top_quarter")),
        (Bound("views", above=Upper(0.25)),),
    )
    yield PlainFact(
        "looks",
        "few looks",
        looked.format("no more than", times.format("upper_half")),
        (Bound("views", to=Upper(0.5)),),
    )
