"""The program's own text: what there is without a model, and where a model's was refused."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from clustomer.insights.texts import in_sentence
from clustomer.narrative.catalogue import Catalogue
from clustomer.narrative.quantities import PHRASES
from clustomer.narrative.words import words

Texts = tuple[str, ...]
"""Sentences, with `{fact-id}` placeholders."""

_MONEY = words("budget spend spending money invest euro dollar pay worth")
_SILENT = words(
    "a an and are be been by do does did for from has have how i in is it many me much my of on or "
    "our should show tell that the their them they this to was we were what when where which who "
    "why will with would you your segment segments customers customer get gets give about"
)
_MOST = 3
_ASSUMED = (
    "That one in twenty of them order once more is assumed, and alike for all: try it on a part of "
    "a segment before the budget goes there."
)


@dataclass(frozen=True)
class Parts:
    """A narrative in its parts: the summary, and by segment a portrait and a draft."""

    summary: Texts
    segments: Mapping[str, Texts]
    campaigns: Mapping[str, Texts]
    answer: Texts = ()


def built_in(catalogue: Catalogue, question: str | None = None) -> Parts:
    """Return what the report itself says, in the parts of a narrative."""
    if question is not None:
        return Parts((), {}, {}, own_answer(catalogue, question))
    return Parts(
        catalogue.opening,
        dict(catalogue.portraits),
        {segment_id: tuple(texts) for segment_id, texts in catalogue.actions.items()},
    )


def own_answer(catalogue: Catalogue, question: str) -> Texts:
    """Answer a question from the report; nothing, where the report does not speak of it.

    Where it is about money, the segments are ranked by what is at stake; else the statements that
    share most of its words are given.
    """
    asked = _words(question)
    if asked & _MONEY:
        ranked = list(_at_stake(catalogue))
        if ranked:
            return (*ranked, _ASSUMED)
    named = [
        segment_id
        for segment_id, name in catalogue.segments.items()
        if name.casefold() in question.casefold() or segment_id.casefold() in asked
    ]
    statements = [(len(asked & _words(text)), text) for text in _texts(catalogue, named)]
    best = max((count for count, _ in statements), default=0)
    if best == 0:
        return ()
    return tuple(text for count, text in statements if count == best)[:_MOST]


def _at_stake(catalogue: Catalogue) -> Iterator[str]:
    """Yield the segments by what one more order would bring for each unit of the cost of asking."""
    usable = frozenset(catalogue.usable)
    rows = [
        (catalogue.value(f"{segment}.one_more") / catalogue.value(f"{segment}.contact"), segment)
        for segment in catalogue.segments
        if f"{segment}.one_more" in usable and f"{segment}.contact" in usable
        if catalogue.value(f"{segment}.contact") > 0
    ]
    for place, (ratio, segment) in enumerate(sorted(rows, key=lambda row: (-row[0], row[1]))):
        begin = "Most comes back for its cost from" if place == 0 else "Then come"
        if ratio < 1:
            begin = "Less than its cost would come back from"
        name = catalogue.segments[segment].replace("{", "{{").replace("}", "}}")
        parts = [
            PHRASES[part][0].replace("@", f"{segment}.{part}") for part in ("one_more", "contact")
        ]
        yield f"{begin} \u201c{name}\u201d: {parts[0]}, beside {parts[1]}."


def _texts(catalogue: Catalogue, named: Sequence[str]) -> Iterator[str]:
    if not named:
        yield from catalogue.opening
    for segment_id in named or catalogue.segments:
        name = in_sentence(catalogue.segments[segment_id])
        for text in (*catalogue.portraits[segment_id], *catalogue.actions[segment_id]):
            if text:
                yield f"{name}: {text}"


def _words(text: str) -> frozenset[str]:
    plain = re.sub(r"\{[^{}]*[:?]([^{}/]*)/[^{}]*\}|\{[^{}]*\}", r" \1 ", text).casefold()
    return frozenset(
        re.sub(r"(ed|ing|s)$", "", word)
        for word in re.findall(r"[a-z]+\d*", plain)
        if word not in _SILENT
    )
