"""Segments as conditions of tools: what each says, and how often it is right."""

import json
from pathlib import Path

import numpy as np
import pyarrow.csv as pa_csv
import pytest
from typer.testing import CliRunner

from clustomer import StoredRun, tool_rules
from clustomer.cli import app
from clustomer.errors import UsageError
from clustomer.pasted_rules import TOOLS
from clustomer.pasted_rules.search import grow, holds
from clustomer.pasted_rules.tools import NOT_EXPRESSIBLE, Bounds
from clustomer.pipeline import run
from clustomer.settings import Settings
from clustomer.simulate import simulate

ORDERS, SPENT, LAST = "orders", "revenue", "purchase_recency_days"


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pasted")
    simulate(folder / "shop.parquet", events=20_000, customers=1_000, random_state=4)
    settings = Settings(k=3, k_range=(2, 3), certificates=False, facets=("value",))
    run(folder / "shop.parquet", folder / "out", settings=settings)
    return folder / "out"


def test_planted_conditions_are_found_as_they_were_planted() -> None:
    generator = np.random.default_rng(0)
    columns = {
        ORDERS: generator.integers(0, 9, 4_000).astype(float),
        LAST: generator.integers(0, 300, 4_000).astype(float),
    }
    columns[LAST][columns[ORDERS] == 0] = np.nan
    labels = np.where(columns[ORDERS] == 0, 0, np.where(columns[LAST] <= 90, 1, 2))
    grown = grow(columns, labels, buyers=(ORDERS, LAST), others=(), leaves=4)
    assert (grown.predict(columns) == labels).all()
    shopify = TOOLS["shopify"]
    written = {cluster: shopify.write([part]) for part, cluster in grown.parts}
    assert written == {
        0: "number_of_orders = 0",
        1: "last_order_date >= -90d",
        2: "last_order_date < -90d",
    }
    # who never ordered has placed zero orders in the last 90 days, too
    klaviyo = {cluster: TOOLS["klaviyo"].write([part]) for part, cluster in grown.parts}
    assert klaviyo[2].splitlines() == [
        "- Historic number of orders is at least 1 (historic_number_of_orders)",
        "- Placed Order zero times in the last 90 days",
    ]


@pytest.mark.parametrize("tool", TOOLS)
def test_the_figures_are_of_customers_that_were_not_seen(results: Path, tool: str) -> None:
    made = tool_rules(results, tool)
    stored = StoredRun.open(results)
    assert made.judged == stored.customers.num_rows // 2
    for rule in made.rules:
        good = (rule.precision or 0) >= 0.8 and (rule.recall or 0) >= 0.6
        assert rule.expressible == good == (rule.condition != NOT_EXPRESSIBLE)
    published = dict(
        zip(*(stored.segments[n].to_pylist() for n in ("user_id", "segment_id")), strict=True)
    )
    for row in made.wrong.to_pylist():
        assert published[row["user_id"]] == row["segment_id"] != row["by_rule"]
    if tool == "ga4":
        assert "amount" not in str(made.rules)
    if tool == "shopify":
        for rule in made.rules:
            assert rule.condition.count("number_of") + rule.condition.count("amount_") <= 10


def test_a_where_clause_picks_whom_it_says(results: Path) -> None:
    import duckdb

    made = tool_rules(results, "sql")
    stored = StoredRun.open(results)
    wrong = {row["user_id"]: row["by_rule"] for row in made.wrong.to_pylist()}
    published = dict(
        zip(*(stored.segments[n].to_pylist() for n in ("user_id", "segment_id")), strict=True)
    )
    customers = stored.customers
    with duckdb.connect() as connection:
        connection.register("customers", customers)
        for rule in made.rules:
            if rule.expressible:
                query = f"SELECT user_id FROM customers WHERE {rule.condition}"
                picked = {row[0] for row in connection.execute(query).fetchall()}
                assert picked == {
                    user_id
                    for user_id, segment_id in published.items()
                    if wrong.get(user_id, segment_id) == rule.segment_id
                }


def test_bounds_by_hand() -> None:
    columns = {ORDERS: np.array([0.0, 1.0, 2.0, 3.0]), SPENT: np.array([0.0, 5.0, 50.0, np.nan])}
    part = (Bounds(ORDERS, 0, 3), Bounds(SPENT, above=5.0))
    assert holds(part, columns).tolist() == [False, False, True, False]
    assert TOOLS["shopify"].clauses(part) == [
        "number_of_orders >= 1", "number_of_orders <= 3", "amount_spent > 5",
    ]  # fmt: skip


def test_the_command(results: Path, tmp_path: Path) -> None:
    out = tmp_path / "wrong.csv"
    call = ["sql", str(results), "--rules", "braze", "--out", str(out)]
    done = CliRunner().invoke(app, [*call, "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["wrong_customers"] == pa_csv.read_csv(out).num_rows
    printed = CliRunner().invoke(app, [*call[:4], "--rules", "braze"])
    assert "into the right segment. Braze counts over all time" in printed.stdout
    with pytest.raises(UsageError, match="no tool `mailchimp`"):
        tool_rules(results, "mailchimp")
