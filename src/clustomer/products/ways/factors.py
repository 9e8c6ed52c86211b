"""Factors of customers and products: implicit ALS.

Hu, Koren and Volinsky (2008, doi:10.1109/ICDM.2008.22), as the package `implicit` has it.
"""

from importlib.util import find_spec
from typing import Any, ClassVar, Self

import numpy as np
from threadpoolctl import threadpool_limits

from clustomer.errors import UsageError
from clustomer.products.interactions import Integers
from clustomer.products.past import Past
from clustomer.products.ranking import NOBODY, Ranking, fill_popular
from clustomer.products.repurchase import Repurchase
from clustomer.products.sparse import BLOCK
from clustomer.products.ways.way import Way

ALS = "als"

_FACTORS, _ITERATIONS, _ALPHA, _REGULARISATION = 32, 15, 10.0, 0.05


def als_is_there() -> bool:
    """Return whether the package that ALS needs is installed."""
    return find_spec("implicit") is not None


class Als(Way):
    """Products whose factors fit those of the customer."""

    name: ClassVar[str] = ALS

    def __init__(self, random_state: int = 0) -> None:
        if not als_is_there():
            raise UsageError(
                "ALS needs the package implicit, which is not installed. Install it with "
                "`pip install 'clustomer[recommend]'`, or let another way recommend."
            )
        self.random_state = random_state

    def fit(self, past: Past) -> Self:
        """Find the factors; one thread of BLAS, so that the same come out."""
        self.past = past
        self.model: Any = None
        if past.evidence.nnz:
            # before the limit: it would not hold for what is loaded after it
            from implicit.cpu.als import AlternatingLeastSquares

            with threadpool_limits(1):
                self.model = AlternatingLeastSquares(
                    factors=_FACTORS,
                    regularization=_REGULARISATION,
                    alpha=_ALPHA,
                    iterations=_ITERATIONS,
                    random_state=self.random_state,
                )
                self.model.fit(past.evidence.astype(np.float32), show_progress=False)
        return self

    def rank(self, customers: Integers, depth: int, repurchase: Repurchase) -> Ranking:
        """Rank new products by the products of factors."""
        past = self.past
        items = np.full((len(customers), depth), NOBODY, dtype=np.int64)
        gone = np.flatnonzero(~past.offered)
        active = np.diff(past.evidence.indptr)[customers] > 0
        wanted = min(depth, int(past.offered.sum()))
        for begin in range(0, len(customers), BLOCK):
            block = customers[begin : begin + BLOCK]
            barred = past.barred[block]
            if self.model is not None and wanted:
                with threadpool_limits(1):
                    ids, scores = self.model.recommend(
                        block,
                        barred.astype(np.float32),
                        N=wanted,
                        filter_already_liked_items=True,
                        filter_items=gone,
                    )
                # what is filtered comes last, with the lowest number there is
                ids = np.where(scores > np.finfo(np.float32).min / 2, ids, NOBODY)
                ids[~active[begin : begin + BLOCK]] = NOBODY
                items[begin : begin + BLOCK, :wanted] = ids
            fill_popular(past, block, barred, items[begin : begin + BLOCK])
        personal = (items >= 0) & active[:, None]
        return Ranking(items, personal)
