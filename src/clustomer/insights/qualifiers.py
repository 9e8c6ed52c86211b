"""Words for more and less of a feature, for names and for marks."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Qualifier:
    """How a higher and a lower mean of a feature is put in a name; empty where it is not.

    `needs_visits` marks those that make sense only where the log shows visits without orders;
    `adjective` those that follow "customers" directly ("seen more lately"), not after "with".
    """

    feature: str
    higher: str
    lower: str
    needs_visits: bool = False
    adjective: bool = False


QUALIFIERS: tuple[Qualifier, ...] = (
    Qualifier("orders", "more orders", "fewer orders"),
    Qualifier("revenue", "more revenue", "less revenue"),
    Qualifier("average_order_value", "larger orders", "smaller orders"),
    Qualifier("purchase_recency_days", "older last orders", "more recent orders"),
    Qualifier("recency_days", "longer away", "seen more lately", needs_visits=True, adjective=True),
    Qualifier("tenure_days", "first seen earlier", "first seen later", adjective=True),
    Qualifier("active_span_days", "active for longer", "active for less long", adjective=True),
    Qualifier("sessions", "more visits", "fewer visits", needs_visits=True),
    Qualifier("views", "more product views", "fewer product views"),
    Qualifier("carts", "more carts", "fewer carts"),
    Qualifier("category_entropy", "wider range", "narrower range"),
    Qualifier("categories", "more categories", "fewer categories"),
    Qualifier("brands", "more brands", "fewer brands"),
    Qualifier("favourite_brand_share", "one favourite brand", "no favourite brand"),
    Qualifier("price_level", "higher prices", "lower prices"),
    Qualifier("average_price_viewed", "dearer products", "cheaper products"),
    Qualifier("items_per_order", "more lines per order", "fewer lines per order"),
    Qualifier("days_between_orders", "slower rhythm", "faster rhythm"),
    Qualifier("return_rate", "more returns", "fewer returns"),
    Qualifier("removal_rate", "more removals", "fewer removals"),
    Qualifier("weekend_share", "more weekend activity", "less weekend activity"),
    Qualifier("night_share", "more night activity", "less night activity"),
    Qualifier("session_minutes", "longer visits", "shorter visits", needs_visits=True),
    Qualifier("repeat_views", "more repeat views", "fewer repeat views"),
)
"""In no order: the largest gap decides."""
