"""The next basket: TIFU-KNN, of Hu, He, Gao and Zhang (2020, doi:10.1145/3397271.3401066).

A customer is how often each product was in their baskets, later baskets counting more, in groups
of baskets of which later ones count more, too; it is mixed with the mean of the customers that
are most alike.
"""

from typing import ClassVar, Self

import numpy as np
from scipy import sparse

from clustomer.products.interactions import Integers
from clustomer.products.past import Past
from clustomer.products.ranking import Ranking, rank_scores
from clustomer.products.repurchase import Repurchase
from clustomer.products.sparse import Matrix, highest, pairs_matrix, place_in
from clustomer.products.ways.way import Way

BASKETS = "tifuknn"

NEAREST = 300
"""The customers that are most alike."""
COMPARED = 5_000
"""The customers with most baskets, among whom they are looked for."""
SHARE = 0.7
"""What a customer counts against those alike."""
GROUP = 7
"""The baskets of a group."""
WITHIN, BETWEEN = 0.9, 0.7
"""What a basket, and a group, counts of the one after it."""
_ROWS = 512


class Baskets(Way):
    """TIFU-KNN; what is taken again is part of it."""

    name: ClassVar[str] = BASKETS
    ranks_all: ClassVar[bool] = True

    def fit(self, past: Past) -> Self:
        """Make the vector of every customer, and keep those to compare with."""
        self.past = past
        self.vectors, baskets = basket_vectors(past)
        order = np.lexsort((np.arange(len(baskets)), -baskets))[:COMPARED]
        self.others = np.sort(order[baskets[order] > 0])
        return self

    def rank(self, customers: Integers, depth: int, repurchase: Repurchase) -> Ranking:
        """Rank all products that are still there; what was taken by how often it comes again."""
        past = self.past
        blocks = []
        for begin in range(0, len(customers), _ROWS):
            block = customers[begin : begin + _ROWS]
            ranked = self._scores(block)
            again = past.taken[block]
            lines = np.repeat(np.arange(len(block)), np.diff(again.indptr))
            factor = np.minimum(repurchase.factor[again.indices], 1.0)
            places, ranked = place_in(ranked, lines, again.indices.astype(np.int64))
            ranked.data[places[places >= 0]] *= factor[places >= 0]
            ranked.data *= past.offered[ranked.indices]
            ranked.eliminate_zeros()
            blocks.append(highest(ranked, 2 * depth))
        scores = sparse.vstack(blocks, format="csr")
        return rank_scores(past, customers, scores, depth, barred=past.returned)

    def _scores(self, customers: Integers) -> Matrix:
        """Return how much each product is of a customer and of those alike."""
        asked, others = self.vectors[customers], self.vectors[self.others]
        product = (asked @ others.T).toarray()
        square = np.asarray(others.multiply(others).sum(axis=1)).ravel()
        distance = square[None, :] - 2 * product
        distance[customers[:, None] == self.others[None, :]] = np.inf
        nearest = min(NEAREST, len(self.others) - 1)
        if nearest < 1:
            return (SHARE * asked).tocsr()
        # whoever is as near as the last of the nearest counts, too, whatever the order
        distance = distance.round(12)
        bound = np.partition(distance, nearest - 1, axis=1)[:, nearest - 1 : nearest]
        near = sparse.csr_matrix(distance <= bound, dtype=np.float64)
        mean = sparse.diags(1 / np.diff(near.indptr)) @ near
        return (SHARE * asked + (1 - SHARE) * (mean @ others)).tocsr()


def basket_vectors(past: Past) -> tuple[Matrix, Integers]:
    """Return the vector of every customer, and how many baskets each had.

    Groups are filled from the last basket back, so that the first group may be smaller.
    """
    rows = past.aims
    customer, product = rows.customer, rows.product
    number = np.where(rows.basket >= 0, rows.basket, rows.visit)
    baskets, line = np.unique(number, return_inverse=True)
    owner = np.zeros(len(baskets), dtype=np.int64)
    owner[line] = customer
    begins = np.full(len(baskets), np.iinfo(np.int64).max)
    np.minimum.at(begins, line, rows.second)
    order = np.lexsort((baskets, begins, owner))
    count = np.bincount(owner, minlength=past.shape[0])
    first = np.cumsum(count) - count
    place = np.empty(len(baskets), dtype=np.int64)
    place[order] = np.arange(len(baskets)) - first[owner[order]]
    back = count[owner] - 1 - place
    group, inside = back // GROUP, back % GROUP
    groups = -(-count // GROUP)
    size = np.minimum(count[owner] - group * GROUP, GROUP)
    weight = (WITHIN**inside / size) * (BETWEEN**group / groups[owner])
    pairs = pairs_matrix(line, product, (len(baskets), past.shape[1]))
    shape = (past.shape[0], len(baskets))
    sums = sparse.csr_matrix((weight, (owner, np.arange(len(baskets)))), shape=shape)
    return (sums @ pairs).tocsr(), count
