"""What every engine must do, as one suite: a test class inherits it and says how to open one."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlglot
from facet_views import facets_seen

from clustomer.customers import features_within
from clustomer.engines import DIALECTS, Engine, NotPortableError, parse
from clustomer.events import CleanEvents
from clustomer.facets.finding import VIEWS
from clustomer.lifecycle import lifecycle_stages

PEOPLE = pa.table(
    {
        "user_id": ["b", "a", "ä", None],
        "orders": pa.array([2, 1, None, 0], pa.int64()),
        "spent": pa.array(
            [Decimal("10.5000"), None, Decimal("-0.0001"), Decimal(0)], pa.decimal128(18, 4)
        ),
        "seen": pa.array(
            [datetime(2024, 1, 2, 3, 4, 5), None, datetime(1999, 12, 31), None], pa.timestamp("us")
        ),
        "loyal": [True, False, None, True],
    }
)


class EngineConformance:
    """The suite; `engine` is a fixture that gives an open engine without tables."""

    @pytest.fixture
    def engine(self) -> Iterator[Engine]:
        raise NotImplementedError

    def test_it_speaks_a_dialect_of_the_definitions(self, engine: Engine) -> None:
        assert engine.dialect in DIALECTS
        answer = engine.query(parse("SELECT CAST(7 AS DOUBLE) / 2 AS half"))
        assert answer.to_pylist() == [{"half": 3.5}]

    def test_what_is_not_portable_is_refused(self, engine: Engine) -> None:
        with pytest.raises(NotPortableError, match="MEDIAN"):
            engine.query(sqlglot.parse_one("SELECT MEDIAN(x) FROM t", read="duckdb"))

    def test_registered_rows_come_back_as_they_were(self, engine: Engine) -> None:
        engine.register("people", PEOPLE)
        back = engine.query(parse("SELECT user_id, orders, loyal, seen FROM people"))
        assert sorted(back.to_pylist(), key=str) == sorted(
            PEOPLE.drop_columns("spent").to_pylist(), key=str
        )
        money = engine.query(
            parse(
                "SELECT CAST(SUM(spent) * 10000 AS BIGINT) AS total, COUNT(spent) AS n FROM people"
            )
        )
        assert money.to_pylist() == [{"total": 104999, "n": 3}]

    def test_a_name_can_be_registered_anew_and_forgotten(self, engine: Engine) -> None:
        counted = parse("SELECT COUNT(*) AS n FROM people")
        engine.register("people", PEOPLE)
        engine.register("people", PEOPLE.slice(0, 1))
        assert engine.query(counted).to_pylist() == [{"n": 1}]
        engine.unregister("people")
        engine.register("people", PEOPLE)
        assert engine.query(counted).to_pylist() == [{"n": 4}]

    def test_a_table_is_kept_replaced_added_to_and_dropped(self, engine: Engine) -> None:
        rows = parse("SELECT n FROM kept ORDER BY n")
        engine.create_table("kept", parse("SELECT 1 AS n"))
        engine.create_table("kept", parse("SELECT 2 AS n"))
        engine.append("kept", parse("SELECT 3 AS n"))
        assert engine.query(rows)["n"].to_pylist() == [2, 3]
        engine.drop("kept")
        engine.create_table("kept", parse("SELECT 4 AS n"))
        assert engine.query(rows)["n"].to_pylist() == [4]

    def test_any_name_will_do(self, engine: Engine) -> None:
        name = 'my "half"; DROP TABLE x'
        engine.register("people", PEOPLE)
        quoted = name.replace('"', '""')
        engine.create_table(name, parse("SELECT user_id FROM people"))
        engine.append(name, parse("SELECT user_id FROM people"))
        assert engine.query(parse(f'SELECT COUNT(*) AS n FROM "{quoted}"')).to_pylist() == [
            {"n": 8}
        ]
        engine.drop(name)

    def test_columns_and_their_types(self, engine: Engine) -> None:
        engine.register("people", PEOPLE)
        engine.create_table("kept", parse("SELECT user_id, orders, seen, loyal, spent FROM people"))
        columns = engine.columns("kept")
        assert columns.names == ["user_id", "orders", "seen", "loyal", "spent"]
        user, orders, seen, loyal, spent = columns.types
        assert pa.types.is_string(user)
        assert pa.types.is_int64(orders)
        assert pa.types.is_timestamp(seen)
        assert pa.types.is_boolean(loyal)
        assert pa.types.is_decimal(spent)

    def test_parquet_holds_every_row_sorted(self, engine: Engine, tmp_path: Path) -> None:
        rows = pa.table({"user_id": [f"u{i % 50:02}" for i in range(400)], "n": list(range(400))})
        engine.register("arrived", rows)
        engine.create_table("log", parse("SELECT user_id, n FROM arrived"), by="user_id")
        for folder in (tmp_path / "first", tmp_path / "again"):
            engine.write_parquet(parse("SELECT user_id, n FROM log"), folder, by="user_id")
            files = sorted(folder.iterdir())
            assert [path.name for path in files] == [
                f"part-{number:05}.parquet" for number in range(len(files))
            ]
            parts = [pq.read_table(path) for path in files]
            assert all(
                part["user_id"].to_pylist() == sorted(part["user_id"].to_pylist()) for part in parts
            )
            assert sorted(n for part in parts for n in part["n"].to_pylist()) == list(range(400))

    def test_what_is_read_twice_and_what_shares_its_name(self, engine: Engine) -> None:
        engine.create_table("log", parse("SELECT 1 AS n"))
        query = parse(
            "WITH log AS (SELECT n + 1 AS n FROM log), sums AS (SELECT n, COUNT(*) AS c FROM log "
            "GROUP BY n) SELECT a.n AS n, b.c AS c FROM sums AS a JOIN sums AS b ON a.n = b.n"
        )
        assert engine.query(query).to_pylist() == [{"n": 2, "c": 1}]

    def test_parts_hold_every_row_once_and_a_customer_whole(self, engine: Engine) -> None:
        rows = pa.table({"user_id": [f"u{i % 50}" for i in range(400)], "n": list(range(400))})
        engine.register("arrived", rows)
        engine.create_table("log", parse("SELECT user_id, n FROM arrived"))
        assert engine.parts("log") == 1
        taken = []
        for number in range(3):
            engine.take_part("part", "log", key="user_id", number=number, parts=3)
            taken.append(engine.query(parse("SELECT user_id, n FROM part")).to_pydict())
        assert sorted(n for part in taken for n in part["n"]) == list(range(400))
        owners = [set(part["user_id"]) for part in taken]
        assert sum(map(len, owners)) == 50
        assert all(owners)
        engine.drop("part")

    def test_the_same_events_give_the_same_customers(self, engine: Engine, shop) -> None:
        expected = shop.customers
        engine.register("arrived", shop.events)
        names = ", ".join(shop.events.column_names)
        engine.create_table("events", parse(f"SELECT {names} FROM arrived"))
        made = features_within(engine, expected.features, expected.window)
        assert made.table.column_names == expected.table.column_names
        assert made.table["user_id"].equals(expected.table["user_id"])
        for name in made.table.column_names[1:]:
            theirs, ours = (
                np.array(table[name].to_pylist(), dtype=float)
                for table in (made.table, expected.table)
            )
            np.testing.assert_allclose(theirs, ours, rtol=1e-9, atol=1e-9, err_msg=name)
        assert made.shop == pytest.approx(expected.shop)

    def test_the_same_events_give_the_same_stages(self, engine: Engine, shop) -> None:
        engine.register("arrived", shop.events)
        names = ", ".join(shop.events.column_names)
        engine.create_table("events", parse(f"SELECT {names} FROM arrived"))
        made = lifecycle_stages(CleanEvents(engine, shop.customers.window))
        assert made.table.equals(shop.lifecycle.table)
        assert made.to_json() == shop.lifecycle.to_json()
        at_once = engine.query(made.query)
        assert sorted(at_once["stage"].to_pylist()) == sorted(made.table["stage"].to_pylist())

    def test_the_same_events_are_seen_alike_by_every_facet(self, engine: Engine, shop) -> None:
        engine.register("arrived", shop.events)
        names = ", ".join(shop.events.column_names)
        engine.create_table("events", parse(f"SELECT {names} FROM arrived"))
        seen = facets_seen(engine, shop.customers.window)
        assert seen.keys() == shop.seen.keys() == {view.name for view in VIEWS}
        for view, (bins, shares) in seen.items():
            assert bins == shop.seen[view][0]
            assert shares["user_id"].equals(shop.seen[view][1]["user_id"]), view
            assert shares.num_rows > 20
            for name in shares.column_names[1:]:
                theirs, ours = shares[name].to_numpy(), shop.seen[view][1][name].to_numpy()
                np.testing.assert_allclose(theirs, ours, rtol=1e-9, err_msg=f"{view} {name}")
