"""The classic segments, from a file to the report, and the errors on the way."""

import json
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from clustomer.cli import app
from clustomer.errors import InputError, UsageError
from clustomer.insights import Facts, verify_facts
from clustomer.pipeline import Run, run
from clustomer.segments import assign, read_model
from clustomer.settings import Settings
from clustomer.simulate import simulate

RFM = Settings(algorithm="rfm", currency="EUR", keep_events=False, facets=("value",))


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("shop") / "shop.parquet"
    simulate(path, events=6_000, random_state=5)
    return path


@pytest.fixture(scope="module")
def done(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return run(shop, tmp_path_factory.mktemp("out"), settings=RFM)


def test_the_result_is_full(done: Run) -> None:
    root = done.results.path
    files = {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}
    assert files == {
        "run.json",
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
        "habits.parquet",
        "reports/business_insights.md",
        "reports/report.html",
        "reports/cluster_evaluation_metrics.csv",
        "reports/cluster_summary.csv",
        "reports/figures/segments.png",
        "reports/figures/differences.png",
        "reports/figures/rfm_grid.png",
        "reports/figures/over_time.png",
        "reports/figures/cohorts.png",
        "reports/figures/cohort_curves.png",
        "reports/figures/seasons.png",
    }
    assert done.results.damaged() == []
    assert done.results.manifest["settings"]["algorithm"] == "rfm"


def test_scoring_from_the_stored_file_gives_the_published_labels(done: Run) -> None:
    root = done.results.path
    model = read_model((root / "segmentation.json").read_bytes())
    customers = pq.read_table(root / "customers.parquet")
    published = pq.read_table(root / "segments.parquet")
    labelled = assign(customers, model)
    assert labelled.equals(published.select(labelled.column_names))
    ids = {part.cluster: part.segment_id for part in model.segments}
    names = {part.segment_id: part.name for part in model.segments}
    for row in published.to_pylist():
        assert row["segment_id"] == ids[row["cluster"]]
        assert row["segment"] == names[row["segment_id"]]
    assert names["cant_lose"] == "Can't lose them"


def test_facts_hold_for_the_stored_files(done: Run) -> None:
    facts = Facts.from_json((done.results.path / "facts.json").read_text(encoding="utf-8"))
    assert verify_facts(done.results.path) == ()
    stored = json.loads((done.results.path / "segmentation.json").read_text(encoding="utf-8"))
    cuts = stored["assignment"]["recency_cuts"]
    assert [facts[f"grid.recency.{i}"].value for i in (1, 2, 3, 4)] == cuts


def test_the_same_input_in_another_order_gives_the_same_bytes(shop: Path, done: Run, tmp_path):
    table = pq.read_table(shop)
    reversed_rows = table.take(pa.array(range(table.num_rows - 1, -1, -1)))
    again = run(reversed_rows, tmp_path, settings=replace(RFM, certificates=False))
    for name in ("segments.parquet", "segments.csv", "reports/cluster_summary.csv"):
        assert (again.results.path / name).read_bytes() == (done.results.path / name).read_bytes()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (Settings(algorithm="rfm", k=4), "--k cannot be given with the algorithm rfm"),
        (Settings(algorithm="rfm", k_range=(3, 5), features=("orders",)), "--k-range and --feat"),
        (Settings(algorithm="rmf"), "Did you mean `rfm`"),
    ],
)
def test_what_makes_no_sense_together_is_refused_before_any_work(settings, message, tmp_path):
    with pytest.raises(UsageError, match=message):
        run("no such file", tmp_path / "out", settings=settings)
    assert not (tmp_path / "out").exists()


def test_no_purchase_is_an_input_error_with_the_next_step(tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    log.write_text(
        "event_time,event_type,user_id\n2024-01-01 10:00:00,view,1\n2024-01-09 10:00:00,view,2\n"
    )
    with pytest.raises(InputError, match=r"RFM segments need purchases.*algorithm kmeans"):
        run(log, tmp_path / "out", settings=RFM)
    done = CliRunner().invoke(
        app, ["run", str(log), "--algorithm", "rfm", "--out", str(tmp_path / "out")]
    )
    assert isinstance(done.exception, InputError)


def test_the_command_prints_the_segments(shop: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(
        app,
        ["run", str(shop), "--algorithm", "rfm", "--out", str(tmp_path), "--no-certificates"],
    )
    assert done.exit_code == 0
    assert "Champions" in done.output
    assert "by definition" in done.output
