import pytest
from hypothesis import given
from hypothesis import strategies as st

from clustomer.segments.validity.elbow import find_elbow


def test_hand_computed_elbow():
    # Normalised: across 0, 1/4, 1/2, 3/4, 1; (100 - y) / 100 - across =
    # 0, 0.45, 0.30, 0.15, 0. The only local maximum is at x = 2, and the height falls from
    # 0.45 below 0.45 - 1/4.
    assert find_elbow([1, 2, 3, 4, 5], [100, 30, 20, 10, 0]) == 2.0


def test_elbow_of_a_hyperbola_is_the_geometric_mean_of_its_ends():
    # 1/x on [1, 9] lies highest above its chord where 1 / x ** 2 = 1 / 9.
    x = list(range(1, 10))
    assert find_elbow(x, [1 / value for value in x]) == 3.0


@pytest.mark.parametrize(
    "y",
    [
        [4, 3, 2, 1, 0],  # straight
        [5, 5, 5, 5, 5],  # flat
        [0, 1, 2, 3, 4],  # rising
        [10, 9, 7, 4, 0],  # falls ever faster
        [10, float("nan"), 3, 2, 1],
    ],
)
def test_no_elbow(y):
    assert find_elbow([1, 2, 3, 4, 5], y) is None


def test_fewer_than_three_points_have_no_elbow():
    assert find_elbow([], []) is None
    assert find_elbow([2], [1]) is None
    assert find_elbow([2, 3], [9, 1]) is None


def test_a_bend_smaller_than_the_sensitivity_is_none():
    y = [100, 70, 48, 24, 0]  # heights 0, 0.05, 0.02, 0.01, 0
    assert find_elbow([1, 2, 3, 4, 5], y) is None
    assert find_elbow([1, 2, 3, 4, 5], y, sensitivity=0.1) == 2.0


def test_of_two_elbows_the_higher_is_taken():
    x = list(range(1, 12))
    y = [100, 90, 40, 38, 36, 34, 10, 8, 6, 3, 0]
    # Heights at 3: 0.60 - 0.2 = 0.40; at 7: 0.90 - 0.6 = 0.30.
    assert find_elbow(x, y) == 3.0
    assert find_elbow(x, [100, 90, 70, 68, 66, 64, 5, 4, 3, 2, 0]) == 7.0


@given(
    st.lists(st.floats(0.01, 100), min_size=3, max_size=12),
    st.floats(0.01, 1000),
    st.floats(-1000, 1000),
)
def test_scale_and_shift_of_either_axis_change_nothing(falls, factor, shift):
    steps = sorted(falls, reverse=True)
    y = [sum(steps[i:]) for i in range(len(steps) + 1)]
    x = list(range(len(y)))
    result = find_elbow(x, y)
    # Ties within rounding errors may go either way, so a tie is no counterexample.
    moved = find_elbow([factor * v + shift for v in x], [factor * v + shift for v in y])
    if result is None or moved is None:
        return
    height = [(y[0] - v) / y[0] - i / x[-1] for i, v in enumerate(y)]
    position = round((moved - shift) / factor)
    assert height[position] == pytest.approx(height[int(result)], abs=1e-6)


def test_axes_of_different_lengths_are_refused():
    with pytest.raises(ValueError, match="as long as each other"):
        find_elbow([1, 2], [1])
