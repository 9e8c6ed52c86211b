"""NumPy makes the numbers and SQL proves them: what a reader sees is the same of both.

The two add up in another order, so that values may differ in their last bits. `verify` lets
1e-9 pass; here no digit that is shown may differ, in any shop that the tests have.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from shops import FAMILIES, Group, customer_table

from clustomer.customers import customer_features
from clustomer.engines import DuckDB
from clustomer.events import Window, read_events
from clustomer.insights import Facts, Interpretation, interpret
from clustomer.insights.facts.verification import recompute, register_tables
from clustomer.segments import rfm, segment
from clustomer.simulate import simulate

GROUPS = [
    Group(size=90),
    Group(size=60, buys=1.0, orders=5.0, value=80.0, views=40.0, sessions=6.0, carts=2.0),
    Group(size=50, buys=0.9, orders=1.2, value=12.34, returns=0.4, recency=0.05, price=1.6),
]


def generated(seed: int) -> Interpretation:
    customers = customer_table(GROUPS, days=200, families=set(FAMILIES), seed=seed)
    customers = customers.drop_columns("group")
    start = datetime(2024, 1, 1)
    window = Window(start, start + timedelta(days=200), "UTC")
    return interpret(
        customers, segment(customers, k=3, k_range=(2, 4)), window=window, currency="EUR"
    )


def simulated(folder: Path, seed: int) -> Interpretation:
    simulate(folder / "log.parquet", events=8_000, days=60, random_state=seed)
    customers = customer_features(read_events(folder / "log.parquet"))
    segmentation = rfm(customers) if seed % 2 else segment(customers, k=4, k_range=(2, 4))
    return interpret(customers, segmentation, currency="EUR")


def halves() -> Interpretation:
    """Return a shop whose means lie just between two numbers that are shown."""
    rng = np.random.default_rng(0)
    orders = rng.permutation(np.repeat([0.1, 0.15, 0.2, 0.25], 50))
    revenue = np.where(np.arange(200) % 2, 1234.5, 1234.55)
    customers = pa.table(
        {"user_id": [f"u{n}" for n in range(200)], "orders": orders, "revenue": revenue}
    )
    return interpret(customers, segment(customers, k=2, k_range=(2, 4)), currency="EUR")


@pytest.mark.parametrize("shop", ["generated 1", "generated 2", "simulated 1", "simulated 2", "-"])
def test_what_is_shown_is_the_same_by_both_definitions(shop: str, tmp_path: Path) -> None:
    kind, _, seed = shop.partition(" ")
    if kind == "generated":
        interpretation = generated(int(seed))
    else:
        interpretation = simulated(tmp_path, int(seed)) if seed else halves()
    facts = interpretation.facts
    with DuckDB() as engine:
        register_tables(interpretation.tables, engine)
        again = recompute(facts, engine)
    proved = Facts(
        (replace(fact, value=again[fact.id]) for fact in facts.values()), currency=facts.currency
    )
    shown = {fact_id: facts.format(fact_id) for fact_id in facts}
    assert len(shown) > 40
    assert {fact_id: proved.format(fact_id) for fact_id in facts} == shown
