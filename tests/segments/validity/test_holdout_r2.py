import numpy as np
import pytest
from sklearn.cluster import KMeans

from clustomer.segments.validity.holdout_r2 import HoldoutR2, explained, holdout_r2
from clustomer.segments.validity.winsorising import winsorised


def test_explained_variance_written_out_fold_by_fold():
    generator = np.random.default_rng(0)
    labels, folds = generator.integers(3, size=60), generator.integers(5, size=60)
    values = np.column_stack([generator.random(60) + labels, generator.random(60) < 0.4])
    expected = []
    for column in values.T:
        errors, baseline = [], []
        for fold in range(5):
            train, test = folds != fold, folds == fold
            for value, label in zip(column[test], labels[test], strict=True):
                errors.append((value - column[train & (labels == label)].mean()) ** 2)
                baseline.append((value - column[train].mean()) ** 2)
        expected.append(1 - np.mean(errors) / np.mean(baseline))
    assert explained(values, labels, folds).mean() == pytest.approx(np.mean(expected))


def test_a_segment_nobody_else_is_in_is_predicted_as_everyone():
    values, labels = np.array([[0.0], [2.0], [4.0]]), np.array([0, 0, 1])
    gains = explained(values, labels, np.array([0, 1, 2]))
    assert gains[2] == 0.0


def groups(n_rows=600, seed=0):
    generator = np.random.default_rng(seed)
    group = generator.integers(4, size=n_rows)
    X = 10 * np.eye(4)[group] + generator.normal(size=(n_rows, 4))
    return X, group, generator


def test_power_grows_until_the_groups_that_differ_are_told_apart():
    X, group, generator = groups()
    bought = (generator.random(600) < np.array([0.1, 0.3, 0.6, 0.9])[group]).astype(float)
    revenue = bought * generator.lognormal(group, 0.3)
    outcomes = np.column_stack([bought, revenue])
    result = holdout_r2(KMeans(n_init=5), X, outcomes, [4, 2, 3, 6], names=["bought", "revenue"])
    assert result.k.tolist() == [2, 3, 4, 6]
    assert result.outcomes == ("bought", "revenue")
    assert result.score[2] == pytest.approx(result.gains[:, 2].mean())
    assert result.score_of(4) > max(result.score_of(3), result.score_of(2)) > 0.3
    assert result.score_of(6) < result.score_of(4) + 0.02
    ahead, error = result.behind(2, 4)
    assert ahead == pytest.approx(result.score_of(4) - result.score_of(2))
    assert error == pytest.approx((result.gains[:, 2] - result.gains[:, 0]).std(ddof=1) / 600**0.5)
    assert result.behind(4, 4) == (0.0, 0.0)


def test_segments_that_tell_nothing_score_nothing_and_shuffled_outcomes_less_than_told():
    X, _, generator = groups()
    result = holdout_r2(KMeans(n_init=2), X, generator.random((600, 1)), [1, 4])
    assert abs(result.score_of(1)) < 1e-12
    assert abs(result.score_of(4)) < 0.03


def test_ten_customers_do_not_decide():
    X, group, generator = groups()
    amounts = generator.lognormal(size=600) * (group + 1)
    tame = holdout_r2(KMeans(n_init=3), X, amounts[:, None], [2, 4]).score
    amounts[:5] = 1e6
    wild = holdout_r2(KMeans(n_init=3), X, amounts[:, None], [2, 4]).score
    assert wild == pytest.approx(tame, abs=0.05)


def test_caps_by_hand():
    values = np.arange(101.0)
    assert [winsorised(values).min(), winsorised(values).max()] == pytest.approx([1.0, 99.0])
    seldom = np.zeros(1_000)
    seldom[:5] = [1.0, 2.0, 3.0, 4.0, 1_000.0]  # 0.5 % have any: the 99th percentile of those
    assert winsorised(seldom).max() == pytest.approx(np.quantile(seldom[:5], 0.99))
    yes = np.array([0.0] * 999 + [1.0])
    assert winsorised(yes).tolist() == yes.tolist()


def test_outcomes_that_cannot_be_told():
    X = np.eye(30)
    with pytest.raises(ValueError, match="No outcome differs"):
        holdout_r2(KMeans(), X, np.ones((30, 2)), [2])
    with pytest.raises(ValueError, match=r"outcomes of shape \(30,\) for 30 customers"):
        holdout_r2(KMeans(), X, np.ones(30), [2])
    with pytest.raises(ValueError, match="n_folds is 40 for 30 customers"):
        holdout_r2(KMeans(), X, np.ones((30, 1)), [2], n_folds=40)


def test_the_same_whatever_the_seed_of_numpy_and_only_what_varies_counts():
    X, group, _ = groups()
    outcomes = np.column_stack([np.ones(600), group])
    one, two = (holdout_r2(KMeans(n_init=1), X, outcomes, [3], names=["a", "b"]) for _ in range(2))
    assert one.outcomes == ("b",)
    assert one.gains.tolist() == two.gains.tolist()
    assert isinstance(one, HoldoutR2)
