"""Small shops whose customers differ in what they look for, when they come or how they move.

Each is drawn in well under a second as an event log with canonical columns, with the true kind of
each customer. In every shop customers differ by degree in everything: how often they come, what
they like, when they have time. In a planted world they are of several kinds besides, in one thing;
in a null world they are not, so that every facet that is called there is invented.

    python benchmarks/facet_worlds.py

draws each one and prints what it holds.
"""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

START_S = 1_672_617_600  # Monday, 2023-01-02
DAY_S = 86_400
DEPARTMENTS = ("home", "electronics", "kids", "sport")
CATEGORIES = tuple(f"{top}.{name}" for top in DEPARTMENTS for name in ("one", "two", "three"))
BRANDS = tuple(f"brand {letter}" for letter in "abcdefghi")
PER_CATEGORY = 40

Axis = Literal[
    "categories",
    "brands",
    "hours",
    "days",
    "months",
    "rhythm",
    "order",
    "prices",
    "steps",
    "pace",
    "rare",
]
BINS = {
    "categories": 12, "brands": 9, "hours": 3, "days": 2, "months": 12, "prices": 3, "steps": 2,
    "pace": 2,
}  # fmt: skip
"""The bins of what customers lean to: categories, brands, and times of day (8, 13 and 20 o'clock),
days (working days and weekends), months, prices (thirds of a category), steps (each product into
the cart when it was looked at, or all at the end) and pace (orders of what was looked at in the
same visit, or in the one before)."""
SPREADS = {"clear": (2.0, 0.3), "moderate": (1.5, 0.6)}
"""How far the kinds lie apart, and how far customers stray from them, in log-odds."""
JITTERS = {"clear": 0.1, "moderate": 0.2}
"""How far a visit strays from its rhythm, as a part of the gap; and how often from its order."""
RARE_SHARES = (0.95, 0.03, 0.02)
"""The crowd, who comes and orders far more often, and who buys one product over and over."""
CYCLES = ((0, 0, 1, 2), (1, 0, 0, 2))
"""Orders of visits (look, cart, order): the same visits, one after the other in another way."""


@dataclass(frozen=True)
class FacetWorld:
    """A shop whose customers differ in one thing.

    Attributes:
        name: Unique, and part of the seed.
        facet: The facet that the kinds differ in.
        axis: What they differ in.
        kinds: How many there are; 1 in a null world.
        overlap: How far customers stray from their kind, a key of `SPREADS`.
        by_degree: In a null world, how far customers differ in the axis, as a standard deviation
            of log-odds; there are no kinds.
        season: Whether everyone comes twice as often in the last two months of a year.
        customers: How many are drawn.
        visits: Their mean number of visits.
        days: The span.
    """

    name: str
    facet: str
    axis: Axis
    kinds: int = 1
    overlap: Literal["clear", "moderate"] = "clear"
    by_degree: float = 0.3
    season: bool = False
    customers: int = 2_000
    visits: float = 12.0
    days: int = 364

    def draw(self, seed: int) -> tuple[pa.Table, dict[str, int]]:
        """Return the events, and the kind of each customer by `user_id`."""
        rng = np.random.default_rng([sum(self.name.encode()), seed])
        kind = rng.integers(self.kinds, size=self.customers)
        if self.axis == "rare" and self.kinds > 1:
            kind = rng.choice(3, size=self.customers, p=RARE_SHARES)
        mean = np.maximum(self.visits - 4, 0) * rng.gamma(4.0, 0.25, self.customers)
        if self.axis == "rare":
            strays = mean * np.exp(rng.normal(0, self.by_degree, self.customers))
            mean = np.choose(kind, [strays, 80 + mean, 12 + mean])
        visits = 4 + rng.poisson(mean)
        owner = np.repeat(np.arange(self.customers), visits)
        start = _starts(rng, kind, owner, self)
        order = np.lexsort((start, owner))
        start = start[order]
        table = _events(rng, kind, owner, start, _stages(rng, kind, owner, self), self)
        ids = np.array([f"u{number:05d}" for number in rng.permutation(self.customers)])
        column = pa.array(ids[table["user_id"].to_numpy()])
        table = table.set_column(table.column_names.index("user_id"), "user_id", column)
        return table, dict(zip(ids.tolist(), kind.tolist(), strict=True))


def _starts(
    rng: np.random.Generator, kind: Integers, owner: Integers, world: FacetWorld
) -> Integers:
    """Return when visits begin, in seconds."""
    day = _days(rng, kind, owner, world)
    hours = np.array([8.0, 13.0, 20.0])
    towards = _chosen(rng, _leanings(rng, kind, world, "hours"), owner)
    hour = np.mod(hours[towards] + rng.normal(0, 1.5, len(owner)), 24)
    return START_S + day * DAY_S + (hour * 3600).astype(np.int64)


def _days(rng: np.random.Generator, kind: Integers, owner: Integers, world: FacetWorld) -> Integers:
    if world.axis == "rhythm":
        return _rhythms(rng, kind, owner, world)
    if world.axis == "months" or world.season:
        return _months(rng, kind, owner, world)
    week = rng.integers(world.days // 7, size=len(owner))
    if world.axis != "days":
        return 7 * week + rng.integers(7, size=len(owner))
    leanings = _leanings(rng, kind, world, "days")
    weekend = _chosen(rng, leanings, owner) == 1
    weekday = np.where(weekend, rng.integers(5, 7, len(owner)), rng.integers(5, size=len(owner)))
    return 7 * week + weekday


def _months(
    rng: np.random.Generator, kind: Integers, owner: Integers, world: FacetWorld
) -> Integers:
    leanings = _leanings(rng, kind, world, "months")
    if world.season:
        leanings[:, 10:] *= 4.0
        leanings /= leanings.sum(axis=1, keepdims=True)
    month = _chosen(rng, leanings, owner)
    year = rng.integers(world.days // 364, size=len(owner))
    return np.minimum(
        365 * year + ((month + rng.random(len(owner))) * 365 / 12).astype(np.int64), world.days
    )


def _rhythms(
    rng: np.random.Generator, kind: Integers, owner: Integers, world: FacetWorld
) -> Integers:
    """Return days at random (kind 0), at regular intervals (1) or in bursts of four (2)."""
    counts = np.bincount(owner)
    number = np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)
    gap = world.days / (counts[owner] + 1)
    at_random = rng.random(len(owner)) * world.days
    jitter = JITTERS[world.overlap]
    regular = (number + 1 + jitter * rng.normal(size=len(owner))) * gap
    in_burst = (number // 4 * 4 + 2) * gap + number % 4 + 5 * jitter * rng.random(len(owner))
    kinds = kind[owner]
    day = np.where(kinds == 0, at_random, np.where(kinds == 1, regular, in_burst))
    return np.clip(day, 0, world.days - 1).astype(np.int64)


def _stages(
    rng: np.random.Generator, kind: Integers, owner: Integers, world: FacetWorld
) -> Integers:
    """Return what each visit comes to: a look (0), a cart (1) or an order (2)."""
    at_random = rng.choice(3, size=len(owner), p=[0.5, 0.25, 0.25])
    if world.axis == "rare":
        at_random[kind[owner] > 0] = 2
    if world.axis != "order" or world.kinds == 1:
        return at_random.astype(np.int64)
    counts = np.bincount(owner)
    number = np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)
    place = (number + rng.integers(4, size=len(kind))[owner]) % 4
    cycles = np.array(CYCLES)
    in_order = cycles[np.minimum(kind[owner], len(CYCLES) - 1), place]
    strays = (kind[owner] >= len(CYCLES)) | (rng.random(len(owner)) < JITTERS[world.overlap])
    return np.where(strays, at_random, in_order).astype(np.int64)


def _events(
    rng: np.random.Generator,
    kind: Integers,
    owner: Integers,
    start: Integers,
    stage: Integers,
    world: FacetWorld,
) -> pa.Table:
    """Return the rows: looks, then, where the visit comes to it, a cart and an order."""
    category = _leanings(rng, kind, world, "categories")
    brand = _leanings(rng, kind, world, "brands")
    looks = 1 + rng.poisson(1.5, len(owner))
    events = looks + stage
    visit = np.repeat(np.arange(len(owner)), events)
    place = np.arange(len(visit)) - np.repeat(np.cumsum(events) - events, events)
    # a visit has one thing in mind, and strays from it now and then
    in_mind = _chosen(rng, category, owner)[visit]
    strayed = rng.random(len(visit)) < 0.2
    in_mind[strayed] = _chosen(rng, category, owner[visit][strayed])
    made_by = _chosen(rng, brand, owner[visit])
    product = rng.integers(PER_CATEGORY, size=len(visit))
    if world.axis == "prices":
        third = _chosen(rng, _leanings(rng, kind, world, "prices"), owner[visit])
        product = third * PER_CATEGORY // 3 + product % (PER_CATEGORY // 3)
    if world.axis == "rare":
        of_one = np.flatnonzero(kind[owner[visit]] == 2)
        first = np.searchsorted(owner, owner[visit[of_one]])  # their first visit
        for column in (in_mind, made_by, product):
            column[of_one] = column[(np.cumsum(events) - events)[first]]
    beyond = np.maximum(place - looks[visit] + 1, 0)
    if world.axis == "steps":
        beyond = _in_steps(rng, kind, owner, (visit, place, looks, stage), world)
    for step in (1, 2):
        # what is put in the cart and bought is what was looked at last
        rows = np.flatnonzero(beyond == step)
        for column in (in_mind, made_by, product):
            column[rows] = column[rows - 1]
    if world.axis == "pace":
        late = _chosen(rng, _leanings(rng, kind, world, "pace"), owner) == 1
        late[1:] &= owner[1:] == owner[:-1]
        late[0] = False
        rows = np.flatnonzero((beyond > 0) & late[visit])
        before = (np.cumsum(events) - events)[visit[rows] - 1]  # the first look of that visit
        for column in (in_mind, made_by, product):
            column[rows] = column[before]
    return pa.table(
        {
            "event_time": pa.array(
                (start[visit] + 60 * place) * np.int64(1_000_000), pa.timestamp("us", "UTC")
            ),
            "event_type": np.array(["view", "cart", "purchase"])[beyond],
            "product_id": [
                f"p{c}-{b}-{p}" for c, b, p in zip(in_mind, made_by, product, strict=True)
            ],
            "category_code": np.array(CATEGORIES)[in_mind],
            "brand": np.array(BRANDS)[made_by],
            "price": np.round(10 * 1.02**product * (1 + in_mind % 3), 2),
            "user_id": owner[visit],
            "user_session": [f"s{number}" for number in visit],
        }
    )


def _in_steps(
    rng: np.random.Generator,
    kind: Integers,
    owner: Integers,
    rows: tuple[Integers, Integers, Integers, Integers],
    world: FacetWorld,
) -> Integers:
    """Return what each event is where visits with a cart look and fill it in one of two orders.

    Each of `looks` products in turn, or looks first and then the cart; `stage` carts at least.
    """
    visit, place, looks, stage = rows
    collects = _chosen(rng, _leanings(rng, kind, world, "steps"), owner) == 1
    # half of the looks of a visit with a cart are additions to it
    carted = stage[visit] > 0
    at_end = place >= (looks[visit] + 1) // 2
    in_turn = place % 2 == 1
    beyond = np.where(carted & np.where(collects[visit], at_end, in_turn), 1, 0)
    last = place == looks[visit] + stage[visit] - 1
    return np.where(last & (stage[visit] == 2), 2, beyond).astype(np.int64)


def _leanings(rng: np.random.Generator, kind: Integers, world: FacetWorld, axis: Axis) -> Floats:
    """Return how likely each customer is to choose each bin: rows add up to 1."""
    bins = BINS[axis]
    odds = np.tile(rng.normal(0, 0.5 if bins > 3 else 0.1, bins), (len(kind), 1))
    spread = 0.3
    if axis == world.axis:
        apart, spread = SPREADS[world.overlap] if world.kinds > 1 else (0.0, world.by_degree)
        for number in range(world.kinds if world.kinds > 1 else 0):
            low, high = number * bins // world.kinds, (number + 1) * bins // world.kinds
            odds[np.ix_(kind == number, np.arange(low, high))] += apart
    leaning = np.exp(odds + rng.normal(0, spread, odds.shape))
    return leaning / leaning.sum(axis=1, keepdims=True)


def _chosen(rng: np.random.Generator, leanings: Floats, owner: Integers) -> Integers:
    upto = np.cumsum(leanings, axis=1)[owner]
    return np.minimum(
        (upto < rng.random(len(owner))[:, None]).sum(axis=1), leanings.shape[1] - 1
    ).astype(np.int64)


def _both(world: FacetWorld) -> tuple[FacetWorld, FacetWorld]:
    return tuple(  # type: ignore[return-value]
        replace(world, name=f"{world.name}-{overlap}", overlap=overlap) for overlap in SPREADS
    )


PLANTED: tuple[FacetWorld, ...] = (
    *_both(FacetWorld("categories-4", "taste", "categories", 4)),
    *_both(FacetWorld("brands-3", "taste", "brands", 3)),
    *_both(FacetWorld("hours-3", "time", "hours", 3)),
    *_both(FacetWorld("weekend-2", "time", "days", 2)),
    *_both(FacetWorld("season-2", "time", "months", 2, days=728)),
    *_both(FacetWorld("rhythm-3", "time", "rhythm", 3, visits=20)),
    *_both(FacetWorld("order-3", "path", "order", 3, visits=20)),
    *_both(FacetWorld("prices-3", "taste", "prices", 3)),
    *_both(FacetWorld("steps-2", "path", "steps", 2, visits=20)),
    *_both(FacetWorld("pace-2", "path", "pace", 2, visits=30)),
    FacetWorld("rare-3", "rare", "rare", 3, customers=4_000),
)
NULLS: tuple[FacetWorld, ...] = (
    FacetWorld("null-tastes", "taste", "categories", by_degree=1.0),
    FacetWorld("null-strong-tastes", "taste", "categories", by_degree=2.0),
    FacetWorld("null-brands", "taste", "brands", by_degree=1.0),
    FacetWorld("null-hours", "time", "hours", by_degree=1.0),
    FacetWorld("null-strong-hours", "time", "hours", by_degree=2.0),
    FacetWorld("null-strong-days", "time", "days", by_degree=2.0),
    FacetWorld("null-season", "time", "hours", season=True, days=728),
    FacetWorld("null-path", "path", "order", visits=20),
    FacetWorld("null-prices", "taste", "prices", by_degree=1.0),
    FacetWorld("null-strong-prices", "taste", "prices", by_degree=2.0),
    FacetWorld("null-steps", "path", "steps", by_degree=1.0, visits=20),
    FacetWorld("null-pace", "path", "pace", by_degree=1.0, visits=30),
    FacetWorld("null-rare", "rare", "rare", by_degree=0.3, customers=4_000),
    FacetWorld("null-strong-rare", "rare", "rare", by_degree=1.0, customers=4_000),
)
WORLDS = (*PLANTED, *NULLS)


def main() -> None:
    """Draw every world once."""
    for world in WORLDS:
        table, truth = world.draw(0)
        kinds = len(set(truth.values()))
        print(f"{world.name}: {table.num_rows:,} events, {len(truth):,} customers, {kinds} kinds")


if __name__ == "__main__":
    main()
