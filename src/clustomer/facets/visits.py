"""The visits of some customers as arrays: what is known of each customer, and whose it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa

from clustomer.segments.arrays import Floats, Integers

MIN_STRENGTH, MAX_STRENGTH = 0.5, 1000.0


@dataclass(frozen=True, eq=False)
class Visits:
    """Visits by customer; those of a customer are in an order of chance.

    Attributes
    ----------
    shares : ndarray of shape (n_visits, n_bins), rows add up to 1.
    owner : ndarray of shape (n_visits,), the number of the customer, from 0, rising.
    start_s : ndarray of shape (n_visits,), seconds since 1970.
    user_ids : tuple of str, of the customers.
    """

    shares: Floats
    owner: Integers
    start_s: Integers
    user_ids: tuple[str, ...]

    @cached_property
    def counts(self) -> Integers:
        """Visits per customer."""
        return np.bincount(self.owner, minlength=len(self.user_ids)).astype(np.int64)

    @cached_property
    def first(self) -> Integers:
        """The place of each customer's first visit."""
        return np.cumsum(self.counts) - self.counts

    def amounts(self, shares: Floats | None = None) -> Floats:
        """Return the sums of each customer's visits, or of other visits in their places."""
        return np.add.reduceat(self.shares if shares is None else shares, self.first, axis=0)


def visits_of(rows: pa.Table, n_bins: int) -> Visits:
    """Return the visits of a table as `sample_query` gives it.

    >>> rows = pa.table({"user_id": ["a", "a", "a"], "visit": ["1", "1", "2"], "bin": [0, 1, 1],
    ...                  "visit_s": [5, 5, 9], "share": [0.25, 0.75, 1.0]})
    >>> visits = visits_of(rows, 2)
    >>> visits.shares.tolist(), visits.amounts().tolist(), visits.counts.tolist()
    ([[0.25, 0.75], [0.0, 1.0]], [[0.25, 1.75]], [2])
    """
    customer, visit = _changes(rows["user_id"]), _changes(rows["visit"])
    begins = customer | visit
    number = np.cumsum(begins) - 1
    shares = np.zeros((int(number[-1]) + 1 if len(number) else 0, n_bins))
    shares[number, rows["bin"].to_numpy()] = rows["share"].to_numpy()
    places = np.flatnonzero(begins)
    owner = (np.cumsum(customer) - 1)[places]
    ids = rows["user_id"].take(pa.array(np.flatnonzero(customer))).to_pylist()
    return Visits(
        shares,
        owner.astype(np.int64),
        rows["visit_s"].to_numpy()[places].astype(np.int64),
        tuple(ids),
    )


def _changes(column: pa.ChunkedArray) -> np.ndarray:
    """Return where a column has another value than the row before."""
    values = column.to_numpy(zero_copy_only=False) if len(column) else np.empty(0, dtype=object)
    changed = np.ones(len(values), dtype=bool)
    changed[1:] = values[1:] != values[:-1]
    return changed


@dataclass(frozen=True)
class Spread:
    """How far apart the customers are, beside how far apart a customer's own visits are.

    `between` and `within` are traces of covariances; `shop` the mean share of each bin over
    customers.
    """

    shop: tuple[float, ...]
    between: float
    within: float

    @property
    def strength(self) -> float:
        """How many visits the shop's own shares are worth beside a customer's.

        As in the credibility theory of Buehlmann and Straub (1970): the variance within
        customers over that between them.
        """
        if self.between <= 0:
            return MAX_STRENGTH
        return round(min(max(self.within / self.between, MIN_STRENGTH), MAX_STRENGTH), 6)


def spread_of(
    visits: Visits, shares: Floats | None = None, squares: Floats | None = None
) -> Spread:
    """Measure how far customers are apart, by pairs of their visits (Buehlmann and Straub 1970).

    `shares` are other visits in their places, `squares` the sums of squares of their rows.

    Two visits of one customer share nothing but the customer, so that the mean product of such
    pairs, less that of strangers, is what belongs to customers.

    >>> visits = Visits(np.array([[1.0, 0], [1, 0], [0, 1], [0, 1]]), np.array([0, 0, 1, 1]),
    ...                 np.zeros(4, dtype=int), ("a", "b"))
    >>> spread_of(visits)
    Spread(shop=(0.5, 0.5), between=0.5, within=0.0)
    """
    rows = visits.shares if shares is None else shares
    amounts, n = visits.amounts(rows), visits.counts.astype(np.float64)
    lengths = (rows * rows).sum(axis=1) if squares is None else squares
    alone = np.add.reduceat(lengths, visits.first)
    pairs = float(np.mean(((amounts * amounts).sum(axis=1) - alone) / (n * (n - 1))))
    shop = (amounts / n[:, None]).mean(axis=0)
    between = pairs - float(shop @ shop)
    within = float(np.mean(alone / n)) - pairs
    return Spread(tuple(np.round(shop, 12).tolist()), round(between, 12), round(within, 12))


def roots(
    amounts: Floats, counts: Integers | Floats, shop: Sequence[float] | Floats, strength: float
) -> Floats:
    """Return the square roots of shares that are drawn to the shop's.

    Distances between roots of shares are those of Hellinger (1909), in which a change from 0 to
    5 % counts for more than one from 50 to 55 %.

    >>> roots(np.array([[3.0, 1.0]]), np.array([4]), [0.5, 0.5], 4.0).round(3).tolist()
    [[0.791, 0.612]]
    """
    drawn = (amounts + strength * np.asarray(shop)) / (np.asarray(counts)[:, None] + strength)
    return np.asarray(np.sqrt(drawn))


def halves(visits: Visits) -> tuple[tuple[Floats, Integers], tuple[Floats, Integers]]:
    """Return the amounts and counts of two halves of each customer's visits.

    Every other visit, in the order of chance that visits have; each half has at least one.
    """
    place = np.arange(len(visits.owner)) - visits.first[visits.owner]
    parts = []
    for odd in (0, 1):
        inside = place % 2 == odd
        amounts = visits.amounts(visits.shares * inside[:, None])
        parts.append((amounts, np.add.reduceat(inside.astype(np.int64), visits.first)))
    return parts[0], parts[1]
