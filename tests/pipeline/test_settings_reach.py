"""What is asked of a run reaches its part: a run beside its parts, called one by one."""

from pathlib import Path

import pyarrow as pa
import pytest

import clustomer
from clustomer.errors import OutputError
from clustomer.insights.reasons import certificate_sentence
from clustomer.lanes import Lanes
from clustomer.pipeline import segmented
from clustomer.progress import silent
from clustomer.segments import compare

FEATURES = ("sessions", "events", "orders", "revenue")
K_RANGE = (3, 4)
SEED = 7
STAGES = [
    "Look at the source",
    "Read shop.parquet",
    "Clean events",
    "Build customer features",
    "Look at an earlier date",
    "Choose and fit segments",
    "Compare algorithms",
    "Certify segments",
    "Look where customers stand",
    "Forecast orders",
    "Look back over time",
    "Look for habits",
    "Name and explain them",
    "Write tables",
    "Write clean events",
    "Draw and write the report",
]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from clustomer.simulate import simulate

    path = tmp_path_factory.mktemp("shop") / "shop.parquet"
    simulate(path, events=9_000, customers=900, random_state=5)
    return path


def test_a_run_is_what_its_parts_give_with_the_same_settings(shop: Path, tmp_path: Path) -> None:
    events = clustomer.read_events(shop)
    customers = clustomer.customer_features(events)
    window = customers.window
    date = (window.start + (window.cutoff - window.start) * 0.6).date().isoformat()
    holdout = clustomer.split_holdout(events, customers, date=date)
    assert isinstance(holdout, clustomer.Holdout)
    segmentation = clustomer.segment(
        customers, k_range=K_RANGE, features=FEATURES, holdout=holdout, random_state=SEED
    )
    certificates = clustomer.certify(
        events, customers, segmentation, holdout=holdout, random_state=SEED
    )
    side_by_side = compare(
        customers,
        segmented=(segmentation,),
        k_range=K_RANGE,
        features=FEATURES,
        random_state=SEED,
    )
    events.close()

    progress = silent()
    done = clustomer.run(
        shop,
        tmp_path,
        progress=progress,
        settings=clustomer.Settings(
            k_range=K_RANGE,
            features=FEATURES,
            holdout=date,
            random_state=SEED,
            force=True,
            compare=True,
            facets=("value",),
            memory="900MB",
        ),
    )
    assert list(progress.seconds) == STAGES
    with pytest.raises(OutputError, match="too little memory"):
        done.events.engine.require_memory(customers=5_000_000, rows=5_000_000)
    assert done.segmentation.table.equals(segmentation.table)
    assert done.segmentation.random_state == SEED
    assert done.segmentation.selection.rule == segmentation.selection.rule
    criteria = done.segmentation.selection.criteria
    assert criteria.equals(segmentation.selection.criteria)
    # so that leaving the holdout out of the choice of K shows
    assert "holdout_r2" in criteria.column_names
    assert criteria["holdout_r2"].null_count < criteria.num_rows
    assert done.certificates is not None
    assert done.certificates.prediction.date == holdout.date
    tests = ("reality", "prediction")
    written, expected = (c.to_json(certificate_sentence) for c in (done.certificates, certificates))
    assert {name: written[name] for name in tests} == {name: expected[name] for name in tests}
    assert "comparison" in {part.anchor for part in done.interpretation.insights.sections}
    stored = clustomer.StoredRun.open(tmp_path).comparison
    assert isinstance(stored, pa.Table)
    assert stored["algorithm"].to_pylist() == side_by_side["algorithm"].to_pylist()
    assert stored["silhouette"].to_pylist() == pytest.approx(side_by_side["silhouette"].to_pylist())


def test_the_engine_takes_its_share_of_the_memory(tmp_path: Path) -> None:
    with Lanes(tmp_path, clustomer.Settings(memory="900MB")) as lanes:
        lanes.engine.expect(10**9)
        [(limit,)] = lanes.engine.rows("SELECT current_setting('memory_limit')")
    assert limit == "514.9 MiB"  # 540 million bytes


def test_the_algorithm_and_its_number_reach_the_segments(shop: Path) -> None:
    events = clustomer.read_events(shop)
    customers = clustomer.customer_features(events)
    for settings, algorithm, k in (
        (clustomer.Settings(algorithm="ward", k=4, certificates=False), "ward", 4),
        (clustomer.Settings(k=3, certificates=False), "kmeans", 3),
        (clustomer.Settings(algorithm="rfm"), "rfm", None),
    ):
        segmentation = segmented(settings, events, customers, None, silent())
        assert segmentation.algorithm.name == algorithm
        assert k in (segmentation.k, None)
    # "learned" would say that there is no holdout
    equal = clustomer.Settings(weights="equal", k=3, certificates=False)
    weights = segmented(equal, events, customers, None, silent()).weights
    assert weights is not None
    assert weights.why_equal is not None
    assert weights.why_equal.kind == "equal as asked"
    events.close()
