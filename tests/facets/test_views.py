"""What each view counts, for customers whose visits can be followed by hand."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest

from clustomer.events import Events, read_events
from clustomer.facets.customers import SHARES, shares_query
from clustomer.facets.declaration import Binned
from clustomer.facets.finding import VIEWS
from clustomer.facets.taste import PRICES, STORED_PRICES

DAY = timedelta(days=1)


def event(at: datetime, visit: str, kind: str = "view", **more: Any) -> dict[str, Any]:
    row = {"event_time": at, "event_type": kind, "user_id": "ann", "user_session": visit}
    return row | {"product_id": "p", "category_code": "home.kitchen", "price": 10.0} | more


def counted(name: str, rows: list[dict[str, Any]], days: int = 0) -> dict[str, float]:
    """Return the amount of each bin in a view, for the only customer with one visit or more."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    table = pa.table({column: [row.get(column) for row in rows] for column in names})
    events = read_events(table, window=f"{days}d" if days else None)
    try:
        [view] = [view for view in VIEWS if view.name == name]
        binned = view.bin(events.engine, events.window)
        assert binned is not None
        return amounts(events, binned)
    finally:
        events.close()


def amounts(events: Events, binned: Binned) -> dict[str, float]:
    events.engine.create_table(SHARES, shares_query(binned, events.window, 1))
    counts: Counter[str] = Counter()
    for number, share in events.engine.rows(f"SELECT bin, share FROM {SHARES}"):
        counts[binned.bins[number]] += float(share)
    return dict(counts)


def counted_again(name: str, bins: tuple[str, ...], rows: list[dict[str, Any]]) -> dict[str, float]:
    """Return the amount of each bin, where the bins are those of another log."""
    events = read_events(pa.Table.from_pylist(rows))
    try:
        [view] = [view for view in VIEWS if view.name == name]
        assert view.bin_again is not None
        mean = pa.table({"category": ["home.kitchen"], "mean_price": [30.0]})
        events.engine.register(STORED_PRICES, mean)
        return amounts(events, view.bin_again(events.engine, events.window, bins))
    finally:
        events.close()


def test_what_has_no_stored_bin_is_of_the_rest_or_does_not_count() -> None:
    monday = datetime(2024, 1, 1, 10)
    rows = [
        event(monday, "1"),
        event(monday, "1", category_code="toys.blocks"),
        event(monday + DAY, "2", category_code="garden.tools"),
        event(monday + 2 * DAY, "3", category_code="home.attic"),
    ]
    home, either = ("pets", "home"), ("home", "pets", "")
    assert counted_again("department", home, rows) == {"home": 2.0}
    assert counted_again("department", either, rows) == {"home": 1.5, "": 1.5}
    assert counted_again("department", ("pets", "boats"), rows) == {}
    codes = ("home.kitchen", "toys.blocks")
    assert counted_again("category", codes, rows) == {"home.kitchen": 0.5, "toys.blocks": 0.5}
    assert counted_again("category", ("pets.food", ""), rows) == {"": 3.0}


def test_prices_are_beside_the_stored_mean_of_the_category() -> None:
    monday = datetime(2024, 1, 1, 10)
    rows = [event(monday + n * DAY, str(n), price=price) for n, price in enumerate((10.0, 30.0))]
    counts = counted_again("price", PRICES, rows)
    assert counts == {"far below the usual": 1.0, "the usual": 1.0}


def test_the_bins_of_a_log_see_it_as_it_saw_itself() -> None:
    monday = datetime(2024, 1, 1, 10)
    codes = ("home.kitchen", "toys.blocks", "home.bath", "pets.food")
    rows = [
        event(monday + n * DAY, str(n), category_code=code, brand=code[-3:])
        for n, code in enumerate(codes)
    ]
    for name in ("department", "category", "brand"):
        counts = counted(name, rows)
        assert len(counts) >= 3
        assert counted_again(name, tuple(counts), rows) == counts


def test_a_visit_counts_one_however_much_is_looked_at() -> None:
    monday = datetime(2024, 1, 1, 10)
    rows = [
        *(event(monday + timedelta(minutes=n), "1") for n in range(3)),
        event(monday + timedelta(minutes=3), "1", category_code="toys.blocks"),
        event(monday + DAY, "2", category_code="home.bath"),
        event(monday + DAY, "2", "return", category_code="toys.blocks"),
    ]
    assert counted("department", rows) == {"home": 1.75, "toys": 0.25}
    assert counted("category", rows) == {
        "home.kitchen": 0.75,
        "toys.blocks": 0.25,
        "home.bath": 1.0,
    }


def test_prices_are_those_beside_the_mean_of_the_category() -> None:
    monday = datetime(2024, 1, 1, 10)
    prices = (10.0, 10.0, 10.0, 90.0)  # mean 30
    rows = [event(monday + n * DAY, str(n), price=price) for n, price in enumerate(prices)]
    assert counted("price", rows) == {"far below the usual": 3.0, "far above it": 1.0}


def test_visits_are_of_the_hour_and_the_day_that_they_begin_on() -> None:
    sunday_night = datetime(2024, 1, 7, 23, 50)
    rows = [
        event(sunday_night, "1"),
        event(sunday_night + timedelta(minutes=20), "1"),  # Monday, the same visit
        event(datetime(2024, 1, 8, 9, 59), "2"),
        event(datetime(2024, 1, 8, 10), "3"),
    ]
    assert counted("hours", rows) == {"late evening": 1, "morning": 1, "midday": 1}
    assert counted("days", rows) == {"weekend": 1, "working day": 2}
    assert counted("week", rows) == {
        "weekend late evening": 1,
        "working day morning": 1,
        "working day midday": 1,
    }


@pytest.mark.parametrize(
    ("day", "month"),
    [
        (datetime(2024, 2, 29, 23, 59), "February"),
        (datetime(2024, 3, 1), "March"),
        (datetime(2023, 12, 31), "December"),
        (datetime(2024, 1, 1), "January"),
        (datetime(2000, 2, 29), "February"),
        (datetime(1999, 10, 31), "October"),
    ],
)
def test_months_are_those_of_the_calendar(day: datetime, month: str) -> None:
    assert counted("season", [event(day, "1"), event(day + 800 * DAY, "2")])[month] >= 1


def test_gaps_are_beside_the_customers_own_mean_gap() -> None:
    start = datetime(2024, 1, 1, 10)
    # gaps of 1, 10 and 19 days, 10 on average
    rows = [event(start + n * DAY, str(n)) for n in (0, 1, 11, 30)]
    assert counted("rhythm", rows) == {
        "soon again": 1,
        "at regular intervals": 1,
        "a little late": 1,
    }


def test_visits_follow_on_each_other_by_what_they_come_to() -> None:
    start = datetime(2024, 1, 1, 10)
    rows = [
        event(start, "1"),
        event(start + DAY, "2"),
        event(start + DAY, "2", "cart"),
        event(start + 2 * DAY, "3", "cart"),
        event(start + 2 * DAY, "3", "purchase"),
        event(start + 3 * DAY, "4"),
    ]
    assert counted("visits", rows) == {
        "look, then cart": 1,
        "cart, then order": 1,
        "order, then look": 1,
    }
    # two steps in the second visit and in the third
    assert counted("steps", rows) == {
        "view first": 2.5,
        "view, then cart": 0.5,
        "cart first": 0.5,
        "cart, then purchase": 0.5,
    }


def test_pace_is_from_the_first_look_to_the_purchase() -> None:
    start = datetime(2024, 1, 1, 10)
    rows = [
        event(start, "1", product_id="a"),
        event(start, "1", product_id="b"),
        event(start, "1", product_id="c"),
        event(start + timedelta(minutes=1), "1", "purchase", product_id="a"),
        event(start + timedelta(hours=5), "2", "purchase", product_id="b"),
        event(start + 8 * DAY, "3", "purchase", product_id="c"),
        event(start + 9 * DAY, "4", "purchase", product_id="d"),
    ]
    assert counted("pace", rows) == {
        "within a visit": 1,
        "within a day": 1,
        "after longer": 1,
        "without a look": 1,
    }
