"""Months and weekdays beside an average one: by hand, and beside what chance makes."""

import math
import random
from datetime import date, timedelta

import pyarrow as pa
import pytest

from clustomer.events import read_events
from clustomer.history import Seasons, shop_seasons


def shop(days: list[tuple[date, int]], *, price: float | None = 10.0) -> pa.Table:
    """Return a log in which so many customers order on each day, each once in their life."""
    orders = [day for day, count in days for _ in range(count)]
    columns = {
        "user_id": [f"u{number}" for number in range(len(orders))],
        "event_time": [f"{day} 12:00" for day in orders],
        "event_type": ["purchase"] * len(orders),
        "order_id": [str(number) for number in range(len(orders))],
    }
    if price is not None:
        columns["price"] = [price] * len(orders)
    return pa.table(columns)


def years(*counts: int, december: tuple[int, ...]) -> list[tuple[date, int]]:
    """Return 20 orders on the first and the last day of each month, more in some Decembers."""
    days = []
    for year, (count, many) in enumerate(zip(counts, december, strict=True)):
        for month in range(1, 13):
            orders = many if month == 12 else count
            first = date(2022 + year, month, 1)
            last = date(2022 + year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
            days += [(first, orders // 2), (last, orders // 2)]
    return days


def rows(seasons: Seasons, segment: str = "all", kind: str = "month") -> dict[str, dict]:
    return {
        row["name"]: row
        for row in seasons.table.to_pylist()
        if (row["segment_id"], row["kind"]) == (segment, kind)
    }


def test_a_december_of_two_years_by_hand() -> None:
    seasons = shop_seasons(shop(years(40, 40, december=(120, 120))))
    assert (seasons.measure, seasons.months) == ("revenue", 24)
    # any twelve months in a row hold one December: 11 · 400 + 1,200 = 5,600
    december = rows(seasons)["December"]
    assert december["ratio"] == pytest.approx(12 * 1_200 / 5_600)
    assert december["orders_ratio"] == pytest.approx(12 * 1_200 / 5_600)
    assert (december["least"], december["most"]) == (december["ratio"], december["ratio"])
    assert (december["seen"], december["value"]) == (2, 1_200.0)
    # 560 customers of 10 each; the mean of two years
    error = math.sqrt(11 * 560 * 100) / 5_600 / math.sqrt(2)
    assert december["error"] == pytest.approx(error)
    assert december["surely"]
    june = rows(seasons)["June"]
    assert june["ratio"] == pytest.approx(12 * 400 / 5_600)
    assert not june["surely"]  # less than a fifth below


def test_one_year_is_told_as_one_and_not_by_segment() -> None:
    log = shop(years(40, december=(120,)))
    segments = pa.table({"user_id": log["user_id"], "segment_id": ["S1"] * log.num_rows})
    seasons = shop_seasons(log, segments=segments)
    assert rows(seasons)["December"]["seen"] == 1
    assert rows(seasons)["December"]["surely"]
    assert rows(seasons, "S1") == {}
    assert rows(seasons, "S1", "weekday")


def test_a_month_that_is_high_in_one_of_two_years_is_no_season() -> None:
    seasons = shop_seasons(shop(years(40, 40, december=(200, 40))))
    december = rows(seasons)["December"]
    # 12 · 2,000 / (4,400 + 2,000), and a month like all others
    assert (december["least"], december["most"]) == (1.0, 3.75)
    assert not any(row["surely"] for row in rows(seasons).values())


def test_eleven_months_have_no_months_and_three_weeks_no_weekdays() -> None:
    days = [(date(2022, 1, 1) + timedelta(days=day), 2) for day in range(334)]
    assert rows(shop_seasons(shop(days))) == {}
    short = shop_seasons(shop([(date(2024, 1, 1) + timedelta(days=day), 2) for day in range(27)]))
    assert (short.table.num_rows, short.weeks) == (0, 3)


def test_weekdays_by_hand() -> None:
    # eight weeks from Monday on: 30 on Thursdays, nothing on Saturdays, 10 on the other days
    many = {3: 30, 5: 0}
    days = [(date(2024, 1, 1) + timedelta(days=day), many.get(day % 7, 10)) for day in range(56)]
    seasons = shop_seasons(shop(days, price=None))
    assert (seasons.measure, seasons.weeks) == ("orders", 8)
    days_of_week = rows(seasons, kind="weekday")
    assert days_of_week["Thursday"]["ratio"] == pytest.approx(7 * 30 / 80)
    assert days_of_week["Thursday"]["value"] == 30.0
    assert days_of_week["Saturday"]["ratio"] == 0.0
    # weeks are all alike, so that chance is that of 640 customers of one order
    assert days_of_week["Monday"]["error"] == pytest.approx(math.sqrt(6 / 640))
    assert [name for name, row in days_of_week.items() if row["surely"]] == ["Thursday", "Saturday"]


def test_one_large_order_makes_no_weekday() -> None:
    days = [(date(2024, 1, 1) + timedelta(days=day), 10) for day in range(56)]
    log = shop(days)
    prices = [5_000.0 if number == 35 else 10.0 for number in range(log.num_rows)]
    log = log.set_column(log.column_names.index("price"), "price", pa.array(prices))
    thursday = rows(shop_seasons(log), kind="weekday")["Thursday"]
    assert thursday["ratio"] > 3
    assert not thursday["surely"]


@pytest.mark.parametrize("seed", range(3))
def test_a_steady_shop_has_no_seasons(seed) -> None:
    chance = random.Random(seed)
    start = date(2022, 1, 1)
    orders = [
        (f"u{chance.randrange(150)}", start + timedelta(days=chance.randrange(730)))
        for _ in range(1_500)
    ]
    orders += [("u0", start), ("u0", start + timedelta(days=729))]
    log = pa.table(
        {
            "user_id": [user for user, _ in orders],
            "event_time": [str(day) for _, day in orders],
            "event_type": ["purchase"] * len(orders),
            "price": [round(chance.lognormvariate(3, 1), 2) for _ in orders],
            "order_id": [str(number) for number in range(len(orders))],
        }
    )
    segments = pa.table(
        {
            "user_id": [f"u{number}" for number in range(150)],
            "segment_id": [f"S{1 + number % 2}" for number in range(150)],
        }
    )
    with_events = read_events(log)
    users = set(log["user_id"].to_pylist())
    kept = segments.filter(pa.array([user in users for user in segments["user_id"].to_pylist()]))
    seasons = shop_seasons(with_events, segments=kept)
    with_events.close()
    assert seasons.table.num_rows == 3 * (12 + 7)
    assert not any(seasons.table["surely"].to_pylist())


def one_intake(months: int, *late: date) -> pa.Table:
    """Return a log of 40 customers who come in January and order each month, and fewer each time.

    In the month after so many others one fewer of them orders; on days `late` somebody is new.
    """
    days = [
        (f"u{number}", date(2022 + month // 12, month % 12 + 1, 3 + number % 25))
        for month in range(months)
        for number in range(40 - month)
    ]
    end = date(2022 + months // 12, months % 12 + 1, 1) - timedelta(days=1)
    days += [("u0", date(2022, 1, 1)), ("u0", end), *((f"new {day}", day) for day in late)]
    return pa.table(
        {
            "user_id": [user for user, _ in days],
            "event_time": [str(day) for _, day in days],
            "event_type": ["purchase"] * len(days),
            "price": [10.0] * len(days),
        }
    )


def test_one_intake_of_customers_has_no_months_in_less_than_two_years() -> None:
    # 18 months, 546 days: a quarter of them is 136.5 before 2023-07-01, the middle of 2023-02-14
    assert rows(shop_seasons(one_intake(18))) == {}
    assert rows(shop_seasons(one_intake(18, date(2023, 2, 14)))) == {}
    assert len(rows(shop_seasons(one_intake(18, date(2023, 2, 15))))) == 12
    # weekdays are not skewed by it, and in two years each month is held against itself
    assert len(rows(shop_seasons(one_intake(18)), kind="weekday")) == 7
    assert len(rows(shop_seasons(one_intake(24)))) == 12
