"""The check: a sentence of a model states nothing that the results do not.

A sentence holds `{fact-id}` for a number, `{S1}` for a segment's name and `{claim:1}` for its
first comparison. All else must be plain words. Whatever is doubtful is refused.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from clustomer.errors import did_you_mean
from clustomer.insights.facts import escape
from clustomer.insights.texts import in_sentence
from clustomer.narrative.catalogue import Catalogue, normal
from clustomer.narrative.comparisons import Comparison, problem_of, written
from clustomer.narrative.quantities import EVERYONE, owner_of, phrase
from clustomer.narrative.words import CAMPAIGN, PLAIN, REFUSED

LONGEST = 500
"""Characters of a sentence."""

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_WORD = re.compile(r"[^\W_]+(?:['\u2019-][^\W_]+)*")
_ALLOWED = re.compile(r"[A-Za-z ,.;:!?()'\u2018\u2019\"\u201c\u201d\u2013-]*")


@dataclass(frozen=True)
class Problem:
    """Why a sentence is refused."""

    sentence: str
    reason: str


@dataclass(frozen=True)
class Sentence:
    """A sentence of a model: its text, and the comparisons that `{claim:1}` and so on stand for."""

    text: str
    claims: Sequence[Comparison] = field(default=())


def checked(
    sentence: Sentence, catalogue: Catalogue, *, about: str = EVERYONE, campaign: bool = False
) -> str | Problem:
    """Return a sentence as a text of `Facts.render`, or why it is refused.

    Parameters
    ----------
    sentence : Sentence
    catalogue : Catalogue
    about : a segment's id, or "everyone"
        Whom a sentence is about that names nobody.
    campaign : bool
        Whether it is a draft to customers, which may speak to them and states no number.
    """
    if not campaign and normal(sentence.text) in catalogue.statements(about):
        return sentence.text
    reason = next(_reasons(sentence, catalogue, about, campaign), None)
    if reason is not None:
        return Problem(sentence.text, reason)
    return _filled(sentence, catalogue)


def _reasons(sentence: Sentence, catalogue: Catalogue, about: str, campaign: bool) -> Iterator[str]:
    text = sentence.text
    if not text.strip():
        yield "it is empty"
    if len(text) > LONGEST:
        yield f"it has more than {LONGEST} characters"
    unknown = list(_unknown_placeholders(text, catalogue, len(sentence.claims)))
    yield from unknown
    if unknown:
        return
    if campaign and _PLACEHOLDER.search(text):
        yield "a draft to customers states no number and names no segment"
    for claim in sentence.claims:
        problem = problem_of(claim, catalogue)
        if problem is not None:
            yield problem
    yield from _wrong_words(_PLACEHOLDER.sub(" ", text), catalogue, campaign)
    yield from _wrong_owners(sentence, about)


def _unknown_placeholders(text: str, catalogue: Catalogue, claims: int) -> Iterator[str]:
    names = [*catalogue.usable, *catalogue.segments, *(f"claim:{n + 1}" for n in range(claims))]
    defined = frozenset(names)
    for name in _PLACEHOLDER.findall(text):
        if name not in defined:
            yield f"there is no {{{name:.60}}}.{did_you_mean(name[:60], names)}"
    if re.search(r"[{}]", _PLACEHOLDER.sub("", text)):
        yield "a brace is left over"


def _wrong_words(words: str, catalogue: Catalogue, campaign: bool) -> Iterator[str]:
    if any(unicodedata.numeric(sign, None) is not None for sign in words):
        yield "it has digits of its own; a number is written as {fact-id}"
    strange = sorted({*_ALLOWED.sub("", words)})
    if strange:
        yield f"it has signs that no plain sentence has: {' '.join(strange)!r:.40}"
    for segment_id, name in catalogue.segments.items():
        if re.search(rf"\b{re.escape(normal(name))}\b", normal(words)):
            yield f"it writes the name of a segment; write {{{segment_id}}}"
    vocabulary = PLAIN | CAMPAIGN if campaign else PLAIN
    for word in _WORD.findall(words):
        plain = word.replace("\u2019", "'").casefold()
        if plain in REFUSED or any(part in REFUSED for part in plain.split("-")):
            yield f"{word!r} states an amount, a comparison, a promise or a denial without a fact"
        elif plain not in vocabulary:
            yield f"{word!r} is no word that the results bear out"


def _wrong_owners(sentence: Sentence, about: str) -> Iterator[str]:
    """Give whatever is said of a segment where the sentence is about another one."""
    names = _PLACEHOLDER.findall(sentence.text)
    facts = [_fact_of(name, sentence) for name in names]
    owner, waiting = about, ""
    for name, fact_id in zip(names, facts, strict=True):
        if fact_id is None:
            if waiting and any(facts):
                yield f"{{{waiting}}} and {{{name}}} are named together, with facts of one"
            owner = waiting = name
            continue
        waiting = ""
        whose = owner_of(fact_id)
        if whose != owner:
            whom = "all customers" if whose == EVERYONE else f"{{{whose}}}"
            yield f"{{{name}}} is about {whom}, and stands where the sentence is about {owner}"
    if waiting and any(facts):
        yield f"nothing is stated of {{{waiting}}} after it is named"


def _fact_of(name: str, sentence: Sentence) -> str | None:
    """Return the fact that a placeholder states; None for the name of a segment."""
    if not name.startswith("claim:"):
        return name if "." in name else None
    return sentence.claims[int(name.removeprefix("claim:")) - 1].fact


def _filled(sentence: Sentence, catalogue: Catalogue) -> str:
    """Put phrases, comparisons and names where they are named."""

    def replaced(match: re.Match[str]) -> str:
        name = match[1]
        if name in catalogue.segments:
            return in_sentence(catalogue.segments[name])
        if name.startswith("claim:"):
            claim = sentence.claims[int(name.removeprefix("claim:")) - 1]
            return _named(written(claim, catalogue), catalogue)
        return phrase(name)

    return _PLACEHOLDER.sub(replaced, sentence.text)


def _named(text: str, catalogue: Catalogue) -> str:
    return re.sub(
        r"\[(\w+)\]", lambda match: f"\u201c{escape(catalogue.segments[match[1]])}\u201d", text
    )
