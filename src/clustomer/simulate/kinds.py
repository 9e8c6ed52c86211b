"""The kinds of customers of the simulated shop, and which of them a log can show."""

from dataclasses import dataclass, replace
from typing import Final


@dataclass(frozen=True)
class Kind:
    """How the typical customer of one segment behaves; every single customer strays from it.

    Attributes:
        name: The segment, as the truth file names it.
        share: Share of the customers, 0 to 1.
        visits: Mean sessions in the simulated time; 1 means exactly one session.
        fewest_visits: Sessions that everyone of the kind has: it would not be of the kind else.
        certain: What everyone of the kind does at least once: "cart", "purchase" or nothing ("").
        views: Mean product views per session.
        intent: Share of sessions in which something goes into the cart.
        completion: Share of sessions with a cart that end in a purchase.
        removal: Share of carted products that are taken out again.
        direct: Share of sessions with a purchase that never saw the cart.
        price_taste: Preferred price within a category, in standard deviations from its middle.
        deal_taste: How strongly a discount draws.
        brand_taste: How strongly the favourite brand draws.
        focus: Share of sessions that start in the favourite category.
        rereading: Share of views that return to the product just seen.
        weekend: Odds of coming on a weekend day, against everyone's calendar.
        night: Share of customers who come at night.
        arrival: When customers come first: bounds of a uniform draw, as shares of the time
            (below 0: they were there before the log begins).
        departure: When customers stop coming, likewise (above 1: not yet).
        visits_shape: Shape of the gamma distribution of the visits; 1 is exponential.
        keeps_hours: Whether each customer has a part of the day (morning, noon, evening, night);
            else everyone's hours lie around one hour of the afternoon.
    """

    name: str
    share: float
    visits: float
    fewest_visits: int
    certain: str
    views: float
    intent: float
    completion: float
    removal: float
    direct: float
    price_taste: float
    deal_taste: float
    brand_taste: float
    focus: float
    rereading: float
    weekend: float
    night: float
    arrival: tuple[float, float]
    departure: tuple[float, float]
    visits_shape: float = 2.0
    keeps_hours: bool = True


KINDS: Final = (
    Kind(
        name="one-time visitor",
        share=0.42,
        visits=1,
        fewest_visits=1,
        certain="",
        views=2.6,
        intent=0.05,
        completion=0.4,
        removal=0.15,
        direct=0.01,
        price_taste=0.0,
        deal_taste=0.3,
        brand_taste=0.3,
        focus=0.5,
        rereading=0.2,
        weekend=1.0,
        night=0.05,
        arrival=(0.0, 1.0),
        departure=(2.0, 2.0),
    ),
    Kind(
        name="frequent browser",
        share=0.18,
        visits=14,
        fewest_visits=2,
        certain="",
        views=5.5,
        intent=0.03,
        completion=0.15,
        removal=0.3,
        direct=0.004,
        price_taste=0.2,
        deal_taste=0.3,
        brand_taste=0.6,
        focus=0.45,
        rereading=0.28,
        weekend=1.0,
        night=0.12,
        arrival=(-1.5, 0.6),
        departure=(1.1, 3.0),
    ),
    Kind(
        name="occasional buyer",
        share=0.1,
        visits=4.2,
        fewest_visits=1,
        certain="purchase",
        views=4.0,
        intent=0.42,
        completion=0.72,
        removal=0.12,
        direct=0.1,
        price_taste=0.1,
        deal_taste=0.4,
        brand_taste=0.6,
        focus=0.6,
        rereading=0.2,
        weekend=1.1,
        night=0.04,
        arrival=(-2.0, 0.5),
        departure=(1.1, 3.0),
    ),
    Kind(
        name="cart abandoner",
        share=0.08,
        visits=7,
        fewest_visits=1,
        certain="cart",
        views=4.5,
        intent=0.55,
        completion=0.06,
        removal=0.35,
        direct=0.01,
        price_taste=0.2,
        deal_taste=0.5,
        brand_taste=0.5,
        focus=0.55,
        rereading=0.25,
        weekend=1.0,
        night=0.1,
        arrival=(-1.5, 0.6),
        departure=(1.1, 3.0),
    ),
    Kind(
        name="lapsed customer",
        share=0.06,
        visits=6,
        fewest_visits=2,
        certain="purchase",
        views=4.2,
        intent=0.35,
        completion=0.65,
        removal=0.15,
        direct=0.06,
        price_taste=0.0,
        deal_taste=0.4,
        brand_taste=0.6,
        focus=0.6,
        rereading=0.2,
        weekend=1.0,
        night=0.05,
        arrival=(-2.0, 0.1),
        departure=(0.2, 0.5),
    ),
    Kind(
        name="new customer",
        share=0.08,
        visits=3.2,
        fewest_visits=1,
        certain="",
        views=4.2,
        intent=0.3,
        completion=0.5,
        removal=0.15,
        direct=0.05,
        price_taste=0.0,
        deal_taste=0.5,
        brand_taste=0.4,
        focus=0.5,
        rereading=0.22,
        weekend=1.0,
        night=0.06,
        arrival=(0.84, 0.985),
        departure=(2.0, 2.0),
    ),
    Kind(
        name="bargain hunter",
        share=0.04,
        visits=9,
        fewest_visits=2,
        certain="purchase",
        views=7.0,
        intent=0.4,
        completion=0.6,
        removal=0.3,
        direct=0.04,
        price_taste=-1.3,
        deal_taste=3.0,
        brand_taste=0.1,
        focus=0.25,
        rereading=0.15,
        weekend=1.8,
        night=0.08,
        arrival=(-2.0, 0.5),
        departure=(1.1, 3.0),
    ),
    Kind(
        name="loyal high-value",
        share=0.04,
        visits=18,
        fewest_visits=3,
        certain="purchase",
        views=5.0,
        intent=0.5,
        completion=0.75,
        removal=0.1,
        direct=0.12,
        price_taste=0.9,
        deal_taste=0.1,
        brand_taste=1.5,
        focus=0.65,
        rereading=0.22,
        weekend=0.9,
        night=0.03,
        arrival=(-4.0, 0.2),
        departure=(1.1, 3.0),
    ),
)

BOT: Final = "bot"
"""The truth of the machines that crawl the shop; they belong to no kind."""

SEGMENTS: Final = (*(kind.name for kind in KINDS), BOT)
"""Every segment that the truth of a log with structure can hold."""

EVERYONE: Final = Kind(
    name="everyone",
    share=1.0,
    visits=6.0,
    fewest_visits=1,
    certain="",
    views=4.2,
    intent=0.22,
    completion=0.45,
    removal=0.18,
    direct=0.03,
    price_taste=0.1,
    deal_taste=0.4,
    brand_taste=0.5,
    focus=0.5,
    rereading=0.22,
    weekend=1.0,
    night=0.0,
    arrival=(-0.5, 0.9),
    departure=(0.3, 2.0),
    visits_shape=1.0,
    keeps_hours=False,
)
"""The only kind of a log without structure: activity varies from customer to customer without a
gap, exponentially, and nothing else goes with it."""

WEEK: Final = 7
MONTH: Final = 28
"""Days that a log needs for kinds that are told by when customers come and stop coming."""

_NEED_A_MONTH: Final = {"lapsed customer", "new customer"}


def _within_days(name: str, **changes: float) -> Kind:
    """Return what is left of a kind within days: few think better of what is in the cart."""
    return replace(next(kind for kind in KINDS if kind.name == name), removal=0.04, **changes)  # type: ignore[arg-type]


# Within days nobody lapses, and loyalty or a hunt for bargains cannot be told from one purchase.
# Shares and rates give the shape of one day of the REES46 data: of 146,441 customers 13,591 bought,
# with 918,022 views, 61,758 carts and 20,220 purchases.
_FEW_DAYS: Final = (
    _within_days("one-time visitor", share=0.608, views=3.5, completion=0.08),
    _within_days("frequent browser", share=0.235, visits=2.4, completion=0.1),
    _within_days("occasional buyer", share=0.072, visits=1.15, views=2.4),
    _within_days("cart abandoner", share=0.085, visits=1.3, completion=0.04),
)


def kinds_within(days: int) -> tuple[Kind, ...]:
    """Return the kinds that a log of so many days can show; their shares add up to 1.

    >>> [kind.name for kind in kinds_within(1)]
    ['one-time visitor', 'frequent browser', 'occasional buyer', 'cart abandoner']
    >>> len(kinds_within(7)), kinds_within(28) == KINDS
    (6, True)
    """
    if days < WEEK:
        return _FEW_DAYS
    if days >= MONTH:
        return KINDS
    possible = [kind for kind in KINDS if kind.name not in _NEED_A_MONTH]
    total = sum(kind.share for kind in possible)
    return tuple(replace(kind, share=kind.share / total) for kind in possible)


LASTING: Final = frozenset(
    {
        "frequent browser",
        "occasional buyer",
        "cart abandoner",
        "bargain hunter",
        "loyal high-value",
    }
)
"""The kinds between which customers can migrate: they come again, from before to after."""
