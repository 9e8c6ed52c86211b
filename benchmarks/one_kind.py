"""Shops whose customers are all of one kind, in many designs: every group found is invented.

The null worlds of `worlds.py` are drawn by the shop of `clustomer.simulate`; these freely:
traits that stand behind everything a customer does at once, projects, subscriptions, customers who
buy once and are gone, growth, seasons, promotions, closed weeks, heavy tails. Customers differ by
degrees and by chance; there is never a gap between them by design.

    python benchmarks/one_kind.py                     # what each shop holds
    python benchmarks/one_kind.py --run trait-strong --seed 0
"""

import argparse
import json
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.special import expit, ndtr

from clustomer.certificates import Certificates, Prediction, certify
from clustomer.customers import Holdout, customer_features, split_holdout
from clustomer.engines import DuckDB
from clustomer.events import read_events
from clustomer.segments import segment

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Random = np.random.Generator

START_US = 1_672_617_600_000_000
DAY_US = 86_400_000_000
DAYS = 365.0
CUSTOMERS = 2_000
PRODUCTS = 300
CATEGORIES = 20


@dataclass(frozen=True)
class Visits:
    """Visits of a shop: whose, when (days from the start), and what each holds.

    `views`, `carts` and `orders` are numbers of products; `level` moves the price of the
    products, in standard deviations. `orders_alone` leaves the log without views and carts.
    """

    customer: Integers
    day: Floats
    views: Integers
    carts: Integers
    orders: Integers
    level: Floats
    days: float = DAYS
    orders_alone: bool = False
    price_spread: float = 0.6


Design = Callable[[Random, int], Visits]


def events_of(visits: Visits, rng: Random) -> pa.Table:
    """Write visits as an event log."""
    inside = (visits.day >= 0) & (visits.day < visits.days)
    customer, day, level = (part[inside] for part in (visits.customer, visits.day, visits.level))
    numbers = {
        "view": np.maximum(visits.views[inside], 1),
        "cart": visits.carts[inside],
        "purchase": visits.orders[inside],
    }
    widest = np.maximum.reduce(list(numbers.values()))
    first = np.cumsum(widest) - widest
    rank = np.repeat(level, widest) + rng.normal(size=int(widest.sum()))
    spread = float(np.std(rank)) or 1.0
    product = np.minimum((ndtr(rank / spread) * PRODUCTS).astype(np.int64), PRODUCTS - 1)
    prices = np.sort(np.round(np.exp(3 + visits.price_spread * rng.normal(size=PRODUCTS)), 2) + 0.5)
    parts = []
    for order, (name, number) in enumerate(numbers.items()):
        if visits.orders_alone and name != "purchase":
            continue
        visit = np.repeat(np.arange(len(customer)), number)
        within = np.arange(len(visit)) - np.repeat(np.cumsum(number) - number, number)
        chosen = product[first[visit] + within]
        # an order is one moment; views and carts take a minute each
        seconds = 60 * within if name != "purchase" else 60 * numbers["view"][visit]
        moment = (day[visit] * DAY_US).astype(np.int64) + (seconds + 5 * order) * 1_000_000
        parts.append(
            pa.table(
                {
                    "event_time": pa.array(START_US + moment, pa.timestamp("us", "UTC")),
                    "event_type": pa.array([name] * len(visit), pa.string()),
                    "product_id": pa.array(chosen).cast(pa.string()),
                    "category_code": pa.array([f"c{c}" for c in (chosen % CATEGORIES).tolist()]),
                    "price": pa.array(prices[chosen]),
                    "user_id": pa.array(customer[visit] + 100_000).cast(pa.string()),
                    "user_session": pa.array(visit).cast(pa.string()),
                }
            )
        )
    return pa.concat_tables(parts).sort_by([("event_time", "ascending"), ("user_id", "ascending")])


def _spread(counts: Integers, rng: Random, start: Floats, end: Floats) -> tuple[Integers, Floats]:
    """Give each customer so many visits, evenly between a start and an end."""
    customer = np.repeat(np.arange(len(counts)), counts)
    share = rng.random(len(customer))
    return customer, start[customer] + share * (end - start)[customer]


def _contents(
    rng: Random,
    customer: Integers,
    day: Floats,
    *,
    depth: Floats | float = 3.0,
    cart: Floats | float = 0.2,
    buy: Floats | float = 0.4,
    level: Floats | float = 0.0,
    **more: float | bool,
) -> Visits:
    """Fill visits: depth, share with a cart, share of carts bought, and prices, each by visit."""
    n = len(customer)
    views = 1 + rng.poisson(np.broadcast_to(np.maximum(np.asarray(depth) - 1, 0), n))
    carts = np.where(rng.random(n) < cart, 1 + rng.poisson(0.5, n), 0)
    orders = np.where(rng.random(n) < buy, carts, 0)
    levels = np.broadcast_to(np.asarray(level, dtype=np.float64), n).copy()
    return Visits(customer, day, views, carts, orders, levels, **more)  # type: ignore[arg-type]


def _whole(n: int, days: float = DAYS) -> tuple[Floats, Floats]:
    return np.zeros(n), np.full(n, days)


def trait(
    rng: Random,
    n: int,
    *,
    strength: float,
    cart_slope: float = 1.5,
    rarely: float = 1.2,
    visits: float = 5.0,
    alone: bool = False,
) -> Visits:
    """One Gaussian trait stands behind visits, depth, cart rate and price at once."""
    z = rng.normal(size=n)
    counts = 1 + rng.poisson(visits * np.exp(strength * z - strength**2 / 2))
    customer, day = _spread(counts, rng, *_whole(n))
    by_visit = strength * z[customer]
    return _contents(
        rng,
        customer,
        day,
        depth=1 + 2.5 * np.exp(0.5 * by_visit),
        cart=1.0 if alone else expit(cart_slope * by_visit - rarely),
        buy=1.0 if alone else expit(0.3 + by_visit),
        level=by_visit,
        orders_alone=alone,
    )


def projects(
    rng: Random,
    n: int,
    *,
    size: int = 6,
    random_size: bool = False,
    more: float = 1.0,
    gap: float = 1.5,
) -> Visits:
    """Look, look, ..., order, quiet: visits come in projects, each of which ends with an order.

    A project has `size` visits, or a random number with that mean, `gap` days apart; a customer
    has one project and a Poisson number `more`.
    """
    number = 1 + rng.poisson(more, n)
    project = np.repeat(np.arange(n), number)
    begin = rng.uniform(0, DAYS - 3 * gap * size, len(project))
    length = 1 + rng.poisson(size - 1, len(project)) if random_size else np.full(len(project), size)
    of = np.repeat(np.arange(len(project)), length)
    first = np.cumsum(length) - length
    step = rng.exponential(gap, len(of))
    step[first] = 0.0
    total = np.cumsum(step)
    day = begin[of] + total - total[first][of]
    last = np.zeros(len(of), dtype=bool)
    last[first + length - 1] = True
    views = 1 + rng.poisson(np.where(last, 1.0, 3.0))
    orders = np.where(last, 1 + rng.poisson(0.5, len(of)), 0)
    return Visits(project[of], day, views, orders, orders, np.zeros(len(of)))


def subscriptions(
    rng: Random, n: int, *, every: float = 30.0, leave: float = 0.12, jitter: float = 1.0
) -> Visits:
    """An order a month from whenever they came, until a chance that is the same for all ends it."""
    start = rng.uniform(-DAYS / 2, DAYS, n)
    counts = rng.geometric(leave, n)
    customer = np.repeat(np.arange(n), counts)
    number = np.arange(len(customer)) - np.repeat(np.cumsum(counts) - counts, counts)
    day = start[customer] + every * number + jitter * rng.normal(size=len(customer))
    return _contents(rng, customer, day, depth=1.5, cart=1.0, buy=1.0)


def once(
    rng: Random, n: int, *, buy: float = 0.25, gap: float = 6.0, alone: bool = False
) -> Visits:
    """They look until they buy, once, and are gone."""
    start = rng.uniform(0, DAYS, n)
    counts = np.ones(n, dtype=np.int64) if alone else rng.geometric(buy, n)
    customer = np.repeat(np.arange(n), counts)
    last = np.zeros(len(customer), dtype=bool)
    last[np.cumsum(counts) - 1] = True
    number = np.arange(len(customer)) - np.repeat(np.cumsum(counts) - counts, counts)
    step = np.where(number > 0, rng.exponential(gap, len(customer)), 0.0)
    total = np.cumsum(step)
    day = start[customer] + total - total[np.cumsum(counts) - counts][customer]
    orders = np.where(last, 1 + rng.poisson(0.6, len(last)), 0)
    views = 1 + rng.poisson(2.0, len(last))
    return Visits(customer, day, views, orders, orders, np.zeros(len(last)), orders_alone=alone)


def growth(
    rng: Random, n: int, *, rate: float = 3.0, life: float = 400.0, visits: float = 20.0
) -> Visits:
    """Ever more customers arrive; each stays for a random time and comes at one rate."""
    start = (
        DAYS * np.log1p(rng.random(n) * np.expm1(rate)) / rate
        if rate
        else rng.uniform(-180, DAYS, n)
    )
    end = np.minimum(start + rng.exponential(life, n), DAYS)
    counts = 1 + rng.poisson(visits * np.maximum(end - np.maximum(start, 0), 0) / DAYS)
    customer, day = _spread(counts, rng, start, end)
    return _contents(rng, customer, day)


def seasons(
    rng: Random, n: int, *, swing: float = 0.9, peaks: float = 1.0, shape: float = 1.5
) -> Visits:
    """Visits follow the year, everyone's alike; how often varies as a gamma distribution."""
    counts = 1 + rng.poisson(8 * rng.gamma(shape, 1 / shape, n))
    customer, day = _spread(counts, rng, *_whole(n))
    kept = rng.random(len(day)) < (1 + swing * np.sin(2 * np.pi * peaks * day / DAYS)) / (1 + swing)
    return _contents(rng, customer[kept], day[kept])


def promotions(
    rng: Random, n: int, *, weeks: tuple[int, ...] = (8, 20, 33, 46), lift: float = 6.0
) -> Visits:
    """In some weeks everyone comes more often, buys more often, and cheaper things."""
    counts = 1 + rng.poisson(6 * rng.gamma(1.5, 1 / 1.5, n))
    extra = rng.poisson(lift * counts / 52 * len(weeks))
    customer, day = _spread(counts, rng, *_whole(n))
    comers = np.repeat(np.arange(n), extra)
    on_sale = 7 * rng.choice(np.array(weeks), len(comers)) + 7 * rng.random(len(comers))
    customer, day = np.concatenate([customer, comers]), np.concatenate([day, on_sale])
    sale = np.isin((day // 7).astype(np.int64), weeks)
    return _contents(
        rng,
        customer,
        day,
        cart=np.where(sale, 0.6, 0.15),
        buy=np.where(sale, 0.7, 0.35),
        level=np.where(sale, -0.8, 0.0),
    )


def holidays(
    rng: Random, n: int, *, closed: tuple[tuple[float, float], ...], shape: float = 1.5
) -> Visits:
    """The shop is closed for weeks; otherwise customers come as in any other."""
    counts = 1 + rng.poisson(7 * rng.gamma(shape, 1 / shape, n))
    customer, day = _spread(counts, rng, *_whole(n))
    opened = np.ones(len(day), dtype=bool)
    for first, last in closed:
        opened &= (day < first) | (day >= last)
    return _contents(rng, customer[opened], day[opened])


def tails(
    rng: Random, n: int, *, shape: float = 0.3, price_spread: float = 1.5, mean: float = 6.0
) -> Visits:
    """A few come very often, prices span three powers of ten, and nothing has a gap."""
    counts = 1 + rng.poisson(mean * rng.gamma(shape, 1 / shape, n))
    customer, day = _spread(np.minimum(counts, 150), rng, *_whole(n))
    return _contents(rng, customer, day, price_spread=price_spread)


def inclined(
    rng: Random, n: int, *, shape: float = 0.8, mean: float = 0.2, visits: float = 8.0
) -> Visits:
    """The inclination to buy varies from near none to much, without a gap."""
    leaning = rng.beta(mean * shape, (1 - mean) * shape, n)
    counts = 1 + rng.poisson(visits * rng.gamma(2, 0.5, n))
    customer, day = _spread(counts, rng, *_whole(n))
    return _contents(rng, customer, day, cart=leaning[customer], buy=0.7)


def learning(rng: Random, n: int, *, pace: float = 0.35) -> Visits:
    """Everyone buys the more readily the more often they were here."""
    counts = 1 + rng.poisson(6 * rng.gamma(1.5, 1 / 1.5, n))
    customer, day = _spread(counts, rng, *_whole(n))
    order = np.lexsort((day, customer))
    customer, day = customer[order], day[order]
    number = np.arange(len(day)) - np.repeat(np.cumsum(counts) - counts, counts)
    return _contents(rng, customer, day, cart=expit(-2.2 + pace * number), buy=0.6)


def identical(
    rng: Random, n: int, *, visits: float = 6.0, days: float = DAYS, alone: bool = False
) -> Visits:
    """Customers who differ by chance alone."""
    counts = 1 + rng.poisson(visits - 1, n)
    customer, day = _spread(counts, rng, *_whole(n, days))
    likely = {"cart": 1.0, "buy": 1.0} if alone else {}
    return _contents(rng, customer, day, days=days, orders_alone=alone, **likely)


def gamma(
    rng: Random,
    n: int,
    *,
    shape: float = 1.0,
    mean: float = 8.0,
    alone: bool = False,
    days: float = DAYS,
) -> Visits:
    """How often they come varies as a gamma distribution, and nothing else does."""
    counts = 1 + rng.poisson(mean * rng.gamma(shape, 1 / shape, n))
    customer, day = _spread(counts, rng, *_whole(n, days))
    likely = {"cart": 1.0, "buy": 1.0} if alone else {}
    return _contents(rng, customer, day, days=days, orders_alone=alone, **likely)


DESIGNS: dict[str, Design] = {
    "trait-strong": partial(trait, strength=1.0, cart_slope=3.0),
    "trait-few": partial(trait, strength=1.0, cart_slope=2.0, rarely=2.0, visits=2.0),
    "trait-middle": partial(trait, strength=0.75, cart_slope=2.0),
    "trait-weak": partial(trait, strength=0.5),
    "trait-often": partial(trait, strength=0.75, visits=12.0),
    "trait-orders": partial(trait, strength=0.75, alone=True),
    "projects-six": projects,
    "projects-six-often": partial(projects, more=2.5),
    "projects-six-slow": partial(projects, gap=4.0),
    "projects-random": partial(projects, random_size=True),
    "projects-random-often": partial(projects, random_size=True, more=2.5),
    "projects-two": partial(projects, size=2, more=2.0),
    "subscriptions": subscriptions,
    "subscriptions-loyal": partial(subscriptions, leave=0.05),
    "subscriptions-weekly": partial(subscriptions, every=7.0, leave=0.06, jitter=0.5),
    "once": once,
    "once-soon": partial(once, buy=0.5, gap=2.0),
    "once-orders": partial(once, alone=True),
    "growth": growth,
    "growth-fast": partial(growth, rate=6.0),
    "arrivals": partial(growth, rate=0.0, life=150.0),
    "arrivals-short": partial(growth, rate=0.0, life=40.0, visits=60.0),
    "seasons": seasons,
    "seasons-four": partial(seasons, peaks=4.0),
    "seasons-identical": partial(seasons, shape=50.0),
    "promotions": promotions,
    "promotions-one": partial(promotions, weeks=(47,), lift=25.0),
    "promotions-often": partial(promotions, weeks=tuple(range(2, 52, 4)), lift=3.0),
    "holidays-summer": partial(holidays, closed=((180.0, 240.0),)),
    "holidays-two": partial(holidays, closed=((90.0, 120.0), (300.0, 345.0))),
    "holidays-half": partial(holidays, closed=((100.0, 280.0),)),
    "tails": tails,
    "tails-heavier": partial(tails, shape=0.15, price_spread=2.2),
    "inclined": inclined,
    "inclined-few": partial(inclined, shape=0.4, mean=0.1),
    "learning": learning,
    "learning-fast": partial(learning, pace=0.8),
    "identical": identical,
    "gamma": gamma,
    "gamma-orders": partial(gamma, alone=True, shape=0.5, mean=4.0),
}
"""Forty shops of sixteen designs."""


def draw(name: str, seed: int, customers: int = CUSTOMERS) -> pa.Table:
    """Draw a shop's log; the same name and seed give the same rows."""
    rng = np.random.default_rng([zlib.crc32(name.encode()), seed])
    return events_of(DESIGNS[name](rng, customers), rng)


def certified(name: str, seed: int, customers: int = CUSTOMERS) -> dict[str, object]:
    """Segment and certify a shop as a run does, and return the verdict and the figures."""
    began = time.process_time()
    events = read_events(draw(name, seed, customers), engine=DuckDB(threads=1))
    try:
        features = customer_features(events)
        holdout = split_holdout(events, features)
        given = holdout if isinstance(holdout, Holdout) else None
        segmentation = segment(features, k_range=(2, 10), holdout=given, random_state=seed)
        tested = certify(events, features, segmentation, holdout=holdout, random_state=seed)
    finally:
        events.close()
    reality = tested.reality
    return {
        "shop": name,
        "seed": seed,
        "k": segmentation.k,
        "verdict": tested.verdict,
        "reality": reality.mark,
        "undecided": reality.undecided,
        "depth": reality.statistic,
        "effect": reality.effect,
        "error": reality.error,
        "nulls": {bar.null: bar.null_99 for bar in reality.nulls},
        "apart": share_apart(tested),
        "stable": [part.stable.mark for part in tested.segments.values()],
        "prediction": tested.prediction.mark,
        **told(tested.prediction),
        "seconds": round(time.process_time() - began, 1),
    }


def share_apart(tested: Certificates) -> float:
    """Return the share of the customers whose segments are set apart."""
    parts = tested.segments.values()
    return round(sum(part.usable.share for part in parts if part.real.mark == "pass"), 3)


def told(prediction: Prediction) -> dict[str, float | None]:
    """Return what the segments tell of what their customers did next."""
    if not prediction.baselines:
        return {}
    ours = prediction.baselines[0]
    figures = {"auc": ours.auc, "visited_auc": ours.visited_auc, "r2_capped": ours.r2_capped}
    return {name: figure and round(figure.value, 3) for name, figure in figures.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--run", help="names of shops to certify, separated by commas")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    if given.run:
        for name in given.run.split(","):
            print(json.dumps(certified(name, given.seed)), flush=True)
        return
    for name in DESIGNS:
        table = draw(name, given.seed)
        people = table["user_id"].combine_chunks().unique()
        print(f"{name:26} {len(people):6,} customers {table.num_rows:9,} events")


if __name__ == "__main__":
    main()
