"""Why a facet is left out is data in its room, and a sentence in the report."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import clustomer
from clustomer.customers import Reason
from clustomer.facets import FACETS, MAIN, Facet
from clustomer.facets.finding import VIEWS as SEEN
from clustomer.insights.chapters.facet_words import (
    ADVICE,
    NAMES,
    SENTENCES,
    TITLES,
    VIEWS,
    facet_sentence,
)


def kinds_given() -> Iterator[str]:
    """Give the kind of every reason that the room makes."""
    for path in sorted((Path(clustomer.__file__).parent / "facets").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Reason":
                kind = node.args[0]
                assert isinstance(kind, ast.Constant)
                yield kind.value


def test_every_reason_has_one_sentence_and_every_sentence_a_reason() -> None:
    assert set(kinds_given()) == set(SENTENCES)


def test_every_facet_and_every_view_has_its_words() -> None:
    facets = set(FACETS) - {MAIN}
    assert facets == set(NAMES) == set(TITLES) == set(ADVICE)
    assert {view.name for view in SEEN} == set(VIEWS)
    assert {view.facet for view in SEEN} == facets


def test_a_source_without_what_it_takes_is_told_of_that() -> None:
    for needed in {need for view in SEEN for need in view.needs}:
        for facet in NAMES:
            sentence = facet_sentence(Facet(facet, why=Reason("facet needs", {"need": needed})))
            assert re.fullmatch(r"not looked for, since \w.+\.", sentence), (needed, sentence)
