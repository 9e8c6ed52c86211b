"""The usual null, for comparison: a Gaussian copula of the features."""

import numpy as np
from scipy.special import ndtr, ndtri

from clustomer.segments.arrays import Floats

MAX_CUSTOMERS = 20_000
N_COPULAS = 30


def draw_copulas(
    matrix: Floats, rows: int, seed: np.random.SeedSequence, *, n_copulas: int = N_COPULAS
) -> list[Floats]:
    """Draw samples with the margins of a matrix, and the correlations of its normal scores.

    Parameters
    ----------
    matrix : shape (n_customers, n_features), scaled.
    rows : int
        Of each sample.
    seed : SeedSequence
    n_copulas : int, default 30
    """
    rng = np.random.default_rng(seed)
    if len(matrix) > MAX_CUSTOMERS:
        matrix = matrix[np.sort(rng.choice(len(matrix), MAX_CUSTOMERS, replace=False))]
    margins = np.sort(matrix, axis=0)
    ranks = np.argsort(np.argsort(matrix, axis=0, kind="stable"), axis=0)
    scores = ndtri((ranks + 0.5) / len(matrix))
    roots, ways = np.linalg.eigh(np.atleast_2d(np.corrcoef(scores.T)))
    mixing = ways * np.sqrt(np.maximum(roots, 0.0))
    drawn = []
    for _ in range(n_copulas):
        uniform = ndtr(rng.normal(size=(rows, matrix.shape[1])) @ mixing.T)
        place = np.minimum((uniform * len(margins)).astype(np.int64), len(margins) - 1)
        drawn.append(np.take_along_axis(margins, place, axis=0))
    return drawn
