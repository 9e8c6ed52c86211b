"""Neighbours of visits: V-SkNN, of Ludewig and Jannach (2018, doi:10.1007/s11257-018-9209-6).

The products of a customer's last visits, the latest counting most, are held against recent visits
of others; the products of the visits that are most alike are recommended.
"""

from typing import ClassVar, Self

import numpy as np
from scipy import sparse

from clustomer.products.interactions import CART, PURCHASE, VIEW, Integers
from clustomer.products.past import Past
from clustomer.products.ranking import Ranking, rank_scores
from clustomer.products.repurchase import Repurchase
from clustomer.products.sparse import BLOCK, Floats, Matrix, highest, pairs_matrix
from clustomer.products.ways.way import Way

SESSIONS = "vsknn"

NEAREST = 100
"""The visits that are most alike."""
RECENT = 200
"""The latest visits of each product that may be among them."""
LAST = 10
"""The last products of a customer that are held against visits."""


class Sessions(Way):
    """V-SkNN."""

    name: ClassVar[str] = SESSIONS

    def fit(self, past: Past) -> Self:
        """Keep the recent visits of every product."""
        self.past = past
        rows = past.interactions.of(VIEW, CART, PURCHASE)
        visits, line = np.unique(rows.visit, return_inverse=True)
        shape = (len(visits), past.shape[1])
        self.visits = pairs_matrix(line, rows.product, shape)
        ends = np.zeros(len(visits))
        np.maximum.at(ends, line, rows.second)
        # a visit is as recent as its end; of one second the first by number
        recency = np.empty(len(visits))
        recency[np.lexsort((-np.arange(len(visits)), ends))] = np.arange(1, len(visits) + 1)
        by_product = self.visits.T.tocsr()
        by_product.sort_indices()
        by_product.data = recency[by_product.indices]
        recent = highest(by_product, RECENT)
        recent.data = np.ones(len(recent.data))
        self.recent = recent
        return self

    def rank(self, customers: Integers, depth: int, repurchase: Repurchase) -> Ranking:
        """Rank new products by the visits that are most alike, the rarer the higher."""
        rarity = np.log((self.visits.shape[0] + 1) / (np.diff(self.visits.tocsc().indptr) + 1))
        asked = last_products(self.past, customers)
        blocks = []
        for begin in range(0, len(customers), BLOCK):
            alike = highest((asked[begin : begin + BLOCK] @ self.recent).tocsr(), NEAREST)
            scores = (alike @ self.visits).tocsr()
            scores.data *= 1 + rarity[scores.indices]
            blocks.append(highest(scores, depth + LAST + int(depth)))
        scores = sparse.vstack(blocks, format="csr")
        return rank_scores(self.past, customers, scores, depth)


def last_products(past: Past, customers: Integers) -> Matrix:
    """Return the last products of customers, the latest with 1, those before with less.

    The weight falls evenly with the place, as in V-SkNN's linear decay.
    """
    last = highest(past.last[customers], LAST)
    weights: Floats = np.empty(len(last.data))
    for row in range(last.shape[0]):
        begin, end = last.indptr[row], last.indptr[row + 1]
        order = np.lexsort((last.indices[begin:end], -last.data[begin:end]))
        weights[begin + order] = 1 - np.arange(end - begin) / max(end - begin, 1)
    return sparse.csr_matrix((weights, last.indices, last.indptr), shape=last.shape)
