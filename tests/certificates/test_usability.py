"""Short rules: found where there are some, in numbers that can be said, judged on others."""

import numpy as np
import pyarrow as pa
import pytest

from clustomer.certificates.certificate import Condition
from clustomer.certificates.short_rule import (
    MOST_CONDITIONS,
    Questions,
    follows,
    spoken_number,
    spoken_thresholds,
)
from clustomer.certificates.usability import usable
from clustomer.segments import Segmentation, rfm, segment


def table_of(**columns) -> pa.Table:
    size = len(next(iter(columns.values())))
    return pa.table({"user_id": [f"c{i:05}" for i in range(size)], **columns})


@pytest.fixture(scope="module")
def shop() -> tuple[pa.Table, Segmentation]:
    """Three kinds: many who came once, some who come often, and a few who spend."""
    random = np.random.default_rng(0)
    kind = np.repeat([0, 1, 2], [1200, 600, 200])
    table = table_of(
        visits=np.array([1.0, 30.0, 30.0])[kind] + random.integers(0, 5, 2000),
        revenue=np.array([0.0, 5.0, 400.0])[kind] * random.uniform(0.8, 1.2, 2000),
    )
    return table, segment(table, k=3, k_range=(3, 3), features=["visits", "revenue"])


def test_kinds_are_told_by_short_rules(shop) -> None:
    usability = usable(*shop)
    assert [item.mark for item in usability.values()] == ["pass"] * 3
    assert all(1 <= len(item.conditions) <= MOST_CONDITIONS for item in usability.values())
    assert all(item.precision == item.recall == 1 for item in usability.values())
    assert usability["S1"].share == 0.6
    assert sum(item.revenue_share for item in usability.values()) == pytest.approx(1, abs=1e-5)


def test_precision_and_recall_are_of_the_rule_as_it_is_spoken_number() -> None:
    random = np.random.default_rng(1)
    size = 4000
    table = table_of(orders=np.round(random.lognormal(3, 1, size), 3))
    segmentation = segment(table, k=3, k_range=(3, 3), features=["orders"])
    orders = table["orders"].to_numpy()
    labels = segmentation.table["cluster"].to_numpy()
    for cluster, item in enumerate(usable(table, segmentation).values()):
        assert [spoken_number(condition.value) for condition in item.conditions] == [
            condition.value for condition in item.conditions
        ]
        named = follows(item.conditions, ["orders"], orders[:, None])
        hits = (named & (labels == cluster)).sum()
        # half of the customers decide it, whom the rule has not seen
        assert item.precision == pytest.approx(hits / named.sum(), abs=0.03)
        assert item.recall == pytest.approx(hits / (labels == cluster).sum(), abs=0.03)


def test_a_segment_that_no_short_rule_tells_is_weak() -> None:
    # a ring around a core: neither can be cut out along two axes... but the core can in four cuts
    random = np.random.default_rng(2)
    angle = random.uniform(0, 2 * np.pi, 3000)
    matrix = np.column_stack([np.cos(angle), np.sin(angle)])
    inside = np.arange(3000) % 3 == 0
    matrix[inside] *= 0.72 * np.sqrt(random.random(inside.sum()))[:, None]
    conditions = Questions.of(["a", "b"], matrix).best(inside)
    named = follows(conditions, ["a", "b"], matrix)
    precision = (named & inside).sum() / named.sum()
    recall = (named & inside).sum() / inside.sum()
    assert len(conditions) <= 3
    assert precision < 0.8 or recall < 0.6


def test_by_chance_nothing_is_usable() -> None:
    random = np.random.default_rng(3)
    matrix = random.random((4000, 3))
    inside = random.random(4000) < 0.2
    search, unseen = matrix[:2000], matrix[2000:]
    conditions = Questions.of(["a", "b", "c"], search).best(inside[:2000])
    named = follows(conditions, ["a", "b", "c"], unseen)
    assert (named & inside[2000:]).sum() / max(named.sum(), 1) < 0.35


def test_the_best_rule_is_the_best_of_all(shop) -> None:
    random = np.random.default_rng(4)
    matrix = random.integers(0, 6, (400, 2)).astype(float)
    inside = (matrix[:, 0] > 2) & (matrix[:, 1] <= 3) ^ (random.random(400) < 0.05)
    result = Questions.of(["a", "b"], matrix).best(inside)
    assert set(result) == {Condition("a", True, 2.0), Condition("b", False, 3.0)}


@pytest.mark.parametrize(
    ("size", "spent", "mark"), [(30, 1.0, "pass"), (5, 1.0, "fail"), (5, 1000.0, "pass")]
)
def test_a_small_segment_needs_revenue(size, spent, mark) -> None:
    small = np.arange(1000) >= 1000 - size
    table = table_of(visits=np.where(small, 90.0, 1.0), revenue=np.where(small, spent, 1.0))
    segmentation = segment(table, k=2, k_range=(2, 2), features=["visits"])
    assert usable(table, segmentation)["S2"].mark == mark


def test_without_revenue_the_share_of_customers_decides() -> None:
    table = table_of(visits=np.repeat([1.0, 9.0], [90, 10]))
    usability = usable(table, segment(table, k=2, k_range=(2, 2), features=["visits"]))
    assert {item.revenue_share for item in usability.values()} == {None}
    assert [item.mark for item in usability.values()] == ["pass", "pass"]


def test_the_undefined_is_what_the_rule_makes_of_it() -> None:
    days = [None] * 300 + [5.0] * 300
    table = table_of(gap=pa.array(days, pa.float64()))
    field = pa.field("gap", pa.float64(), metadata={"undefined": "90"})
    table = table.set_column(1, field, table["gap"])
    usability = usable(table, segment(table, k=2, k_range=(2, 2), features=["gap"]))
    values = {item.conditions[0].above: item for item in usability.values()}
    assert values[True].precision == values[False].precision == 1


def test_the_grid_has_rules_too() -> None:
    random = np.random.default_rng(5)
    table = table_of(
        orders=random.integers(0, 9, 3000).astype(float),
        purchase_recency_days=random.uniform(0, 300, 3000),
    )
    usability = usable(table, rfm(table))
    assert usability["no_purchase"].conditions == (Condition("orders", False, 0.0),)
    assert usability["champions"].mark == "pass"


def test_the_order_of_rows_changes_nothing(shop) -> None:
    table, segmentation = shop
    rows = np.random.default_rng(6).permutation(table.num_rows)
    assert usable(table.take(rows), segmentation) == usable(table, segmentation)


def test_thresholds_can_be_spoken_number() -> None:
    values = np.random.default_rng(7).lognormal(4, 1, 5000)
    result = spoken_thresholds(values)
    assert len(result) > 15
    assert all(spoken_number(value) == value for value in result.tolist())
    assert result.min() >= values.min()
    assert result.max() < values.max()


def test_days_are_said_as_hours_weeks_and_months() -> None:
    assert [spoken_number(value, days=True) for value in (0.04, 0.9, 6.8, 29.0, 175.0)] == [
        1 / 24, 1.0, 7.0, 30.0, 180.0
    ]  # fmt: skip
