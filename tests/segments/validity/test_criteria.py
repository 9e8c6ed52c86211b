import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from clustomer.segments.validity.criteria import (
    partition_criteria,
    sampled_silhouettes,
    squared_silhouettes,
)


@st.composite
def partitions(draw):
    n_rows = draw(st.integers(4, 40))
    n_clusters = draw(st.integers(2, min(6, n_rows - 1)))
    seed = draw(st.integers(0, 10_000))
    generator = np.random.default_rng(seed)
    X = generator.normal(size=(n_rows, draw(st.integers(1, 4))))
    if draw(st.booleans()):
        X = np.round(X)  # many equal rows
    labels = np.concatenate(
        [np.arange(n_clusters), generator.integers(0, n_clusters, n_rows - n_clusters)]
    )
    return X, generator.permutation(labels) * 3 - 1


@given(partitions())
def test_every_criterion_is_that_of_scikit_learn(partition):
    X, labels = partition
    result = partition_criteria(X, labels)

    expected = metrics.silhouette_samples(X, labels, metric="sqeuclidean")
    assert squared_silhouettes(X, labels) == pytest.approx(expected, abs=1e-9)
    assert result.silhouette_squared == pytest.approx(expected.mean(), abs=1e-9)
    assert result.calinski_harabasz == pytest.approx(
        metrics.calinski_harabasz_score(X, labels), rel=1e-9
    )
    assert result.davies_bouldin == pytest.approx(
        _davies_bouldin_by_hand(X, labels), rel=1e-6, abs=1e-9
    )
    [(mean, error)] = sampled_silhouettes(X, [labels])
    assert mean == pytest.approx(metrics.silhouette_score(X, labels), abs=1e-6)
    assert error == 0.0


def _davies_bouldin_by_hand(X, labels):
    groups = [X[labels == label] for label in np.unique(labels)]
    centres = [group.mean(axis=0) for group in groups]
    radii = [
        np.linalg.norm(group - centre, axis=1).mean()
        for group, centre in zip(groups, centres, strict=True)
    ]
    if max(radii) < 1e-12:
        return 0.0
    worst = []
    for i, centre in enumerate(centres):
        apart = [np.linalg.norm(centre - other) for other in centres]
        worst.append(
            max(
                ((radii[i] + radii[j]) / apart[j] for j in range(len(groups)) if apart[j] > 1e-12),
                default=0.0,
            )
        )
    return float(np.mean(worst))


def test_hand_computed_line():
    X = [[0.0], [1.0], [3.0], [6.0]]
    labels = [0, 0, 1, 1]

    # Squared: row 0 has a = 1, b = (9 + 36) / 2 = 22.5; row 1 has a = 1, b = (4 + 25) / 2 = 14.5;
    # row 2 has a = 9, b = (9 + 4) / 2 = 6.5; row 3 has a = 9, b = (36 + 25) / 2 = 30.5.
    expected = [1 - 1 / 22.5, 1 - 1 / 14.5, 6.5 / 9 - 1, 1 - 9 / 30.5]
    assert squared_silhouettes(X, labels) == pytest.approx(expected)
    result = partition_criteria(X, labels)
    # Means 0.5 and 4.5, the overall mean is 2.5: within 0.5 + 4.5, between 4 * 2 ** 2.
    assert result.inertia == pytest.approx(5.0)
    assert result.calinski_harabasz == pytest.approx((16 / 1) / (5 / 2))
    assert result.davies_bouldin == pytest.approx((0.5 + 1.5) / 4)
    assert result.smallest_share == 0.5
    # Not squared: (4.5, 1), (3.5, 1), (2.5, 3), (5.5, 3).
    [(mean, _)] = sampled_silhouettes(X, [labels])
    parts = [1 - 1 / 4.5, 1 - 1 / 3.5, 2.5 / 3 - 1, 1 - 3 / 5.5]
    assert mean == pytest.approx(sum(parts) / 4)


def test_one_cluster_has_inertia_and_nothing_else():
    result = partition_criteria([[0.0], [2.0]], [5, 5])
    assert (result.inertia, result.smallest_share) == (2.0, 1.0)
    assert math.isnan(result.silhouette_squared)
    assert math.isnan(result.calinski_harabasz)
    assert math.isnan(result.davies_bouldin)
    assert all(math.isnan(value) for value in sampled_silhouettes([[0.0], [2.0]], [[5, 5]])[0])


def test_rows_that_all_coincide_have_silhouette_0():
    X = np.full((6, 2), 0.1)
    assert squared_silhouettes(X, [0, 0, 0, 1, 1, 1]).tolist() == [0.0] * 6


def test_a_far_offset_changes_nothing():
    X = np.random.default_rng(1).normal(size=(50, 3))
    labels = np.arange(50) % 3
    near, far = partition_criteria(X, labels), partition_criteria(X + 1e6, labels)
    assert far.silhouette_squared == pytest.approx(near.silhouette_squared, abs=1e-8)
    assert far.davies_bouldin == pytest.approx(near.davies_bouldin, rel=1e-8)


def test_duplicating_every_row_keeps_what_does_not_depend_on_size():
    X = np.random.default_rng(2).normal(size=(30, 2))
    labels = np.arange(30) % 3
    once = partition_criteria(X, labels)
    twice = partition_criteria(np.repeat(X, 2, axis=0), np.repeat(labels, 2))
    assert twice.inertia == pytest.approx(2 * once.inertia)
    assert twice.davies_bouldin == pytest.approx(once.davies_bouldin)
    assert twice.smallest_share == once.smallest_share


def test_sampled_silhouette_covers_the_exact_one():
    generator = np.random.default_rng(3)
    labels = generator.integers(0, 3, 2_000)
    X = generator.normal(size=(2_000, 2)) + 3 * labels[:, np.newaxis]
    exact = metrics.silhouette_score(X, labels)
    inside = 0
    for seed in range(40):
        [(mean, error)] = sampled_silhouettes(X, [labels], sample_size=400, random_state=seed)
        assert 0.005 < error < 0.03
        inside += abs(mean - exact) < 2 * error
    # 95 % are expected; fewer than 32 of 40 would happen once in 10,000 times.
    assert inside >= 32


def test_sample_is_seeded_and_shared_between_labellings():
    X = np.random.default_rng(4).normal(size=(300, 2))
    labels = np.arange(300) % 4
    both = sampled_silhouettes(X, [labels, labels], sample_size=50, random_state=7)
    assert both[0] == pytest.approx(both[1], rel=1e-12)
    [again] = sampled_silhouettes(X, [labels], sample_size=50, random_state=7)
    [other] = sampled_silhouettes(X, [labels], sample_size=50, random_state=8)
    assert again == pytest.approx(both[0], rel=1e-12)
    assert other != pytest.approx(both[0], rel=1e-6)


def test_labels_of_another_length_are_refused():
    with pytest.raises(ValueError, match="Got 1 labels for 2 rows"):
        partition_criteria([[0.0], [1.0]], [0])
