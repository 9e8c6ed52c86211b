"""What must hold for any log: nothing depends on what must not matter."""

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from clustomer.customers import customer_features

START = 1_704_067_200  # 2024-01-01
CUTOFF = "2024-01-08"
DAY = 86_400

event = st.fixed_dictionaries(
    {
        "event_time": st.integers(START, START + 7 * DAY - 1),
        "event_type": st.sampled_from(["view", "cart", "remove_from_cart", "purchase", "return"]),
        "product_id": st.sampled_from(["p1", "p2", "p3", None]),
        "category_code": st.sampled_from(["c1", "c2", None]),
        "brand": st.sampled_from(["b1", "b2", None]),
        "price": st.integers(0, 9_999).map(lambda cents: cents / 100),
        "user_id": st.sampled_from(["1", "2", "3"]),
        "user_session": st.sampled_from(["s1", "s2", None]),
        "quantity": st.integers(1, 5),
        "order_id": st.sampled_from(["o1", "o2", None]),
    }
)
later = event.map(lambda row: row | {"event_time": row["event_time"] + 7 * DAY})
logs = st.lists(event, min_size=1, max_size=25)


def build(rows: list[dict]) -> pa.Table:
    schema = pa.schema(
        [
            ("event_time", pa.int64()),
            *((n, pa.string()) for n in ("event_type", "product_id", "category_code", "brand")),
            ("price", pa.float64()),
            *((n, pa.string()) for n in ("user_id", "user_session")),
            ("quantity", pa.int64()),
            ("order_id", pa.string()),
        ]
    )
    return pa.Table.from_pylist(rows, schema=schema)


def features(rows: list[dict], **options) -> pa.Table:
    return customer_features(build(rows), cutoff=CUTOFF, **options).table


@settings(max_examples=8, deadline=None)
@given(logs, st.randoms())
def test_the_order_of_rows_changes_nothing(rows, random) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)
    assert features(shuffled).equals(features(rows), check_metadata=True)


@settings(max_examples=8, deadline=None)
@given(logs, st.lists(later, min_size=1, max_size=10))
def test_a_later_event_changes_nothing(rows, future) -> None:
    # a column that is only known later would be one more feature; here all are known
    stored = {
        "event_time": START, "event_type": "view", "product_id": "p", "category_code": "c",
        "brand": "b", "price": 1.0, "user_id": "0", "user_session": "s", "quantity": 1,
        "order_id": None,
    }  # fmt: skip
    rows = [stored, *rows]
    assert features(rows + future).equals(features(rows), check_metadata=True)


@settings(max_examples=8, deadline=None)
@given(logs)
def test_values_are_in_their_range(rows) -> None:
    for row in features(rows).to_pylist():
        assert row["recency_days"] <= row["tenure_days"] <= 7
        for name, value in row.items():
            if value is None or name in {"user_id", "revenue", "weighted_revenue"}:
                continue
            assert value >= 0, name
            if name.endswith(("_rate", "_share")):
                assert value <= 1, name
        if row.get("orders") is not None:
            assert row["weighted_orders"] <= row["orders"]
        assert row.get("products_bought") is None or row["products_bought"] <= row["products"]


@settings(max_examples=8, deadline=None)
@given(logs)
def test_a_copied_customer_has_the_same_features(rows) -> None:
    """Another customer who did the same is described the same."""
    twin = [row | {"user_id": "twin"} for row in rows if row["user_id"] == "1"]
    if not twin:
        return
    result = {row.pop("user_id"): row for row in features(rows + twin).to_pylist()}
    assert result["twin"] == result["1"]


@settings(max_examples=8, deadline=None)
@given(logs)
def test_before_the_window_nothing_counts(rows) -> None:
    # the same lines under the same order number would be the same order, sent again
    early = [
        row
        | {
            "event_time": row["event_time"] - 14 * DAY,
            "user_session": "x",
            "order_id": row["order_id"] and f"early {row['order_id']}",
        }
        for row in rows
    ]
    assert features(early + rows, window="7d").equals(features(rows, window="7d"))
