"""A chapter is one file and a place on the list: everything that shows it does so unasked."""

import io
import json
from dataclasses import replace
from html import unescape
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from rich.console import Console

from clustomer.insights import interpret
from clustomer.insights.blocks import (
    Bullets,
    Column,
    OfSegment,
    Paragraph,
    Row,
    Section,
    Table,
    figure_names,
)
from clustomer.insights.chapters import CHAPTERS
from clustomer.insights.chapters.chapter import Chapter
from clustomer.insights.facts import Fact
from clustomer.insights.interpretation import tell
from clustomer.insights.population import EVERYONE
from clustomer.outputs import print_summary, report_html, report_markdown
from clustomer.segments import segment

CUSTOMERS = pa.table(
    {
        "user_id": [f"u{n}" for n in range(40)],
        "orders": [float(n % 3) if n < 25 else 20.0 + n % 4 for n in range(40)],
    }
)


class MostOrders(Chapter):
    """The dummy: how many orders the busiest customer placed."""

    name = "most_orders"
    title = "The busiest customer"

    def needs(self, study):
        """Return what is missing where the data have no orders."""
        return None if "orders" in study.people.columns else "there are no orders"

    def tables(self, study):
        """Return the customers by their orders."""
        return {"most_orders": study.customers.sort_by([("orders", "descending")])}

    def facts(self, study):
        """Make `most_orders.orders`."""
        source = {"table": "customers", "key": EVERYONE, "column": "orders", "aggregate": "max"}
        value = study.people.aggregate(EVERYONE, "orders", "max")
        yield Fact("most_orders.orders", value, "orders", 0, None, source)
        source = {"table": "most_orders.parquet", "key": "", "column": "orders", "aggregate": "sum"}
        total = float(pc.sum(study.customers["orders"]).as_py())
        yield Fact("most_orders.total", total, "orders", 0, None, source)

    def blocks(self, study, facts):
        """Return a paragraph, a table, a line for each card, and one for the last screen."""
        yield Paragraph("Nobody placed more than {most_orders.orders:order/orders}.")
        yield Table(
            "Most orders",
            (Column("Who", "name"), Column("How many")),
            (Row(("The busiest", "{most_orders.orders}")),),
        )
        for key in study.names:
            yield OfSegment(key, "left", Bullets(("Held against the busiest.",), "Busiest"))
        lines = (Paragraph("At most {most_orders.orders:order/orders} each."),)
        yield Section("Busiest", lines, "screen")
        yield Section("How the busiest was found", (Paragraph("By counting."),), "appendix")


@pytest.fixture(scope="module")
def plain():
    return interpret(CUSTOMERS, segment(CUSTOMERS, k=2, features=["orders"]))


@pytest.fixture(scope="module")
def interpretation(plain):
    return tell(plain.study, (*CHAPTERS, MostOrders()))


def screen(interpretation) -> str:
    file = io.StringIO()
    print_summary(
        Console(file=file, width=100),
        interpretation.insights,
        interpretation.facts,
        report=Path("report.html"),
    )
    return file.getvalue()


def test_markdown_shows_a_new_chapter(interpretation):
    text = report_markdown(interpretation.insights, interpretation.facts)
    assert "## The busiest customer\n\nNobody placed more than 23 orders.\n" in text
    assert "| Who | How many |\n|---|---:|\n| The busiest | 23 |\n" in text
    assert text.count("**Busiest**\n\n- Held against the busiest.") == 2
    assert "### How the busiest was found\n\nBy counting." in text


def test_the_page_shows_a_new_chapter(interpretation):
    text = unescape(report_html(interpretation.insights, interpretation.facts)).replace("\xa0", " ")
    number = '<span data-fact="most_orders.orders">23{}</span>'
    assert f"<p>Nobody placed more than {number.format(' orders')}.</p>" in text
    assert f'<td class="number" data-label="How many">{number.format("")}</td>' in text
    assert text.count("<li>Held against the busiest.</li>") == 2
    assert '<section id="most_orders"' in text


def test_the_terminal_shows_a_new_chapter(interpretation):
    assert "Busiest\nAt most 23 orders each." in screen(interpretation)


def test_all_that_is_rendered_are_blocks(interpretation):
    blocks_alone = replace(interpretation.insights, segments=())
    bare = replace(interpretation, insights=blocks_alone)
    assert interpretation.insights.segments
    for render in (report_markdown, report_html):
        text = render(interpretation.insights, interpretation.facts)
        assert render(blocks_alone, interpretation.facts) == text
        assert all(segment.name in text for segment in interpretation.insights.segments)
    assert screen(bare) == screen(interpretation)


def test_every_picture_has_its_place_in_a_chapter(interpretation):
    placed = {
        name for section in interpretation.insights.sections for name in figure_names(section)
    }
    assert {"segments", "differences", "rfm_grid", "pca", "dendrogram", "choice_of_k"} == placed


def test_facts_and_tables_hold_a_new_chapter(interpretation):
    document = json.loads(interpretation.facts.to_json())
    assert "most_orders.orders" in {fact["id"] for fact in document["facts"]}
    assert interpretation.facts.verify(interpretation.tables) == ()
    assert interpretation.added["most_orders"]["orders"][0].as_py() == 23.0


def test_a_chapter_that_lacks_something_is_left_out(plain):
    customers = CUSTOMERS.rename_columns({"orders": "visits"})
    without = interpret(customers, segment(customers, k=2, features=["visits"]))
    interpretation = tell(without.study, (*CHAPTERS, MostOrders()))
    assert "busiest" not in report_markdown(interpretation.insights, interpretation.facts)
    assert MostOrders().needs(without.study) == "there are no orders"


def test_chapters_have_names_of_their_own(plain):
    names = [chapter.name for chapter in CHAPTERS]
    assert len(set(names)) == len(names)
    assert all(chapter.title for chapter in CHAPTERS)
