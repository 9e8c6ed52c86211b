import io
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pytest
from rich.console import Console
from stories import tell

from clustomer.events import Window
from clustomer.insights import Facts
from clustomer.outputs import print_summary
from clustomer.outputs.terminal import cleaning_line

CLEANING = pa.table(
    {
        "rule": ["kept", "brand_unknown", "no_customer"],
        "action": ["kept", "repaired", "rejected"],
        "rows": [999_588, 52_311, 412],
        "share": [0.999588, 0.052311, 0.000412],
    }
)
REPORT = Path("clustomer-results/latest/reports/report.html")
# Naive and in UTC, as a window holds them.
START, CUTOFF = (datetime.fromisoformat(t) for t in ("2019-09-30T22:00", "2019-10-31T23:00"))
WINDOW = Window(START, CUTOFF, "Europe/Berlin")


def screen(story, *, width, encoding="utf-8", colour=False, window=WINDOW):
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding=encoding, newline="")
    console = Console(
        file=file,
        width=width,
        force_terminal=colour,
        color_system="truecolor" if colour else None,
        legacy_windows=False,
    )
    print_summary(
        console,
        story.insights,
        story.facts,
        events=999_588,
        window=window,
        cleaning=CLEANING,
        report=REPORT,
    )
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
    assert "999,588 events, 23,844 customers, 4 segments" in text
    assert "2019-10-01 to 2019-11-01, Europe/Berlin" in text
    assert "kept 999,588 of 1,000,000 rows; 52,311 repairs, 412 rejected" in text
    for number in ("1,932", "8.1 %", "62.1 %", "<0.1 %"):
        assert number in text
    assert text.index("High-value") < text.index("Cart abandoners") < text.index("Suspected bots")


def test_numbers_stand_below_their_titles(story):
    for width in (80, 140):
        lines = screen(story, width=width).splitlines()
        top = next(line for line in lines if "Customers" in line)
        row = next(line for line in lines if "15,231" in line)
        assert top.index("Customers") + len("Customers") == row.index("15,231") + len("15,231")


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
        assert "evenue" not in screen(replace(story, facts=facts), width=width)


def test_without_a_window_there_is_none(story):
    assert "Berlin" not in screen(story, width=80, window=None)


def test_cleaning_in_one_line():
    def line(kept, repaired, rejected):
        return cleaning_line(
            pa.table(
                {
                    "rule": ["a", "b", "c", "d"],
                    "action": ["kept", "repaired", "rejected", "rejected"],
                    "rows": [kept, repaired, rejected, 0],
                }
            )
        )

    assert line(5, 0, 0) == "kept all 5 rows as they were"
    assert line(5, 2, 0) == "kept all 5 rows; 2 repairs"
    assert line(5, 0, 1) == "kept 5 of 6 rows; 1 rejected"
    assert line(5, 2, 1) == "kept 5 of 6 rows; 2 repairs, 1 rejected"
