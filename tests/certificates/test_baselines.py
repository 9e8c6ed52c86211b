"""The contest's figures against scikit-learn and by hand."""

import numpy as np
import pyarrow as pa
import pytest
from sklearn.metrics import r2_score, roc_auc_score

from clustomer.certificates.baselines import (
    Predictions,
    Target,
    area,
    by_segment,
    individual,
    judge,
    rfm_labels,
    top_weights,
)


@pytest.fixture(scope="module")
def crowd() -> dict[str, np.ndarray]:
    """Customers whose orders tell half of what they do next."""
    random = np.random.default_rng(0)
    rate = random.gamma(1.0, 2.0, 4000)
    orders = random.poisson(rate).astype(float)
    bought = (random.poisson(rate / 4) > 0).astype(float)
    revenue = bought * random.lognormal(2, 1, 4000) * (1 + orders)
    return {"orders": orders, "bought": bought, "revenue": revenue, "half": np.arange(4000) % 2 > 0}


def test_the_area_is_that_of_scikit_learn() -> None:
    random = np.random.default_rng(0)
    scores = random.integers(5, size=500).astype(float)
    positive = random.random(500) < 0.1 + scores / 10
    auc, influence = area(positive, scores)
    assert auc == pytest.approx(roc_auc_score(positive, scores), abs=1e-12)
    assert influence.mean() == pytest.approx(0, abs=1e-12)


def test_the_influence_is_what_the_area_loses_without_a_customer() -> None:
    random = np.random.default_rng(1)
    scores = random.integers(6, size=300).astype(float)
    positive = random.random(300) < 0.1 + scores / 12
    auc, influence = area(positive, scores)
    without = [area(np.delete(positive, row), np.delete(scores, row))[0] for row in range(300)]
    assert (auc - np.array(without)) * 299 == pytest.approx(influence, abs=0.02)


def test_all_or_none_positive_has_no_area() -> None:
    auc, influence = area(np.ones(4, dtype=bool), np.arange(4.0))
    assert (auc, influence.tolist()) == (0.5, [0.0] * 4)


def test_the_top_tenth_is_a_tenth() -> None:
    predicted = np.repeat([3.0, 2.0, 1.0], [4, 20, 76])
    weights = top_weights(predicted)
    # four for certain, and six of the twenty next
    assert weights.sum() == pytest.approx(10)
    assert weights[:4].tolist() == [1.0] * 4
    assert weights[4:24] == pytest.approx(6 / 20)


def test_segments_predict_what_the_selection_half_did() -> None:
    labels = np.array([0, 0, 1, 1, 0, 1, 9])
    first = np.array([True, True, True, True, False, False, False])
    spent = Target("revenue", np.array([1.0, 3.0, 10.0, 30.0, 99.0, 99.0, 99.0]), binary=False)
    result = by_segment("segments", labels, [spent], first, ~first)
    # a segment that the selection half does not know is like everyone: 44 / 4
    assert result.values["revenue"].tolist() == [2.0, 20.0, 11.0]


def test_figures_are_those_of_scikit_learn(crowd) -> None:
    half = crowd["half"]
    targets = [
        Target("bought", crowd["bought"], binary=True),
        Target("revenue", crowd["revenue"], binary=False),
    ]
    labels = np.minimum(crowd["orders"], 5).astype(np.int64)
    ours = by_segment("segments", labels, targets, half, ~half)
    alone = individual(crowd["orders"][:, None], targets, half, ~half)
    result = judge([ours, alone], targets, ~half)
    for baseline, predictions in zip(result.baselines, (ours, alone), strict=True):
        auc = roc_auc_score(crowd["bought"][~half], predictions.values["bought"])
        r2 = r2_score(crowd["revenue"][~half], predictions.values["revenue"])
        assert baseline.auc.value == pytest.approx(auc, rel=1e-5)
        assert baseline.r2.value == pytest.approx(r2, rel=1e-5)
        assert baseline.auc.low < baseline.auc.value < baseline.auc.high
    first, second = result.baselines
    assert result.carried_auc.value == pytest.approx(
        (first.auc.value - 0.5) / (second.auc.value - 0.5), rel=1e-4
    )
    assert result.carried_r2.value == pytest.approx(first.r2.value / second.r2.value, rel=1e-4)
    # five groups of the one feature carry nearly all of it, on the same customers
    assert 0.85 < result.carried_auc.low < result.carried_auc.value < result.carried_auc.high < 1.1


def test_nothing_is_carried_of_a_model_that_predicts_nothing() -> None:
    random = np.random.default_rng(3)
    half = np.arange(2000) % 2 > 0
    targets = [
        Target("bought", (random.random(2000) < 0.3).astype(float), binary=True),
        Target("revenue", random.lognormal(0, 1, 2000), binary=False),
    ]
    noise = random.random((2000, 1))
    ours = by_segment("segments", (noise[:, 0] > 0.5).astype(np.int64), targets, half, ~half)
    result = judge([ours, individual(noise, targets, half, ~half)], targets, ~half)
    assert (result.carried_auc, result.carried_r2, result.carried_visited) == (None, None, None)
    assert result.baselines[1].auc is not None


def test_the_individual_model_is_the_same_on_every_run(crowd) -> None:
    half = crowd["half"]
    targets = [Target("bought", crowd["bought"], binary=True)]
    first, again = (individual(crowd["orders"][:, None], targets, half, ~half) for _ in range(2))
    assert (first.values["bought"] == again.values["bought"]).all()


def test_a_perfect_prediction_captures_what_there_is() -> None:
    spent = np.zeros(100)
    spent[:5] = [50.0, 20.0, 10.0, 10.0, 10.0]
    target = Target("revenue", spent, binary=False)
    everyone = np.ones(100, dtype=bool)
    result = judge([Predictions("segments", 2, {"revenue": spent})], [target], everyone)
    [only] = result.baselines
    assert (only.r2.value, only.top_tenth.value, only.auc) == (1.0, 1.0, None)


def test_rfm_cells_have_their_fifths_from_the_selection_half() -> None:
    table = pa.table(
        {
            "user_id": [f"{i:02}" for i in range(12)],
            "purchase_recency_days": [*(float(i) for i in range(1, 11)), 1.0, None],
            "orders": [5.0, 5.0, 4.0, 4.0, 3.0, 3.0, 2.0, 2.0, 1.0, 1.0, 99.0, 0.0],
            "revenue": [*(float(10 * i) for i in range(1, 11)), 1000.0, 0.0],
        }
    )
    selection = np.array([True] * 10 + [False, False])
    cells = rfm_labels(table, selection)["rfm_125"]
    # the fifths are of two each; above the last cut is 4, and without an order a cell of its own
    assert cells[0] == 0 * 25 + 4 * 5 + 0
    assert cells[9] == 4 * 25 + 0 * 5 + 4
    assert cells[10] == 0 * 25 + 4 * 5 + 4
    assert cells[11] == -1


def test_without_orders_there_are_no_rfm_segments() -> None:
    table = pa.table({"user_id": ["a", "b"], "views": [1.0, 2.0]})
    assert rfm_labels(table, np.array([True, False])) == {}
