"""The same definition gives the same customers on another engine."""

import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from clustomer.customers import customer_features
from clustomer.engines import Postgres, parse
from clustomer.errors import UsageError
from clustomer.events import read_events
from clustomer.simulate import simulate


def test_a_query_runs(postgres: Postgres) -> None:
    answer = postgres.query(parse("SELECT CAST(7 AS DOUBLE) / 2 AS half"))
    assert answer.to_pylist() == [{"half": 3.5}]


def test_the_definition_agrees_with_duckdb(postgres: Postgres, tmp_path) -> None:
    simulate(tmp_path / "shop.parquet", events=6_000, random_state=3)
    with_returns = pq.read_table(tmp_path / "shop.parquet")
    # some sales come back, so that every feature is there
    sold = with_returns.filter(pa.compute.equal(with_returns["event_type"], "purchase")).slice(0, 9)
    kinds = pa.array(["return"] * sold.num_rows)
    sold = sold.set_column(sold.schema.get_field_index("event_type"), "event_type", kinds)
    events = read_events(pa.concat_tables([with_returns, sold]), time_zone="America/New_York")
    customers = customer_features(events)
    assert not customers.unavailable

    rows = events.to_arrow()
    for name in ("price", "quantity"):
        index = rows.schema.get_field_index(name)
        rows = rows.set_column(index, name, rows[name].cast(pa.string()))
    postgres.ingest("event_texts", rows)
    with postgres.connection.cursor() as cursor:
        # other tests leave a table of that name on the same server
        cursor.execute("DROP TABLE IF EXISTS events")
        cursor.execute(
            "CREATE VIEW events AS SELECT event_time, event_type, product_id, category_id, "
            "category_code, brand, CAST(price AS NUMERIC(18, 4)) AS price, user_id, user_session, "
            "CAST(quantity AS NUMERIC(18, 4)) AS quantity, order_id, is_product, utc_offset_s "
            "FROM event_texts"
        )
    theirs = postgres.query(customers.query).sort_by("user_id")

    ours = customers.table
    assert theirs["user_id"].to_pylist() == ours["user_id"].to_pylist()
    for name in ours.column_names[1:]:
        expected = np.array(ours[name].to_pylist(), dtype=float)
        found = np.array(theirs[name].to_pylist(), dtype=float)
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9, err_msg=name)
    events.close()


def test_without_the_extra_the_error_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "adbc_driver_postgresql", None)
    with pytest.raises(UsageError, match=r"clustomer\[postgres\]"):
        Postgres("postgresql://127.0.0.1/none")
