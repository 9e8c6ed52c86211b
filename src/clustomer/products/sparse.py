"""Sparse matrices: made of pairs, and the highest of each row, ties by the order of products."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from clustomer.products.interactions import Integers

Matrix = Any
"""A `scipy.sparse` matrix in rows."""
Floats = NDArray[np.float64]

BLOCK = 4_096
"""So many rows are multiplied at once."""


def pairs_matrix(
    rows: Integers, columns: Integers, shape: tuple[int, int], values: Floats | None = None
) -> Matrix:
    """Return a matrix of pairs; of a pair that is there twice the highest value.

    >>> pairs_matrix(np.array([0, 0, 1]), np.array([1, 1, 0]), (2, 2)).toarray().tolist()
    [[0.0, 1.0], [1.0, 0.0]]
    """
    data = np.ones(len(rows)) if values is None else values
    key = rows * shape[1] + columns
    order = np.lexsort((-data, key))
    key, data = key[order], data[order]
    first = np.ones(len(key), dtype=bool)
    first[1:] = key[1:] != key[:-1]
    key, data = key[first], data[first]
    indptr = np.zeros(shape[0] + 1, dtype=np.int64)
    np.cumsum(np.bincount(key // shape[1], minlength=shape[0]), out=indptr[1:])
    return sparse.csr_matrix((data, key % shape[1], indptr), shape=shape)


def highest(matrix: Matrix, keep: int) -> Matrix:
    """Keep the highest values of each row; of equal ones those of the first columns.

    >>> from scipy import sparse
    >>> highest(sparse.csr_matrix([[1.0, 3.0, 3.0], [0.0, 2.0, 0.0]]), 1).toarray().tolist()
    [[0.0, 3.0, 0.0], [0.0, 2.0, 0.0]]
    """
    matrix.sort_indices()
    indptr, indices, data = matrix.indptr, matrix.indices, matrix.data
    kept = np.ones(len(data), dtype=bool)
    for row in np.flatnonzero(np.diff(indptr) > keep):
        begin, end = indptr[row], indptr[row + 1]
        values = data[begin:end]
        least = np.partition(values, len(values) - keep)[len(values) - keep]
        above = values > least
        ties = np.flatnonzero(values == least)[: keep - int(above.sum())]
        above[ties] = True
        kept[begin:end] = above
    counts = np.concatenate(([0], np.cumsum(kept)))[indptr]
    return sparse.csr_matrix((data[kept], indices[kept], counts), shape=matrix.shape)


def product_highest(left: Matrix, right: Matrix, keep: int) -> Matrix:
    """Return the highest values of each row of a product, worked out block by block."""
    blocks = [
        highest((left[begin : begin + BLOCK] @ right).tocsr(), keep)
        for begin in range(0, left.shape[0], BLOCK)
    ]
    return sparse.vstack(blocks, format="csr")


def without(scores: Matrix, barred: Matrix, allowed: NDArray[np.bool_]) -> Matrix:
    """Return scores without pairs that are barred, and without columns that are not allowed."""
    scores = scores.tocsr()
    scores = scores - scores.multiply(barred)
    scores = scores.tocsr()
    scores.data *= allowed[scores.indices]
    scores.eliminate_zeros()
    return scores


def is_in(matrix: Matrix, rows: Integers, columns: Integers) -> NDArray[np.bool_]:
    """Return which pairs are in a matrix; a column of -1 is in none.

    >>> matrix = pairs_matrix(np.array([0, 1]), np.array([1, 0]), (2, 2))
    >>> is_in(matrix, np.array([0, 0, 1]), np.array([0, 1, -1])).tolist()
    [False, True, False]
    """
    places, _ = place_in(matrix, rows, columns)
    return places >= 0


def place_in(matrix: Matrix, rows: Integers, columns: Integers) -> tuple[Integers, Matrix]:
    """Return where pairs stand among the values of a matrix (-1: nowhere), and the matrix."""
    matrix = matrix.tocsr()
    matrix.sort_indices()
    width = matrix.shape[1]
    lines = np.repeat(np.arange(matrix.shape[0], dtype=np.int64), np.diff(matrix.indptr))
    keys = lines * width + matrix.indices
    wanted = rows.astype(np.int64) * width + columns
    places = np.searchsorted(keys, wanted)
    inside = np.flatnonzero((places < len(keys)) & (columns >= 0))
    right = np.full(len(wanted), -1, dtype=np.int64)
    same = inside[keys[places[inside]] == wanted[inside]]
    right[same] = places[same]
    return right, matrix
