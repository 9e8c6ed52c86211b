"""What is popular: with everyone, or in the customer's segment."""

from typing import ClassVar, Self

import numpy as np
from scipy import sparse

from clustomer.products.interactions import Integers
from clustomer.products.past import Past
from clustomer.products.ranking import NOBODY, Ranking, rank_scores
from clustomer.products.repurchase import Repurchase
from clustomer.products.ways.way import Way

POPULARITY, SEGMENT_POPULARITY = "popularity", "segment popularity"


class Popularity(Way):
    """What most customers took lately, of what is new to a customer."""

    name: ClassVar[str] = POPULARITY
    by_segment: ClassVar[bool] = False

    def fit(self, past: Past) -> Self:
        """Keep the past, without segments where they do not matter."""
        segment = past.segment if self.by_segment else np.full_like(past.segment, NOBODY)
        self.past = Past(past.interactions, past.until, past.stretch, past.target, segment)
        return self

    def rank(self, customers: Integers, depth: int, repurchase: Repurchase) -> Ranking:
        """Rank new products."""
        nothing = sparse.csr_matrix((len(customers), self.past.shape[1]))
        return rank_scores(self.past, customers, nothing, depth)


class SegmentPopularity(Popularity):
    """What most customers of the customer's segment took lately."""

    name: ClassVar[str] = SEGMENT_POPULARITY
    by_segment: ClassVar[bool] = True
