"""Seasons: planted buyers of a month bear its name, and a few weeks of newcomers do not."""

import re
from datetime import date, timedelta

import pyarrow as pa
import pytest
from sqlglot import exp

from clustomer.customers import customer_features
from clustomer.engines import DuckDB, literal, parse
from clustomer.events import read_events
from clustomer.habits import segment_habits
from clustomer.habits.definition import TIMES
from clustomer.insights import interpret
from clustomer.lifecycle import lifecycle_stages
from clustomer.segments import segment


def test_months_are_those_of_the_calendar() -> None:
    days = [date(1972, 2, 29), date(2000, 2, 29), date(2023, 12, 31), date(2024, 1, 1)]
    days += [date(2024, month, 1) for month in range(1, 13)]
    days += [date(2024, month, 1) - timedelta(days=1) for month in range(1, 13)]
    with DuckDB() as engine:
        for day in days:
            seconds = (day - date(1970, 1, 1)).days * 86400 + 86399
            begun = exp.select(exp.alias_(literal(seconds), "begun_s")).subquery()
            query = exp.select(parse(TIMES["month"])).from_(begun)
            assert engine.rows(query.sql("duckdb"))[0][0] + 1 == day.month, day


def told(seasonal: list[date], *, others: int = 60):
    """Interpret 40 who ordered on these days, and others who order every five weeks."""
    rows = [(f"s{n:02d}", day + timedelta(days=n % 9)) for n in range(40) for day in seasonal]
    for number in range(others):
        day = date(2022, 1, 3 + number % 20)
        while day < date(2024, 2, 1):
            rows.append((f"o{number:02d}", day))
            day += timedelta(days=35)
    users, days = zip(*rows, strict=True)
    events = read_events(
        pa.table(
            {
                "user_id": list(users),
                "event_time": [f"{day} 12:00" for day in days],
                "event_type": ["purchase"] * len(rows),
                "price": [10.0] * len(rows),
            }
        )
    )
    try:
        customers = customer_features(events)
        kinds = [float(user.startswith("s")) for user in customers.table["user_id"].to_pylist()]
        table = customers.table.append_column("kind", pa.array(kinds))
        segmentation = segment(table, k=2, features=["kind"])
        stages = lifecycle_stages(events)
        habits = segment_habits(events, customers, segmentation, stages)
        return interpret(table, segmentation, window=events.window, lifecycle=stages, habits=habits)
    finally:
        events.close()


def test_planted_buyers_of_december_bear_its_name() -> None:
    shown = told([date(2022, 12, 3), date(2022, 12, 12), date(2023, 12, 5)])
    assert "December buyers" in shown.names.values()
    [card] = [part for part in shown.insights.segments if part.name == "December buyers"]
    who = shown.facts.render(card.who)
    assert "100 % of them ordered in December and in no other month, against 0 % of all" in who
    assert shown.facts.render(card.headline_action) == "Write to them before December"
    assert shown.facts.verify(shown.tables) == ()


@pytest.mark.parametrize(
    "days",
    [
        [date(2022, 12, 3)],  # once: nothing says that they come back in December
        [date(2022, 12, 3), date(2023, 6, 5)],
        [date(2024, 1, 3), date(2024, 1, 12)],  # newcomers
    ],
    ids=["once", "two months", "newcomers"],
)
def test_no_season_without_one(days: list[date]) -> None:
    names = " ".join(told(days).names.values())
    assert not re.search("December|June|January", names)
