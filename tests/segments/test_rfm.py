import json

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clustomer.engines import DIALECTS, DuckDB, Postgres, translate
from clustomer.errors import InputError
from clustomer.segments import (
    RFM_SEGMENTS,
    Exclusion,
    RfmGrid,
    assign,
    assignment_query,
    read_model,
    rfm,
    to_model,
)
from clustomer.segments.rules.rfm_grid import CLASSIC_GRID, NO_PURCHASE, cut_points

# Written out by hand: rows are recency scores 5 to 1, columns frequency scores 1 to 5.
GRID = {
    5: "new potential_loyalists potential_loyalists champions champions",
    4: "promising potential_loyalists potential_loyalists loyal loyal",
    3: "about_to_sleep about_to_sleep need_attention loyal loyal",
    2: "hibernating hibernating at_risk at_risk cant_lose",
    1: "hibernating hibernating at_risk at_risk cant_lose",
}


def table(rows: dict[str, tuple[float, float | None]]) -> pa.Table:
    return pa.table(
        {
            "user_id": pa.array(list(rows), pa.string()),
            "orders": pa.array([orders for orders, _ in rows.values()], pa.float64()),
            "purchase_recency_days": pa.array([days for _, days in rows.values()], pa.float64()),
        }
    )


def segments(segmentation) -> dict[str, str]:
    return {
        row["user_id"]: segmentation.segment_ids[row["cluster"]]
        for row in segmentation.table.to_pylist()
    }


def test_the_grid_is_the_classic_one():
    names = [rfm_segment.segment_id for rfm_segment in RFM_SEGMENTS]
    for recency, row in GRID.items():
        assert [names[cluster] for cluster in CLASSIC_GRID[recency - 1]] == row.split()


def test_every_cell_by_hand():
    # 25 buyers: five recencies × five numbers of orders, so that each value is one score.
    rows = {
        f"{recency}{frequency}": (10.0 * frequency, 100.0 - recency)
        for recency in range(1, 6)
        for frequency in range(1, 6)
    }
    result = segments(rfm(table(rows)))
    for recency, row in GRID.items():
        for frequency, name in enumerate(row.split(), 1):
            assert result[f"{recency}{frequency}"] == name


def test_cut_points_by_hand():
    assert cut_points(np.arange(1.0, 11.0)) == (2.0, 4.0, 6.0, 8.0)
    # Of 7, a fifth is 1.4 customers: the second smallest is the first that so many reach.
    assert cut_points(np.arange(1.0, 8.0)) == (2.0, 3.0, 5.0, 6.0)
    assert cut_points(np.array([4.0])) == (4.0, 4.0, 4.0, 4.0)


def test_equal_values_get_equal_scores_and_some_scores_go_to_nobody():
    # Six of ten ordered once: the cut points are 1, 1, 1, 2, so nobody scores 2 or 3.
    orders = [1.0] * 6 + [2.0, 2.0, 3.0, 9.0]
    segmentation = rfm(table({f"u{i}": (count, 5.0) for i, count in enumerate(orders)}))
    assert segmentation.rule.frequency_cuts == (1.0, 1.0, 1.0, 2.0)
    # They all ordered on the same day: all score 5.
    assert list(segments(segmentation).values()) == ["new"] * 6 + ["champions"] * 4


@settings(max_examples=12, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 5)), min_size=1, max_size=40).filter(
        lambda rows: any(orders for orders, _ in rows)
    ),
    st.randoms(use_true_random=False),
)
def test_neither_the_order_of_rows_nor_a_copy_of_everyone_changes_a_label(rows, random):
    made = {f"u{i:02}": (float(o), float(d) if o else None) for i, (o, d) in enumerate(rows)}
    result = segments(rfm(table(made)))
    shuffled = list(made.items())
    random.shuffle(shuffled)
    assert segments(rfm(table(dict(shuffled)))) == result
    twice = segments(rfm(table(made | {f"v{user}": row for user, row in made.items()})))
    assert {user: twice[user] for user in made} == result
    by_values: dict[tuple, set] = {}
    for user, values in made.items():
        by_values.setdefault(values, set()).add(result[user])
    assert all(len(names) == 1 for names in by_values.values())


def test_customers_without_an_order_are_not_scored():
    rows = {f"u{i}": (float(i), 10.0 * i) for i in range(1, 6)}
    alone = rfm(table(rows))
    more = {f"v{i}": (0.0, None) for i in range(100)} | {"w": (float("nan"), None)}
    segmentation = rfm(table(rows | more))
    assert segmentation.rule.frequency_cuts == alone.rule.frequency_cuts == (1.0, 2.0, 3.0, 4.0)
    assert {segments(segmentation)[user] for user in more} == {"no_purchase"}
    assert segmentation.clusters[NO_PURCHASE] == 101
    assert segmentation.fitted_customers == 5


def test_suspected_bots_step_aside():
    rows = {f"u{i}": (float(i), 10.0 * i) for i in range(1, 6)} | {"zz": (999.0, 1.0)}
    customers = table(rows).append_column("busiest_hour_events", pa.array([1.0] * 5 + [999.0]))
    segmentation = rfm(customers)
    assert segmentation.rule.frequency_cuts == (1.0, 2.0, 3.0, 4.0)
    assert segments(segmentation)["zz"] == "bots"
    assert segmentation.clusters[-1] == 1
    assert segmentation.k == 5


def test_ids_do_not_depend_on_sizes():
    few = rfm(table({f"u{i}": (float(i), 10.0 * i) for i in range(1, 6)}))
    assert few.segment_ids[0] == "champions"
    assert few.segment_ids[NO_PURCHASE] == "no_purchase"
    assert few.table["distance"].null_count == 5
    assert (
        [rfm_segment.segment_id for rfm_segment in RFM_SEGMENTS][7]
        == few.segment_ids[7]
        == "at_risk"
    )


@pytest.mark.parametrize(
    ("customers", "message"),
    [
        (pa.table({"user_id": ["a"], "views": [1.0]}), "no numbers `purchase_recency_days`"),
        (table({"a": (0.0, None)}), "nobody ordered in the period"),
        (table({}), "no customers"),
    ],
)
def test_what_cannot_be_scored_is_an_error_with_a_next_step(customers, message):
    with pytest.raises(InputError, match=message):
        rfm(customers)


@pytest.fixture(scope="module")
def result():
    generator = np.random.default_rng(0)
    n = 300
    orders = generator.geometric(0.4, n) - 1.0
    days = np.where(orders > 0, generator.integers(0, 90, n), np.nan)
    customers = pa.table(
        {
            "user_id": [f"u{i}" for i in range(n)],
            "orders": orders,
            "purchase_recency_days": pa.array(days, from_pandas=True),
        }
    )
    return customers, rfm(customers)


def test_the_loaded_file_and_its_sql_give_the_published_labels(result):
    customers, segmentation = result
    text = to_model(segmentation).to_json()
    assert assign(customers, read_model(text)).equals(segmentation.table)
    with DuckDB() as engine:
        engine.register("customers", customers)
        stored = json.loads(text)["sql"]["assignment"]
        rows = engine.rows(
            f"SELECT user_id, cluster, distance, border_distance FROM ({stored}) ORDER BY user_id"
        )
    assert rows == [tuple(row.values()) for row in segmentation.table.to_pylist()]


def test_a_stranger_can_score_from_the_file_alone(result):
    customers, segmentation = result
    rule = json.loads(to_model(segmentation).to_json())["assignment"]
    assert rule["kind"] == "rfm_grid"
    published = dict(zip(*segmentation.table.select(["user_id", "cluster"]).columns, strict=True))
    published = {user.as_py(): cluster.as_py() for user, cluster in published.items()}
    for row in customers.to_pylist():
        if row["orders"] < 1:
            assert published[row["user_id"]] == rule["no_purchase"]
            continue
        recency = sum(row["purchase_recency_days"] <= cut for cut in rule["recency_cuts"])
        frequency = sum(row["orders"] > cut for cut in rule["frequency_cuts"])
        assert published[row["user_id"]] == rule["grid"][recency][frequency]


def test_the_file_names_the_empty_segments_too():
    model = to_model(rfm(table({"a": (1.0, 1.0)})), names={"new": "New customers"})
    sizes = {part.segment_id: part.customers for part in model.segments}
    assert sizes["new"] == 1
    assert sizes["champions"] == 0
    assert "bots" not in sizes
    assert model.features[0].scale is None
    assert model.features[0].sql


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"recency_cuts": [1.0, 2.0, 3.0]}, "not four that rise"),
        ({"recency_cuts": [4.0, 2.0, 3.0, 1.0]}, "not four that rise"),
        ({"grid": [[0] * 5] * 4}, "grid"),
        ({"kind": "quadratic"}, "a quadratic.means: Field required"),
    ],
)
def test_other_files_are_refused(result, change, message):
    model = json.loads(to_model(result[1]).to_json())
    model["assignment"] |= change
    with pytest.raises(InputError, match=message):
        read_model(json.dumps(model))


RULE = RfmGrid((1.5, 3.0, 8.25, 30.0), (1.0, 1.0, 2.0, 5.0), (Exclusion("bots", "events > 9"),))


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_rule_translates(dialect):
    assert "recency_score" in translate(assignment_query(RULE), dialect)


def test_duckdb_and_postgresql_agree(postgres: Postgres):
    rows = [
        (f"u{i}", orders, days, events)
        for i, (orders, days, events) in enumerate(
            (orders, days, events)
            for orders in (None, 0.0, 1.0, 2.0, 5.0, 6.0)
            for days in (None, 0.0, 1.5, 3.0, 8.25, 30.0, 31.0)
            for events in (None, 9.0, 10.0)
        )
    ]
    names = ("user_id", "orders", "purchase_recency_days", "events")
    customers = pa.table(dict(zip(names, zip(*rows, strict=True), strict=True)))
    postgres.register("gridded", customers)
    there = postgres.query(assignment_query(RULE, table="gridded")).sort_by("user_id").to_pydict()
    here = assign(customers, RULE).to_pydict()
    assert (there["user_id"], there["cluster"]) == (here["user_id"], here["cluster"])
    assert len(set(here["cluster"])) == 12
