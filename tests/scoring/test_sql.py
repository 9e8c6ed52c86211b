"""The definition as one SELECT: the same segments from the shop's own table, on three systems."""

import json
import re
import shutil
from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from chdb.session import Session
from sqlglot import exp
from typer.testing import CliRunner

import clustomer
from clustomer.cli import app
from clustomer.engines import DIALECTS, Postgres, Spark, query_tables
from clustomer.errors import InputError, UsageError
from clustomer.events import EventSchema
from clustomer.events.typed import utc_offset
from clustomer.scoring import segments_sql, write_dbt_package
from clustomer.scoring.raw_events import raw_parts
from clustomer.versions import StoredRun

TYPED = """
    SELECT TRY_CAST(REPLACE(event_time, ' UTC', '') AS TIMESTAMP) AS event_time, event_type,
        NULLIF(product_id, '') AS product_id, NULLIF(category_id, '') AS category_id,
        NULLIF(category_code, '') AS category_code, NULLIF(brand, '') AS brand,
        TRY_CAST(price AS DECIMAL(18, 4)) AS price, TRY_CAST(user_id AS BIGINT) AS user_id,
        NULLIF(user_session, '') AS user_session
    FROM READ_PARQUET('{}')
    WHERE TRY_CAST(price AS DOUBLE) IS NOT NULL OR LOWER(price) IN ('', 'n/a')
"""


@pytest.fixture(scope="module")
def published(results: Path) -> list[dict[str, object]]:
    columns = ["user_id", "segment_id", "segment", "cluster", "distance", "border_distance"]
    return StoredRun.open(results).segments.select(columns).to_pylist()


@pytest.fixture(scope="module")
def rows(shop: Path) -> pa.Table:
    """The rows of the shop as a database has them: flawed, but typed."""
    with duckdb.connect() as connection:
        return connection.sql(TYPED.format(shop)).to_arrow_table()


def same(ours: list[dict[str, object]], theirs: list[dict[str, object]]) -> bool:
    exact = ("user_id", "segment_id", "segment", "cluster")
    near = ("distance", "border_distance")
    theirs = sorted(theirs, key=lambda row: str(row["user_id"]))
    return [[row[name] for name in exact] for row in ours] == [
        [row[name] for name in exact] for row in theirs
    ] and all(
        a[name] is b[name] or a[name] == pytest.approx(b[name], rel=1e-7, abs=1e-9)
        for a, b in zip(ours, theirs, strict=True)
        for name in near
    )


def test_from_the_shops_own_table_in_duckdb(
    results: Path, rows: pa.Table, published: list[dict[str, object]]
) -> None:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.register("shop_rows", rows)
        text = segments_sql(results, table="shop_rows")
        answer = connection.sql(text).order("user_id").to_arrow_table().to_pylist()
    assert answer == published


def test_with_parameters(results: Path, rows: pa.Table, published: list[dict[str, object]]) -> None:
    window = StoredRun.open(results).window
    with duckdb.connect() as connection:
        connection.register("shop_rows", rows)
        text = segments_sql(results, table="shop_rows", parameters=True)
        bounds = {"window_start": window.start, "window_cutoff": window.cutoff}
        answer = connection.execute(text, bounds).fetchall()
    assert sorted(row[:2] for row in answer) == [
        (row["user_id"], row["segment_id"]) for row in published
    ]


def test_another_period_is_what_scoring_says(results: Path, shop: Path, rows: pa.Table) -> None:
    cutoff = (StoredRun.open(results).window.cutoff).replace(hour=0, minute=0, second=0)
    log = pq.read_table(shop)
    with duckdb.connect() as connection:
        connection.register("shop_rows", rows)
        text = segments_sql(results, table="shop_rows", cutoff=cutoff.isoformat())
        answer = connection.sql(text).order("user_id").to_arrow_table().to_pylist()
    scored = clustomer.score(results, log, cutoff=cutoff.isoformat()).table
    assert answer == scored.drop_columns(["unlike"]).to_pylist()


def test_in_postgresql(
    results: Path, rows: pa.Table, published: list[dict[str, object]], postgres: Postgres
) -> None:
    postgres.register("shop_rows", rows)
    text = segments_sql(results, "postgres", table="shop_rows")
    with postgres.connection.cursor() as cursor:
        cursor.execute(text)
        answer = cursor.fetch_arrow_table().to_pylist()
    assert same(published, answer)


def test_in_spark(
    results: Path,
    rows: pa.Table,
    published: list[dict[str, object]],
    tmp_path: Path,
    spark: Spark,
) -> None:
    pq.write_table(rows, tmp_path / "rows.parquet")
    with Spark(spark.session) as engine:
        engine.read_parquet("shop_rows", str(tmp_path / "rows.parquet"))
        text = segments_sql(results, "spark", table="shop_rows")
        answer = engine.session.sql(text).toArrow().to_pylist()
    assert same(published, answer)


@pytest.mark.parametrize("clean", [False, True])
def test_in_clickhouse(
    results: Path,
    rows: pa.Table,
    published: list[dict[str, object]],
    tmp_path: Path,
    clean: bool,
) -> None:
    source = tmp_path / "rows.parquet"
    pq.write_table(rows, source)
    if clean:
        [source] = StoredRun.open(results).event_files
    session = Session()
    try:
        session.query("CREATE DATABASE shop ENGINE = Atomic")
        session.query(
            f"CREATE TABLE shop.rows ENGINE = Memory AS SELECT * FROM file('{source}', Parquet)"
        )
        text = segments_sql(results, "clickhouse", table="shop.rows", clean=clean)
        written = tmp_path / "answer.parquet"
        written.write_bytes(session.query(text + "FORMAT Parquet", "Parquet").bytes())
    finally:
        session.cleanup()
    assert same(published, pq.read_table(written).to_pylist())


@pytest.mark.parametrize("dialect", DIALECTS)
def test_each_step_is_said_in_every_dialect(results: Path, dialect: str) -> None:
    text = segments_sql(results, dialect, table="shop.rows")
    assert text.count("\n-- ") > 20
    for step in (
        "period",
        "known_rows",
        "visit_moments",
        "events",
        "measures",
        "customers",
        "labels",
    ):
        assert f"{step} AS" in text
    # the window stands in one place, and once in the comment
    assert text.count("2020-") + text.count("2019-") == 3
    if dialect == "redshift":
        assert "FILTER" not in text
    if dialect == "bigquery":
        assert "DATE_DIFF" not in text


def test_what_sql_cannot_say_is_refused(results: Path) -> None:
    with pytest.raises(UsageError, match="no dialect `oracle`"):
        segments_sql(results, "oracle")
    with pytest.raises(UsageError, match="Leave one out"):
        segments_sql(results, cutoff="2020-01-01", parameters=True)


def test_readings_that_sql_cannot_repeat_are_refused() -> None:
    schema = EventSchema(name="x", columns={"event_time": "at", "user_id": "who"}, unnest="items")
    with pytest.raises(InputError, match="lists inside of rows; amounts of a whole order"):
        raw_parts(
            schema,
            exp.to_table("t"),
            price_is="order",
            needs_products=False,
            time_zone="UTC",
            around=datetime(2024, 1, 1),
        )


def test_the_shops_clock_is_put_forward_and_back() -> None:
    moments = [
        datetime(2024, 3, 31, 0, 59, 59),
        datetime(2024, 3, 31, 1),
        datetime(2024, 10, 27, 1),
    ]
    table = pa.table({"event_time": moments})
    query = exp.select(exp.alias_(utc_offset("Europe/Berlin", datetime(2024, 6, 1)), "ahead"))
    answer = query_tables(query.from_("times"), times=table)["ahead"].to_pylist()
    assert answer == [3600, 7200, 3600]


def test_the_command(results: Path, tmp_path: Path) -> None:
    out = tmp_path / "segments.sql"
    call = ["sql", str(results), "--dialect", "trino", "--table", "a.b", "--out", str(out)]
    done = CliRunner().invoke(app, call)
    assert done.exit_code == 0, done.output
    assert out.read_text(encoding="utf-8") == segments_sql(results, "trino", table="a.b")
    printed = CliRunner().invoke(app, ["sql", str(results), "--clean"])
    assert printed.stdout == segments_sql(results, clean=True)


def test_the_dbt_package_holds_the_same_query(
    results: Path, rows: pa.Table, published: list[dict[str, object]], tmp_path: Path
) -> None:
    call = ["sql", str(results), "--dbt", str(tmp_path / "package"), "--table", "shop_rows"]
    done = CliRunner().invoke(app, call)
    assert done.exit_code == 0, done.output
    project = (tmp_path / "package" / "dbt_project.yml").read_text(encoding="utf-8")
    variables = dict(re.findall(r'^    (clustomer_\w+): "(.*)"$', project, re.MULTILINE))
    model = (tmp_path / "package" / "models" / "customer_segments.sql").read_text(encoding="utf-8")
    assert set(re.findall(r'{{ var\("(\w+)"\) }}', model)) == set(variables)
    text = re.sub(r'{{ var\("(\w+)"\) }}', lambda m: variables[m[1]], model)
    with duckdb.connect() as connection:
        connection.register("shop_rows", rows)
        answer = connection.sql(text).order("user_id").to_arrow_table().to_pylist()
    assert answer == published
    schema = json.loads((tmp_path / "package" / "models" / "schema.yml").read_text())
    columns = {column["name"]: column for column in schema["models"][0]["columns"]}
    assert list(columns) == list(published[0])
    assert "unique" in columns["user_id"]["data_tests"]
    assert CliRunner().invoke(app, call).exit_code != 0


def test_postgresql_is_told_to_hash_its_joins(results: Path, tmp_path: Path) -> None:
    # 70,000 events took more than 200 s row by row, and 9 s hashed
    lines = segments_sql(results, "postgres").splitlines()
    assert [line for line in lines if "nestloop" in line] == [
        "-- First, in the same session: SET enable_nestloop = off;"
    ]
    for dialect in ("postgres", "snowflake"):
        write_dbt_package(results, tmp_path / dialect, dialect=dialect)
        project = (tmp_path / dialect / "dbt_project.yml").read_text(encoding="utf-8")
        hook = '+pre-hook: "SET LOCAL enable_nestloop = off"'
        assert (hook in project) == (dialect == "postgres")


def test_a_name_that_dbt_would_run_is_refused(results: Path, tmp_path: Path) -> None:
    shutil.copytree(results, tmp_path / "renamed", symlinks=True)
    clustomer.rename(tmp_path / "renamed", "S1", "{{ env_var('HOME') }}")
    with pytest.raises(UsageError, match="take for a template"):
        write_dbt_package(tmp_path / "renamed", tmp_path / "package")
    assert not (tmp_path / "package").exists()
