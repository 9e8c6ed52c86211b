"""Ranked products for customers: the highest scores first, then what is popular."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clustomer.products.interactions import Integers, Mask
from clustomer.products.past import Past
from clustomer.products.sparse import BLOCK, Floats, Matrix, highest, is_in, without

NOBODY = -1
"""The number in place of a product where a list is shorter."""

_SPARE = 200
"""So many popular products more than a list is long are tried, as a customer may have some."""


@dataclass(frozen=True, eq=False)
class Ranking:
    """Products of some customers, the best first; `NOBODY` where there are no more.

    Attributes
    ----------
    items : ndarray of int, shape (customers, depth)
    personal : ndarray of bool
        Which of them rest on what the customer did; the others are popular.
    """

    items: Integers
    personal: Mask


def rank_scores(
    past: Past, customers: Integers, scores: Matrix, depth: int, *, barred: Matrix | None = None
) -> Ranking:
    """Rank the products that are new to customers by sparse scores, then by popularity.

    `scores` has a row for each of `customers`. Products that are gone, and those that a customer
    took already or sent back (or those `barred`, a row for every customer), are left out. Of equal
    scores the more popular product is first.
    """
    items = np.full((len(customers), depth), NOBODY, dtype=np.int64)
    personal = np.zeros((len(customers), depth), dtype=bool)
    place = popular_places(past)
    barred = past.barred if barred is None else barred
    for begin in range(0, len(customers), BLOCK):
        block = slice(begin, begin + BLOCK)
        excluded = barred[customers[block]]
        allowed = highest(without(scores[block], excluded, past.offered), depth)
        items[block], personal[block] = _ordered(allowed, place, depth)
        fill_popular(past, customers[block], excluded, items[block])
    return Ranking(items, personal)


def popular_places(past: Past) -> Integers:
    """Return the place of every product by popularity, from 0."""
    order = past.popular(NOBODY)
    place = np.full(past.shape[1], len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    return place


def fill_popular(past: Past, customers: Integers, barred: Matrix, items: Integers) -> None:
    """Fill the ends of lists by what is popular in each customer's segment, in place."""
    short = items[:, -1] == NOBODY
    segments = past.segment[customers]
    for segment in np.unique(segments[short]).tolist():
        rows = np.flatnonzero(short & (segments == segment))
        order = past.popular(segment)[: items.shape[1] + _SPARE]
        _fill(items, rows, barred[rows], order)


def _fill(items: Integers, rows: Integers, barred: Matrix, order: Integers) -> None:
    depth = items.shape[1]
    listed = items[rows]
    taken = barred[:, order].toarray() > 0
    where = np.full(int(max(order.max(initial=0), listed.max(initial=0))) + 1, NOBODY)
    where[order] = np.arange(len(order))
    places = np.where(listed >= 0, where[np.maximum(listed, 0)], NOBODY)
    line, column = np.nonzero(places >= 0)
    taken[line, places[line, column]] = True
    free = np.argsort(taken, axis=1, kind="stable")[:, :depth]
    is_free = ~np.take_along_axis(taken, free, axis=1)
    length = (listed >= 0).sum(axis=1)
    for number in range(free.shape[1]):
        at = length + number
        good = np.flatnonzero((at < depth) & is_free[:, number])
        items[rows[good], at[good]] = order[free[good, number]]


def _ordered(scores: Matrix, place: Integers, depth: int) -> tuple[Integers, Mask]:
    """Return the products of each row by falling score, and which places are taken."""
    counts = np.diff(scores.indptr)
    lines = np.repeat(np.arange(len(counts)), counts)
    order = np.lexsort((place[scores.indices], -scores.data, lines))
    at = np.arange(len(order)) - np.repeat(scores.indptr[:-1], counts)
    items = np.full((len(counts), depth), NOBODY, dtype=np.int64)
    items[lines, at] = scores.indices[order]
    return items, items >= 0


def merged(
    fresh: Ranking, chances: Floats, again: Integers, again_chances: Floats, depth: int
) -> tuple[Ranking, Floats]:
    """Merge new products with those to be offered again, by how likely each is taken.

    Parameters
    ----------
    fresh : Ranking
    chances : ndarray, one for each place of `fresh`, falling.
    again : ndarray of int, shape (customers, some)
        Products that each customer took before; `NOBODY` where there are fewer.
    again_chances : ndarray of the same shape

    Returns
    -------
    Ranking, and the chance of each place (NaN where there is no product)

    >>> fresh = Ranking(np.array([[7, 8]]), np.array([[True, True]]))
    >>> both, chances = merged(
    ...     fresh, np.array([0.3, 0.1]), np.array([[5, -1]]), np.array([[0.2, 0.0]]), 3)
    >>> both.items.tolist(), chances.tolist()
    ([[7, 5, 8]], [[0.3, 0.2, 0.1]])
    """
    items = np.hstack([fresh.items, again])
    personal = np.hstack([fresh.personal, again >= 0])
    places = np.broadcast_to(chances[: fresh.items.shape[1]], fresh.items.shape)
    values = np.hstack([places, again_chances])
    values = np.where(items == NOBODY, -np.inf, values)
    order = np.argsort(-values, axis=1, kind="stable")[:, :depth]
    items, personal, values = (
        np.take_along_axis(array, order, axis=1) for array in (items, personal, values)
    )
    return Ranking(items, personal), np.where(items == NOBODY, np.nan, values)


def contains(matrix: Matrix, items: Integers, customers: Any = None) -> NDArray[np.bool_]:
    """Return which products of lists are in the rows of a matrix."""
    lines = np.arange(len(items)) if customers is None else customers
    rows = np.repeat(lines, items.shape[1])
    return is_in(matrix, rows, items.ravel()).reshape(items.shape)
