import csv
import gzip
import sqlite3
from collections import Counter
from datetime import datetime
from pathlib import Path

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

    found = {
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
    assert found == simulation.dirt
    assert {k: n for k, n in found.items() if k != "distant_year"} == {
        name: round(rate * EVENTS) for name, rate in DIRT_RATES.items()
    }
    assert found["distant_year"] == 1


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
    rows = read_csv(simulate(tmp_path / "day.csv", events=3_000, days=1, dirt=0).path)
    assert {row["event_time"][:10] for row in rows} == {"2019-10-01"}


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
    ],
)
def test_arguments_that_make_no_sense_are_refused(
    tmp_path: Path, arguments: dict[str, int], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        simulate(tmp_path / "shop.csv", **arguments)  # type: ignore[arg-type]
