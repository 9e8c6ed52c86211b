"""All algorithms side by side."""

import numpy as np
import pyarrow as pa
import pytest
from sklearn.metrics import adjusted_rand_score

from clustomer.segments import ALGORITHMS, compare, segment


@pytest.fixture(scope="module")
def shop():
    generator = np.random.default_rng(0)
    angle = np.append(2 * np.pi / 3 * (np.arange(400) % 3), 2 * np.pi / 8 * np.arange(8))
    out = np.append(np.full(400, 10.0), np.full(8, 60.0))
    place = out * np.array([np.cos(angle), np.sin(angle)]) + generator.normal(0, 0.5, (2, 408))
    return pa.table(
        {
            "user_id": [f"u{i:03}" for i in range(408)],
            "orders": place[0],
            "days": place[1],
            "busiest_hour_events": np.where(np.arange(408) < 4, 999.0, 5.0),
        }
    )


def test_rows_say_what_each_algorithm_found(shop):
    options = {"k_range": (3, 3), "features": ["orders", "days"]}
    given = [segment(shop, **options), segment(shop, algorithm="dbscan", **options)]
    table = compare(shop, segmented=given, **options)
    rows = {row["algorithm"]: row for row in table.to_pylist()}
    assert list(rows) == list(ALGORITHMS)
    assert rows["kmeans"]["agreement"] == 1.0
    dbscan = given[1]
    labels = dbscan.table["cluster"].to_numpy()
    people = labels != -1
    assert people.sum() == 404
    assert rows["dbscan"]["segments"] == dbscan.k == 3
    assert rows["dbscan"]["noise_share"] == pytest.approx(np.mean(labels[people] == -2))
    assert rows["dbscan"]["smallest_share"] == pytest.approx(
        min(size for cluster, size in dbscan.clusters.items() if cluster >= 0) / 404
    )
    ours = given[0].table["cluster"].to_numpy()
    assert rows["dbscan"]["agreement"] == pytest.approx(
        adjusted_rand_score(ours[people], labels[people])
    )
    assert rows["ward"]["noise_share"] == rows["kmeans"]["noise_share"] == 0.0
    assert 0.8 < rows["dbscan"]["silhouette"] <= 1.0
    shuffled = shop.take(np.random.default_rng(1).permutation(408))
    assert compare(shuffled, **options).equals(table)


def test_one_segment_has_no_silhouette():
    table = compare(pa.table({"user_id": ["a", "b"], "points": [1.0, 1.0]}))
    assert table["segments"].to_pylist() == [1] * 5
    assert table["silhouette"].null_count == 5
    assert table["agreement"].to_pylist() == [1.0] * 5
