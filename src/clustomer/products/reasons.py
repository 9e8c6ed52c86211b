"""Why a product is on a customer's list."""

import numpy as np
import pyarrow as pa

from clustomer.products.interactions import PURCHASE, VIEW, Integers
from clustomer.products.past import Past
from clustomer.products.ranking import NOBODY, Ranking
from clustomer.products.sparse import BLOCK, Matrix, is_in, pairs_matrix, place_in

BOUGHT_BEFORE, VIEWED_BEFORE = "bought before", "viewed before"
BOUGHT_WITH, VIEWED_WITH = "bought with", "viewed with"
FITS = "fits"
POPULAR_IN_SEGMENT, POPULAR = "popular in segment", "popular"
REASONS = (
    BOUGHT_BEFORE,
    VIEWED_BEFORE,
    BOUGHT_WITH,
    VIEWED_WITH,
    FITS,
    POPULAR_IN_SEGMENT,
    POPULAR,
)
"""What the customer did with it; another product of theirs whose customers took it, too; what the
customer's products have in common with it; or what is popular."""


def reasons_of(
    past: Past, customers: Integers, ranking: Ranking, near: Matrix, *, by_segment: bool
) -> tuple[Integers, Integers]:
    """Return the place of each reason in `REASONS`, and the product that it names or `NOBODY`.

    `near` has the nearest products of each, which say of a product what it is bought with.
    `by_segment` says whose favourites fill up the lists.
    """
    depth = ranking.items.shape[1]
    line = np.repeat(np.arange(len(customers)), depth)
    owner, item = customers[line], ranking.items.ravel()
    has_views = past.interactions.has(VIEW)
    with_number = REASONS.index(VIEWED_WITH if has_views else BOUGHT_WITH)
    in_segment = by_segment & (past.segment[owner] >= 0)
    reason = np.where(in_segment, REASONS.index(POPULAR_IN_SEGMENT), REASONS.index(POPULAR))
    nearest = _nearest(past, customers, ranking, near).ravel()
    personal = ranking.personal.ravel()
    reason = np.where(personal, REASONS.index(FITS), reason)
    reason = np.where(personal & (nearest >= 0), with_number, reason)
    reason = np.where(is_in(past.evidence, owner, item), REASONS.index(VIEWED_BEFORE), reason)
    bought = past.interactions.of(PURCHASE)
    had = is_in(pairs_matrix(bought.customer, bought.product, past.shape), owner, item)
    reason = np.where(had, REASONS.index(BOUGHT_BEFORE), reason)
    product = np.where(reason == with_number, nearest, NOBODY)
    return reason.reshape(-1, depth), product.reshape(-1, depth)


def _nearest(past: Past, customers: Integers, ranking: Ranking, near: Matrix) -> Integers:
    """Return the product of each customer that is nearest to each one on the list."""
    depth = ranking.items.shape[1]
    nearest = np.full((len(customers), depth), NOBODY, dtype=np.int64)
    for begin in range(0, len(customers), BLOCK):
        block = past.evidence[customers[begin : begin + BLOCK]]
        items = ranking.items[begin : begin + BLOCK]
        counts = np.diff(block.indptr)
        line = np.repeat(np.arange(block.shape[0]), counts)
        history = np.repeat(block.indices.astype(np.int64), depth)
        listed = items[line].ravel()
        places, matrix = place_in(near, history, listed)
        value = np.where(places >= 0, matrix.data[np.maximum(places, 0)], 0.0)
        value[history == listed] = 0.0
        cell = (line[:, None] * depth + np.arange(depth)).ravel()
        order = np.lexsort((history, -value, cell))
        first = np.ones(len(order), dtype=bool)
        first[1:] = cell[order][1:] != cell[order][:-1]
        chosen = order[first]
        good = chosen[value[chosen] > 0]
        flat = nearest[begin : begin + BLOCK].reshape(-1)
        flat[cell[good]] = history[good]
        nearest[begin : begin + BLOCK] = flat.reshape(-1, depth)
    return nearest


def reason_texts(numbers: Integers) -> pa.Array:
    """Return reasons by their names."""
    return pa.DictionaryArray.from_arrays(pa.array(numbers, pa.int32()), pa.array(REASONS)).cast(
        pa.string()
    )
