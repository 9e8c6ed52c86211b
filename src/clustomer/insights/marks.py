"""What marks a segment: its largest differences from everyone, in words.

A mark is only made where the difference on the model's scale and that of the plain means
agree in direction. Features that tell the same story share a topic, and a segment gets one mark
of each topic: views, events and products seen are not three findings.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from clustomer.insights.cases import Case
from clustomer.insights.facts import escape
from clustomer.insights.population import EVERYONE
from clustomer.insights.profiles import SLIGHTLY, Described

MOST_MARKS = 4
LEAST_RATIO = 1.1
"""Means that differ by less than a tenth are no mark, however alike all customers are."""
HARDLY = 0.05
"""A mean below this part of everyone's is not worth a percentage: "hardly any"."""


@dataclass(frozen=True)
class Phrase:
    """How differences of one feature are put.

    `amount` features are compared as ratios, with `more` ("view {ratio} as many products as")
    and `fewer` ("view {fewer} fewer products than"); `level` features by their two values.
    `none` is said when the segment's mean is 0. `short` are the words of the one-line
    summary. `visits` marks what makes sense only where visits without orders are known.
    """

    topic: str
    kind: str
    more: str
    fewer: str
    short: tuple[str, str]
    none: tuple[str, str] = ("", "")
    visits: bool = False


@dataclass(frozen=True)
class Mark:
    """One difference: a sentence, a few words for a table, and its size."""

    feature: str
    text: str
    short: str
    difference: float


def _amount(
    topic: str, verb: str, noun: str, *, none: tuple[str, str] = ("", ""), visits: bool = False
) -> Phrase:
    many = "much" if noun in ("revenue",) else "many"
    less = "less" if many == "much" else "fewer"
    return Phrase(
        topic=topic,
        kind="amount",
        more=f"They {verb} {{ratio}} times as {many} {noun} as the average customer",
        fewer=f"They {verb} {{fewer}} {less} {noun} than the average customer",
        short=(f"{{ratio}} times the {noun}", f"{{fewer}} {less} {noun}"),
        none=none,
        visits=visits,
    )


def _level(topic: str, statement: str, higher: str, lower: str, *, visits: bool = False) -> Phrase:
    text = statement + ": {mean} on average, against {whole}"
    return Phrase(
        topic=topic, kind="level", more=text, fewer=text, short=(higher, lower), visits=visits
    )


PHRASES: Mapping[str, Phrase] = {
    "orders": _amount(
        "orders", "place", "orders", none=("None of them ordered anything", "no orders")
    ),
    "revenue": _amount("revenue", "bring", "revenue"),
    "views": _amount(
        "views", "view", "products", none=("None of them viewed a product", "no product views")
    ),
    "sessions": _amount("visits", "make", "visits", visits=True),
    "active_days": _amount("visits", "come on", "days", visits=True),
    "carts": _amount(
        "carts",
        "put",
        "products in the cart",
        none=("None of them put anything in the cart", "no carts"),
    ),
    "view_to_cart_rate": _level(
        "carts",
        "The share of the products they view that goes into the cart",
        "carts more of what they view",
        "carts less of what they view",
    ),
    "cart_abandonment_rate": _level(
        "abandonment",
        "The share of their visits with a cart that end without a purchase",
        "abandons more carts",
        "abandons fewer carts",
    ),
    "cart_to_purchase_rate": _level(
        "abandonment",
        "The share of the products in their carts that they buy",
        "buys more of the cart",
        "buys less of the cart",
    ),
    "view_to_purchase_rate": _level(
        "orders",
        "The share of the products they view that they buy",
        "buys more of what they view",
        "buys less of what they view",
    ),
    "average_order_value": _level(
        "order value", "The value of an order", "larger orders", "smaller orders"
    ),
    "items_per_order": _level(
        "order size", "The lines in an order", "more lines per order", "fewer lines per order"
    ),
    "days_between_orders": _level(
        "rhythm",
        "The time between two orders, for those with at least two",
        "orders further apart",
        "orders closer together",
    ),
    "purchase_recency_days": _level(
        "recency", "The time since the last order", "last order longer ago", "ordered more recently"
    ),
    "recency_days": _level(
        "recency", "The time since they were last seen", "away for longer", "seen more recently"
    ),
    "tenure_days": _level(
        "tenure", "The time since they were first seen", "known for longer", "arrived more recently"
    ),
    "category_entropy": Phrase(
        topic="variety",
        kind="words",
        more="They spread over a wider range of categories than the average customer",
        fewer="They keep to a narrower range of categories than the average customer",
        short=("a wider range of categories", "a narrower range of categories"),
    ),
    "categories": _level(
        "variety", "The number of categories they touch", "more categories", "fewer categories"
    ),
    "brands": _level("brands", "The number of brands they touch", "more brands", "fewer brands"),
    "favourite_brand_share": _level(
        "brands",
        "The share of their favourite brand in what they look at and buy",
        "keener on one brand",
        "less tied to one brand",
    ),
    "products_bought": _level(
        "products",
        "The number of different products they buy",
        "more different products bought",
        "fewer different products bought",
    ),
    "price_level": _level(
        "prices",
        "The prices they look at and pay, where the mean of the category is 1",
        "dearer end of the category",
        "cheaper end of the category",
    ),
    "average_price_viewed": _level(
        "prices", "The price of the products they view", "dearer products", "cheaper products"
    ),
    "return_rate": _level(
        "returns",
        "The share of the products they buy that they send back",
        "sends more back",
        "sends less back",
    ),
    "removals": _amount(
        "removals",
        "take",
        "products out of the cart",
        none=("None of them took anything out of the cart", "no removals"),
    ),
    "removal_rate": _level(
        "removals",
        "The share of the products in their carts that they take out again",
        "removes more from the cart",
        "removes less from the cart",
    ),
    "weekend_share": _level(
        "weekend",
        "The share of their activity at the weekend",
        "more at weekends",
        "less at weekends",
    ),
    "night_share": _level(
        "night", "The share of their activity at night", "more at night", "less at night"
    ),
    "session_minutes": _level(
        "visit length", "The length of a visit", "longer visits", "shorter visits", visits=True
    ),
    "events_per_session": _level(
        "visit depth",
        "The actions in a visit",
        "more actions per visit",
        "fewer actions per visit",
        visits=True,
    ),
    "repeat_views": _level(
        "repeat views",
        "The views of each product they look at",
        "looks again more often",
        "looks again less often",
    ),
}
"""The features that can be a mark. The rest say the same as one of these."""

_UNMARKED = frozenset(
    {"events", "purchases", "returns", "products", "busiest_hour_events", "busiest_day_events"}
)


def marks(case: Case, described: Mapping[str, Described]) -> tuple[Mark, ...]:
    """Return the largest differences of a segment, the largest first, one for each topic."""
    found: list[tuple[float, int, str, Mark]] = []
    for name, column in described.items():
        if name in _UNMARKED:
            continue
        phrase = PHRASES.get(name) or _level(
            name,
            escape(column.label[:1].upper() + column.label[1:]),
            f"more {escape(column.label)}",
            f"less {escape(column.label)}",
        )
        mark = _mark(case, column, phrase)
        if mark is not None:
            found.append((-abs(mark.difference), len(found), phrase.topic, mark))
    chosen: dict[str, Mark] = {}
    for _, _, topic, mark in sorted(found, key=lambda each: each[:2]):
        chosen.setdefault(topic, mark)
    return tuple(chosen.values())[:MOST_MARKS]


def _mark(case: Case, column: Described, phrase: Phrase) -> Mark | None:
    name, slug, segment_id = column.name, column.slug, case.profile.segment_id
    if phrase.visits and not case.visits_known:
        return None
    up = case.higher(name, SLIGHTLY)
    if not up and not case.lower(name, SLIGHTLY):
        return None
    mean, whole = case.mean(name), case.everyone.features[name].mean or 0.0
    if whole > 0 and mean >= 0 and 1 / LEAST_RATIO < mean / whole < LEAST_RATIO:
        return None
    difference = case.difference(name)
    ids = {
        "ratio": f"{{{segment_id}.{slug}.ratio}}",
        "fewer": f"{{{segment_id}.{slug}.fewer}}",
        "mean": f"{{{segment_id}.{slug}.mean}}",
        "whole": f"{{{EVERYONE}.{slug}.mean}}",
    }
    if phrase.kind == "amount":
        if mean == 0 and phrase.none[0]:
            return Mark(name, phrase.none[0] + ".", phrase.none[1], difference)
        if whole <= 0 or mean < 0:
            return None
    text = (phrase.more if up else phrase.fewer).format(**ids)
    short = (phrase.short[0] if up else phrase.short[1]).format(**ids)
    return Mark(name, text + _typical(case, column, up, phrase.kind) + ".", short, difference)


def _typical(case: Case, column: Described, up: bool, kind: str) -> str:
    """The medians, where they say the same as the means."""
    own, whole = case.median(column.name), case.everyone.features[column.name].median
    if kind != "amount" or whole is None or own == whole or (own > whole) != up:
        return ""
    return (
        f" (typically {{{case.profile.segment_id}.{column.slug}.median}} against "
        f"{{{EVERYONE}.{column.slug}.median}})"
    )
