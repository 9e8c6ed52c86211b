"""Forecasts of small shops: what is counted by hand, and what must hold of any."""

from datetime import datetime, timedelta
from functools import cache
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from clustomer import UsageError, customer_features, forecast_customers, read_events
from clustomer.lifetime.contest import Judged, contest_table, decide
from clustomer.lifetime.forecast import YearBefore
from clustomer.lifetime.forecasting import _Shop
from clustomer.lifetime.intervals import Intervals, share_inside
from clustomer.lifetime.orders import day_number, keep_order_days, orders_until
from clustomer.lifetime.ways import BG_NBD, MBG_NBD, PAST_RATE, WAYS
from clustomer.thresholds import FORECAST_INTERVAL

START = datetime(2024, 1, 1)


def log_of(rows: list[tuple[str, float, str, float]]) -> pa.Table:
    """(customer, days after the start, event type, price)"""
    users, days, types, prices = zip(*rows, strict=True)
    return pa.table(
        {
            "event_time": [START + timedelta(days=day) for day in days],
            "event_type": types,
            "price": prices,
            "user_id": users,
        }
    )


@cache
def shop():
    """400 customers over 150 days, a third of whom leave soon; a few look and never order."""
    draw = np.random.default_rng(3)
    rows = [("z looks", float(day), "view", 5.0) for day in range(0, 150, 10)]
    for number in range(400):
        day = float(draw.uniform(0, 70))
        rate, leaves = draw.gamma(1.5, 1 / 25), draw.random() < 0.35
        end = day + 10 if leaves else 150
        while day < min(end, 149.9):
            rows.append((f"c{number:03}", day, "purchase", float(draw.gamma(4, 5)) + 1))
            day += draw.exponential(1 / rate)
    return read_events(log_of(rows))


@cache
def forecast():
    return forecast_customers(shop(), customer_features(shop()), horizon="30d")


def test_orders_of_a_day_count_once_and_returns_at_their_own_time():
    events = read_events(
        log_of(
            [
                ("a", 0.1, "purchase", 10.0),
                ("a", 0.5, "purchase", 5.0),
                ("a", 4.2, "purchase", 20.0),
                ("a", 6.0, "return", 8.0),
                ("a", 11.0, "purchase", 40.0),
                ("a", 12.0, "return", 30.0),
                ("a", 14.0, "purchase", 7.0),
                ("b", 9.9, "purchase", 3.0),
                ("c", 10.0, "purchase", 3.0),
                ("d", 2.0, "view", 3.0),
                ("d", 19.0, "view", 3.0),
            ]
        )
    )
    keep_order_days(events.engine, events.window)
    until = orders_until(events.engine, day_number(START.date()) + 10, 4)
    assert until.user_ids.to_pylist() == ["a", "b"]
    assert until.histories.repeats.tolist() == [1, 0]
    assert until.histories.last.tolist() == [4, 0]
    assert until.histories.age.tolist() == [9, 0]
    # (10 + 5 + 20 - 8) over two days; 3 over one
    assert until.histories.value.tolist() == [13.5, 3]
    # the first day brought 15 and 3
    assert until.histories.size.tolist() == [1, -1]
    # from day 10 to day 13
    assert until.orders.tolist() == [1, 0]
    assert until.revenue.tolist() == [10, 0]


def year_before(rows: list[tuple[str, float, str, float]], horizon: int, **bots: int):
    """Return what the same days a year earlier brought; the log ends after 401 days."""
    events = read_events(log_of([*rows, ("z", 400.5, "view", 1.0)]))
    customers = customer_features(events)
    keep_order_days(events.engine, events.window)
    ids = customers.table["user_id"].to_pylist()
    labelled = pa.table({"user_id": ids, "cluster": [bots.get(name, 0) for name in ids]})
    start = day_number(START.date())
    segmentation: Any = SimpleNamespace(table=labelled)
    shop = _Shop(events.engine, customers, segmentation, start, start + 401, horizon, 0)
    return shop._year_before()


def test_the_same_days_a_year_before_are_counted_whole():
    rows = [
        ("a", 0.5, "purchase", 1.0),
        ("a", 35.9, "purchase", 2.0),  # the day before: 401 - 365 = 36
        ("a", 36.0, "purchase", 10.0),
        ("a", 36.7, "purchase", 5.0),
        ("new", 40.0, "purchase", 20.25),
        ("a", 45.9, "return", 4.0),
        ("robot", 41.0, "purchase", 1000.0),
        ("a", 46.0, "purchase", 3.0),  # the day after
    ]
    # two orders of a on one day and one of a new customer: 15 + 20.25 - 4; bots do not count
    before = year_before(rows, 10, robot=-1)
    assert before == YearBefore("2024-02-06", "2024-02-15", 2, 31.25)


def test_days_before_the_log_are_no_year_before():
    rows = [("a", 0.5, "purchase", 1.0)]
    assert year_before(rows, 366) is None
    events = read_events(log_of([("a", 0.5, "purchase", 1.0), ("a", 363.5, "purchase", 1.0)]))
    keep_order_days(events.engine, events.window)
    start = day_number(START.date())
    short = _Shop(events.engine, customer_features(events), None, start, start + 364, 90, 0)
    assert short._year_before() is None


def test_days_are_those_of_the_shops_clock():
    log = log_of([("a", 0.99, "purchase", 1.0), ("a", 1.01, "purchase", 1.0)])
    counts = []
    for zone in ("UTC", "Asia/Tokyo"):
        events = read_events(log, time_zone=zone)
        keep_order_days(events.engine, events.window)
        until = orders_until(events.engine, day_number(START.date()) + 5, 4)
        counts.append(until.histories.repeats.tolist())
    assert counts == [[1], [0]]


def test_every_customer_has_a_row_and_those_without_an_order_have_no_forecast():
    table = forecast().table
    assert table["user_id"].equals(customer_features(shop()).table["user_id"])
    last = table.slice(table.num_rows - 1).to_pylist()[0]
    assert last["user_id"] == "z looks"
    assert all(last[name] is None for name in table.column_names[1:])
    assert all(table[name].null_count == 1 for name in table.column_names[1:])


def test_forecasts_are_plausible_numbers():
    table = forecast().table.slice(0, 400)
    alive = table["p_alive"].to_numpy()
    orders = customer_features(shop()).table["orders"].to_numpy(zero_copy_only=False)[:400]
    assert ((alive > 0) & (alive <= 1)).all()
    # all of them ordered before the last day
    assert (alive[orders == 1] < 1).all()
    for name in ("expected_orders", "expected_revenue"):
        low, middle, high = (table[f"{name}{end}"].to_numpy() for end in ("_low", "", "_high"))
        assert (middle > 0).all()
        assert (low >= 0).all()
        assert (low <= high).all()


def test_who_has_been_away_for_long_is_less_likely_alive():
    customers = customer_features(shop()).table
    recency = customers["purchase_recency_days"].to_numpy(zero_copy_only=False)[:400]
    alive = forecast().table["p_alive"].to_numpy(zero_copy_only=False)[:400]
    assert alive[recency > 100].mean() < alive[recency < 20].mean() - 0.2


def test_the_contest_judges_by_what_came():
    contest = {row["part"]: row for row in forecast().contest.to_pylist()}
    assert forecast().dates == ("2024-04-30", "2024-03-31", "2024-03-01")
    winner = contest[f"{forecast().winner}.all"]
    assert winner["rmse"] <= contest["past_rate.all"]["rmse"]
    tenths = [contest[f"tenth.{n}"] for n in range(1, 11)]
    assert sum(row["orders"] for row in tenths) == winner["orders"]
    assert tenths[0]["orders"] > tenths[-1]["orders"]
    by_date = [contest[f"{forecast().winner}.{date}"] for date in forecast().dates]
    assert sum(row["orders"] for row in by_date) == winner["orders"]


def test_what_comes_after_the_cutoff_changes_nothing():
    log = shop().to_arrow().select(["event_time", "event_type", "price", "user_id"])
    late = log_of([("c001", 200.0, "purchase", 900.0)])
    events = read_events(
        pa.concat_tables([log.cast(late.schema), late]), cutoff="2024-05-30", window="150d"
    )
    before = read_events(log, cutoff="2024-05-30", window="150d")
    one, other = (
        forecast_customers(log, customer_features(log), horizon="70d") for log in (events, before)
    )
    assert one.table.equals(other.table)
    assert one.contest.equals(other.contest)


def test_without_amounts_there_are_orders_and_no_revenue():
    log = shop().to_arrow().select(["event_time", "event_type", "user_id"])
    events = read_events(log)
    counted = forecast_customers(events, customer_features(events), horizon="30d")
    assert counted.table["expected_revenue"].null_count == counted.table.num_rows
    assert pc.sum(counted.table["expected_orders"]).as_py() > 0
    assert "pareto_nbd_sizes" not in counted.parameters


def test_too_little_is_told_and_not_forecast():
    few = read_events(log_of([("a", float(day), "purchase", 5.0) for day in range(60)]))
    assert forecast_customers(few, customer_features(few)).why.kind == "forecast few customers"
    lookers = read_events(log_of([("a", float(day), "view", 5.0) for day in range(60)]))
    assert forecast_customers(lookers, customer_features(lookers)).why.kind == "forecast no orders"
    short = forecast_customers(shop(), customer_features(shop()), horizon="90d")
    assert short.why.kind == "forecast long horizon"
    assert short.why.numbers == {"days": 150, "least": 180, "horizon_days": 90}
    assert short.table.num_rows == 0


@pytest.mark.parametrize("horizon", ["6h", "soon", "0d"])
def test_a_horizon_that_is_no_whole_days_is_refused(horizon):
    with pytest.raises(UsageError, match=horizon):
        forecast_customers(shop(), customer_features(shop()), horizon=horizon)


def judged(**expected: list[float]) -> Judged:
    """Four customers, of whom the first two order once."""
    ways = {name: np.array(values) for name, values in expected.items()}
    return Judged(
        0,
        pa.array(["a", "b", "c", "d"]),
        ways,
        np.array([10.0, 10.0, 10.0, 10.0]),
        np.array([1.0, 1.0, 0.0, 0.0]),
        np.array([8.0, 12.0, 0.0, 0.0]),
    )


def test_the_smallest_error_wins_and_the_past_rate_is_beaten():
    one = judged(past_rate=[3, 3, 3, 3], bg_nbd=[1, 1, 0, 0], mbg_nbd=[2, 2, 2, 2])
    decision = decide([one])
    assert (decision.winner, decision.alive_by) == (BG_NBD, MBG_NBD)
    assert decision.beats_past_rate
    rows = {
        row["part"]: row for row in contest_table([one], decision, lambda one: None).to_pylist()
    }
    past = rows["past_rate.all"]
    # errors 2, 2, 3, 3; 12 expected where 2 came; all customers alike
    assert (past["rmse"], past["total"], past["auc"]) == (pytest.approx(6.5**0.5), 6, 0.5)
    assert (past["expected_revenue"], past["total_revenue"]) == (120, 6)
    assert rows["bg_nbd.all"]["auc"] == 1


def test_of_errors_alike_the_better_ranking_wins_and_none_beats_the_past_rate():
    one = judged(past_rate=[1, 0, 1, 0], bg_nbd=[0, 1, 0, 1], mbg_nbd=[1, 0.2, 0.1, 1])
    decision = decide([one])
    assert decision.winner == MBG_NBD
    assert not decision.beats_past_rate
    assert PAST_RATE in WAYS


def test_intervals_hold_as_many_as_they_say():
    draw = np.random.default_rng(1)
    expected = draw.gamma(2, 3, 20_000)
    came = draw.poisson(expected).astype(float)
    inside = share_inside(
        Intervals.learn(expected[:10_000], came[:10_000]), expected[10_000:], came[10_000:]
    )
    # orders are whole, so that at least as many are inside
    assert FORECAST_INTERVAL - 0.01 <= inside <= FORECAST_INTERVAL + 0.1
