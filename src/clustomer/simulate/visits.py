"""Visits to the simulated shop: what is viewed, carted, taken out and bought, and when."""

from dataclasses import dataclass, fields
from typing import Final

import numpy as np
from numpy.typing import NDArray

from clustomer.simulate.calendar import DAY_S, Calendar
from clustomer.simulate.catalogue import Catalogue
from clustomer.simulate.temperaments import Temperaments, drifted

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

EVENT_TYPES: Final = ("view", "cart", "remove_from_cart", "purchase")
VIEW, CART, REMOVE, PURCHASE = range(4)

CANDIDATES: Final = 3
"""Products that catch the eye before one of them is looked at."""
CARTED_VIEWS: Final = 0.25
"""Share of views that end in the cart, in a session with a cart (the last one always does)."""
STRAYING: Final = 0.2
"""Share of views outside the session's category."""


@dataclass(frozen=True)
class Walk:
    """Rows in the making.

    Attributes:
        session: The session of each row.
        position: The order within the session.
        event_type: Index in `EVENT_TYPES`.
        product: Index in the catalogue.
        carted: Whether the row is a view that ends in the cart or a purchase.
    """

    session: Integers
    position: Floats
    event_type: Integers
    product: Integers
    carted: NDArray[np.bool_]

    def take(self, index: Integers | NDArray[np.bool_]) -> "Walk":
        """Return the rows at `index`."""
        return Walk(*(getattr(self, field.name)[index] for field in fields(self)))


@dataclass(frozen=True)
class Sessions:
    """The visits.

    Attributes:
        customer: Whose visit it is.
        begin_s: When, in seconds since the first day.
        temper: What the customer is like at that time; one value per visit.
    """

    customer: Integers
    begin_s: Integers
    temper: Temperaments


@dataclass(frozen=True)
class Fancies:
    """What each customer of a block is drawn to, one value per customer.

    Attributes:
        taste: Number of the taste group; 0 for all where the shop has no tastes.
        like: The customer whose favourites these are: oneself, or who one was before a change.
    """

    taste: Integers
    like: Integers


def draw_sessions(
    customers: Integers,
    temper: Temperaments,
    quota: int,
    calendar: Calendar,
    rng: np.random.Generator,
    drift: float = 0.0,
) -> Sessions:
    """Draw as many sessions as should give about `quota` rows."""
    visits = temper.visits[customers]
    mean = drifted(temper, drift, np.full(temper.visits.size, 0.5)) if drift else temper
    per_visit = _expected_rows(mean)[customers]
    once, fewest = visits == 1.0, temper.fewest_visits[customers]

    def expected(factor: float) -> float:
        return float((np.where(once, 1.0, np.maximum(visits * factor, fewest)) * per_visit).sum())

    low, high = 0.0, 1.0
    while expected(high) < quota and high < 1e9:
        high *= 2.0
    for _ in range(40):
        middle = (low + high) / 2.0
        low, high = (middle, high) if expected(middle) < quota else (low, middle)
    further = np.where(once, 0.0, np.maximum(visits * high - fewest, 0.0))
    count = fewest + rng.poisson(further)
    customer = np.repeat(customers, count)
    temper_of = temper.take(customer)
    day = calendar.draw_days(temper_of.arrival, temper_of.departure, temper_of.weekend, rng)
    begin_s = calendar.draw_seconds(day, temper_of.hour, temper_of.hour_spread, rng)
    if drift:
        temper_of = drifted(temper_of, drift, begin_s / (calendar.days * DAY_S))
    return Sessions(customer, begin_s, temper_of)


def _expected_rows(temper: Temperaments) -> Floats:
    """Return how many rows a session of each customer has on average."""
    carts = temper.intent * (1.0 + CARTED_VIEWS * (temper.views - 1.0))
    after = temper.removal + (1.0 - temper.removal) * temper.completion
    return temper.views + carts * (1.0 + after) + (1.0 - temper.intent) * temper.direct


def draw_walk(
    sessions: Sessions, fancies: Fancies, catalogue: Catalogue, rng: np.random.Generator
) -> Walk:
    """Draw what is viewed, carted, taken out and bought in each session."""
    n, temper_of = sessions.customer.size, sessions.temper
    views = rng.geometric(1.0 / temper_of.views)
    session = np.repeat(np.arange(n), views)
    position = np.arange(session.size) - np.repeat(np.cumsum(views) - views, views)
    product = _draw_views(session, position, sessions, fancies, catalogue, rng)
    is_last = position == views[session] - 1

    # Some kinds cart or buy for certain, each customer in one session at least.
    decisive = _one_each(sessions.customer, rng)
    has_cart = (rng.random(n) < temper_of.intent) | (decisive & temper_of.must_cart)
    completes = (rng.random(n) < temper_of.completion) | (decisive & temper_of.must_buy)
    carted = has_cart[session] & ((rng.random(session.size) < CARTED_VIEWS) | is_last)
    removed = carted & (rng.random(session.size) < temper_of.removal[session])
    removed &= ~(is_last & (decisive & temper_of.must_buy)[session])
    bought = (carted & ~removed & completes[session]) | (
        is_last & ~has_cart[session] & (rng.random(session.size) < temper_of.direct[session])
    )
    # Purchases come at the end of the session, removals at any time after the cart.
    later = position + 0.5 + rng.random(session.size) * (views[session] - position)
    parts = [
        (np.ones_like(carted), position.astype(np.float64), VIEW),
        (carted, position + 0.4, CART),
        (removed, later, REMOVE),
        (bought, views[session] + 1.0 + position / (views[session] + 1.0), PURCHASE),
    ]
    return Walk(
        session=np.concatenate([session[rows] for rows, _, _ in parts]),
        position=np.concatenate([at[rows] for rows, at, _ in parts]),
        event_type=np.concatenate([np.full(int(rows.sum()), code) for rows, _, code in parts]),
        product=np.concatenate([product[rows] for rows, _, _ in parts]),
        carted=np.concatenate([(carted | bought)[rows] for rows, _, _ in parts]),
    )


def _draw_views(
    session: Integers,
    position: Integers,
    sessions: Sessions,
    fancies: Fancies,
    catalogue: Catalogue,
    rng: np.random.Generator,
) -> Integers:
    """Draw the product of each view by popularity and by the customer's taste."""
    temper_of, customer = sessions.temper, sessions.customer
    # The favourite category and brand come from one favourite product of each customer.
    people = slice(int(customer.max()) + 1)
    favourite = catalogue.draw_products(
        catalogue.draw_categories(fancies.taste[people], rng), fancies.taste[people], rng
    )[fancies.like[people]]
    preferred = catalogue.category[favourite][customer]
    aim = np.where(
        rng.random(customer.size) < temper_of.focus,
        preferred,
        catalogue.draw_categories(fancies.taste[customer], rng),
    )
    taste = fancies.taste[customer][session]
    strays = rng.random(session.size) < STRAYING
    category = np.where(strays, catalogue.draw_categories(taste, rng), aim[session])

    week = (sessions.begin_s // (7 * DAY_S))[session]
    brand = catalogue.brand[favourite][customer][session]
    price_taste, deal_taste = temper_of.price_taste[session], temper_of.deal_taste[session]
    brand_taste = temper_of.brand_taste[session]
    best, best_score = np.zeros(session.size, np.int64), np.full(session.size, -np.inf)
    for _ in range(CANDIDATES):
        seen = catalogue.draw_products(category, taste, rng)
        score = (
            rng.gumbel(0.0, 0.6, session.size)
            - np.abs(catalogue.price_score[seen] - price_taste)
            + deal_taste * 4.0 * catalogue.discount(seen, week)
            + brand_taste * ((catalogue.brand[seen] == brand) & (brand >= 0))
        )
        better = score > best_score
        best, best_score = np.where(better, seen, best), np.where(better, score, best_score)

    # Who returns to the product just seen sees what was last chosen anew.
    anew = (position == 0) | (rng.random(session.size) >= temper_of.rereading[session])
    source = np.maximum.accumulate(np.where(anew, np.arange(session.size), 0))
    return best[source]


def fit_walk(walk: Walk, sessions: Sessions, quota: int, rng: np.random.Generator) -> Walk:
    """Add or remove some views so that exactly `quota` rows remain, every customer among them."""
    missing = quota - walk.session.size
    if missing > 0:
        again = rng.choice(np.flatnonzero(walk.event_type == VIEW), size=missing)
        every = walk.take(np.concatenate([np.arange(walk.session.size), again]))
        every.position[walk.session.size :] += 0.3 * rng.random(missing)
        return every
    spare = but_first_rows(sessions.customer[walk.session])
    # Views that no cart follows go first, and a session's first view after the others: sessions
    # and orders are lost only where there are hardly any rows at all.
    value = np.select(
        [walk.event_type != VIEW, walk.position == 0, walk.carted], [3, 2, 1], default=0
    )
    order = rng.permutation(spare)
    order = order[np.argsort(value[order], kind="stable")]
    kept = np.ones(walk.session.size, dtype=bool)
    kept[order[:-missing]] = False
    return walk.take(kept)


def set_clock(
    walk: Walk, sessions: Sessions, calendar: Calendar, rng: np.random.Generator
) -> Integers:
    """Give each row its second; a session whose end would lie outside the days begins earlier."""
    order = np.lexsort((walk.position, walk.session))
    session = walk.session[order]
    first = np.concatenate([[True], session[1:] != session[:-1]])
    pause = 1 + np.minimum(rng.lognormal(3.4, 1.1, session.size), 1_500.0).astype(np.int64)
    running = np.cumsum(np.where(first, 0, pause))
    start = np.maximum.accumulate(np.where(first, np.arange(session.size), 0))
    elapsed = running - running[start]
    end = np.concatenate([np.flatnonzero(first)[1:], [session.size]]) - 1
    length = np.zeros(sessions.customer.size, dtype=np.int64)
    length[session[end]] = elapsed[end]
    begin = np.minimum(sessions.begin_s, calendar.days * DAY_S - 1 - length)
    second = np.empty(session.size, dtype=np.int64)
    second[order] = np.maximum(begin, 0)[session] + elapsed
    return np.minimum(second, calendar.days * DAY_S - 1)


def _one_each(customer: Integers, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Choose one of the sessions of each customer."""
    order = rng.permutation(customer.size)
    chosen = np.zeros(customer.size, dtype=bool)
    chosen[order[np.unique(customer[order], return_index=True)[1]]] = True
    return chosen


def but_first_rows(customer: Integers) -> Integers:
    """Return the rows that can go without any customer losing its last one."""
    first = np.unique(customer, return_index=True)[1]
    spare = np.ones(customer.size, dtype=bool)
    spare[first] = False
    return np.flatnonzero(spare)
