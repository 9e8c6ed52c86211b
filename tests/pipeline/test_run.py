"""The whole road, on a small simulated shop."""

import csv
import json
import random
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from clustomer.engines import DuckDB
from clustomer.errors import ClustomerError
from clustomer.insights import Facts
from clustomer.pipeline import Run, Settings, run
from clustomer.results import Results
from clustomer.segments import assign, read_model
from clustomer.simulate import simulate


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("shop") / "shop.parquet"
    simulate(path, events=12_000, random_state=5)
    return path


@pytest.fixture(scope="module")
def done(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run(shop, tmp_path_factory.mktemp("out"), settings=Settings(currency="EUR"))


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_results_keep_their_contract(done: Run) -> None:
    root = done.results.path
    files = {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}
    assert {
        "run.json",
        "cleaning.csv",
        "rejected.parquet",
        "customers.parquet",
        "segments.parquet",
        "segments.csv",
        "segmentation.json",
        "facts.json",
        "events/bucket-all.parquet",
        "reports/business_insights.md",
        "reports/report.html",
        "reports/cluster_evaluation_metrics.csv",
        "reports/cluster_summary.csv",
        "reports/figures/pca.png",
        "reports/figures/segments.png",
        "reports/figures/differences.png",
        "reports/figures/choice_of_k.png",
    } == files
    assert set(done.results.manifest["files"]) == files - {"run.json"}
    assert done.results.damaged() == []
    assert Results.open(root.parent.parent).path.samefile(root)


def test_the_tables_have_their_columns_and_agree(done: Run) -> None:
    root = done.results.path
    segments = pq.read_table(root / "segments.parquet")
    assert segments.column_names == ["user_id", "segment_id", "segment", "cluster", "distance"]
    customers = pq.read_table(root / "customers.parquet")
    assert customers.column_names[0] == "user_id"
    assert segments["user_id"].equals(customers["user_id"])
    rows = read_csv(root / "segments.csv")
    assert [row["segment_id"] for row in rows] == segments["segment_id"].to_pylist()
    summary = read_csv(root / "reports" / "cluster_summary.csv")
    assert sum(int(row["customers"]) for row in summary) == segments.num_rows
    metrics = read_csv(root / "reports" / "cluster_evaluation_metrics.csv")
    assert [int(row["K"]) for row in metrics] == list(range(2, 11))
    assert list(metrics[0])[:3] == ["K", "inertia", "silhouette"]
    assert sum(row["taken"] == "true" for row in metrics) == 1


def test_cleaning_adds_up(done: Run) -> None:
    root = done.results.path
    rows = read_csv(root / "cleaning.csv")
    assert list(rows[0]) == ["rule", "action", "rows", "share"]
    total = {
        action: sum(int(row["rows"]) for row in rows if row["action"] == action)
        for action in ("kept", "rejected")
    }
    assert total["kept"] + total["rejected"] == 12_000
    assert pq.read_table(root / "rejected.parquet").num_rows == total["rejected"]
    assert pq.read_table(root / "events" / "bucket-all.parquet").num_rows == total["kept"]


def test_the_stored_rule_gives_the_published_labels(done: Run) -> None:
    root = done.results.path
    model = read_model((root / "segmentation.json").read_text())
    again = assign(pq.read_table(root / "customers.parquet"), model)
    published = pq.read_table(root / "segments.parquet")
    assert again.select(["user_id", "cluster", "distance"]).equals(
        published.select(["user_id", "cluster", "distance"])
    )


def test_the_stored_sql_gives_the_published_labels_from_the_stored_events(done: Run) -> None:
    """A stranger with DuckDB and the results alone gets the same segments."""
    root = done.results.path
    model = json.loads((root / "segmentation.json").read_text())
    with DuckDB() as engine:
        engine.register("events", pq.read_table(root / "events" / "bucket-all.parquet"))
        engine.execute(f"CREATE TABLE customers AS {model['sql']['customers']}")
        again = engine.connection.sql(
            f"SELECT * FROM ({model['sql']['assignment']}) ORDER BY user_id"
        ).to_arrow_table()
    published = pq.read_table(root / "segments.parquet")
    assert again["user_id"].to_pylist() == published["user_id"].to_pylist()
    assert again["cluster"].to_pylist() == published["cluster"].to_pylist()


def test_every_fact_can_be_recomputed(done: Run) -> None:
    assert not done.interpretation.facts.verify(done.interpretation.tables)
    stored = Facts.from_json((done.results.path / "facts.json").read_text())
    assert not stored.verify(done.interpretation.tables)
    assert len(stored) > 50


def test_planted_bots_are_told_apart(done: Run, shop: Path) -> None:
    truth = read_csv(shop.with_suffix(".truth.csv"))
    bots = {row["user_id"] for row in truth if row["segment"] == "bot"}
    segments = done.interpretation.segments
    suspected = set(
        segments.filter(pc.equal(segments["segment_id"], "bots"))["user_id"].to_pylist()
    )
    assert suspected == bots


def files_of(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def test_neither_the_order_of_rows_nor_the_kind_of_source_changes_a_byte(
    done: Run, shop: Path, tmp_path: Path
) -> None:
    rows = pq.read_table(shop)
    order = list(range(rows.num_rows))
    random.Random(2).shuffle(order)
    pq.write_table(rows.take(order), tmp_path / "shuffled.parquet")
    with DuckDB() as engine:
        engine.register("log", rows)
        engine.execute(f"COPY log TO '{tmp_path / 'log.csv'}' (HEADER)")
    first = files_of(done.results.path)
    for source in ("shuffled.parquet", "log.csv"):
        again = run(tmp_path / source, tmp_path / "out", settings=Settings(currency="EUR"))
        assert again.results.path.name == done.results.path.name
        second = files_of(again.results.path)
        # what was read is named in the manifest, the facts and the report's appendix
        named = {"run.json", "facts.json", "reports/report.html", "reports/business_insights.md"}
        for name in set(first) - named:
            assert second[name] == first[name], name


def test_no_events_leaves_them_out(shop: Path, tmp_path: Path) -> None:
    made = run(shop, tmp_path, settings=Settings(keep_events=False, k=3))
    assert not (made.results.path / "events").exists()
    assert made.segmentation.k == 3


def test_the_window_is_part_of_the_segmentation(shop: Path, tmp_path: Path) -> None:
    made = run(shop, tmp_path, settings=Settings(cutoff="2020-01-15", window="60d", k=3))
    model = json.loads((made.results.path / "segmentation.json").read_text())
    assert model["window"]["cutoff"] == "2020-01-15T00:00:00Z"
    assert model["window"]["days"] == 60
    assert made.results.path.name.startswith("2020-01-15-")
    assert pc.max(made.customers.table["tenure_days"]).as_py() <= 60


def test_one_customer_is_one_segment_with_complete_results(tmp_path: Path) -> None:
    log = pa.table({"event_time": ["2024-01-01", "2024-01-05"], "user_id": ["1", "1"]})
    made = run(log, tmp_path)
    assert not made.segmentation.structure
    assert (made.results.path / "reports" / "report.html").is_file()
    assert made.interpretation.segments["segment_id"].to_pylist() == ["S1"]


@pytest.mark.parametrize(
    "settings",
    [
        Settings(k=500),
        Settings(k_range=(5, 2)),
        Settings(features=("recency_dayz",)),
        Settings(margin=3),
        Settings(cost=-1),
        Settings(time_zone="Mars/Base"),
        Settings(window="long"),
        Settings(cutoff="1999-01-01"),
    ],
)
def test_a_setting_that_makes_no_sense_writes_nothing(settings, shop, tmp_path) -> None:
    with pytest.raises(ClustomerError):
        run(shop.parent / shop.name, tmp_path / "out", settings=settings)
    assert not (tmp_path / "out").exists()
