"""What a source does not tell: asked on a terminal; elsewhere an error names the option."""

import os
import pty
import select
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pytest

from clustomer.events import read_events

UNTOLD = (
    "Order Date,Customer ID,Order ID,Product ID,Quantity,Sales\n"
    "2024-01-05,k1,o1,A,3,30.00\n2024-01-20,k2,o2,B,1,12.00\n2024-02-01,k1,o3,C,5,50.00\n"
)


@pytest.fixture
def untold(tmp_path: Path) -> Path:
    path = tmp_path / "lines.csv"
    path.write_text(UNTOLD)
    return path


def on_terminal(*arguments: object, typed: str) -> tuple[int, str]:
    """Run the command line at a terminal of its own, and type something into it."""
    parent, child = pty.openpty()
    command = [sys.executable, "-m", "clustomer", *map(str, arguments)]
    environment = {**os.environ, "COLUMNS": "200", "TERM": "dumb"}
    process = subprocess.Popen(
        command, stdin=child, stdout=child, stderr=child, env=environment, close_fds=True
    )
    os.close(child)
    os.write(parent, typed.encode())
    shown, end = b"", time.monotonic() + 60
    while time.monotonic() < end:
        if select.select([parent], [], [], 0.2)[0]:
            try:
                chunk = os.read(parent, 65_536)
            except OSError:
                break
            if not chunk:
                break
            shown += chunk
        elif process.poll() is not None:
            break
    os.close(parent)
    return process.wait(timeout=10), shown.decode()


def test_a_terminal_is_asked_what_amounts_are_of(untold: Path, tmp_path: Path) -> None:
    written = tmp_path / "mine.toml"
    code, shown = on_terminal("schema", untold, "--out", written, typed="9\n2\n")
    assert code == 0, shown
    assert "1  unit: 3 × 30.00 = 90.00" in shown
    assert "2  line: 30.00 for 3" in shown
    assert tomllib.loads(written.read_text())["price_is"] == "line"
    with read_events(untold, schema=str(written)).engine as engine:
        assert str(engine.rows("SELECT SUM(price * quantity) FROM events")[0][0]) == "92.00000000"


def test_a_terminal_is_asked_which_column_is_the_customer(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text("date,amount,wer\n2024-01-05,10.50,Ann\n2024-01-06,5.25,Bob\n")
    code, shown = on_terminal("schema", path, "--out", tmp_path / "mine.toml", typed="1\n")
    assert code == 0, shown
    assert "Which column is our `user_id`, who the customer is?" in shown
    assert read_events(path, schema=str(tmp_path / "mine.toml")).totals().customers == 2


def test_a_script_gets_an_error_that_names_the_option(call, untold: Path, tmp_path: Path) -> None:
    written = tmp_path / "mine.toml"
    code, out, err = call("schema", untold, "--out", written)
    assert code == 3
    assert "To be decided: What are the amounts in the column `Sales`" in out
    assert "--price-is unit (3 × 30.00 = 90.00) or --price-is line (30.00 for 3)" in err
    # so that the same command with the option does not find it there
    assert not written.exists()
    for kind, revenue in (("unit", "352.00"), ("line", "92.00")):
        assert call("schema", untold, "--out", written, "--overwrite", "--price-is", kind)[0] == 0
        code, out, _ = call("check", untold, "--schema", written)
        assert (code, f"{revenue} revenue" in out) == (0, True)
    code, _, err = call("check", untold, "--schema", written, "--price-is", "dozen")
    assert (code, "--price-is is 'dozen'" in err) == (2, True)


@pytest.mark.parametrize(
    ("rows", "option", "value", "answer"),
    [
        ("1/2/2024,k1,10\n3/4/2024,k2,20\n", "--time-format", "%d/%m/%Y", "2024-02-01"),
        ("1/2/2024,k1,10\n3/4/2024,k2,20\n", "--time-format", "%m/%d/%Y", "2024-01-02"),
        ('2024-01-02,k1,"1,250"\n2024-01-03,k2,"3,500"\n', "--decimal", ".", "4,750.00 revenue"),
        ('2024-01-02,k1,"1,250"\n2024-01-03,k2,"3,500"\n', "--decimal", ",", "4.75 revenue"),
    ],
)
def test_an_option_answers_what_a_run_asks(
    call, tmp_path: Path, rows: str, option: str, value: str, answer: str
) -> None:
    path = tmp_path / "log.csv"
    path.write_text("event_time,user_id,price\n" + rows)
    code, _, err = call("check", path)
    assert (code, f"{option} {value}" in err) == (3, True)
    code, out, _ = call("check", path, option, value)
    assert (code, answer in out) == (0, True)


def test_an_encoding_that_was_asked_for_is_taken(call, tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_bytes("event_time,user_id,price\n2024-01-02,Ø,1\n".encode("cp850"))
    code, out, err = call("check", path, "--encoding", "cp850")
    assert (code, "1 customer" in out, "cp850" in err) == (0, True, True)
    assert call("check", path, "--encoding", "klingon")[0] == 2
