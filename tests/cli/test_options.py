"""Options are declared once: command line, file of options and settings follow the declaration."""

import inspect
from dataclasses import fields
from typing import Any

import pytest
import typer

from clustomer.cli import COMMANDS, app
from clustomer.commands.help import names_of
from clustomer.events import PRESETS, read_events
from clustomer.settings import MACHINE, READING, Settings, declared, settings_from, spelling
from clustomer.usage import ALGORITHMS
from clustomer.versions import Results

GROUP: Any = typer.main.get_command(app)


def defaults(command: str) -> dict[str, Any]:
    """Return what a command passes on when no option is given."""
    context = GROUP.commands[command].make_context(command, ["shop.db"], resilient_parsing=True)
    return {name: context.params[name] for name, _, _ in declared() if name in context.params}


def test_every_setting_is_an_option_of_run_and_has_its_default() -> None:
    assert set(defaults("run")) == {field.name for field in fields(Settings)}
    assert settings_from(defaults("run")) == Settings()


def test_what_reads_the_log_is_an_option_of_check_and_taken_by_read_events() -> None:
    reading = {name for name, _, _ in declared(*READING)}
    assert set(defaults("check")) == reading | {name for name, _, _ in declared(MACHINE)}
    assert reading <= set(inspect.signature(read_events).parameters)
    assert set(Settings().reading()) == reading


def test_an_option_is_spelled_the_same_in_every_command() -> None:
    for name, _, entry in declared():
        for command in GROUP.commands.values():
            # what reads no log may mean another table
            if not any(parameter.name == "source" for parameter in command.params):
                continue
            for parameter in command.params:
                if parameter.name == name and spelling(name, entry) in parameter.opts:
                    assert (parameter.help, parameter.metavar) == (entry.help, entry.metavar)


def test_the_help_names_every_preset_and_algorithm() -> None:
    helps = {name: entry.help for name, _, entry in declared()}
    assert [schema.name for schema in PRESETS if schema.name not in helps["schema"]] == []
    assert [name for name in ALGORITHMS if name not in helps["algorithm"]] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_help_fits_into_eighty_columns_and_names_every_option(command: str, call) -> None:
    code, out, _ = call(command, "--help", columns=80)
    assert code == 0
    assert max(map(len, out.splitlines())) <= 80
    assert "<bool>" not in out
    for parameter in GROUP.commands[command].params:
        for name in names_of(parameter) if parameter.opts[0].startswith("-") else []:
            assert name in out


def test_algorithms_are_named_in_any_case(call, shop, tmp_path) -> None:
    code, _, _ = call("run", shop, "--out", tmp_path / "out", "--algorithm", "RFM",
                      "--no-events", "--no-certificates")  # fmt: skip
    assert code == 0
    assert Results.open(tmp_path / "out").manifest["settings"]["algorithm"] == "rfm"
