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

Axis = Literal["categories", "brands"]
SPREADS = {"clear": (2.0, 0.3), "moderate": (1.5, 0.6)}
"""How far the kinds lie apart, and how far customers stray from them, in log-odds."""


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
    customers: int = 2_000
    visits: float = 12.0
    days: int = 364

    def draw(self, seed: int) -> tuple[pa.Table, dict[str, int]]:
        """Return the events, and the kind of each customer by `user_id`."""
        rng = np.random.default_rng([sum(self.name.encode()), seed])
        kind = rng.integers(self.kinds, size=self.customers)
        visits = 4 + rng.poisson(
            np.maximum(self.visits - 4, 0) * rng.gamma(4.0, 0.25, self.customers)
        )
        owner = np.repeat(np.arange(self.customers), visits)
        start = START_S + rng.integers(self.days * DAY_S, size=len(owner))
        category = _leanings(rng, kind, self, "categories", len(CATEGORIES))
        brand = _leanings(rng, kind, self, "brands", len(BRANDS))
        events = 1 + rng.poisson(1.5, len(owner))
        visit = np.repeat(np.arange(len(owner)), events)
        # a visit has one thing in mind, and strays from it now and then
        in_mind = _chosen(rng, category, owner)[visit]
        strayed = rng.random(len(visit)) < 0.2
        in_mind[strayed] = _chosen(rng, category, owner[visit][strayed])
        made_by = _chosen(rng, brand, owner[visit])
        place = np.arange(len(visit)) - np.repeat(np.cumsum(events) - events, events)
        bought = (rng.random(len(visit)) < 0.1) & (place > 0)
        ids = np.array([f"u{number:05d}" for number in rng.permutation(self.customers)])
        product = rng.integers(PER_CATEGORY, size=len(visit))
        table = pa.table(
            {
                "event_time": pa.array(
                    (start[visit] + 60 * place) * np.int64(1_000_000), pa.timestamp("us", "UTC")
                ),
                "event_type": np.where(bought, "purchase", "view"),
                "product_id": [
                    f"p{c}-{b}-{p}" for c, b, p in zip(in_mind, made_by, product, strict=True)
                ],
                "category_code": np.array(CATEGORIES)[in_mind],
                "brand": np.array(BRANDS)[made_by],
                "price": np.round(10 * 1.02**product * (1 + in_mind % 3), 2),
                "user_id": ids[owner[visit]],
                "user_session": [f"s{number}" for number in visit],
            }
        )
        return table, dict(zip(ids.tolist(), kind.tolist(), strict=True))


def _leanings(
    rng: np.random.Generator, kind: Integers, world: FacetWorld, axis: Axis, bins: int
) -> Floats:
    """Return how likely each customer is to choose each bin: rows add up to 1."""
    odds = np.tile(rng.normal(0, 0.5, bins), (len(kind), 1))
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
)
NULLS: tuple[FacetWorld, ...] = (
    FacetWorld("null-tastes", "taste", "categories", by_degree=1.0),
    FacetWorld("null-strong-tastes", "taste", "categories", by_degree=2.0),
    FacetWorld("null-brands", "taste", "brands", by_degree=1.0),
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
