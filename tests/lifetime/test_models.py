"""The models beside another implementation, and beside the integrals that they are made of."""

from functools import cache

import numpy as np
import pandas as pd
import pytest
from clvkit import BGNBD, MBGNBD, CustomerBase
from clvkit import GammaGamma as OtherGammaGamma
from scipy.integrate import quad
from scipy.special import gamma
from scipy.stats import beta

from clustomer.lifetime.models import BgNbd, GammaGamma, Histories, MbgNbd, ParetoNbd
from clustomer.lifetime.models.histories import counted_alike


@cache
def histories(customers: int = 700) -> Histories:
    """Customers who order once in 40 days or so, and may leave after each order."""
    draw = np.random.default_rng(5)
    age = draw.integers(30, 300, customers).astype(float)
    rate, leaves = draw.gamma(0.8, 1 / 40, customers), draw.beta(0.9, 2.5, customers)
    repeats, last = np.zeros(customers), np.zeros(customers)
    for i in range(customers):
        time = 0.0
        while draw.random() >= leaves[i]:
            time += draw.exponential(1 / rate[i])
            if time > age[i]:
                break
            repeats[i], last[i] = repeats[i] + 1, np.floor(time)
    value = draw.gamma(6, 1, customers) * draw.gamma(4, 3, customers)
    return Histories(repeats, last, age, value, np.zeros(customers))


def base(customers: Histories) -> CustomerBase:
    summary = pd.DataFrame(
        {
            "frequency": customers.repeats,
            "recency": customers.last,
            "T": customers.age,
            "monetary_value": customers.value,
        }
    )
    return CustomerBase(
        summary,
        time_unit="D",
        observation_period_end=pd.Timestamp("2024-01-01"),
        has_monetary=True,
        on_negative="net",
    )


def column(prediction) -> np.ndarray:
    return prediction.to_pandas().to_numpy().ravel()


@pytest.mark.parametrize(("ours", "theirs"), [(BgNbd, BGNBD), (MbgNbd, MBGNBD)])
def test_beta_geometric_models_agree_with_another_implementation(ours, theirs):
    customers = histories()
    other = theirs().fit(base(customers))
    model = ours.fit(customers)
    assert [model.r, model.alpha, model.a, model.b] == pytest.approx(
        other.params_[["r", "alpha", "a", "b"]].tolist(), rel=1e-4
    )
    likelihood = model._log_likelihoods(customers).sum()
    assert likelihood == pytest.approx(other.log_likelihood_, abs=1e-4)
    given = ours(*other.params_[["r", "alpha", "a", "b"]])
    np.testing.assert_allclose(
        given.expected_orders(customers, 90), column(other.predict(90)), rtol=1e-9
    )
    np.testing.assert_allclose(given.alive(customers), column(other.probability_alive()), rtol=1e-9)


def test_gamma_gamma_agrees_with_another_implementation():
    customers = histories()
    again = customers.repeats > 0
    model = GammaGamma.fit(customers.repeats[again], customers.value[again])
    other = OtherGammaGamma().fit(base(customers))
    assert [model.p, model.q, model.v] == pytest.approx([other.p, other.q, other.gamma], rel=1e-4)
    np.testing.assert_allclose(
        model.expected_value(customers.repeats, customers.value),
        column(other.predict()),
        rtol=1e-4,
    )


@pytest.mark.parametrize(("alpha", "beta"), [(80.0, 30.0), (30.0, 80.0)])
@pytest.mark.parametrize(("repeats", "last", "age"), [(0, 0, 200), (3, 90, 200), (120, 260, 300)])
def test_the_likelihood_of_pareto_nbd_is_the_integral_over_the_time_of_leaving(
    alpha, beta, repeats, last, age
):
    model = ParetoNbd(0.7, alpha, 0.6, beta)
    shape = model.r + repeats
    scale = (alpha + last) ** shape

    def silent(end: float) -> float:
        return scale * (alpha + end) ** -shape

    alive = silent(age) * (beta / (beta + age)) ** model.s
    left = quad(
        lambda end: silent(end) * model.s * beta**model.s * (beta + end) ** -(model.s + 1),
        last,
        age,
        epsabs=0,
        epsrel=1e-11,
        limit=200,
    )[0]
    one = Histories(*(np.array([float(n)]) for n in (repeats, last, age, 0, 0)))
    assert model.alive(one)[0] == pytest.approx(alive / (alive + left), rel=1e-8)
    expected = (
        np.log(alive + left)
        - np.log(scale)
        + model.r * np.log(alpha)
        + float(np.sum(np.log(model.r + np.arange(repeats))))
    )
    assert -model._negative(counted_alike(one))[0] == pytest.approx(expected, rel=1e-7)


def test_pareto_nbd_expects_the_rate_for_as_long_as_customers_stay():
    model = ParetoNbd(0.7, 60.0, 1.8, 90.0)
    one = Histories(*(np.array([float(n)]) for n in (2, 50, 120, 0, 0)))
    staying = quad(lambda t: ((90 + 120) / (90 + 120 + t)) ** 1.8, 0, 60)[0]
    expected = model.alive(one)[0] * (0.7 + 2) / (60 + 120) * staying
    assert model.expected_orders(one, 60)[0] == pytest.approx(expected, rel=1e-9)


def test_slopes_of_the_likelihood_are_its_differences():
    customers = histories()
    sized = Histories(*vars(customers).values())
    sized = Histories(sized.repeats, sized.last, sized.age, sized.value, sized.repeats % 3 - 1)
    alike = counted_alike(sized, by_size=True)
    at = np.array([0.7, 50.0, 0.6, 70.0, 0.3, -0.2])
    _, slopes = ParetoNbd(*at)._negative(alike)
    for number in range(6):
        step = np.zeros(6)
        step[number] = 1e-5 * abs(at[number])
        up, down = (ParetoNbd(*(at + sign * step))._negative(alike)[0] for sign in (1, -1))
        assert slopes[number] == pytest.approx((up - down) / (2 * step[number]), rel=1e-5)


def test_first_orders_that_tell_nothing_leave_the_model_as_it_is():
    customers = histories()
    model = ParetoNbd.fit(customers)
    sized = model.with_sizes(customers)
    assert sized.size_orders == pytest.approx(0, abs=1e-6)
    assert sized.alpha == pytest.approx(model.alpha, rel=1e-4)


def test_customers_with_large_first_orders_who_order_more_are_expected_to():
    customers = histories()
    size = np.where(customers.repeats > np.median(customers.repeats), 1.0, -1.0)
    sized = Histories(customers.repeats, customers.last, customers.age, customers.value, size)
    model = ParetoNbd.fit(sized).with_sizes(sized)
    assert model.size_orders > 0.5
    same = [Histories(*(np.array([float(n)]) for n in (1, 20, 100, 0, s))) for s in (-1, 1)]
    small, large = (model.expected_orders(one, 90)[0] for one in same)
    assert large > small


def test_one_time_buyers_are_surely_alive_by_bg_nbd_and_by_no_other_model():
    once = Histories(*(np.array([float(n)]) for n in (0, 0, 250, 10, 0)))
    assert BgNbd(0.3, 40, 0.8, 2.5).alive(once)[0] == 1
    assert 0 < MbgNbd(0.6, 50, 0.8, 1.2).alive(once)[0] < 1
    assert 0 < ParetoNbd(0.6, 80, 0.5, 60).alive(once)[0] < 1


@pytest.mark.parametrize("model", [BgNbd, MbgNbd])
def test_customers_with_very_many_orders_have_finite_forecasts(model):
    many = Histories(*(np.array([float(n)]) for n in (2_000, 3_000, 3_000, 10, 0)))
    expected = model(0.3, 40, 0.8, 2.5).expected_orders(many, 90)[0]
    # nearly the own rate of 2,000 in 3,000 days, less by a little chance to leave
    assert 50 < expected < 60


@pytest.mark.parametrize("model", [BgNbd, MbgNbd])
def test_customers_who_leave_by_nearly_the_same_chance_have_finite_forecasts(model):
    """Beyond what the series holds: the mean over the chance to leave, by an integral."""
    some = Histories(
        np.array([2.0, 0.0, 30.0]),
        np.array([33.0, 0.0, 80.0]),
        np.array([36.0, 19.0, 86.0]),
        np.ones(3),
        np.zeros(3),
    )
    given = model(0.56, 33.4, 1719.7, 8103.1)
    expected = given.expected_orders(some, 50)
    alive = given.alive(some)
    for place in range(3):
        outcomes = some.repeats[place] + given.may_leave_at_first
        left = beta(given.a, given.b + outcomes)
        ahead, shape = 50 / (given.alpha + some.age[place]), given.r + some.repeats[place]

        def at(p, left=left, ahead=ahead, shape=shape):
            return left.pdf(p) * (1 - (1 + p * ahead) ** -shape) / p

        integral, _ = quad(at, left.ppf(1e-12), left.ppf(1 - 1e-12), epsabs=1e-12)
        assert expected[place] == pytest.approx(integral * alive[place], rel=1e-6)


@pytest.mark.parametrize("model", [BgNbd, MbgNbd])
def test_the_series_and_the_quantiles_agree_where_both_hold(model):
    given, customers = model(0.6, 40.0, 30.0, 200.0), histories(50)
    series = given.expected_orders(customers, 90) / given.alive(customers)
    outcomes = customers.repeats + given.may_leave_at_first
    mean = given._at_quantiles(outcomes, given.r + customers.repeats, 90 / (40.0 + customers.age))
    assert mean == pytest.approx(series, rel=1e-3)


def test_the_mean_of_gamma_gamma_is_that_of_its_distribution():
    model = GammaGamma(4.0, 5.0, 20.0)
    nobody = np.array([0.0])
    assert model.expected_value(nobody, nobody)[0] == pytest.approx(4 * 20 / (5 - 1))
    density = quad(lambda rate: rate**3 * np.exp(-20 * rate) * 20**5 / gamma(5), 0, np.inf)[0]
    assert 4 * density == pytest.approx(4 * 20 / (5 - 1), rel=1e-6)
