from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from logs import ALIKE, GROUPS, log

from clustomer.certificates import reality
from clustomer.customers import customer_features
from clustomer.customers.reason import Reason
from clustomer.events import read_events
from clustomer.segments import rfm, segment

SMALL = {"n_worlds": 20, "customers_per_world": 300}


@pytest.fixture(scope="module")
def shops():
    opened = {}
    for name, kinds in (("groups", GROUPS), ("alike", ALIKE)):
        events = read_events(log(kinds))
        opened[name] = events, customer_features(events)
    yield opened
    for events, _ in opened.values():
        events.close()


def certificate_of(shop, k, **options):
    events, customers = shop
    segmentation = segment(customers, k=k, k_range=(k, k))
    return reality.test_reality(events, customers, segmentation, **{**SMALL, **options})


def test_planted_groups_are_real(shops):
    together, item = certificate_of(shops["groups"], 3)
    assert together.mark == "pass"
    assert together.effect >= together.effect_needed
    assert together.worlds == SMALL["n_worlds"]
    assert together.customers == SMALL["customers_per_world"]
    assert list(item) == ["S1", "S2", "S3"]
    assert [real.mark for real in item.values()].count("pass") >= 2
    for real in item.values():
        assert real.effect == pytest.approx(real.statistic - real.null_99, abs=2e-6)


@pytest.mark.parametrize("k", [2, 4])
def test_one_population_has_no_real_groups(shops, k):
    together, item = certificate_of(shops["alike"], k)
    assert together.mark in {"fail", "weak"}
    assert together.effect < together.effect_needed
    assert "pass" not in {real.mark for real in item.values()}
    # the segments hold about as many as the null puts there
    assert max(abs(np.log(real.excess)) for real in item.values()) < 0.5


def test_the_same_seed_gives_the_same_certificate_in_any_order_of_rows(shops):
    first = certificate_of(shops["groups"], 3)
    assert certificate_of(shops["groups"], 3) == first
    rows = log(GROUPS)
    order = np.random.default_rng(5).permutation(rows.num_rows)
    events = read_events(rows.take(pa.array(order)))
    try:
        assert certificate_of((events, customer_features(events)), 3) == first
    finally:
        events.close()
    assert certificate_of(shops["groups"], 3, random_state=1) != first


def test_shops_that_share_customers_say_the_same(shops, monkeypatch):
    everything, _ = certificate_of(shops["groups"], 3)
    monkeypatch.setattr(reality, "MAX_SIMULATED_EVENTS", 1)
    shared, _ = certificate_of(shops["groups"], 3)
    assert shared.statistic == everything.statistic
    assert shared.mark == everything.mark
    assert shared.null_mean == pytest.approx(everything.null_mean, abs=0.05)


def test_orders_alone_will_do(shops):
    rows = log(GROUPS)
    orders = rows.filter(pa.compute.equal(rows["event_type"], "purchase")).drop_columns(
        ["user_session"]
    )
    events = read_events(orders)
    try:
        together, item = certificate_of((events, customer_features(events)), 2, n_worlds=10)
    finally:
        events.close()
    assert together.mark in {"pass", "weak", "fail"}
    assert 0 <= together.statistic < 1
    assert len(item) == 2


def test_what_cannot_be_tested_says_why(shops):
    events, customers = shops["groups"]
    together, item = reality.test_reality(events, customers, rfm(customers))
    assert together.mark == "not tested"
    assert together.why == Reason("defined in advance")
    assert {real.mark for real in item.values()} == {"not tested"}
    one, _ = reality.test_reality(events, customers, segment(customers, k=1, k_range=(1, 1)))
    assert one.why == Reason("one segment")

    few = replace(customers, table=customers.table.slice(0, 60))
    small, _ = reality.test_reality(events, few, segment(few, k=2, k_range=(2, 2)))
    assert small.why == Reason("few customers", {"customers": 60, "least": 100})

    extra = customers.table.append_column(
        "loyalty", pa.array(np.arange(float(customers.table.num_rows)))
    )
    given = replace(customers, table=extra)
    segmentation = segment(given, k=2, k_range=(2, 2), features=["loyalty", "views"])
    foreign, _ = reality.test_reality(events, given, segmentation)
    assert foreign.why == Reason("no feature of events", {"feature": "loyalty"})


def test_marks_follow_the_figures():
    null = np.zeros((10, 1)) + 0.2
    shares = np.zeros((10, 1)) + 0.1

    def mark(depth, share):
        expected = np.array([depth])
        return reality._real(expected, np.array([share]), null[:, 0], shares[:, 0]).mark

    assert mark(0.36, 0.1) == "pass"
    assert mark(0.34, 0.1) == "weak"
    assert mark(0.2, 0.1) == "fail"
    assert mark(0.1, 0.16) == "weak"
    assert mark(0.1, 0.14) == "fail"


def test_a_copula_has_the_margins_and_the_correlation_of_the_customers():
    rng = np.random.default_rng(0)
    first = rng.normal(size=3_000)
    matrix = np.column_stack([first, np.exp(0.8 * first + 0.6 * rng.normal(size=3_000))])
    drawn = np.concatenate(reality._copulas(matrix, 1_000, np.random.SeedSequence(0)))
    assert set(drawn[:, 1]) <= set(matrix[:, 1])
    assert np.quantile(drawn[:, 1], 0.9) == pytest.approx(np.quantile(matrix[:, 1], 0.9), rel=0.05)
    scores = np.corrcoef(drawn[:, 0], np.log(drawn[:, 1]))[0, 1]
    assert scores == pytest.approx(0.8, abs=0.03)
