"""Who did what with which product, and when, by portable SQL over clean events."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from sqlglot import exp

from clustomer.engines import Engine, literal, parse
from clustomer.events import CleanEvents, Window

Integers = NDArray[np.int64]
Mask = NDArray[np.bool_]

VIEW, CART, PURCHASE, RETURN = range(4)
KINDS = ("view", "cart", "purchase", "return")
"""What a customer does with a product; a later one says more, and the last undoes it."""

_ROWS = """
    SELECT user_id, product_id, event_type, user_session,
        CASE WHEN event_type = 'purchase' THEN COALESCE(order_id, user_session) END AS order_key,
        MIN(DATE_DIFF('second', TIMESTAMP '1970-01-01 00:00:00', event_time)) AS event_s
    FROM events
    WHERE event_time >= window_start AND event_time < window_cutoff
        AND NOT product_id IS NULL AND COALESCE(is_product, TRUE)
        AND event_type IN ('view', 'cart', 'purchase', 'return')
    GROUP BY user_id, product_id, event_type, user_session,
        CASE WHEN event_type = 'purchase' THEN COALESCE(order_id, user_session) END
"""
_PRODUCTS = """
    SELECT product_id, MIN(COALESCE(category_code, category_id)) AS category, MIN(brand) AS brand
    FROM events
    WHERE event_time >= window_start AND event_time < window_cutoff
        AND NOT product_id IS NULL AND COALESCE(is_product, TRUE)
        AND event_type IN ('view', 'cart', 'purchase', 'return')
    GROUP BY product_id
"""


@dataclass(frozen=True, eq=False)
class Interactions:
    """What customers did with products, a row for each kind in each visit.

    Attributes
    ----------
    user_ids : pyarrow.Array of str
        Every customer, sorted; those without a product, too.
    products : pyarrow.Table
        `product_id`, `category`, `brand`, sorted by `product_id`; and `name`, where the source
        names products.
    customer, product : ndarray of int
        Places in the two.
    kind : ndarray of int
        `VIEW`, `CART`, `PURCHASE` or `RETURN`.
    visit : ndarray of int
        The number of the customer's session.
    basket : ndarray of int
        The number of the order; -1 where nothing was bought.
    second : ndarray of int
        Seconds since 1970. Rows are sorted by customer, then by it.
    """

    user_ids: pa.Array
    products: pa.Table
    customer: Integers
    product: Integers
    kind: Integers
    visit: Integers
    basket: Integers
    second: Integers

    def __len__(self) -> int:
        return len(self.customer)

    @property
    def n_customers(self) -> int:
        """How many customers there are."""
        number: int = len(self.user_ids)
        return number

    @property
    def n_products(self) -> int:
        """How many products there are."""
        number: int = self.products.num_rows
        return number

    def where(self, mask: Mask) -> "Interactions":
        """Return the rows for which a mask holds; customers and products stay."""
        return Interactions(
            self.user_ids,
            self.products,
            *(
                column[mask]
                for column in (
                    self.customer,
                    self.product,
                    self.kind,
                    self.visit,
                    self.basket,
                    self.second,
                )
            ),
        )

    def within(self, start: int, end: int) -> "Interactions":
        """Return the rows from one second to just before another."""
        return self.where((self.second >= start) & (self.second < end))

    def of(self, *kinds: int) -> "Interactions":
        """Return the rows of some kinds."""
        return self.where(np.isin(self.kind, kinds))

    def has(self, kind: int) -> bool:
        """Return whether anything of a kind was done."""
        return bool((self.kind == kind).any())


def read_interactions(events: CleanEvents, user_ids: Sequence[str] | pa.Array) -> Interactions:
    """Return what some customers did with products in the window of clean events.

    Parameters
    ----------
    events : CleanEvents
    user_ids : of the customers, in any order; what others did is left out.
    """
    engine: Engine = events.engine
    rows = engine.query(interactions_query(events.window))
    products = engine.query(_within(_PRODUCTS, events.window)).sort_by("product_id")
    users = pa.array(user_ids, pa.string()).sort()
    interactions = interactions_of(rows, products, users)
    if events.product_names is None:
        return interactions
    ids, names = (events.product_names[part] for part in ("product_id", "product_name"))
    at = pc.index_in(interactions.products["product_id"], value_set=ids.combine_chunks())
    with_names = interactions.products.append_column("name", names.take(at))
    return replace(interactions, products=with_names)


def interactions_query(window: Window) -> exp.Expr:
    """Return the portable query of interactions within a window."""
    return _within(_ROWS, window)


def interactions_of(rows: pa.Table, products: pa.Table, user_ids: pa.Array) -> Interactions:
    """Return rows of `interactions_query` by the numbers of customers, products and visits."""
    customers = pc.index_in(_text(rows["user_id"]), value_set=user_ids)
    rows = rows.filter(pc.is_valid(customers))
    customer = pc.drop_null(customers).to_numpy().astype(np.int64)
    product_ids = _text(products["product_id"])
    product = pc.index_in(_text(rows["product_id"]), value_set=product_ids).to_numpy()
    kind = pc.index_in(_text(rows["event_type"]), value_set=pa.array(KINDS)).to_numpy()
    columns = {
        "customer": customer,
        "product": product.astype(np.int64),
        "kind": kind.astype(np.int64),
        "visit": _numbered(customer, rows["user_session"]),
        "basket": _numbered(customer, rows["order_key"]),
        "second": rows["event_s"].to_numpy().astype(np.int64),
    }
    order = np.lexsort(
        [columns[name] for name in ("basket", "visit", "kind", "product", "second", "customer")]
    )
    table = pa.table(
        {
            "product_id": product_ids,
            "category": _text(products["category"]),
            "brand": _text(products["brand"]),
        }
    )
    return Interactions(user_ids, table, **{name: col[order] for name, col in columns.items()})


def _numbered(customer: Integers, column: pa.ChunkedArray) -> Integers:
    """Return the number of each pair of customer and text, in their order; -1 without a text."""
    coded = _text(column).dictionary_encode()
    texts = coded.dictionary
    rank = np.empty(len(texts) + 1, dtype=np.int64)
    rank[pc.sort_indices(texts).to_numpy()] = np.arange(len(texts))
    rank[len(texts)] = -1
    code = rank[pc.fill_null(coded.indices, len(texts)).to_numpy()]
    _, number = np.unique(customer * (len(texts) + 1) + code, return_inverse=True)
    return np.where(code < 0, -1, number).astype(np.int64)


def _text(column: Any) -> pa.Array:
    array = column.cast(pa.string())
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def _within(sql: str, window: Window) -> exp.Expr:
    bounds = {"window_start": literal(window.start), "window_cutoff": literal(window.cutoff)}
    return parse(sql).transform(
        lambda node: (
            bounds[node.name].copy()
            if isinstance(node, exp.Column) and node.name in bounds
            else node
        ),
        copy=False,
    )
