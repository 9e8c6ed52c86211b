"""How well a partition describes its rows: plain NumPy, for any labelling."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from clustomer.segments.arrays import Flags, Labels, Matrix
from clustomer.segments.matrix.distances import squared_distances
from clustomer.segments.validity.label_codes import coded

SAMPLE_SIZE = 5_000
_ROWS_AT_ONCE = 1_024
_ROWS_IN_CACHE = 8_192


@dataclass(frozen=True)
class Criteria:
    """Internal criteria of one partition; NaN where a partition of one cluster has none.

    `inertia` is the sum of squared distances to the cluster means,
    `silhouette_squared` the exact mean silhouette in squared Euclidean distance,
    `calinski_harabasz` (higher is better) and `davies_bouldin` (lower is better) as in
    scikit-learn, `smallest_share` the share of rows in the smallest cluster.
    """

    inertia: float
    silhouette_squared: float
    calinski_harabasz: float
    davies_bouldin: float
    smallest_share: float


def partition_criteria(X: ArrayLike, labels: ArrayLike) -> Criteria:
    """Return the criteria that need no pairs of rows, in O(rows x clusters).

    Parameters
    ----------
    X : shape (n_rows, n_features), finite.
    labels : shape (n_rows,), any integers.

    Notes
    -----
    Calinski & Harabasz 1974, doi:10.1080/03610927408827101: between-cluster over
    within-cluster variance; 1.0 where every cluster is a single point. Davies & Bouldin
    1979, doi:10.1109/TPAMI.1979.4766909: the mean over clusters of the worst ratio of
    spreads to the distance of centres; 0.0 where spreads are all 0. Both are NaN for one
    cluster; Calinski-Harabasz is also NaN for as many clusters as rows.

    Examples
    --------
    >>> found = partition_criteria([[0.0], [2.0], [10.0], [12.0]], [0, 0, 1, 1])
    >>> found.inertia, found.calinski_harabasz, found.davies_bouldin, found.smallest_share
    (4.0, 50.0, 0.2, 0.5)
    """
    matrix, codes, counts = _partition(X, labels)
    means, squared = _centres(matrix, codes, counts)
    inertia = float(squared.sum())
    return Criteria(
        inertia=inertia,
        silhouette_squared=float(_silhouettes(matrix, codes, counts, means, squared).mean()),
        calinski_harabasz=_calinski_harabasz(means, counts, inertia),
        davies_bouldin=_davies_bouldin(means, _spreads(np.sqrt(squared), codes, counts)),
        smallest_share=float(counts.min() / len(codes)),
    )


def squared_silhouettes(X: ArrayLike, labels: ArrayLike) -> Matrix:
    """Return each row's silhouette in squared Euclidean distance, exactly, in O(n x K).

    The mean squared distance of a row to the members of a cluster is its squared distance
    to their mean plus their mean squared distance to it (Huygens' theorem), so no pair of
    rows is looked at. A row alone in its cluster has 0 (Rousseeuw 1987,
    doi:10.1016/0377-0427(87)90125-7), as has one as near to another cluster as to its own.
    The same numbers as `sklearn.metrics.silhouette_samples(metric="sqeuclidean")`.

    Parameters
    ----------
    X : shape (n_rows, n_features), finite.
    labels : shape (n_rows,), any integers. With one cluster every silhouette is NaN.

    Examples
    --------
    >>> squared_silhouettes([[0.0], [1.0], [3.0]], [0, 0, 1]).round(4).tolist()
    [0.8889, 0.75, 0.0]
    """
    matrix, codes, counts = _partition(X, labels)
    means, squared = _centres(matrix, codes, counts)
    return _silhouettes(matrix, codes, counts, means, squared)


def sampled_silhouettes(
    X: ArrayLike,
    labelings: Sequence[ArrayLike],
    *,
    sample_size: int = SAMPLE_SIZE,
    random_state: int | np.random.RandomState | None = 0,
) -> list[tuple[float, float]]:
    """Return the mean silhouette in Euclidean distance and its standard error, per labelling.

    One sample of rows serves all labellings, so that they are compared on the same rows and
    its distances are computed once. The standard error is that of a mean over a sample
    without replacement: 0 where the sample is everything. It says nothing about rows that
    are not in the data. A cluster with one sampled row counts 0 there, as in Rousseeuw 1987.

    Parameters
    ----------
    X : shape (n_rows, n_features), finite.
    labelings : several arrays of shape (n_rows,).
    sample_size : rows to sample, at least 2; time and memory grow with rows x sample.
    random_state : the seed of the sample.

    Returns
    -------
    list of (mean, standard error)
        NaN, NaN where the sample shows fewer than two clusters.

    Examples
    --------
    >>> [(mean, error)] = sampled_silhouettes([[0.0], [1.0], [3.0]], [[0, 0, 1]])
    >>> round(mean, 4), error
    (0.3889, 0.0)
    """
    X = np.asarray(X, dtype=np.float64)
    n_rows = len(X)
    random = (
        random_state
        if isinstance(random_state, np.random.RandomState)
        else np.random.RandomState(random_state)
    )
    rows = np.arange(n_rows)
    if n_rows > sample_size:
        rows = np.sort(random.choice(n_rows, size=sample_size, replace=False))
    sample = X[rows] - X[rows].mean(axis=0)
    codes = [coded(np.asarray(labels)[rows])[1] for labels in labelings]
    sums = _distance_sums(sample, codes)
    return [
        _mean_and_error(_from_sums(total, code), n_rows)
        for total, code in zip(sums, codes, strict=True)
    ]


def _partition(X: ArrayLike, labels: ArrayLike) -> tuple[Matrix, Labels, Labels]:
    """Return the rows, near the origin, with cluster codes and cluster sizes."""
    matrix = np.asarray(X, dtype=np.float64)
    _, codes = coded(labels)
    if len(codes) != len(matrix):
        raise ValueError(f"Got {len(codes)} labels for {len(matrix)} rows; expected one per row.")
    # Centring changes no criterion, but large offsets would eat the digits.
    mean, squares = matrix.mean(axis=0), np.einsum("ij,ij->j", matrix, matrix) / len(matrix)
    if (mean**2 > squares / 2).any():
        matrix = matrix - mean
    return np.ascontiguousarray(matrix), codes, np.bincount(codes)


def _centres(matrix: Matrix, codes: Labels, counts: Labels) -> tuple[Matrix, Matrix]:
    """Return the cluster means (clusters x features) and squared distances to the own one."""
    means = np.empty((len(counts), matrix.shape[1]))
    for index, column in enumerate(matrix.T):
        means[:, index] = np.bincount(codes, weights=column, minlength=len(counts)) / counts
    squared = np.empty(len(codes))
    for rows in _blocks(len(codes)):
        away = matrix[rows] - means[codes[rows]]
        squared[rows] = np.einsum("ij,ij->i", away, away)
    return means, squared


def _blocks(n_rows: int) -> Iterator[slice]:
    return (slice(start, start + _ROWS_IN_CACHE) for start in range(0, n_rows, _ROWS_IN_CACHE))


def _spreads(squared: Matrix, codes: Labels, counts: Labels) -> Matrix:
    return np.bincount(codes, weights=squared, minlength=len(counts)) / counts


def _silhouettes(
    matrix: Matrix, codes: Labels, counts: Labels, means: Matrix, squared: Matrix
) -> Matrix:
    if len(counts) < 2:
        return np.full(len(codes), np.nan)
    spreads = _spreads(squared, codes, counts)
    # The mean over the others in the cluster leaves the row itself out.
    inside = (squared + spreads[codes]) * (counts / np.maximum(counts - 1, 1))[codes]
    other = np.empty(len(codes))
    for rows in _blocks(len(codes)):
        distances = squared_distances(matrix[rows], means) + spreads
        distances[np.arange(len(distances)), codes[rows]] = np.inf
        other[rows] = distances.min(axis=1)
    return _ratio(inside, other, counts[codes] == 1, float(np.vdot(matrix, matrix) / matrix.size))


def _ratio(inside: Matrix, other: Matrix, alone: Flags, size: float) -> Matrix:
    widest = np.maximum(inside, other)
    # Rows that coincide with both clusters have distances of rounding errors only.
    defined = ~alone & (widest > size * 1e-24)
    result = np.zeros(len(inside))
    np.divide(other - inside, widest, out=result, where=defined)
    return result


def _calinski_harabasz(means: Matrix, counts: Labels, within: float) -> float:
    n_rows, n_clusters = int(counts.sum()), len(counts)
    if not 1 < n_clusters < n_rows:
        return float("nan")
    if within == 0:
        return 1.0
    away = means - counts @ means / n_rows
    between = float(np.sum(counts[:, np.newaxis] * away**2))
    return (between / (n_clusters - 1)) / (within / (n_rows - n_clusters))


def _davies_bouldin(means: Matrix, radii: Matrix) -> float:
    """Return the index from the cluster means and the mean distances to them."""
    if len(means) < 2:
        return float("nan")
    apart = np.sqrt(((means[:, np.newaxis] - means[np.newaxis]) ** 2).sum(axis=2))
    if not radii.any() or not apart.any():
        return 0.0
    together = radii[:, np.newaxis] + radii[np.newaxis]
    # Means that coincide count 0, as in scikit-learn, also where rounding keeps them apart.
    distinct = apart > 1e-12 * radii.max()
    ratios = np.divide(together, apart, out=np.zeros_like(apart), where=distinct)
    return float(ratios.max(axis=1).mean())


def _distance_sums(sample: Matrix, codes: Sequence[Labels]) -> list[Matrix]:
    """Return, per labelling, each row's sum of distances to the rows of each cluster."""
    members = [np.eye(int(code.max()) + 1)[code] for code in codes]
    together = np.hstack(members)
    squares = (sample**2).sum(axis=1)
    sums = np.empty((len(sample), together.shape[1]))
    for start in range(0, len(sample), _ROWS_AT_ONCE):
        stop = min(start + _ROWS_AT_ONCE, len(sample))
        distances = sample[start:stop] @ sample.T
        distances *= -2.0
        distances += squares
        distances += squares[start:stop, np.newaxis]
        np.maximum(distances, 0.0, out=distances)
        np.sqrt(distances, out=distances)
        distances[np.arange(stop - start), np.arange(start, stop)] = 0.0
        sums[start:stop] = distances @ together
    return np.split(sums, np.cumsum([member.shape[1] for member in members])[:-1], axis=1)


def _from_sums(sums: Matrix, codes: Labels) -> Matrix:
    counts = np.bincount(codes)
    if len(counts) < 2:
        return np.full(len(codes), np.nan)
    rows = np.arange(len(codes))
    inside = sums[rows, codes] / np.maximum(counts[codes] - 1, 1)
    others = sums / counts
    others[rows, codes] = np.inf
    # Distances from a product of matrices carry the square root of its rounding errors.
    return _ratio(inside, others.min(axis=1), counts[codes] == 1, 0.0)


def _mean_and_error(values: Matrix, n_rows: int) -> tuple[float, float]:
    sampled = len(values)
    if np.isnan(values).any():
        return float("nan"), float("nan")
    share_left = (n_rows - sampled) / max(n_rows - 1, 1)
    return float(values.mean()), float(values.std(ddof=1) * np.sqrt(share_left / sampled))
