"""The kinds of customers of the simulated shop, and how far each customer strays from its kind."""

from dataclasses import dataclass, fields
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]


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
"""Every value that the truth file can hold."""

BOT_KIND: Final = len(KINDS)

# How far customers of one kind differ among themselves. Visits follow a gamma distribution, as in
# the NBD model of buying (Ehrenberg 1959); shares are logit-normal, views per visit log-normal.
VISITS_SHAPE: Final = 2.0
VIEWS_SPREAD: Final = 0.35
SHARE_SPREAD: Final = 0.7
TASTE_SPREAD: Final = 0.5


@dataclass(frozen=True)
class Temperaments:
    """What each customer of a block is like: one value per customer, in `Kind`'s units."""

    visits: Floats
    fewest_visits: Integers
    must_cart: Booleans
    must_buy: Booleans
    views: Floats
    intent: Floats
    completion: Floats
    removal: Floats
    direct: Floats
    price_taste: Floats
    deal_taste: Floats
    brand_taste: Floats
    focus: Floats
    rereading: Floats
    weekend: Floats
    arrival: Floats
    departure: Floats
    hour: Floats
    hour_spread: Floats

    def take(self, index: NDArray[np.int64]) -> "Temperaments":
        """Return the temperaments at `index`, one per session or row."""
        return Temperaments(*(getattr(self, field.name)[index] for field in fields(self)))


def draw_temperaments(kind: NDArray[np.int64], rng: np.random.Generator) -> Temperaments:
    """Draw what each customer is like from the number of its kind in `KINDS`."""
    n = kind.size

    def typical(name: str) -> Floats:
        return np.array([getattr(k, name) for k in KINDS], dtype=np.float64)[kind]

    def share(name: str) -> Floats:
        mean = typical(name)
        logit = np.log(mean / (1.0 - mean)) + rng.normal(0.0, SHARE_SPREAD, n)
        return 1.0 / (1.0 + np.exp(-logit))

    def moment(name: str) -> Floats:
        bounds = np.array([getattr(k, name) for k in KINDS], dtype=np.float64)[kind]
        return rng.uniform(bounds[:, 0], bounds[:, 1])

    visits = typical("visits")
    varied = visits * rng.gamma(VISITS_SHAPE, 1.0 / VISITS_SHAPE, n)
    # People come in the evening, around noon and in the morning, in this order.
    hour = rng.choice([19.5, 12.5, 8.5], size=n, p=[0.55, 0.3, 0.15])
    hour = np.where(rng.random(n) < typical("night"), 1.5, hour) + rng.normal(0.0, 1.2, n)
    return Temperaments(
        visits=np.where(visits == 1.0, 1.0, varied),
        fewest_visits=np.array([k.fewest_visits for k in KINDS])[kind],
        must_cart=np.array([k.certain != "" for k in KINDS])[kind],
        must_buy=np.array([k.certain == "purchase" for k in KINDS])[kind],
        views=1.0 + (typical("views") - 1.0) * np.exp(rng.normal(0.0, VIEWS_SPREAD, n)),
        intent=share("intent"),
        completion=share("completion"),
        removal=share("removal"),
        direct=share("direct"),
        price_taste=typical("price_taste") + rng.normal(0.0, TASTE_SPREAD, n),
        deal_taste=typical("deal_taste") * rng.gamma(4.0, 0.25, n),
        brand_taste=typical("brand_taste") * rng.gamma(4.0, 0.25, n),
        focus=share("focus"),
        rereading=share("rereading"),
        weekend=typical("weekend") * np.exp(rng.normal(0.0, 0.5, n)),
        arrival=np.maximum(moment("arrival"), 0.0),
        departure=np.minimum(moment("departure"), 1.0),
        hour=hour,
        hour_spread=rng.uniform(1.0, 3.5, n),
    )
