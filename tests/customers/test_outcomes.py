"""Outcomes after a date against answers worked out by hand; the future stays out of features."""

import hashlib

import numpy as np
import pyarrow as pa
import pytest

from clustomer.customers import Holdout, customer_features, outcomes_query, split_holdout
from clustomer.customers.reason import Reason
from clustomer.engines.dialect import DIALECTS, translate
from clustomer.errors import UsageError
from clustomer.events import read_events
from clustomer.insights import certificate_sentence

START = 1_704_067_200  # 2024-01-01
DAY = 86_400
NAMES = ("event_time", "event_type", "price", "quantity", "user_id", "user_session")
DATE = "2024-01-21"


def crowd(n: int = 900) -> list[tuple]:
    """Customers who each view on a day before the date; every third buys after it."""
    rows = []
    for i in range(n):
        rows.append((START + (i % 20) * DAY + i, "view", 5.0, 1, f"c{i}", f"c{i}-1"))
        if i % 3 == 0:
            rows.append((START + 22 * DAY + i, "purchase", 10.0, 2, f"c{i}", f"c{i}-2"))
        if i % 2 == 0:
            rows.append((START + 23 * DAY + i, "view", 5.0, 1, f"c{i}", f"c{i}-3"))
    return rows


SPECIAL = [
    # bought before and after, and sent one of three pieces back
    (START + 1 * DAY, "purchase", 99.0, 1, "ann", "a1"),
    (START + 21 * DAY, "purchase", 10.0, 3, "ann", "a2"),
    (START + 24 * DAY, "return", 10.0, 1, "ann", "a3"),
    # only a return after the date: no purchase, no visit, less than no revenue
    (START + 2 * DAY, "purchase", 40.0, 1, "bob", "b1"),
    (START + 25 * DAY, "return", 40.0, 1, "bob", "b2"),
    # the date falls into the visit: what is bought counts, the visit is not another one
    (START + 20 * DAY - 300, "view", 8.0, 1, "cem", "m1"),
    (START + 20 * DAY + 300, "purchase", 8.0, 1, "cem", "m1"),
    # one session for all time: an hour's pause is another visit
    (START + 20 * DAY - 1800, "view", 8.0, 1, "dee", "d1"),
    (START + 20 * DAY + 1801, "view", 8.0, 1, "dee", "d1"),
    # nobody knew of her at the date
    (START + 21 * DAY, "purchase", 70.0, 1, "eve", "e1"),
]


def log(rows: list[tuple]) -> pa.Table:
    return pa.table(dict(zip(NAMES, map(list, zip(*rows, strict=True)), strict=True)))


def held_out(rows: list[tuple], **options) -> Holdout:
    events = read_events(log(rows), cutoff="2024-01-31")
    result = split_holdout(events, customer_features(events), **{"date": DATE, **options})
    events.close()
    assert isinstance(result, Holdout), result
    return result


@pytest.fixture(scope="module")
def holdout() -> Holdout:
    return held_out(crowd() + SPECIAL)


@pytest.mark.parametrize(
    ("customer", "bought", "revenue", "visited"),
    [
        ("ann", 1, 20.0, 1),
        ("bob", 0, -40.0, 0),
        ("cem", 1, 8.0, 0),
        ("dee", 0, 0.0, 1),
        ("c0", 1, 20.0, 1),
        ("c1", 0, 0.0, 0),
        ("c2", 0, 0.0, 1),
    ],
)
def test_outcomes(holdout, customer, bought, revenue, visited) -> None:
    rows = {row["user_id"]: row for row in holdout.outcomes.to_pylist()}
    assert rows[customer] == {
        "user_id": customer, "bought": bought, "revenue": revenue, "visited": visited
    }  # fmt: skip


def test_who_came_later_is_not_eligible(holdout) -> None:
    assert "eve" not in holdout.outcomes["user_id"].to_pylist()
    assert holdout.outcomes.num_rows == holdout.customers.table.num_rows == 904


def test_outcomes_and_features_are_of_the_same_customers_in_the_same_order(holdout) -> None:
    ids = holdout.outcomes["user_id"].to_pylist()
    assert ids == sorted(ids) == holdout.customers.table["user_id"].to_pylist()


def test_the_horizon_goes_from_the_date_to_the_cutoff(holdout) -> None:
    assert holdout.horizon_days == 10
    assert holdout.window.days == pytest.approx(20, abs=1e-3)
    assert holdout.outcome_names == ("bought", "revenue", "visited")


def test_the_halves_follow_from_the_customer_alone(holdout) -> None:
    expected = [
        int(hashlib.md5(user.encode(), usedforsecurity=False).hexdigest()[0], 16) % 2 == 0
        for user in holdout.outcomes["user_id"].to_pylist()
    ]
    assert holdout.selection.tolist() == expected
    assert (holdout.validation == ~holdout.selection).all()


def test_nothing_from_the_date_on_influences_a_feature(holdout) -> None:
    # the whole horizon becomes another one, with a kind of event that was never seen before
    early = [row for row in crowd() + SPECIAL if row[0] < START + 20 * DAY]
    other = [
        (START + 20 * DAY + i, "cart" if i % 2 else "purchase", 7.0, 9, f"c{i}", f"c{i}-x")
        for i in range(600)
    ]
    changed = held_out(early + other)
    assert changed.customers.table.equals(holdout.customers.table, check_metadata=True)
    assert changed.customers.shop == holdout.customers.shop
    assert (changed.selection == holdout.selection).all()
    assert not changed.outcomes.equals(holdout.outcomes)


def test_the_order_of_rows_changes_nothing(holdout) -> None:
    rows = crowd() + SPECIAL
    np.random.RandomState(0).shuffle(rows)
    again = held_out(rows)
    assert again.outcomes.equals(holdout.outcomes)
    assert again.customers.table.equals(holdout.customers.table, check_metadata=True)


def test_visiting_is_left_out_where_it_is_the_same_as_buying() -> None:
    orders = [
        (START + day * DAY + i, "purchase", 5.0 + i % 7, 1, f"c{i}", None)
        for i in range(900)
        for day in ((2, 25) if i % 4 == 0 else (2,))
    ]
    assert held_out(orders).outcome_names == ("bought", "revenue")


def test_the_last_third_is_held_out_from_midnight_on_the_shops_clock() -> None:
    events = read_events(log(crowd()), cutoff="2024-01-31", time_zone="Europe/Berlin")
    result = split_holdout(events, customer_features(events))
    # a third of 30 days less an hour before 2024-01-30 23:00 UTC is 2024-01-20 23:20 UTC
    assert result.date.isoformat() == "2024-01-20T23:00:00"
    events.close()


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (crowd(300), "only 300 customers had an event before 2024-01-21, and 200 in each half"),
        (
            [(START + i, "view", 5.0, 1, f"c{i}", f"c{i}") for i in range(900)],
            "only 0 of the 900 customers with an event before 2024-01-21 bought or visited again",
        ),
    ],
)
def test_too_little_history_is_said(rows, reason) -> None:
    events = read_events(log(rows), cutoff="2024-01-31")
    result = split_holdout(events, customer_features(events), date=DATE)
    assert isinstance(result, Reason)
    assert certificate_sentence(result).startswith(reason)
    events.close()


def test_a_log_of_one_moment_has_no_earlier_date() -> None:
    read = read_events(pa.table({"event_time": ["2024-01-01 10:00:07"], "user_id": ["1"]}))
    assert split_holdout(read, customer_features(read)) == Reason("one moment")


def test_a_date_outside_of_the_window_is_an_error() -> None:
    events = read_events(log(crowd()), cutoff="2024-01-31")
    customers = customer_features(events)
    with pytest.raises(UsageError, match="holdout date 2024-02-01 00:00:00 UTC is not within"):
        split_holdout(events, customers, date="2024-02-01")
    events.close()


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_outcomes_are_portable(holdout, dialect) -> None:
    assert "MD5" in translate(outcomes_query(holdout.window, holdout.date), dialect).upper()


def test_server_and_duckdb_agree(holdout, postgres) -> None:
    events = read_events(log(crowd() + SPECIAL), cutoff="2024-01-31")
    query = outcomes_query(customer_features(events).window, holdout.date).order_by("user_id")
    postgres.register("events", events.to_arrow())
    local, server = (where.query(query).to_pylist() for where in (events.engine, postgres))
    assert server == local
    events.close()
