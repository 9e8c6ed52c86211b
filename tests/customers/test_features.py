"""Every feature against answers worked out by hand."""

import math

import pyarrow as pa
import pytest

from clustomer.customers import FEATURES, MEASURES, customer_features, feature
from clustomer.customers.features import clustered_by_default
from clustomer.customers.rates import beta_binomial_prior, credibility_strength
from clustomer.errors import UsageError

NAMES = ("event_time", "event_type", "product_id", "category_code", "brand", "price", "user_id",
         "user_session", "quantity", "order_id")  # fmt: skip

# 2024-01-06 is a Saturday
ANN = [
    ("2024-01-02 10:00:00", "view", "p1", "shoes", "acme", 10, "ann", "a1", 1, None),
    ("2024-01-02 10:05:00", "view", "p1", "shoes", "acme", 10, "ann", "a1", 1, None),
    ("2024-01-02 10:10:00", "cart", "p1", "shoes", "acme", 10, "ann", "a1", 1, None),
    ("2024-01-02 10:12:00", "view", "p2", "hats", "bell", 40, "ann", "a1", 1, None),
    ("2024-01-02 10:13:00", "cart", "p2", "hats", "bell", 40, "ann", "a1", 1, None),
    ("2024-01-02 10:14:00", "remove_from_cart", "p2", "hats", "bell", 40, "ann", "a1", 1, None),
    ("2024-01-02 10:15:00", "purchase", "p1", "shoes", "acme", 10, "ann", "a1", 2, "o1"),
    ("2024-01-06 23:00:00", "view", "p3", "shoes", None, 30, "ann", "a2", 1, None),
    ("2024-01-06 23:30:00", "purchase", "p3", "shoes", None, 30, "ann", "a2", 1, "o2"),
    ("2024-01-06 23:30:00", "purchase", "p4", "shoes", "acme", 20, "ann", "a2", 1, "o2"),
    ("2024-01-08 12:00:00", "return", "p3", "shoes", None, 30, "ann", None, 1, None),
]
BOB = [
    ("2024-01-03 08:00:00", "view", "p2", "hats", "bell", 20, "bob", "b1", 1, None),
    ("2024-01-03 08:01:00", "cart", "p2", "hats", "bell", 20, "bob", "b1", 1, None),
]


def log(*rows: tuple) -> pa.Table:
    return pa.table(dict(zip(NAMES, map(list, zip(*rows, strict=True)), strict=True)))


@pytest.fixture(scope="module")
def customers() -> dict[str, dict[str, float | None]]:
    table = customer_features(log(*ANN, *BOB), cutoff="2024-01-10").table
    return {row["user_id"]: row for row in table.to_pylist()}


VALUES = [
    ("recency_days", 1.5, 6 + 15 / 24 + 59 / 1440),
    ("tenure_days", 7 + 14 / 24, 6 + 16 / 24),
    ("sessions", 2, 1),
    ("orders", 2, 0),
    # 10 × 2 + 30 + 20 − 30
    ("revenue", 40, 0),
    ("views", 4, 1),
    ("carts", 2, 1),
    ("active_span_days", 6 + 2 / 24, 1 / 24 / 60),
    # places in the 14 days and 14 hours from a week before the first event to the cutoff
    ("weighted_orders", (7 + 0.25 / 24 + 11 + 13.5 / 24) / (14 + 14 / 24), 0),
    (
        "weighted_revenue",
        (20 * (7 + 0.25 / 24) + 50 * (11 + 13.5 / 24) - 30 * (13 + 2 / 24)) / (14 + 14 / 24),
        0,
    ),
    ("days_between_orders", 4 + 13.25 / 24, None),
    ("average_order_value", 35, None),
    ("purchase_recency_days", 3 + 0.5 / 24, None),
    ("purchases", 3, 0),
    ("items_per_order", 1.5, None),
    ("returns", 1, 0),
    ("active_days", 3, 1),
    ("events", 11, 2),
    ("removals", 1, 0),
    ("events_per_session", 5, 2),
    ("session_minutes", (15 + 30) / 2, 1),
    ("repeat_views", 4 / 3, 1),
    ("busiest_hour_events", 6, 2),
    ("busiest_day_events", 6, 2),
    ("products", 4, 1),
    ("products_bought", 3, 0),
    ("categories", 2, 1),
    ("brands", 2, 1),
    # 7 events on shoes, 3 on hats; returns are not looked at
    ("category_entropy", -(0.7 * math.log(0.7) + 0.3 * math.log(0.3)), 0),
    ("favourite_brand_share", 5 / 8, 1),
    ("average_price_viewed", (10 + 10 + 40 + 30) / 4, 20),
    # shoes cost 120/7 on average, hats 160/5
    ("price_level", (120 / (120 / 7) + 120 / 32) / 10, 40 / 32 / 2),
]


@pytest.mark.parametrize(("name", "ann", "bob"), VALUES)
def test_a_feature_is_what_it_says(customers, name, ann, bob) -> None:
    assert customers["ann"][name] == pytest.approx(ann, abs=1e-9)
    assert customers["bob"][name] == (None if bob is None else pytest.approx(bob, abs=1e-9))


COUNTS = [
    ("view_to_cart_rate", (2, 3), (1, 1)),
    ("view_to_purchase_rate", (2, 3), (0, 1)),
    ("cart_to_purchase_rate", (1, 2), (0, 1)),
    ("cart_abandonment_rate", (0, 1), (1, 1)),
    ("removal_rate", (1, 2), (0, 1)),
    ("weekend_share", (3, 11), (0, 2)),
    ("night_share", (3, 11), (0, 2)),
    ("return_rate", (1, 3), (0, 0)),
]


@pytest.mark.parametrize(("name", "ann", "bob"), COUNTS)
def test_a_rate_is_shrunk_to_the_shops_own(customers, name, ann, bob) -> None:
    mean, strength = beta_binomial_prior([(*ann, 1), (*bob, 1)])
    for user, (part, everything) in (("ann", ann), ("bob", bob)):
        expected = (part + strength * mean) / (everything + strength)
        assert customers[user][name] == pytest.approx(expected, abs=1e-9)
        assert 0 <= customers[user][name] <= 1


def test_a_price_level_is_shrunk_to_the_usual(customers) -> None:
    given = ((10, customers["ann"]["price_level"]), (2, customers["bob"]["price_level"]))
    strength = credibility_strength(
        customers=2,
        observations=12,
        inverse=1 / 10 + 1 / 2,
        spread=sum((level - 1) ** 2 for _, level in given),
        weighted=sum(n * (level - 1) ** 2 for n, level in given),
    )
    assert 1 <= strength <= 1000
    for (n, level), user in zip(given, ("ann", "bob"), strict=True):
        expected = (n * level + strength) / (n + strength)
        assert customers[user]["shrunk_price_level"] == pytest.approx(expected, abs=1e-9)


def test_levels_that_differ_no_more_than_chance_are_all_the_usual() -> None:
    # by chance alone 1 / n of the variance of one observation
    chance = credibility_strength(
        customers=200, observations=1000, inverse=100 + 100 / 9, spread=100 + 100 / 9, weighted=200
    )
    assert chance == 1000
    alike = credibility_strength(customers=2, observations=8, inverse=0.5, spread=1.0, weighted=4.0)
    assert alike == 1


def test_a_table_without_a_clustered_feature_has_its_stand_in() -> None:
    assert clustered_by_default(["revenue", "tenure_days", "sessions", "returns"]) == [
        "tenure_days", "sessions", "revenue",
    ]  # fmt: skip
    assert "orders" not in clustered_by_default([item.name for item in FEATURES])


def test_every_feature_was_tried(customers) -> None:
    tried = {name for name, *_ in (*VALUES, *COUNTS)} | {"shrunk_price_level"}
    assert tried == {feature.name for feature in FEATURES}
    assert {item.name for item in FEATURES} == set(customers["ann"]) - {"user_id"}
    assert len(FEATURES) >= 25
    assert {item.family for item in FEATURES} == {"engagement", "purchases", "assortment"}
    assert 10 <= sum(item.clustering for item in FEATURES) <= 14


def test_declared_names_are_unique_and_rates_are_of_measures() -> None:
    names = [measure.name for measure in (*FEATURES, *MEASURES)]
    assert len(names) == len(set(names))
    counts = {measure.name for measure in MEASURES}
    rates = [measure.rate for measure in FEATURES if measure.rate is not None]
    assert len(rates) == 8
    assert {name for rate in rates for name in (rate.numerator, rate.denominator)} <= counts


def test_nights_and_weekends_are_the_shops() -> None:
    # 23:30 UTC on Friday is Saturday morning in Tokyo
    rows = log(
        ("2024-01-05 23:30:00", "view", "p", "c", "b", 1, "1", "s", 1, None),
        ("2024-01-05 12:00:00", "view", "p", "c", "b", 1, "1", "t", 1, None),
    )
    utc = customer_features(rows, time_zone="UTC")
    tokyo = customer_features(rows, time_zone="Asia/Tokyo")
    assert (utc.shop["weekend_share_prior"], utc.shop["night_share_prior"]) == (0, 0.5)
    assert (tokyo.shop["weekend_share_prior"], tokyo.shop["night_share_prior"]) == (0.5, 0)
    assert tokyo.table["active_days"].to_pylist() == [2]
    assert utc.table["active_days"].to_pylist() == [1]


def test_money_is_summed_exactly() -> None:
    rows = [
        (f"2024-01-01 10:{i // 60:02d}:{i % 60:02d}", "purchase", "p", "c", "b", 0.1, "1", "s",
         1, f"o{i}")
        for i in range(1_000)
    ]  # fmt: skip
    assert customer_features(log(*rows)).table["revenue"].to_pylist() == [100.0]


def test_a_view_is_no_revenue() -> None:
    table = customer_features(log(*BOB, ANN[6])).table
    assert dict(zip(*(table[n].to_pylist() for n in ("user_id", "revenue")), strict=True)) == {
        "ann": 20.0,
        "bob": 0.0,
    }


def test_a_return_lowers_revenue_and_removes_no_sale() -> None:
    table = customer_features(log(*ANN)).table
    assert table["orders"].to_pylist() == [2]
    assert table["purchases"].to_pylist() == [3]


def test_what_a_source_cannot_give_drops_out_with_the_reason() -> None:
    orders = pa.table(
        {"date": ["19970101"], "customer_id": ["1"], "number_of_cds": ["1"], "dollar_value": ["5"]}
    )
    result = customer_features(orders)
    assert result.unavailable["views"] == "there are no views"
    assert result.unavailable["sessions"] == "the source has orders only, no visits"
    assert result.unavailable["night_share"] == "the source has dates only"
    assert result.unavailable["brands"] == "the source names no brands"
    assert "revenue" in result.table.column_names


def test_undefined_values_are_stated_in_the_table() -> None:
    schema = customer_features(log(*ANN, *BOB), cutoff="2024-01-10").table.schema
    undefined = {field.name: field.metadata[b"undefined"] for field in schema if field.metadata}
    assert undefined["average_order_value"] == b"0.0"
    assert undefined["price_level"] == b"1.0"
    assert float(undefined["purchase_recency_days"]) == pytest.approx(7 + 14 / 24, abs=1e-6)
    assert float(undefined["average_price_viewed"]) == pytest.approx((22.5 + 20) / 2)
    assert schema.field("recency_days").metadata[b"unit"] == b"days"


def test_an_unknown_feature_lists_the_near_misses() -> None:
    with pytest.raises(UsageError, match="Did you mean `recency_days`"):
        feature("recency_day")


@pytest.mark.parametrize(
    ("counts", "mean", "strength"),
    [
        ([], 0.5, 1_000),
        ([(0, 5, 10)], 0, 1_000),
        ([(5, 5, 10)], 1, 1_000),
        ([(1, 1, 1)], 1, 1_000),
        # spread = 4 × 2 × 0.25 = 2, over 0.25 is 8; (8 − 3) / (8 − 4 − 2 + 1) > 1
        ([(0, 2, 2), (2, 2, 2)], 0.5, 1),
        # n = 4: spread = 2 × 4 × (1/16) = 0.5, over 0.25 is 2; rho = (2 − 1) / (8 − 2 − 4 + 1)
        ([(1, 4, 1), (3, 4, 1)], 0.5, 2),
    ],
)
def test_the_prior_is_that_of_the_method_of_moments(counts, mean, strength) -> None:
    assert beta_binomial_prior(counts) == (pytest.approx(mean), pytest.approx(strength))
