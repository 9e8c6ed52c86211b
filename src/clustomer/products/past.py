"""What is known before a moment, from which recommendations for the time after it are made."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from clustomer.products.interactions import (
    CART,
    PURCHASE,
    RETURN,
    VIEW,
    Integers,
    Interactions,
    Mask,
)
from clustomer.products.sparse import Floats, Matrix, pairs_matrix
from clustomer.thresholds import GONE_DAYS, HISTORY_PRODUCTS

NEXT_VIEW, NEXT_PURCHASE, NEXT_BASKET = "next view", "next purchase", "next basket"
"""What recommendations are judged by: the products that a customer looks at, buys, or has in the
first order, in the stretch that follows."""

_STEPS = np.array([1.0, 2.0, 3.0, 0.0])
"""What a view, a cart and a purchase say of interest, by their place on the way to an order."""


@dataclass(frozen=True, eq=False)
class Past:
    """What customers did before a moment.

    Attributes
    ----------
    interactions : Interactions
        All of them before `until`.
    until : int
        The moment, in seconds since 1970.
    stretch : int
        The seconds of the stretch that follows, and of the last one before the moment.
    target : str
        One of `TARGETS`.
    segment : ndarray of int
        The number of each customer's segment at the moment; -1 for nobody's.
    """

    interactions: Interactions
    until: int
    stretch: int
    target: str
    segment: Integers
    _orders: dict[int, Integers] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        if len(self.interactions) and int(self.interactions.second.max()) >= self.until:
            raise AssertionError("the past holds what came later")

    @property
    def shape(self) -> tuple[int, int]:
        """Customers and products."""
        return self.interactions.n_customers, self.interactions.n_products

    @cached_property
    def aims(self) -> Interactions:
        """What is of the kind that recommendations are judged by; a look is what has any kind."""
        kinds = (VIEW, CART, PURCHASE) if self.target == NEXT_VIEW else (PURCHASE,)
        return self.interactions.of(*kinds)

    @cached_property
    def evidence(self) -> Matrix:
        """Customers by products: the furthest step of each, of the last `HISTORY_PRODUCTS`."""
        rows = self.interactions.of(VIEW, CART, PURCHASE)
        matrix = self._pairs(rows, _STEPS[rows.kind])
        last = self._pairs(rows, rows.second.astype(np.float64))
        keep = _latest(last, HISTORY_PRODUCTS)
        matrix.data *= keep
        matrix.eliminate_zeros()
        return matrix

    @cached_property
    def last(self) -> Matrix:
        """Customers by products: when they last had to do with each, in seconds since 1970."""
        rows = self.interactions.of(VIEW, CART, PURCHASE)
        return self._pairs(rows, rows.second.astype(np.float64))

    @cached_property
    def taken(self) -> Matrix:
        """Which products each customer has bought, or looked at, by the target."""
        return self._pairs(self.aims)

    @cached_property
    def barred(self) -> Matrix:
        """What is not new to a customer, or was sent back."""
        return ((self.taken + self.returned) > 0).astype(np.float64).tocsr()

    @cached_property
    def returned(self) -> Matrix:
        """Which products each customer sent back."""
        return self._pairs(self.interactions.of(RETURN))

    @cached_property
    def offered(self) -> Mask:
        """Which products are still there: bought or looked at in the last `GONE_DAYS`."""
        since = self.until - GONE_DAYS * 86_400
        rows = self.interactions.of(VIEW, CART, PURCHASE)
        recent = rows.product[rows.second >= since]
        return np.bincount(recent, minlength=self.shape[1]) > 0

    @cached_property
    def counts(self) -> Floats:
        """How many customers took each product."""
        return np.asarray(self.taken.sum(axis=0)).ravel()

    @cached_property
    def recent(self) -> Matrix:
        """Which products each customer took in the last stretch."""
        return self._pairs(self.aims.within(self.until - self.stretch, self.until))

    def popular(self, segment: int) -> Integers:
        """Return the products that are still there by how many customers took them lately.

        Those of a segment, or of all where it is -1; of equals those first that more took ever.
        """
        if segment not in self._orders:
            everyone = np.asarray(self.recent.sum(axis=0)).ravel()
            inside = everyone
            if segment >= 0:
                members = self.recent[np.flatnonzero(self.segment == segment)]
                inside = np.asarray(members.sum(axis=0)).ravel()
            places = np.arange(self.shape[1])
            order = np.lexsort((places, -self.counts, -everyone, -inside))
            self._orders[segment] = order[self.offered[order]]
        return self._orders[segment]

    def _pairs(self, rows: Interactions, values: Floats | None = None) -> Matrix:
        return pairs_matrix(rows.customer, rows.product, self.shape, values)


def targets_of(rows: Interactions, target: str) -> Matrix:
    """Return what customers took in a stretch, customers by products.

    `rows` are the interactions of the stretch alone.
    """
    shape = (rows.n_customers, rows.n_products)
    rows = rows.of(VIEW, CART, PURCHASE) if target == NEXT_VIEW else rows.of(PURCHASE)
    if target == NEXT_BASKET and len(rows):
        # sorted by customer and time: the first basket is that of the first row
        new = np.concatenate(([True], rows.customer[1:] != rows.customer[:-1]))
        first = rows.basket[np.flatnonzero(new)][np.cumsum(new) - 1]
        rows = rows.where(rows.basket == first)
    return pairs_matrix(rows.customer, rows.product, shape)


def _latest(last: Matrix, keep: int) -> Floats:
    """Return 1 for the latest values of each row of a matrix, 0 for the others."""
    kept = np.ones(len(last.data))
    for row in np.flatnonzero(np.diff(last.indptr) > keep):
        begin, end = last.indptr[row], last.indptr[row + 1]
        order = np.lexsort((last.indices[begin:end], -last.data[begin:end]))
        kept[begin + order[keep:]] = 0
    return kept
