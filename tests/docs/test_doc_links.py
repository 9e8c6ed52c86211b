"""Links lead somewhere, and every page is found from the first one."""

import re
from pathlib import Path

import pytest
from doc_pages import PAGES, ROOT, anchors, name, prose

_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_FILE = re.compile(r"`([\w./-]+\.(?:csv|db|html|json|md|parquet|png|py|toml))`")


def links(page: Path) -> list[str]:
    return [link for link in _LINK.findall(prose(page)) if "://" not in link]


def broken(page: Path) -> list[str]:
    rows = []
    for link in links(page):
        target, _, anchor = link.partition("#")
        path = (page.parent / target).resolve() if target else page
        if not path.exists() or (anchor and anchor not in anchors(path)):
            rows.append(link)
    return rows


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_relative_link_and_anchor_resolves(page: Path) -> None:
    assert broken(page) == []


def test_a_broken_link_and_a_broken_anchor_are_noticed(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# Run\n## `run`\n[a](#run) [b](#run-1) [c](#run-2) [d](page.md#run) [e](none.md)",
        encoding="utf-8",
    )
    assert broken(page) == ["#run-2", "none.md"]


def test_every_page_is_found_from_the_first() -> None:
    seen: set[Path] = set()
    todo = [ROOT / "README.md"]
    while todo:
        page = todo.pop()
        if page in seen or page.suffix != ".md":
            continue
        seen.add(page)
        todo += [(page.parent / link.partition("#")[0]).resolve() for link in links(page) if link]
        todo = [path for path in todo if path.is_file()]
    assert set(PAGES) - seen == set()


def test_the_readme_names_no_file_that_does_not_exist(desk: Path) -> None:
    latest = desk / "clustomer-results" / "latest"
    named = _FILE.findall(prose(ROOT / "README.md"))
    assert named
    homes = (ROOT, desk, latest)
    assert [file for file in named if not any((home / file).exists() for home in homes)] == []


def test_pictures_are_small() -> None:
    pictures = list((ROOT / "docs" / "images").iterdir())
    assert pictures
    assert [p.name for p in pictures if p.stat().st_size > 200_000] == []
