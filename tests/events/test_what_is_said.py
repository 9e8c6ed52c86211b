"""What is lost, counted twice or cannot be read exactly is said, and costs only itself."""

import gzip
import json
import shutil
from collections import namedtuple
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import csv, feather, orc, parquet

from clustomer.errors import AmbiguousError, InputError, OutputError
from clustomer.events import Events, EventSchema, read_events
from clustomer.events.sources.files import KEPT_FREE_BYTES

Usage = namedtuple("Usage", "total used free")


def written(path: Path, header: str, *rows: str) -> Path:
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def rejected(events: Events) -> dict[str, int]:
    return {rule: n for rule, action, n in events.cleaning.rules if action == "rejected" and n}


HEADER = "event_time,user_id,price"


def test_lines_with_a_total_are_no_customers(tmp_path: Path) -> None:
    path = written(
        tmp_path / "log.csv",
        HEADER,
        "2024-01-05,K1,50",
        "2024-01-06,K1,20",
        "2024-01-06,K1 Total,70",
        "2024-01-07,Sum Total,5",
        "2024-02-05,Grand Total,75",
        "2024-02-05,Gesamtergebnis,75",
    )
    events = read_events(path)
    # nobody is called Sum, so that this is a customer's name
    assert set(events.to_arrow()["user_id"].to_pylist()) == {"K1", "Sum Total"}
    assert rejected(events) == {"total_line": 3}
    assert str(events.totals().revenue) == "75.0000"


def test_a_few_slips_among_decimal_marks_cost_their_own_rows(tmp_path: Path) -> None:
    rows = [f"2024-01-{1 + i % 28:02d},k{i},{i}.25" for i in range(300)]
    path = written(tmp_path / "log.csv", HEADER, *rows, '2024-01-05,k1,"12,5"')
    events = read_events(path)
    assert rejected(events) == {"unreadable_price": 1}
    assert events.totals().revenue == sum(range(300)) + 75
    few = written(tmp_path / "few.csv", HEADER, *rows[:90], '2024-01-05,k1,"12,5"')
    with pytest.raises(AmbiguousError, match="mixes two decimal marks"):
        read_events(few)
    many = [f'2024-01-05,k{i},"{i},5"' for i in range(4)]
    with pytest.raises(AmbiguousError, match="mixes two decimal marks"):
        read_events(written(tmp_path / "many.csv", HEADER, *rows, *many))
    with pytest.raises(AmbiguousError, match="mixes two decimal marks"):
        # one of 301 values, and 2 % of what they add up to
        read_events(written(tmp_path / "large.csv", HEADER, *rows, '2024-01-05,k1,"1.100,00"'))


def test_lines_that_do_not_divide_evenly_are_counted_and_said() -> None:
    schema = EventSchema(
        name="lines",
        columns={"event_time": "at", "user_id": "who", "price": "sum", "quantity": "pieces"},
        event_type="purchase",
        price_is="line",
    )
    log = pa.table(
        {"at": ["2024-01-01", "2024-01-02"], "who": ["a", "b"], "sum": ["10", "10"],
         "pieces": ["3", "4"]}
    )  # fmt: skip
    events = read_events(log, schema=schema)
    assert str(events.totals().revenue) == "20.0000"
    assert "1 line does not divide evenly" in " ".join(events.readings.to_say)
    assert events.reading()["columns"][-1]["undivided"] == 1


CARRIED = (
    'event_type = "purchase"\ncarried_within_order = ["event_time", "user_id"]\n[columns]\n'
    'event_time = "at"\nuser_id = "who"\nprice = "paid"\norder_id = "order"\n'
)


def as_json(path: Path, table: pa.Table) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in table.to_pylist()))


@pytest.mark.parametrize(
    "write",
    [
        lambda path, table: csv.write_csv(table, path),
        as_json,
        lambda path, table: parquet.write_table(table, path),
        lambda path, table: feather.write_feather(table, str(path)),
        lambda path, table: orc.write_table(table, str(path)),
    ],
    ids=["csv", "json", "parquet", "arrow", "orc"],
)
def test_an_order_is_filled_from_its_own_file_only(
    tmp_path: Path, write: Callable[[Path, pa.Table], None]
) -> None:
    folder, schema = tmp_path / "shops", tmp_path / "mine.toml"
    folder.mkdir()
    schema.write_text(CARRIED)
    kinds = pa.schema({name: pa.string() for name in ("order", "at", "who", "paid")})

    def rows(*lines: str) -> pa.Table:
        fields = zip(*(line.split(",") for line in lines), strict=True)
        return pa.table([[field or None for field in column] for column in fields], kinds)

    write(folder / "a", rows("#1,2024-01-01,ann,10", "#1,,,20"))
    # another shop with the same numbers, in whose export the first line is missing
    write(folder / "b", rows("#1,,,40", "#2,2024-01-03,ann,5"))
    events = read_events(folder, schema=schema)
    assert rejected(events) == {"missing_time": 1}
    assert str(events.totals().revenue) == "35.0000"


def test_event_types_that_nobody_knows_are_named(tmp_path: Path) -> None:
    log = pa.table(
        {"event_time": ["2024-01-01"] * 3, "user_id": ["a", "b", "c"],
         "event_type": ["view", "view", "unfulfilled"]}
    )  # fmt: skip
    events = read_events(log)
    assert "1 row of 3 (33.3%) has an event type" in events.warnings[0]
    assert "'unfulfilled' (1)" in events.warnings[0]


@pytest.mark.parametrize("month", ["{d:02d}.03.2024", "2024-03-{d:02d}"])
def test_a_month_that_is_lost_is_said_in_any_notation(tmp_path: Path, month: str) -> None:
    other = month.replace("03", "02")
    rows = [f"{other.format(d=1 + i % 28)};k{i % 50};10" for i in range(600)]
    rows += [f"{month.format(d=1 + i % 28)};k{i};ten" for i in range(30)]
    path = written(tmp_path / "log.csv", HEADER.replace(",", ";"), *rows)
    assert "rows of the month 2024-03 are lost" in " ".join(read_events(path).warnings)


def test_lines_in_another_encoding_are_said(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    right = [f"2024-01-01,Zoë{i},10" for i in range(600)]
    wrong = [f"2024-01-01,Jürgen{i},10" for i in range(25)]
    path.write_bytes(
        "\n".join([HEADER, *right, ""]).encode() + "\n".join(wrong).encode("cp1252") + b"\n"
    )
    events = read_events(path)
    assert rejected(events) == {"broken_line": 25}
    assert "25 of 25 broken lines hold letters in another encoding" in " ".join(events.warnings)


def test_broken_lines_of_json_are_not_mended_by_a_separator(tmp_path: Path) -> None:
    line = '{"event_time": "2024-01-01", "user_id": "a"}'
    path = written(tmp_path / "log.jsonl", line, *[line] * 5, *['{"event_time": "20'] * 4)
    with pytest.raises(InputError) as error:
        read_events(path, accept_losses=0.1)
    assert "separator" not in str(error.value)
    assert "Write each object whole, on a line of its own" in str(error.value)


def test_a_payment_that_was_denied_is_none_and_a_refund_goes_to_whom_it_was_sent() -> None:
    schema = EventSchema(
        name="payments",
        columns={"event_time": "at", "event_type": "kind", "user_id": "from", "price": "gross"},
        event_types={"Payment": "purchase", "Refund": "return"},
        ignored_event_types=("*",),
        returns_are_negative=True,
        return_user_id="to",
        status="status",
        done=("Completed",),
    )
    log = pa.table(
        {
            "at": ["2024-01-01", "2024-01-02", "2024-01-03", "2024-01-04"],
            "kind": ["Payment", "Payment", "Refund", "Withdrawal"],
            "from": ["ann", "bob", "shop", "shop"],
            "to": ["shop", "shop", "ann", ""],
            "gross": ["50", "99", "-20", "-500"],
            "status": ["Completed", "Denied", "completed", "Completed"],
        }
    )
    events = read_events(log, schema=schema)
    rows = events.to_arrow().select(["user_id", "event_type", "price"]).to_pylist()
    assert [(r["user_id"], r["event_type"], str(r["price"])) for r in rows] == [
        ("ann", "purchase", "50.0000"),
        ("ann", "return", "20.0000"),
    ]
    assert rejected(events) == {"ignored_event_type": 2}


@pytest.mark.parametrize("kind", ["gzip", "cp1252"])
def test_room_on_disk_is_looked_for_before_a_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    path = tmp_path / "log.csv"
    text = f"{HEADER}\n2024-01-01,Jürgen,10\n"
    path.write_bytes(gzip.compress(text.encode()) if kind == "gzip" else text.encode("cp1252"))
    monkeypatch.setattr(shutil, "disk_usage", lambda place: Usage(1, 1, 1_000))
    with pytest.raises(OutputError, match=r"has room for 0\. Free some, or set TMPDIR"):
        read_events(path)


@pytest.mark.parametrize("kind", ["gzip", "zstd"])
def test_room_is_looked_for_by_what_a_packed_file_says_of_its_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    text = HEADER + "\n" + "2024-01-01,ann,10\n" * 60_000
    packed = (
        gzip.compress(text.encode())
        if kind == "gzip"
        else pa.compress(text.encode(), codec="zstd", asbytes=True)
    )
    path = tmp_path / "log"
    path.write_bytes(packed)
    free = KEPT_FREE_BYTES + 10 * len(packed)
    monkeypatch.setattr(shutil, "disk_usage", lambda place: Usage(1, 1, free))
    with pytest.raises(OutputError, match=f"unpacks to {len(text):,} bytes or more"):
        read_events(path)
