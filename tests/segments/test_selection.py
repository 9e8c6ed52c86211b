import numpy as np
import pytest
from sklearn.cluster import AgglomerativeClustering, KMeans
from sklearn.exceptions import NotFittedError
from sklearn.metrics import adjusted_rand_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks
from threadpoolctl import threadpool_limits

from clustomer.segments.selection import SelectK, _decide, best_start


@parametrize_with_checks(
    [SelectK(), SelectK(KMeans(n_init=2), k_range=(2, 4)), SelectK(KMeans(), n_clusters=3)]
)
def test_scikit_learn_contract(estimator, check):
    check(estimator)


def blobs(n_clusters, *, n_rows=300, apart=10.0, seed=0):
    generator = np.random.default_rng(seed)
    truth = np.arange(n_rows) % n_clusters
    angle = 2 * np.pi * truth / n_clusters
    centres = apart * np.column_stack([np.cos(angle), np.sin(angle)])
    return centres + generator.normal(size=(n_rows, 2)), truth


@pytest.mark.parametrize("n_clusters", [2, 3, 5])
def test_clear_clusters_are_found_and_both_criteria_agree(n_clusters):
    X, truth = blobs(n_clusters, apart=20.0)
    selector = SelectK(random_state=0).fit(X)
    assert selector.k_ == selector.elbow_k_ == selector.silhouette_k_ == n_clusters
    assert selector.rule_ == "agreement"
    assert adjusted_rand_score(truth, selector.labels_) == 1.0
    assert selector.reason_ == (f"{n_clusters} clusters, since the elbow and the silhouette agree.")


def test_criteria_have_a_row_per_k_and_start_one_below_the_range():
    X, _ = blobs(3)
    criteria = SelectK(k_range=(2, 6), random_state=0).fit(X).criteria_
    assert criteria["k"].tolist() == [1, 2, 3, 4, 5, 6]
    assert criteria["inertia"][0] == pytest.approx(((X - X.mean(axis=0)) ** 2).sum())
    assert np.isnan(criteria["silhouette"][0])
    assert not np.isnan(criteria["silhouette"][1:]).any()
    assert SelectK(k_range=(4, 6)).fit(X).criteria_["k"].tolist() == [3, 4, 5, 6]


def decide(heights, *, elbow, silhouette, fixed=None):
    tried = sorted(heights)
    criteria = {"k": np.array(tried), "silhouette": np.array([heights[k] for k in tried])}
    return _decide(criteria, tried, elbow, silhouette, fixed, distinct=99)


def test_where_the_criteria_disagree_the_elbow_decides_unless_far_worse():
    k, rule, reason = decide({2: 0.40, 3: 0.3, 4: 0.20}, elbow=4, silhouette=2)
    assert (k, rule) == (4, "elbow")
    assert "highest at 2 (0.40 against 0.20 at 4)" in reason

    k, rule, reason = decide({2: 0.40, 3: 0.3, 4: 0.19}, elbow=4, silhouette=2)
    assert (k, rule) == (2, "silhouette")
    assert "at the elbow, 4, it is less than half of that (0.19 against 0.40)" in reason

    k, rule, reason = decide({2: 0.40, 3: 0.3}, elbow=None, silhouette=2)
    assert (k, rule) == (2, "silhouette")
    assert "no clear elbow" in reason


def test_k_that_is_asked_for_is_taken_and_judged():
    X, _ = blobs(3)
    selector = SelectK(k_range=(2, 6), n_clusters=4, random_state=0).fit(X)
    assert (selector.k_, selector.rule_) == (4, "fixed")
    assert selector.reason_ == (
        "4 clusters, as asked; the elbow is at 3 and the silhouette is highest at 3."
    )
    outside = SelectK(k_range=(2, 5), n_clusters=7, random_state=0).fit(X)
    assert outside.k_ == len(np.unique(outside.labels_)) == 7
    assert outside.criteria_["k"].tolist() == [1, 2, 3, 4, 5, 7]
    assert outside.elbow_k_ == 3


def test_range_of_one_fixes_k():
    X, _ = blobs(3)
    selector = SelectK(k_range=(4, 4), random_state=0).fit(X)
    assert (selector.k_, selector.reason_) == (4, "4 clusters, as asked.")
    assert selector.criteria_["k"].tolist() == [4]


def test_one_cluster_is_taken_only_where_it_is_asked_for():
    X, _ = blobs(3)
    assert SelectK(k_range=(1, 6), random_state=0).fit(X).k_ == 3
    assert SelectK(k_range=(1, 2), random_state=0).fit(X).k_ == 2
    assert SelectK(k_range=(1, 1), random_state=0).fit(X).k_ == 1
    assert SelectK(n_clusters=1, random_state=0).fit(X).rule_ == "fixed"


def test_range_is_clipped_to_different_rows_without_a_warning():
    X = np.repeat([[0.0, 0.0], [1.0, 0.0], [5.0, 5.0]], 10, axis=0)
    selector = SelectK(k_range=(2, 10), random_state=0).fit(X)
    assert selector.criteria_["k"].max() == 3
    assert selector.reason_.endswith(
        "more than 3 were not possible, since there are only 3 different rows."
    )

    high = SelectK(k_range=(5, 10), random_state=0).fit(X)
    assert high.k_ == 3


def test_equal_rows_are_one_cluster():
    selector = SelectK(random_state=0).fit(np.ones((20, 3)))
    assert (selector.k_, selector.rule_) == (1, "single")
    assert selector.reason_ == "1 cluster, since all rows are the same."
    assert selector.predict(np.ones((2, 3))).tolist() == [0, 0]


def test_rows_that_differ_by_less_than_kmeans_sees_do_not_fail():
    X = np.ones((20, 2))
    X[:10] += 1e-15
    selector = SelectK(random_state=0).fit(X)
    assert selector.k_ == len(np.unique(selector.labels_))


def test_labels_do_not_depend_on_threads():
    X = np.random.default_rng(0).lognormal(size=(4_000, 6))
    results = []
    for threads in (1, 2):
        with threadpool_limits(threads):
            results.append(SelectK(k_range=(2, 6), random_state=0).fit(X))
    one, two = results
    assert (one.labels_ == two.labels_).all()
    for name, values in one.criteria_.items():
        np.testing.assert_array_equal(values, two.criteria_[name])


def test_estimator_is_cloned_and_seeded():
    X, _ = blobs(3, apart=2.0)
    estimator = KMeans(n_init=1, init="random")
    first, second = (SelectK(estimator, random_state=3).fit(X) for _ in range(2))
    assert not hasattr(estimator, "labels_")
    assert estimator.random_state is None
    assert (first.labels_ == second.labels_).all()
    kept = SelectK(KMeans(n_init=1, random_state=5), k_range=(3, 3)).fit(X)
    assert kept.best_estimator_.random_state == 5


def test_estimator_without_predict_works_and_selector_has_none_either():
    X, truth = blobs(3)
    selector = SelectK(AgglomerativeClustering(), k_range=(2, 5)).fit(X)
    assert adjusted_rand_score(truth, selector.labels_) == 1.0
    assert not hasattr(selector, "predict")


def test_in_a_pipeline():
    X, truth = blobs(3)
    pipeline = make_pipeline(StandardScaler(), SelectK(random_state=0)).fit(X)
    assert adjusted_rand_score(truth, pipeline.predict(X)) == 1.0


def test_start_from_a_sample_ends_where_all_rows_do():
    X, _ = blobs(4, n_rows=30_000, apart=3.0)
    full = KMeans(4, n_init=5, random_state=0).fit(X)
    sampled = KMeans(4, init=best_start, n_init=1, random_state=0).fit(X)
    assert sampled.inertia_ == pytest.approx(full.inertia_, rel=1e-4)


def test_start_looks_at_all_rows_where_a_sample_shows_too_few():
    X = np.zeros((30_000, 1))
    X[7], X[20_007] = 5.0, 9.0
    centres = best_start(X, 3, np.random.RandomState(0))
    assert sorted(centres.ravel().round(9).tolist()) == [0.0, 5.0, 9.0]


@pytest.mark.parametrize("k_range", [(5, 2), (0, 3), (2,), (2, 3, 4), (2.0, 3.0), (True, 3)])
def test_malformed_range(k_range):
    with pytest.raises(ValueError, match="expected two whole numbers"):
        SelectK(k_range=k_range).fit(np.eye(5))


@pytest.mark.parametrize(
    "wrong",
    [{"n_clusters": 0}, {"n_clusters": "elbow"}, {"sample_size": 1}, {"estimator": 3}],
)
def test_malformed_parameters(wrong):
    with pytest.raises(ValueError, match="parameter of SelectK must be"):
        SelectK(**wrong).fit(np.eye(5))


def test_predict_needs_a_fit():
    with pytest.raises(NotFittedError):
        SelectK().predict(np.eye(3))
