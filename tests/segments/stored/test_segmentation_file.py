import json

import numpy as np
import pyarrow as pa
import pytest

from clustomer.engines import DuckDB, parse
from clustomer.errors import InputError
from clustomer.insights import left_out_sentences
from clustomer.segments import assign, read_model, restore, segment, to_model


@pytest.fixture(scope="module")
def customers():
    generator = np.random.default_rng(0)
    n = 400
    columns = {
        "user_id": [f"u{i}" for i in range(n)],
        "recency_days": generator.gamma(2.0, 10.0, n),
        "orders": generator.poisson(2.0, n).astype(float),
        "revenue": generator.normal(0.0, 1.0, n) ** 3 * 1e3,
        "busiest_hour_events": np.where(np.arange(n) < 2, 999.0, 5.0),
    }
    table = pa.table(columns)
    holes = pa.array(np.where(np.arange(n) % 7 == 0, np.nan, columns["revenue"]), from_pandas=True)
    return table.set_column(3, "revenue", holes)


@pytest.fixture(scope="module")
def segmentation(customers):
    return segment(customers, k=3)


def test_loaded_file_gives_exactly_the_published_labels(customers, segmentation):
    loaded = read_model(to_model(segmentation).to_json())
    assert assign(customers, loaded).equals(segmentation.table)


def test_stored_sql_gives_the_published_labels_without_this_program(customers, segmentation):
    stored = json.loads(to_model(segmentation).to_json())["sql"]["assignment"]
    with DuckDB() as engine:
        engine.register("customers", customers)
        rows = engine.rows(f"SELECT * FROM ({stored}) ORDER BY user_id")
    assert rows == [tuple(row.values()) for row in segmentation.table.to_pylist()]


def test_a_stranger_can_score_from_the_file_alone(customers, segmentation):
    model = json.loads(to_model(segmentation).to_json())
    features, centroids = model["features"], model["assignment"]["centroids"]
    for row, published in zip(
        sorted(customers.to_pylist(), key=lambda row: row["user_id"]),
        segmentation.table.to_pylist(),
        strict=True,
    ):
        if row["busiest_hour_events"] > 720:
            assert published["cluster"] == -1
            continue
        point = []
        for feature in features:
            value = feature["undefined"] if row[feature["name"]] is None else row[feature["name"]]
            if feature["low"] is not None:
                value = max(value, feature["low"])
            if feature["high"] is not None:
                value = min(value, feature["high"])
            value = np.sign(value) * abs(value) ** feature["power"]
            point.append((value - feature["mean"]) / feature["scale"])
        distances = [np.linalg.norm(np.subtract(point, centroid)) for centroid in centroids]
        assert int(np.argmin(distances)) == published["cluster"]
        assert min(distances) == pytest.approx(published["distance"], abs=1e-9)


def test_contract_of_the_file(segmentation):
    model = json.loads(
        to_model(
            segmentation,
            event_schema={"user": "user_id"},
            window={"days": 30.0},
            customers_query=parse(
                "SELECT user_id, COUNT(*) AS orders FROM events GROUP BY user_id"
            ),
            names={"S1": "Occasional buyers"},
        ).to_json()
    )
    assert list(model) == [
        "schema_version", "clustomer_version", "event_schema", "window", "features", "left_out",
        "left_out_grounds", "weights", "algorithm", "assignment", "exclusions", "segments",
        "selection", "projection", "dendrogram", "sql", "scoring", "facets",
    ]  # fmt: skip
    assert model["schema_version"] == 4
    assert model["algorithm"]["name"] == "kmeans"
    assert list(model["features"][0]) == [
        "name", "label", "unit", "definition", "sql", "undefined", "low", "high", "power", "mean",
        "scale", "weight",
    ]  # fmt: skip
    assert model["features"][0]["unit"] == "days"
    assert model["assignment"]["kind"] == "nearest_centroid"
    assert list(model["assignment"]) == ["kind", "centroids"]
    assert model["exclusions"] == [{"name": "suspected bots", "rule": "busiest_hour_events > 720"}]
    assert [part["segment_id"] for part in model["segments"]] == ["S1", "S2", "S3", "bots"]
    assert model["segments"][0]["name"] == "Occasional buyers"
    assert model["segments"][-1] == {
        "cluster": -1, "segment_id": "bots", "name": "Suspected bots", "named_by": "rule",
        "own_name": None, "customers": 2,
    }  # fmt: skip
    assert model["selection"]["requested"] == 3
    assert "COUNT(*) AS orders" in model["sql"]["customers"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schema_version": 99}, "has schema version 99; up to 4 can be read"),
        ({"assignment": {"kind": "nearest_centroid", "centroids": [[1.0]]}}, "a centroid has 1"),
        ({"exclusions": [{"name": "x", "rule": "LOAD_FILE('x')"}]}, "not mean the same"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_other_files_are_refused(segmentation, change, message):
    changed = json.loads(to_model(segmentation).to_json()) | change
    with pytest.raises(InputError, match=message):
        read_model(json.dumps(changed))


def test_no_json_is_refused():
    with pytest.raises(InputError, match=r"This is no segmentation.json: it is not JSON"):
        read_model("no json")


def test_the_segmentation_comes_back_from_its_file(customers, segmentation):
    loaded = read_model(to_model(segmentation).to_json())
    again = restore(loaded, customers, segmentation.table)
    assert again.table.equals(segmentation.table)
    assert again.selection.criteria.equals(segmentation.selection.criteria)
    assert again.projection.points.equals(segmentation.projection.points)
    assert again.projection.loadings.equals(segmentation.projection.loadings)
    for name in ("clusters", "segment_ids", "left_out", "structure", "k", "exclusions", "scaling"):
        assert getattr(again, name) == getattr(segmentation, name)
    assert to_model(again) == to_model(segmentation)


def test_a_file_that_has_only_sentences_keeps_them(customers, segmentation):
    model = to_model(segmentation, left_out={"brands": "“brands” is the same for everyone"})
    before = model.model_copy(update={"left_out_grounds": {}})
    again = restore(before, customers, segmentation.table)
    assert left_out_sentences(again.left_out) == {"brands": "“brands” is the same for everyone"}
