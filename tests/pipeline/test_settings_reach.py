"""What is asked of a run reaches its part: a run beside its parts, called one by one."""

from pathlib import Path

import pyarrow as pa
import pytest

import clustomer
from clustomer.insights.reasons import certificate_sentence
from clustomer.segments import compare

FEATURES = ("sessions", "events", "orders", "revenue")
K_RANGE = (3, 4)
SEED = 7


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

    done = clustomer.run(
        shop,
        tmp_path,
        settings=clustomer.Settings(
            k_range=K_RANGE,
            features=FEATURES,
            holdout=date,
            random_state=SEED,
            force=True,
            compare=True,
            facets=("value",),
        ),
    )
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
    stored = clustomer.StoredRun.open(tmp_path).comparison
    assert isinstance(stored, pa.Table)
    assert stored["algorithm"].to_pylist() == side_by_side["algorithm"].to_pylist()
    assert stored["silhouette"].to_pylist() == pytest.approx(side_by_side["silhouette"].to_pylist())
