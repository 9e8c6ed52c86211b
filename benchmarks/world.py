"""One small simulated shop: its kinds of customers, and how its event log is drawn.

The shop itself (products, visits, clicks) is that of `clustomer.simulate`; the kinds of customers
are the world's own, and so is how far customers stray from their kind.
"""

import zlib
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from clustomer.simulate.calendar import DAY_S, make_calendar
from clustomer.simulate.catalogue import Catalogue, draw_catalogue
from clustomer.simulate.temperaments import Temperaments
from clustomer.simulate.visits import (
    EVENT_TYPES,
    PURCHASE,
    VIEW,
    Fancies,
    Sessions,
    Walk,
    draw_walk,
    set_clock,
)

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

START = date(2023, 1, 2)
YEAR = 365
PRODUCTS = 3_000
EVERYONE = "everyone"
SPREADS = {"clear": 0.5, "moderate": 1.0, "strong": 1.6}

Overlap = Literal["clear", "moderate", "strong", "none"]
Rows = Literal["all", "views", "orders"]


@dataclass(frozen=True)
class Kind:
    """How the typical customer of one segment behaves.

    Attributes:
        name: The segment in the truth.
        share: Share of the customers; those of a world add up to 1.
        visits: Mean number of visits within the world's days.
        fewest_visits: Visits that everyone of the kind has.
        visits_shape: Shape of the gamma distribution of the visits, before the world's spread.
        views: Mean product views per visit.
        intent: Share of visits in which something goes into the cart.
        completion: Share of visits with a cart that end in a purchase.
        removal: Share of carted products that are taken out again.
        direct: Share of the visits without a cart that end in a purchase.
        purse: How products' popularity grows with their price: 0 is everyone's, 1 gives a product
            of twice the price twice the attention, -1 half.
        price: Preferred price within a category, in standard deviations from its middle.
        deals: How strongly a discount draws.
        brand: How strongly the favourite brand draws.
        focus: Share of visits in the favourite category.
        rereading: Share of views that return to the product just seen.
        weekend: Odds of a weekend day, against everyone's calendar.
        hour: Hour of the day around which visits lie; None for anyone's, which is the evening,
            noon or morning.
        arrival: When customers come first, bounds of a uniform draw as shares of the time.
        departure: When they stop coming, likewise.
        certain: What everyone of the kind does at least once: "cart", "purchase" or "".
        propensity_shape: Where given, each customer's own `intent` is drawn from a beta
            distribution with this sum of shapes, instead of near the kind's: below 1 most
            customers are near 0.
        steady: Whether `visits` are those of the whole time, and a shorter life has fewer.
    """

    name: str
    share: float = 1.0
    visits: float = 5.0
    fewest_visits: int = 1
    visits_shape: float = 4.0
    views: float = 3.5
    intent: float = 0.15
    completion: float = 0.4
    removal: float = 0.1
    direct: float = 0.02
    purse: float = 0.0
    price: float = 0.0
    deals: float = 0.3
    brand: float = 0.5
    focus: float = 0.5
    rereading: float = 0.2
    weekend: float = 1.0
    hour: float | None = None
    arrival: tuple[float, float] = (0.0, 0.0)
    departure: tuple[float, float] = (1.0, 1.0)
    certain: str = ""
    propensity_shape: float | None = None
    steady: bool = False


@dataclass(frozen=True)
class World:
    """A shop to be segmented, with known truth.

    Attributes:
        name: Unique, and part of the seed.
        differs_by: What sets the segments apart.
        kinds: The segments; one only in a null world.
        overlap: How far customers stray from their kind; a key of `SPREADS`, or "none" for
            identical customers.
        customers: How many are drawn; who leaves no row is not in the log.
        days: The span.
        rows: "all", "views" (nothing is carted or bought), or "orders" (nothing but purchases).
    """

    name: str
    differs_by: str
    kinds: tuple[Kind, ...]
    overlap: Overlap = "moderate"
    customers: int = 6_000
    days: int = YEAR
    rows: Rows = "all"

    @property
    def structured(self) -> bool:
        return len(self.kinds) > 1

    @property
    def k(self) -> int:
        return len(self.kinds)

    def draw(self, seed: int) -> tuple[pa.Table, dict[str, str]]:
        """Draw a log, and the true segment of each of its customers.

        Returns:
            The events in the order of time, with the columns `event_time` (UTC), `event_type`,
            `product_id`, `category_id`, `category_code`, `brand`, `price`, `user_id`,
            `user_session`; and user_id to the name of its kind. The same seed gives the same rows.
        """
        rng = np.random.default_rng([zlib.crc32(self.name.encode()), seed])
        purses = sorted({item.purse for item in self.kinds})
        catalogue = _with_purses(draw_catalogue(rng, products=PRODUCTS), purses)
        calendar = make_calendar(START, self.days)
        kind = _sizes(self.kinds, self.customers, rng)
        temper = draw_tempers(kind, self.kinds, SPREADS.get(self.overlap, 0.0), rng)
        fewest = temper.fewest_visits
        visits = fewest + rng.poisson(np.maximum(temper.visits - fewest, 0.0))
        customer = np.repeat(np.arange(self.customers), visits)
        expected = temper.take(customer)
        day = calendar.draw_days(expected.arrival, expected.departure, expected.weekend, rng)
        begin_s = calendar.draw_seconds(day, expected.hour, expected.hour_spread, rng)
        sessions = Sessions(customer, begin_s, expected)
        purse = np.array([purses.index(item.purse) for item in self.kinds])[kind]
        fancies = Fancies(purse, np.arange(self.customers))
        walk = draw_walk(sessions, fancies, catalogue, rng)
        second = set_clock(walk, sessions, calendar, rng)
        if self.rows != "all":
            wanted = VIEW if self.rows == "views" else PURCHASE
            kept = walk.event_type == wanted
            walk, second = walk.take(kept), second[kept]
        # Ids in no order, so that nothing can be read from them.
        user_id = 10_000_000 + rng.permutation(self.customers)
        customer = sessions.customer[walk.session]
        events = _table(walk, second, user_id[customer], calendar.start_s, catalogue)
        present = np.unique(customer)
        names = [item.name for item in self.kinds]
        truth = {str(user_id[item]): names[kind[item]] for item in present.tolist()}
        return events, truth


def _sizes(kinds: tuple[Kind, ...], customers: int, rng: np.random.Generator) -> Integers:
    """Give each customer the number of its kind; the shares are met exactly."""
    ends = np.rint(np.cumsum([kind.share for kind in kinds]) * customers).astype(np.int64)
    return rng.permutation(np.searchsorted(ends, np.arange(customers), side="right"))


def _with_purses(catalogue: Catalogue, purses: list[float]) -> Catalogue:
    """Let the shop's tastes be purses: each weighs popularity by another power of the price."""
    share = np.diff(catalogue.popularity, prepend=0.0)
    price = catalogue.price_cents / np.median(catalogue.price_cents)
    popularity = np.cumsum(share * price ** np.array(purses)[:, None], axis=1)
    popularity /= popularity[:, -1:]
    number = np.arange(len(purses), dtype=np.float64)[:, None]
    ends = np.flatnonzero(np.diff(catalogue.category, append=-1))
    return replace(
        catalogue,
        popularity=(number + popularity).ravel(),
        bounds=number + np.column_stack([np.zeros(len(purses)), popularity[:, ends]]),
    )


def draw_tempers(
    kind: Integers, kinds: tuple[Kind, ...], spread: float, rng: np.random.Generator
) -> Temperaments:
    """Draw what each customer is like: its kind, and `spread` times as far from it as usual."""
    n = kind.size

    def typical(name: str) -> Floats:
        return np.array([getattr(item, name) for item in kinds], dtype=np.float64)[kind]

    def share(name: str) -> Floats:
        mean = typical(name)
        odds = mean / np.maximum(1.0 - mean, 1e-12) * np.exp(rng.normal(0.0, 0.6 * spread, n))
        return np.where((mean > 0) & (mean < 1), odds / (1.0 + odds), mean)

    def taste(name: str, deviation: float) -> Floats:
        return typical(name) + rng.normal(0.0, deviation * spread, n)

    def moment(name: str) -> Floats:
        bounds = np.array([getattr(item, name) for item in kinds], dtype=np.float64)[kind]
        return rng.uniform(bounds[:, 0], bounds[:, 1])

    arrival = np.clip(moment("arrival"), 0.0, 1.0)
    departure = np.clip(moment("departure"), 0.0, 1.0)
    departure = np.where(departure < arrival, rng.uniform(arrival, 1.0), departure)
    steady = typical("steady") > 0
    visits = np.where(steady, typical("visits") * (departure - arrival), typical("visits"))
    if spread:
        shape = typical("visits_shape") / spread**2
        visits = visits * rng.gamma(shape, 1.0 / shape, n)
    intent = share("intent")
    for index, item in enumerate(kinds):
        if item.propensity_shape is not None:
            a = item.intent * item.propensity_shape
            b = (1.0 - item.intent) * item.propensity_shape
            intent = np.where(kind == index, rng.beta(a, b, n), intent)
    anyone = rng.choice([19.5, 12.5, 8.5], size=n, p=[0.55, 0.3, 0.15]) if spread else 16.0
    fixed = np.array([np.nan if item.hour is None else item.hour for item in kinds])[kind]
    hour = np.where(np.isnan(fixed), anyone, fixed) + rng.normal(0.0, spread, n)
    return Temperaments(
        visits=visits,
        fewest_visits=np.array([item.fewest_visits for item in kinds])[kind],
        must_cart=np.array([item.certain != "" for item in kinds])[kind],
        must_buy=np.array([item.certain == "purchase" for item in kinds])[kind],
        views=1.0 + (typical("views") - 1.0) * np.exp(rng.normal(0.0, 0.3 * spread, n)),
        intent=intent,
        completion=share("completion"),
        removal=share("removal"),
        direct=share("direct"),
        price_taste=taste("price", 0.4),
        deal_taste=np.maximum(taste("deals", 0.1), 0.0),
        brand_taste=np.maximum(taste("brand", 0.3), 0.0),
        focus=share("focus"),
        rereading=share("rereading"),
        weekend=typical("weekend") * np.exp(rng.normal(0.0, 0.4 * spread, n)),
        arrival=arrival,
        departure=departure,
        hour=hour,
        hour_spread=rng.uniform(1.0, 3.0, n) if spread else np.full(n, 3.0),
    )


def _table(
    walk: Walk, second: Integers, user_id: Integers, start_s: int, catalogue: Catalogue
) -> pa.Table:
    order = np.lexsort((walk.position, walk.session, second))
    walk, second, user_id = walk.take(order), second[order], user_id[order]
    sold = catalogue.table.take(pa.array(walk.product))
    moment = (start_s + second) * np.int64(1_000_000)
    kinds_of_event = pa.DictionaryArray.from_arrays(
        pa.array(walk.event_type.astype(np.int8)), pa.array(EVENT_TYPES)
    )
    factor = 1.0 - catalogue.discount(walk.product, second // (7 * DAY_S))
    cents = np.maximum(np.rint(catalogue.price_cents[walk.product] * factor), 1.0)
    return pa.table(
        {
            "event_time": pa.array(moment, pa.timestamp("us", "UTC")),
            "event_type": kinds_of_event.cast(pa.string()),
            "product_id": sold["product_id"],
            "category_id": sold["category_id"],
            "category_code": sold["category_code"],
            "brand": sold["brand"],
            "price": pa.array(cents / 100.0),
            "user_id": pa.array(user_id).cast(pa.string()),
            "user_session": pa.array(walk.session).cast(pa.string()),
        }
    )
