import hashlib

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import adjusted_rand_score
from threadpoolctl import threadpool_limits

from clustomer.customers.reason import Reason
from clustomer.errors import InputError, UsageError
from clustomer.insights.reasons import reason_sentence
from clustomer.segments import assign, segment
from clustomer.segments.matrix.scaling import scale

QUICK = {"k_range": (2, 4)}
"""Where the choice of K is not what is tested."""


def shop(n_customers=600, *, seed=0):
    """Three planted groups of sizes 3 : 2 : 1 that differ on skewed features."""
    generator = np.random.default_rng(seed)
    truth = np.repeat([0, 1, 2], [n_customers // 2, n_customers // 3, n_customers // 6])
    orders = generator.poisson(np.array([0.2, 4.0, 40.0])[truth])
    columns = {
        "user_id": [f"u{i:05}" for i in range(len(truth))],
        "recency_days": generator.gamma(4.0, np.array([20.0, 2.0, 2.0])[truth]),
        "tenure_days": generator.gamma(9.0, np.array([4.0, 4.0, 30.0])[truth]),
        "orders": orders.astype(float),
        "revenue": orders * generator.lognormal(3.0, 0.3, len(truth)),
    }
    return pa.table(columns), truth


def result(segmentation):
    """Everything a segmentation says, as plain values."""
    return {
        "table": segmentation.table.to_pydict(),
        "scaling": segmentation.scaling,
        "left_out": segmentation.left_out,
        "centroids": segmentation.rule.centroids.tolist(),
        "criteria": segmentation.selection.criteria.to_pydict(),
        "reason": segmentation.selection.reason,
        "points": segmentation.projection.points.to_pydict(),
        "loadings": segmentation.projection.loadings.to_pydict(),
    }


def test_planted_groups_are_recovered():
    table, truth = shop()
    segmentation = segment(table, k=3, **QUICK)
    assert adjusted_rand_score(truth, segmentation.table["cluster"].to_pylist()) > 0.9
    assert segmentation.structure
    assert segmentation.selection.requested == segmentation.k == 3
    assert segmentation.fitted_customers == 600


def test_labels_are_the_nearest_centroid_by_numpy():
    table, _ = shop()
    segmentation = segment(table, **QUICK)
    names = [feature.name for feature in segmentation.scaling]
    scaled = scale(
        np.column_stack([table[name].to_numpy() for name in names]), segmentation.scaling
    )
    distances = np.sqrt(((scaled[:, np.newaxis] - segmentation.rule.centroids) ** 2).sum(axis=2))
    assert segmentation.table["cluster"].to_pylist() == distances.argmin(axis=1).tolist()
    assert segmentation.table["distance"].to_numpy() == pytest.approx(
        distances.min(axis=1), abs=1e-9
    )
    assert assign(table, segmentation).equals(segmentation.table)


def test_neither_row_order_nor_threads_nor_kind_of_table_matter():
    table, _ = shop(300)
    expected = result(segment(table, **QUICK))
    shuffled = table.take(np.random.default_rng(1).permutation(table.num_rows))
    assert result(segment(shuffled, **QUICK)) == expected
    with threadpool_limits(1):
        assert result(segment(table, **QUICK)) == expected
    assert result(segment(pd.DataFrame(table.to_pydict()), **QUICK)) == expected
    assert result(segment(pl.DataFrame(table.to_pydict()), **QUICK)) == expected


def test_every_customer_twice_gives_the_same_scaling_and_sizes_twice():
    table, _ = shop(300)
    again = table.set_column(
        0, "user_id", [[f"v{value}" for value in table["user_id"].to_pylist()]]
    )
    once, twice = (
        segment(rows, k=3, **QUICK) for rows in (table, pa.concat_tables([table, again]))
    )
    for one, two in zip(once.scaling, twice.scaling, strict=True):
        assert (one.name, one.power) == (two.name, two.power)
        # the percentile of twice as many customers lies between other two
        assert (one.mean, one.scale) == pytest.approx((two.mean, two.scale), rel=1e-2)
    assert twice.clusters == {cluster: 2 * size for cluster, size in once.clusters.items()}


def test_clusters_are_numbered_by_falling_size_and_then_by_centroid():
    table = pa.table({"user_id": list("abcdef"), "orders": [5.0, 5.0, 5.0, 1.0, 9.0, 9.0]})
    segmentation = segment(table, k=3)
    assert segmentation.table["cluster"].to_pylist() == [0, 0, 0, 2, 1, 1]
    assert segmentation.clusters == {0: 3, 1: 2, 2: 1}
    equal = segment(pa.table({"user_id": list("abc"), "orders": [9.0, 1.0, 5.0]}), k=3)
    assert equal.table["cluster"].to_pylist() == [2, 0, 1]


def test_suspected_bots_neither_shape_the_fit_nor_get_a_cluster():
    table, _ = shop(300)
    calm = np.ones(300)
    with_rates = table.append_column("busiest_hour_events", [calm])
    bots = pa.table(
        {
            "user_id": ["bot1", "bot2"],
            **{name: [1e6, 2e6] for name in table.column_names[1:]},
            "busiest_hour_events": [9_000.0, 721.0],
        }
    )
    without, segmentation = (
        segment(rows, **QUICK) for rows in (table, pa.concat_tables([bots, with_rates]))
    )
    assert segmentation.clusters == {-1: 2, **without.clusters}
    assert segmentation.rule.centroids.tolist() == without.rule.centroids.tolist()
    assert segmentation.table["distance"].to_pylist()[:2] == [None, None]
    assert segmentation.fitted_customers == 300
    assert -1 not in segmentation.projection.points["cluster"].to_pylist()
    assert [exclusion.rule for exclusion in segmentation.exclusions] == [
        "busiest_hour_events > 720"
    ]


def test_only_bots():
    table = pa.table(
        {"user_id": ["a", "b"], "busiest_hour_events": [900.0, 901.0], "orders": [1.0, 2.0]}
    )
    segmentation = segment(table)
    assert segmentation.clusters == {-1: 2}
    assert not segmentation.structure
    assert segmentation.projection.points.num_rows == 0


@pytest.mark.parametrize(
    ("orders", "reason"),
    [
        ([3.0], "too few"),
        ([3.0, 3.0], "nothing differs"),
        ([None, None], "nothing differs"),
    ],
)
def test_no_structure(orders, reason):
    ids = [f"u{i}" for i in range(len(orders))]
    segmentation = segment(pa.table({"user_id": ids, "orders": pa.array(orders, pa.float64())}))
    assert not segmentation.structure
    assert segmentation.k == 1
    assert segmentation.clusters == {0: len(orders)}
    assert segmentation.selection.reason.kind == reason
    assert segmentation.selection.criteria["k"].to_pylist() == [1]
    why = "undefined" if orders == [None, None] else "constant"
    assert segmentation.left_out == {"orders": Reason(why, {"feature": "orders"})}


def test_one_cluster_that_was_asked_for_is_no_lack_of_structure():
    table, _ = shop(60)
    segmentation = segment(table, k=1, **QUICK)
    assert segmentation.clusters == {0: 60}
    assert segmentation.structure


def test_two_customers():
    segmentation = segment(pa.table({"user_id": ["a", "b"], "orders": [1.0, 5.0]}))
    assert segmentation.clusters == {0: 1, 1: 1}
    assert segmentation.selection.reason.numbers["distinct"] == 2


def test_default_features_are_the_declared_ones_in_declared_order():
    table, _ = shop(60)
    table = table.append_column("zodiac", [list(range(60))])
    segmentation = segment(
        table.select(["zodiac", "revenue", "orders", "user_id", "recency_days"]), k=2, **QUICK
    )
    names = [feature.name for feature in segmentation.scaling] + list(segmentation.left_out)
    assert sorted(names) == ["orders", "recency_days", "revenue"]
    assert segmentation.scaling[0].name == "recency_days"
    expected = segment(
        pa.table({"user_id": ["a", "b"], "x": [1, 2], "text": ["p", "q"]}), k=2, **QUICK
    )
    assert [feature.name for feature in expected.scaling] == ["x"]
    chosen = segment(table, features=["zodiac"], k=2, **QUICK)
    assert [feature.name for feature in chosen.scaling] == ["zodiac"]


def test_undefined_comes_from_metadata_then_declaration_then_median():
    columns = {
        "user_id": list("abcd"),
        "purchase_recency_days": [10.0, 40.0, 20.0, None],  # declared: the window's length
        "average_order_value": [10.0, 20.0, 90.0, None],
        "own": [3.0, 1.0, 5.0, None],
    }
    names = list(columns)[1:]
    table = pa.table(columns)
    outcome = {f.name: f.undefined for f in segment(table, features=names, k=2, **QUICK).scaling}
    assert outcome == {"purchase_recency_days": 40.0, "average_order_value": 0.0, "own": 3.0}

    field = pa.field("own", pa.float64(), metadata={"undefined": "-1"})
    table = table.set_column(3, field, table["own"])
    assert segment(table, features=["own"], k=2, **QUICK).scaling[0].undefined == -1.0
    field = pa.field("own", pa.float64(), metadata={"undefined": "none"})
    with pytest.raises(InputError, match="expected a number as text"):
        segment(table.set_column(3, field, table["own"]), features=["own"])


def test_large_tables_are_fitted_on_the_lowest_md5_and_all_are_labelled():
    table, truth = shop(600)
    segmentation = segment(table, k=3, **QUICK, max_fit_customers=200)
    assert segmentation.fitted_customers == 200
    assert segmentation.table.num_rows == 600
    assert adjusted_rand_score(truth, segmentation.table["cluster"].to_pylist()) > 0.9

    ids = table["user_id"].to_pylist()
    lowest = sorted(ids, key=lambda value: hashlib.md5(value.encode()).hexdigest())[:200]
    sample = table.filter(pa.array([value in set(lowest) for value in ids]))
    assert segment(sample, k=3, **QUICK).scaling == segmentation.scaling


def test_selection_table_marks_elbow_and_silhouette():
    table, _ = shop()
    selection = segment(table, k_range=(2, 6)).selection
    criteria = selection.criteria.to_pydict()
    assert criteria["k"] == [1, 2, 3, 4, 5, 6]
    assert criteria["silhouette"][0] is None
    for column, k in (
        ("elbow", selection.elbow_k),
        ("highest_silhouette", selection.silhouette_k),
        ("taken", selection.k),
    ):
        assert [n for n, mark in zip(criteria["k"], criteria[column], strict=True) if mark] == (
            [] if k is None else [k]
        )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"k": 0}, 'k is 0, expected a whole number of at least 1, or "auto"'),
        ({"k": 2.0}, "k is 2.0, expected a whole number"),
        ({"k": True}, "k is True, expected a whole number"),
        ({"k": "four"}, "k is 'four', expected a whole number"),
        ({"k": 4}, "k is 4, but there are only 3 different customers"),
        ({"k_range": (5, 2)}, "k_range is (5, 2), expected two whole numbers"),
        ({"features": ["order"]}, "There is no feature `order`. Did you mean `orders`?"),
        ({"features": ["user_id"]}, "There is no feature `user_id`"),
        ({"features": ["city"]}, "`city` is of type string, expected numbers"),
        ({"features": "orders"}, "features is 'orders', expected a list of column names"),
        ({"features": []}, "features is [], expected a list of column names"),
        ({"max_fit_customers": 1}, "max_fit_customers is 1, expected at least 2"),
        ({"random_state": -1}, "(random_state) is -1, expected a whole number"),
        ({"random_state": None}, "(random_state) is None, expected a whole number"),
    ],
)
def test_arguments_that_make_no_sense(options, message):
    table = pa.table(
        {"user_id": list("abcd"), "orders": [1.0, 2.0, 3.0, 3.0], "city": ["x", "y", "y", "x"]}
    )
    with pytest.raises(UsageError) as caught:
        segment(table, **options)
    assert message in str(caught.value)


def test_tables_that_cannot_be_clustered():
    with pytest.raises(InputError, match="The table has no customers"):
        segment(pa.table({"user_id": pa.array([], pa.string()), "orders": pa.array([], "double")}))
    with pytest.raises(InputError, match="Make features from events"):
        segment(pa.table({"user_id": ["a"]}))
    with pytest.raises(InputError, match=r"clustered by default\. Name columns"):
        segment(pa.table({"user_id": ["a"], "weekend_share": [0.5]}))


@settings(max_examples=5, deadline=None)
@given(
    st.lists(
        st.tuples(st.none() | st.integers(-3, 9), st.none() | st.floats(-1e6, 1e6)),
        min_size=1,
        max_size=25,
    ),
    st.randoms(use_true_random=False),
)
def test_any_table_gives_whole_and_stable_clusters(rows, random):
    table = pa.table(
        {
            "user_id": [f"u{i}" for i in range(len(rows))],
            "a": pa.array([row[0] for row in rows], pa.int64()),
            "b": pa.array([row[1] for row in rows], pa.float64()),
        }
    )
    segmentation = segment(table, k_range=(2, 4))
    assert sum(segmentation.clusters.values()) == len(rows)
    assert sorted(segmentation.clusters) == list(range(segmentation.k))
    sizes = [segmentation.clusters[cluster] for cluster in range(segmentation.k)]
    assert sizes == sorted(sizes, reverse=True)
    assert segmentation.structure == (segmentation.k > 1)
    assert reason_sentence(segmentation.selection.reason).startswith(f"{segmentation.k} segment")
    assert "as asked" not in reason_sentence(segmentation.selection.reason)

    order = list(range(len(rows)))
    random.shuffle(order)
    assert result(segment(table.take(order), k_range=(2, 4))) == result(segmentation)
