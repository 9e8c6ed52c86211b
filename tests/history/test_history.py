"""Cohorts and periods by hand, and what they must add up to."""

import random
from datetime import date, datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from clustomer.errors import InputError, UsageError
from clustomer.events import Window, read_events
from clustomer.history import calendar_of, customer_cohorts, shop_over_time

ROWS = [
    # user, day, what, price
    ("a", "2024-01-10", "purchase", 10.0),
    ("a", "2024-02-10", "view", 9.0),
    ("a", "2024-03-10", "purchase", 30.0),
    ("b", "2024-01-20", "view", 9.0),
    ("b", "2024-02-20", "purchase", 20.0),
    ("b", "2024-02-25", "purchase", 5.0),
    ("c", "2024-02-03", "purchase", 7.0),
    ("c", "2024-03-03", "return", 7.0),
]
"""January has a and b by event, a by purchase; the log ends in the middle of March."""


def log(rows=ROWS) -> pa.Table:
    users, days, kinds, prices = zip(*rows, strict=True)
    return pa.table(
        {
            "user_id": list(users),
            "event_time": list(days),
            "event_type": list(kinds),
            "price": list(prices),
            "order_id": [str(number) for number in range(len(rows))],
        }
    )


def cells(cohorts, segment="all") -> dict[tuple[str, int], dict]:
    return {
        (row["cohort_name"], row["age"]): row
        for row in cohorts.table.to_pylist()
        if row["segment_id"] == segment
    }


def test_cohorts_by_event_by_hand() -> None:
    made = cells(customer_cohorts(log(), unit="month"))
    assert set(made) == {
        ("2024-01", 0), ("2024-01", 1), ("2024-01", 2), ("2024-02", 0), ("2024-02", 1)
    }  # fmt: skip
    january = [made["2024-01", age] for age in range(3)]
    assert [row["customers"] for row in january] == [2, 2, 2]
    assert [row["active"] for row in january] == [2, 2, 1]
    assert [row["buying"] for row in january] == [1, 1, 1]
    assert [row["orders"] for row in january] == [1, 2, 1]
    assert [row["cumulated_revenue"] for row in january] == [10.0, 35.0, 65.0]
    assert [row["cumulated_per_customer"] for row in january] == [5.0, 17.5, 32.5]
    # the log begins on the tenth of January, and ends on that of March
    assert [row["complete"] for row in january] == [False, True, False]
    assert [row["existing"] for row in january] == [True, True, True]
    # what comes back is no visit, and takes its revenue away
    assert made["2024-02", 1]["active"] == 0
    assert made["2024-02", 1]["cumulated_revenue"] == 0.0
    assert not made["2024-02", 0]["existing"]


def test_cohorts_by_purchase_leave_out_who_never_bought() -> None:
    rows = [*ROWS, ("d", "2024-02-04", "view", 1.0)]
    made = cells(customer_cohorts(log(rows), unit="month", by="purchase"))
    assert made["2024-01", 0]["customers"] == 1
    assert made["2024-02", 0]["customers"] == 2
    assert made["2024-02", 0]["revenue"] == 32.0


def test_retention_is_of_whole_cohorts_seen_whole() -> None:
    rows = [*ROWS, ("e", "2023-12-31", "view", 1.0), ("f", "2024-04-01", "view", 1.0)]
    made = customer_cohorts(log(rows), unit="month")
    # December is cut and holds old customers; January and February are whole, April is not
    shown = {
        row["age"]: (row["customers"], row["active_share"]) for row in made.retention.to_pylist()
    }
    assert shown == {0: (3, 1.0), 1: (3, 2 / 3), 2: (2, 0.5)}


def test_a_margin_is_a_part_of_revenue() -> None:
    made = cells(customer_cohorts(log(), unit="month", margin=0.2))
    assert made["2024-01", 2]["cumulated_margin_per_customer"] == pytest.approx(6.5)


def test_periods_by_hand() -> None:
    table = shop_over_time(log(), unit="month").table
    columns = ["name", "complete", "customers", "new", "returning", "buyers", "orders", "revenue"]
    assert [tuple(row.values()) for row in table.select(columns).to_pylist()] == [
        ("2024-01", False, 2, None, None, 1, 1, 10.0),
        ("2024-02", True, 3, 1, 2, 2, 3, 32.0),
        ("2024-03", False, 1, 0, 1, 1, 1, 23.0),
    ]
    assert table["returned"].to_pylist() == [0.0, 0.0, 7.0]


def test_without_prices_there_is_no_revenue() -> None:
    bare = log().drop_columns(["price"])
    assert set(shop_over_time(bare, unit="month").table["revenue"].to_pylist()) == {None}
    made = customer_cohorts(bare, unit="month")
    assert made.table["cumulated_per_customer"].null_count == made.table.num_rows


def shop(seed: int) -> tuple[pa.Table, pa.Table]:
    chance = random.Random(seed)
    rows = [
        (
            f"u{chance.randrange(40)}",
            f"{date(2024, 1, 1) + timedelta(days=chance.randrange(200))}",
            chance.choice(["view", "purchase", "purchase", "return"]),
            chance.randrange(1, 9_000) / 100,
        )
        for _ in range(400)
    ]
    users = sorted({row[0] for row in rows})
    segments = pa.table(
        {"user_id": users, "segment_id": [f"S{len(user) % 2 + 1}" for user in users]}
    )
    return log(rows), segments


@pytest.mark.parametrize(("unit", "seed"), [("day", 1), ("week", 2), ("month", 3)])
def test_what_cohorts_add_up_to(unit, seed) -> None:
    rows, segments = shop(seed)
    with_events = read_events(rows)
    totals = with_events.totals()
    made = customer_cohorts(with_events, unit=unit, segments=segments)
    over_time = shop_over_time(with_events, unit=unit, segments=segments).table
    with_events.close()
    for table, columns in (
        (made.table, ["customers", "active", "orders"]),
        (over_time, ["customers", "orders"]),
    ):
        of_all = table.filter(pc.equal(table["segment_id"], "all"))
        others = table.filter(pc.not_equal(table["segment_id"], "all"))
        for column in columns:
            assert pc.sum(of_all[column]).as_py() == pc.sum(others[column]).as_py()
    everyone = cells(made)
    # a cohort's row is of all its customers, and everyone is in one cohort
    assert sum(row["customers"] for (_, age), row in everyone.items() if age == 0) == 40
    assert all(0 <= row["active"] <= row["customers"] for row in everyone.values())
    assert sum(row["orders"] for row in everyone.values()) == totals.orders
    for table, column in ((made.table, "revenue"), (over_time, "revenue")):
        of_all = table.filter(pc.equal(table["segment_id"], "all"))
        assert pc.sum(of_all[column]).as_py() == pytest.approx(float(totals.revenue), abs=1e-6)


def test_neither_order_nor_a_later_event_changes_anything() -> None:
    rows, segments = shop(4)
    later = log([("u1", "2024-12-01", "purchase", 1.0), ("new", "2024-12-02", "view", 1.0)])
    mixed = pa.concat_tables([rows, later])
    mixed = mixed.take(random.Random(0).sample(range(mixed.num_rows), mixed.num_rows))
    options = {"cutoff": "2024-07-01", "segments": segments}
    assert customer_cohorts(mixed, **options).table.equals(customer_cohorts(rows, **options).table)


def test_periods_are_chosen_by_the_length_of_the_log() -> None:
    def unit(days: int) -> str:
        start = datetime(2024, 1, 1)
        return calendar_of(Window(start, start + timedelta(days=days), "UTC")).unit

    assert [unit(days) for days in (41, 42, 182, 183)] == ["day", "week", "week", "month"]


def test_a_day_that_the_log_ends_in_is_not_whole() -> None:
    window = Window(datetime(2024, 1, 1), datetime(2024, 1, 3, 12), "UTC")
    assert [period.complete for period in calendar_of(window).periods] == [True, True, False]
    weeks = calendar_of(Window(datetime(2024, 1, 3), datetime(2024, 1, 15), "UTC"), "week")
    assert [(str(p.start), p.complete) for p in weeks.periods] == [
        ("2024-01-01", False),
        ("2024-01-08", True),
    ]


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(UsageError, match="Nobody arrives by `order`"):
        customer_cohorts(log(), by="order")
    with pytest.raises(UsageError, match="no period `year`"):
        customer_cohorts(log(), unit="year")
    with pytest.raises(UsageError, match="The margin is 30"):
        customer_cohorts(log(), margin=30)
    with pytest.raises(InputError, match="1 customers with events are in no segment"):
        customer_cohorts(
            log(), segments=pa.table({"user_id": ["a", "b"], "segment_id": ["S1", "S1"]})
        )
