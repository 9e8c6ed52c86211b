"""What customers buy: orders, revenue, their rhythm, and what comes back."""

from clustomer.customers.features.declaration import DAY_S, Feature, Rate
from clustomer.customers.features.words import Amount, Bound, Leaning, Level

GRACE_S = 7 * 86400
"""How long before the window's start something would count nothing. A week, so that within days
nothing is told apart by its hour, and within months nearly all of the window counts."""

_WEIGHTLESS_S = f"(shop.start_s - {GRACE_S})"


def _weighted(total: str, seconds: str) -> str:
    """Return the sum of amounts, each times its place in time, from 0 to 1 at the cutoff.

    Exact up to the division: `seconds` is the sum of the amounts times their seconds.
    """
    return (
        f"CAST({seconds} - {total} * {_WEIGHTLESS_S} AS DOUBLE)"
        f" / CAST(shop.cutoff_s - {_WEIGHTLESS_S} AS DOUBLE)"
    )


FEATURES: tuple[Feature, ...] = (
    Feature(
        name="weighted_orders",
        family="purchases",
        label="recent orders",
        spoken="orders (later ones count more)",
        unit="orders",
        definition="Orders, each weighted by its place in time: 1 at the cutoff, falling evenly "
        "to 0 at a week before the window's start.",
        grain="customer",
        sql=_weighted("orders", "COALESCE(order_seconds, 0)"),
        needs=("purchase",),
        clustering=True,
        replaces="orders",
        power=0.5,
        place=5,
    ),
    Feature(
        name="weighted_revenue",
        family="purchases",
        label="recent revenue",
        spoken="revenue (later revenue counts more)",
        unit="currency",
        definition="Revenue, each purchase and return weighted by its place in time: 1 at the "
        "cutoff, falling evenly to 0 at a week before the window's start.",
        grain="customer",
        sql=_weighted(
            "(COALESCE(sold, 0) - COALESCE(returned, 0))",
            "(COALESCE(sold_seconds, 0) - COALESCE(returned_seconds, 0))",
        ),
        needs=("price", "purchase"),
        clustering=True,
        replaces="revenue",
        power=0.75,
        place=6,
    ),
    Feature(
        name="orders",
        family="purchases",
        label="orders",
        unit="orders",
        definition="Distinct orders with at least one purchase: the source's order number, else "
        "the session, else (plain transactions) the row.",
        grain="orders",
        sql="COUNT(*)",
        needs=("purchase",),
        power=0.5,
        place=7,
        zero_without_rows=True,
        words=Amount(
            topic="orders",
            verb="place",
            noun="orders",
            none=("None of them ordered anything", "no orders"),
        ),
    ),
    Feature(
        name="revenue",
        family="purchases",
        label="revenue",
        unit="currency",
        definition="Price times quantity of all purchases, less that of returns in the window; "
        "nothing else adds to it.",
        grain="customer",
        sql="COALESCE(sold, 0) - COALESCE(returned, 0)",
        needs=("price", "purchase"),
        power=0.75,
        place=8,
        words=Amount(
            topic="revenue",
            verb="bring",
            noun="revenue",
            mass=True,
            none=("They brought no revenue", "no revenue"),
        ),
    ),
    Feature(
        name="days_between_orders",
        family="purchases",
        label="days between orders",
        unit="days",
        definition="Mean time between consecutive orders; undefined below two orders.",
        grain="customer",
        sql=f"CAST(last_order_s - first_order_s AS DOUBLE) / {DAY_S}"
        " / NULLIF(CAST(orders - 1 AS DOUBLE), 0)",
        needs=("purchase",),
        undefined="window_days",
        words=Level(
            topic="rhythm",
            statement="The time between two orders, for those with at least two",
            higher="orders further apart",
            lower="orders closer together",
        ),
    ),
    Feature(
        name="average_order_value",
        family="purchases",
        label="average order value",
        unit="currency",
        definition="Price times quantity of all purchases over the number of orders, before "
        "returns; undefined without an order.",
        grain="customer",
        sql="CAST(sold AS DOUBLE) / NULLIF(CAST(orders AS DOUBLE), 0)",
        needs=("price", "purchase"),
        power=0.75,
        words=Level(
            topic="order value",
            statement="The value of an order",
            higher="larger orders",
            lower="smaller orders",
        ),
    ),
    Feature(
        name="purchase_recency_days",
        family="purchases",
        label="days since the last purchase",
        unit="days",
        definition="Time from the customer's last purchase to the cutoff; undefined without one.",
        grain="customer",
        sql=f"CAST(shop.cutoff_s - last_order_s AS DOUBLE) / {DAY_S}",
        needs=("purchase",),
        undefined="window_days",
        words=Level(
            topic="recency",
            statement="The time since the last order",
            higher="last order longer ago",
            lower="more recent orders",
        ),
        bound=Bound(before="last purchase", after="ago", never=", or none"),
    ),
    Feature(
        name="return_rate",
        family="purchases",
        label="share of bought products returned",
        unit="share",
        definition="Products bought and returned in the window over products bought, shrunk to "
        "the shop's rate.",
        grain="customer",
        rate=Rate(numerator="bought_returned", denominator="bought"),
        needs=("product_id", "purchase", "return"),
        words=Leaning(
            topic="returns",
            more="send back more of what they buy",
            fewer="send back less of what they buy",
        ),
    ),
    Feature(
        name="purchases",
        family="purchases",
        label="purchased lines",
        unit="events",
        definition="Events of the type `purchase`: order lines.",
        grain="events",
        sql="COUNT(*) FILTER (WHERE event_type = 'purchase')",
        needs=("purchase",),
        power=0.5,
    ),
    Feature(
        name="items_per_order",
        family="purchases",
        label="lines per order",
        unit="events",
        definition="Purchase events per order; undefined without an order.",
        grain="customer",
        sql="CAST(ordered_lines AS DOUBLE) / NULLIF(CAST(orders AS DOUBLE), 0)",
        needs=("purchase",),
        power=0.5,
        words=Level(
            topic="order size",
            statement="The lines of an order",
            higher="more lines per order",
            lower="fewer lines per order",
        ),
    ),
    Feature(
        name="returns",
        family="purchases",
        label="returned lines",
        unit="events",
        definition="Events of the type `return`, each at its own time.",
        grain="events",
        sql="COUNT(*) FILTER (WHERE event_type = 'return')",
        needs=("return",),
        power=0.5,
    ),
)
