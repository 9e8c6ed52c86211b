import csv
import gzip
import hashlib
import sqlite3
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from clustomer.errors import OutputError, UsageError
from clustomer.simulate import DIRT_RATES, SEGMENTS, Simulation, simulate

COLUMNS = [
    "event_time",
    "event_type",
    "product_id",
    "category_id",
    "category_code",
    "brand",
    "price",
    "user_id",
    "user_session",
]
EVENTS = 20_000


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


def read_truth(simulation: Simulation) -> dict[str, str]:
    return {row["user_id"]: row["segment"] for row in read_csv(simulation.truth_path)}


@pytest.fixture(scope="module")
def simulation(tmp_path_factory: pytest.TempPathFactory) -> Simulation:
    return simulate(tmp_path_factory.mktemp("shop") / "shop.csv", events=EVENTS, random_state=3)


@pytest.fixture(scope="module")
def rows(simulation: Simulation) -> list[dict[str, str]]:
    return read_csv(simulation.path)


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path, simulation: Simulation) -> None:
    again = simulate(tmp_path / "again.csv", events=EVENTS, random_state=3)
    assert again.path.read_bytes() == simulation.path.read_bytes()
    assert again.truth_path.read_bytes() == simulation.truth_path.read_bytes()
    assert (again.segments, again.dirt) == (simulation.segments, simulation.dirt)


def test_another_seed_gives_another_shop(tmp_path: Path, rows: list[dict[str, str]]) -> None:
    other = read_csv(simulate(tmp_path / "other.csv", events=EVENTS, random_state=4).path)
    for column in ("event_time", "product_id", "user_session"):
        assert Counter(row[column] for row in other) != Counter(row[column] for row in rows)


def test_every_format_has_the_nine_columns_and_the_same_rows(tmp_path: Path) -> None:
    rows = read_csv(simulate(tmp_path / "shop.csv", events=4_000).path)
    expected = [tuple(row[column] for column in COLUMNS) for row in rows]
    assert list(rows[0]) == COLUMNS

    zipped = simulate(tmp_path / "zipped.csv.gz", events=4_000)
    assert gzip.decompress(zipped.path.read_bytes()) == (tmp_path / "shop.csv").read_bytes()
    assert zipped.truth_path == tmp_path / "zipped.truth.csv"

    table = pq.read_table(simulate(tmp_path / "columns.parquet", events=4_000).path)
    assert table.column_names == COLUMNS
    columns = [["" if v is None else v for v in column.to_pylist()] for column in table.columns]
    assert list(zip(*columns, strict=True)) == expected

    for name in ("shop_1.db", "shop_2.sqlite"):
        connection = sqlite3.connect(simulate(tmp_path / name, events=4_000).path)
        cursor = connection.execute("SELECT * FROM ecommerce_behavior")
        assert [column[0] for column in cursor.description] == COLUMNS
        stored = [
            tuple("" if v is None else f"{v:.2f}" if isinstance(v, float) else str(v) for v in row)
            for row in cursor
        ]
        connection.close()
        assert stored == expected


def test_sqlite_keeps_text_in_the_number_column(tmp_path: Path) -> None:
    simulation = simulate(tmp_path / "shop.db", events=EVENTS)
    connection = sqlite3.connect(simulation.path)
    types = dict(
        connection.execute("SELECT typeof(price), COUNT(*) FROM ecommerce_behavior GROUP BY 1")
    )
    connection.close()
    assert types == {"real": EVENTS - 20, "text": 20}


def test_the_log_is_in_the_order_of_time(rows: list[dict[str, str]]) -> None:
    times = [row["event_time"] for row in rows if row["event_time"].startswith("20")]
    plausible = [t for t in times if t < "2090" and "-13-" not in t]
    assert plausible == sorted(plausible)
    parsed = [datetime.strptime(t, "%Y-%m-%d %H:%M:%S UTC") for t in plausible]  # noqa: DTZ007
    assert parsed[0] >= datetime(2019, 10, 1)
    assert parsed[-1] < datetime(2020, 2, 28)


def test_the_truth_covers_every_customer_and_only_them(
    simulation: Simulation, rows: list[dict[str, str]]
) -> None:
    truth = read_truth(simulation)
    assert set(truth) == {row["user_id"] for row in rows} - {""}
    assert list(truth) == sorted(truth)
    assert len(truth) == simulation.customers == EVENTS // 35
    assert Counter(truth.values()) == {k: n for k, n in simulation.segments.items() if n}
    assert tuple(simulation.segments) == SEGMENTS


def test_every_customer_has_a_clean_row(simulation: Simulation, rows: list[dict[str, str]]) -> None:
    clean = {
        row["user_id"]
        for row in rows
        if row["event_time"] < "2090"
        and row["event_time"].startswith("20")
        and "-13-" not in row["event_time"]
        and row["event_type"] != "wishlist"
        and row["price"].replace(".", "").isdigit()
    }
    assert clean - {""} == set(read_truth(simulation))


def test_each_flaw_is_found_as_often_as_stated(
    simulation: Simulation, rows: list[dict[str, str]]
) -> None:
    def readable(time: str) -> bool:
        try:
            datetime.strptime(time, "%Y-%m-%d %H:%M:%S UTC")  # noqa: DTZ007
        except ValueError:
            return False
        return True

    result = {
        "broken_time": sum(not readable(row["event_time"]) for row in rows),
        "distant_year": sum(row["event_time"].startswith("2099-") for row in rows),
        "negative_price": sum(row["price"].startswith("-") for row in rows),
        "text_price": sum(row["price"].strip("-0123456789.") != "" for row in rows),
        "missing_user": sum(row["user_id"] == "" for row in rows),
        "unknown_event_type": sum(
            row["event_type"] not in {"view", "cart", "remove_from_cart", "purchase"}
            for row in rows
        ),
        "missing_session": sum(row["user_session"] == "" for row in rows),
        "duplicate": len(rows) - len({tuple(row.values()) for row in rows}),
    }
    assert result == simulation.dirt
    assert {k: n for k, n in result.items() if k != "distant_year"} == {
        name: round(rate * EVENTS) for name, rate in DIRT_RATES.items()
    }
    assert result["distant_year"] == 1


def test_a_clean_log_has_no_flaw(tmp_path: Path) -> None:
    simulation = simulate(tmp_path / "clean.csv", events=5_000, dirt=0)
    assert set(simulation.dirt.values()) == {0}
    rows = read_csv(simulation.path)
    assert len({tuple(row.values()) for row in rows}) == 5_000
    assert all(float(row["price"]) > 0 and row["user_id"] and row["user_session"] for row in rows)


@pytest.mark.parametrize(
    ("events", "customers"), [(1, 1), (7, 7), (500, None), (500, 400), (30_000, 9_000), (3_000, 5)]
)
def test_rows_and_customers_are_as_asked(
    tmp_path: Path, events: int, customers: int | None
) -> None:
    simulation = simulate(tmp_path / "shop.csv", events=events, customers=customers)
    rows = read_csv(simulation.path)
    assert len(rows) == events == simulation.events
    assert len({row["user_id"] for row in rows} - {""}) == simulation.customers
    assert simulation.customers == (customers or events // 35)
    duplicates = len(rows) - len({tuple(row.values()) for row in rows})
    assert duplicates == simulation.dirt["duplicate"]


def test_a_shop_can_last_one_day(tmp_path: Path) -> None:
    simulation = simulate(tmp_path / "day.csv", events=3_000, days=1, dirt=0)
    assert {row["event_time"][:10] for row in read_csv(simulation.path)} == {"2019-10-01"}
    assert simulation.customers == 3_000 // 7
    assert list(simulation.segments) == [
        "one-time visitor",
        "frequent browser",
        "occasional buyer",
        "cart abandoner",
        "bot",
    ]
    assert sum(simulation.segments.values()) == simulation.customers


def test_slices_of_time_make_no_difference(
    tmp_path: Path, simulation: Simulation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clustomer.simulate.slices.SLICE_ROWS", 700)
    monkeypatch.setattr("clustomer.simulate.log.BATCH_ROWS", 999)
    again = simulate(tmp_path / "again.csv", events=EVENTS, random_state=3)
    assert again.path.read_bytes() == simulation.path.read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["again.csv", "again.truth.csv"]


def test_a_clean_parquet_file_is_typed(tmp_path: Path) -> None:
    typed = pq.read_table(simulate(tmp_path / "a.parquet", events=2_000, dirt=0).path)
    assert {name: str(typed.schema.field(name).type) for name in COLUMNS} == {
        "event_time": "timestamp[us, tz=UTC]",
        "event_type": "string",
        "product_id": "int64",
        "category_id": "int64",
        "category_code": "string",
        "brand": "string",
        "price": "double",
        "user_id": "int64",
        "user_session": "string",
    }
    rows = read_csv(simulate(tmp_path / "b.csv", events=2_000, dirt=0).path)
    assert [f"{time:%Y-%m-%d %H:%M:%S} UTC" for time in typed["event_time"].to_pylist()] == [
        row["event_time"] for row in rows
    ]
    assert [f"{price:.2f}" for price in typed["price"].to_pylist()] == [r["price"] for r in rows]
    for name in ("event_type", "product_id", "category_id", "brand", "user_id", "user_session"):
        assert [str(v or "") for v in typed[name].to_pylist()] == [row[name] for row in rows]


SWITCHES: dict[str, tuple[dict[str, Any], list[str]]] = {
    "structure": ({"structure": "none"}, ["user_id", "segment"]),
    "drift": ({"drift": 0.5}, ["user_id", "segment"]),
    "migration": ({"migration": 0.25}, ["user_id", "segment", "segment_before", "changed_at"]),
    "tastes": ({"tastes": True}, ["user_id", "segment", "taste"]),
    "all": (
        {"drift": 1.0, "migration": 1.0, "tastes": True},
        ["user_id", "segment", "segment_before", "changed_at", "taste"],
    ),
}


@pytest.mark.parametrize("name", SWITCHES)
def test_a_switch_changes_the_log_and_adds_its_columns_to_the_truth(
    tmp_path: Path, simulation: Simulation, name: str
) -> None:
    arguments, columns = SWITCHES[name]
    made = [
        simulate(tmp_path / file, events=EVENTS, random_state=3, **arguments)
        for file in ("a.csv", "b.csv")
    ]
    assert made[0].path.read_bytes() == made[1].path.read_bytes()
    assert made[0].truth_path.read_bytes() == made[1].truth_path.read_bytes()
    assert made[0].path.read_bytes() != simulation.path.read_bytes()
    truth = read_csv(made[0].truth_path)
    assert list(truth[0]) == columns
    rows = read_csv(made[0].path)
    assert len(rows) == EVENTS
    assert {row["user_id"] for row in truth} == {row["user_id"] for row in rows} - {""}
    assert made[0].movers == sum(bool(row.get("changed_at")) for row in truth)
    assert Counter(row["segment"] for row in truth) == Counter(made[0].segments)


def test_the_simulation_says_what_was_switched_on(tmp_path: Path, simulation: Simulation) -> None:
    assert simulation.structure == "kinds"
    assert set(simulation.drift.values()) == {1.0}
    assert (simulation.movers, simulation.tastes) == (0, 0)
    plain = simulate(tmp_path / "none.csv", events=5_000, structure="none", drift=0.5)
    assert plain.segments == {"everyone": 5_000 // 35}
    assert plain.drift == {"views": 0.825, "completion": 0.7, "price": 1.25}
    moved = simulate(tmp_path / "moved.csv", events=7_000, migration=0.3, tastes=True)
    assert (moved.movers, moved.tastes) == (60, 8)


def test_switches_off_are_the_default(tmp_path: Path, simulation: Simulation) -> None:
    off = simulate(
        tmp_path / "off.csv",
        events=EVENTS,
        random_state=3,
        structure="kinds",
        drift=0.0,
        migration=0.0,
        tastes=False,
    )
    for ours, theirs in ((off.path, simulation.path), (off.truth_path, simulation.truth_path)):
        hashes = [hashlib.sha256(path.read_bytes()).hexdigest() for path in (ours, theirs)]
        assert hashes[0] == hashes[1]


def test_progress_counts_each_row_drawn_and_written(tmp_path: Path) -> None:
    counts: list[int] = []
    simulate(tmp_path / "shop.csv", events=5_000, on_rows=counts.append)
    assert sum(counts) == 2 * 5_000


def test_an_unknown_suffix_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"xlsx.*must end in.*`\.parquet`"):
        simulate(tmp_path / "shop.xlsx", events=500)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("existing", ["shop.csv", "shop.truth.csv"])
def test_nothing_is_overwritten_unasked(tmp_path: Path, existing: str) -> None:
    (tmp_path / existing).write_text("mine")
    with pytest.raises(OutputError, match="exists already"):
        simulate(tmp_path / "shop.csv", events=500)
    assert (tmp_path / existing).read_text() == "mine"
    simulate(tmp_path / "shop.csv", events=500, overwrite=True)
    assert (tmp_path / existing).read_text() != "mine"


def test_a_failed_run_leaves_what_was_there(tmp_path: Path) -> None:
    simulate(tmp_path / "shop.csv", events=500)
    before = (tmp_path / "shop.csv").read_bytes()

    def interrupt(rows: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate(tmp_path / "shop.csv", events=600, overwrite=True, on_rows=interrupt)
    assert (tmp_path / "shop.csv").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["shop.csv", "shop.truth.csv"]


def test_a_place_that_cannot_be_written_is_an_output_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="Cannot write into"):
        simulate(tmp_path / "file" / "shop.csv", events=500)
    (tmp_path / "shop.csv").mkdir()
    with pytest.raises(OutputError, match="Cannot write"):
        simulate(tmp_path / "shop.csv", events=500, overwrite=True)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"events": 0}, "events=0: expected 1 or more"),
        ({"events": 10, "customers": 11}, "expected 1 to 10"),
        ({"customers": 0}, "customers=0"),
        ({"days": 0}, "expected 1 to 3650"),
        ({"dirt": -0.1}, r"expected 0 \(clean\) to 10"),
        ({"random_state": -1}, "expected 0 or more"),
        ({"structure": "non"}, "Did you mean `none`"),
        ({"drift": 1.1}, r"drift=1.1: expected 0 \(none\) to 1"),
        ({"migration": -0.1}, "migration=-0.1: expected 0 to 1"),
        ({"migration": 0.1, "days": 20}, "expected 28 days or more"),
        ({"migration": 0.1, "structure": "none"}, "no other to change to"),
        ({"migration": 0.1, "events": 400, "customers": 100}, "5 or more events per customer"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(
    tmp_path: Path, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        simulate(tmp_path / "shop.csv", **arguments)
