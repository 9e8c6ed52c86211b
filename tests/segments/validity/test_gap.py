import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.cluster import KMeans

from clustomer.segments.validity.gap import Gap, gap_statistic


class Thirds(ClusterMixin, BaseEstimator):
    """Cuts the first feature into equal stretches, so that nothing is random."""

    def __init__(self, n_clusters=3):
        self.n_clusters = n_clusters

    def fit(self, X, y=None):
        return self

    def predict(self, X):
        first = X[:, 0]
        edges = np.linspace(first.min(), first.max(), self.n_clusters + 1)[1:-1]
        return np.searchsorted(edges, first)


def test_one_feature_against_the_formula_written_out():
    X = np.random.default_rng(3).normal(size=(50, 1))
    gap = gap_statistic(Thirds(), X, [1, 3], n_references=4, random_state=7)

    def log_spread(rows, k):
        labels = np.zeros(len(rows)) if k == 1 else Thirds(k).predict(rows)
        groups = [rows[labels == label] for label in np.unique(labels)]
        return np.log(sum(((group - group.mean(axis=0)) ** 2).sum() for group in groups))

    centred = X - X.mean()
    sign = np.linalg.svd(centred, full_matrices=False)[2][0, 0]  # axes are known up to a sign
    turned = centred * sign
    generator = np.random.default_rng([7, 2])
    worlds = [generator.uniform(turned.min(), turned.max(), (50, 1)) for _ in range(4)]
    for index, k in enumerate((1, 3)):
        references = np.array([log_spread(world, k) for world in worlds])
        assert gap.gap[index] == pytest.approx(references.mean() - log_spread(turned, k))
        assert gap.gap_se[index] == pytest.approx(references.std() * np.sqrt(1 + 1 / 4))


@pytest.mark.parametrize("n_clusters", [1, 2, 4])
def test_clear_groups_are_counted(n_clusters):
    generator = np.random.default_rng(0)
    X = generator.uniform(size=(200, 2)) + 8 * np.eye(4)[np.arange(200) % n_clusters][:, :2]
    X[:, 0] += 20 * (np.arange(200) % n_clusters)
    assert gap_statistic(KMeans(n_init=3), X, range(1, 6)).suggested == n_clusters


def test_rows_are_sampled_and_the_seed_decides():
    X = np.random.default_rng(0).normal(size=(300, 2))
    one, same, other = (
        gap_statistic(KMeans(n_init=1), X, [2, 3], max_rows=100, random_state=seed)
        for seed in (0, 0, 1)
    )
    assert one.rows == 100
    assert one.gap.tolist() == same.gap.tolist() != other.gap.tolist()


def test_nothing_is_suggested_where_the_gap_only_grows_or_numbers_are_missing():
    growing = np.array([0.1, 0.4, 0.9])
    assert Gap(np.array([1, 2, 3]), growing, np.full(3, 0.01), 9).suggested is None
    assert Gap(np.array([1, 3, 5]), growing[::-1], np.full(3, 0.01), 9).suggested is None


def test_no_spread_is_undefined():
    X = np.repeat([[0.0], [1.0]], 5, axis=0)
    gap = gap_statistic(KMeans(n_init=1), X, [1, 2])
    assert np.isnan(gap.gap).tolist() == [False, True]
