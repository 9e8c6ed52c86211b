"""How often what a customer took before is taken again, measured on the log, by category."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clustomer.products.interactions import Integers
from clustomer.products.past import Past, targets_of
from clustomer.products.ranking import NOBODY
from clustomer.products.sparse import Floats, is_in
from clustomer.thresholds import REPURCHASE_PRIOR

_TIMES = (2, 3, 5)
_AGES = (1.0, 3.0)


@dataclass(frozen=True, eq=False)
class Repurchase:
    """Chances that customers who take anything in a stretch take a product again.

    Attributes
    ----------
    chances : ndarray, shape (times, ages)
        By how often and how long ago the customer took it.
    factor : ndarray, one for each product
        How many times as often products of its category are taken again as that says; the
        product alone where it has no category. Few repurchases are drawn towards 1.
    pairs : how many pairs of customer and product were watched.
    repeated : how many of them came again.
    """

    chances: Floats
    factor: Floats
    pairs: int
    repeated: int

    @property
    def rate(self) -> float | None:
        """The share of pairs that came again; None where none was watched."""
        return self.repeated / self.pairs if self.pairs else None

    def offers(self, past: Past, customers: Integers, depth: int) -> tuple[Integers, Floats]:
        """Return what each customer is most likely to take again, and how likely.

        Products that are gone, or that the customer sent back, are left out.
        """
        pairs = _pairs(past, customers)
        keep = past.offered[pairs.product] & ~is_in(
            past.returned, customers[pairs.line], pairs.product
        )
        chance = self.chances[pairs.times, pairs.age] * self.factor[pairs.product]
        chance = np.where(keep, np.minimum(chance, 1.0), 0.0)
        order = np.lexsort((pairs.product, -pairs.last, -chance, pairs.line))
        line = pairs.line[order]
        at = np.arange(len(order)) - np.searchsorted(line, line, side="left")
        good = (at < depth) & (chance[order] > 0)
        items = np.full((len(customers), depth), NOBODY, dtype=np.int64)
        chances = np.zeros((len(customers), depth))
        items[line[good], at[good]] = pairs.product[order][good]
        chances[line[good], at[good]] = chance[order][good]
        return items, chances


@dataclass(frozen=True, eq=False)
class _Pairs:
    """Pairs of customer and product: how often in how many baskets, and how long ago."""

    line: Integers
    product: Integers
    times: Integers
    age: Integers
    last: Integers


def measure_repurchase(past: Past, before: Past) -> Repurchase:
    """Measure repurchases in the last stretch of a past.

    Parameters
    ----------
    past : Past
    before : Past
        What was known when that stretch began.
    """
    rows = past.interactions.within(before.until, past.until)
    targets = targets_of(rows, past.target)
    customers = np.flatnonzero((np.diff(targets.indptr) > 0) & (np.diff(before.taken.indptr) > 0))
    pairs = _pairs(before, customers)
    again = is_in(targets, customers[pairs.line], pairs.product)
    cell = pairs.times * (len(_AGES) + 1) + pairs.age
    cells = (len(_TIMES) + 1) * (len(_AGES) + 1)
    seen = np.bincount(cell, minlength=cells)
    repeated = np.bincount(cell, weights=again, minlength=cells)
    overall = again.mean() if len(again) else 0.0
    # a cell that nobody is in has the rate of all
    chances = (repeated + overall) / (seen + 1)
    group = product_groups(past.interactions.products)
    expected = np.bincount(group[pairs.product], chances[cell], minlength=group.max() + 1)
    came = np.bincount(group[pairs.product], again, minlength=group.max() + 1)
    factor = (came + REPURCHASE_PRIOR) / (expected + REPURCHASE_PRIOR)
    return Repurchase(
        chances.reshape(len(_TIMES) + 1, len(_AGES) + 1),
        factor[group],
        len(again),
        int(again.sum()),
    )


def product_groups(products: pa.Table) -> Integers:
    """Return the number of each product's category; of one without, a number of its own."""
    category = products["category"].combine_chunks()
    names = pc.unique(category.drop_null()).sort()
    place = pc.index_in(category, value_set=names).fill_null(-1)
    number: Integers = place.to_numpy().astype(np.int64)
    alone = np.flatnonzero(number < 0)
    number[alone] = len(names) + np.arange(len(alone))
    return number


def _pairs(past: Past, customers: Integers) -> _Pairs:
    """Return what customers have taken, how often and when last; ages in stretches."""
    rows = past.aims
    line_of = np.full(past.shape[0], NOBODY, dtype=np.int64)
    line_of[customers] = np.arange(len(customers))
    keep = line_of[rows.customer] >= 0
    line, product = line_of[rows.customer[keep]], rows.product[keep]
    occasion = np.where(rows.basket >= 0, rows.basket, rows.visit)[keep]
    second = rows.second[keep]
    order = np.lexsort((occasion, product, line))
    line, product, occasion, second = (array[order] for array in (line, product, occasion, second))
    key = line * past.shape[1] + product
    first = np.ones(len(key), dtype=bool)
    first[1:] = key[1:] != key[:-1]
    new = first.copy()
    new[1:] |= occasion[1:] != occasion[:-1]
    starts = np.flatnonzero(first)
    if not len(starts):
        empty = np.zeros(0, dtype=np.int64)
        return _Pairs(empty, empty, empty, empty, empty)
    counts = np.add.reduceat(new.astype(np.int64), starts)
    last = np.maximum.reduceat(second, starts)
    return _Pairs(
        line[starts],
        product[starts],
        np.searchsorted(_TIMES, counts, side="right"),
        np.searchsorted(_AGES, (past.until - last) / past.stretch, side="right"),
        last,
    )
