"""How good lists are: what customers took next, of all products, not of a sample of them.

Hit rate, NDCG and MRR at a depth, as Ludewig and Jannach (2018, doi:10.1007/s11257-018-9209-6)
take them; all products are ranked, since sampled negatives may name another winner (Krichene and
Rendle 2020, doi:10.1145/3394486.3403226).
"""

from dataclasses import dataclass

import numpy as np

from clustomer.products.interactions import Integers, Mask
from clustomer.products.ranking import contains
from clustomer.products.sparse import Floats, Matrix

DEPTH = 20
"""Lists are judged by their first 20 places."""


@dataclass(frozen=True, eq=False)
class Judged:
    """How each customer's list did; NaN where there was nothing of the kind to name.

    Attributes
    ----------
    hits : ndarray of bool, shape (customers, depth)
    hit, ndcg, mrr : ndarray
        One for each customer.
    new, again : ndarray
        Whether the list named anything new, and anything that the customer had taken before, of
        those who took such.
    new_ndcg : ndarray
        The NDCG of the list for what was new, of those who took such.
    """

    hits: Mask
    hit: Floats
    ndcg: Floats
    mrr: Floats
    new: Floats
    again: Floats
    new_ndcg: Floats


def judge(items: Integers, targets: Matrix, taken: Matrix) -> Judged:
    """Judge lists by what their customers took next.

    Parameters
    ----------
    items : ndarray of int, shape (customers, depth)
    targets : sparse matrix, customers by products
        What each took in the stretch.
    taken : sparse matrix of the same shape
        What each had taken before.

    >>> from scipy import sparse
    >>> targets = sparse.csr_matrix([[0, 1, 1, 0]])
    >>> taken = sparse.csr_matrix([[0, 1, 0, 0]])
    >>> judged = judge(np.array([[3, 1]]), targets, taken)
    >>> float(judged.hit[0]), float(judged.mrr[0]), round(float(judged.ndcg[0]), 4)
    (1.0, 0.5, 0.3869)
    >>> float(judged.new[0]), float(judged.again[0])
    (0.0, 1.0)
    """
    hits = contains(targets, items)
    discounts = 1 / np.log2(np.arange(2, items.shape[1] + 2))
    ideal = np.concatenate(([0.0], np.cumsum(discounts)))
    wanted = np.diff(targets.indptr)
    ndcg = (hits * discounts).sum(axis=1) / ideal[np.clip(wanted, 1, items.shape[1])]
    first = np.where(hits.any(axis=1), hits.argmax(axis=1) + 1.0, np.inf)
    before = targets.multiply(taken).tocsr()
    before.eliminate_zeros()
    had = contains(taken, items)
    n_before = np.diff(before.indptr)
    n_new = wanted - n_before
    new_gain = ((hits & ~had) * discounts).sum(axis=1) / ideal[np.clip(n_new, 1, items.shape[1])]
    return Judged(
        hits,
        hits.any(axis=1).astype(float),
        ndcg,
        1 / first,
        np.where(n_new > 0, (hits & ~had).any(axis=1), np.nan),
        np.where(n_before > 0, (hits & had).any(axis=1), np.nan),
        np.where(n_new > 0, new_gain, np.nan),
    )


def mean_and_error(values: Floats) -> tuple[float | None, float | None]:
    """Return the mean of what is defined and its standard error; None where nothing is.

    >>> mean_and_error(np.array([0.0, 1.0, np.nan]))
    (0.5, 0.5)
    """
    defined = values[~np.isnan(values)]
    if not len(defined):
        return None, None
    if len(defined) == 1:
        return float(defined[0]), None
    return float(defined.mean()), float(defined.std(ddof=1) / np.sqrt(len(defined)))
