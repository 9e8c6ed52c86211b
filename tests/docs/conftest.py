"""A small shop and its results, as the pages assume them in the reader's folder."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from clustomer.cli import app

RUN = ["run", "shop.db", "--k", "3", "--k-range", "2:3", "--quiet", "--json"]


@pytest.fixture(scope="session")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with `shop.db`, its truth, and `clustomer-results`."""
    folder = tmp_path_factory.mktemp("desk")
    runner = CliRunner()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        made = runner.invoke(app, ["simulate", "shop.db", "--events", "3000", "--quiet"])
        assert made.exit_code == 0, made.output
        done = runner.invoke(app, [*RUN, "--attributes", "shop.truth.csv"])
        assert done.exit_code == 0, done.output
        Path("run.json").write_text(done.stdout, encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def printed(desk: Path) -> dict[str, Any]:
    """Return what `clustomer run --json` printed."""
    content: dict[str, Any] = json.loads((desk / "run.json").read_text(encoding="utf-8"))
    return content
