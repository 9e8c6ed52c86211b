import numpy as np
import pytest

from clustomer.segments.validity.density_dip import SHRINKAGE, density_dips

CENTRES = np.array([[0.0], [1.0]])


def test_an_empty_middle_is_a_dip_down_to_the_shrinkage():
    rows = np.repeat([[0.0], [1.0]], 400, axis=0)
    dips = density_dips(rows, np.repeat([0, 1], 400), CENTRES)
    # one point, blurred by a tenth of the line: a normal density, of which a quarter of the
    # line holds about 1 at its highest
    height = 400 * 0.25 / (0.1 * np.sqrt(2 * np.pi))
    assert dips == pytest.approx(1 - SHRINKAGE / (height + SHRINKAGE), abs=0.01)


def test_a_bell_cut_in_two_has_no_dip():
    rows = np.random.default_rng(0).normal(size=(4_000, 1))
    labels = (rows[:, 0] > 0).astype(np.int64)
    centres = np.array([rows[labels == cluster].mean(axis=0) for cluster in (0, 1)])
    assert density_dips(rows, labels, centres).max() < 0.05


def test_the_deeper_the_farther_groups_are_apart():
    def depth(apart):
        rng = np.random.default_rng(1)
        rows = np.concatenate([rng.normal(size=(2_000, 2)), rng.normal(size=(2_000, 2)) + apart])
        labels = np.repeat([0, 1], 2_000)
        centres = np.array([rows[labels == cluster].mean(axis=0) for cluster in (0, 1)])
        return density_dips(rows, labels, centres)[0]

    depths = [depth(np.array([distance, 0.0])) for distance in (1.5, 3.0, 4.0, 6.0)]
    assert depths[0] < 0.1
    assert depths == sorted(depths)
    assert depths[-1] > 0.9


def test_few_customers_make_no_deep_dip():
    rows = np.repeat([[0.0], [1.0]], [400, 2], axis=0)
    assert density_dips(rows, np.repeat([0, 1], [400, 2]), CENTRES).max() < 0.5


def test_a_segment_is_as_much_apart_as_from_its_nearest_neighbour():
    rng = np.random.default_rng(2)
    near = rng.uniform(0, 2, size=(1_000, 1))
    far = rng.normal(20.0, 0.2, size=(500, 1))
    rows = np.concatenate([near, far])
    labels = np.concatenate([(near[:, 0] > 1).astype(np.int64), np.full(500, 2)])
    dips = density_dips(rows, labels, np.array([[0.5], [1.5], [20.0]]))
    assert dips[0] < 0.2
    assert dips[1] < 0.2
    assert dips[2] > 0.9


def test_nothing_depends_on_the_order_of_rows_or_the_unit():
    rng = np.random.default_rng(3)
    rows = rng.normal(size=(300, 3))
    centres = rng.normal(size=(4, 3))
    labels = rng.integers(0, 4, 300)
    order = rng.permutation(300)
    dips = density_dips(rows, labels, centres)
    assert density_dips(rows[order], labels[order], centres).tolist() == dips.tolist()
    np.testing.assert_allclose(density_dips(rows * 8, labels, centres * 8), dips)


def test_a_cluster_without_rows_is_not_set_apart():
    dips = density_dips(np.zeros((50, 1)), np.zeros(50, dtype=np.int64), CENTRES)
    assert dips.max() < 0.05
