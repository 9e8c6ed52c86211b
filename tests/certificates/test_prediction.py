"""The certificate of prediction on shops whose future is known."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from clustomer.certificates.certificate import Baseline, Estimate, Predictive
from clustomer.certificates.prediction import mark_of, predict, same_segments
from clustomer.customers import Customers, Holdout, customer_features, split_holdout
from clustomer.customers.reason import Reason
from clustomer.events import Events, read_events
from clustomer.segments import NearestCentroid, Segmentation, fit_scaling, rfm, segment
from clustomer.segments.refit import refit_rule, rule_labels

DAY = 86_400
START = 1_704_067_200  # 2024-01-01
DAYS = 120


def visits(rates: np.ndarray, buying: np.ndarray, seed: int) -> pa.Table:
    """Customers who visit at a rate per day, and buy at each visit with a probability."""
    random = np.random.default_rng(seed)
    counts = random.poisson(rates * DAYS) + 1
    who = np.repeat(np.arange(len(rates)), counts)
    times = START + (random.random(len(who)) * DAYS * DAY).astype(np.int64)
    times[np.cumsum(counts) - 1] = START + random.integers(0, 20 * DAY, len(rates))
    bought = random.random(len(who)) < buying[who]
    return pa.table(
        {
            "event_time": times,
            "event_type": np.where(bought, "purchase", "view"),
            "price": np.round(random.lognormal(3, 0.5, len(who)), 2),
            "user_id": [f"c{customer:05}" for customer in who],
        }
    )


class Shop:
    """A shop that was read, its segments and its holdout."""

    def __init__(self, log: pa.Table, k: int, **options) -> None:
        self.events: Events = read_events(log)
        self.customers: Customers = customer_features(self.events)
        self.segmentation: Segmentation = segment(
            self.customers, k=k, k_range=(k, k), features=["sessions", "orders"], **options
        )
        self.holdout = split_holdout(self.events, self.customers)
        assert isinstance(self.holdout, Holdout), self.holdout


@pytest.fixture(scope="module")
def three_kinds() -> Shop:
    kinds = np.repeat([0, 1, 2], 500)
    return Shop(visits(np.array([0.03, 0.3, 0.3])[kinds], np.array([0.0, 0.0, 0.8])[kinds], 0), 3)


@pytest.fixture(scope="module")
def result(three_kinds):
    return predict(three_kinds.segmentation, three_kinds.holdout)


def test_segments_that_tell_the_future_pass(three_kinds, result) -> None:
    prediction, segments = result
    assert prediction.mark == "pass"
    assert {item.mark for item in segments.values()} == {"pass"}
    assert all(item.matched > 0.9 for item in segments.values())
    assert prediction.eligible == three_kinds.holdout.outcomes.num_rows
    assert prediction.validation == int(three_kinds.holdout.validation.sum())
    assert sum(item.customers for item in segments.values()) == prediction.validation
    assert prediction.horizon_days == three_kinds.holdout.horizon_days


def test_lifts_are_those_of_the_validation_half(three_kinds, result) -> None:
    holdout = three_kinds.holdout
    selection = holdout.customers.table.filter(pa.array(holdout.selection))
    labels = rule_labels(holdout.customers, refit_rule(three_kinds.segmentation, selection))
    bought = holdout.outcome("bought")
    rates = {
        bought[holdout.validation & (labels == cluster)].mean() for cluster in np.unique(labels)
    }
    shown = {item.lifts[0].segment for item in result[1].values()}
    assert sorted(shown) == pytest.approx(sorted(rates), rel=1e-5)
    everyone = bought[holdout.validation].mean()
    for item in result[1].values():
        assert [lift.outcome for lift in item.lifts] == ["bought", "revenue", "visited"]
        assert item.lifts[0].everyone == pytest.approx(everyone, rel=1e-5)


def test_what_the_validation_half_did_changes_neither_segments_nor_matches(three_kinds) -> None:
    holdout = three_kinds.holdout
    other = {
        name: np.where(holdout.validation, 1 - holdout.outcome(name), holdout.outcome(name))
        for name in ("bought", "revenue", "visited")
    }
    turned = pa.table({"user_id": holdout.outcomes["user_id"], **other})
    first, second = (
        predict(three_kinds.segmentation, item)[1]
        for item in (holdout, replace(holdout, outcomes=turned))
    )
    for name, item in first.items():
        assert (item.matched, item.customers) == (second[name].matched, second[name].customers)
    assert [item.lifts for item in first.values()] != [item.lifts for item in second.values()]


def test_the_contest_holds_every_way_on_the_same_customers(result) -> None:
    prediction, _ = result
    names = [baseline.name for baseline in prediction.baselines]
    assert names[:3] == ["segments", "rfm_10", "rfm_125"]
    assert names[-1] == "individual"
    for baseline in prediction.baselines:
        assert baseline.auc is not None
        assert baseline.auc.low <= baseline.auc.value <= baseline.auc.high
    # the kinds are all that there is to know
    assert 0.9 < prediction.carried_auc.value < 1.1


def test_identical_customers_tell_nothing() -> None:
    shop = Shop(visits(np.full(1500, 0.1), np.full(1500, 0.3), 1), 3)
    prediction, segments = predict(shop.segmentation, shop.holdout)
    assert prediction.mark in {"fail", "weak"}
    assert all(item.mark in {"fail", "not tested"} for item in segments.values())
    assert prediction.carried_r2 is None


def test_the_same_run_gives_the_same_figures(three_kinds, result) -> None:
    assert predict(three_kinds.segmentation, three_kinds.holdout) == result


@pytest.mark.parametrize("algorithm", ["gmm", "hdbscan"])
def test_other_algorithms_are_made_again_as_they_were(three_kinds, algorithm) -> None:
    options = {} if algorithm == "hdbscan" else {"k": 3, "k_range": (3, 3)}
    segmentation = segment(
        three_kinds.customers, algorithm=algorithm, features=["sessions", "orders"], **options
    )
    prediction, segments = predict(segmentation, three_kinds.holdout)
    assert prediction.mark == "pass"
    assert "bots" not in segments
    assert set(segments) == set(segmentation.segment_ids.values()) - {"bots"}


def test_the_grid_is_the_same_by_definition(three_kinds) -> None:
    prediction, segments = predict(rfm(three_kinds.customers), three_kinds.holdout)
    tested = [item for item in segments.values() if item.matched is not None]
    assert min(item.matched for item in tested) > 0.6
    assert prediction.baselines[0].auc == prediction.baselines[1].auc


def test_a_segment_is_what_its_customers_are_beside_everyone() -> None:
    # over the whole window: 20 and 40 points, mean 30, standard deviation 10
    [feature] = fit_scaling(np.array([[20.0], [40.0]]), ["points"], [0.0]).features
    shipped = NearestCentroid((feature,), np.array([[-1.0], [1.0]]))
    points = pa.field("points", pa.float64(), metadata={"undefined": "1"})
    ids = pa.field("user_id", pa.string())
    table = pa.table([list("abcd"), [1.0, 5.0, None, 5.0]], schema=pa.schema([ids, points]))
    # by that scale nobody has enough for the second segment
    assert rule_labels(table, shipped).tolist() == [0, 0, 0, 0]
    # 1, 5, 1, 5 with the value for the undefined of that date
    rule = shipped.restated(table, np.arange(4))
    assert (rule.scaling[0].undefined, rule.scaling[0].mean, rule.scaling[0].scale) == (1, 3, 2)
    assert rule_labels(table, rule).tolist() == [0, 1, 0, 1]


def test_what_was_the_same_for_everyone_sets_nobody_apart() -> None:
    [feature] = fit_scaling(np.array([[20.0], [40.0]]), ["points"], [0.0]).features
    shipped = NearestCentroid((feature,), np.array([[-1.0], [0.5]]))
    table = pa.table({"user_id": ["a", "b"], "points": [7.0, 7.0]})
    assert rule_labels(table, shipped.restated(table, np.arange(2))).tolist() == [1, 1]


def test_a_feature_that_did_not_exist_yet_leaves_nothing_to_compare() -> None:
    [feature] = fit_scaling(np.array([[20.0], [40.0]]), ["points"], [0.0]).features
    rule = NearestCentroid((feature,), np.zeros((1, 1)))
    assert rule.restated(pa.table({"user_id": ["a"], "orders": [1.0]}), np.arange(1)) is None


def test_segments_that_are_not_the_same_are_not_tested(three_kinds) -> None:
    # a rule whose first centroid was moved to where nobody is
    segmentation = three_kinds.segmentation
    centroids = segmentation.rule.centroids.copy()
    centroids[0] += 50
    moved = replace(segmentation, rule=replace(segmentation.rule, centroids=centroids))
    table = three_kinds.holdout.customers.table
    theirs = rule_labels(table, refit_rule(segmentation, table))
    same = same_segments(moved, table, theirs, [0, 1, 2])
    assert set(same) == {1, 2}
    _, segments = predict(moved, three_kinds.holdout)
    assert segments["S1"].mark == "not tested"
    assert segments["S1"].lifts == ()


def test_without_a_holdout_the_reason_is_handed_on(three_kinds) -> None:
    reason = Reason("few eligible", {"eligible": 300, "date": "2024-01-21 00:00:00", "least": 200})
    prediction, segments = predict(three_kinds.segmentation, reason)
    assert (prediction.mark, prediction.why) == ("not tested", reason)
    assert segments == dict.fromkeys(("S1", "S2", "S3"), Predictive("not tested", why=reason))


@pytest.mark.parametrize(
    ("auc", "mark"),
    [
        (Estimate(0.70, 0.68, 0.72), "pass"),
        (Estimate(0.53, 0.51, 0.55), "weak"),
        (Estimate(0.57, 0.55, 0.59), "weak"),  # sure, and little
        (Estimate(0.60, 0.52, 0.68), "pass"),  # 0.502 for three figures
        (Estimate(0.60, 0.515, 0.68), "weak"),  # 0.496
        (Estimate(0.60, 0.49, 0.71), "fail"),
        (None, "fail"),
    ],
)
def test_marks(auc, mark) -> None:
    assert mark_of(Baseline("segments", 3, auc, None, None, None)) == mark
