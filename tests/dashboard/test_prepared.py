"""What is prepared comes back as it was, and every block shows what the report shows."""

import html
import re
from pathlib import Path

import pytest

from clustomer.dashboard.prepared import read_prepared
from clustomer.insights.blocks import figure_names
from clustomer.outputs import embedded_blocks
from clustomer.versions import StoredRun


def test_blocks_and_facts_come_back_as_they_were(prepared: Path, results: Path) -> None:
    back = read_prepared(prepared)
    stored = StoredRun.open(results)
    made = stored.interpret(stored.given_names)
    assert back.insights.sections == made.insights.sections
    assert dict(back.facts) == dict(made.facts)
    assert back.path == stored.path.resolve()
    assert set(back.rules) == {part.segment_id for part in stored.manifest.segments}
    assert back.catalogue.actions
    assert len(back.points) > 100


@pytest.mark.parametrize("dark", [False, True])
def test_pieces_say_what_the_report_says(prepared: Path, results: Path, dark: bool) -> None:
    back = read_prepared(prepared)
    show = embedded_blocks(back.insights, back.facts, back.figures, dark=dark)
    page = (results / "latest" / "reports" / "report.html").read_text()
    report = _words(re.sub(r"<svg.*?</svg>", "", page, flags=re.DOTALL))
    drawn = {figure.name for figure in back.figures}
    for section in back.insights.at("main"):
        piece = show(section, 3)
        # st.html keeps no SVG, and no link leads anywhere
        assert "<svg" not in piece
        assert "href=" not in piece.replace('href="#', "")
        shown = drawn & set(figure_names(section))
        assert piece.count('<img class="picture"') >= 2 * len(shown)
        numbers = re.findall(r'data-fact="([^"]+)">([^<]+)<', piece)
        assert all(f'data-fact="{fact}">{text}<' in page for fact, text in numbers)
        for line in re.findall(r"<(?:p|li)[^>]*>(.*?)</(?:p|li)>", piece, flags=re.DOTALL):
            assert _words(line) in report


def _words(markup: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", markup)).split())
