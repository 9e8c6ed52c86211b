import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment
from sklearn.base import BaseEstimator, ClusterMixin
from sklearn.cluster import KMeans
from sklearn.mixture import GaussianMixture
from threadpoolctl import threadpool_limits

from clustomer.segments.validity.stability import cluster_stability, jaccard_matrix, match


class Halves(ClusterMixin, BaseEstimator):
    """Cuts the first feature at the mean of the rows it was fitted on."""

    def fit(self, X, y=None):
        self.cut_ = X[:, 0].mean()
        return self

    def predict(self, X):
        return (X[:, 0] > self.cut_).astype(int)


class Fixed(ClusterMixin, BaseEstimator):
    """Cuts at given values, whatever the data; noise beyond `noise`."""

    def __init__(self, cuts=(), noise=np.inf):
        self.cuts = cuts
        self.noise = noise

    def fit(self, X, y=None):
        return self

    def predict(self, X):
        result = np.searchsorted(self.cuts, X[:, 0], side="right")
        return np.where(X[:, 0] > self.noise, -2, result)


def reference(labels, refitted):
    """The Jaccard similarities of clusterboot, by sets, one row at a time."""
    originals = {
        c: {i for i, expected in enumerate(labels) if expected == c} for c in labels if c >= 0
    }
    others = {
        c: {i for i, expected in enumerate(refitted) if expected == c} for c in refitted if c >= 0
    }
    table = {
        a: {b: len(A & B) / len(A | B) for b, B in others.items()} for a, A in originals.items()
    }
    best = [max(table[a].values(), default=0.0) for a in sorted(table)]
    cost = np.array([[-table[a][b] for b in sorted(others)] for a in sorted(table)])
    rows, columns = linear_sum_assignment(cost)
    paired = np.zeros(len(table))
    paired[rows] = -cost[rows, columns]
    return best, paired.tolist()


@pytest.mark.parametrize("seed", range(20))
def test_matches_an_independent_reference(seed):
    generator = np.random.default_rng(seed)
    n_rows, k, others = (
        generator.integers(5, 60),
        generator.integers(1, 6),
        generator.integers(1, 6),
    )
    labels = np.where(generator.random(n_rows) < 0.1, -2, generator.integers(k, size=n_rows))
    labels[0] = 0
    refitted = np.where(generator.random(n_rows) < 0.1, -2, generator.integers(others, size=n_rows))
    refitted[0] = 0
    best, paired = match(labels, refitted, np.unique(labels[labels >= 0]))
    expected, one_to_one = reference(labels.tolist(), refitted.tolist())
    assert best.tolist() == pytest.approx(expected)
    assert paired.sum() == pytest.approx(sum(one_to_one))


def test_hand_computed_similarities():
    labels = np.array([0, 0, 0, 0, 1, 1, 2, 2])
    refitted = np.array([7, 7, 7, 8, 8, 8, 8, 8])
    # {0,1,2,3} with {0,1,2}: 3/4; {4,5} with {3..7}: 2/5; {6,7} likewise, and only one may have it
    best, paired = match(labels, refitted, np.array([0, 1, 2]))
    assert best.tolist() == [0.75, 0.4, 0.4]
    assert sorted(paired.tolist()) == [0.0, 0.4, 0.75]


def test_noise_is_no_partner_and_counts_against_the_cluster_that_lost_it():
    labels = np.array([0, 0, 0, -2, -2])
    assert jaccard_matrix(labels, np.array([-2, 1, 1, 1, -2]), np.array([0])).tolist() == [[0.5]]
    best, paired = match(labels, np.full(5, -2), np.array([0]))
    assert best.tolist() == paired.tolist() == [0.0]


def test_fixed_rules_give_known_figures():
    X = np.arange(8.0).reshape(-1, 1)
    labels = [0, 0, 0, 0, 1, 1, -2, -2]
    # as refitted: {0,1,2,3,4}, {5,6} and noise {7}: 4/5 for cluster 0, 1/3 for cluster 1
    segmentation = cluster_stability(Fixed(cuts=(4.5,), noise=6.5), X, labels, n_resamples=4)
    assert segmentation.clusters.tolist() == [0, 1]
    assert segmentation.jaccard.tolist() == pytest.approx([0.8, 1 / 3])
    assert segmentation.jaccard_se.tolist() == [0.0, 0.0]
    assert segmentation.one_to_one.tolist() == pytest.approx([0.8, 1 / 3])
    assert segmentation.dissolved.tolist() == [0.0, 1.0]
    assert segmentation.recovered.tolist() == [1.0, 0.0]
    assert (segmentation.n_resamples, segmentation.resample_rows, segmentation.evaluation_rows) == (
        4,
        8,
        8,
    )


def test_mean_and_error_are_those_of_the_resamples():
    """The whole loop written out: the same draws, refits and figures."""
    X = np.random.default_rng(1).normal(size=(40, 1))
    labels = Halves().fit(X).predict(X)
    stability = cluster_stability(Halves(), X, labels, n_resamples=6, max_rows=10, random_state=3)
    values = []
    for number in range(6):
        rows = np.random.default_rng([3, 1, number]).integers(40, size=10)
        values.append(reference(labels.tolist(), Halves().fit(X[rows]).predict(X).tolist())[0])
    assert stability.jaccard == pytest.approx(np.mean(values, axis=0))
    assert stability.jaccard_se == pytest.approx(np.std(values, axis=0, ddof=1) / np.sqrt(6))


def test_small_resamples_tell_groups_from_a_shapeless_cloud_and_full_ones_do_not():
    generator = np.random.default_rng(0)
    cloud = generator.normal(scale=(3.0, 1.5), size=(8_000, 2))
    groups = cloud.copy()
    groups[:, 0] += 40 * (np.arange(len(groups)) % 4)
    estimator = KMeans(4, n_init=2, random_state=0)
    lowest = {}
    for name, X in (("cloud", cloud), ("groups", groups)):
        labels = estimator.fit_predict(X)
        for rows in (100, None):
            stability = cluster_stability(estimator, X, labels, n_resamples=8, max_rows=rows)
            lowest[name, rows] = stability.jaccard.min()
    assert lowest["groups", 100] > 0.95
    assert lowest["cloud", 100] < 0.75
    assert lowest["cloud", None] > 0.85


def test_same_whatever_the_threads_and_the_template_stays_unfitted():
    X = np.random.default_rng(0).normal(size=(3_000, 3))
    estimator = GaussianMixture(3)
    labels = np.asarray(X[:, 0] > 0, dtype=int)
    results = []
    for threads in (1, 2):
        with threadpool_limits(threads):
            results.append(cluster_stability(estimator, X, labels, n_resamples=5, max_rows=300))
    assert results[0].jaccard.tolist() == results[1].jaccard.tolist()
    assert not hasattr(estimator, "means_")
    assert estimator.random_state is None


def test_evaluation_sample_is_bounded_and_an_absent_cluster_is_undefined():
    X = np.arange(1_000.0).reshape(-1, 1)
    labels = np.zeros(1_000, dtype=int)
    labels[-1] = 1
    stability = cluster_stability(Fixed(), X, labels, n_resamples=3, evaluation_rows=50)
    assert stability.evaluation_rows == 50
    assert stability.jaccard[0] == 1.0
    assert np.isnan([stability.jaccard[1], stability.one_to_one[1], stability.dissolved[1]]).all()


def test_without_any_cluster_there_is_nothing_to_find():
    assert cluster_stability(Fixed(), np.eye(3), [-2, -2, -2]).jaccard.tolist() == []


def test_what_cannot_be_resampled():
    with pytest.raises(ValueError, match="Got 1 labels for 2 rows"):
        cluster_stability(KMeans(), np.eye(2), [0])
    with pytest.raises(ValueError, match="Got 2 rows and 0 resamples"):
        cluster_stability(KMeans(), np.eye(2), [0, 1], n_resamples=0)
