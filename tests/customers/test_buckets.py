"""Many events are gathered in hash buckets of customers: the same numbers as in one query."""

from datetime import timedelta

import pyarrow as pa
import pytest

from clustomer.customers import customer_features, features_within, table
from clustomer.engines import DuckDB
from clustomer.engines import duckdb as embedded
from clustomer.events import EventSchema, Window, read_events
from clustomer.simulate import simulate


@pytest.fixture(scope="module")
def events(tmp_path_factory: pytest.TempPathFactory):
    path = tmp_path_factory.mktemp("shop") / "log.parquet"
    simulate(path, events=6_000, random_state=3)
    return read_events(path)


@pytest.mark.parametrize("per_bucket", [5_000, 1_500])
def test_in_buckets_is_the_same_as_in_one_query(events, monkeypatch, per_bucket) -> None:
    customers = customer_features(events)
    monkeypatch.setattr(embedded, "ROWS_IN_ONE_QUERY", 1_000)
    monkeypatch.setattr(embedded, "ROWS_IN_A_PART", per_bucket)
    parts = customer_features(events)
    assert parts.table.equals(customers.table, check_metadata=True)
    assert parts.shop == customers.shop
    left = events.engine.rows("SELECT table_name FROM duckdb_tables() ORDER BY 1")
    assert [name for (name,) in left] == ["events", "nameless", "possible_duplicates", "rejected"]


def test_an_earlier_window_over_other_events_is_the_same_in_buckets(events, monkeypatch) -> None:
    engine: DuckDB = events.engine
    engine.execute('CREATE OR REPLACE TABLE "my thinned" AS FROM events WHERE price > 20')
    window = Window(
        events.window.start, events.window.cutoff - timedelta(days=30), events.window.time_zone
    )
    features = customer_features(events).features
    everything = features_within(engine, features, window, events="my thinned")
    monkeypatch.setattr(embedded, "ROWS_IN_ONE_QUERY", 1_000)
    monkeypatch.setattr(embedded, "ROWS_IN_A_PART", 1_900)
    parts = features_within(engine, features, window, events="my thinned")
    engine.execute('DROP TABLE "my thinned"')
    assert 0 < everything.table.num_rows < customer_features(events).table.num_rows
    assert parts.table.equals(everything.table, check_metadata=True)


def test_a_log_is_cleaned_the_same_in_several_passes(tmp_path, monkeypatch) -> None:
    path = tmp_path / "log.parquet"
    simulate(path, events=6_000, dirt=0.3, random_state=4)
    at_once = read_events(path)
    monkeypatch.setattr(embedded, "ROWS_IN_ONE_QUERY", 1_000)
    monkeypatch.setattr(embedded, "ROWS_IN_A_PART", 5_000)
    assert len(at_once.engine.passes("events")) > 2
    in_passes = read_events(path)
    rules = {rule: rows for rule, _, rows in in_passes.cleaning.rules}
    assert min(rules["duplicate_row"], rules["missing_session"]) > 3
    assert in_passes.cleaning == at_once.cleaning
    assert in_passes.to_arrow().equals(at_once.to_arrow())


def _orders(n_customers: int) -> pa.Table:
    """Return orders of two lines each, without sessions; every fifth order was sent again."""
    rows = []
    for customer in range(n_customers):
        for order in range(3):
            day, number = 1 + (7 * order + customer) % 27, f"{customer}-{order}"
            for minute in (0, 20) if (customer + order) % 5 == 0 else (0,):
                for line, pieces in ((0, 1), (1, 1 + (customer + order) % 4)):
                    product = (customer + line) % 7
                    rows.append(
                        {
                            "event_time": f"2024-01-{day:02d} 10:{minute:02d}:00",
                            "event_type": "purchase",
                            "user_id": f"c{customer}",
                            "order_id": number,
                            "product_id": f"p{product}",
                            "quantity": pieces,
                            "unit": 10.0 + product,
                            "line": (10.0 + product) * pieces,
                            "order": 100.0 + customer + order,
                        }
                    )
    return pa.Table.from_pylist(rows)


@pytest.mark.parametrize("of", ["unit", "line", "order"])
def test_orders_are_cleaned_the_same_in_several_passes(monkeypatch, of: str) -> None:
    log = _orders(60)
    columns = {name: name for name in ("event_time", "event_type", "user_id", "order_id")}
    columns |= {"product_id": "product_id", "quantity": "quantity", "price": of}
    schema = EventSchema(
        name="shop", columns=columns, event_types={"purchase": "purchase"}, price_is=of
    )
    decided = schema.model_copy(update={"price_is": None})
    at_once = [read_events(log, schema=given) for given in (schema, decided)]
    monkeypatch.setattr(embedded, "ROWS_IN_ONE_QUERY", 1)
    monkeypatch.setattr(embedded, "ROWS_IN_A_PART", 100)
    in_passes = [read_events(log, schema=given) for given in (schema, decided)]
    assert len(in_passes[0].engine.passes("events")) > 2
    for once, passes in zip(at_once, in_passes, strict=True):
        # by hand: of 60 x 3 orders every fifth was sent again, with two lines
        assert {rule: n for rule, _, n in passes.cleaning.rules}["order_sent_again"] == 72
        assert passes.cleaning == once.cleaning
        assert passes.readings == once.readings
        assert passes.totals() == once.totals()
        assert passes.to_arrow().equals(once.to_arrow())


def test_many_customers_are_the_same_fetched_a_few_columns_at_a_time(events, monkeypatch) -> None:
    at_once = customer_features(events)
    monkeypatch.setattr(table, "MANY_CUSTOMERS", 10)
    assert at_once.table.num_rows > 10
    assert customer_features(events).table.equals(at_once.table, check_metadata=True)
