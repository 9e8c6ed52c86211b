import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from clustomer import cli
from clustomer.simulate import simulate

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    """Run the command line in this process; give its exit code, output and messages."""

    def run(*arguments: object, columns: int = 200) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["clustomer", *map(str, arguments)])
        monkeypatch.setenv("COLUMNS", str(columns))
        monkeypatch.setenv("NO_COLOR", "1")
        with pytest.raises(SystemExit) as stop:
            cli.main()
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return int(stop.value.code or 0), out, err

    return run


@pytest.fixture(scope="session")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return simulate(tmp_path_factory.mktemp("shop") / "shop.db", events=4_000).path


@pytest.fixture
def shop(tmp_path: Path, simulated: Path) -> Path:
    """A simulated shop, in a folder of the test's own."""
    return Path(shutil.copy(simulated, tmp_path))
