"""Names of products: each is called by the commonest of those that it has."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from clustomer.engines import DuckDB

PRODUCT_NAMES = "product_names"
"""The table with `product_id`, `product_name` and `names`, how many different ones it has."""


@dataclass(frozen=True)
class NamesReading:
    """How the names of products were read: of `products` with a name, `several` have many.

    `sample` is a product with several names, and `name` how it is called.
    """

    column: str
    products: int
    several: int
    sample: str = ""
    name: str = ""

    @property
    def doubtful(self) -> bool:
        """Whether a product might have been called otherwise."""
        return self.several > 0

    @property
    def sentence(self) -> str:
        """What was decided, in one sentence."""
        return (
            f"`{self.column}` has several names for {self.several:,} of {self.products:,} "
            f"products; each is called by its commonest: {self.sample} is {self.name}."
        )

    def to_json(self) -> dict[str, Any]:
        """Return the reading as JSON-ready values."""
        return {"column": "product_name", "source": self.column} | {
            name: getattr(self, name) for name in ("products", "several")
        }


def set_names_aside(engine: DuckDB, column: str) -> NamesReading:
    """Make the table of names from the column `product_name` of `events`, and drop that.

    Of names that are as common, the first in the order of the alphabet counts. Runs of spaces
    are one space.
    """
    engine.execute(
        f"CREATE OR REPLACE TABLE {PRODUCT_NAMES} AS "
        "SELECT product_id, FIRST(name ORDER BY n DESC, name) AS product_name, COUNT(*) AS names "
        "FROM (SELECT product_id, REGEXP_REPLACE(TRIM(product_name), '\\s+', ' ', 'g') AS name, "
        "COUNT(*) AS n FROM events WHERE product_id IS NOT NULL AND product_name IS NOT NULL "
        "GROUP BY ALL) GROUP BY product_id"
    )
    engine.execute("ALTER TABLE events DROP COLUMN product_name")
    products, several = engine.rows(
        f"SELECT COUNT(*), COUNT(*) FILTER (WHERE names > 1) FROM {PRODUCT_NAMES}"
    )[0]
    rows = engine.rows(
        f"SELECT product_id, product_name FROM {PRODUCT_NAMES} WHERE names > 1 "
        "ORDER BY names DESC, product_id LIMIT 1"
    )
    sample, name = rows[0] if rows else ("", "")
    return NamesReading(column, int(products), int(several), str(sample), str(name))


def names_of_products(engine: DuckDB) -> pa.Table:
    """Return `product_id` and `product_name` of every product with a name."""
    return engine.arrow(f"SELECT product_id, product_name FROM {PRODUCT_NAMES} ORDER BY product_id")


def called(product_id: str, names: Mapping[str, str]) -> str:
    """Return how a product is called: its name with its id, or its id where it has none.

    >>> called("84406B", {"84406B": "CREAM CUPID HEARTS COAT HANGER"}), called("7", {})
    ('CREAM CUPID HEARTS COAT HANGER (84406B)', '7')
    """
    name = names.get(product_id, product_id)
    return product_id if name == product_id else f"{name} ({product_id})"
