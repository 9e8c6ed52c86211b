"""Many events are gathered in hash buckets of customers: the same numbers as in one query."""

from datetime import timedelta

import pytest

from clustomer.customers import customer_features, features_within
from clustomer.engines import DuckDB
from clustomer.engines import duckdb as embedded
from clustomer.events import Window, read_events
from clustomer.simulate import simulate


@pytest.fixture(scope="module")
def events(tmp_path_factory: pytest.TempPathFactory):
    path = tmp_path_factory.mktemp("shop") / "log.parquet"
    simulate(path, events=6_000, random_state=3)
    return read_events(path)


@pytest.mark.parametrize("per_bucket", [5_000, 700])
def test_in_buckets_is_the_same_as_in_one_query(events, monkeypatch, per_bucket) -> None:
    customers = customer_features(events)
    monkeypatch.setattr(embedded, "ROWS_IN_ONE_QUERY", 1_000)
    monkeypatch.setattr(embedded, "ROWS_IN_A_PART", per_bucket)
    parts = customer_features(events)
    assert parts.table.equals(customers.table, check_metadata=True)
    assert parts.shop == customers.shop
    left = events.engine.rows("SELECT table_name FROM duckdb_tables() ORDER BY 1")
    assert [name for (name,) in left] == ["events", "possible_duplicates", "rejected"]


def test_an_earlier_window_over_other_events_is_the_same_in_buckets(events, monkeypatch) -> None:
    engine: DuckDB = events.engine
    engine.execute('CREATE OR REPLACE TABLE "my thinned" AS FROM events WHERE price > 20')
    window = Window(
        events.window.start, events.window.cutoff - timedelta(days=30), events.window.time_zone
    )
    features = customer_features(events).features
    everything = features_within(engine, features, window, events="my thinned")
    monkeypatch.setattr(embedded, "ROWS_IN_ONE_QUERY", 1_000)
    monkeypatch.setattr(embedded, "ROWS_IN_A_PART", 900)
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
