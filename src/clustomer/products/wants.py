"""What each segment wants more than others, and what is bought together."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
import pyarrow as pa

from clustomer.events import called
from clustomer.products.interactions import CART, PURCHASE, VIEW, Integers, Interactions
from clustomer.products.sparse import BLOCK, Floats, Matrix, pairs_matrix
from clustomer.thresholds import CHANCE, TOGETHER_SUPPORT, WANTED_SUPPORT

MOST_WANTED = 10
"""So many products of each segment are kept."""
MOST_TOGETHER = 20
"""So many pairs."""

BY_PURCHASE, BY_VIEW = "purchase", "view"
_KINDS = {BY_PURCHASE: (PURCHASE,), BY_VIEW: (VIEW, CART, PURCHASE)}


@dataclass(frozen=True)
class Wanted:
    """A product that customers of a segment want more than the others.

    `share` is its part of all that the segment's customers took (each product of a customer
    once), `elsewhere` that of the others; `lift` is one over the other, half a customer added to
    both, with its interval.
    """

    segment: int
    by: str
    product: int
    customers: int
    share: float
    elsewhere: float
    lift: float
    low: float
    high: float


@dataclass(frozen=True)
class Together:
    """Two products in one order, or, where nothing is bought, in one visit.

    `orders` have both, of `customers`; `share` is their part of the orders with the first product;
    `lift` is how many times as many they are as if orders were filled at random, with its interval.
    """

    by: str
    product: int
    other: int
    orders: int
    customers: int
    share: float
    lift: float
    low: float
    high: float


def most_wanted(rows: Interactions, segment: Integers, n_segments: int) -> list[Wanted]:
    """Return what each segment wants more than the others, what is surest first.

    By what is bought; of a segment that buys nothing more than others do, by what it looks at.
    A product counts from `WANTED_SUPPORT` customers on and where the interval of its lift, widened
    for all products and segments that are compared (Bonferroni), is above 1.
    """
    wanted: list[Wanted] = []
    for by in (BY_PURCHASE, BY_VIEW):
        if by == BY_VIEW and not rows.has(VIEW):
            continue
        done = {product.segment for product in wanted}
        compared = _compared(rows, segment, n_segments, by)
        wanted += [product for product in compared if product.segment not in done]
    return sorted(wanted, key=lambda one: (one.segment, -one.low, one.product))


def _compared(rows: Interactions, segment: Integers, n_segments: int, by: str) -> Iterator[Wanted]:
    taken = rows.of(*_KINDS[by])
    pairs = pairs_matrix(taken.customer, taken.product, (rows.n_customers, rows.n_products))
    counts = np.array(
        [
            np.asarray(pairs[np.flatnonzero(segment == number)].sum(axis=0)).ravel()
            for number in range(n_segments)
        ]
    ).reshape(n_segments, rows.n_products)
    sizes, total = counts.sum(axis=1), counts.sum()
    tests = int((counts >= WANTED_SUPPORT).sum())
    for number in range(n_segments):
        inside, size = counts[number], sizes[number]
        if size == 0 or size == total:
            continue
        others = counts.sum(axis=0) - inside
        lift = ((inside + 0.5) / size) / ((others + 0.5) / (total - size))
        error = np.sqrt(1 / (inside + 0.5) + 1 / (others + 0.5))
        low, high = _interval(lift, error, tests)
        good = np.flatnonzero((inside >= WANTED_SUPPORT) & (low > 1))
        order = good[np.lexsort((good, -low[good]))][:MOST_WANTED]
        for product in order.tolist():
            yield Wanted(
                number,
                by,
                product,
                int(inside[product]),
                float(inside[product] / size),
                float(others[product] / (total - size)),
                float(lift[product]),
                float(low[product]),
                float(high[product]),
            )


def _interval(lift: Floats, error: Floats, tests: int) -> tuple[Floats, Floats]:
    """Return the interval of lifts on the scale of logarithms, widened for so many of them."""
    z = NormalDist().inv_cdf(1 - CHANCE / (2 * max(tests, 1)))
    return lift * np.exp(-z * error), lift * np.exp(z * error)


def bought_together(rows: Interactions) -> list[Together]:
    """Return the pairs of products that are most surely bought together.

    In orders; where none qualify, and there are visits, in what is looked at in one visit. Ordered
    by the log-likelihood ratio of Dunning (1993), which weighs how often and how much more often
    than by chance. Both need `TOGETHER_SUPPORT` customers, and an interval of the lift above 1.
    """
    bought = rows.of(PURCHASE)
    pairs = _paired(bought, bought.basket, BY_PURCHASE)
    if pairs or not rows.has(VIEW):
        return pairs
    seen = rows.of(VIEW, CART, PURCHASE)
    return _paired(seen, seen.visit, BY_VIEW)


def _paired(rows: Interactions, occasion: Integers, by: str) -> list[Together]:
    if not len(rows):
        return []
    occasions, line = np.unique(occasion, return_inverse=True)
    owner = np.zeros(len(occasions), dtype=np.int64)
    owner[line] = rows.customer
    baskets = pairs_matrix(line, rows.product, (len(occasions), rows.n_products))
    first, second, both = _shared(baskets)
    if not len(both):
        return []
    sizes, n = np.asarray(baskets.sum(axis=0)).ravel(), len(occasions)
    lift = both * n / (sizes[first] * sizes[second])
    low, high = _interval(lift, 1 / np.sqrt(both), len(both))
    good = np.flatnonzero(low > 1)
    strength = _likelihood_ratio(both[good], sizes[first[good]], sizes[second[good]], n)
    order = good[np.lexsort((second[good], first[good], -strength.round(9)))]
    by_product = baskets.tocsc()
    pairs: list[Together] = []
    for place in order.tolist():
        one, other = int(first[place]), int(second[place])
        if sizes[other] < sizes[one]:
            # of those who bought the rarer one, more bought the other
            one, other = other, one
        shared = np.intersect1d(_lines(by_product, one), _lines(by_product, other))
        customers = len(np.unique(owner[shared]))
        if customers >= TOGETHER_SUPPORT:
            share = float(both[place] / sizes[one])
            numbers = (float(lift[place]), float(low[place]), float(high[place]))
            pairs.append(Together(by, one, other, int(both[place]), customers, share, *numbers))
        if len(pairs) == MOST_TOGETHER:
            break
    return pairs


def _shared(baskets: Matrix) -> tuple[Integers, Integers, Floats]:
    """Return the pairs of products that are in enough orders, and in how many."""
    across = baskets.T.tocsr()
    parts: list[Any] = []
    for begin in range(0, across.shape[0], BLOCK):
        block = (across[begin : begin + BLOCK] @ baskets).tocoo()
        keep = (block.data >= TOGETHER_SUPPORT) & (block.col > block.row + begin)
        parts.append((block.row[keep] + begin, block.col[keep], block.data[keep]))
    first, second, both = (np.concatenate(column) for column in zip(*parts, strict=True))
    return first.astype(np.int64), second.astype(np.int64), both


def _lines(matrix: Matrix, column: int) -> Integers:
    lines: Integers = matrix.indices[matrix.indptr[column] : matrix.indptr[column + 1]]
    return lines


def _likelihood_ratio(both: Floats, one: Floats, other: Floats, n: int) -> Floats:
    """Return the log-likelihood ratio that two products are independent.

    >>> ten, fifty = np.array([10.0]), np.array([50.0])
    >>> _likelihood_ratio(np.array([5.0]), ten, fifty, 100).round(6).tolist()
    [0.0]
    """
    cells = [both, one - both, other - both, n - one - other + both]
    expected = [
        one * other / n,
        one * (n - other) / n,
        (n - one) * other / n,
        (n - one) * (n - other) / n,
    ]
    total = np.zeros(len(both))
    for seen, would in zip(cells, expected, strict=True):
        seen = np.maximum(seen, 0)
        ratio = np.where(seen > 0, seen / np.maximum(would, 1e-300), 1.0)
        total += 2 * seen * np.log(ratio)
    return total


def products_table(
    wanted: Sequence[Wanted],
    together: Sequence[Together],
    offered: pa.Table,
    segments: Sequence[str],
    products: pa.Table,
) -> pa.Table:
    """Return `products.parquet`: a row for everything that is told of products.

    `offered` has what stands in the lists of most members: `segment_id`, `product_id`,
    `customers`, `share`.
    """
    names = product_names(products)
    ids = products["product_id"].to_pylist()
    name_of = dict(zip(ids, names, strict=True))
    rows: list[dict[str, Any]] = []
    places: dict[str, int] = {}

    def add(kind: str, segment_id: str | None, **columns: Any) -> None:
        group = f"{kind}.{segment_id}" if segment_id else kind
        places[group] = places.get(group, 0) + 1
        place = places[group]
        base = {"key": f"{group}.{place}", "kind": kind, "segment_id": segment_id, "place": place}
        rows.append({**base, **columns})

    for one in wanted:
        add(
            "wants",
            segments[one.segment],
            by=one.by,
            product_id=ids[one.product],
            product=names[one.product],
            customers=one.customers,
            share=one.share,
            elsewhere=one.elsewhere,
            lift=one.lift,
            lift_low=one.low,
            lift_high=one.high,
        )
    for pair in together:
        add(
            "together",
            None,
            by=pair.by,
            product_id=ids[pair.product],
            product=names[pair.product],
            other_id=ids[pair.other],
            other=names[pair.other],
            customers=pair.customers,
            orders=pair.orders,
            share=pair.share,
            lift=pair.lift,
            lift_low=pair.low,
            lift_high=pair.high,
        )
    for row in offered.to_pylist():
        add(
            "next",
            row["segment_id"],
            product_id=row["product_id"],
            product=name_of[row["product_id"]],
            customers=row["customers"],
            share=row["share"],
        )
    return pa.Table.from_pylist(rows, schema=_SCHEMA)


def product_names(products: pa.Table) -> list[str]:
    """Return how each product is called: by its name, else its id with category and brand.

    >>> product_names(pa.table({"product_id": ["7", "8"], "category": ["toys.cars", "2053"],
    ...     "brand": ["lego", None]}))
    ['7 (toys.cars, lego)', '8']
    >>> product_names(pa.table({"product_id": ["7"], "category": ["toys"], "brand": ["lego"],
    ...     "name": ["Racing car"]}))
    ['Racing car (7)']
    """
    names = []
    for row in products.to_pylist():
        if row.get("name"):
            names.append(called(row["product_id"], {row["product_id"]: row["name"]}))
            continue
        words = [word for word in (row["category"], row["brand"]) if word and not word.isdigit()]
        names.append(f"{row['product_id']} ({', '.join(words)})" if words else row["product_id"])
    return names


def most_offered(
    segment: Integers, items: Integers, segments: Sequence[str], products: pa.Table, most: int
) -> pa.Table:
    """Return the products that stand in the lists of most members of each segment."""
    ids = products["product_id"].to_pylist()
    rows: list[dict[str, Any]] = []
    for number, segment_id in enumerate(segments):
        members = np.flatnonzero(segment == number)
        listed = items[members]
        counts = np.bincount(listed[listed >= 0], minlength=len(ids))
        order = np.lexsort((np.arange(len(ids)), -counts))[:most]
        rows += [
            {
                "segment_id": segment_id,
                "product_id": ids[product],
                "customers": int(counts[product]),
                "share": float(counts[product] / len(members)),
            }
            for product in order.tolist()
            if counts[product]
        ]
    return pa.Table.from_pylist(rows, schema=_OFFERED)


_OFFERED = pa.schema(
    [
        ("segment_id", pa.string()),
        ("product_id", pa.string()),
        ("customers", pa.int64()),
        ("share", pa.float64()),
    ]
)
_SCHEMA = pa.schema(
    [
        ("key", pa.string()),
        ("kind", pa.string()),
        ("segment_id", pa.string()),
        ("place", pa.int64()),
        ("by", pa.string()),
        ("product_id", pa.string()),
        ("product", pa.string()),
        ("other_id", pa.string()),
        ("other", pa.string()),
        ("customers", pa.int64()),
        ("orders", pa.int64()),
        ("share", pa.float64()),
        ("elsewhere", pa.float64()),
        ("lift", pa.float64()),
        ("lift_low", pa.float64()),
        ("lift_high", pa.float64()),
    ]
)
