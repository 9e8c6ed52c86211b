"""Commands of the pages parse, cheap ones run, and so does every Python example."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer
from doc_pages import PAGES, Command, commands, fences, name
from typer.testing import CliRunner

from clustomer.cli import app

GROUP: Any = typer.main.get_command(app)
COMMANDS = [command for page in PAGES for command in commands(page)]
# what takes long needs no second run: the fixture has made one, and the example in Python on the
# page about `verify` makes it again in depth; groups are a file of the reader's
DEAR = {"run", "certify", "dashboard", "mcp"}
# what its examples do, the tests of the engine do: a Spark session takes a minute
DEAR_PAGES = {"docs/how-to/spark.md"}
EXAMPLES = [page for page in PAGES if any(fence.language == "python" for fence in fences(page))]


def test_there_are_commands_and_examples() -> None:
    assert {command.arguments[0] for command in COMMANDS} == set(GROUP.commands)
    assert len(EXAMPLES) >= 5


@pytest.mark.parametrize("command", COMMANDS, ids=str)
def test_a_command_parses(command: Command) -> None:
    name, *arguments = command.arguments
    GROUP.commands[name].make_context(name, list(arguments))


def test_a_wrong_option_is_noticed() -> None:
    with pytest.raises(Exception, match="--windw"):
        GROUP.commands["run"].make_context("run", ["shop.db", "--windw", "9d"])


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_cheap_commands_and_examples_run(page: Path, desk: Path, monkeypatch) -> None:
    monkeypatch.chdir(desk)
    write_files(page)
    for command in commands(page):
        arguments = list(command.arguments)
        if arguments[0] in DEAR or "--deep" in arguments or not _available(arguments):
            continue
        if arguments[0] == "simulate":
            arguments = [*_small(arguments), "--overwrite"]
            if "shop.db" in arguments:
                continue
        # another page may have written a file of this name
        if "--out" in arguments and _may_overwrite(arguments[0]):
            arguments.append("--overwrite")
        done = CliRunner().invoke(app, arguments)
        assert done.exit_code == 0, f"{command}: {done.exception}"
        if command.output:
            Path(command.output).write_text(done.stdout, encoding="utf-8")
    monkeypatch.setenv("COLUMNS", "100")
    # a draft may have been written over one of them
    write_files(page)
    for asked, shown in consoles(page):
        if asked[0] == "check" and asked[1] in {fence.file for fence in fences(page)}:
            assert without_times(shown) == without_times(CliRunner().invoke(app, asked).output)
    for fence in fences(page) if name(page) not in DEAR_PAGES else ():
        if fence.language == "python":
            exec(compile(fence.text, fence.page, "exec"), {"__name__": "example"})


def write_files(page: Path) -> None:
    for fence in fences(page):
        if fence.file is not None:
            Path(fence.file).write_text(fence.text, encoding="utf-8")


def consoles(page: Path) -> list[tuple[list[str], str]]:
    """Return the calls whose output a page shows, with the output."""
    pairs = []
    for fence in fences(page):
        first, _, shown = fence.text.partition("\n")
        if fence.language == "console" and first.startswith("$ clustomer ") and shown:
            pairs.append((shlex.split(first)[2:], shown))
    return pairs


def without_times(shown: str) -> list[str]:
    return [re.sub(r"  \d+\.\d s$", "", line.rstrip()) for line in shown.splitlines()]


def _available(arguments: list[str]) -> bool:
    """Whether the source is in the folder; globs of the reader's own files are not."""
    if any(argument.startswith("postgresql://") for argument in arguments[2:]):
        return False
    return arguments[0] == "simulate" or Path(arguments[1]).exists()


def _may_overwrite(command: str) -> bool:
    return any("--overwrite" in option.opts for option in GROUP.commands[command].params)


def _small(arguments: list[str]) -> list[str]:
    return [re.sub(r"^\d{5,}$", "2000", word) for word in arguments]
