"""Every number that a reader sees is a fact, or of a kind that is no finding.

What is tested is what was rendered: the page, Markdown, and the screen. Kinds, and no values,
are let through; `docs/reference/facts.md` lists them.
"""

import io
import re
from dataclasses import replace
from datetime import datetime
from html.parser import HTMLParser

import pyarrow as pa
import pytest
from rich.console import Console

import certified
from clustomer.customers import read_attributes
from clustomer.events import Window
from clustomer.insights import Interpretation, interpret
from clustomer.insights.blocks import Paragraph, Section
from clustomer.outputs import report_html, report_markdown
from clustomer.outputs.terminal import summary
from clustomer.segments import rfm, segment
from product_logs import recommended

CITATION = re.compile(
    r"\b[A-Z][\w'’ ,]+?,? \(?(1[89]|20)\d\d(, doi:[\w./()-]+?)?\)|\((1[89]|20)\d\d\)"
    r"|\(after [A-Z]\w+, (1[89]|20)\d\d\)|\([A-Z][\w ]+, (1[89]|20)\d\d(, doi:[\w./-]+)?\)"
)
"""Authors with the year of what they wrote, and where it is to be had."""
NAMED = re.compile(
    r"\bMD5\b|\bBM25\b|\bThe 125 RFM cells\b|\b(recency|frequency) score \d( or \d)?|\bS\d+\b"
)
"""Names that hold a number: of methods, ids of segments, cells of the RFM grid by their scores."""
GROUP = re.compile(r"\bGroup \d+\b")
"""Names of groups that were not delivered."""

ORDERS = [float(orders) for orders in range(1, 6)] * 5 + [0.0, 0.0]
DAYS = [10.0 * (6 - score) for score in range(1, 6) for _ in range(5)] + [None, None]
SHOP = pa.table(
    {
        "user_id": [f"u{n:02}" for n in range(40)],
        "orders": [1.0 + n % 3 if n < 25 else 20.0 + n % 4 for n in range(40)],
        "revenue": [10.0 + n for n in range(25)] + [900.0 + 3 * n for n in range(15)],
        "purchase_recency_days": [float(1 + n % 9) for n in range(40)],
    }
)
CLEANING = [
    ("clean", "kept", 970, 0.97),
    ("possible_duplicate", "kept", 5, 0.005),
    ("brand_unknown", "repaired", 7, 0.007),
    ("missing_time", "rejected", 25, 0.025),
]
COMPARISON = pa.table(
    {
        "algorithm": ["kmeans", "dbscan"],
        "segments": [2, 1],
        "noise_share": [0.0, 0.25],
        "silhouette": [0.61, 0.4],
    }
)
WINDOW = Window(datetime(2024, 1, 1), datetime(2024, 7, 1), "UTC")


def attributes():
    columns = {
        "country": ["DE"] * 25 + ["FR"] * 15,
        "code": [f"x{n}" for n in range(40)] + [],
        "plan": ["a"] * 40,
    }
    return read_attributes(pa.table({"user_id": SHOP["user_id"], **columns}), SHOP)


def stories() -> dict[str, Interpretation]:
    two = segment(SHOP, k=2, features=["orders", "revenue"])
    one = replace(segment(SHOP, k=1, features=["orders"]), structure=False)
    shared = {"cleaning": CLEANING, "window": WINDOW, "currency": "EUR"}
    grid = pa.table(
        {
            "user_id": [f"u{n:03}" for n in range(27)],
            "orders": ORDERS,
            "purchase_recency_days": pa.array(DAYS, pa.float64()),
            "revenue": [10.0 * orders for orders in ORDERS],
        }
    )
    return {
        "certified": interpret(
            SHOP,
            two,
            certificates=certified.certificates("segments"),
            comparison=COMPARISON,
            attributes=attributes(),
            recommendations=recommended(),
            **shared,
        ),
        "untested": interpret(
            SHOP, two, certificates=certified.certificates("not tested"), **shared
        ),
        "one": interpret(SHOP, one, certificates=certified.none(3), **shared),
        "grid": interpret(grid, rfm(grid), certificates=certified.left_out(), **shared),
    }


@pytest.fixture(scope="module", params=["certified", "untested", "one", "grid"])
def interpretation(request, interpretations):
    return interpretations[request.param]


@pytest.fixture(scope="module")
def interpretations():
    return stories()


def loose(text: str) -> str:
    """Return a text without what is let through."""
    for kind in (CITATION, NAMED, GROUP):
        text = kind.sub("", text)
    return text


class Words(HTMLParser):
    """The words of a page that are in no fact; styles and pictures are left out."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[bool] = []
        self.words: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        if tag not in ("meta", "br", "hr", "img", "link", "input"):
            names = {name for name, _ in attributes}
            self.open.append(tag in ("style", "svg", "script") or "data-fact" in names)

    def handle_endtag(self, tag):
        self.open.pop()

    def handle_data(self, data):
        if not any(self.open):
            self.words.append(data)


def assert_no_number(text: str) -> None:
    left = re.search(r"[^.;]*\d[^.;]*", loose(text))
    assert left is None, left[0]


def test_every_number_of_the_page_is_a_fact(interpretation):
    for words in Words(report_html(interpretation.insights, interpretation.facts)).words:
        assert_no_number(words)


def test_every_number_of_markdown_is_a_fact(interpretation):
    text = report_markdown(
        interpretation.insights, interpretation.facts, wrap=lambda fact_id, written: "…"
    )
    # what is left are the numbers of a list
    assert_no_number(re.sub(r"^\d+\. ", "", text, flags=re.MULTILINE))


@pytest.mark.parametrize("width", [60, 140])
def test_every_number_on_the_screen_is_a_fact(interpretation, width):
    console = Console(file=io.StringIO(), width=width)
    screen = summary(interpretation.insights, interpretation.facts, width=width)
    pieces = [
        "…" if piece.style and "fact" in piece.style.meta else piece.text
        for piece in console.render(screen)
    ]
    assert_no_number("".join(pieces))
    assert any(piece == "…" for piece in pieces)


def test_a_number_that_is_none_is_caught(interpretations):
    story = interpretations["certified"]
    false = Section("", (Paragraph("Exactly 17 of them are tall."),), "appendix")
    insights = replace(story.insights, sections=(*story.insights.sections, false))
    for words in (
        " ".join(Words(report_html(insights, story.facts)).words),
        report_markdown(insights, story.facts, wrap=lambda fact_id, written: "…"),
    ):
        with pytest.raises(AssertionError, match="17"):
            assert_no_number(re.sub(r"^\d+\. ", "", words, flags=re.MULTILINE))
