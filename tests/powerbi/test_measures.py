"""Every measure, computed from its DAX over the files of the star, equals the fact."""

from pathlib import Path

import pytest
from dax import Model

from clustomer.powerbi import PowerBIProject
from clustomer.powerbi.measures import MEASURES
from clustomer.versions import StoredRun

OF_SEGMENTS = {
    "Number of customers": "customers",
    "Share of customers": "share",
    "Total revenue": "revenue",
    "Share of revenue": "revenue_share",
    "Revenue per customer": "revenue.mean",
    "Median revenue": "revenue.median",
    "Orders per customer": "orders.mean",
    "Days since last activity": "recency_days.mean",
}
OF_EVERYONE = {
    **OF_SEGMENTS,
    "Total orders": "orders.sum",
    "Revenue per order": "order_value",
    "Customers without an order": "non_buyers",
    "New customers": "lifecycle.new",
    "Active customers": "lifecycle.active",
    "Slowing customers": "lifecycle.slowing",
    "Customers at risk": "lifecycle.at_risk",
    "Lapsed customers": "lifecycle.lapsed",
    "Customers due to order": "lifecycle.due",
    "Customers past due": "lifecycle.past_due",
    "Revenue expected": "expected_revenue",
    "Orders expected": "expected_orders",
}
OTHERWISE = {
    "Still buying",
    "Still active",
    "Revenue of the period",
    "Orders of the period",
    "Customers of the period",
    "New in the period",
    "Mean of the feature",
    "Median of the feature",
    "Difference from everyone",
    "Customers by last order",
    "Customers with a list",
}


@pytest.fixture(scope="module")
def model(project: PowerBIProject) -> Model:
    return Model(Path(project.folder))


@pytest.fixture(scope="module")
def stored(results: Path) -> StoredRun:
    return StoredRun.open(results)


@pytest.fixture(scope="module")
def keys(model: Model) -> dict[str, int]:
    query = f"SELECT segment_id, segment_key FROM '{model.files['Segments']}'"
    return dict(model.connection.execute(query).fetchall())


def test_every_measure_is_tested() -> None:
    assert {measure.name for measure in MEASURES} == {*OF_EVERYONE, *OTHERWISE}


@pytest.mark.parametrize("measure", OF_EVERYONE)
def test_of_everyone(measure, model, stored) -> None:
    if measure not in model.measures:
        assert stored.lifetime is None
        pytest.skip("this shop has no forecast")
    fact = stored.facts[f"everyone.{OF_EVERYONE[measure]}"]
    assert model.value(measure) == pytest.approx(fact.value, rel=1e-12)


@pytest.mark.parametrize("measure", OF_SEGMENTS)
def test_of_each_segment(measure, model, stored, keys) -> None:
    assert len(keys) == 3
    for segment_id, key in keys.items():
        fact = stored.facts[f"{segment_id}.{OF_SEGMENTS[measure]}"]
        assert model.of_segment(measure, key) == pytest.approx(fact.value, rel=1e-12), segment_id


def test_cohorts(model, stored) -> None:
    rows = stored.history.cohorts.retention.to_pylist()
    everyone = [row for row in rows if row["segment_id"] == "all"]
    assert len(everyone) > 3
    for row in everyone:
        at_age = {"Cohorts": f"age = {row['age']}"}
        assert model.value("Still buying", **at_age) == pytest.approx(row["buying_share"])
        assert model.value("Still active", **at_age) == pytest.approx(row["active_share"])


def test_over_time(model, stored) -> None:
    rows = stored.history.over_time.table.to_pylist()
    for row in (row for row in rows if row["segment_id"] == "all"):
        when = {"Over_time": f"period = DATE '{row['period']}'"}
        assert model.value("Revenue of the period", **when) == pytest.approx(row["revenue"])
        assert model.value("Orders of the period", **when) == row["orders"]
        assert model.value("Customers of the period", **when) == row["customers"]
        assert model.value("New in the period", **when) == row["new"]
    assert model.value("Customers of the period") is None


def test_features(model, stored, keys) -> None:
    for segment_id, key in keys.items():
        for slug in ("orders", "revenue", "recency_days", "average_order_value"):
            where = {"Profiles": f"segment_key = {key} AND slug = '{slug}'"}
            for measure, suffix in (
                ("Mean of the feature", "mean"),
                ("Median of the feature", "median"),
                ("Difference from everyone", "difference"),
            ):
                fact = stored.facts[f"{segment_id}.{slug}.{suffix}"]
                assert model.value(measure, **where) == pytest.approx(fact.value)
    assert model.value("Mean of the feature") is None


def test_customers_by_last_order(model) -> None:
    everyone = model.value("Customers by last order")
    assert everyone == model.value("Number of customers")
