"""What goods cost the shop, where a source says so, and the margin that is left.

In `events` the column `cost` is that of a row, all its pieces together.
"""

from dataclasses import dataclass
from typing import Any

from clustomer.engines import DuckDB
from clustomer.errors import InputError
from clustomer.events.reading.amounts import (
    SURE_SHARE,
    SURE_VOTES,
    sample_of_pieces,
    votes_of_products,
)
from clustomer.events.schema import EventSchema

_LINES = "event_type = 'purchase' AND price > 0 AND cost IS NOT NULL"


@dataclass(frozen=True)
class CostReading:
    """What costs are of, and what is left of the sales of a window that have one.

    `of` is "unit" or "line"; `sample` shows a row in plain words; `covered` is the share of the
    sales in money whose cost is known, and `margin` what is left of them.
    """

    of: str
    column: str
    decided: str
    sample: str | None = None
    covered: float | None = None
    margin: float | None = None

    @property
    def doubtful(self) -> bool:
        """Costs decide what an action is worth, so they are always said."""
        return True

    @property
    def sentence(self) -> str:
        """What costs were taken for, and what they leave."""
        kinds = {"unit": "a piece", "line": "all pieces of its row"}
        shown = f" ({self.sample})" if self.sample else ""
        left = (
            f" It is known for {self.covered:.1%} of sales, of which {self.margin:.1%} is left as "
            "margin."
            if self.covered is not None and self.margin is not None
            else ""
        )
        return (
            f"`{self.column}` was taken as what {kinds[self.of]} cost the shop{shown}: "
            f"{self.decided}.{left}"
        )

    def to_json(self) -> dict[str, Any]:
        """Return the decision as JSON-ready values."""
        return {
            "column": "cost_is",
            "source": self.column,
            "notation": self.of,
            "decided": self.decided,
            "sample": self.sample,
            "covered": self.covered,
            "margin": self.margin,
        }


def settle_costs(
    engine: DuckDB, schema: EventSchema, label: str, amounts_of: str
) -> CostReading | None:
    """Make every cost in `events` that of its row; return what the costs were of.

    None where the source has none. Prices must be as the source has them; `amounts_of` says what
    they are of.

    Raises
    ------
    InputError
        If prices are of whole orders, and the values of costs do not tell.
    """
    if schema.cost is None:
        return None
    reading = _decide(engine, schema, label, amounts_of)
    if reading.of == "unit" and "quantity" in schema.columns:
        of_row = "CAST(cost * CAST(quantity AS DECIMAL(19, 4)) AS DECIMAL(18, 4))"
        engine.remake(
            "events",
            lambda customers: f"SELECT * REPLACE ({of_row} AS cost) FROM events WHERE {customers}",
        )
    return reading


def _decide(engine: DuckDB, schema: EventSchema, label: str, amounts_of: str) -> CostReading:
    column = str(schema.cost)
    if schema.cost_is is not None:
        sample = _sample(engine, schema.cost_is)
        return CostReading(schema.cost_is, column, "as the schema says", sample)
    several = (
        "quantity" in schema.columns
        and engine.rows(f"SELECT COUNT(*) > 0 FROM events WHERE {_LINES} AND quantity > 1")[0][0]
    )
    if not several:
        return CostReading("unit", column, "no row is of several pieces")
    unit = line = 0
    if "product_id" in schema.columns:
        unit, line, _ = votes_of_products(engine, "cost", _LINES)
    most = max(unit, line)
    if most >= SURE_VOTES and most >= SURE_SHARE * (unit + line):
        of = "unit" if unit == most else "line"
        decided = (
            "it repeats for most products whatever the quantity"
            if of == "unit"
            else "divided by the quantity it repeats for most products"
        )
        return CostReading(of, column, decided, _sample(engine, of))
    if amounts_of == "order":
        raise InputError(
            f"What are the costs in the column `{column}` of {label} of? Amounts are of whole "
            f'orders, and its values do not tell. Say it in the schema: cost_is = "unit" '
            f'({_sample(engine, "unit")}) or cost_is = "line" ({_sample(engine, "line")}).'
        )
    return CostReading(amounts_of, column, "as prices are", _sample(engine, amounts_of))


def _sample(engine: DuckDB, kind: str) -> str | None:
    return sample_of_pieces(engine, "cost", _LINES, kind)
