"""The rules of mixtures and dense regions: SQL against NumPy, on every engine, in the file."""

import json
from functools import cache, partial

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clustomer.customers import SUSPECTED_BOT
from clustomer.engines import DIALECTS, DuckDB, Postgres, check, translate
from clustomer.errors import InputError
from clustomer.insights.reasons import reason_sentence
from clustomer.segments import (
    Exclusion,
    NearestExemplar,
    Quadratic,
    ScaledFeature,
    assign,
    assignment_query,
    read_model,
    restore,
    scale,
    segment,
    to_model,
)
from clustomer.segments.matrix.scaling import round_significant

FEATURES = (
    ScaledFeature("orders", -0.5, 1.0, 1.25, 0.75),
    ScaledFeature("Net revenue", 0.0, 0.5, 1e-5, 3.123456789),
    ScaledFeature("visits", 2.0, 0.5, 0.5, 2.0),
)
BOTS = (Exclusion("suspected bots", "busiest_hour_events > 720"),)


def quadratic(generator, n_clusters, exclusions=()):
    n = len(FEATURES)
    factors = np.tril(generator.normal(size=(n_clusters, n, n)))
    return Quadratic(
        FEATURES,
        round_significant(generator.normal(size=(n_clusters, n))),
        round_significant(factors),
        round_significant(generator.normal(size=n_clusters)),
        exclusions,
    )


def exemplars(generator, n_clusters, exclusions=()):
    number = 9 * n_clusters
    return NearestExemplar(
        FEATURES,
        round_significant(generator.normal(size=(number, len(FEATURES)))),
        np.sort(np.arange(number) % n_clusters),
        round_significant(generator.uniform(0.3, 1.5, n_clusters)),
        exclusions,
    )


def customers(generator, n):
    orders = generator.poisson(2.0, n).astype(float)
    return pa.table(
        {
            "user_id": [f"u{i:04}" for i in range(n)],
            "orders": pa.array(np.where(orders == 0, np.nan, orders), from_pandas=True),
            "Net revenue": generator.normal(0.0, 100.0, n),
            "visits": generator.gamma(1.0, 4.0, n),
            "busiest_hour_events": generator.integers(600, 740, n),
        }
    )


def matrix_of(table):
    return np.column_stack(
        [
            np.array([np.nan if v is None else v for v in table[f.name].to_pylist()], dtype=float)
            for f in FEATURES
        ]
    )


@pytest.mark.parametrize("make", [quadratic, exemplars])
@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000), n_clusters=st.integers(1, 5))
def test_sql_agrees_with_numpy(make, seed, n_clusters):
    generator = np.random.default_rng(seed)
    rule, table = make(generator, n_clusters), customers(generator, 40)
    assigned = assign(table, rule)
    assert (
        assigned["cluster"].to_pylist() == rule.predict(scale(matrix_of(table), FEATURES)).tolist()
    )


@pytest.mark.parametrize("make", [quadratic, exemplars])
def test_postgres_gives_the_same_clusters(postgres: Postgres, make):
    generator = np.random.default_rng(5)
    rule, table = make(generator, 4, BOTS), customers(generator, 400)
    expected = assign(table, rule)
    name = f"scored_{make.__name__}"
    postgres.register(name, table)
    result = postgres.query(assignment_query(rule, table=name)).sort_by("user_id")
    assert result["cluster"].to_pylist() == expected["cluster"].to_pylist()
    seen = set(result["cluster"].to_pylist())
    assert -1 in seen
    assert len(seen & {0, 1, 2, 3}) >= 3
    assert (-2 in seen) == (make is exemplars)
    assert result["distance"].is_null().equals(expected["distance"].is_null())
    assert result["distance"].drop_null().to_numpy() == pytest.approx(
        expected["distance"].drop_null().to_numpy(), rel=1e-9
    )


@pytest.mark.parametrize("make", [quadratic, exemplars])
@pytest.mark.parametrize("target", DIALECTS)
def test_query_is_portable(make, target):
    rule = make(np.random.default_rng(0), 3, (Exclusion("suspected bots", SUSPECTED_BOT),))
    query = assignment_query(rule, table="shop.customers")
    check(query)
    assert "--" not in translate(query, target)


def test_quadratic_by_hand():
    orders = (ScaledFeature("orders", 0.0, 1.0, 0.0, 1.0),)
    # Standard deviations 1 and 2 around 0 and 3, weights 3/4 and 1/4: the log densities at x are
    # ln(3/4) - x^2 / 2 and ln(1/8) - (x - 3)^2 / 8; equal at 1.9627.
    rule = Quadratic(
        orders,
        np.array([[0.0], [3.0]]),
        np.array([[[1.0]], [[0.5]]]),
        np.log([0.75, 0.125]),
    )
    table = pa.table({"user_id": ["a", "b", "c"], "orders": [1.96, 1.97, 7.0]})
    assigned = assign(table, rule)
    assert assigned["cluster"].to_pylist() == [0, 1, 1]
    assert assigned["distance"].to_pylist() == pytest.approx([1.96, 0.515, 2.0])


def test_ties_of_densities_go_to_the_lowest_cluster():
    orders = (ScaledFeature("orders", 0.0, 1.0, 0.0, 1.0),)
    rule = Quadratic(orders, np.array([[1.0], [-1.0]]), np.ones((2, 1, 1)), np.zeros(2))
    table = pa.table({"user_id": ["a", "b"], "orders": [0.0, -0.5]})
    assert assign(table, rule)["cluster"].to_pylist() == [0, 1]
    assert rule.predict(np.array([[0.0], [-0.5]])).tolist() == [0, 1]


def test_exemplars_by_hand():
    orders = (ScaledFeature("orders", 0.0, 1.0, 0.0, 1.0),)
    rule = NearestExemplar(
        orders, np.array([[4.0], [0.0], [10.0]]), np.array([1, 0, 1]), np.array([1.0, 2.0])
    )
    table = pa.table({"user_id": list("abcdef"), "orders": [1.0, 1.5, 2.0, 2.5, 12.0, 12.5]})
    assigned = assign(table, rule)
    # 2.0 is as near to both, and cluster 0, the lower, reaches only 1 far
    assert assigned["cluster"].to_pylist() == [0, -2, -2, 1, 1, -2]
    assert assigned["distance"].to_pylist() == [1.0, None, None, 1.5, 2.0, None]
    matrix = table["orders"].to_numpy()[:, np.newaxis]
    assert rule.predict(matrix).tolist() == [0, -2, -2, 1, 1, -2]


def test_rules_are_renumbered_without_changing_who_is_together():
    generator = np.random.default_rng(1)
    rows = generator.normal(size=(200, 3))
    for rule in (quadratic(generator, 3), exemplars(generator, 3)):
        before, after = rule.predict(rows), rule.renumbered([2, 0, 1]).predict(rows)
        assert [{2: 0, 0: 1, 1: 2, -2: -2}[c] for c in before] == after.tolist()
        assert rule.renumbered([1]).centres.shape == (1, 3)


@pytest.fixture(scope="module")
def shop():
    generator = np.random.default_rng(0)
    # three groups around the middle, and eight customers far out, no two of them together
    angle = np.append(2 * np.pi / 3 * (np.arange(400) % 3), 2 * np.pi / 8 * np.arange(8))
    out = np.append(np.full(400, 10.0), np.full(8, 60.0))
    orders, days = out * np.cos(angle), out * np.sin(angle)
    orders, days = (values + generator.normal(0, 0.5, 408) for values in (orders, days))
    return pa.table(
        {
            "user_id": [f"u{i}" for i in range(408)],
            "east": orders,
            "north": days,
            "busiest_hour_events": np.where(np.arange(408) < 2, 999.0, 5.0),
        }
    )


def divide(table, name):
    k = "auto" if "dbscan" in name else 3
    return segment(table, algorithm=name, k=k, k_range=(3, 3), features=["east", "north"])


@pytest.fixture(scope="module")
def divided(shop):
    return cache(partial(divide, shop))


@pytest.fixture(params=["ward", "gmm", "dbscan", "hdbscan"])
def segmentation(divided, request):
    return divided(request.param)


def test_every_algorithm_comes_back_from_its_file(shop, segmentation):
    text = to_model(segmentation).to_json()
    loaded = read_model(text)
    assert assign(shop, loaded).equals(segmentation.table)
    again = restore(loaded, shop, segmentation.table)
    assert to_model(again).to_json() == text
    assert again.algorithm == segmentation.algorithm
    assert again.projection.points.equals(segmentation.projection.points)
    for name in ("clusters", "segment_ids", "k", "structure", "scaling", "dendrogram"):
        assert getattr(again, name) == getattr(segmentation, name)
    with DuckDB() as engine:
        engine.register("customers", shop)
        stored = json.loads(text)["sql"]["assignment"]
        rows = engine.rows(
            f"SELECT user_id, cluster, distance, border_distance FROM ({stored}) ORDER BY user_id"
        )
    assert rows == [tuple(row.values()) for row in segmentation.table.to_pylist()]


def test_noise_is_a_group_of_its_own(shop, segmentation):
    density = "dbscan" in segmentation.algorithm.name
    assert (-2 in segmentation.segment_ids) == density
    assert segmentation.clusters[-1] == 2
    assert sum(segmentation.clusters.values()) == 408
    if not density:
        assert segmentation.k == 3
        return
    assert segmentation.segment_ids[-2] == "noise"
    assert segmentation.clusters[-2] >= 8
    assert segmentation.k == len([c for c in segmentation.clusters if c >= 0])
    assert segmentation.selection.rule == "density"
    model = to_model(segmentation)
    [noise] = [part for part in model.segments if part.segment_id == "noise"]
    assert (noise.cluster, noise.name) == (-2, "In no group")
    assert noise.customers == segmentation.clusters[-2]
    noisy = segmentation.table.filter(pa.compute.equal(segmentation.table["cluster"], -2))
    assert noisy["distance"].null_count == noisy.num_rows
    assert -2 in segmentation.projection.points["cluster"].to_pylist()


def test_order_of_rows_changes_nothing(shop, segmentation):
    shuffled = shop.take(np.random.default_rng(1).permutation(408))
    again = divide(shuffled, segmentation.algorithm.name)
    assert to_model(again).to_json() == to_model(segmentation).to_json()


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("gmm", {"constants": [0.0]}, "not as many"),
        ("gmm", {"precision_cholesky": [[[1.0]]] * 3}, "a row for each feature"),
        ("dbscan", {"noise_radii": [1.0] * 99}, "do not fit together"),
        ("dbscan", {"exemplars": [[0.0]]}, "an exemplar has 1 numbers for 2 features"),
    ],
)
def test_files_that_do_not_fit_together_are_refused(divided, name, change, message):
    model = json.loads(to_model(divided(name)).to_json())
    model["assignment"] |= change
    with pytest.raises(InputError, match=message):
        read_model(json.dumps(model))


def test_a_file_of_release_0_1_is_read(divided, shop):
    for name in ("kmeans", "gmm"):
        segmentation = divided(name)
        model = json.loads(to_model(segmentation).to_json())
        model["schema_version"] = 2
        del model["selection"]["grounds"]
        model["selection"]["reason"] = "3 segments, as asked."
        old = {"density_dip": "valley_depth", "holdout_r2": "power"}
        model["selection"]["criteria"] = [
            {old.get(column, column): value for column, value in row.items()}
            for row in model["selection"]["criteria"]
        ]
        if name == "gmm":
            model["assignment"]["triangles"] = model["assignment"].pop("precision_cholesky")
        else:
            model["assignment"]["noise_radius"] = None
        loaded = read_model(json.dumps(model))
        assert assign(shop, loaded).equals(segmentation.table)
        assert loaded.selection.criteria == to_model(segmentation).selection.criteria
        assert reason_sentence(loaded.selection.grounds) == "3 segments, as asked."
