"""A rule made again of the same customers is the rule."""

import numpy as np
import pyarrow as pa
import pytest

from clustomer.segments import rfm, segment
from clustomer.segments.refit import refit_rule, rule_labels


@pytest.fixture(scope="module")
def customers() -> pa.Table:
    random = np.random.default_rng(0)
    kind = np.repeat([0, 1, 2], [300, 200, 100])
    return pa.table(
        {
            "user_id": [f"c{i:04}" for i in range(600)],
            "orders": np.array([1.0, 4.0, 20.0])[kind] + random.integers(0, 2, 600),
            "purchase_recency_days": np.array([90.0, 30.0, 5.0])[kind] + random.random(600),
            "busiest_day_events": np.where(np.arange(600) == 7, 9999.0, 5.0),
        }
    )


@pytest.mark.parametrize("algorithm", ["kmeans", "ward", "gmm", "dbscan", "hdbscan"])
def test_the_same_customers_give_the_same_groups(customers, algorithm) -> None:
    fixed = {} if algorithm in {"dbscan", "hdbscan"} else {"k": 3, "k_range": (3, 3)}
    segmentation = segment(
        customers, algorithm=algorithm, features=["orders", "purchase_recency_days"], **fixed
    )
    labels = rule_labels(customers, refit_rule(segmentation, customers))
    published = segmentation.table["cluster"].to_numpy()
    assert labels[7] == published[7] == -1
    pairs = set(zip(labels.tolist(), published.tolist(), strict=True))
    assert len(pairs) == len(set(labels.tolist())) == len(segmentation.clusters)


def test_a_grid_has_its_fifths_from_the_customers(customers) -> None:
    segmentation = rfm(customers)
    assert refit_rule(segmentation, customers).recency_cuts == segmentation.rule.recency_cuts
    older = customers.set_column(
        2, "purchase_recency_days", pa.array(customers["purchase_recency_days"].to_numpy() + 10)
    )
    cuts = refit_rule(segmentation, older).recency_cuts
    assert cuts == pytest.approx([cut + 10 for cut in segmentation.rule.recency_cuts])


def test_fewer_different_customers_give_fewer_clusters(customers) -> None:
    segmentation = segment(
        customers, k=3, k_range=(3, 3), features=["orders", "purchase_recency_days"]
    )
    two = customers.take([0, 1, 400]).select(["user_id", "orders"])
    assert set(rule_labels(two, refit_rule(segmentation, two)).tolist()) <= {0, 1, 2}
    alike = customers.take([0]).select(["user_id", "orders"])
    assert rule_labels(alike, refit_rule(segmentation, alike)).tolist() == [0]


def test_another_k_and_algorithm_can_be_asked_for(customers) -> None:
    segmentation = segment(
        customers, algorithm="ward", k=3, k_range=(3, 3), features=["purchase_recency_days"]
    )
    rule = refit_rule(segmentation, customers, algorithm="kmeans", k=2)
    assert rule.centres.shape == (2, 1)
