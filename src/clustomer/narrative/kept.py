"""A narrative that is kept with the results: as a document, as Markdown, and read again.

What a model stated is kept as it stated it, with placeholders for numbers, names and comparisons.
So whoever reads it passes it through the same check once more, and a narrative that the results do
not bear out is none.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from clustomer.errors import InputError
from clustomer.insights.facts import placeholders
from clustomer.narrative.catalogue import Catalogue, normal
from clustomer.narrative.narrate import (
    OWN,
    Narrative,
    Outcome,
    narrative_of,
    own_narrative,
    read_answer,
)
from clustomer.narrative.quantities import EVERYONE
from clustomer.narrative.request import READERS, Answer, Reader, Stated
from clustomer.outputs.markdown import escape_markdown

SCHEMA_VERSION = 1
NAME = "narrative.json"
MARKDOWN = "reports/narrative.md"

Wrap = Callable[[str, str], str]
"""Puts a mark around a number, from the id of its fact and how it is written."""

_BYLINES: Mapping[Outcome, str] = {
    "not asked": "Written by clustomer.",
    "taken": "Written by {model} for {reader}.",
    "refused": "Written by clustomer: the results do not bear out what {model} wrote.",
    "late": "Written by clustomer: {model} gave no answer in time.",
    "none": "Written by clustomer: {model} gave no answer.",
}
_ADDED = "What {model} left out is clustomer's own text, and marked so."
_MARK = " (clustomer's own text)"


class _Kept(BaseModel):
    """What is read of the document of a narrative."""

    model_config = ConfigDict(frozen=True)

    author: str
    reader: Reader
    model: str
    outcome: Outcome
    summary: tuple[str, ...]
    segments: Mapping[str, tuple[str, ...]]
    campaigns: Mapping[str, tuple[str, ...]]
    answer: Answer | None


@dataclass(frozen=True)
class Passage:
    """A title and its paragraphs, with `{fact-id}` placeholders."""

    title: str
    texts: tuple[str, ...]


def byline(narrative: Narrative) -> str:
    """Return who wrote a narrative, for whom, and whether something of it is the program's own."""
    line = _BYLINES[narrative.outcome]
    if narrative.outcome == "taken" and narrative.built_in:
        line = f"{line} {_ADDED}"
    return line.format(model=narrative.asked, reader=READERS[narrative.reader])


def passages(narrative: Narrative) -> list[Passage]:
    """Return a narrative as titles and paragraphs, or the answer to a question as one passage."""
    parts, names = narrative.parts, narrative.catalogue.segments
    if not parts.summary:
        return [Passage("", _filled(parts.answer))]
    written = [Passage("", _filled(parts.summary))]
    for segment_id, name in names.items():
        mark = _mark(f"segments/{segment_id}", narrative)
        written.append(Passage(f"{name}{mark}", _filled(parts.segments.get(segment_id, ()))))
        texts = _filled(parts.campaigns.get(segment_id, ()))
        if texts:
            place = f"campaigns/{segment_id}"
            title = "What to do" if place in narrative.built_in else "A draft to them"
            written.append(Passage(f"{name}: {title}{_mark(place, narrative)}", texts))
    return written


def _mark(place: str, narrative: Narrative) -> str:
    return _MARK if narrative.outcome == "taken" and place in narrative.built_in else ""


def _filled(texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(text for text in texts if text)


def narrative_markdown(narrative: Narrative, wrap: Wrap = lambda fact_id, written: written) -> str:
    """Return a narrative as Markdown; `wrap(id, written)` may mark each of its numbers."""
    facts = narrative.catalogue.facts
    lines = ["# What the segments mean", "", escape_markdown(byline(narrative))]
    for passage in passages(narrative):
        lines += ["", f"## {escape_markdown(passage.title)}"] if passage.title else []
        for text in passage.texts:
            lines += ["", escape_markdown(facts.render(text, wrap=wrap))]
    return "\n".join(lines) + "\n"


def narrative_document(narrative: Narrative) -> dict[str, Any]:
    """Return what `narrative.json` holds: no time, no address of a server, no customer."""
    parts = narrative.parts
    texts = [
        text
        for group in (parts.summary, *parts.segments.values(), *parts.campaigns.values())
        for text in group
    ]
    answer = narrative.answer
    return {
        "schema_version": SCHEMA_VERSION,
        "author": narrative.author,
        "reader": narrative.reader,
        "model": narrative.asked,
        "outcome": narrative.outcome,
        "built_in": list(narrative.built_in),
        "facts": sorted({fact_id for text in texts for fact_id in placeholders(text)}),
        "summary": list(_filled(parts.summary)),
        "segments": {key: list(_filled(group)) for key, group in parts.segments.items()},
        "campaigns": {key: list(_filled(group)) for key, group in parts.campaigns.items()},
        "answer": None if answer is None else answer.model_dump(by_alias=True),
    }


def narrative_entry(narrative: Narrative) -> dict[str, str]:
    """Return what the manifest tells of a narrative."""
    return {
        "author": narrative.author,
        "reader": narrative.reader,
        "model": narrative.asked,
        "outcome": narrative.outcome,
    }


def kept_narrative(document: Mapping[str, Any], catalogue: Catalogue) -> Narrative:
    """Read a narrative that was kept, by the facts and names of a catalogue.

    Raises InputError where it is none, or where the results do not bear out what a model stated.
    """
    kept = _read(document)
    if (kept.outcome == "taken") != (kept.answer is not None):
        raise _refused(f"the outcome is {kept.outcome!r}, which does not go with its answer")
    if kept.answer is None:
        if kept.author != OWN:
            raise _refused(f"the author is {kept.author!r:.60} without an answer")
        return own_narrative(catalogue, reader=kept.reader, asked=kept.model, outcome=kept.outcome)
    if kept.author != kept.model:
        raise _refused(f"the author is {kept.author!r:.60}, and the model {kept.model!r:.60}")
    answer, parts, problems = read_answer(kept.answer.model_dump_json(by_alias=True), catalogue)
    if answer is None or problems:
        raise _refused(f"{problems[0].sentence!r:.100}: {problems[0].reason}")
    return narrative_of(catalogue, parts, answer, kept.model, kept.reader)


def stated_texts(document: Mapping[str, Any]) -> tuple[tuple[str, ...], str]:
    """Return the texts of a narrative as they are stored, and the name of the model.

    Raises InputError where it is no narrative.
    """
    kept = _read(document)
    groups = (kept.summary, *kept.segments.values(), *kept.campaigns.values())
    return tuple(text for group in groups for text in group), kept.model


def _read(document: Mapping[str, Any]) -> _Kept:
    try:
        return _Kept.model_validate(dict(document))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = "/".join(str(part) for part in first["loc"])
        raise _refused(f"{place}: {first['msg']}") from error


def carried_narrative(
    document: Mapping[str, Any], after: Catalogue, before: Callable[[], Catalogue]
) -> Narrative | None:
    """Return a narrative by the names and facts of now; None where it cannot be said with them.

    `before` gives the catalogue that it was written from, which takes seconds to make.

    Names and numbers are put in anew. What a model quoted of the report is quoted as the report
    says it with those names. Where a new name is among its words, it cannot be said any longer.
    """
    try:
        return kept_narrative(document, after)
    except InputError:
        old = before()
    if old.segments == after.segments:
        return None
    try:
        return kept_narrative(_requoted(document, old, after), after)
    except InputError:
        return None


def _requoted(
    document: Mapping[str, Any], before: Catalogue, after: Catalogue
) -> Mapping[str, Any]:
    """Put what the report says with other names in place of what is quoted of it."""
    answer = _read(document).answer
    if answer is None:
        return document

    def quoted(stated: Stated, about: str) -> Stated:
        pairs = zip(before.texts(about), after.texts(about), strict=False)
        new = {normal(old): text for old, text in pairs}
        return stated.model_copy(update={"text": new.get(normal(stated.text), stated.text)})

    changed = answer.model_copy(
        update={
            "summary": [quoted(stated, EVERYONE) for stated in answer.summary],
            "segments": {
                key: [quoted(stated, key) for stated in group]
                for key, group in answer.segments.items()
            },
        }
    )
    return {**document, "answer": changed.model_dump(by_alias=True)}


def _refused(reason: str) -> InputError:
    return InputError(
        f"The narrative in {NAME} is not borne out: {reason}. Expected one that `clustomer "
        "insights --save` wrote into these results. Save it again."
    )
