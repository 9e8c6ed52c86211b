"""A file of options: it fills in what the command line leaves out, and says so."""

import shutil
from pathlib import Path

import pytest

from clustomer.versions import Results


@pytest.fixture
def folder(tmp_path: Path, simulated: Path) -> Path:
    (tmp_path / "job").mkdir()
    shutil.copy(simulated, tmp_path / "job")
    (tmp_path / "job" / "clustomer.toml").write_text(
        'source = "shop.db"\nout = "found"\nk = 4\ncurrency = "EUR"\nevents = false\n'
        "certificates = false\n"
        'features = ["recency_days", "views", "orders"]\ntimezone = "Europe/Berlin"\n'
    )
    return tmp_path / "job"


def test_a_run_in_its_folder_needs_no_arguments(folder, call, monkeypatch) -> None:
    monkeypatch.chdir(folder)
    code, _, err = call("run")
    assert code == 0
    assert (
        "Options from clustomer.toml: source, out, k, currency, events, certificates, features"
        in err
    )
    settings = Results.open("found").manifest["settings"]
    assert settings["k"] == 4
    assert settings["currency"] == "EUR"
    assert settings["keep_events"] is False
    assert settings["features"] == ["recency_days", "views", "orders"]
    assert settings["time_zone"] == "Europe/Berlin"


def test_the_command_line_wins_and_it_is_said(folder, call, monkeypatch) -> None:
    monkeypatch.chdir(folder)
    code, _, err = call("run", "--k", 3, "--currency", "GBP")
    assert code == 0
    assert "The command line overrides: k, currency" in err
    assert Results.open("found").manifest["settings"]["k"] == 3


def test_paths_are_taken_from_the_files_folder(folder, call, monkeypatch) -> None:
    monkeypatch.chdir(folder.parent)
    assert call("run", "--config", "job/clustomer.toml", "--quiet")[0] == 0
    assert Results.open(folder / "found").manifest["k"] == 4


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("currencies = 3", "Did you mean `currency`"),
        ("k = [1, 2]", "a list under `k`"),
        ("[k]\na = 1", "a table under `k`"),
        ("k = ", "is not TOML"),
        ('k = "many"', "Expected a whole number of segments"),
        ("margin = 7", "Invalid value"),
    ],
)
def test_a_wrong_file_says_what_is_wrong(folder, call, monkeypatch, content, message) -> None:
    monkeypatch.chdir(folder)
    Path("clustomer.toml").write_text('source = "shop.db"\n' + content)
    code, out, err = call("run")
    assert (code, out) == (2, "")
    assert message in " ".join(err.split())


def test_a_missing_file_is_a_usage_error(folder, call) -> None:
    code, _, err = call("run", "--config", "nowhere.toml")
    assert code == 2
    assert "cannot be read" in err
