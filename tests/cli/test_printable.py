"""What comes from data is shown on the terminal, and never sent to it."""

import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

ESCAPE = "\x1b[2J\x1b[31mred\x9b"


def harmless(text: str) -> bool:
    return not any(
        (ord(letter) < 32 and letter not in "\n\t") or 127 <= ord(letter) < 160 for letter in text
    )


def test_no_escape_of_a_source_reaches_the_terminal(call, tmp_path: Path) -> None:
    rows = {"event_time": ["2024-01-01 10:00:00"], "user_id": ["1"], ESCAPE: ["x"]}
    pq.write_table(pa.table({**rows, "brand": [ESCAPE]}), tmp_path / f"{ESCAPE}.parquet")
    pq.write_table(pa.table({ESCAPE: ["1"], "b": ["2"]}), tmp_path / "unknown.parquet")
    (tmp_path / "types.csv").write_text(
        f"event_time,user_id,event_type\n2024-01-01,1,{ESCAPE}\n2024-01-01,1,view\n"
    )
    guest = "".join(f"2024-01-01,{i if i > 20 else ESCAPE}\n" for i in range(60))
    (tmp_path / "guest.csv").write_text("event_time,user_id\n" + guest)
    for arguments in (
        ("schema", tmp_path / f"{ESCAPE}.parquet"),
        ("schema", tmp_path / f"{ESCAPE}.parquet", "--json"),
        ("schema", tmp_path / f"{ESCAPE}.parquet", "--out", tmp_path / f"{ESCAPE}.toml"),
        ("check", tmp_path / f"{ESCAPE}.parquet"),
        ("check", tmp_path / "types.csv"),
        # an id with many events is named in a warning
        ("check", tmp_path / "guest.csv"),
        ("check", tmp_path / "unknown.parquet"),
        ("check", tmp_path / f"{ESCAPE} is not there"),
        ("check", tmp_path / "types.csv", "--table", ESCAPE),
        ("check", tmp_path / "types.csv", "--schema", ESCAPE),
        ("check", tmp_path / f"{ESCAPE}.parquet", "--schema", tmp_path / f"{ESCAPE}.toml"),
    ):
        _, out, err = call(*arguments)
        assert harmless(out), (arguments, out)
        assert harmless(err), (arguments, err)
    _, out, _ = call("schema", tmp_path / f"{ESCAPE}.parquet")
    assert "\\x1b[31mred" in out


def test_a_name_that_is_no_text_can_be_said(call, tmp_path: Path) -> None:
    path = os.fsdecode(os.fsencode(tmp_path) + b"/l\xffg.csv")
    code, _, err = call("check", path)
    assert (code, "l\\xffg.csv" in err) == (3, True)


def test_a_schema_file_without_end_is_refused(call, tmp_path: Path) -> None:
    (tmp_path / "endless.toml").symlink_to("/dev/zero")
    (tmp_path / "long.toml").write_text("# " + "x" * 1_000_001)
    (tmp_path / "log.csv").write_text("event_time,user_id\n2024-01-01,1\n")
    for name, message in (("endless.toml", "is no file"), ("long.toml", "more than 1,000,000")):
        code, _, err = call("check", tmp_path / "log.csv", "--schema", tmp_path / name)
        assert (code, message in err) == (2, True)


def test_a_sign_that_the_terminal_lacks_ends_nothing(tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    log.write_text("event_time,user_id,event_type\n2024-01-01,1,K\u00e4ufe\n2024-01-01,1,view\n")
    done = subprocess.run(
        [sys.executable, "-m", "clustomer", "check", str(log)],
        env=os.environ | {"PYTHONIOENCODING": "ascii"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "K?ufe" in done.stdout
