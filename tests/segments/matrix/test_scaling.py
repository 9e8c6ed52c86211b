import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from clustomer.customers.reason import Reason
from clustomer.insights import left_out_sentences
from clustomer.segments.matrix.scaling import (
    ScaledFeature,
    fit_scaling,
    round_significant,
    scale,
    signed_power,
    skewness,
)


def test_skewed_column_is_rooted_and_others_are_not():
    skewed = np.array([0.0, 0.0, 0.0, 16.0])
    even = np.array([1.0, 2.0, 4.0, 1.0])

    result = fit_scaling(np.column_stack([skewed, even]), ["weight", "height"], [0.0, 0.0])

    # g1 of (0, 0, 0, 1) is 2 / sqrt(3) = 1.155 > 1, g1 of (1, 2, 4, 1) is 0.82. The 99.5th
    # percentile of the first lies 0.985 of the way from 0 to 16; rooted, it is one of four.
    weight, height = result.features
    assert (weight.power, weight.low, weight.high) == (0.5, None, pytest.approx(0.985 * 16))
    top = math.sqrt(0.985 * 16)
    assert weight.mean == pytest.approx(top / 4, rel=1e-11)
    assert weight.scale == pytest.approx(top * math.sqrt(3) / 4, rel=1e-11)
    assert height == ScaledFeature("height", 0.0, 1.0, 2.0, 1.22474487139)


def test_a_declared_feature_has_its_own_power_and_weight():
    even = np.array([1.0, 16.0, 81.0])
    matrix = np.column_stack([[3.0, 1.0, 2.0], even, even[[1, 0, 2]]])

    result = fit_scaling(matrix, ["recency_days", "orders", "revenue"], [0.0] * 3)

    recency, orders, revenue = result.features
    assert (recency.power, orders.power, revenue.power) == (1.0, 0.5, 0.75)
    assert recency.high is None
    assert result.matrix.std(axis=0) == pytest.approx([math.sqrt(0.5), 1.0, 1.0], abs=1e-4)
    assert revenue.high == orders.high == pytest.approx(16 + 0.99 * 65)
    assert orders.mean == pytest.approx((1 + 4 + math.sqrt(orders.high)) / 3)


def test_the_tails_count_as_equals():
    values = np.arange(-100.0, 901.0) ** 3  # skewed: most are far below the highest

    [feature] = fit_scaling(values[:, None], ["margin"], [0.0]).features

    assert (feature.low, feature.high) == (-(95.0**3), 895.0**3)
    scaled = scale(np.array([[-1e9], [-(95.0**3)], [895.0**3], [1e12]]), [feature])[:, 0]
    assert scaled[0] == scaled[1] < scaled[2] == scaled[3]


def test_what_few_have_keeps_its_differences():
    values = np.zeros(1000)
    values[:4] = [1.0, 4.0, 9.0, 16.0]  # fewer than one in 200

    [feature] = fit_scaling(values[:, None], ["orders"], [0.0]).features

    assert feature.high == pytest.approx(9 + 0.985 * 7)


@pytest.mark.parametrize(("power", "expected"), [(1.0, -81.0), (0.5, -9.0), (0.75, -27.0)])
def test_powers_by_hand(power, expected):
    assert signed_power(np.array([-81.0, 0.0, 81.0]), power).tolist() == [expected, 0.0, -expected]


def test_undefined_is_filled_before_anything_is_measured():
    column = np.array([[2.0], [np.nan], [4.0]])

    result = fit_scaling(column, ["recency"], [6.0])

    assert result.features[0].mean == 4.0
    assert result.matrix[:, 0] == pytest.approx([-math.sqrt(1.5), math.sqrt(1.5), 0.0])


def test_column_without_variance_leaves_with_a_reason_in_plain_words():
    same = np.array([0.1 + 0.2, 0.3, 0.3])  # equal to 12 digits
    matrix = np.column_stack([same, [1.0, 2.0, 3.0], [np.nan] * 3])

    segmentation = fit_scaling(matrix, ["recency_days", "orders", "returns"], [0.0, 0.0, np.nan])

    assert [feature.name for feature in segmentation.features] == ["orders"]
    assert segmentation.left_out == {
        "recency_days": Reason("constant", {"feature": "recency_days"}),
        "returns": Reason("undefined", {"feature": "returns"}),
    }
    assert left_out_sentences(segmentation.left_out) == {
        "recency_days": "“days since the last activity” is the same for everyone",
        "returns": "“returned lines” is undefined for everyone",
    }


def test_of_two_near_copies_the_later_leaves():
    generator = np.random.default_rng(0)
    events = generator.normal(size=200)
    views = -events + 0.05 * generator.normal(size=200)
    orders = generator.normal(size=200)
    names = ["events", "views", "orders"]
    columns = {"events": events, "views": views, "orders": orders}

    for order in (names, names[::-1]):
        segmentation = fit_scaling(np.column_stack([columns[n] for n in order]), order, [0.0] * 3)
        first = next(name for name in order if name != "orders")
        assert {feature.name for feature in segmentation.features} == {first, "orders"}
        [reason] = segmentation.left_out.values()
        assert reason.numbers["other"] == first
        [sentence] = left_out_sentences(segmentation.left_out).values()
        label = {"events": "events", "views": "product views"}[first]
        assert sentence.endswith(f"says almost the same as “{label}” (correlation −1.00)")


def test_copy_of_a_column_that_left_stays():
    generator = np.random.default_rng(0)
    a = generator.normal(size=5_000)
    noise = 0.3 * generator.normal(size=5_000)
    b, c = a + noise, a + 2 * noise  # r(a, b) = 0.958, r(b, c) = 0.97, r(a, c) = 0.857

    result = fit_scaling(np.column_stack([a, b, c]), ["a", "b", "c"], [0.0] * 3)

    assert [feature.name for feature in result.features] == ["a", "c"]


def test_no_customer_and_no_variance_give_an_empty_matrix():
    assert fit_scaling(np.empty((0, 1)), ["orders"], [0.0]).matrix.shape == (0, 0)
    assert fit_scaling(np.ones((3, 1)), ["orders"], [0.0]).matrix.shape == (3, 0)


FINITE = st.floats(-1e9, 1e9).map(lambda value: round(value, 6))


@given(arrays(np.float64, st.integers(2, 40), elements=FINITE))
def test_skewness_is_that_of_scipy(values):
    if np.ptp(values) < 1e-3:
        return
    assert skewness(values) == pytest.approx(float(stats.skew(values)), rel=1e-6, abs=1e-6)


@given(arrays(np.float64, st.tuples(st.integers(2, 30), st.integers(1, 4)), elements=FINITE))
def test_scaled_columns_have_mean_0_and_deviation_1(matrix):
    names = [f"f{i}" for i in range(matrix.shape[1])]
    segmentation = fit_scaling(matrix, names, [0.0] * len(names))

    assert {f.name for f in segmentation.features} | segmentation.left_out.keys() == set(names)
    if segmentation.features:
        columns = [names.index(feature.name) for feature in segmentation.features]
        stored = scale(round_significant(matrix[:, columns]), segmentation.features)
        assert stored == pytest.approx(segmentation.matrix, abs=1e-9)
        for feature, column in zip(segmentation.features, segmentation.matrix.T, strict=True):
            # The parameters carry 12 digits, so a column far from 0 is centred that well.
            room = 1e-9 + 1e-11 * abs(feature.mean) / feature.scale
            assert abs(column.mean()) < room
            assert column.std() == pytest.approx(1.0, abs=1e-9)
        # The rule compares a column with those before it; |r| is symmetric.
        between = np.abs(np.corrcoef(segmentation.matrix.T)).reshape(len(columns), -1)
        assert (between - np.eye(len(columns)) < 0.95 + 1e-6).all()


@given(st.floats(-1e50, 1e50).filter(lambda value: abs(value) > 1e-50 or value == 0))
def test_rounding_keeps_twelve_digits(value):
    [rounded] = round_significant(np.array([value])).tolist()
    assert rounded == pytest.approx(float(f"{value:.11e}"), rel=1e-15)
    assert round_significant(np.array([rounded])).tolist() == [rounded]
