"""Why a facet is left out is data in its room, and a sentence in the report."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import clustomer
from clustomer.customers import Reason
from clustomer.facets import FACETS, MAIN, RARE, Facet, FacetSegment, RareKind
from clustomer.facets.finding import VIEWS as SEEN
from clustomer.facets.paths import PACES, STAGES, STEPS
from clustomer.facets.rare import AMOUNTS
from clustomer.facets.times import DAYS, GAPS, MONTHS, PARTS
from clustomer.insights.chapters.facet_names import bin_labels, facet_names, rare_name
from clustomer.insights.chapters.facet_words import (
    ADVICE,
    NAMES,
    PRACTICE,
    RARE_WORDS,
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
    facets = set(FACETS) - {MAIN, RARE}
    assert facets == set(NAMES) == set(TITLES) == set(ADVICE)
    assert {view.name for view in SEEN} == set(VIEWS) == {*PRACTICE, "visits", "steps"}
    assert {view.facet for view in SEEN} == facets


def test_every_amount_of_rare_kinds_has_its_words() -> None:
    assert set(AMOUNTS) == set(RARE_WORDS)
    kinds = [RareKind("rare:1", name, 1.0, 30, 2.0, 1.0, 0.8, 0.3, 30) for name in AMOUNTS]
    assert len({rare_name(kind) for kind in kinds}) == len(AMOUNTS)


def test_a_source_without_what_it_takes_is_told_of_that() -> None:
    for needed in {need for view in SEEN for need in view.needs}:
        for facet in NAMES:
            sentence = facet_sentence(Facet(facet, why=Reason("facet needs", {"need": needed})))
            assert re.fullmatch(r"not looked for, since \w.+\.", sentence), (needed, sentence)


VISITS = tuple(f"{one}, then {other}" for one in STAGES for other in STAGES)
BINS = {
    "pace": PACES,
    "visits": VISITS,
    "steps": (*(f"{one}, then {other}" for one in STEPS for other in STEPS), "view first"),
    "week": tuple(f"{day} {part}" for day in DAYS for part in PARTS),
    "hours": PARTS,
    "days": DAYS,
    "season": MONTHS,
    "rhythm": GAPS,
}


def named(facet: str, view: str, *marks: str) -> str:
    places = tuple(BINS[view].index(mark) for mark in marks)
    segment = FacetSegment(f"{facet}:1", 9, (), places, 0.5, 0.9)
    return facet_names(Facet(facet, view, True, bins=BINS[view], segments=(segment,)))[f"{facet}:1"]


@pytest.mark.parametrize("view", BINS)
def test_every_bin_has_a_label_of_its_own(view: str) -> None:
    labels = bin_labels(Facet("path", view, bins=BINS[view]))
    assert len(set(labels)) == len(BINS[view])
    assert not [label for label in labels if ", then " in label]


def test_times_are_named_as_one_speaks_of_them() -> None:
    assert named("time", "week", "working day midday", "working day morning") == (
        "Weekday middays and mornings"
    )
    assert named("time", "week", "working day evening", "weekend late evening") == (
        "Weekday evenings and weekend late evenings"
    )
    assert named("time", "days", "weekend") == "Weekends"


def test_paths_are_named_as_one_speaks_of_them() -> None:
    assert named("path", "visits", "look, then look") == "Only looking, visit after visit"
    assert named("path", "visits", "look, then order", "order, then order", "order, then look") == (
        "Order after order, with looks between"
    )
    assert named("path", "visits", "cart, then order") == "An order after a cart"
    assert named("path", "pace", "within a visit", "within a day") == (
        "Decide within a visit and within a day"
    )
    assert named("path", "steps", "view, then cart") == "Cart after view"
