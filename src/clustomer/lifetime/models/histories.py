"""What models know of customers: when they ordered first and last, and on how many days."""

from dataclasses import dataclass, replace

import numpy as np

from clustomer.lifetime.models.likelihood import Floats

FITTED_CUSTOMERS = 12_000
"""Parameters are fitted to so many customers at most, evenly spaced in the order of `user_id`."""


@dataclass(frozen=True, eq=False)
class Histories:
    """The days with orders of customers who ordered at least once.

    Orders of one day count as one: models take them for one decision.

    Attributes
    ----------
    repeats : ndarray of float
        Days with an order after the first such day ("x").
    last : ndarray of float
        Days from the first day with an order to the last ("t_x"); 0 for who ordered on one day.
    age : ndarray of float
        Days from the first day with an order to the last day of the window ("T").
    value : ndarray of float
        Revenue less what was sent back, at least 0, for each day with an order.
    size : ndarray of float
        In which tenth of all customers the value of the first day is, from -1 (lowest) to 1.
    """

    repeats: Floats
    last: Floats
    age: Floats
    value: Floats
    size: Floats

    def __len__(self) -> int:
        return len(self.repeats)

    @property
    def order_days(self) -> Floats:
        """Days with an order."""
        return self.repeats + 1

    def sample(self) -> "Histories":
        """Return those that parameters are fitted to."""
        step = -(-len(self) // FITTED_CUSTOMERS)
        return self if step <= 1 else self.of(np.arange(0, len(self), step))

    def of(self, rows: np.ndarray) -> "Histories":
        """Return those of some customers."""
        parts = (self.repeats, self.last, self.age, self.value, self.size)
        return Histories(*(part[rows] for part in parts))


def sizes_of(first_value: Floats) -> Floats:
    """Return in which tenth of all a customer's first value is, from -1 (lowest) to 1.

    >>> sizes_of(np.array([0.0, 5.0, 10.0, 900.0])).round(2).tolist()
    [-1.0, -0.33, 0.33, 1.0]
    >>> sizes_of(np.array([7.0, 7.0]))
    array([0., 0.])
    """
    if not len(first_value):
        return first_value
    bounds = np.unique(np.quantile(first_value, np.arange(1, 10) / 10, method="lower"))
    tenth = np.searchsorted(bounds, first_value, side="left").astype(np.float64)
    _, place = np.unique(tenth, return_inverse=True)
    top = place.max()
    return place / top * 2 - 1 if top else np.zeros(len(first_value))


@dataclass(frozen=True, eq=False)
class Alike:
    """Different histories, and how many customers have each; what a likelihood is made of."""

    repeats: Floats
    last: Floats
    age: Floats
    size: Floats
    customers: Floats

    def in_units(self, days: float) -> "Alike":
        """Return the same with times in so many days."""
        return replace(self, last=self.last / days, age=self.age / days)


def counted_alike(histories: Histories, *, by_size: bool = False, everyone: bool = False) -> Alike:
    """Return the different histories of a sample of customers, or of everyone.

    Without `by_size` all first orders count as of one size, 0.

    >>> one, two = np.array([0.0, 0.0]), np.array([3.0, 3.0])
    >>> counted_alike(Histories(one, one, two, two, one)).customers
    array([2.])
    """
    sampled = histories.sample()
    size = sampled.size if by_size else np.zeros(len(sampled))
    rows = np.column_stack([sampled.repeats, sampled.last, sampled.age, size])
    different, counts = np.unique(rows, axis=0, return_counts=True)
    repeats, last, age, sizes = different.T
    return Alike(repeats, last, age, sizes, counts.astype(np.float64))
