import io
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from rich.console import Console
from stories import overview, tell

from clustomer.insights import Facts
from clustomer.insights.blocks import Column, Marked, Row, Table
from clustomer.insights.chapters.method import cleaning_line
from clustomer.insights.settings import _cleaning_facts
from clustomer.outputs import print_summary
from clustomer.outputs.terminal_blocks import TerminalBlocks

REPORT = Path("clustomer-results/latest/reports/report.html")


def screen(story, *, width, encoding="utf-8", colour=False):
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding=encoding, newline="")
    console = Console(
        file=file,
        width=width,
        force_terminal=colour,
        color_system="truecolor" if colour else None,
        legacy_windows=False,
    )
    print_summary(console, story.insights, story.facts, report=REPORT)
    file.flush()
    return raw.getvalue().decode(encoding)


@pytest.mark.parametrize("width", [40, 60, 80, 100, 116, 140, 200])
def test_words_are_whole_and_lines_fit(story, width):
    text = screen(story, width=width)
    words = set(text.split())
    for segment in story.insights.segments:
        assert set(segment.name.split()) <= words
        assert set(story.facts.render(segment.headline_mark).split()) <= words
        assert set(segment.headline_action.split()) <= words
    assert set(story.facts.render("{clustering.reason}").split()) <= words
    assert str(REPORT) in text
    for line in text.splitlines():
        assert len(line.rstrip()) <= width or str(REPORT) in line


def test_the_screen_says_everything(story):
    text = screen(story, width=100)
    assert "1,000,000 events, 23,844 customers, 4 segments" in text
    assert "2019-10-01 to 2019-10-31, Europe/Berlin" in text
    assert "kept 999,588 of 1,000,000 rows; 412 rejected" in text
    for number in ("1,932", "8.1 %", "62.1 %", "<0.1 %"):
        assert number in text
    assert text.index("High-value") < text.index("Cart abandoners") < text.index("Suspected bots")


def test_numbers_stand_below_their_titles(story):
    for width in (80, 140):
        lines = screen(story, width=width).splitlines()
        top = next(line for line in lines if "Customers" in line)
        row = next(line for line in lines if "15,231" in line)
        assert top.index("Customers") + len("Customers") == row.index("15,231") + len("15,231")


def test_numbers_end_below_each_other_and_marks_begin_so():
    table = Table(
        "Segments",
        (Column("Segment", "name"), Column("Customers"), Column("Stable")),
        (
            Row(("Kitchen", "1,204", Marked("pass", "0.95"))),
            Row(("At any time", "96", Marked("not tested"))),
        ),
    )
    file = io.StringIO()
    Console(file=file, width=80).print(TerminalBlocks(Facts({}), 80).show(table))
    lines = {line.split("  ")[0].strip(): line for line in file.getvalue().splitlines() if line}
    kitchen, anytime = lines["Kitchen"], lines["At any time"]
    assert kitchen.index("1,204") + 5 == anytime.index("96") + 2
    assert kitchen.index("✓") == anytime.index("○")


def test_without_colour_there_are_no_escapes(story):
    assert "\x1b" not in screen(story, width=80)
    assert "\x1b[" in screen(story, width=80, colour=True)


def test_a_terminal_without_unicode_gets_what_it_can_show(story):
    for width in (80, 140):
        text = screen(story, width=width, encoding="ascii")
        assert "High-value loyal customers" in text


def test_names_cannot_control_the_terminal():
    hostile = tell(rename={"S3": "A\x1b[2J\x1b]0;x\x07[bold]B[/bold]\u202e"}, word="x")
    for width in (80, 140):
        text = screen(hostile, width=width)
        assert "\x1b" not in text
        assert "\x07" not in text
        assert "\u202e" not in text
        assert "[bold]B[/bold]" in text


def test_without_revenue_the_column_is_left_out(story):
    facts = Facts([f for i, f in story.facts.items() if not i.endswith("revenue_share")])
    for width in (60, 80, 140):
        insights = replace(story.insights, sections=overview(story.insights.segments, facts))
        text = screen(replace(story, insights=insights, facts=facts), width=width)
        assert "Customers" in text
        assert "evenue" not in text


@pytest.mark.parametrize(
    ("kept", "repaired", "rejected", "line"),
    [
        (5, 0, 0, "kept all 5 rows as they were"),
        (5, 2, 0, "kept all 5 rows; 2 repairs"),
        (5, 0, 1, "kept 5 of 6 rows; 1 rejected"),
        (5, 2, 1, "kept 5 of 6 rows; 2 repairs, 1 rejected"),
        (0, 1, 1, "kept 0 of 1 row; 1 repair, 1 rejected"),
    ],
)
def test_cleaning_in_one_line(kept, repaired, rejected, line):
    rows = pa.table(
        {
            "rule": ["clean", "b", "c", "d"],
            "action": ["kept", "repaired", "rejected", "rejected"],
            "rows": [kept, repaired, rejected, 0],
            "share": [0.0, 0.0, 0.0, 0.0],
        }
    )
    facts = Facts(_cleaning_facts(rows))
    assert facts.render(cleaning_line(facts)) == line
    assert facts["cleaning.used"].value == kept
