"""What the events of a window add up to, to be compared with what the shop's books say."""

from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from clustomer.engines import DuckDB, literal
from clustomer.events.reading import Readings
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
