"""Generated pages are those that the program gives, and name every command and option."""

import re
import shutil
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import typer
from doc_pages import PAGES, ROOT, commands, generated, prose

import clustomer
from clustomer import FEATURES
from clustomer.cli import app
from clustomer.events import KEPT, PRESETS, REJECTIONS, REPAIRS
from clustomer.insights import RULES

GROUP: Any = typer.main.get_command(app)


@pytest.fixture(scope="module")
def script() -> ModuleType:
    return import_module("generate_reference")


def read(name: str) -> str:
    return (ROOT / "docs" / "reference" / name).read_text(encoding="utf-8")


def options(name: str) -> set[str]:
    return {
        spelling
        for parameter in GROUP.commands[name].params
        for spelling in (*parameter.opts, *parameter.secondary_opts)
        if spelling.startswith("-")
    }


def missing(text: str, words: Iterable[str]) -> list[str]:
    """Return the words that a text does not hold as words of their own."""
    return sorted(w for w in words if not re.search(rf"(?<![\w-]){re.escape(w)}(?![\w-])", text))


def test_generated_pages_are_up_to_date(script: ModuleType, capsys) -> None:
    assert script.main(["--check"]) == 0, capsys.readouterr().out


def test_a_stale_page_is_named_and_written_again(
    script: ModuleType, tmp_path: Path, monkeypatch, capsys
) -> None:
    for page in (ROOT / "docs" / "reference").glob("*.md"):
        shutil.copy(page, tmp_path)
    monkeypatch.setattr(script, "FOLDER", tmp_path)
    (tmp_path / "cli.md").write_text("old", encoding="utf-8")
    assert script.main(["--check"]) == 1
    shown = capsys.readouterr().out
    assert "cli.md" in shown
    assert "make docs" in shown
    assert script.main([]) == 0
    assert (tmp_path / "cli.md").read_text(encoding="utf-8") == read("cli.md")


@pytest.mark.parametrize("command", GROUP.commands)
def test_every_option_is_in_the_reference(command: str) -> None:
    section = read("cli.md").split(f"## `clustomer {command}`\n")[1].split("\n## ")[0]
    assert missing(section, options(command)) == []


def test_a_missing_option_is_noticed() -> None:
    assert missing("`--k-range LOW:HIGH`, `--out DIR`", {"--k", "--out"}) == ["--k"]


def test_every_command_and_option_is_used_or_told_by_hand() -> None:
    pages = [page for page in PAGES if not generated(page) and page.name != "CHANGELOG.md"]
    used = {command.arguments[0] for page in pages for command in commands(page)}
    assert used >= set(GROUP.commands)
    text = "\n".join(page.read_text(encoding="utf-8") for page in pages)
    every = {spelling for name in GROUP.commands for spelling in options(name)}
    # the default of a flag, and the short form of one, need no page
    assert missing(text, every - {"--events", "-q"}) == []


@pytest.mark.parametrize(
    ("page", "names"),
    [
        ("python.md", clustomer.__all__),
        ("features.md", [feature.name for feature in FEATURES]),
        ("cleaning.md", [*KEPT, *REPAIRS, *REJECTIONS]),
        ("names.md", [rule.name for rule in RULES]),
        ("schemas.md", [schema.name for schema in PRESETS]),
    ],
)
def test_every_declared_name_is_in_its_page(page: str, names: list[str]) -> None:
    assert missing(read(page), names) == []


def test_the_readme_counts_the_features() -> None:
    assert f"up to {len(FEATURES)} features" in prose(ROOT / "README.md")
