"""Who belongs to a rare kind has no say in the number of segments, and a segment besides."""

import numpy as np
import pyarrow as pa
import pytest

from clustomer.certificates.stable import stable_marks
from clustomer.segments import NearestCentroid, RareMembers, ScaledFeature, segment
from clustomer.segments.algorithms.beside_rare import BesideRare
from clustomer.segments.refit import refit_rule, rule_labels
from clustomer.segments.selection.rare_members import NO_CLUSTER, with_centroids

CROWD, FEW = 400, 16
ASKED = {"k_range": (2, 4), "features": ["points", "days"], "criteria": "deciding"}


@pytest.fixture(scope="module")
def customers() -> pa.Table:
    """A crowd of three groups, and a few who are far from all of them."""
    random = np.random.default_rng(0)
    group = np.arange(CROWD) % 3
    points = np.append(
        np.array([0.0, 10.0, 20.0])[group] + random.normal(0, 1, CROWD), [90.0] * FEW
    )
    days = np.append(np.array([0.0, 9.0, 0.0])[group] + random.normal(0, 1, CROWD), [40.0] * FEW)
    ids = [f"c{number:03}" for number in range(CROWD + FEW)]
    return pa.table({"user_id": ids, "points": points, "days": days})


@pytest.fixture(scope="module")
def rare(customers) -> RareMembers:
    ids = customers["user_id"].slice(CROWD).combine_chunks()
    return RareMembers(ids, np.zeros(FEW, dtype=np.int64))


def test_the_crowd_is_cut_as_if_they_were_not_there(customers, rare) -> None:
    beside = segment(customers, rare=rare, **ASKED)
    alone = segment(customers.slice(0, CROWD), **{**ASKED, "k_range": (2, 3)})
    assert [part.scale for part in beside.scaling] == [part.scale for part in alone.scaling]
    assert beside.selection.criteria.to_pylist() == alone.selection.criteria.to_pylist()
    assert beside.selection.crowd_k == alone.k == 3
    assert beside.rule.centroids[:3].tolist() == alone.rule.centroids.tolist()
    labels = beside.table["cluster"].to_numpy()
    assert (labels[:CROWD] == alone.table["cluster"].to_numpy()).all()
    assert beside.selection.rare_clusters == (3,)
    assert (labels[CROWD:] == 3).all()
    assert (beside.k, beside.clusters[3], beside.fitted_customers) == (4, FEW, CROWD + FEW)


@pytest.mark.parametrize("options", [{"k": 3}, {"k_range": (2, 3)}, {"algorithm": "gmm"}])
def test_where_there_is_nothing_to_choose_they_are_customers_like_all_others(
    customers, rare, options
) -> None:
    asked = {**ASKED, **options}
    one, other = segment(customers, rare=rare, **asked), segment(customers, **asked)
    assert one.table.equals(other.table)
    assert one.selection.reason == other.selection.reason
    assert one.rare is None


def test_a_kind_that_is_near_to_the_crowd_has_no_cluster(customers) -> None:
    ids = customers["user_id"].take(pa.array([0, 30, 60, *range(CROWD, CROWD + FEW)]))
    kinds = np.append(np.zeros(3, dtype=np.int64), np.ones(FEW, dtype=np.int64))
    asked = {**ASKED, "k_range": (2, 5)}
    both = segment(customers, rare=RareMembers(ids.combine_chunks(), kinds), **asked)
    assert both.selection.crowd_k == 3
    assert both.selection.rare_clusters == (3,)
    assert both.rare.kinds.tolist() == [NO_CLUSTER] * 3 + [1] * FEW
    # who has none is assigned as all others are, those of group 0 here
    labels = both.table["cluster"].to_numpy()
    assert set(labels[[0, 30, 60]]) == set(labels[[3, 33, 63]])


def test_of_two_kinds_in_one_place_neither_wins_over_its_own_members() -> None:
    rule = NearestCentroid((ScaledFeature("points", 0.0, 1.0, 0.0, 1.0),), np.array([[0.0]]))
    matrix = np.array([[0.0], [9.0], [9.1], [9.0], [9.1], [30.0]])
    kinds = np.array([-1, 0, 0, 1, 1, 2])
    members = RareMembers(pa.array(["b", "c", "d", "e", "f"]), kinds[1:])
    beside, left = with_centroids(rule, matrix, members, kinds)
    # the first leaves, since ties go to the lower; the other then takes all four, and leaves too
    assert left.kinds.tolist() == [NO_CLUSTER] * 4 + [2]
    assert beside.centroids.tolist() == [[0.0], [30.0]]


def test_a_refit_has_the_mean_that_they_have_there(customers, rare) -> None:
    beside = segment(customers, rare=rare, **ASKED)
    later = customers.set_column(1, "points", pa.array(customers["points"].to_numpy() * 2 + 1))
    refit = refit_rule(beside, later)
    assert rule_labels(later, refit)[CROWD:].tolist() == [3] * FEW
    assert refit.centroids[3].tolist() == pytest.approx(beside.rule.centroids[3].tolist())
    fewer = refit_rule(beside, later.slice(0, CROWD))
    assert len(fewer.centroids) == 3
    other = refit_rule(beside, later, algorithm="kmeans", k=2)
    assert len(other.centroids) == 2


def test_stability_is_of_the_crowd_beside_them(customers, rare) -> None:
    beside = segment(customers, rare=rare, **ASKED)
    marks = stable_marks(customers, beside, {})
    assert [round(mark.jaccard, 2) for mark in marks.values()] == [1.0] * 4


def test_a_resample_without_a_kind_has_no_cluster_for_it() -> None:
    from sklearn.cluster import KMeans

    model = BesideRare(KMeans(1, n_init=1), np.array([[0.0], [9.0], [50.0]]), [1, 2])
    assert model.fit([[0.0], [2.0], [50.0], [52.0]]).cluster_centers_.tolist() == [[1.0], [51.0]]
    assert model.predict([[3.0], [40.0]]).tolist() == [0, 1]
