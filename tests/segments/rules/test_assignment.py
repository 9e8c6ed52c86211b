import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clustomer.customers import SUSPECTED_BOT
from clustomer.engines import DIALECTS, Postgres, check, translate
from clustomer.errors import InputError
from clustomer.segments.exclusions import Exclusion, known_part
from clustomer.segments.matrix.scaling import POWERS, ScaledFeature, round_significant, scale
from clustomer.segments.rules.assignment import assign, assignment_query
from clustomer.segments.rules.nearest_centroid import NearestCentroid

NUMBERS = st.floats(-1e6, 1e6).map(lambda value: round(value, 6))


@st.composite
def scored_tables(draw):
    n_features, n_clusters = draw(st.integers(1, 4)), draw(st.integers(1, 5))
    generator = np.random.default_rng(draw(st.integers(0, 10_000)))
    features = tuple(
        ScaledFeature(
            name=draw(st.sampled_from(["orders", "Order value", "select", 'a"b', "größe"]))
            + str(i),
            undefined=draw(NUMBERS),
            power=draw(st.sampled_from(POWERS)),
            low=draw(st.none() | st.floats(-1e3, 0)),
            high=draw(st.none() | st.floats(1, 1e5)),
            mean=float(round_significant(generator.normal(size=1))[0]),
            scale=float(round_significant(generator.lognormal(size=1))[0]),
        )
        for i in range(n_features)
    )
    centroids = round_significant(3 * generator.normal(size=(n_clusters, n_features)))
    rows = draw(
        st.lists(
            st.lists(st.none() | NUMBERS, min_size=n_features, max_size=n_features),
            min_size=1,
            max_size=12,
        )
    )
    return NearestCentroid(features, centroids), rows


@settings(max_examples=12, deadline=None)
@given(scored_tables())
def test_sql_agrees_with_numpy(case):
    rule, rows = case
    ids = [f"u{i:03}" for i in range(len(rows))]
    columns = {
        feature.name: pa.array([row[i] for row in rows], pa.float64())
        for i, feature in enumerate(rule.scaling)
    }
    assigned = assign(pa.table({"user_id": ids, **columns}), rule)

    matrix = np.array([[np.nan if v is None else v for v in row] for row in rows])
    scaled = scale(matrix, rule.scaling)
    distances = np.sqrt(((scaled[:, np.newaxis] - rule.centroids) ** 2).sum(axis=2))
    assert assigned["distance"].to_numpy() == pytest.approx(distances.min(axis=1), rel=1e-9)
    # The chosen centroid is as near as any, so rounding may only decide between equals.
    chosen = distances[np.arange(len(rows)), assigned["cluster"].to_numpy()]
    assert chosen == pytest.approx(distances.min(axis=1), rel=1e-9)


ORDERS = ScaledFeature("orders", 0.0, 1.0, 0.0, 1.0)


def test_ties_go_to_the_lowest_cluster():
    rule = NearestCentroid((ORDERS,), np.array([[3.0], [1.0], [-1.0], [1.0]]))
    assigned = assign(pa.table({"user_id": ["a", "b", "c"], "orders": [0.0, 2.0, 1.0]}), rule)
    assert assigned["cluster"].to_pylist() == [1, 0, 1]
    assert assigned["distance"].to_pylist() == [1.0, 1.0, 0.0]


def test_undefined_caps_power_and_scale_by_hand():
    revenue = ScaledFeature("revenue", -16.0, 0.75, 1.0, 2.0, low=-81.0, high=256.0)
    rule = NearestCentroid((revenue,), np.array([[0.0], [100.0]]))
    table = pa.table({"user_id": list("abcd"), "revenue": [None, 16.0, -1e9, 1e9]})
    # 16 ** 0.75 = 8, 81 ** 0.75 = 27, 256 ** 0.75 = 64: -8, 8, -27 and 64 less 1, over 2;
    # the last, 31.5, is nearer to 0 than to 100
    assert assign(table, rule)["distance"].to_pylist() == [4.5, 3.5, 14.0, 31.5]


def test_excluded_customers_have_no_cluster_and_no_distance():
    rule = NearestCentroid(
        (ORDERS,), np.array([[0.0]]), (Exclusion("suspected bots", SUSPECTED_BOT),)
    )
    table = pa.table(
        {
            "user_id": ["a", "b", "c", "d"],
            "orders": [1, 1, 1, None],
            "busiest_hour_events": [720, 721, None, 0],
            "busiest_day_events": [2880, 0, None, 2881],
        }
    )
    assigned = assign(table, rule)
    assert assigned.schema.types == [pa.string(), pa.int32(), pa.float64(), pa.float64()]
    assert assigned["cluster"].to_pylist() == [0, -1, 0, -1]
    assert assigned["distance"].to_pylist() == [1.0, None, 1.0, None]


def test_rule_over_no_feature_puts_everyone_into_one_cluster():
    rule = NearestCentroid((), np.zeros((1, 0)))
    assigned = assign(pa.table({"user_id": ["a"]}), rule)
    assert assigned.to_pylist() == [
        {"user_id": "a", "cluster": 0, "distance": 0.0, "border_distance": None}
    ]


@pytest.mark.parametrize("n_clusters", [1, 2, 6])
@pytest.mark.parametrize("target", DIALECTS)
def test_query_is_portable(target, n_clusters):
    rule = NearestCentroid(
        (ORDERS, ScaledFeature("revenue", -1.5, 0.5, 3.25, 1e-7, -2.5, 1e4)),
        np.arange(2.0 * n_clusters).reshape(-1, 2) - 3,
        (Exclusion("suspected bots", SUSPECTED_BOT),),
    )
    query = assignment_query(rule, table="shop.customers")
    check(query)
    text = translate(query, target)
    assert "COALESCE" in text
    assert "SIGN" in text.upper()
    assert "--" not in text


def test_translations_to_servers_keep_doubles_double():
    rule = NearestCentroid((ScaledFeature("Orders", 0.0, 0.5, 0.5, 2.0),), np.array([[1.0]]))
    query = assignment_query(rule)
    postgres, spark = translate(query, "postgres"), translate(query, "spark")
    assert 'CAST("Orders" AS DOUBLE PRECISION)' in postgres
    assert "SQRT(ABS(" in postgres
    assert "CAST(`Orders` AS DOUBLE)" in spark
    assert "SQRT(ABS(" in spark


def test_postgres_gives_the_same_clusters(postgres: Postgres):
    generator = np.random.default_rng(0)
    n = 500
    orders = generator.poisson(2.0, n).astype(float)
    table = pa.table(
        {
            "user_id": [f"u{i:03}" for i in range(n)],
            "orders": pa.array(np.where(orders == 0, np.nan, orders), from_pandas=True),
            "Net revenue": generator.normal(0.0, 100.0, n),
            "busiest_hour_events": generator.integers(600, 740, n),
        }
    )
    rule = NearestCentroid(
        (
            ScaledFeature("orders", -0.5, 1.0, 1.25, 0.75),
            ScaledFeature("Net revenue", 0.0, 0.75, 1e-5, 3.123456789, -150.0, 160.5),
        ),
        round_significant(generator.normal(size=(4, 2))),
        (Exclusion("suspected bots", "busiest_hour_events > 720"),),
    )
    expected = assign(table, rule)
    postgres.register("scored", table)
    result = postgres.query(assignment_query(rule, table="scored")).sort_by("user_id")
    assert result["cluster"].to_pylist() == expected["cluster"].to_pylist()
    assert set(result["cluster"].to_pylist()) == {-1, 0, 1, 2, 3}
    assert result["distance"].is_null().equals(expected["distance"].is_null())
    assert result["distance"].drop_null().to_numpy() == pytest.approx(
        expected["distance"].drop_null().to_numpy(), rel=1e-9
    )


def test_missing_feature_or_text_is_an_error():
    rule = NearestCentroid((ORDERS,), np.array([[0.0]]), (Exclusion("bots", "events > 9"),))
    with pytest.raises(
        InputError, match="needs `orders`, `events`, which the customer table lacks"
    ):
        assign(pa.table({"user_id": ["a"]}), rule)
    with pytest.raises(InputError, match="`orders` is of type string, expected numbers"):
        assign(pa.table({"user_id": ["a"], "orders": ["1"], "events": [1]}), rule)


def test_known_part_keeps_what_the_table_can_answer():
    hour_only = pa.table({"busiest_hour_events": [1.0]})
    assert known_part(SUSPECTED_BOT, hour_only) == "busiest_hour_events > 720"
    assert known_part(SUSPECTED_BOT, pa.table({"orders": [1.0]})) is None
    assert known_part("a > 1 AND b > 1", pa.table({"a": [1]})) is None
