"""Habits of segments: shares by hand, horizons that follow the rhythm, silence about chance."""

from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

from clustomer.customers import customer_features
from clustomer.events import read_events
from clustomer.habits import Habits, segment_habits
from clustomer.lifecycle import Lifecycle, lifecycle_stages
from clustomer.segments import segment

START = datetime(2024, 1, 1)  # a Monday


def log(*, shuffled: bool = False) -> pa.Table:
    """Return 40 who order tools each Thursday noon, and 60 who order any category once.

    Every fourth of the former missed the last two weeks.
    """
    rows = []
    for number in range(40):
        for week in range(17 - 2 * (number % 4 == 0)):
            day = START + timedelta(days=7 * week + 3, hours=12, minutes=number)
            rows.append((f"often{number:02d}", day, "tools" if week % 4 else "toys"))
    for number in range(60):
        day = START + timedelta(days=number * 2, hours=number % 24)
        rows.append((f"once{number:02d}", day, ("tools", "toys", "books", "food")[number % 4]))
    if shuffled:
        rows = [rows[place] for place in np.random.default_rng(1).permutation(len(rows))]
    users, times, categories = zip(*rows, strict=True)
    return pa.table(
        {
            "user_id": list(users),
            "event_time": [f"{moment:%Y-%m-%d %H:%M}" for moment in times],
            "event_type": ["purchase"] * len(rows),
            "price": [10.0] * len(rows),
            "category_code": list(categories),
            "product_id": [f"p{number % 7}" for number in range(len(rows))],
        }
    )


def habits_of(table: pa.Table) -> tuple[dict[str, dict], str]:
    events = read_events(table)
    try:
        customers = customer_features(events)
        segmentation = segment(customers, k=2, features=["orders"])
        stages = lifecycle_stages(events)
        assert isinstance(stages, Lifecycle)
        habits = segment_habits(events, customers, segmentation, stages)
    finally:
        events.close()
    assert isinstance(habits, Habits)
    parts = {row["part"]: row for row in habits.table.to_pylist()}
    return parts, next(row["segment_id"] for row in parts.values() if row["kind"] == "weekday")


@pytest.fixture(scope="module")
def shop_habits() -> tuple[dict[str, dict], str]:
    return habits_of(log())


def test_shares_by_hand(shop_habits) -> None:
    parts, often = shop_habits
    tools = parts[f"{often}.category.1"]
    # of 17 weeks 12 are tools, of 15 weeks 11: the mean over customers, in ten thousandths
    share = (30 * (120000 // 17) + 10 * (110000 // 15)) / 40 / 10000
    assert tools["value"] == "tools"
    assert tools["share"] == pytest.approx(share, abs=1e-9)
    assert (tools["customers"], tools["placed"]) == (40, 40)
    assert tools["others"] == pytest.approx(15 / 60, abs=1e-9)
    assert parts[f"{often}.weekday.1"]["value"] == "Thursday"
    assert parts[f"{often}.weekday.1"]["share"] == 1.0
    assert parts[f"{often}.hours.1"]["value"] == "12 to 15"


def test_what_the_whole_shop_does_is_no_habit_of_a_segment() -> None:
    """All order on Thursdays at noon, so no segment is told to be written to on Wednesday."""
    table = log()
    noon = ["2024-01-04 12:00", "2024-01-11 12:00"]  # Thursdays
    times = [
        noon[place % 2] if user.startswith("once") else time
        for place, (user, time) in enumerate(
            zip(table["user_id"].to_pylist(), table["event_time"].to_pylist(), strict=True)
        )
    ]
    position = table.column_names.index("event_time")
    events = read_events(table.set_column(position, "event_time", pa.array(times)))
    customers = customer_features(events)
    habits = segment_habits(events, customers, segment(customers, k=2, features=["orders"]))
    events.close()
    assert not {"weekday", "hours"} & set(habits.table["kind"].to_pylist())


def test_only_the_time_at_which_they_order_most_is_told() -> None:
    """Those who order often do so most from 12 to 15, as all do, and at nine more than others."""
    table = log()
    hours = [
        f"{time[:11]}{9 if user.startswith('often') and place % 3 == 0 else 13:02d}:00"
        for place, (user, time) in enumerate(
            zip(table["user_id"].to_pylist(), table["event_time"].to_pylist(), strict=True)
        )
    ]
    position = table.column_names.index("event_time")
    parts, often = habits_of(table.set_column(position, "event_time", pa.array(hours)))
    assert f"{often}.weekday.1" in parts
    assert f"{often}.hours.1" not in parts


def test_what_chance_makes_is_no_habit(shop_habits) -> None:
    parts, often = shop_habits
    rows = [row for row in parts.values() if row["kind"] != "response"]
    # the others take each of four categories alike, and everyone each product
    assert {row["segment_id"] for row in rows} == {often}
    assert not [row for row in rows if row["kind"] == "product"]


def test_the_horizon_follows_the_rhythm_and_shares_are_of_those_before(shop_habits) -> None:
    parts, often = shop_habits
    response = parts[f"{often}.response"]
    assert (response["value"], response["days"]) == ("orders", 7)
    # a week before the end all 40 were in it, and the ten who stayed away had done so before
    assert (response["customers"], response["placed"]) == (30, 40)
    assert response["share"] == 0.75


def test_the_order_of_rows_changes_nothing(shop_habits) -> None:
    assert habits_of(log(shuffled=True))[0] == shop_habits[0]


def test_a_log_of_dates_has_no_hours() -> None:
    table = log()
    dates = [time[:10] for time in table["event_time"].to_pylist()]
    parts, _ = habits_of(table.set_column(1, "event_time", pa.array(dates)))
    assert not [row for row in parts.values() if row["kind"] == "hours"]
