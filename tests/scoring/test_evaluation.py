"""The definition evaluated over one customer's events is what the engine makes of them."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clustomer.customers import FEATURES
from clustomer.engines import parse
from clustomer.events import Window
from clustomer.scoring import Definition, Scorer
from clustomer.scoring.evaluation import NotEvaluatedError, Rows, compiled, evaluated
from clustomer.scoring.single import (
    MOST_EVALUATED,
    AskedCustomer,
    EvaluatedCustomer,
    one_customers_events,
)

WINDOW = Window(datetime(2020, 1, 1), datetime(2020, 7, 1), "America/New_York")
NAMES = [feature.name for feature in FEATURES]
AMOUNTS = st.decimals(Decimal(0), Decimal(10**7), places=4)
EVENTS = st.fixed_dictionaries(
    {
        # pauses of half an hour, too, which bound visits
        "event_time": st.one_of(
            st.integers(-86_400, 200 * 86_400), st.integers(0, 6).map(lambda n: n * 900)
        ).map(lambda seconds: WINDOW.start + timedelta(seconds=seconds, microseconds=seconds % 7)),
        "event_type": st.sampled_from(["view", "cart", "remove_from_cart", "purchase", "return"]),
        "product_id": st.sampled_from([None, "p1", "p2", "p3"]),
        "category_id": st.sampled_from([None, "c1", "c2", "free", "new"]),
        "category_code": st.sampled_from([None, "c1", "odd"]),
        "brand": st.sampled_from([None, "b1", "b2"]),
        "price": st.one_of(st.none(), AMOUNTS),
        "quantity": st.decimals(Decimal(0), Decimal(1000), places=4),
        "user_session": st.sampled_from([None, None, "s1", "s2", "s3"]),
        "order_id": st.sampled_from([None, "o1", "o2"]),
        "is_product": st.booleans(),
    }
)


@pytest.fixture(scope="module", params=[False, True], ids=["orders", "a row is an order"])
def definition(results: Path, request: pytest.FixtureRequest) -> Definition:
    """Every feature, with prices and rates of a shop that were made up."""
    stored = Scorer.open(results).definition
    rates = {"prior": 0.3, "strength": 7.1}
    shop = {f"{name}_{part}": value for name in NAMES for part, value in rates.items()}
    prices = [("c1", 12.3), ("c2", None), ("free", 0.0)]
    scoring = stored.scoring.model_copy(update={"shop": shop, "category_prices": prices})
    window = replace(stored.window, time_zone=WINDOW.time_zone)
    schema = {**stored.model.event_schema, "row_is_order": request.param}
    model = stored.model.model_copy(update={"event_schema": schema})
    return replace(stored, features=tuple(FEATURES), scoring=scoring, window=window, model=model)


@pytest.fixture(scope="module")
def asked(definition: Definition) -> Iterator[AskedCustomer]:
    customer = AskedCustomer(definition, NAMES)
    yield customer
    customer.close()


@pytest.fixture(scope="module")
def evaluator(definition: Definition) -> EvaluatedCustomer:
    return EvaluatedCustomer(definition, NAMES)


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(EVENTS, min_size=1, max_size=30))
def test_every_feature_is_what_the_engine_says(
    evaluator: EvaluatedCustomer, asked: AskedCustomer, rows: list[dict[str, object]]
) -> None:
    events = one_customers_events(rows)
    row = evaluator.row(events, WINDOW)
    # an engine rounds sums of money beyond a billion twice, in the last of sixteen digits
    for ours, theirs in zip(row, asked.row(events, WINDOW), strict=True):
        assert (ours is None) == (theirs is None)
        assert ours is None or ours == pytest.approx(theirs, rel=1e-14, abs=0)


def test_it_is_evaluated_and_by_hand(evaluator: EvaluatedCustomer) -> None:
    at = datetime(2020, 6, 30)
    rows = [
        {"event_time": at, "event_type": "view", "user_session": "a", "product_id": "p"},
        {"event_time": at + timedelta(hours=1), "event_type": "purchase", "user_session": "b",
         "product_id": "p", "price": Decimal("2.5"), "quantity": Decimal(3)},
    ]  # fmt: skip
    events = one_customers_events(rows)
    excluded, *values = evaluator.row(events, WINDOW)
    features = dict(zip(NAMES, values, strict=True))
    assert not excluded
    assert features["recency_days"] == pytest.approx(23 / 24)
    assert features["tenure_days"] == 1
    assert features["sessions"] == 2
    assert features["revenue"] == 7.5
    assert features["purchase_recency_days"] == pytest.approx(23 / 24)
    # (1 viewed and bought + 7.1 * 0.3) / (1 viewed + 7.1)
    assert features["view_to_purchase_rate"] == pytest.approx(3.13 / 8.1)
    assert features["price_level"] is None
    nameless = events.drop_columns(["user_session"]).append_column(
        "user_session", pa.nulls(2, pa.string())
    )
    # an hour lies between them
    assert evaluator.row(nameless, WINDOW)[1 + NAMES.index("sessions")] == 2
    many = pa.concat_tables([events] * MOST_EVALUATED)
    with pytest.raises(NotEvaluatedError):
        evaluator.row(many, WINDOW)


def test_windows_joins_and_texts_by_hand() -> None:
    moments = Rows(
        5,
        {
            "who": lambda: ["a", "b", "a", "a", None],
            "at": lambda: [30, 5, 10, 20, 1],
            "name": lambda: [None, "x", "y", None, "z"],
        },
    )
    before = "OVER (PARTITION BY who ORDER BY at NULLS FIRST)"
    so_far = (
        "OVER (PARTITION BY who ORDER BY at NULLS FIRST "
        "ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)"
    )
    for expression, values in {
        f"at - LAG(at) {before}": [10, None, None, 10, None],
        f"MAX(name) {so_far}": ["y", "x", "y", "y", "z"],
        f"ROW_NUMBER() {before}": [3, 1, 1, 2, 1],
        # numbered among all rows, though told of some
        f"CASE WHEN at >= 20 THEN ROW_NUMBER() {before} END": [3, None, None, 2, None],
        "SUBSTRING(name || '-' || CAST(at AS VARCHAR), 2, 2)": [None, "-5", "-1", None, "-1"],
    }.items():
        query = compiled(parse(f"SELECT {expression} AS v FROM t"))
        assert [value for (value,) in evaluated(query, {"t": moments}, {}, ["v"])] == values
    names = Rows(2, {"who": lambda: ["a", "a"], "at": lambda: [20, 30], "n": lambda: [1, 2]})
    query = compiled(parse("SELECT u.n FROM t JOIN u ON t.who = u.who AND t.at = u.at"))
    assert evaluated(query, {"t": moments, "u": names}, {}, ["n"]) == [(2,), (1,)]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT n FROM t ORDER BY n",
        "SELECT DISTINCT n FROM t",
        "SELECT SUM(n) AS n FROM t",
        "SELECT ROW_NUMBER() OVER (ORDER BY n DESC) AS n FROM t",
        "SELECT LAG(n, 2) OVER (ORDER BY n NULLS FIRST) AS n FROM t",
        "SELECT MAX(n) OVER (ORDER BY n NULLS FIRST) AS n FROM t",
        "SELECT t.n FROM t JOIN u ON t.n = u.n AND t.n < u.m",
        "SELECT COUNT(DISTINCT n) AS n FROM t GROUP BY n",
        "SELECT n FROM t GROUP BY n HAVING COUNT(*) > 1",
        "SELECT LOWER(n) AS n FROM t",
        "SELECT t.n FROM t FULL JOIN u ON t.n = u.n",
        "SELECT t.n FROM t JOIN u ON t.n < u.n",
    ],
)
def test_what_it_does_not_know_is_for_the_engine(sql: str) -> None:
    with pytest.raises(NotEvaluatedError):
        compiled(parse(sql))


@pytest.mark.parametrize(
    "sql", ["SELECT 1 / n AS n FROM t", "SELECT LN(n) AS n FROM t", "SELECT m AS n FROM t"]
)
def test_what_may_differ_is_for_the_engine(sql: str) -> None:
    with pytest.raises(NotEvaluatedError):
        evaluated(compiled(parse(sql)), {"t": Rows(1, {"n": lambda: [0]})}, {}, ["n"])


def test_null_is_unknown_as_in_sql() -> None:
    table = Rows(3, {"n": lambda: [None, 0, 2]})
    for expression, values in {
        "n > 1": [None, False, True],
        "n > 1 OR n = 0": [None, True, True],
        "NOT n IS NULL AND n > 1": [False, False, True],
        "n IN (2, 3)": [None, False, True],
        "COALESCE(n, 5) + 1": [6, 1, 3],
        "CASE WHEN n = 0 THEN 7 WHEN n > 1 THEN 8 END": [None, 7, 8],
        "CASE WHEN n > 0 THEN LN(n) ELSE 0 END > 0": [False, False, True],
        "NULLIF(n, 0)": [None, None, 2],
    }.items():
        query = compiled(parse(f"SELECT {expression} AS v FROM t"))
        assert [value for (value,) in evaluated(query, {"t": table}, {}, ["v"])] == values
