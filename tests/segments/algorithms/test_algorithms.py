"""Every algorithm: scikit-learn's contract, its rule against NumPy, and what it finds."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.stats import multivariate_normal
from sklearn.cluster import DBSCAN
from sklearn.metrics import adjusted_rand_score
from sklearn.utils.estimator_checks import parametrize_with_checks

from clustomer.errors import UsageError
from clustomer.segments import Dbscan, Hdbscan, Mixture, SelectK, Ward, clusterer
from clustomer.segments.algorithms.dendrogram import dendrogram, leaf_order
from clustomer.segments.algorithms.registry import algorithm_of
from clustomer.segments.algorithms.ward import cut
from clustomer.segments.matrix.scaling import ScaledFeature


@parametrize_with_checks([Ward(), Mixture(), Dbscan(), Hdbscan(), Ward(max_fit_rows=20)])
def test_scikit_learn_contract(estimator, check):
    check(estimator)


def blobs(n_clusters=3, *, n_rows=300, apart=12.0, noise=0, seed=0):
    generator = np.random.default_rng(seed)
    truth = np.arange(n_rows) % n_clusters
    angle = 2 * np.pi * truth / n_clusters
    rows = apart * np.column_stack([np.cos(angle), np.sin(angle)])
    rows += generator.normal(size=rows.shape)
    far = generator.uniform(-4 * apart, 4 * apart, size=(noise, 2))
    far = far[np.abs(far).max(axis=1) > 2 * apart]
    return np.vstack([rows, far]), np.append(truth, np.full(len(far), -1))


@pytest.mark.parametrize("model", [Dbscan(), Hdbscan(min_cluster_share=0.1)])
def test_far_customers_stay_noise(model):
    X, truth = blobs(3, n_rows=900, noise=60)
    labels = model.fit(X).labels_
    assert (labels[truth < 0] == -1).mean() > 0.9
    assert set(labels[truth >= 0]) - {-1} == {0, 1, 2}


def test_regions_are_numbered_by_size_and_small_ones_are_noise():
    sizes = (200, 100, 3)
    X = np.concatenate([100.0 * i + np.linspace(0, 1, n) for i, n in enumerate(sizes)])[:, None]
    labels = Dbscan(eps=0.5, min_samples=2, min_cluster_share=0.02).fit(X).labels_
    assert labels.tolist() == [0] * 200 + [1] * 100 + [-1] * 3


def test_dbscan_agrees_with_scikit_learn_where_every_core_row_is_an_exemplar():
    X, _ = blobs(3, n_rows=150, noise=30)
    ours = Dbscan(eps=0.9, min_samples=5, min_cluster_share=0.0, max_exemplars=10_000).fit(X)
    theirs = DBSCAN(eps=0.9, min_samples=5).fit(X)
    assert len(ours.regions_.exemplars) == len(theirs.core_sample_indices_)
    assert ((ours.labels_ < 0) == (theirs.labels_ < 0)).all()
    assert adjusted_rand_score(ours.labels_, theirs.labels_) == 1.0


def test_equal_rows_count_as_often_as_they_occur():
    X = np.repeat([[0.0, 0.0], [1.0, 0.0], [9.0, 9.0]], [2_000, 2_000, 3], axis=0)
    model = Dbscan(random_state=0).fit(X)
    assert model.labels_[:4000].tolist() in ([0] * 2000 + [1] * 2000, [1] * 2000 + [0] * 2000)
    assert model.labels_[4000:].tolist() == [-1] * 3


def test_all_rows_equal_is_one_region_or_none():
    assert set(Dbscan().fit(np.ones((50, 2))).labels_) == {0}
    assert len(set(Hdbscan().fit(np.ones((50, 2))).labels_)) == 1


def test_nothing_but_noise_has_no_rule():
    X = np.arange(40.0)[:, None] ** 2
    model = Dbscan(eps=0.1, min_samples=4).fit(X)
    assert set(model.labels_) == {-1}
    assert model.regions_.agreement == 1.0
    assert algorithm_of("dbscan").rule(model, (ScaledFeature("x", 0.0, 1.0, 0.0, 1.0),)) is None


def test_radius_is_the_elbow_of_the_distances():
    X, _ = blobs(3, n_rows=600, noise=60)
    model = Dbscan().fit(X)
    # within a blob of 200 the 4th neighbour is nearer than the spread; noise is far away
    assert 0.2 < model.eps_ < 3.0
    assert model.min_samples_ == 4


def test_smallest_region_is_a_share_of_the_sample():
    X, _ = blobs(3, n_rows=900)
    model = Hdbscan(min_cluster_share=0.1, max_fit_rows=601, random_state=0).fit(X)
    assert len(model.sample_indices_) == 601
    assert model.min_cluster_size_ == 61  # 60.1, rounded up


def test_ward_cuts_as_scipy_does():
    X = np.random.default_rng(0).normal(size=(80, 3))
    model = Ward(n_clusters=5).fit(X)
    expected = fcluster(linkage(X, "ward"), 5, "maxclust")
    assert adjusted_rand_score(cut(model.children_, 5), expected) == 1.0
    # Lance and Williams: the last height says what joining the last two costs
    first = cut(model.children_, 2) == 0
    sides = [X[first], X[~first]]
    cost = np.prod([len(side) for side in sides]) / len(X)
    gap = sides[0].mean(axis=0) - sides[1].mean(axis=0)
    assert model.distances_[-1] == pytest.approx(np.sqrt(2 * cost * (gap @ gap)))


def test_mixture_takes_the_highest_weighted_density():
    generator = np.random.default_rng(0)
    X = np.vstack([generator.normal(size=(400, 2)) * [1, 4], generator.normal(3, 0.5, (80, 2))])
    model = Mixture(n_clusters=2, random_state=0).fit(X)
    density = []
    for mean, triangle, constant in zip(
        model.means_, model.precision_cholesky_, model.constants_, strict=True
    ):
        covariance = np.linalg.inv(triangle.T @ triangle)
        at_mean = multivariate_normal(mean, covariance).logpdf(mean)
        density.append(multivariate_normal(mean, covariance).logpdf(X) + constant - at_mean)
    assert model.labels_.tolist() == np.argmax(density, axis=0).tolist()
    weights = [
        np.exp(constant) / multivariate_normal(mean, np.linalg.inv(t.T @ t)).pdf(mean)
        for mean, t, constant in zip(
            model.means_, model.precision_cholesky_, model.constants_, strict=True
        )
    ]
    assert sum(weights) == pytest.approx(1.0)


def test_mixture_does_not_shrink_to_a_value_that_repeats():
    X = np.zeros((500, 2))
    X[250:] = np.random.default_rng(0).normal(size=(250, 2))
    model = Mixture(n_clusters=3, random_state=0).fit(X)
    assert np.abs(model.precision_cholesky_).max() <= 10.0 + 1e-9  # 1 / sqrt(0.01)


@pytest.mark.parametrize("name", ["ward", "gmm"])
def test_number_of_clusters_is_chosen(name):
    X, truth = blobs(4, apart=20.0)
    selector = SelectK(clusterer(name), k_range=(2, 6), random_state=0).fit(X)
    assert selector.k_ == 4
    assert adjusted_rand_score(truth, selector.labels_) == 1.0


def test_note_says_what_was_used():
    X, _ = blobs(3, noise=30)
    used = algorithm_of("dbscan").note(Dbscan(max_fit_rows=200, random_state=0).fit(X), len(X))
    assert used.sample_customers == 200
    assert list(used.parameters) == [
        "eps", "min_samples", "min_cluster_share", "exemplars", "agreement",
    ]  # fmt: skip
    assert 0.8 < used.parameters["agreement"] <= 1.0
    assert algorithm_of("gmm").note(Mixture().fit(X), len(X)).parameters == {
        "reg_covar": 0.01,
        "n_init": 2,
    }
    assert algorithm_of("ward").note(Ward().fit(X), len(X)).sample_customers is None


def test_unknown_algorithm_has_near_misses():
    with pytest.raises(UsageError, match="Did you mean `hdbscan`"):
        clusterer("hbdscan")


def test_top_of_the_tree_keeps_shares_clusters_and_order():
    X, _ = blobs(3, n_rows=120)
    tree = dendrogram(Ward(n_clusters=3).fit(X), max_leaves=10)
    assert len(tree.shares) == 10
    assert sum(tree.shares) == pytest.approx(1.0)
    assert list(tree.heights) == sorted(tree.heights)
    assert len(tree.merges) == len(tree.heights) == 9
    per_cluster = [
        sum(s for s, c in zip(tree.shares, tree.clusters, strict=True) if c == j) for j in range(3)
    ]
    assert per_cluster == pytest.approx([1 / 3] * 3)
    # no cluster is interrupted by another from left to right
    order = [tree.clusters[leaf] for leaf in leaf_order(tree)]
    assert len([1 for a, b in pairwise(order) if a != b]) == 2
    assert sorted(leaf_order(tree)) == list(range(10))
