"""A study that was stopped goes on where it stood."""

import json
from pathlib import Path

import numpy as np
import pytest

import size
import studies


def test_only_what_is_left_is_drawn(tmp_path: Path) -> None:
    path = tmp_path / "results" / "coins.jsonl"
    draws = {"a": ("-c", "print(1)"), "b": ("-c", "print(2)\nprint(3)")}
    assert studies.run(studies.Study("coins", {"a": draws["a"]}), path) == 0
    [first] = path.read_text().splitlines()
    both = studies.Study("coins", draws)
    assert list(studies.remaining(both, path)) == ["b"]
    assert studies.run(both, path) == 0
    lines = path.read_text().splitlines()
    assert lines[0] == first
    second = json.loads(lines[1])
    assert (second["draw"], second["printed"], second["exit_code"]) == ("b", ["2", "3"], 0)
    assert second["command"] == "python -c print(2)\nprint(3)"
    assert {"date", "revision", "seconds"} <= set(second)
    assert list(studies.remaining(both, path)) == []


def test_another_command_is_another_draw(tmp_path: Path) -> None:
    path = tmp_path / "coins.jsonl"
    studies.run(studies.Study("coins", {"a": ("-c", "print(1)")}), path)
    assert list(studies.remaining(studies.Study("coins", {"a": ("-c", "print(2)")}), path)) == ["a"]


def test_a_draw_that_fails_is_counted_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "coins.jsonl"
    assert studies.run(studies.Study("coins", {"a": ("-c", "raise SystemExit(1)")}), path) == 1
    assert json.loads(path.read_text())["exit_code"] == 1


def test_every_study_runs_a_program_that_is_there() -> None:
    for study in studies.STUDIES:
        for command in study.draws.values():
            assert (studies.HERE / command[0]).is_file()


def test_the_study_of_sizes_says_what_each_stage_took(capsys: pytest.CaptureFixture[str]) -> None:
    with size.Measured().stage("Read log.db (table a)"):
        held = np.ones(50_000_000)
    with size.Measured().stage("Count"):
        del held
    first, second = capsys.readouterr().out.splitlines()
    name, clock, processor, memory = (cell.strip() for cell in first.strip("|").split("|"))
    assert name == "Read log.db"
    assert (clock[-2:], processor[-2:], memory[-3:]) == (" s", " s", " MB")
    assert float(memory[:-3].replace(",", "")) >= 400
    assert second.startswith("| Count |")
