"""How a difference from everyone is put in words, feature by feature.

Rates that were shrunk to the shop's own (a customer with one view has no rate of 100 %) are
compared in words only: their means are estimates, and nobody should read them as counts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Phrase:
    """The words for one feature.

    `amount` features are compared as ratios of means, `level` features by the two means, and
    `words` without a number. `more` and `fewer` are sentences with `{ratio}`, `{fewer}`,
    `{mean}` and `{whole}`; `short` their forms for a table; `none` is said when the segment's
    mean is 0. Features of one `topic` tell the same story. `visits` marks what makes sense only
    where visits without orders are known.
    """

    topic: str
    kind: Literal["amount", "level", "words"]
    more: str
    fewer: str
    short: tuple[str, str]
    none: tuple[str, str] = ("", "")
    visits: bool = False


def level(topic: str, statement: str, higher: str, lower: str, *, visits: bool = False) -> Phrase:
    """Return the phrase of a feature that is compared by its two means."""
    text = statement + ": {mean} on average, against {whole} for everyone"
    return Phrase(topic, "level", text, text, (higher, lower), visits=visits)


def _amount(
    topic: str,
    verb: str,
    noun: str,
    *,
    none: tuple[str, str] = ("", ""),
    visits: bool = False,
    mass: bool = False,
) -> Phrase:
    many, fewer = ("much", "less") if mass else ("many", "fewer")
    return Phrase(
        topic=topic,
        kind="amount",
        more=f"They {verb} {{ratio}} times as {many} {noun} as the average customer",
        fewer=f"They {verb} {{fewer}} {fewer} {noun} than the average customer",
        short=(f"{{ratio}} times the {noun}", f"{{fewer}} {fewer} {noun}"),
        none=none,
        visits=visits,
    )


def _often(topic: str, verb: str, noun: str, none: tuple[str, str]) -> Phrase:
    return Phrase(
        topic=topic,
        kind="amount",
        more=f"They {verb} {{ratio}} times as often as the average customer",
        fewer=f"They {verb} {{fewer}} less often than the average customer",
        short=(f"{{ratio}} times the {noun}", f"{{fewer}} fewer {noun}"),
        none=none,
    )


def _words(topic: str, verb: str, more: str, fewer: str) -> Phrase:
    return Phrase(
        topic=topic,
        kind="words",
        more=f"They {verb} {more} than the average customer",
        fewer=f"They {verb} {fewer} than the average customer",
        short=(f"{verb} {more}", f"{verb} {fewer}"),
    )


PHRASES: Mapping[str, Phrase] = {
    "orders": _amount(
        "orders", "place", "orders", none=("None of them ordered anything", "no orders")
    ),
    "view_to_purchase_rate": _words(
        "orders", "buy", "more of what they look at", "less of what they look at"
    ),
    "revenue": _amount(
        "revenue", "bring", "revenue", none=("They brought no revenue", "no revenue"), mass=True
    ),
    "views": _often(
        "views",
        "look at products",
        "product views",
        ("None of them looked at a product", "no product views"),
    ),
    "sessions": _amount("visits", "make", "visits", visits=True),
    "active_days": _amount("visits", "have", "active days", visits=True),
    "carts": _often(
        "carts",
        "put products in the cart",
        "cart additions",
        ("None of them put anything in the cart", "nothing in the cart"),
    ),
    "view_to_cart_rate": _words(
        "carts",
        "put",
        "more of what they look at in the cart",
        "less of what they look at in the cart",
    ),
    "cart_abandonment_rate": _words(
        "abandonment", "leave", "carts behind more often", "carts behind less often"
    ),
    "cart_to_purchase_rate": _words(
        "abandonment", "buy", "more of what is in the cart", "less of what is in the cart"
    ),
    "average_order_value": level(
        "order value", "The value of an order", "larger orders", "smaller orders"
    ),
    "items_per_order": level(
        "order size", "The lines of an order", "more lines per order", "fewer lines per order"
    ),
    "days_between_orders": level(
        "rhythm",
        "The time between two orders, for those with at least two",
        "orders further apart",
        "orders closer together",
    ),
    "purchase_recency_days": level(
        "recency", "The time since the last order", "last order longer ago", "more recent orders"
    ),
    "recency_days": level(
        "recency",
        "The time since they were last seen",
        "away for longer",
        "seen more recently",
        visits=True,
    ),
    "tenure_days": level(
        "tenure",
        "The time since they first appear in the data",
        "first seen longer ago",
        "first seen more recently",
    ),
    "active_span_days": level(
        "tenure",
        "The time from their first to their last activity",
        "active for longer",
        "active for less long",
    ),
    "category_entropy": Phrase(
        topic="variety",
        kind="words",
        more="They spread over a wider range of categories than the average customer",
        fewer="They keep to a narrower range of categories than the average customer",
        short=("a wider range of categories", "a narrower range of categories"),
    ),
    "categories": level(
        "variety", "The categories they look at or buy", "more categories", "fewer categories"
    ),
    "brands": level("variety", "The brands they look at or buy", "more brands", "fewer brands"),
    "favourite_brand_share": level(
        "brands",
        "The share of the favourite brand in what they look at and buy",
        "keener on one brand",
        "less tied to one brand",
    ),
    "products_bought": _amount(
        "orders", "buy", "different products", none=("None of them bought a product", "no purchase")
    ),
    "price_level": level(
        "prices",
        "The prices they look at and pay, where the mean of the category is 1",
        "the dearer end of a category",
        "the cheaper end of a category",
    ),
    "average_price_viewed": level(
        "prices", "The price of the products they look at", "dearer products", "cheaper products"
    ),
    "return_rate": _words("returns", "send back", "more of what they buy", "less of what they buy"),
    "removals": _often(
        "removals",
        "take products out of the cart",
        "removals",
        ("None of them took anything out of the cart", "no removals"),
    ),
    "removal_rate": _words(
        "removals", "take", "more of the cart out again", "less of the cart out again"
    ),
    "weekend_share": _words("weekend", "are active", "more at weekends", "less at weekends"),
    "night_share": _words("night", "are active", "more at night", "less at night"),
    "session_minutes": level(
        "visit length", "The length of a visit", "longer visits", "shorter visits", visits=True
    ),
    "events_per_session": level(
        "visit depth",
        "The actions in a visit",
        "more actions per visit",
        "fewer actions per visit",
        visits=True,
    ),
    "repeat_views": level(
        "repeat views",
        "The views of each product they look at",
        "more second looks",
        "fewer second looks",
    ),
}
"""The declared features that can be a mark."""

UNMARKED = frozenset(
    {
        "events",
        "purchases",
        "returns",
        "products",
        "busiest_hour_events",
        "busiest_day_events",
        "weighted_orders",
        "weighted_revenue",
        "shrunk_price_level",
    }
)
"""They would only say again what others say, or mean nothing to a reader."""
