"""What the events of a window add up to, to be compared with what the shop's books say."""

from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from typing import Any

from clustomer.engines import DuckDB, literal
from clustomer.errors import InputError
from clustomer.events.reading import CostReading, Readings
from clustomer.events.window import Window

AMOUNT = "CAST(price * CAST(quantity AS DECIMAL(19, 4)) AS DECIMAL(18, 4))"
"""What an event is worth, as portable SQL: decimals of money, whose sums are exact.

The second factor is wider than money, so that large products have room. Everything that adds up
money takes it from here.
"""


NAMELESS = "nameless"
"""The purchases and returns that name no customer, as they were read."""


@dataclass(frozen=True)
class Totals:
    """Customers, orders and revenue of the events in a window.

    An order is the source's own number, else a session with a purchase, of one customer;
    revenue is price times quantity of purchases, less that of returns.
    """

    customers: int
    orders: int
    revenue: Decimal

    def to_json(self) -> dict[str, Any]:
        """Return the totals as JSON-ready values; revenue as text, which is exact."""
        return {**asdict(self), "revenue": str(self.revenue)}


def totals_of(engine: DuckDB, window: Window) -> Totals:
    """Add up the clean events of a window."""
    bounds = (literal(moment).sql("duckdb") for moment in (window.start, window.cutoff))
    start, cutoff = bounds
    within = f"event_time >= {start} AND event_time < {cutoff}"
    # grouped, not counted as distinct: groups that do not fit into memory wait on disk
    orders_of = f"""SELECT COUNT(*) FROM (
        SELECT user_id, COALESCE(order_id, user_session) AS own FROM events
        WHERE {within} AND event_type = 'purchase' GROUP BY ALL
    )"""
    customers, orders, revenue = engine.rows(
        f"""SELECT COUNT(DISTINCT user_id), ({orders_of}),
            COALESCE(SUM({AMOUNT}) FILTER (WHERE event_type = 'purchase'), 0)
            - COALESCE(SUM({AMOUNT}) FILTER (WHERE event_type = 'return'), 0)
        FROM events WHERE {within}"""
    )[0]
    return Totals(int(customers), int(orders), Decimal(revenue))


@dataclass(frozen=True)
class SalesWithCosts:
    """Purchases less returns in money: all of them, those whose goods' cost is known, that cost."""

    sales: Decimal
    of_known: Decimal
    cost: Decimal

    @property
    def margin(self) -> float | None:
        """The share of sales that is left after what goods cost, to four digits; None for none."""
        if not 0 < self.cost < self.of_known:
            return None
        return round(float(1 - self.cost / self.of_known), 4)


def sales_with_costs(engine: DuckDB, within: str) -> SalesWithCosts:
    """Add up the sales where `within` (SQL) holds, in an engine whose events have costs."""
    sign = "CASE event_type WHEN 'purchase' THEN 1 WHEN 'return' THEN -1 ELSE 0 END"
    sums = engine.rows(
        f"""SELECT COALESCE(SUM({sign} * {AMOUNT}), 0),
            COALESCE(SUM({sign} * {AMOUNT}) FILTER (WHERE cost IS NOT NULL), 0),
            COALESCE(SUM({sign} * cost) FILTER (WHERE price IS NOT NULL), 0)
        FROM events WHERE {within}"""
    )[0]
    return SalesWithCosts(*map(Decimal, sums))


def with_margin(engine: DuckDB, costs: CostReading, within: str) -> CostReading:
    """Return how costs were read with the margin that they leave where `within` (SQL) holds.

    Raises
    ------
    InputError
        If no sale has a cost, or costs are not below the sales.
    """
    sums = sales_with_costs(engine, within)
    if sums.margin is None:
        other = "line" if costs.of == "unit" else "unit"
        raise InputError(
            f"{costs.sentence} By it, goods that were sold for {sums.of_known:,.2f} cost the shop "
            f"{sums.cost:,.2f}, which leaves no margin. Expected costs that add up to less than "
            f'the sales. Are they of something else (cost_is = "{other}" in the schema)? Otherwise '
            "take `cost` out of the schema, and give the margin with --margin."
        )
    return replace(costs, margin=sums.margin, covered=round(float(sums.of_known / sums.sales), 4))


def nameless_revenue(engine: DuckDB, within: str, readings: Readings) -> Decimal | None:
    """Return the revenue of what names no customer: purchases less returns.

    `within` is SQL that keeps what counts, `readings` say what the amounts are of. None where no
    amount is known, or each line has that of its whole order.
    """
    if readings.amounts is None or readings.amounts.of == "order":
        return None
    worth = "price" if readings.amounts.of == "line" else AMOUNT
    sign = "CASE WHEN event_type = 'return' THEN -1 ELSE 1 END"
    ((amount,),) = engine.rows(f"SELECT SUM({worth} * {sign}) FROM {NAMELESS} WHERE {within}")
    return None if amount is None else Decimal(amount)
