"""The narrative: asked of a model, checked, asked once more, and else the program's own."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import ValidationError

from clustomer.narrative.built_in import Parts, Texts, built_in
from clustomer.narrative.catalogue import Catalogue
from clustomer.narrative.checks import Problem, Sentence, checked
from clustomer.narrative.quantities import EVERYONE
from clustomer.narrative.request import Answer, Reader, Stated, request_of
from clustomer.narrative.server import AnswerError, LateError, Server

OWN = "clustomer"
"""The author of what the program writes itself."""

Outcome = Literal["not asked", "taken", "refused", "late", "none"]

TRIES = 2
"""How often a model is asked: once more with the reasons, if it is refused."""


@dataclass(frozen=True)
class Narrative:
    """What results mean in prose.

    Attributes
    ----------
    parts : Parts
        With `{fact-id}` placeholders; `rendered` writes them.
    author : str
        The model, or "clustomer".
    reader : str
        For whom a model wrote: owner, marketer or analyst.
    asked : str
        The model that was asked, whether or not its answer was taken; empty where none was.
    outcome : str
        What became of that: its answer was "taken" or "refused", it was too "late", or there was
        "none".
    answer : Answer or None
        What the model stated, where it was taken: of it the parts can be made again.
    built_in : tuple of str
        The parts that are the program's own text: "summary", "segments/S1", "campaigns/S1", ...
    notes : tuple of str
        What is to be said of how it came about: a refused answer, a server that failed.
    refused : tuple of Problem
        The sentences of the last answer that were refused.
    """

    catalogue: Catalogue
    parts: Parts
    author: str = OWN
    reader: Reader = "owner"
    asked: str = ""
    outcome: Outcome = "not asked"
    answer: Answer | None = field(default=None, repr=False)
    built_in: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    refused: tuple[Problem, ...] = ()

    def rendered(self, texts: Iterable[str]) -> list[str]:
        """Return texts with their numbers."""
        return [self.catalogue.facts.render(text) for text in texts if text]

    def to_json(self) -> dict[str, Any]:
        """Return everything as JSON-ready values, sentences with their placeholders too."""

        def both(texts: Texts) -> list[dict[str, str]]:
            kept = [text for text in texts if text]
            written = zip(self.rendered(kept), kept, strict=True)
            return [{"text": text, "from": source} for text, source in written]

        return {
            "version": self.catalogue.version,
            "author": self.author,
            "notes": list(self.notes),
            "refused": [
                {"sentence": part.sentence, "reason": part.reason} for part in self.refused
            ],
            "summary": both(self.parts.summary),
            "segments": {key: both(texts) for key, texts in self.parts.segments.items()},
            "campaigns": {key: both(texts) for key, texts in self.parts.campaigns.items()},
            "answer": both(self.parts.answer),
        }


def narrate(
    catalogue: Catalogue,
    *,
    server: Server | None = None,
    model: str = "",
    reader: Reader = "owner",
    question: str | None = None,
) -> Narrative:
    """Write a narrative, or the answer to a question.

    Without a server it is the program's own text. A model's answer is taken whole, when every
    sentence of it passes the check, or not at all: it is asked once more with the reasons, and
    then the program's own text stands in its place, and `notes` say so. Where an answer leaves out
    a segment, the program's own text of it is added; `built_in` lists those parts.

    Parameters
    ----------
    catalogue : Catalogue
    server : Server, optional
        The only place to which anything is sent.
    model : its name there.
    reader : for whom: owner, marketer or analyst.
    question : what was asked, in place of the whole narrative.
    """
    if server is None:
        return own_narrative(catalogue, question)
    problems: tuple[Problem, ...] = ()
    written, answer = "", None
    for _ in range(TRIES):
        request = request_of(
            catalogue, model, reader=reader, question=question, problems=problems, before=written
        )
        try:
            written = server.answer(request)
        except AnswerError as error:
            note = (
                f"The server at {server.url} gave no answer: {error}. This is clustomer's own text."
            )
            return own_narrative(
                catalogue,
                question,
                reader=reader,
                asked=model,
                outcome="late" if isinstance(error, LateError) else "none",
                notes=(note,),
            )
        answer, parts, problems = read_answer(written, catalogue, question=question)
        if answer is not None and not problems:
            return narrative_of(catalogue, parts, answer, model, reader)
    reason = (
        "it was not of the form that was asked for"
        if answer is None
        else f"{len(problems)} of its sentences stated what the results do not"
    )
    note = f"What {model} wrote was refused {TRIES} times: {reason}. This is clustomer's own text."
    return own_narrative(
        catalogue,
        question,
        reader=reader,
        asked=model,
        outcome="refused",
        notes=(note,),
        refused=problems,
    )


def own_narrative(catalogue: Catalogue, question: str | None = None, **about: Any) -> Narrative:
    """Return the program's own text; `about` are further attributes of the narrative."""
    parts = built_in(catalogue, question)
    return Narrative(catalogue, parts, built_in=() if question else _names(parts), **about)


def narrative_of(
    catalogue: Catalogue, parts: Parts, answer: Answer, model: str, reader: Reader
) -> Narrative:
    """Return what a model wrote, with the program's own text of the segments that it left out."""
    added: tuple[str, ...] = ()
    if not parts.answer:
        program = built_in(catalogue)
        written = _names(parts)
        added = tuple(name for name in _names(program) if name not in written)
        parts = Parts(
            parts.summary,
            {key: parts.segments.get(key) or program.segments[key] for key in catalogue.segments},
            {key: parts.campaigns.get(key) or program.campaigns[key] for key in catalogue.segments},
        )
    return Narrative(
        catalogue,
        parts,
        author=model,
        reader=reader,
        asked=model,
        outcome="taken",
        answer=answer,
        built_in=added,
    )


def _names(parts: Parts) -> tuple[str, ...]:
    """Return the names of the parts that hold something."""
    named = {
        "summary": parts.summary,
        **{f"segments/{key}": texts for key, texts in parts.segments.items()},
        **{f"campaigns/{key}": texts for key, texts in parts.campaigns.items()},
    }
    return tuple(name for name, texts in named.items() if any(texts))


def read_answer(
    written: str, catalogue: Catalogue, *, question: str | None = None
) -> tuple[Answer | None, Parts, tuple[Problem, ...]]:
    """Check a model's answer; return it, its parts, and why it is refused, where it is."""
    try:
        answer = Answer.model_validate_json(_object(written))
    except ValidationError as error:
        first = error.errors()[0]
        place = "/".join(str(part) for part in first["loc"])
        reason = f"it is not the object that was asked for: {place}: {first['msg']}"
        return None, Parts((), {}, {}), (Problem(written[:200], reason),)
    problems = [
        Problem(key, f"there is no segment {key!r:.40}")
        for key in (*answer.segments, *answer.campaigns)
        if key not in catalogue.segments
    ]

    def passed(sentences: list[Stated], about: str = EVERYONE, campaign: bool = False) -> Texts:
        texts = []
        for part in sentences:
            text = checked(
                Sentence(part.text, tuple(part.claims)), catalogue, about=about, campaign=campaign
            )
            if isinstance(text, Problem):
                problems.append(text)
            else:
                texts.append(text)
        return tuple(texts)

    def by_segment(parts: Mapping[str, list[Stated]], campaign: bool) -> dict[str, Texts]:
        return {
            key: passed(parts[key], key, campaign) for key in catalogue.segments if key in parts
        }

    if question is not None:
        parts = Parts((), {}, {}, passed(answer.answer))
    else:
        parts = Parts(
            passed(answer.summary),
            by_segment(answer.segments, False),
            by_segment(answer.campaigns, True),
        )
        if not parts.summary and not problems:
            problems.append(Problem("", "there is no summary"))
    # a model that repeats itself is told once
    return answer, parts, tuple(dict.fromkeys(problems))


def _object(written: str) -> str:
    """Return the JSON object in an answer, which some models put into a fence."""
    start, end = written.find("{"), written.rfind("}")
    return written[start : end + 1] if start >= 0 else written
