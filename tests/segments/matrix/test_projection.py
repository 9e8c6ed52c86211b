import math

import numpy as np
import pyarrow as pa
import pytest

from clustomer.segments.matrix.projection import fit_axes, loadings, sampled_customers
from clustomer.segments.matrix.sampling import share_out


def test_axes_of_an_ellipse_by_hand():
    # Along (3, 4) / 5 the variance is 4, along (-4, 3) / 5 it is 1.
    along, across = np.array([0.6, 0.8]), np.array([-0.8, 0.6])
    X = np.array([10.0, 20.0]) + np.array([2 * along, -2 * along, across, -across])

    mean, components, explained = fit_axes(X)

    assert mean.tolist() == [10.0, 20.0]
    assert components == pytest.approx(np.array([along, -across]))
    assert explained == pytest.approx([0.8, 0.2])
    coordinates = (X - mean) @ components.T
    table = loadings(("a", "b"), X, coordinates).to_pydict()
    # cov(a, x) = var(x) * 0.6; var(a) = (4 * 0.36 + 0.64) / 2, var(x) = 4 / 2.
    a = 2 * 0.6 / math.sqrt(1.04 * 2)
    assert dict(zip(table["feature"], table["x"], strict=True))["a"] == pytest.approx(a)
    assert table["strength"] == pytest.approx([1.0, 1.0])


@pytest.mark.parametrize("shape", [(0, 0), (1, 3), (5, 0), (5, 1), (5, 3)])
def test_fewer_directions_than_two(shape):
    X = np.zeros(shape)
    if shape == (5, 1):
        X[:, 0] = range(5)
    mean, components, explained = fit_axes(X)
    assert (mean.shape, components.shape) == ((shape[1],), (2, shape[1]))
    assert explained.tolist() == ([1.0, 0.0] if shape == (5, 1) else [0.0, 0.0])
    coordinates = (X - mean) @ components.T
    table = loadings(tuple(f"f{i}" for i in range(shape[1])), X, coordinates)
    assert table.num_rows == shape[1]


def labelled(sizes):
    ids = [f"{cluster}-{i}" for cluster, size in sizes.items() for i in range(size)]
    clusters = [cluster for cluster, size in sizes.items() for _ in range(size)]
    return pa.table({"user_id": ids, "cluster": pa.array(clusters, pa.int32())})


def test_sample_is_proportional_bounded_and_blind_to_row_order():
    table = labelled({0: 8_000, 1: 1_900, 2: 96, 3: 4, -1: 50})
    result = sampled_customers(table)
    clusters = result["cluster"].to_pylist()
    counts = {cluster: clusters.count(cluster) for cluster in set(clusters)}
    assert result.num_rows == 1_500
    assert counts[3] == 4
    assert counts[2] >= 10
    assert counts[0] / counts[1] == pytest.approx(8_000 / 1_900, rel=0.05)
    shuffled = table.take(np.random.default_rng(0).permutation(table.num_rows))
    assert sampled_customers(shuffled).equals(result)


def test_small_tables_are_drawn_whole_without_bots():
    result = sampled_customers(labelled({0: 3, 1: 2, -1: 4}))
    assert result["cluster"].to_pylist() == [0, 0, 0, 1, 1]


def test_points_are_shared_out_by_largest_remainder():
    assert share_out([50, 30, 20], 10, 1) == [5, 3, 2]
    assert share_out([98, 1, 1], 10, 3) == [8, 1, 1]
    assert share_out([60, 40], 1, 10) == [1, 1]
    assert sum(share_out([333, 333, 334], 100, 10)) == 100
    assert share_out([], 10, 1) == []
