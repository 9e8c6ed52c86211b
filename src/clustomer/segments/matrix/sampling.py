"""The customers that an algorithm sees which cannot take everyone."""

import numpy as np

from clustomer.segments.arrays import Floats, Integers

BANDS = (0.5, 0.9, 0.99, 0.999)
"""Shares of the rows, by distance from the mean, at which a stratum ends."""
FEWEST_SHARE = 0.02
"""Every stratum has at least this share of the sample, as far as it has as many rows."""


def stratified_rows(
    matrix: Floats, most: int, random_state: np.random.RandomState
) -> tuple[Integers, Floats]:
    """Return a sample of rows in which the rare and heavy are not missing, and its weights.

    Rows are divided by their Euclidean distance from the mean: the nearer half, then up to nine
    in ten, 99 in 100, 999 in 1,000, and the rest. Each stratum is drawn from at random, in
    proportion to its rows, with at least a fiftieth of the sample where it has as many.

    Parameters
    ----------
    matrix : shape (n_rows, n_features), scaled.
    most : the size of the sample; with no more rows than that, all are returned.
    random_state : draws; the same rows in the same order give the same sample.

    Returns
    -------
    rows : rising positions.
    weights : how many rows each stands for; 1 where all are returned.

    Examples
    --------
    >>> matrix = np.append(np.linspace(0.0, 1.0, 9_999), 50.0)[:, np.newaxis]
    >>> rows, weights = stratified_rows(matrix, 500, np.random.RandomState(0))
    >>> len(rows), 9_999 in rows, round(weights.sum())
    (500, True, 10000)
    """
    n_rows = len(matrix)
    if n_rows <= most:
        return np.arange(n_rows), np.ones(n_rows)
    centred = matrix - matrix.mean(axis=0)
    # Rounded, since the sum's last digit may depend on how it was added up.
    distance = np.round((centred * centred).sum(axis=1), 9)
    cuts = np.sort(distance)[[int(np.ceil(band * n_rows)) - 1 for band in BANDS]]
    stratum = np.searchsorted(cuts, distance)
    members = [np.flatnonzero(stratum == band) for band in range(len(BANDS) + 1)]
    members = [group for group in members if len(group)]
    quotas = share_out([len(group) for group in members], most, max(1, int(FEWEST_SHARE * most)))
    rows = np.concatenate(
        [random_state.permutation(group)[:n] for group, n in zip(members, quotas, strict=True)]
    )
    weights = np.concatenate(
        [np.full(n, len(group) / n) for group, n in zip(members, quotas, strict=True) if n]
    )
    order = np.argsort(rows)
    return rows[order], weights[order]


def share_out(sizes: list[int], total: int, fewest: int) -> list[int]:
    """Share out places: `fewest` to each, the rest by size, by largest remainder.

    >>> share_out([90, 9, 1], 20, 2)
    [16, 3, 1]
    """
    if sum(sizes) <= total:
        return sizes
    floor = min(fewest, max(1, total // len(sizes)))
    quotas = [min(size, floor) for size in sizes]
    left = max(total - sum(quotas), 0)
    spare = [size - quota for size, quota in zip(sizes, quotas, strict=True)]
    exact = [left * s / max(sum(spare), 1) for s in spare]
    quotas = [quota + int(share) for quota, share in zip(quotas, exact, strict=True)]
    by_remainder = sorted(range(len(sizes)), key=lambda i: (int(exact[i]) - exact[i], i))
    for index in by_remainder[: left - sum(int(share) for share in exact)]:
        quotas[index] += quotas[index] < sizes[index]
    return quotas
