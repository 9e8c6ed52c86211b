"""What a run knows reaches the files that say it: each text and setting in its place."""

import csv
import json
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from clustomer.engines import dialect
from clustomer.insights import reason_sentence
from clustomer.pipeline import Run, Settings, run
from clustomer.simulate import simulate

SETTINGS = Settings(
    certificates=False,
    k=3,
    k_range=(2, 3),
    currency="EUR",
    margin=0.25,
    cost=0.75,
    raw_csv=True,
    time_zone="Europe/London",
    no_customer=("nobody",),
)


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("written")
    simulate(folder / "shop.parquet", events=1_500, customers=150, random_state=5)
    log = pq.read_table(folder / "shop.parquet")
    place = log.schema.get_field_index("user_id")
    # ids that a spreadsheet would run as formulas
    ids = pc.binary_join_element_wise("=u", log["user_id"].cast(pa.string()), "")
    pq.write_table(log.set_column(place, "user_id", ids), folder / "formulas.parquet")
    return run(folder / "formulas.parquet", folder / "out", settings=SETTINGS)


def document(done: Run, name: str) -> Any:
    return json.loads((done.results.path / name).read_bytes())


def test_the_model_says_how_events_become_its_customers(done: Run) -> None:
    model = document(done, "segmentation.json")
    schema = done.events.schema.model_dump(exclude_none=True)
    assert model["event_schema"] == json.loads(json.dumps(schema))
    assert "nobody" in schema["no_customer"]
    assert model["window"] == done.customers.window.to_json()
    assert model["window"]["time_zone"] == "Europe/London"
    assert model["sql"]["customers"] == dialect.translate(done.customers.query, pretty=True)
    selection = model["selection"]
    assert selection["reason"] == reason_sentence(done.segmentation.selection.reason)
    assert selection["reason"]
    names = {part["segment_id"]: part["name"] for part in model["segments"]}
    assert names.items() >= dict(done.interpretation.names).items()
    assert set(model["left_out"]) == set(done.segmentation.left_out)


def test_the_manifest_says_how_the_log_was_read_and_told(done: Run) -> None:
    manifest = document(done, "run.json")
    assert manifest["source"]["schema"] == document(done, "segmentation.json")["event_schema"]
    assert manifest["source"]["label"] == done.events.source == "formulas.parquet"
    assert list(manifest["reading_notes"].values()) == list(done.events.readings.to_say)
    assert list(manifest["warnings"].values()) == list(done.events.warnings)
    tables = done.interpretation.study.tables
    assert tables["run"]["settings"] == {
        "currency": "EUR",
        "margin": 0.25,
        "margin_given": 0.25,
        "cost": 0.75,
        "title": None,
        "summary": False,
    }
    assert tables["run"]["source"] == {"label": "formulas.parquet"}
    assert tables["run"]["reading_notes"] == manifest["reading_notes"]
    assert tables["run"]["warnings"] == manifest["warnings"]
    assert tables["cleaning"].equals(done.events.cleaning.table)


def test_texts_stay_as_they_are_where_that_was_asked_for(done: Run) -> None:
    with (done.results.path / "segments.csv").open(encoding="utf-8", newline="") as file:
        ids = [row["user_id"] for row in csv.DictReader(file)]
    assert ids == done.customers.table["user_id"].to_pylist()
    assert ids[0].startswith("=u")
