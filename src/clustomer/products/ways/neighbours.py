"""Neighbours of products: what customers of one product took, too.

Sarwar, Karypis, Konstan and Riedl (2001, doi:10.1145/371920.372071) for the cosine; weights by
BM25 as Robertson and Zaragoza (2009, doi:10.1561/1500000019) have them, customers in place of
documents.
"""

from typing import ClassVar, Self

import numpy as np
from scipy import sparse

from clustomer.products.interactions import Integers
from clustomer.products.past import Past
from clustomer.products.ranking import Ranking, rank_scores
from clustomer.products.repurchase import Repurchase
from clustomer.products.sparse import Matrix, product_highest
from clustomer.products.ways.way import Way

COSINE, BM25 = "cosine", "bm25"

NEIGHBOURS = 50
"""The neighbours that are kept of each product."""

_K1, _B = 1.2, 0.75


class Cosine(Way):
    """Products near those of the customer by the cosine of who had to do with them."""

    name: ClassVar[str] = COSINE

    def fit(self, past: Past) -> Self:
        """Find the neighbours of every product."""
        self.past = past
        self.near = cosine_neighbours(past.evidence)
        return self

    def rank(self, customers: Integers, depth: int, repurchase: Repurchase) -> Ranking:
        """Rank new products by the sum over those of the customer, by how far each step went."""
        return rank_scores(self.past, customers, self.past.evidence[customers] @ self.near, depth)


class Bm25(Cosine):
    """The same, by a weight that counts rare products more and customers of many less."""

    name: ClassVar[str] = BM25

    def fit(self, past: Past) -> Self:
        """Find the neighbours of every product."""
        self.past = past
        weighted = bm25_weights(past.evidence)
        self.near = product_highest(weighted.T.tocsr(), weighted, NEIGHBOURS)
        return self


def cosine_neighbours(evidence: Matrix, keep: int = NEIGHBOURS) -> Matrix:
    """Return the highest cosines of each product with others (and itself), products by products.

    >>> from scipy import sparse
    >>> cosine_neighbours(sparse.csr_matrix([[1, 3, 0], [3, 3, 0]])).toarray().round(6).tolist()
    [[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 0.0]]
    """
    binary = (evidence > 0).astype(np.float64).tocsc()
    counts = np.maximum(np.diff(binary.indptr), 1)
    normed = (binary @ sparse.diags(1 / np.sqrt(counts))).tocsr()
    return product_highest(normed.T.tocsr(), normed, keep)


def bm25_weights(evidence: Matrix) -> Matrix:
    """Weigh each pair: a product by how few customers have it, a customer by how few products."""
    binary = (evidence > 0).astype(np.float64).tocsr()
    customers = binary.shape[0]
    having = np.asarray(binary.sum(axis=0)).ravel()
    length = np.diff(binary.indptr)
    average = max(length.mean(), 1e-9)
    rarity = np.log1p((customers - having + 0.5) / (having + 0.5))
    lines = np.repeat(length, length)
    weight = (_K1 + 1) / (1 + _K1 * (1 - _B + _B * lines / average))
    binary.data = weight * rarity[binary.indices]
    return binary
