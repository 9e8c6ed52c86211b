import numpy as np
import pytest
from sklearn.cluster import AgglomerativeClustering, KMeans
from sklearn.exceptions import NotFittedError
from sklearn.metrics import adjusted_rand_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks
from threadpoolctl import threadpool_limits

from clustomer.customers.reason import Reason
from clustomer.segments.algorithms.kmeans import best_start
from clustomer.segments.selection.select_k import SelectK
from clustomer.segments.validity.density_dip import density_dips
from clustomer.segments.validity.holdout_r2 import HoldoutR2


@parametrize_with_checks(
    [
        SelectK(k_range=(2, 3), n_resamples=0, criteria="deciding"),
        SelectK(KMeans(n_init=1), k_range=(2, 3), n_resamples=2),
        SelectK(KMeans(n_init=1), k_range=(3, 3), n_clusters=3, n_resamples=0),
    ]
)
def test_scikit_learn_contract(estimator, check):
    check(estimator)


def quick(estimator=None, k_range=(2, 6), **options):
    """With as few refits as make a difference, and without what is only reported."""
    options = {"n_resamples": 4, "criteria": "deciding", "random_state": 0, **options}
    return SelectK(estimator or KMeans(n_init=2), k_range, **options)


def blobs(n_clusters, *, n_rows=300, apart=10.0, seed=0):
    generator = np.random.default_rng(seed)
    truth = np.arange(n_rows) % n_clusters
    angle = 2 * np.pi * truth / n_clusters
    centres = apart * np.column_stack([np.cos(angle), np.sin(angle)])
    return centres + generator.normal(size=(n_rows, 2)), truth


@pytest.mark.parametrize("n_clusters", [2, 3, 5])
def test_clear_clusters_are_found_and_all_criteria_agree(n_clusters):
    X, truth = blobs(n_clusters, apart=20.0)
    selector = SelectK(k_range=(2, 7), random_state=0, n_resamples=10).fit(X)
    assert selector.k_ == selector.silhouette_k_ == selector.gap_k_ == n_clusters
    assert selector.rule_ == "density_dip"
    assert adjusted_rand_score(truth, selector.labels_) == 1.0
    strength = dict(
        zip(selector.criteria_["k"], selector.criteria_["prediction_strength"], strict=True)
    )
    assert max(k for k, value in strength.items() if value > 0.9) == n_clusters
    assert selector.criteria_["qualifies"][selector.criteria_["k"] == n_clusters].all()


def test_criteria_have_a_row_per_k_and_start_one_below_the_range():
    X, _ = blobs(3)
    criteria = quick(k_range=(2, 6)).fit(X).criteria_
    assert criteria["k"].tolist() == [1, 2, 3, 4, 5, 6]
    assert criteria["inertia"][0] == pytest.approx(((X - X.mean(axis=0)) ** 2).sum())
    assert np.isnan(criteria["silhouette"][0])
    assert not np.isnan(criteria["silhouette"][1:]).any()
    assert quick(k_range=(4, 6)).fit(X).criteria_["k"].tolist() == [3, 4, 5, 6]


def test_k_that_is_asked_for_is_taken_and_judged():
    X, _ = blobs(3)
    selector = quick(k_range=(2, 6), n_clusters=4, random_state=0).fit(X)
    assert (selector.k_, selector.rule_) == (4, "fixed")
    assert selector.reason_.kind == "fixed"
    assert selector.reason_.numbers == {"k": 4, "asked": True, "elbow": 3, "silhouette": 3}
    outside = quick(k_range=(2, 5), n_clusters=7, random_state=0).fit(X)
    assert outside.k_ == len(np.unique(outside.labels_)) == 7
    assert outside.criteria_["k"].tolist() == [1, 2, 3, 4, 5, 7]
    assert outside.elbow_k_ == 3


def test_range_of_one_fixes_k():
    X, _ = blobs(3)
    selector = quick(k_range=(4, 4)).fit(X)
    assert (selector.k_, selector.reason_.numbers["asked"]) == (4, False)
    assert selector.criteria_["k"].tolist() == [4]


def test_one_cluster_is_taken_only_where_it_is_asked_for():
    X, _ = blobs(3)
    assert quick(k_range=(1, 6)).fit(X).k_ == 3
    assert quick(k_range=(1, 2)).fit(X).k_ == 2
    assert quick(k_range=(1, 1)).fit(X).k_ == 1
    assert quick(n_clusters=1).fit(X).rule_ == "fixed"


def test_range_is_clipped_to_different_rows_without_a_warning():
    X = np.repeat([[0.0, 0.0], [1.0, 0.0], [5.0, 5.0]], 10, axis=0)
    selector = quick(k_range=(2, 10)).fit(X)
    assert selector.criteria_["k"].max() == 3
    assert selector.reason_.numbers["distinct"] == 3

    high = quick(k_range=(5, 10)).fit(X)
    assert high.k_ == 3


def test_equal_rows_are_one_cluster():
    selector = quick().fit(np.ones((20, 3)))
    assert (selector.k_, selector.rule_) == (1, "single")
    assert selector.reason_ == Reason("alike")
    assert selector.predict(np.ones((2, 3))).tolist() == [0, 0]


def test_rows_that_differ_by_less_than_kmeans_sees_do_not_fail():
    X = np.ones((20, 2))
    X[:10] += 1e-15
    selector = quick().fit(X)
    assert selector.k_ == len(np.unique(selector.labels_))


def test_labels_do_not_depend_on_threads():
    X = np.random.default_rng(0).lognormal(size=(4_000, 6))
    results = []
    for threads in (1, 2):
        with threadpool_limits(threads):
            results.append(quick(k_range=(2, 6)).fit(X))
    one, two = results
    assert (one.labels_ == two.labels_).all()
    for name, values in one.criteria_.items():
        np.testing.assert_array_equal(values, two.criteria_[name])


def test_estimator_is_cloned_and_seeded():
    X, _ = blobs(3, apart=2.0)
    estimator = KMeans(n_init=1, init="random")
    first, second = (quick(estimator, random_state=3).fit(X) for _ in range(2))
    assert not hasattr(estimator, "labels_")
    assert estimator.random_state is None
    assert (first.labels_ == second.labels_).all()
    kept = quick(KMeans(n_init=1, random_state=5), k_range=(3, 3)).fit(X)
    assert kept.best_estimator_.random_state == 5


def test_estimator_without_predict_works_and_selector_has_none_either():
    X, truth = blobs(3)
    selector = quick(AgglomerativeClustering(), k_range=(2, 5)).fit(X)
    assert adjusted_rand_score(truth, selector.labels_) == 1.0
    assert not hasattr(selector, "predict")


def test_in_a_pipeline():
    X, truth = blobs(3)
    pipeline = make_pipeline(StandardScaler(), quick()).fit(X)
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
        quick(k_range=k_range).fit(np.eye(5))


@pytest.mark.parametrize(
    "wrong",
    [
        {"n_clusters": 0},
        {"n_clusters": "elbow"},
        {"sample_size": 1},
        {"estimator": 3},
        {"n_resamples": -1},
        {"criteria": "some"},
        {"holdout_r2": 0.3},
    ],
)
def test_malformed_parameters(wrong):
    with pytest.raises(ValueError, match="parameter of SelectK must be"):
        SelectK(**wrong).fit(np.eye(5))


def test_predict_needs_a_fit():
    with pytest.raises(NotFittedError):
        SelectK().predict(np.eye(3))


def test_stability_in_the_criteria_is_that_of_the_resamples():
    X, _ = blobs(3, apart=2.5)
    selector = quick(KMeans(n_init=1), k_range=(3, 3), n_resamples=6).fit(X)
    stable = selector.stability_[3]
    at = {name: values[0] for name, values in selector.criteria_.items()}
    assert at["resamples"] == stable.n_resamples == 6
    assert at["lowest_jaccard"] == stable.jaccard.min()
    assert at["lowest_jaccard_se"] == stable.jaccard_se[stable.jaccard.argmin()]
    assert at["lowest_one_to_one"] == stable.one_to_one.min()
    sizes = np.bincount(selector.labels_)
    by_size = stable.jaccard[np.argsort(-sizes, kind="stable")]
    assert at["jaccard_per_cluster"] == " ".join(f"{value:.2f}" for value in by_size)


def test_clear_cases_take_ten_resamples_and_a_cluster_that_is_too_small_never_qualifies():
    X, _ = blobs(3)
    X = np.vstack([X, np.full((2, 2), 14.0)])  # clear, and less than 1 %
    fitted = quick(k_range=(2, 4), n_resamples=50).fit(X)
    at = {k: index for index, k in enumerate(fitted.criteria_["k"].tolist())}
    assert fitted.criteria_["resamples"][at[4]] == 10
    assert fitted.criteria_["smallest_share"][at[4]] == 2 / 302
    assert not fitted.criteria_["qualifies"][at[4]]
    assert fitted.k_ == 3


def test_power_decides_and_is_reported():
    X, _ = blobs(4)
    scores = np.array([0.2, 0.3, 0.1])
    gains = np.tile(scores, (50, 1)) + 0.01 * np.random.default_rng(0).normal(size=(50, 1))
    holdout_r2 = HoldoutR2(np.array([2, 3, 4]), gains.mean(axis=0), gains)
    selector = quick(k_range=(2, 5), holdout_r2=holdout_r2).fit(X)
    assert (selector.k_, selector.rule_) == (4, "holdout_r2")  # 2 and 3 blur what 4 keeps apart
    columns = selector.criteria_
    assert columns["k"].tolist() == [1, 2, 3, 4, 5]
    np.testing.assert_allclose(columns["holdout_r2"][1:4], holdout_r2.score)
    np.testing.assert_allclose(columns["holdout_r2_behind"][1:4], [0.1, 0.0, 0.2])
    np.testing.assert_allclose(columns["holdout_r2_behind_se"][1:4], 0.0, atol=1e-12)
    assert np.isnan(columns["holdout_r2"][[0, 4]]).all()


def test_rows_that_may_not_choose_change_nothing_but_the_final_fit():
    X, _ = blobs(3, n_rows=600)
    selection = np.arange(600) < 300
    other = X.copy()
    other[~selection] = np.random.default_rng(1).normal(scale=30, size=(300, 2))
    one, two = (quick().fit(rows, selection=selection) for rows in (X, other))
    assert one.k_ == two.k_ == 3
    for name in ("lowest_jaccard", "resamples", "qualifies"):
        np.testing.assert_array_equal(one.criteria_[name], two.criteria_[name])
    assert len(two.labels_) == 600
    assert two.best_estimator_.inertia_ == pytest.approx(
        KMeans(3, init=two.best_estimator_.cluster_centers_, n_init=1).fit(other).inertia_
    )


def test_the_taken_number_is_fitted_anew_where_the_selection_rows_end_elsewhere():
    # Those who choose differ in the second column alone, all others more in the first. Started
    # from the former, KMeans stays at a division by the second, with 4 a row instead of 2.25.
    selection = np.repeat([True, False], [20, 80])
    X = np.vstack(
        [np.tile([[0.0, 0.0], [0.0, 3.0]], (10, 1))]
        + [[[x, y]] * 20 for x in (-2.0, 2.0) for y in (0.0, 3.0)]
    )
    selector = SelectK(k_range=(2, 2), random_state=0).fit(X, selection=selection)
    assert len(set(selector.labels_[20:60])) == len(set(selector.labels_[60:])) == 1
    assert selector.labels_[20] != selector.labels_[60]


@pytest.mark.parametrize("selection", [[True] * 4, np.ones(5), [True, False, False, False, False]])
def test_malformed_selection(selection):
    with pytest.raises(ValueError, match="True or False for each of the 5 rows"):
        quick().fit(np.eye(5), selection=selection)


@pytest.mark.parametrize("estimator", [None, KMeans(n_init=2)])
def test_many_rows_are_tried_on_a_sample_and_the_k_taken_is_fitted_to_all(estimator):
    X, truth = blobs(3, n_rows=12_000)
    selector = SelectK(estimator, (2, 4), random_state=0, n_resamples=4, criteria="deciding").fit(X)
    assert selector.k_ == 3
    assert adjusted_rand_score(truth, selector.labels_) > 0.99
    everyone = np.array([X[selector.labels_ == label].mean(axis=0) for label in range(3)])
    np.testing.assert_allclose(selector.best_estimator_.cluster_centers_, everyone, atol=1e-6)
    np.testing.assert_array_equal(selector.predict(X), selector.labels_)


def test_rare_rows_that_a_sample_would_miss_are_seen():
    X = np.zeros((12_000, 1))
    X[7], X[11_007] = 5.0, 9.0
    assert quick(k_range=(3, 3)).fit(X).k_ == 3


@pytest.mark.parametrize("kind", ["blobs", "near blobs", "line", "skewed", "cloud"])
@pytest.mark.parametrize("seed", range(3))
def test_testing_no_more_than_it_takes_takes_the_same_number(kind, seed):
    generator = np.random.default_rng(seed)
    X = {
        "blobs": lambda: blobs(4, apart=6.0, seed=seed)[0],
        "near blobs": lambda: blobs(5, apart=3.0, seed=seed)[0],
        "line": lambda: np.column_stack([generator.uniform(0, 9, 300), generator.normal(size=300)]),
        "skewed": lambda: generator.lognormal(size=(300, 2)),
        "cloud": lambda: generator.normal(size=(300, 2)),
    }[kind]()
    everything = quick(n_resamples=10, criteria="all").fit(X)
    little = quick(n_resamples=10).fit(X)
    assert little.k_ == everything.k_
    np.testing.assert_array_equal(little.labels_, everything.labels_)


def test_valleys_are_those_of_the_clusters_that_were_found():
    X, _ = blobs(3, apart=4.0)
    fitted = quick(k_range=(3, 3)).fit(X)
    centres = np.array([X[fitted.labels_ == label].mean(axis=0) for label in range(3)])
    depths = density_dips(X, fitted.labels_, centres)
    assert fitted.criteria_["lowest_density_dip"] == pytest.approx(depths.min())
    shares = np.bincount(fitted.labels_) / len(X)
    assert fitted.criteria_["density_dip"] == pytest.approx(depths @ shares)


def halves(n_rows=1_200, seed=0):
    """Three groups; the third has 1 in 200 of the first half, and 1 in 10 of the second."""
    generator = np.random.default_rng(seed)
    selecting = np.arange(n_rows) % 2 == 0
    place = np.arange(n_rows) // 2
    group = np.where(place % np.where(selecting, 200, 10) == 0, 2, place % 2)
    X = generator.normal(size=(n_rows, 2)) + 12.0 * np.column_stack([group == 1, group == 2])
    return X, selecting


def test_a_size_is_of_all_rows_wherever_it_is_stated():
    X, selecting = halves()
    selector = SelectK(k_range=(2, 3), random_state=0).fit(X, selection=selecting)
    columns = {name: column.tolist() for name, column in selector.criteria_.items()}
    assert columns["smallest_share"][-1] == 63 / 1_200
    assert columns["qualifies"] == [
        lowest >= 0.75 and share >= 0.01
        for lowest, share in zip(columns["lowest_jaccard"], columns["smallest_share"], strict=True)
    ]
    stated = selector.reason_.numbers.get("qualifying", [selector.k_])
    assert stated == [k for k, good in zip(columns["k"], columns["qualifies"], strict=True) if good]


def test_every_other_criterion_is_of_the_rows_that_select():
    X, selecting = halves()
    moved = X.copy()
    moved[~selecting] = np.random.default_rng(1).normal(6.0, 4.0, (600, 2))
    one, other = (
        SelectK(k_range=(2, 4), random_state=0).fit(rows, selection=selecting)
        for rows in (X, moved)
    )
    for name in one.criteria_.keys() - {"smallest_share", "qualifies"}:
        np.testing.assert_array_equal(one.criteria_[name], other.criteria_[name], err_msg=name)
