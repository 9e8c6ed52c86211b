from datetime import datetime

import numpy as np
import pyarrow as pa
import pytest
from logs import ALIKE, log

from clustomer.certificates.nulls import (
    NullShop,
    Pool,
    draw_pool,
    in_bursts,
    sample_customers,
    simulate_visits,
    simulated_features,
)
from clustomer.certificates.nulls.simulation import LIKES
from clustomer.customers import customer_features
from clustomer.events import Window, read_events


@pytest.fixture(scope="module")
def shop():
    with_events = read_events(log(ALIKE))
    yield with_events, customer_features(with_events)
    with_events.close()


def features_of(customers, *names):
    return tuple(feature for feature in customers.features if feature.name in names)


def pool_of(events, customers, features):
    return draw_pool(events.engine, events.window, features, customers.table["user_id"])


def test_a_visit_holds_a_session_and_the_returns_until_the_next():
    rows = [
        ("a", "2024-01-01 10:00:00", "view", "s1"),
        ("a", "2024-01-01 10:05:00", "purchase", "s1"),
        ("a", "2024-01-03 09:00:00", "return", "s2"),
        ("a", "2024-01-04 09:00:00", "view", "s3"),
        ("b", "2024-01-02 08:00:00", "return", "s4"),
    ]
    names = ("user_id", "event_time", "event_type", "user_session")
    table = pa.table(dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)))
    with_events = read_events(table)
    try:
        customers = customer_features(with_events)
        pool = pool_of(with_events, customers, customers.features)
    finally:
        with_events.close()
    assert pool.customer.tolist() == [0, 0, 1]
    assert pool.visits.tolist() == [2, 1]
    minutes = [round(value / 60e6) for value in pool.events["after_us"].to_pylist()]
    result = sorted(
        zip(
            pool.events["visit"].to_pylist(),
            minutes,
            pool.events["event_type"].to_pylist(),
            strict=True,
        )
    )
    assert result == [
        (0, 0, "view"),
        (0, 5, "purchase"),
        (0, 47 * 60, "return"),
        (1, 0, "view"),
        (2, 0, "return"),
    ]
    begins = datetime(2024, 1, 4, 9).timestamp() - datetime(2024, 1, 1, 10).timestamp()
    assert (pool.start_us[1] - pool.start_us[0]) / 1e6 == begins


def test_simulated_customers_have_what_their_visits_hold(shop):
    events, customers = shop
    features = features_of(customers, "sessions", "views", "orders", "revenue")
    pool = pool_of(events, customers, features)
    simulated = simulate_visits(pool, 400, np.random.default_rng(0))
    table = simulated_features(pool, simulated, features, events.window, customers.shop)
    assert table.num_rows == 400
    kind = np.array(pool.events["event_type"].to_pylist())
    visit = pool.events["visit"].to_numpy()
    price = np.array(pool.events["price"].to_pylist(), dtype=float)

    def total(weights):
        held = np.bincount(visit, weights=weights, minlength=len(pool.customer))
        return np.bincount(simulated.customer, weights=held[simulated.content])

    # what is cut off by the end of the window is no more than the last minutes of few visits
    expected = np.bincount(simulated.customer)
    assert table["sessions"].to_pylist() == expected.tolist()
    assert np.mean(table["views"].to_numpy() == total(kind == "view")) > 0.99
    assert np.mean(table["orders"].to_numpy() == total(kind == "purchase")) > 0.99
    revenue = total(np.where(kind == "purchase", price, 0.0))
    assert np.mean(np.isclose(table["revenue"].to_numpy(), revenue)) > 0.99


def test_contents_come_from_everyone_alike_and_times_from_the_shop(shop):
    events, customers = shop
    pool = pool_of(events, customers, features_of(customers, "sessions"))
    simulated = simulate_visits(pool, 40_000, np.random.default_rng(1))
    uses = np.bincount(simulated.content, minlength=len(pool.customer))
    expected = len(simulated.content) / len(pool.customer)
    # Poisson: the variance of the uses is their mean
    assert uses.var() == pytest.approx(expected, rel=0.1)
    assert np.isin(simulated.moment, np.arange(len(pool.customer))).all()
    its_part = np.bincount(simulated.customer)
    assert its_part.min() == 1
    assert its_part.max() <= pool.visits.max()
    assert its_part.mean() == pytest.approx(pool.visits.mean(), rel=0.03)
    start = pool.start_us[simulated.moment].astype(float)
    same = simulated.customer[1:] == simulated.customer[:-1]
    assert (np.diff(start)[same] >= 0).all()
    # the shop is open evenly: so are the days of simulated visits
    assert np.quantile(start, [0.25, 0.75]) == pytest.approx(
        np.quantile(pool.start_us, [0.25, 0.75]), rel=0.001
    )


def test_simulated_customers_of_one_population_are_like_the_real_ones(shop):
    events, customers = shop
    features = features_of(customers, "recency_days", "tenure_days", "views", "weekend_share")
    pool = pool_of(events, customers, features)
    simulated = simulate_visits(pool, 5_000, np.random.default_rng(2))
    table = simulated_features(pool, simulated, features, events.window, customers.shop)
    for feature in features:
        real, null = customers.table[feature.name].to_numpy(), table[feature.name].to_numpy()
        assert null.mean() == pytest.approx(real.mean(), abs=0.2 * real.std())
        assert null.std() == pytest.approx(real.std(), rel=0.2)


def test_dates_stay_dates():
    days = [f"2024-01-{1 + i % 28:02}" for i in range(300)]
    table = pa.table(
        {
            "user_id": [f"u{i % 70}" for i in range(300)],
            "event_time": days,
            "event_type": ["purchase"] * 300,
        }
    )
    with_events = read_events(table)
    try:
        customers = customer_features(with_events)
        features = features_of(customers, "recency_days", "orders")
        pool = pool_of(with_events, customers, features)
        simulated = simulate_visits(pool, 200, np.random.default_rng(0))
        result = simulated_features(pool, simulated, features, with_events.window, customers.shop)
    finally:
        with_events.close()
    recency = result["recency_days"].to_numpy()
    assert (recency == np.round(recency)).all()
    # an order that is drawn twice is two orders
    assert result["orders"].to_pylist() == np.bincount(simulated.customer).tolist()


def test_everyone_once_stays_everyone_once():
    table = pa.table(
        {
            "user_id": [f"u{i}" for i in range(120)],
            "event_time": [f"2024-01-01 {i // 60:02}:{i % 60:02}:00" for i in range(120)],
            "event_type": ["view"] * 120,
        }
    )
    with_events = read_events(table)
    try:
        customers = customer_features(with_events)
        pool = pool_of(with_events, customers, features_of(customers, "views"))
    finally:
        with_events.close()
    simulated = simulate_visits(pool, 50, np.random.default_rng(0))
    assert simulated.customer.tolist() == list(range(50))


def test_customers_are_sampled_whatever_their_order_and_up_to_a_number_of_events():
    table = pa.table({"user_id": [f"u{i}" for i in range(1_000)], "events": [10.0] * 1_000})
    rows = sample_customers(table, 300, 10**9).to_pylist()
    assert len(set(rows)) == 300
    reverse = table.take(pa.array(np.arange(1_000)[::-1]))
    assert sample_customers(reverse, 300, 10**9).to_pylist() == rows
    assert (
        sample_customers(table, 1_000, 2_500).to_pylist()
        == sample_customers(table, 250, 10**9).to_pylist()
    )
    assert sample_customers(table, 1_000, 0).to_pylist() == rows[:200]
    assert LIKES < 200


def pool_by_hand(days, visit_days):
    """Return a pool of customers with visits at these days, an event each."""
    customer = np.repeat(np.arange(len(visit_days)), [len(part) for part in visit_days])
    start_us = (np.concatenate(visit_days) * DAY_US).astype(np.int64)
    number = pa.array(np.arange(len(customer)))
    events = pa.table(
        {
            "visit": number,
            "session": number,
            "after_us": pa.array(np.zeros(len(customer), dtype=np.int64)),
        }
    )
    return Pool(events, customer, start_us, np.zeros(len(customer), dtype=np.int64))


DAY_US = 86_400_000_000


def test_visits_within_a_fiftieth_of_the_window_are_a_burst():
    window = Window(datetime(2024, 1, 1), datetime(2024, 4, 10), "UTC")  # 100 days: two days
    pool = in_bursts(pool_by_hand(100, [[0.0, 1.0, 2.5, 10.0], [10.5], [11.0, 13.0]]), window)
    assert pool.customer.tolist() == [0, 0, 1, 2, 2]
    assert (pool.start_us / DAY_US).tolist() == [0.0, 10.0, 10.5, 11.0, 13.0]
    assert pool.visits.tolist() == [2, 1, 2]
    assert pool.events["visit"].to_pylist() == [0, 0, 0, 1, 2, 3, 4]
    assert pool.events["session"].to_pylist() == [0, 1, 2, 3, 4, 5, 6]
    after = [value / DAY_US for value in pool.events["after_us"].to_pylist()]
    assert after == [0.0, 1.0, 2.5, 0.0, 0.0, 0.0, 0.0]


def test_contents_of_customers_alike_come_from_those_with_as_many_visits():
    often = [np.sort(np.random.default_rng(i).uniform(0, 99, 9)) for i in range(60)]
    pool = pool_by_hand(100, [*[[float(i)] for i in range(80)], *often])
    simulated = simulate_visits(pool, 2_000, np.random.default_rng(0), of_like=True)
    number = np.bincount(simulated.customer)[simulated.customer]
    owner = pool.visits[pool.customer[simulated.content]]
    assert set(owner[number == 1].tolist()) == {1}
    assert set(owner[number == 9].tolist()) == {9}
    anyone = simulate_visits(pool, 2_000, np.random.default_rng(0))
    assert set(pool.visits[pool.customer[anyone.content]].tolist()) == {1, 9}
    # nothing else is dealt another way
    assert anyone.moment.tolist() == simulated.moment.tolist()


def test_only_nulls_that_differ_are_drawn(shop):
    _, customers = shop
    window = Window(datetime(2024, 1, 1), datetime(2024, 4, 10), "UTC")

    def nulls(visit_days):
        pool = pool_by_hand(100, visit_days)
        return NullShop(pool, (), window, customers.shop, None).nulls

    assert nulls([[0.0], [5.0], [9.0]]) == ("independent visits",)
    assert nulls([[0.0, 50.0], [5.0]]) == ("independent visits", "customers alike")
    assert nulls([[0.0, 1.0], [5.0, 50.0]]) == ("independent visits", "bursts")


def test_a_burst_ends_before_the_log_does(shop):
    events, customers = shop
    features = features_of(customers, "sessions", "views", "active_span_days")
    pool = in_bursts(pool_of(events, customers, features), events.window)
    simulated = simulate_visits(pool, 300, np.random.default_rng(0))
    table = simulated_features(pool, simulated, features, events.window, customers.shop)
    visit = pool.events["visit"].to_numpy()
    views = np.array(pool.events["event_type"].to_pylist()) == "view"
    held = np.bincount(visit, weights=views, minlength=len(pool.customer))
    total = np.bincount(simulated.customer, weights=held[simulated.content])
    assert table["views"].to_pylist() == total.tolist()
    sessions = np.array([len(set(part)) for part in _sessions(pool)])
    several = np.bincount(simulated.customer, weights=sessions[simulated.content])
    assert table["sessions"].to_pylist() == several.tolist()


def _sessions(pool):
    of_visit = [[] for _ in range(len(pool.customer))]
    pairs = zip(pool.events["visit"].to_pylist(), pool.events["session"].to_pylist(), strict=True)
    for visit, session in pairs:
        of_visit[visit].append(session)
    return of_visit
