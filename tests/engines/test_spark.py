"""Spark as an engine: the same definition gives the same customers, and the same segments."""

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from engine_conformance import EngineConformance

from clustomer.customers import features_within
from clustomer.engines import DuckDB, Spark, parse
from clustomer.errors import InputError, OutputError, UsageError
from clustomer.segments import assign, assignment_query, segment


class TestSpark(EngineConformance):
    @pytest.fixture
    def engine(self, spark: Spark) -> Iterator[Spark]:
        with Spark(spark.session) as engine:
            yield engine

    def test_a_skewed_log_in_late_partitions_gives_the_same_segments(
        self, engine: Spark, shop, tmp_path: Path
    ) -> None:
        # a third of the customers become one
        ids = shop.events["user_id"].to_pylist()
        crowd = set(sorted(set(ids))[::3])
        place = shop.events.schema.get_field_index("user_id")
        skewed = shop.events.set_column(
            place, "user_id", pa.array(["crowd" if name in crowd else name for name in ids])
        )
        order = np.random.default_rng(5).permutation(skewed.num_rows)
        # by the day on which rows arrived: each has events of every day, and the last comes late
        days = np.array_split(order, 3)
        for day, places in enumerate(days):
            folder = tmp_path / f"arrived=2020-03-0{day + 1}"
            folder.mkdir()
            pq.write_table(skewed.take(places), folder / "part-0.parquet")
            if day == 1:
                engine.read_parquet("events", str(tmp_path))
                assert engine.session.table("events").count() == len(days[0]) + len(days[1])
        engine.read_parquet("events", str(tmp_path))
        assert engine.session.table("events").count() == skewed.num_rows
        features, window = shop.customers.features, shop.customers.window
        with DuckDB(threads=1) as embedded:
            embedded.register("events", skewed)
            expected = features_within(embedded, features, window)
        made = features_within(engine, features, window)
        assert made.table["user_id"].equals(expected.table["user_id"])
        assert "crowd" in made.table["user_id"].to_pylist()
        for name in made.table.column_names[1:]:
            theirs, ours = (
                np.array(table[name].to_pylist(), dtype=float)
                for table in (made.table, expected.table)
            )
            np.testing.assert_allclose(theirs, ours, rtol=1e-9, atol=1e-9, err_msg=name)
        rule = segment(expected, k=4).rule
        engine.register("customers", made.table)
        labels = engine.query(assignment_query(rule).order_by("user_id"))
        right = assign(expected.table, rule)
        assert len(set(right["cluster"].to_pylist())) >= 4
        assert labels["user_id"].to_pylist() == right["user_id"].to_pylist()
        assert labels["cluster"].to_pylist() == right["cluster"].to_pylist()

    def test_what_is_added_takes_the_types_of_the_table(self, engine: Spark) -> None:
        engine.create_table("kept", parse("SELECT CAST(1 AS BIGINT) AS n"))
        engine.append("kept", parse("SELECT CAST(2 AS DOUBLE) AS m"))
        kept = engine.query(parse("SELECT n FROM kept ORDER BY n"))
        assert kept.schema.field("n").type == pa.int64()
        assert kept["n"].to_pylist() == [1, 2]

    def test_what_is_kept_ends_its_plan(self, engine: Spark) -> None:
        engine.create_table("typed", parse("SELECT CAST(1 AS BIGINT) AS n"), by="n")
        engine.create_table("kept", parse("SELECT n, COUNT(*) AS rows FROM typed GROUP BY n"))
        engine.append("kept", parse("SELECT CAST(2 AS BIGINT) AS n, CAST(1 AS BIGINT) AS rows"))
        plan = engine.session.table("kept")._jdf.queryExecution().optimizedPlan().toString()
        assert plan.startswith("LogicalRDD")
        assert len(plan.splitlines()) == 1

    def test_rows_that_are_together_by_customer_need_not_move(self, engine: Spark) -> None:
        engine.create_table("kept", parse("SELECT 'a' AS user_id, 1 AS n"), by="user_id")
        days = parse(
            "WITH days AS (SELECT user_id, n, COUNT(*) AS times FROM kept GROUP BY user_id, n) "
            "SELECT k.user_id AS user_id, k.n AS n, d.times AS times FROM kept AS k JOIN days AS d "
            "ON k.user_id = d.user_id AND k.n = d.n"
        )
        engine.create_table("days", days, by="user_id")
        for table in ("kept", "days"):
            rows = engine.session.sql(f"SELECT user_id, n, COUNT(*) FROM {table} GROUP BY 1, 2")
            assert "Exchange" not in rows._jdf.queryExecution().executedPlan().toString()
        # what the session was set to holds again
        assert engine.session.conf.get("spark.sql.adaptive.enabled") == "false"
        assert engine.session.conf.get("spark.sql.optimizer.excludedRules", None) is None

    def test_a_source_that_is_damaged_stops_it_in_our_words(
        self, engine: Spark, tmp_path: Path
    ) -> None:
        path = tmp_path / "events.parquet"
        numbers = np.random.default_rng(0).integers(0, 10**12, 50_000)
        pq.write_table(pa.table({"n": numbers}), path, compression="snappy")
        size = path.stat().st_size
        with path.open("r+b") as file:
            file.seek(size // 3)
            file.write(b"\xff" * (size // 3))
        engine.read_parquet("damaged", path.as_uri())
        with pytest.raises(
            InputError, match=r"Spark stopped: .* Check that the source can be read"
        ):
            engine.create_table("kept", parse("SELECT n FROM damaged"))

    def test_what_a_machine_lacks_is_said(self, engine: Spark) -> None:
        full = "SELECT RAISE_ERROR('java.io.IOException: No space left on device') AS n"
        engine.session.sql(full).createOrReplaceTempView("full")
        with pytest.raises(OutputError, match=r"too little memory or room .*spark\.driver\.memory"):
            engine.query(parse("SELECT n FROM full"))

    def test_a_column_that_is_always_empty_can_be_added_to(self, engine: Spark) -> None:
        empty = "CAST(NULL AS VARCHAR) AS order_id"
        engine.create_table("typed", parse(f"SELECT CAST(1 AS BIGINT) AS n, {empty}"))
        fields = "CAST(n AS VARCHAR) AS n, CAST(order_id AS VARCHAR) AS order_id"
        engine.create_table("kept", parse(f"SELECT {fields} FROM typed WHERE n > 1"))
        engine.append("kept", parse(f"SELECT '2' AS n, {empty}"))
        kept = engine.query(parse("SELECT n, order_id FROM kept"))
        assert kept.to_pylist() == [{"n": "2", "order_id": None}]


def test_the_session_that_is_given_keeps_its_own(spark: Spark) -> None:
    theirs = spark.session
    theirs.sql("SELECT 1 AS n").createOrReplaceTempView("customers")
    with Spark(theirs) as engine:
        engine.create_table("customers", parse("SELECT 2 AS n"))
        assert engine.query(parse("SELECT n FROM customers"))["n"].to_pylist() == [2]
    assert theirs.table("customers").toArrow()["n"].to_pylist() == [1]


def test_it_starts_once_and_takes_settings_then(spark: Spark) -> None:
    with pytest.raises(UsageError, match=r"at local\[2\].*Give its session"):
        Spark("local[1]")
    with pytest.raises(UsageError, match="Leave `options` out"):
        Spark(spark.session, options={"spark.driver.memory": "2g"})


def test_without_java_the_error_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.setattr("pyspark.SparkContext._active_spark_context", None)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(UsageError, match="Java 17 or later"):
        Spark()


def test_without_the_extra_the_error_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyspark", None)
    with pytest.raises(UsageError, match=r"clustomer\[spark\]"):
        Spark()
