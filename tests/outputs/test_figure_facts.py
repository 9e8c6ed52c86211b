"""Every number in a picture is a fact, a value of an axis, or part of a name."""

import re
from collections.abc import Iterator
from xml.etree import ElementTree

import numpy as np
import pyarrow as pa
import pytest

from clustomer.insights import Facts, interpret
from clustomer.outputs import Figure, draw_figures
from clustomer.outputs.theme import unbroken
from clustomer.segments import rfm, segment

SVG = "{http://www.w3.org/2000/svg}"
KINDS = {"tick", "name"}


def shop(n: int = 300) -> pa.Table:
    rng = np.random.default_rng(5)
    buys = rng.random(n) < 0.6
    orders = np.where(buys, rng.poisson(4, n) + 1, 0).astype(float)
    return pa.table(
        {
            "user_id": [f"u{i:04d}" for i in range(n)],
            "orders": orders,
            "revenue": orders * rng.gamma(3, 10, n),
            "views": rng.poisson(np.where(buys, 30, 5)).astype(float),
            "sessions": rng.poisson(np.where(buys, 8, 1)) + 1.0,
            "purchase_recency_days": np.where(buys, rng.integers(1, 90, n), np.nan),
            "level_7_points": rng.random(n),
        }
    )


def stories() -> Iterator[tuple[str, object]]:
    customers = shop()
    features = ["orders", "revenue", "views", "level_7_points"]
    yield "kmeans", segment(customers, k=3, features=features)
    yield "ward", segment(customers, algorithm="ward", k=3, features=features)
    yield "rfm", rfm(customers)


@pytest.fixture(scope="module", params=stories(), ids=lambda story: story[0])
def drawn(request: pytest.FixtureRequest) -> tuple[Facts, tuple[Figure, ...]]:
    _, segmentation = request.param
    interpretation = interpret(shop(), segmentation, currency="EUR")
    assert interpretation.facts.verify(interpretation.tables) == ()
    return interpretation.facts, draw_figures(interpretation, segmentation)


def test_every_number_in_a_picture_is_its_fact(
    drawn: tuple[Facts, tuple[Figure, ...]],
) -> None:
    facts, figures = drawn
    proven = 0
    for figure in figures:
        for svg in (figure.wide, figure.narrow, figure.page):
            assert unproven(svg, facts) == [], figure.name
            proven += svg.count("data-fact=")
    assert proven > 50


def test_a_changed_digit_in_a_picture_is_found(drawn: tuple[Facts, tuple[Figure, ...]]) -> None:
    facts, figures = drawn
    changed = 0
    for figure in figures:
        for place in re.finditer(r'data-fact="[^"]*"[^>]*>[^<]*?(\d)', figure.page):
            start = place.start(1)
            other = "7" if place[1] != "7" else "3"
            svg = figure.page[:start] + other + figure.page[start + 1 :]
            assert unproven(svg, facts), place[0]
            changed += 1
    assert changed > 20


def test_texts_hold_no_digits_of_their_own(drawn: tuple[Facts, tuple[Figure, ...]]) -> None:
    for figure in drawn[1]:
        for text in (figure.title, figure.note):
            assert not re.search(r"\d", re.sub(r"\{[^}]*\}", "", text)), text


def unproven(svg: str, facts: Facts) -> list[str]:
    """Return the texts of a picture with a number that is no fact, by what the picture says."""
    return list(_unproven(ElementTree.fromstring(svg), facts, ""))


def _unproven(element: ElementTree.Element, facts: Facts, kind: str) -> Iterator[str]:
    kind = element.get("data-kind", kind)
    text = element.text or ""
    if element.tag == f"{SVG}text" and re.search(r"\d", text) and kind not in KINDS:
        rest = text
        for fact_id in element.get("data-fact", "").split():
            written = unbroken(facts, fact_id, facts.format(fact_id))
            if not re.search(rf"(?<![\d.,]){re.escape(written)}(?![\d])", rest):
                yield f"{text} is not {fact_id}: {written}"
            rest = rest.replace(written, "", 1)
        if re.search(r"\d", rest):
            yield f"{text} has no fact"
    for child in element:
        yield from _unproven(child, facts, kind)
