"""What every way to recommend can do."""

from typing import ClassVar, Protocol, Self

from clustomer.products.interactions import Integers
from clustomer.products.past import Past
from clustomer.products.ranking import Ranking
from clustomer.products.repurchase import Repurchase


class Way(Protocol):
    """A way to recommend: fitted to a past, it ranks products for customers.

    `ranks_all` says that it ranks what a customer took before by itself, among the new products;
    of the others the two are ranked apart, and merged.
    """

    name: ClassVar[str]
    ranks_all: ClassVar[bool] = False

    def fit(self, past: Past) -> Self:
        """Learn from a past, and keep it."""
        ...

    def rank(self, customers: Integers, depth: int, repurchase: Repurchase) -> Ranking:
        """Rank products for customers, by their numbers."""
        ...
