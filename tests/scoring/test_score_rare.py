"""Rare kinds in new data: the same events give exactly the same kinds, by every door."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from test_sql import TYPED

import clustomer
from clustomer.engines import DIALECTS
from clustomer.events import read_events
from clustomer.facets import RareKind
from clustomer.pipeline import run
from clustomer.scoring import Scorer, segments_sql, write_dbt_package
from clustomer.scoring.export import as_text
from clustomer.scoring.rare import ScoredRare
from clustomer.scoring.whole import whole_query
from clustomer.settings import Settings
from clustomer.versions import StoredRun
from facet_worlds import FacetWorld

WORLD = FacetWorld("test-few", "rare", "rare", 3, customers=2_000, visits=6)
SETTINGS = Settings(
    certificates=False,
    k_range=(2, 5),
    facets=("rare",),
    features=("recency_days", "sessions", "orders", "carts"),
)
COLUMNS = ["user_id", "segment_id", "segment", "cluster", "rare_segment_id", "rare_segment"]
BY_HAND = ScoredRare(
    (
        RareKind("rare:1", "most_of_one_product", 1.5, 30, 2.0, 1.0, 0.9, 0.1, 30),
        RareKind("rare:2", "revenue", 200.0, 30, 9.0, 1.0, 0.9, 0.1, 30),
    ),
    {"rare:1": "One's own", "rare:2": "Revenue"},
)


@pytest.fixture(scope="module")
def few_log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("few") / "few.parquet"
    pq.write_table(WORLD.draw(0)[0], path)
    return path


@pytest.fixture(scope="module")
def few_results(few_log: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("few-results")
    run(few_log, out, settings=SETTINGS)
    return out


@pytest.fixture(scope="module")
def published(few_results: Path) -> list[dict[str, object]]:
    table = StoredRun.open(few_results).segments.select(COLUMNS)
    assert pc.count_distinct(table["rare_segment_id"]).as_py() == 2
    return table.to_pylist()


def test_the_same_events_give_the_published_kinds(
    few_results: Path, few_log: Path, published: list[dict[str, object]]
) -> None:
    scored = clustomer.score(few_results, few_log)
    assert scored.table.select(COLUMNS).to_pylist() == published
    assert (scored.facets, scored.facets_left_out) == (("rare",), ())


def test_the_select_gives_them_from_the_shops_own_table(
    few_results: Path, few_log: Path, published: list[dict[str, object]]
) -> None:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.register("shop_rows", _typed(few_log))
        query = connection.sql(segments_sql(few_results, table="shop_rows"))
        assert query.order("user_id").to_arrow_table().select(COLUMNS).to_pylist() == published


@pytest.mark.parametrize("engine", ["postgres", "spark"])
def test_servers_give_what_duckdb_gives(
    results: Path, shop: Path, engine: str, request: pytest.FixtureRequest
) -> None:
    definition = replace(Scorer.open(results).definition, rare=BY_HAND)
    query, comments = whole_query(definition, "shop_rows", clean=False)
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        rows = connection.sql(TYPED.format(shop)).to_arrow_table()
        connection.register("shop_rows", rows)
        text = as_text(definition, query, comments, "duckdb")
        ours = connection.sql(text).order("user_id").to_arrow_table().select(COLUMNS)
    counted = Counter(ours["rare_segment_id"].to_pylist())
    assert min(counted["rare:1"], counted["rare:2"], counted[None]) > 0
    server = request.getfixturevalue(engine)
    server.register("shop_rows", rows)
    theirs = server.query(query).sort_by("user_id").select(COLUMNS)
    assert theirs.to_pylist() == ours.to_pylist()


def test_every_dialect_says_it(results: Path) -> None:
    definition = replace(Scorer.open(results).definition, rare=BY_HAND)
    query, comments = whole_query(definition, "shop_rows", clean=False)
    for dialect in DIALECTS:
        text = as_text(definition, query, comments, dialect)
        assert "rare_segment_id" in text
        assert "-- how often customers bought the product that they bought most often" in text


def test_an_earlier_period_is_judged_by_what_lies_in_it(few_results: Path, few_log: Path) -> None:
    scorer = Scorer(replace(Scorer.open(few_results).definition, rare=BY_HAND))
    cutoff = "2023-07-02"
    events = read_events(_begun_earlier(few_log), cutoff=cutoff, window=scorer.length)
    scored = scorer.score(events)
    events.close()
    most = duckdb.sql(f"""
        SELECT user_id, MAX(n) AS most FROM (
            SELECT user_id, product_id, COUNT(*) AS n FROM READ_PARQUET('{few_log}')
            WHERE event_type = 'purchase' AND event_time < TIMESTAMPTZ '{cutoff} 00:00:00+00'
            GROUP BY user_id, product_id
        ) GROUP BY user_id
    """)  # fmt: skip
    expected = {user_id for user_id, n in most.fetchall() if n > BY_HAND.kinds[0].above}
    inside = scored.filter(pc.equal(scored["rare_segment_id"], "rare:1"))
    assert expected
    assert set(inside["user_id"].to_pylist()) == expected
    assert set(inside["rare_segment"].to_pylist()) == {"One's own"}


def test_a_log_without_products_leaves_them_out(few_results: Path, few_log: Path) -> None:
    scorer = Scorer(replace(Scorer.open(few_results).definition, rare=BY_HAND))
    bare = pq.read_table(few_log).drop_columns(["product_id", "category_code", "brand"])
    events = read_events(bare, window=scorer.length)
    scored = scorer.score(events)
    events.close()
    assert "rare_segment_id" not in scored.column_names


def test_suspected_bots_are_in_no_kind(few_results: Path, few_log: Path) -> None:
    table = pq.read_table(few_log)
    busy = table.slice(0, 1)
    minutes = pa.array(range(3_000), pa.int64())
    start = busy["event_time"].cast(pa.int64())[0].as_py()
    when = pc.add(pc.multiply(minutes, 20_000_000), start // 86_400_000_000 * 86_400_000_000)
    robot = pa.table(
        {
            **{name: [busy[name][0].as_py()] * 3_000 for name in table.column_names},
            "event_time": when.cast(pa.timestamp("us", "UTC")),
            "user_id": ["robot"] * 3_000,
            "event_type": ["purchase"] * 100 + ["view"] * 2_900,
        }
    ).select(table.column_names)
    both = pa.concat_tables([table, robot.cast(table.schema)])
    scorer = Scorer(replace(Scorer.open(few_results).definition, rare=BY_HAND))
    events = read_events(both, window=scorer.length)
    [row] = [row for row in scorer.score(events).to_pylist() if row["user_id"] == "robot"]
    events.close()
    assert (row["cluster"], row["rare_segment_id"], row["rare_segment"]) == (-1, None, None)


def test_the_dbt_package_describes_the_columns(few_results: Path, tmp_path: Path) -> None:
    package = write_dbt_package(few_results, tmp_path / "package")
    schema = (package / "models/schema.yml").read_text()
    assert '"rare_segment_id"' in schema
    assert '"rare:1"' in schema


def _typed(few_log: Path) -> pa.Table:
    query = f"""
        SELECT event_time AT TIME ZONE 'UTC' AS event_time, event_type, product_id,
            CAST(NULL AS VARCHAR) AS category_id, category_code, brand,
            CAST(price AS DECIMAL(18, 4)) AS price, user_id, user_session
        FROM READ_PARQUET('{few_log}')
    """
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        return connection.sql(query).to_arrow_table()


def _begun_earlier(log: Path) -> pa.Table:
    """Return the log with earlier events, so that a window of a year goes back as far."""
    table = pq.read_table(log)
    begin, of_time = pc.min(table["event_time"]).as_py(), table.schema.field("event_time")
    months = [begin - timedelta(days=days) for days in range(25, 176, 25)]
    early = pa.concat_tables([table.slice(0, 1)] * len(months)).set_column(
        table.column_names.index("event_time"), of_time, pa.array(months, of_time.type)
    )
    return pa.concat_tables([early, table])
