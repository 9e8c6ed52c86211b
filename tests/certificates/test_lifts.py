"""Lifts, chances and their adjustment, by hand and against drawing lots."""

import itertools

import numpy as np
import pytest

from clustomer.certificates.lifts import (
    exact_p,
    holm,
    not_refuted,
    permutation_p,
    permuted_lifts,
    segment_lifts,
)
from clustomer.certificates.resampling import bootstrap_means, estimate


def test_a_lift_is_a_segments_mean_over_everyones() -> None:
    labels = np.repeat([0, 1, 2], [50, 30, 20])
    bought = np.concatenate([np.repeat([1.0, 0.0], [25, 25]), np.repeat([1.0, 0.0], [3, 27]),
                             np.repeat([1.0, 0.0], [12, 8])])  # fmt: skip
    revenue = np.where(bought > 0, np.repeat([10.0, 100.0, 5.0], [50, 30, 20]), 0.0)
    result = segment_lifts(labels, [("bought", bought), ("revenue", revenue)])
    # everyone: 40 of 100 bought, and spent 250 + 300 + 60 = 610
    means = {
        key: [(item.segment, item.everyone) for item in lifts] for key, lifts in result.items()
    }
    assert means == {
        0: [(0.5, 0.4), (5.0, 6.1)],
        1: [(0.1, 0.4), (10.0, 6.1)],
        2: [(0.6, 0.4), (3.0, 6.1)],
    }
    values = [lift.lift.value for lifts in result.values() for lift in lifts]
    assert values == pytest.approx([1.25, 5 / 6.1, 0.25, 10 / 6.1, 1.5, 3 / 6.1], rel=1e-5)
    for lift in itertools.chain.from_iterable(result.values()):
        assert lift.lift.low < lift.lift.value < lift.lift.high


def test_an_interval_is_as_wide_as_the_delta_method_says() -> None:
    random = np.random.default_rng(0)
    labels = random.integers(4, size=4000)
    spent = random.gamma(2.0, np.where(labels == 0, 3.0, 1.0))
    lift = segment_lifts(labels, [("revenue", spent)])[0][0].lift
    inside, mean = labels == 0, spent[labels == 0].mean()
    # each customer's influence on the logarithm of the ratio of two means
    influence = inside * (spent - mean) / mean / inside.mean() - spent / spent.mean() + 1
    error = influence.std() / np.sqrt(4000)
    assert np.log(lift.high / lift.low) == pytest.approx(2 * 1.96 * error, rel=0.1)
    assert lift.low < 3 / 1.5 < lift.high


def test_where_nobody_bought_the_upper_bound_is_the_binomial_one() -> None:
    labels = np.repeat([0, 1], [40, 160])
    bought = np.concatenate([np.zeros(40), np.repeat([1.0, 0.0], [50, 110])])
    [lift] = segment_lifts(labels, [("bought", bought)])[0]
    # 1 - 0.025 ** (1 / 40) of 40 is what still gives nobody in one of forty cases
    assert (lift.lift.value, lift.lift.low) == (0.0, 0.0)
    assert lift.lift.high == pytest.approx((1 - 0.025 ** (1 / 40)) / 0.25, rel=1e-5)


def test_an_outcome_that_nobody_gains_by_has_no_lift() -> None:
    labels = np.repeat([0, 1], 50)
    refunds = np.where(np.arange(100) % 3 == 0, -5.0, 0.0)
    assert segment_lifts(labels, [("revenue", refunds)]) == {0: (), 1: ()}


def test_chance_is_exact_for_buying() -> None:
    bought = np.array([1.0] * 3 + [0.0] * 5)
    members = np.array([True, True, False, True, False, False, False, False])
    # 2 of 3 members bought: at least so many in (3*5 + 1) of 56 ways
    assert exact_p(bought, members) == pytest.approx(2 * 16 / 56)


def test_permutations_are_all_ways_to_draw_lots() -> None:
    values = np.array([6.0, 3.0, 0.0, 0.0])
    lifts = permuted_lifts(values, np.array([0, 0, 1, 1]), permutations=6000)
    # the sum of two of four is 9, 6, 6, 3, 3 or 0, over 2 * 2.25
    drawn, counts = np.unique(lifts[:, 0].round(6), return_counts=True)
    assert drawn.tolist() == pytest.approx([0.0, 2 / 3, 4 / 3, 2.0], abs=1e-6)
    assert counts / 6000 == pytest.approx([1 / 6, 1 / 3, 1 / 3, 1 / 6], abs=0.02)
    assert lifts.mean(axis=1) == pytest.approx(np.ones(6000))


@pytest.mark.parametrize(("size", "shift"), [(60, 0.0), (60, 1.5), (300, 0.5), (1000, 0.2)])
def test_chance_of_revenue_is_that_of_drawing_lots(size, shift) -> None:
    random = np.random.default_rng(size)
    spent = np.where(random.random(2000) < 0.3, random.lognormal(3, 1.4, 2000), 0.0)
    members = np.zeros(2000, dtype=int)
    weights = (spent + 20) ** shift
    members[random.choice(2000, size, replace=False, p=weights / weights.sum())] = 1
    lots = np.array([random.permutation(spent)[:size].sum() for _ in range(10_000)])
    total = spent[members == 1].sum()
    drawn = 2 * min((lots >= total).mean(), (lots <= total).mean())
    by_lot = permuted_lifts(spent, members, permutations=9999)[:, 1]
    p = permutation_p(total / size / spent.mean(), by_lot)
    assert p == pytest.approx(min(drawn, 1.0), abs=0.02, rel=0.05)


@pytest.mark.parametrize("spread", [0.8, 2.6])
@pytest.mark.parametrize("size", [30, 400])
def test_lots_seldom_differ_and_are_covered_however_heavy_the_tail(size, spread) -> None:
    random = np.random.default_rng(1)
    spent = np.where(random.random(4000) < 0.3, random.lognormal(3, spread, 4000), 0.0)
    labels = np.ones(4000, dtype=int)
    labels[:size] = 0
    by_lot = permuted_lifts(spent, labels, permutations=1999, random_state=7)[:, 0]
    lifts = [random.permutation(spent)[:size].mean() / spent.mean() for _ in range(1000)]
    refuted = np.mean([permutation_p(lift, by_lot) < 0.05 for lift in lifts])
    covered = np.mean([(kept := not_refuted(lift, by_lot)).low <= 1 <= kept.high for lift in lifts])
    assert 0.03 <= refuted <= 0.07
    assert 0.93 <= covered <= 0.97


def test_an_interval_of_revenue_holds_what_lots_do_not_refute() -> None:
    random = np.random.default_rng(3)
    spent = np.where(random.random(3000) < 0.3, random.lognormal(3, 2.6, 3000), 0.0)
    labels = np.ones(3000, dtype=int)
    labels[random.choice(3000, 30, replace=False)] = 0
    [lift] = segment_lifts(labels, [("revenue", spent)])[0]
    kept = not_refuted(
        lift.segment / lift.everyone, permuted_lifts(spent, labels, permutations=1999)[:, 0]
    )
    assert lift.lift.low <= kept.low <= kept.value <= kept.high <= lift.lift.high


def test_a_segment_that_spent_nothing_is_bounded_by_what_lots_add() -> None:
    # half of the lots have nothing: the observed 0 is no news, and up to 1 - 0 is not refuted
    kept = not_refuted(0.0, np.array([0.0, 2.0] * 50))
    assert (kept.low, kept.high) == (0.0, 1.0)
    # where goods come back, lots may be below 0, and so may the segment
    kept = not_refuted(-0.5, np.array([-1.0, 3.0] * 50))
    assert (kept.low, kept.high) == (-2.5, 1.5)


def test_a_segment_of_nobody_or_everybody_is_no_chance() -> None:
    bought = np.array([1.0, 0.0, 1.0, 0.0])
    assert exact_p(bought, np.zeros(4, dtype=bool)) == 1.0
    assert exact_p(bought, np.ones(4, dtype=bool)) == 1.0
    alone = permuted_lifts(np.arange(5.0), np.zeros(5, dtype=int), permutations=9)
    assert permutation_p(1.0, alone[:, 0]) == 1.0


def test_holm_by_hand() -> None:
    # 0.005 * 5; 0.01 * 4; max(0.04, 0.02 * 3 = 0.06); then 0.04 * 2 = 0.08; 0.9
    assert holm([0.04, 0.005, 0.9, 0.01, 0.02]) == pytest.approx([0.08, 0.025, 0.9, 0.04, 0.06])
    assert holm([0.6, 0.7]) == [1.0, 1.0]


def test_adjusting_counts_every_segment_and_outcome() -> None:
    labels = np.repeat([0, 1], 200)
    bought = np.zeros(400)
    bought[:70] = bought[200:245] = 1
    same = np.tile([1.0, 0.0], 200)
    result = segment_lifts(labels, [("bought", bought), ("visited", same)])
    alone = exact_p(bought, labels == 0)
    # of four chances the two of buying are the smallest, and equal
    assert result[0][0].p == pytest.approx(4 * alone, rel=1e-5)
    assert result[1][0].p == pytest.approx(4 * alone, rel=1e-5)
    assert result[0][1].p == result[1][1].p == 1.0


def test_resamples_depend_on_the_seed_alone() -> None:
    columns = np.random.default_rng(0).random((300, 3))
    first, again = (bootstrap_means(columns, random_state=7) for _ in range(2))
    assert (first == again).all()
    assert (first != bootstrap_means(columns, random_state=8)).any()
    error = columns.std(axis=0) / np.sqrt(300)
    assert first.std(axis=0) == pytest.approx(error, rel=0.1)


def test_an_undefined_figure_has_no_interval() -> None:
    assert estimate(0.3, np.array([np.nan])).low is None
