"""Small simulated shops whose true segments are known, and shops that have none.

Each world is drawn in well under a second as an event log with the canonical columns, with the
true segment of each customer. The structured worlds differ in the number of segments, their sizes,
how far they overlap and in what sets them apart; the null worlds hold one population each, so that
every segment found there is invented.

    python benchmarks/worlds.py

draws each one and prints what it holds. The shop itself (products, visits, clicks) is that of
`clustomer.simulate`; the kinds of customers are the world's own.
"""

import time
import zlib
from collections import Counter
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
        catalogue = draw_catalogue(rng, products=PRODUCTS)
        calendar = make_calendar(START, self.days)
        kind = _sizes(self.kinds, self.customers, rng)
        temper = draw_tempers(kind, self.kinds, SPREADS.get(self.overlap, 0.0), rng)
        fewest = temper.fewest_visits
        visits = fewest + rng.poisson(np.maximum(temper.visits - fewest, 0.0))
        customer = np.repeat(np.arange(self.customers), visits)
        own = temper.take(customer)
        day = calendar.draw_days(own.arrival, own.departure, own.weekend, rng)
        begin_s = calendar.draw_seconds(day, own.hour, own.hour_spread, rng)
        sessions = Sessions(customer, begin_s, own)
        fancies = Fancies(np.zeros(self.customers, np.int64), np.arange(self.customers))
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
        names = [each.name for each in self.kinds]
        truth = {str(user_id[each]): names[kind[each]] for each in present.tolist()}
        return events, truth


def _sizes(kinds: tuple[Kind, ...], customers: int, rng: np.random.Generator) -> Integers:
    """Give each customer the number of its kind; the shares are met exactly."""
    ends = np.rint(np.cumsum([kind.share for kind in kinds]) * customers).astype(np.int64)
    return rng.permutation(np.searchsorted(ends, np.arange(customers), side="right"))


def draw_tempers(
    kind: Integers, kinds: tuple[Kind, ...], spread: float, rng: np.random.Generator
) -> Temperaments:
    """Draw what each customer is like: its kind, and `spread` times as far from it as usual."""
    n = kind.size

    def typical(name: str) -> Floats:
        return np.array([getattr(each, name) for each in kinds], dtype=np.float64)[kind]

    def share(name: str) -> Floats:
        mean = typical(name)
        odds = mean / np.maximum(1.0 - mean, 1e-12) * np.exp(rng.normal(0.0, 0.6 * spread, n))
        return np.where((mean > 0) & (mean < 1), odds / (1.0 + odds), mean)

    def taste(name: str, deviation: float) -> Floats:
        return typical(name) + rng.normal(0.0, deviation * spread, n)

    def moment(name: str) -> Floats:
        bounds = np.array([getattr(each, name) for each in kinds], dtype=np.float64)[kind]
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
    for index, each in enumerate(kinds):
        if each.propensity_shape is not None:
            a = each.intent * each.propensity_shape
            b = (1.0 - each.intent) * each.propensity_shape
            intent = np.where(kind == index, rng.beta(a, b, n), intent)
    anyone = rng.choice([19.5, 12.5, 8.5], size=n, p=[0.55, 0.3, 0.15]) if spread else 16.0
    fixed = np.array([np.nan if each.hour is None else each.hour for each in kinds])[kind]
    hour = np.where(np.isnan(fixed), anyone, fixed) + rng.normal(0.0, spread, n)
    return Temperaments(
        visits=visits,
        fewest_visits=np.array([each.fewest_visits for each in kinds])[kind],
        must_cart=np.array([each.certain != "" for each in kinds])[kind],
        must_buy=np.array([each.certain == "purchase" for each in kinds])[kind],
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


_LAPSED = {"arrival": (0.0, 0.1), "departure": (0.25, 0.45)}
_NEW = {"arrival": (0.85, 0.95)}


def _equal(*kinds: Kind) -> tuple[Kind, ...]:
    """Give every kind the same share."""
    return tuple(replace(kind, share=1.0 / len(kinds)) for kind in kinds)


STRUCTURED: tuple[World, ...] = (
    World(
        "activity-2",
        "activity",
        _equal(Kind("passing", visits=2.0, views=2.5), Kind("regular", visits=15.0, views=4.0)),
        overlap="clear",
        customers=5_000,
    ),
    World(
        "activity-4",
        "activity",
        (
            Kind("once", 0.4, visits=1.0, views=2.0, intent=0.05),
            Kind("few", 0.3, visits=4.0, views=3.0),
            Kind("many", 0.2, visits=12.0, views=4.0, intent=0.2),
            Kind("daily", 0.1, visits=40.0, views=4.0, intent=0.25),
        ),
        overlap="strong",
        customers=5_000,
    ),
    World(
        "funnel-3",
        "funnel",
        _equal(
            Kind("looker", visits=6.0, intent=0.02, completion=0.1, direct=0.0),
            Kind("abandoner", visits=6.0, intent=0.6, completion=0.05, certain="cart", removal=0.2),
            Kind("buyer", visits=6.0, intent=0.6, completion=0.8, certain="purchase"),
        ),
    ),
    World(
        "funnel-5",
        "funnel",
        (
            Kind("looker", 0.4, visits=7.0, views=4.5, intent=0.02, completion=0.1, direct=0.0),
            Kind("abandoner", 0.2, visits=5.0, intent=0.6, completion=0.05, certain="cart"),
            Kind(
                "remover",
                0.1,
                visits=5.0,
                intent=0.7,
                completion=0.3,
                removal=0.7,
                certain="cart",
            ),
            Kind("buyer", 0.2, visits=6.0, intent=0.6, completion=0.8, certain="purchase"),
            Kind("direct", 0.1, visits=3.0, views=1.5, intent=0.02, direct=0.7, certain="purchase"),
        ),
        customers=5_000,
    ),
    World(
        "spend-3",
        "spend",
        _equal(
            Kind("thrifty", price=-1.5, deals=2.0, intent=0.4, completion=0.6, certain="purchase"),
            Kind("usual", price=0.0, intent=0.4, completion=0.6, certain="purchase"),
            Kind("premium", price=1.6, deals=0.0, intent=0.4, completion=0.6, certain="purchase"),
        ),
        overlap="clear",
    ),
    World(
        "recency-4",
        "recency",
        (
            Kind("lapsed", 0.3, visits=6.0, **_LAPSED),
            Kind("active", 0.3, visits=9.0),
            Kind("new", 0.2, visits=4.0, **_NEW),
            Kind("once long ago", 0.2, visits=1.0, arrival=(0.0, 0.3), departure=(0.5, 0.6)),
        ),
        customers=6_000,
    ),
    World(
        "assortment-4",
        "assortment",
        _equal(
            Kind("specialist", visits=7.0, focus=0.97, brand=2.0, rereading=0.4),
            Kind("explorer", visits=7.0, focus=0.03, brand=0.0, rereading=0.05),
            Kind("premium", visits=7.0, focus=0.5, price=1.8, deals=0.0),
            Kind("bargain", visits=7.0, focus=0.3, price=-1.8, deals=3.0),
        ),
        overlap="clear",
        customers=5_000,
    ),
    World(
        "hours-3",
        "time of visits",
        _equal(
            Kind("night", visits=8.0, views=6.0, hour=1.5),
            Kind("weekend", visits=5.0, views=4.0, weekend=12.0, hour=13.0),
            Kind("office", visits=14.0, views=1.6, weekend=0.1, hour=11.0, rereading=0.05),
        ),
        rows="views",
        customers=5_000,
    ),
    World(
        "dominant-5",
        "mixed",
        (
            Kind("passing", 0.75, visits=1.5, views=2.5, intent=0.04, completion=0.2),
            Kind("browser", 0.09, visits=14.0, views=5.5, intent=0.03, completion=0.1),
            Kind("abandoner", 0.06, visits=6.0, intent=0.6, completion=0.05, certain="cart"),
            Kind("buyer", 0.06, visits=5.0, intent=0.5, completion=0.75, certain="purchase"),
            Kind(
                "lapsed",
                0.04,
                visits=7.0,
                intent=0.4,
                completion=0.7,
                certain="purchase",
                **_LAPSED,
            ),
        ),
        customers=10_000,
    ),
    World(
        "rare-3",
        "spend, a group of 2 %",
        (
            Kind("browser", 0.68, visits=4.0, intent=0.05, completion=0.2),
            Kind("buyer", 0.3, visits=5.0, intent=0.4, completion=0.7, certain="purchase"),
            Kind(
                "whale",
                0.02,
                visits=25.0,
                views=5.0,
                intent=0.7,
                completion=0.85,
                price=1.5,
                certain="purchase",
            ),
        ),
        customers=8_000,
    ),
    World(
        "mixed-8",
        "mixed",
        (
            Kind("once", 0.25, visits=1.0, views=2.0, intent=0.03),
            Kind("browser", 0.15, visits=14.0, views=5.0, intent=0.02, completion=0.1),
            Kind("abandoner", 0.12, visits=6.0, intent=0.65, completion=0.04, certain="cart"),
            Kind("buyer", 0.12, visits=5.0, intent=0.6, completion=0.8, certain="purchase"),
            Kind(
                "lapsed buyer",
                0.1,
                visits=5.0,
                intent=0.5,
                completion=0.75,
                certain="purchase",
                **_LAPSED,
            ),
            Kind("lapsed looker", 0.1, visits=5.0, intent=0.03, **_LAPSED),
            Kind("new", 0.08, visits=4.0, intent=0.1, **_NEW),
            Kind(
                "loyal",
                0.08,
                visits=18.0,
                intent=0.5,
                completion=0.8,
                price=1.0,
                certain="purchase",
            ),
        ),
        overlap="clear",
        customers=6_000,
    ),
    World(
        "mixed-6",
        "mixed",
        (
            Kind("once", 0.3, visits=1.0, views=2.5, intent=0.05),
            Kind("browser", 0.2, visits=10.0, views=5.0, intent=0.04, completion=0.15),
            Kind("abandoner", 0.15, visits=5.0, intent=0.5, completion=0.1, certain="cart"),
            Kind("buyer", 0.15, visits=4.0, intent=0.45, completion=0.7, certain="purchase"),
            Kind("lapsed", 0.1, visits=5.0, intent=0.3, **_LAPSED),
            Kind("new", 0.1, visits=3.0, intent=0.25, **_NEW),
        ),
        overlap="strong",
    ),
    World(
        "day-2",
        "funnel",
        (
            Kind("looker", 0.8, visits=1.3, views=3.0, intent=0.02, completion=0.1, direct=0.0),
            Kind("buyer", 0.2, visits=1.5, views=4.0, intent=0.6, certain="purchase"),
        ),
        customers=12_000,
        days=1,
    ),
    World(
        "day-4",
        "activity and funnel",
        (
            Kind("passing", 0.5, visits=1.0, views=1.6, intent=0.01, direct=0.0),
            Kind("browser", 0.25, visits=3.0, fewest_visits=2, views=6.0, intent=0.01, direct=0.0),
            Kind("abandoner", 0.15, visits=1.3, intent=0.7, completion=0.02, certain="cart"),
            Kind("buyer", 0.1, visits=1.2, intent=0.5, completion=0.9, certain="purchase"),
        ),
        customers=12_000,
        days=1,
        overlap="clear",
    ),
    World(
        "day-views-3",
        "depth of visits",
        (
            Kind("bouncing", 0.5, visits=1.0, views=1.2),
            Kind("looking", 0.3, visits=1.3, views=5.0, focus=0.8),
            Kind("roaming", 0.2, visits=3.0, fewest_visits=2, views=9.0, focus=0.05),
        ),
        customers=10_000,
        days=1,
        rows="views",
    ),
    World(
        "views-4",
        "activity and lapse, nothing bought",
        (
            Kind("once", 0.35, visits=1.0, views=2.0),
            Kind("regular", 0.25, visits=12.0, views=3.0),
            Kind("diver", 0.2, visits=3.0, views=12.0),
            Kind("lapsed", 0.2, visits=7.0, views=3.0, **_LAPSED),
        ),
        rows="views",
    ),
    World(
        "orders-4",
        "purchases alone",
        (
            Kind("once", 0.4, visits=1.0, views=1.5, intent=1.0, completion=1.0, removal=0.0),
            Kind("loyal", 0.2, visits=12.0, views=2.0, intent=1.0, completion=1.0, removal=0.0),
            Kind(
                "lapsed",
                0.25,
                visits=5.0,
                views=2.0,
                intent=1.0,
                completion=1.0,
                removal=0.0,
                **_LAPSED,
            ),
            Kind(
                "big basket",
                0.15,
                visits=4.0,
                views=25.0,
                intent=1.0,
                completion=1.0,
                removal=0.0,
                price=0.8,
            ),
        ),
        rows="orders",
        customers=8_000,
    ),
)
"""Worlds with segments."""

_CONTINUUM = Kind(
    EVERYONE,
    visits=10.0,
    visits_shape=1.0,
    arrival=(0.0, 0.9),
    departure=(0.9, 1.0),
    steady=True,
)

NULLS: tuple[World, ...] = (
    World(
        "null-identical",
        "nothing: identical customers",
        (Kind(EVERYONE, visits=6.0, hour=16.0),),
        overlap="none",
    ),
    World("null-gamma", "nothing: activity is a gamma continuum", (_CONTINUUM,)),
    World(
        "null-rare-purchases",
        "nothing: purchases are rare for everyone alike",
        (replace(_CONTINUUM, intent=0.04, completion=0.5, direct=0.002),),
    ),
    World(
        "null-zero-inflated",
        "nothing: most have no inclination to buy, without a gap to those who do",
        (replace(_CONTINUUM, intent=0.12, completion=0.6, direct=0.0, propensity_shape=0.8),),
    ),
    World(
        "null-day",
        "nothing: one population on one day",
        (replace(_CONTINUUM, visits=1.6, arrival=(0.0, 0.0), departure=(1.0, 1.0)),),
        customers=12_000,
        days=1,
    ),
    World(
        "null-orders",
        "nothing: purchases at gamma rates, ended by chance",
        (
            replace(
                _CONTINUUM,
                visits=8.0,
                views=2.0,
                intent=1.0,
                completion=1.0,
                removal=0.0,
                departure=(0.1, 1.8),
            ),
        ),
        rows="orders",
        customers=8_000,
    ),
)
"""Worlds without segments."""

WORLDS: dict[str, World] = {world.name: world for world in (*STRUCTURED, *NULLS)}
"""Every world by its name."""


def main() -> None:
    print(f"{'world':20} {'k':>2} {'days':>4} {'events':>7} {'seconds':>7}  customers")
    for world in WORLDS.values():
        began = time.perf_counter()
        events, truth = world.draw(0)
        seconds = time.perf_counter() - began
        counts = Counter(truth.values()).most_common()
        sizes = ", ".join(f"{name} {size}" for name, size in counts)
        figures = f"{world.k:2} {world.days:4} {events.num_rows:7} {seconds:7.2f}"
        print(f"{world.name:20} {figures}  {sizes}")


if __name__ == "__main__":
    main()
