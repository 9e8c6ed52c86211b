"""The whole road, on a small simulated shop."""

import csv
import json
import random
import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from threadpoolctl import threadpool_limits

import clustomer
from clustomer import lanes
from clustomer.engines import DuckDB
from clustomer.errors import ClustomerError
from clustomer.events import fingerprint, rejected_rows
from clustomer.insights import Facts, verify_facts
from clustomer.insights.blocks import Paragraph
from clustomer.insights.chapters import CHAPTERS, Chapter
from clustomer.insights.facts import Fact
from clustomer.insights.interpretation import tell
from clustomer.pipeline import Run, run
from clustomer.segments import assign, read_model
from clustomer.settings import Settings
from clustomer.simulate import simulate
from clustomer.versions import Results

ROWS = 6_000
COLUMNS = ["user_id", "segment_id", "segment", "cluster", "distance", "border_distance"]
WHOLE = Settings(currency="EUR", force=True)
UNTESTED = Settings(currency="EUR", certificates=False, k=3, k_range=(2, 3))


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("shop") / "shop.parquet"
    simulate(path, events=ROWS, random_state=5)
    return path


@pytest.fixture(scope="module")
def done(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run with everything: so few customers are no segments, but the user wants them."""
    return run(shop, tmp_path_factory.mktemp("out"), settings=WHOLE)


@pytest.fixture(scope="module")
def untested(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run without what looks at clean events and customers again."""
    return run(shop, tmp_path_factory.mktemp("untested"), settings=UNTESTED)


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_results_keep_their_contract(done: Run) -> None:
    root = done.results.path
    files = {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}
    assert {
        "run.json",
        "habits.parquet",
        "cleaning.csv",
        "rejected.parquet",
        "customers.parquet",
        "segments.parquet",
        "segments.csv",
        "segmentation.json",
        "facts.json",
        "certificates.json",
        "lifecycle.parquet",
        "over_time.parquet",
        "cohorts.parquet",
        "retention.parquet",
        "revenue_change.parquet",
        "seasons.parquet",
        "forecast.json",
        "events/bucket-all.parquet",
        "reports/business_insights.md",
        "reports/report.html",
        "reports/cluster_evaluation_metrics.csv",
        "reports/cluster_summary.csv",
        "reports/figures/pca.png",
        "reports/figures/segments.png",
        "reports/figures/differences.png",
        "reports/figures/choice_of_k.png",
        "reports/figures/over_time.png",
        "reports/figures/cohorts.png",
        "reports/figures/cohort_curves.png",
        "reports/figures/seasons.png",
    } == files
    assert set(done.results.manifest["files"]) == files - {"run.json"}
    assert done.results.damaged() == []
    assert Results.open(root.parent.parent).path.samefile(root)


def test_the_tables_have_their_columns_and_agree(done: Run) -> None:
    root = done.results.path
    segments = pq.read_table(root / "segments.parquet")
    assert segments.column_names[: len(COLUMNS)] == COLUMNS
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
    assert total["kept"] + total["rejected"] == ROWS
    assert pq.read_table(root / "rejected.parquet").num_rows == total["rejected"]
    assert pq.read_table(root / "events" / "bucket-all.parquet").num_rows == total["kept"]


def test_the_stored_rule_gives_the_published_labels(done: Run) -> None:
    root = done.results.path
    model = read_model((root / "segmentation.json").read_text())
    again = assign(pq.read_table(root / "customers.parquet"), model)
    published = pq.read_table(root / "segments.parquet")
    assert again.equals(published.select(again.column_names))


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
    assert not verify_facts(done.results.path)
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


def shuffled(rows: pa.Table) -> pa.Table:
    order = list(range(rows.num_rows))
    random.Random(2).shuffle(order)
    return rows.take(order)


def other_sources(shop: Path, folder: Path) -> dict[str, object]:
    """The same rows in several files, in other kinds of source."""
    rows = pq.read_table(shop)
    (folder / "parts").mkdir()
    for part in range(3):
        some = shuffled(rows).slice(part * ROWS // 3, ROWS // 3)
        pq.write_table(some, folder / "parts" / f"{part}.pq")
    with DuckDB() as engine:
        engine.register("log", rows)
        engine.execute(f"COPY log TO '{folder / 'log.csv'}' (HEADER)")
    with sqlite3.connect(folder / "log.db") as connection:
        names = ", ".join(rows.column_names)
        connection.execute(f"CREATE TABLE ecommerce_behavior ({names})")
        marks = ", ".join("?" * rows.num_columns)
        connection.executemany(
            f"INSERT INTO ecommerce_behavior VALUES ({marks})",
            zip(*(column.to_pylist() for column in rows.columns), strict=True),
        )
    connection.close()
    names = ("parts", "log.csv", "log.db")
    return {name: folder / name for name in names} | {"in memory": rows.to_pandas()}


def assert_same_bytes(first: Path, second: Path) -> None:
    # what was read is named in the manifest, the facts and the report's appendix
    named = {"run.json", "facts.json", "reports/report.html", "reports/business_insights.md"}
    one, other = files_of(first), files_of(second)
    assert set(one) == set(other)
    for name in set(one) - named:
        assert one[name] == other[name], name


def test_the_order_of_rows_and_the_number_of_threads_change_no_byte(
    done: Run, shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # of the same name, which the report says
    pq.write_table(shuffled(pq.read_table(shop)), tmp_path / shop.name)
    monkeypatch.setattr(lanes, "DuckDB", partial(DuckDB, threads=3))
    with threadpool_limits(1):
        again = run(tmp_path / shop.name, tmp_path / "out", settings=WHOLE)
    assert again.results.path.name == done.results.path.name
    assert files_of(again.results.path) == files_of(done.results.path)


def test_the_kind_of_source_changes_no_byte(untested: Run, shop: Path, tmp_path: Path) -> None:
    sources = other_sources(shop, tmp_path)
    again = run(sources["log.db"], tmp_path / "out", settings=UNTESTED)
    assert again.results.path.name == untested.results.path.name
    assert_same_bytes(untested.results.path, again.results.path)
    # all that a run has of its source is what is read
    stated = untested.results.manifest["source"]["fingerprint"]
    customers = untested.customers.table
    for name, source in sources.items():
        with closing(clustomer.read_events(source).in_currency("EUR")) as events:
            assert fingerprint(events) == stated, name
            assert events.cleaning.table.equals(untested.events.cleaning.table), name
            assert rejected_rows(events).equals(
                pq.read_table(untested.results.path / "rejected.parquet")
            ), name
            assert clustomer.customer_features(events).table.equals(customers), name


def test_a_run_can_be_written_with_the_public_names_alone(
    done: Run, shop: Path, tmp_path: Path
) -> None:
    events = clustomer.read_events(shop).in_currency("EUR")
    customers = clustomer.customer_features(events)
    holdout = clustomer.split_holdout(events, customers)
    proposed = clustomer.segment(customers, holdout=holdout)
    certificates, segmentation = clustomer.deliver(
        clustomer.certify(events, customers, proposed, holdout=holdout),
        customers,
        proposed,
        force=True,
    )
    facets = clustomer.find_facets(
        events,
        customers,
        facets=["taste", "time", "path", "rare"],
        holdout=holdout,
    )
    forecast = clustomer.forecast_customers(events, customers, segmentation)
    stages = clustomer.lifecycle_stages(events)
    interpretation = clustomer.interpret(
        customers,
        segmentation,
        facets=facets,
        currency="EUR",
        cleaning=events.cleaning,
        source_label=events.source,
        reading_notes=events.readings.to_say,
        warnings=events.warnings,
        certificates=certificates,
        lifecycle=stages,
        habits=clustomer.segment_habits(events, customers, segmentation, stages),
        nameless=events.nameless,
        forecast=forecast,
        history=clustomer.shop_history(events, segmentation),
    )
    results = clustomer.publish(
        tmp_path,
        events,
        customers,
        segmentation,
        interpretation,
        settings=WHOLE,
    )
    events.close()
    assert results.path.name == done.results.path.name
    assert files_of(results.path) == files_of(done.results.path)


class OrdersSorted(Chapter):
    """A chapter with a table of its own, and a fact of it."""

    name, title = "orders_sorted", "Orders"

    def tables(self, study):
        """Return the orders of every customer, the most first."""
        table = study.customers.select(["user_id", "orders"])
        return {
            "orders_sorted": table.sort_by([("orders", "descending"), ("user_id", "ascending")])
        }

    def facts(self, study):
        """Return the sum of all orders."""
        source = {"table": "orders_sorted.parquet", "key": "", "column": "orders"}
        total = float(pc.sum(study.customers["orders"]).as_py())
        yield Fact("orders_sorted.all", total, "orders", 0, None, {**source, "aggregate": "sum"})

    def blocks(self, study, facts):
        """Say it."""
        yield Paragraph("All orders: {orders_sorted.all}.")


def test_a_chapters_table_is_a_file_of_the_version_and_its_facts_are_verified(
    untested: Run, shop: Path, tmp_path: Path
) -> None:
    interpretation = tell(untested.interpretation.study, (*CHAPTERS, OrdersSorted()))
    events = clustomer.read_events(shop).in_currency("EUR")
    content = (events, untested.customers, untested.segmentation, interpretation)
    results = clustomer.publish(tmp_path, *content, settings=UNTESTED)
    events.close()
    table = pq.read_table(results.path / "orders_sorted.parquet")
    assert table["orders"][0] == pc.max(untested.customers.table["orders"])
    assert "orders_sorted.parquet" in results.manifest["files"]
    assert verify_facts(results.path) == ()
    pq.write_table(table.slice(1), results.path / "orders_sorted.parquet")
    assert [wrong.id for wrong in verify_facts(results.path)] == ["orders_sorted.all"]


def test_a_large_log_gives_the_same_files(untested: Run, shop, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(lanes, "ROWS_IN_MEMORY", 10)
    large = run(shop, tmp_path / "large", settings=UNTESTED)
    assert files_of(large.results.path) == files_of(untested.results.path)


def test_the_window_is_part_of_the_segmentation(shop: Path, tmp_path: Path) -> None:
    made = run(
        shop,
        tmp_path,
        settings=Settings(
            cutoff="2020-01-15", window="60d", k=3, k_range=(2, 3), certificates=False
        ),
    )
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
