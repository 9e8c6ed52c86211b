from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest
from logs import ALIKE, GROUPS, log

from clustomer.certificates import reality
from clustomer.certificates.depths import Measured
from clustomer.certificates.nulls import draw_copulas, worlds
from clustomer.customers import customer_features
from clustomer.customers.reason import Reason
from clustomer.events import read_events
from clustomer.segments import rfm, segment

SMALL = {"n_worlds": 20, "customers_per_world": 300}
SET_APART = [(4 * customers, *kind) for customers, *kind in GROUPS]
"""Of few customers it stays undecided whether kinds who come often and rarely are apart."""


@pytest.fixture(scope="module")
def shops():
    opened = {}
    for name, kinds in (("groups", GROUPS), ("apart", SET_APART), ("alike", ALIKE)):
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
    together, item = certificate_of(shops["apart"], 3, customers_per_world=1_500)
    assert together.mark == "pass"
    assert not together.undecided
    assert together.effect - 2 * together.error >= together.effect_needed
    assert [bar.null for bar in together.nulls] == [
        "independent visits",
        "bursts",
        "customers alike",
    ]
    assert together.null_99 == max(bar.null_99 for bar in together.nulls)
    assert together.worlds == SMALL["n_worlds"]
    assert together.customers == 1_500
    assert list(item) == ["S1", "S2", "S3"]
    assert "pass" in {real.mark for real in item.values()}
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
    monkeypatch.setattr(worlds, "MAX_SIMULATED_EVENTS", 1)
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


def null_of(depths, shares, name="independent visits"):
    measured = Measured(np.array(depths), np.array(shares))
    return reality._NullDepths(name, measured, np.zeros(len(depths)))


def test_marks_follow_the_figures():
    null = null_of(np.full((10, 1), 0.2), np.full((10, 1), 0.1))

    def mark(depth, share, *further):
        observed = Measured(np.array([[depth]]), np.array([[share]]))
        return reality._real(observed, [null, *further], 0).mark

    assert mark(0.36, 0.1) == "pass"
    assert mark(0.34, 0.1) == "weak"
    assert mark(0.2, 0.1) == "fail"
    assert mark(0.1, 0.16) == "weak"
    assert mark(0.1, 0.14) == "fail"
    higher = null_of(np.full((10, 1), 0.3), np.full((10, 1), 0.15), "bursts")
    assert mark(0.46, 0.1, higher) == "pass"
    assert mark(0.36, 0.1, higher) == "weak"
    assert mark(0.1, 0.16, higher) == "fail"


def test_a_null_that_decides_against_the_segments_counts_before_one_in_doubt():
    sure = null_of(np.full((10, 1), 0.2), np.ones((10, 1)))
    depths = np.zeros((10, 1))
    depths[0] = 0.21  # an error of 0.1
    doubtful = null_of(depths, np.ones((10, 1)), "bursts")
    observed = reality._Observed(Measured(np.array([[0.25]]), np.ones((1, 1))), 0.0)
    assert reality._border(observed, [doubtful]).undecided
    assert reality._border(observed, [sure, doubtful]).null is sure


def test_of_the_nulls_the_highest_counts_and_is_named():
    low = null_of(np.full((10, 1), 0.2), np.ones((10, 1)))
    high = null_of(np.full((10, 1), 0.3), np.ones((10, 1)), "customers alike")
    observed = reality._Observed(Measured(np.array([[0.45]]), np.ones((1, 1))), 0.01)
    border = reality._border(observed, [low, high])
    # both nulls are the same in every shop, so that the error is that of the depth
    assert border == reality._Border(high, 0.15, 0.01, 0.25)
    together = reality._reality(observed, [low, high], border, False, 100, 0.1)
    assert (together.mark, together.null, together.null_99) == ("pass", "customers alike", 0.3)
    assert [(bar.null, bar.null_99) for bar in together.nulls] == [
        ("independent visits", 0.2),
        ("customers alike", 0.3),
    ]


@pytest.mark.parametrize(
    ("effect", "error", "passes", "undecided"),
    [
        (0.10, 0.005, True, False),
        (0.10, 0.02, False, True),  # 0.06 to 0.14 holds the 0.08 that are needed
        (0.06, 0.02, False, True),
        (0.06, 0.005, False, False),
        (-0.03, 0.06, False, True),
        (-0.05, 0.06, False, False),
    ],
)
def test_an_effect_must_clear_the_bar_by_its_own_error(effect, error, passes, undecided):
    null = null_of(np.full((10, 1), 0.2), np.ones((10, 1)))
    border = reality._Border(null, effect, error, beyond_chance=0.01)
    assert (border.passes, border.undecided) == (passes, undecided)
    # what chance alone explains is decided
    assert not reality._Border(null, effect, error, beyond_chance=0.0).undecided


VISITS = "independent visits"


class Drawn:
    """Ten shops of each null at a time: nine are flat, and one is as deep as is said."""

    n_worlds = 10

    def __init__(self, deepest):
        self.deepest = {null: iter(depths) for null, depths in deepest.items()}
        self.shop = SimpleNamespace(nulls=tuple(deepest))
        self.asked = []

    def of(self, null):
        self.asked.append(null)
        depths = np.zeros((10, 1))
        depths[0] = next(self.deepest[null])
        return null_of(depths, np.ones((10, 1)), null)


@pytest.mark.parametrize(
    ("depth", "deepest", "asked", "outcome"),
    [
        # far above and far below the bar nothing is drawn twice
        (0.9, {VISITS: [0.1], "bursts": [0.1]}, ["bursts"], "passes"),
        (0.01, {VISITS: [0.0], "bursts": [0.1]}, ["bursts"], "fails"),
        # of two nulls only the one in doubt, from all three further seeds
        (0.2, {VISITS: [0.01], "bursts": [0.1] * 4}, ["bursts"] * 4, "undecided"),
        # 0.15 with an error of 0.033 would clear 0.08 at thirty shops: forty are drawn all the same
        (0.3, {VISITS: [0.01], "bursts": [0.15] * 4}, ["bursts"] * 4, "passes"),
        # what the first further seed decides against is not drawn again: 0 and an error of 0.031
        (0.1, {VISITS: [0.01], "bursts": [0.1] * 2}, ["bursts"] * 2, "fails"),
        # what clears one null has to clear the next
        (
            0.3,
            {VISITS: [0.01], "bursts": [0.14] * 4, "customers alike": [0.15] * 4},
            ["bursts", *["customers alike"] * 4, *["bursts"] * 3],
            "passes",
        ),
    ],
)
def test_only_the_null_in_doubt_is_drawn_again(depth, deepest, asked, outcome):
    observed = reality._Observed(Measured(np.array([[depth]]), np.ones((1, 1))), 0.0)
    draws = Drawn(deepest)
    nulls, border = reality._held_against(observed, draws)
    assert draws.asked == ["independent visits", *asked]
    assert getattr(border, outcome)
    assert [null.null for null in nulls] == list(deepest)
    assert border.null.null == max(nulls, key=lambda null: null.bar).null


def test_the_percentile_of_few_shops_has_an_error():
    rng = np.random.default_rng(0)
    depths = rng.normal(0.2, 0.05, (100, 1))
    few = null_of(depths, np.ones((100, 1)))
    many = few
    for _ in range(3):
        many = many.joined(null_of(rng.normal(0.2, 0.05, (100, 1)), np.ones((100, 1))))
    assert len(many.searched) == 400
    # of the normal distribution: sqrt(0.99 x 0.01 / 400) / 0.0267 standard deviations of 0.05
    assert many.error == pytest.approx(0.0093, abs=0.005)
    # the highest of a hundred varies by 0.43 standard deviations
    assert few.error == pytest.approx(0.0215, abs=0.004)
    # of the normal distribution: 0.2 and 2.33 standard deviations
    assert reality._percentile(many.measured.together) == pytest.approx(0.316, abs=0.03)


def test_visits_that_come_in_projects_make_no_groups():
    """Six visits a project, the last an order: numbers of visits have gaps, customers have none."""
    events = read_events(projects())
    try:
        customers = customer_features(events)
        together, _ = certificate_of((events, customers), 2, customers_per_world=1_500)
    finally:
        events.close()
    # beside independent visits alone, these are "real groups"
    bars = {bar.null: bar.null_99 for bar in together.nulls}
    assert together.statistic - bars["independent visits"] > together.effect_needed
    assert together.null == "bursts"
    assert together.mark != "pass"
    assert together.explained


def projects(customers=1_500, seed=0):
    """Draw a log of customers who have one project or a few more."""
    rng = np.random.default_rng(seed)
    start, day = np.datetime64("2024-01-01T00:00:00", "us"), np.timedelta64(86_400, "s")
    rows = {name: [] for name in ("event_time", "event_type", "product_id", "price", "user_id")}
    for customer in range(customers):
        for begin in rng.uniform(0, 340, 1 + rng.poisson(1)):
            at = begin + np.cumsum(rng.exponential(1.5, 6))
            for visit, moment in enumerate(at.tolist()):
                product = int(rng.integers(1, 40))
                rows["event_time"].append(start + moment * day)
                rows["event_type"].append("purchase" if visit == 5 else "view")
                rows["product_id"].append(f"p{product}")
                rows["price"].append(5.0 + product)
                rows["user_id"].append(f"u{customer:04}")
    return pa.table(rows)


def test_a_copula_has_the_margins_and_the_correlation_of_the_customers():
    rng = np.random.default_rng(0)
    first = rng.normal(size=3_000)
    matrix = np.column_stack([first, np.exp(0.8 * first + 0.6 * rng.normal(size=3_000))])
    drawn = np.concatenate(draw_copulas(matrix, 1_000, np.random.SeedSequence(0)))
    assert set(drawn[:, 1]) <= set(matrix[:, 1])
    assert np.quantile(drawn[:, 1], 0.9) == pytest.approx(np.quantile(matrix[:, 1], 0.9), rel=0.05)
    scores = np.corrcoef(drawn[:, 0], np.log(drawn[:, 1]))[0, 1]
    assert scores == pytest.approx(0.8, abs=0.03)
