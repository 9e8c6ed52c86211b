"""A run where the data are gives the customers and the segments of an embedded one."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from sqlglot import exp
from typer.testing import CliRunner

import clustomer
from clustomer.cli import app
from clustomer.engines import DuckDB, Engine, Postgres, Spark, parse
from clustomer.errors import InputError, UsageError
from clustomer.pipeline import run
from clustomer.progress import silent
from clustomer.pushdown import push_down
from clustomer.pushdown.engines import (
    SMALL_SOURCE_BYTES,
    check_engine,
    engine_for,
    spark_options,
)
from clustomer.settings import Settings
from clustomer.versions import StoredRun

QUICK: dict[str, Any] = {"certificates": False, "facets": ("value",), "k": 3, "currency": "EUR"}
ROWS = "shop rows"


class PushdownConformance:
    """The suite; `engine` gives an open engine whose table `shop rows` has the typed rows."""

    @pytest.fixture
    def engine(self, shop) -> Iterator[Engine]:
        raise NotImplementedError

    @pytest.fixture
    def pushed(self, shop, engine: Engine, elsewhere, tmp_path: Path) -> StoredRun:
        elsewhere(engine, exp.to_table(f'"{ROWS}"'), "typed.parquet")
        run(shop.source, tmp_path / "out", settings=Settings(engine="spark", **QUICK))
        return StoredRun.open(tmp_path / "out")

    def test_it_makes_what_the_embedded_engine_makes(self, shop, pushed: StoredRun) -> None:
        assert pushed.cleaning.equals(shop.stored.cleaning)
        rules = {row["rule"]: row["rows"] for row in pushed.cleaning.to_pylist()}
        assert rules["order_sent_again"] == 2
        assert rules["implausible_amount"] == 1
        assert rules["implausible_time"] >= 2
        assert rules["duplicate_row"] > 0
        assert rules["missing_session"] > 0
        reasons = ["rule", "user_id", "product_id"]
        for name in reasons:
            theirs, ours = (
                sorted(map(str, stored.rejected[name].to_pylist()))
                for stored in (pushed, shop.stored)
            )
            assert theirs == ours
        made, expected = pushed.customers, shop.stored.customers
        assert made.column_names == expected.column_names
        assert made["user_id"].equals(expected["user_id"])
        for name in made.column_names[1:]:
            theirs, ours = (
                np.array(table[name].to_pylist(), dtype=float) for table in (made, expected)
            )
            np.testing.assert_allclose(theirs, ours, rtol=1e-9, atol=1e-9, err_msg=name)
        same = pc.equal(pushed.segments["segment_id"], shop.stored.segments["segment_id"])
        assert pc.mean(pc.cast(same, pa.float64())).as_py() >= 0.9999
        everyone = pq.read_table([str(p) for p in pushed.population_files("segments")])
        everyone = everyone.sort_by("user_id")
        assert everyone["user_id"].equals(pushed.segments["user_id"])
        assert everyone["segment_id"].equals(pushed.segments["segment_id"])
        figures = {part["segment_id"]: part for part in pushed.population.to_pylist()}
        for part in shop.stored.manifest.segments:
            assert figures[part.segment_id]["customers"] == part.customers
            assert figures[part.segment_id]["share"] == pytest.approx(part.share)
            assert figures[part.segment_id]["revenue"] == pytest.approx(part.revenue)
        assert "whole-shop" not in (pushed.path / "reports/report.html").read_text()
        assert clustomer.verify(pushed.path).holds

    @pytest.mark.parametrize(
        ("user_id", "expected"),
        [
            ("'17850.0'", "'17850.0', a number with decimals"),
            ("1.2345678901234567e17", "without its last digits"),
        ],
    )
    def test_ids_that_lost_digits_are_refused(
        self, engine: Engine, user_id: str, expected: str
    ) -> None:
        names = engine.columns(ROWS).names
        kind = "VARCHAR" if user_id.startswith("'") else "DOUBLE"
        columns = (f"CAST({user_id} AS {kind}) AS user_id" if n == "user_id" else n for n in names)
        engine.create_table("odd", parse(f'SELECT {", ".join(columns)} FROM "{ROWS}"'))
        columns_there, settings = engine.columns("odd"), Settings(engine="spark", **QUICK)
        with DuckDB() as embedded, pytest.raises(InputError, match=expected):
            push_down(
                *(engine, exp.to_table("odd"), columns_there, "odd"),
                settings=settings,
                embedded=embedded,
                progress=silent(),
            )


class TestDuckDB(PushdownConformance):
    @pytest.fixture
    def engine(self, shop) -> Iterator[DuckDB]:
        with DuckDB(threads=2) as opened:
            opened.register("typed", pq.read_table(shop.source))
            opened.execute(f'CREATE TABLE "{ROWS}" AS FROM typed')
            yield opened

    def test_a_sample_is_told_of_and_everyone_is_counted(
        self, shop, engine: DuckDB, elsewhere, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        elsewhere(engine, exp.to_table(f'"{ROWS}"'), "typed.parquet")
        everyone = shop.stored.customers.num_rows
        monkeypatch.setattr("clustomer.pushdown.engines.LEAST_SAMPLE", 10)
        settings = Settings(engine="spark", sample=everyone // 2, **QUICK)
        run(shop.source, tmp_path / "out", settings=settings)
        stored = StoredRun.open(tmp_path / "out")
        sampled = stored.customers.num_rows
        assert 0.3 * everyone < sampled < 0.7 * everyone
        # each customer of the sample has the features that the whole shop gives
        expected = shop.stored.customers.filter(
            pc.is_in(shop.stored.customers["user_id"], stored.customers["user_id"].combine_chunks())
        )
        assert stored.customers.equals(expected)
        assert pc.sum(stored.population["customers"]).as_py() == everyone
        total = pc.sum(shop.stored.customers["revenue"]).as_py()
        assert pc.sum(stored.population["revenue"]).as_py() == pytest.approx(total)
        text = (stored.path / "reports/business_insights.md").read_text()
        assert f"{sampled:,} of {everyone:,} customers, drawn by their ids" in text
        assert "## The whole shop" in text
        verified = clustomer.verify(stored.path, deep=True)
        assert verified.holds, verified.differences[:3]
        with pytest.raises(InputError, match=r"tells of a sample.*population"):
            clustomer.publish_segments(stored.path, tmp_path / "segments.duckdb")

    def test_a_count_of_everyone_that_was_changed_is_found(self, pushed: StoredRun) -> None:
        [file] = pushed.population_files("segments")
        table = pq.read_table(file)
        pq.write_table(table.slice(1), file)
        places = {difference.place for difference in clustomer.verify(pushed.path).differences}
        assert any(place.startswith("population/: ") for place in places)

    @pytest.mark.parametrize(
        ("column", "value", "expected"),
        [
            ("event_time", "'2020-01-01'", "a timestamp was expected"),
            ("price", "'1.5'", "a number was expected"),
            ("product_id", "1.5", "text or a whole number was expected"),
        ],
    )
    def test_a_column_without_its_type_is_refused(
        self, engine: DuckDB, elsewhere, tmp_path: Path, column: str, value: str, expected: str
    ) -> None:
        kind = "VARCHAR" if value.startswith("'") else "DOUBLE"
        engine.execute(
            f"CREATE OR REPLACE TABLE odd AS SELECT * REPLACE (CAST({value} AS {kind}) AS {column})"
            f' FROM "{ROWS}"'
        )
        elsewhere(engine, exp.to_table("odd"), "odd.parquet")
        with pytest.raises(InputError, match=expected):
            run("odd.parquet", tmp_path / "out", settings=Settings(engine="spark", **QUICK))
        assert not list((tmp_path).rglob("run.json"))


class TestPostgres(PushdownConformance):
    @pytest.fixture
    def engine(self, shop, postgres: Postgres) -> Postgres:
        postgres.register(ROWS, pq.read_table(shop.source))
        return postgres


class TestSpark(PushdownConformance):
    @pytest.fixture
    def engine(self, shop, spark: Spark) -> Iterator[Spark]:
        with Spark(spark.session) as engine:
            engine.read_parquet(ROWS, str(shop.source))
            yield engine


def test_options_that_make_no_sense_are_refused() -> None:
    for settings, message in (
        (Settings(engine="sparc"), "Did you mean `spark`"),
        (Settings(master="local[9]"), "Add --engine spark"),
        (Settings(engine="postgres", master="local[9]"), "is of Spark"),
        (Settings(engine="spark", id_map="ids.csv"), "--id-map cannot be given"),
        (Settings(engine="spark", sample=10), "at least 1,000"),
    ):
        with pytest.raises(UsageError, match=message):
            check_engine(settings)


def test_a_source_of_another_engine_is_refused() -> None:
    for source, settings, message in (
        ("events.parquet", Settings(engine="postgres"), "postgresql://user@host"),
        ("postgresql://host/shop", Settings(engine="spark"), "Expected Parquet"),
        ("events.parquet", Settings(engine="spark", table="t"), "Leave it out"),
    ):
        with pytest.raises(UsageError, match=message), engine_for(source, settings):
            pass


def test_java_compiles_less_for_a_small_source_of_this_machine(tmp_path: Path) -> None:
    (tmp_path / "day=1").mkdir()
    (tmp_path / "day=1" / "part.parquet").write_bytes(b"1234")
    here = Settings(engine="spark")
    for source in (tmp_path, tmp_path / "*" / "*.parquet"):
        assert "spark.driver.extraJavaOptions" in spark_options(here, str(source))
    with (tmp_path / "large.parquet").open("wb") as file:
        file.truncate(SMALL_SOURCE_BYTES)
    for source in (str(tmp_path), "s3a://shop/events", str(tmp_path / "none.parquet")):
        assert "spark.driver.extraJavaOptions" not in spark_options(here, source)
    assert spark_options(Settings(engine="spark", master="spark://h:7077"), str(tmp_path)) == {}


def test_the_command_reads_a_table_of_a_server(
    shop, postgres: Postgres, postgres_server: str, tmp_path: Path
) -> None:
    postgres.register("arrived", pq.read_table(shop.source))
    postgres.rows('CREATE TABLE public."My Events" AS SELECT * FROM arrived')
    out = tmp_path / "out"
    try:
        done = CliRunner().invoke(
            app,
            ["run", postgres_server, "--engine", "postgres", "--table", '"My Events"', "--k", "3",
             "--no-certificates", "--facets", "value", "--out", str(out)],
        )  # fmt: skip
    finally:
        postgres.rows('DROP TABLE public."My Events"')
    assert done.exit_code == 0, done.output
    assert StoredRun.open(out).segments["segment_id"].equals(shop.stored.segments["segment_id"])
