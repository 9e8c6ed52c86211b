"""Every published threshold is declared once; pages and texts take it from there."""

import ast
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from doc_pages import PAGES, ROOT, generated, prose

import generate_reference
from clustomer import thresholds
from clustomer.thresholds import THRESHOLDS

LITERALS = (
    r"Jaccard (?:similarity )?(?:of|from)(?: at least)? 0\.\d+",
    r"(?:precision|recall) (?:of )?(?:at least )?0\.\d+",
    r"\d+ % of the (?:customers|rows|revenue),? (?:or|else|makes|is noise|decide)",
    r"(?:at least|below|its) \d+ % of the (?:customers|rows)\b",
    r"intervals? of \d+ %",
    r"\bp below 0\.\d+",
    r"correlation of (?:at least )?0\.\d+",
    r"effect size (?:h )?of (?:at least )?0\.\d+",
    r"exceeds[^.]{0,60} by at least 0\.\d+",
    r"exceeds[^.]{0,60}by at least 0\.\d+[^.]{0,30}percentile",
)
"""How a threshold would be written as a number of its own."""

OF_THEIR_TIME = {"CHANGELOG.md", "benchmarks.md", "planted-worlds.md"}
"""Pages that tell of measurements as they were made."""


def literals(text: str) -> list[str]:
    flat = " ".join(text.split())
    return [match[0] for pattern in LITERALS for match in re.finditer(pattern, flat)]


def texts_of_code() -> Iterator[tuple[str, str]]:
    """Give every text and docstring of the package, but for doctests."""
    for path in sorted((ROOT / "src" / "clustomer").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                prose = re.split(r"^\s*>>> ", node.value, maxsplit=1, flags=re.MULTILINE)[0]
                yield f"{path.relative_to(ROOT)}:{node.lineno}", prose


def test_each_is_declared_under_the_name_of_its_value() -> None:
    for name, threshold in THRESHOLDS.items():
        assert getattr(thresholds, name) == threshold.value
        assert threshold.sentence.endswith(".")
        assert threshold.source


def test_no_page_writes_one_as_a_number_of_its_own() -> None:
    pages = [page for page in PAGES if not generated(page) and page.name not in OF_THEIR_TIME]
    pages = [page for page in pages if page.parent.name != "decisions"]
    assert {p.name: f for p in pages if (f := literals(prose(p)))} == {}


def test_no_text_or_docstring_writes_one_as_a_number_of_its_own() -> None:
    assert {place: f for place, text in texts_of_code() if (f := literals(text))} == {}


@pytest.mark.parametrize(
    "text",
    [
        "a mean Jaccard similarity of at\nleast 0.7",
        "precision 0.9",
        "at least 2 % of the customers",
        "an interval of 90 %",
        "p below 0.01",
    ],
)
def test_a_number_of_its_own_is_noticed(text: str) -> None:
    assert literals(text)


def test_a_change_reaches_the_pages(monkeypatch, tmp_path: Path) -> None:
    page = (ROOT / "docs" / "explanation" / "reality.md").read_text(encoding="utf-8")
    marked = "<!-- =EFFECT_NEEDED -->0.08<!-- = -->"
    assert marked in page
    assert generate_reference.with_thresholds(page) == page
    changed = replace(THRESHOLDS["EFFECT_NEEDED"], value=0.1)
    monkeypatch.setitem(THRESHOLDS, "EFFECT_NEEDED", changed)
    again = generate_reference.with_thresholds(page)
    assert again == page.replace(marked, marked.replace("0.08", "0.1"))
    assert "| `EFFECT_NEEDED` | 0.1 |" in generate_reference.thresholds_page()
