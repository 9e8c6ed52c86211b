import itertools

import numpy as np
import pytest
from sklearn.cluster import KMeans

from clustomer.segments.validity.prediction_strength import prediction_strength, weakest_agreement


def by_pairs(expected, predicted):
    """Tibshirani and Walther's definition, pair by pair."""
    shares = []
    for cluster in set(expected.tolist()) - {-2}:
        members = np.flatnonzero(expected == cluster)
        if len(members) > 1:
            pairs = list(itertools.combinations(members, 2))
            together = [predicted[i] == predicted[j] != -2 for i, j in pairs]
            shares.append(np.mean(together))
    return min(shares, default=np.nan)


@pytest.mark.parametrize("seed", range(10))
def test_agreement_is_that_of_the_definition(seed):
    generator = np.random.default_rng(seed)
    expected, predicted = generator.integers(4, size=(2, 30))
    noise = generator.random((2, 30)) < 0.1
    expected[noise[0]], predicted[noise[1]] = -2, -2
    assert weakest_agreement(expected, predicted) == pytest.approx(by_pairs(expected, predicted))


def test_hand_computed_agreement():
    # of the six pairs of the first cluster the prediction keeps two, of the second the only one
    assert weakest_agreement([0, 0, 0, 0, 1, 1], [5, 5, 6, 6, 6, 6]) == pytest.approx(2 / 6)
    assert np.isnan(weakest_agreement([0, 1, 2], [0, 0, 0]))


def test_true_groups_are_predicted_and_invented_ones_are_not():
    generator = np.random.default_rng(0)
    X = generator.normal(size=(400, 2)) + 12 * np.eye(3)[np.arange(400) % 3][:, :2]
    strength, _ = prediction_strength(KMeans(3, n_init=3), X)
    too_many, error = prediction_strength(KMeans(6, n_init=3), X)
    assert strength > 0.95 > 0.8 > too_many
    assert 0 < error < 0.2


def test_rows_are_bounded_and_the_seed_decides():
    X = np.random.default_rng(0).normal(size=(500, 2))
    one, same, other = (
        prediction_strength(KMeans(3, n_init=1), X, max_rows=80, random_state=seed)
        for seed in (0, 0, 1)
    )
    assert one == same != other
    with pytest.raises(ValueError, match="Got 3 rows; expected at least 4"):
        prediction_strength(KMeans(2), X[:3])
