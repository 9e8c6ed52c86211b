import numpy as np
import pytest
from scipy.stats import nbinom, poisson

from clustomer.certificates.nulls import Activity, fit_activity


def truncated(distribution, most=400):
    weights = distribution.pmf(np.arange(1, most + 1))
    return weights / weights.sum()


def test_probabilities_are_those_of_the_truncated_distribution():
    result = Activity(mean=3.0, size=0.7).pmf(400)
    np.testing.assert_allclose(result, truncated(nbinom(0.7, 0.7 / 3.7)), rtol=1e-9)


@pytest.mark.parametrize(("mean", "size"), [(0.4, 0.5), (3.0, 1.0), (8.0, 4.0)])
def test_counts_in_exact_proportion_give_the_distribution_back(mean, size):
    shares = truncated(nbinom(size, size / (size + mean)))
    counts = np.rint(shares * 1e6).astype(int)
    result = fit_activity(np.repeat(np.arange(1, 401), counts))
    assert result.mean == pytest.approx(mean, rel=0.01)
    assert result.size == pytest.approx(size, rel=0.01)


def test_poisson_counts_and_less_varied_ones_are_fitted_by_a_poisson_distribution():
    counts = np.rint(truncated(poisson(2.5), 40) * 1e6).astype(int)
    result = fit_activity(np.repeat(np.arange(1, 41), counts))
    assert result.mean == pytest.approx(2.5, rel=0.01)
    # half once and half twice: the truncated mean m / (1 - exp(-m)) is 1.5
    alike = fit_activity([1, 2] * 50)
    assert alike.size is None
    assert alike.mean / (1 - np.exp(-alike.mean)) == pytest.approx(1.5)


def test_no_other_fit_is_more_likely():
    visits = np.random.default_rng(3).geometric(0.3, 2_000)
    result = fit_activity(visits)

    def log_likelihood(mean, size):
        return np.log(Activity(mean, size).pmf(1_000)[visits - 1]).sum()

    best = log_likelihood(result.mean, result.size)
    for mean, size in [(0.9, 1.1), (1.1, 0.9), (0.9, 0.9), (1.1, 1.1), (1.0, 1.05), (1.05, 1.0)]:
        assert log_likelihood(result.mean * mean, result.size * size) < best


def test_draws_follow_the_distribution_and_its_bound():
    activity = Activity(mean=2.0, size=0.8)
    drawn = activity.draw(200_000, 6, np.random.default_rng(0))
    shares = np.bincount(drawn, minlength=7)[1:] / len(drawn)
    np.testing.assert_allclose(shares, activity.pmf(6), atol=0.005)


@pytest.mark.parametrize("visits", [[], [0, 1]])
def test_visits_below_one_are_refused(visits):
    with pytest.raises(ValueError, match="at least one customer"):
        fit_activity(visits)
