"""Bad input: one clear message with the next step, its exit code, nothing half-written."""

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from clustomer.progress import Progress
from clustomer.simulate import simulate
from clustomer.versions import Results

HEADER = "event_time,event_type,product_id,price,user_id,user_session\n"


def rows(*users: str, kind: str = "view", day: str = "2024-01-0{}") -> str:
    lines = [
        f"{day.format(1 + i % 7)} 10:00:0{i % 10},{kind},p{i},{i}.50,{user},s{i}\n"
        for i, user in enumerate(users)
    ]
    return HEADER + "".join(lines)


def missing(folder: Path) -> str:
    return "log.csv"


def empty(folder: Path) -> str:
    (folder / "log.csv").touch()
    return "log.csv"


def a_folder(folder: Path) -> str:
    (folder / "logs").mkdir()
    return "logs"


def truncated_parquet(folder: Path) -> str:
    pq.write_table(pa.table({"event_time": ["2024-01-01"], "user_id": ["1"]}), folder / "x.parquet")
    (folder / "x.parquet").write_bytes((folder / "x.parquet").read_bytes()[:-20])
    return "x.parquet"


def truncated_sqlite(folder: Path) -> str:
    simulate(folder / "whole.db", events=3_000, random_state=0)
    (folder / "log.db").write_bytes((folder / "whole.db").read_bytes()[:60_000])
    return "log.db"


def truncated_gzip(folder: Path) -> str:
    simulate(folder / "log.csv.gz", events=3_000, random_state=0, overwrite=True)
    (folder / "log.csv.gz").write_bytes((folder / "log.csv.gz").read_bytes()[:30_000])
    return "log.csv.gz"


def not_a_database(folder: Path) -> str:
    (folder / "log.db").write_text("these are words")
    return "log.db"


def encrypted(folder: Path) -> str:
    (folder / "log.db").write_bytes(os.urandom(8_192))
    return "log.db"


def wrong_table(folder: Path) -> str:
    with sqlite3.connect(folder / "log.db") as connection:
        connection.execute("CREATE TABLE ecommerce_behaviors (event_time, user_id)")
    connection.close()
    return "log.db"


def wrong_column(folder: Path) -> str:
    (folder / "log.csv").write_text("event_time,userid\n2024-01-01,1\n")
    return "log.csv"


def no_rows(folder: Path) -> str:
    (folder / "log.csv").write_text(HEADER)
    return "log.csv"


def no_customers(folder: Path) -> str:
    (folder / "log.csv").write_text(rows("", "", "null"))
    return "log.csv"


def all_rejected(folder: Path) -> str:
    (folder / "log.csv").write_text(rows("1", "2", kind="wish"))
    return "log.csv"


def few_customers(folder: Path) -> str:
    (folder / "log.csv").write_text(rows("1", "2", "3", "1", "1", "2"))
    return "log.csv"


BAD = [
    (missing, [], "There is no file log.csv", 3),
    (empty, [], "is empty (0 bytes)", 3),
    (a_folder, [], "is a folder without", 3),
    (truncated_parquet, [], "It may be truncated", 3),
    (truncated_sqlite, [], "damaged", 3),
    (truncated_gzip, [], "It may be truncated or damaged", 3),
    (not_a_database, [], "not an SQLite or DuckDB database", 3),
    (encrypted, [], "encrypted", 3),
    (wrong_table, [], "Did you mean `ecommerce_behaviors`", 3),
    (wrong_column, [], "`userid` may be our `user_id`", 3),
    (no_rows, [], "has no rows", 3),
    (no_customers, [], "missing_customer (no customer) 3", 3),
    (all_rejected, [], "unknown_event_type (an event type that the schema does not know) 2", 3),
    (few_customers, ["--k", "9"], "Ask for at most", 2),
    (few_customers, ["--k-range", "5:3"], "the lower first", 2),
    (few_customers, ["--cutoff", "1990-01-01"], "is not after the first event", 2),
    (few_customers, ["--cutoff", "2030-01-01", "--window", "7d"], "No event lies in the window", 2),
]


@pytest.mark.parametrize(("make", "options", "message", "code"), BAD)
def test_bad_input(call, monkeypatch, tmp_path, make, options, message, code) -> None:
    monkeypatch.chdir(tmp_path)
    source = make(tmp_path)
    before = sorted(os.listdir(tmp_path))
    result, out, err = call("run", source, *options)
    text = " ".join(err.split())
    assert message in text
    assert result == code
    assert out == ""
    assert text.count("clustomer: ") == 1
    assert sorted(os.listdir(tmp_path)) == before


IDS = [
    "7",
    "007",
    "9f1b0c1e-8d0a-4a53-9c1e-0242ac120002",
    "o'neill",
    '"; DROP TABLE events; --',
    "ünï <b>code</b> 🛒",
    "a,b",
    "=1+1",
    "x" * 10_000,
    "line\nbreak",
    "../../etc/passwd",
    "None of these",
]


def odd_but_good(kind: str) -> pa.Table:
    users = [user for i, user in enumerate(IDS) for _ in range(i + 1)]
    days = [1 + i % 20 for i in range(len(users))]
    year = 2124 if kind == "the far future" else 2024
    return pa.table(
        {
            "event_time": [f"{year}-03-{day:02d} 10:{i % 60:02d}:07" for i, day in enumerate(days)],
            "event_type": [
                {"only purchases": "purchase", "no purchase": "view"}.get(
                    kind, "purchase" if i % 5 == 0 else "view"
                )
                for i in range(len(users))
            ],
            "product_id": [f"p{i % 9}" for i in range(len(users))],
            "price": [f"{1 + i % 30}.25" for i in range(len(users))],
            "user_id": users,
            "user_session": [f"s{i // 2}" for i in range(len(users))],
        }
    )


FEW = ["--k", "3", "--k-range", "2:3"]
WRITING = [*FEW, "--facets", "value", "--no-certificates"]


def test_a_log_of_the_far_future_was_misread(call, tmp_path) -> None:
    pq.write_table(odd_but_good("the far future"), tmp_path / "log.parquet")
    code, _, message = call("run", tmp_path / "log.parquet", "--out", tmp_path / "out")
    assert code == 3
    assert "implausible_time" in message
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("kind", ["ids of every kind", "only purchases", "no purchase"])
def test_odd_input_is_no_bad_input(call, tmp_path, kind) -> None:
    pq.write_table(odd_but_good(kind), tmp_path / "log.parquet")
    code, _, _ = call(
        "run", tmp_path / "log.parquet", "--out", tmp_path / "out", "--no-certificates"
    )
    assert code == 0
    results = Results.open(tmp_path / "out")
    result = pq.read_table(results.path / "segments.parquet")
    assert sorted(result["user_id"].to_pylist()) == sorted(IDS)
    unavailable = results.manifest["unavailable_features"]
    assert ("revenue" in unavailable) == (kind == "no purchase")
    assert ("views" in unavailable) == (kind == "only purchases")


@pytest.mark.parametrize("users", [["1"], ["1", "2"], ["1", "1", "1"], ["1", "2", "3"]])
def test_one_two_or_three_customers(call, tmp_path, users) -> None:
    (tmp_path / "log.csv").write_text(rows(*users))
    code, _, _ = call("run", tmp_path / "log.csv", "--out", tmp_path / "out")
    results = Results.open(tmp_path / "out")
    assert code == (0 if results.manifest["structure_found"] else 5)
    if len(set(users)) == 1:
        assert code == 5
    assert results.manifest["customers"] == len(set(users))
    assert results.damaged() == []


@pytest.fixture
def small_disk(tmp_path: Path, lacking):
    """A disk with room for 400 kB."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", str(place)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        lacking("a small disk cannot be mounted")
    yield place
    # lazily, since the error that a test looks at may hold a file of the disk
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def test_a_full_disk_is_an_output_error(call, tmp_path, small_disk) -> None:
    # how long a compressed file is shows only in reading it: it is kept on disk from the start
    simulate(tmp_path / "log.csv.gz", events=20_000, random_state=0)
    code, _, err = call("run", tmp_path / "log.csv.gz", "--out", small_disk / "out", *WRITING)
    assert code == 4, err
    assert err.splitlines()[-1].startswith("clustomer: ")
    assert not list(small_disk.rglob(".partial-*"))
    # where temporary files go, a process decides once
    done = subprocess.run(
        [
            *(sys.executable, "-m", "clustomer", "run", str(tmp_path / "log.csv.gz"), "--quiet"),
            *("--out", str(tmp_path / "out"), *WRITING),
        ],
        env={**os.environ, "TMPDIR": str(small_disk)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 4, done.stderr
    assert done.stderr.count("\n") == 1
    assert not list(small_disk.rglob(".partial-*"))
    assert not (tmp_path / "out").exists()


STAGES = [
    ("Read ", []),
    ("Build", []),
    ("Choose", []),
    ("Certify", [*FEW, "--facets", "value"]),
    ("Write tables", WRITING),
    ("Write clean", WRITING),
]


@pytest.mark.parametrize(("stage", "options"), STAGES)
def test_an_interruption_after_any_stage_leaves_nothing_half_written(
    call, monkeypatch, tmp_path, stage, options
) -> None:
    simulate(tmp_path / "log.parquet", events=6_000, random_state=0)
    out = tmp_path / "out"
    uninterrupted = Progress.stage

    @contextmanager
    def interrupted(progress: Progress, title: str, *arguments: Any, **keywords: Any) -> Any:
        with uninterrupted(progress, title, *arguments, **keywords) as under_way:
            yield under_way
        if title.startswith(stage):
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(Progress, "stage", interrupted)
    code, printed, _ = call("run", tmp_path / "log.parquet", "--out", out, *options)
    assert code == 130
    assert printed == ""
    assert not out.exists() or os.listdir(out) == ["versions"]
    assert not out.exists() or os.listdir(out / "versions") == []


def test_a_process_that_is_interrupted_in_writing_leaves_nothing_half_written(tmp_path) -> None:
    simulate(tmp_path / "log.parquet", events=6_000, random_state=0)
    out = tmp_path / "out"
    running = subprocess.Popen(
        [sys.executable, "-m", "clustomer", "run", "log.parquet", "--out", str(out), *WRITING],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    assert running.stderr is not None
    # a line appears when a stage is over: the next one is interrupted
    for line in running.stderr:
        if "Write tables" in line:
            break
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=60)
    assert "Traceback" not in err
    if running.returncode == 0:
        assert Results.open(out).damaged() == []
    else:
        assert running.returncode == 130
        assert "interrupted" in err
        assert not out.exists() or os.listdir(out) == ["versions"]
        assert not out.exists() or os.listdir(out / "versions") == []
