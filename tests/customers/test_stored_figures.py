"""Customers by the figures of a shop that were taken before."""

import pyarrow as pa
import pytest

from clustomer.customers import create_customers, customer_features
from clustomer.engines import parse
from clustomer.events import read_events

LOG = {
    "event_time": [f"2024-01-0{day} 10:00:00" for day in range(1, 7)],
    "event_type": ["view", "purchase", "view", "view", "purchase", "view"],
    "product_id": ["a", "a", "b", "a", "b", "b"],
    "category_id": ["c", "c", "d", "c", "d", "d"],
    "price": [10.0, 10.0, 30.0, 20.0, 40.0, 30.0],
    "user_id": ["1", "1", "1", "2", "2", "3"],
}


def test_figures_of_the_same_events_make_the_same_customers_and_other_prices_others() -> None:
    events = read_events(pa.table(LOG))
    customers = customer_features(events)
    prices = customers.category_prices
    assert prices is not None

    def made(times: float) -> dict[str, list[float | None]]:
        stored = [(row["category"], times * row["mean_price"]) for row in prices.to_pylist()]
        create_customers(
            events.engine,
            customers.features,
            customers.window,
            shop=customers.shop,
            category_prices=stored,
        )
        rows = events.engine.query(parse("SELECT * FROM customers ORDER BY user_id")).to_pydict()
        events.engine.drop("customers")
        return rows

    with events.engine:
        same, dearer = made(1), made(2)
    expected = customers.table.to_pydict()
    assert same.keys() == expected.keys()
    assert same.pop("user_id") == expected.pop("user_id")
    for name in expected:
        # what is undefined is undefined in both
        assert same[name] == [value and pytest.approx(value, rel=1e-9) for value in expected[name]]
    changed = {name for name in expected if dearer[name] != same[name]}
    assert changed == {"price_level", "shrunk_price_level"}
