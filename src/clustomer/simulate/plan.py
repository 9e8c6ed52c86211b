"""What each block of customers has to deliver, so that all blocks together are as asked."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from clustomer.simulate.dirt import plan_dirt
from clustomer.simulate.shop import Block

CUSTOMERS_PER_BLOCK: Final = 4_096
EVENTS_PER_BLOCK: Final = 262_144
EVENTS_PER_BOT: Final = 150_000


def bots_among(events: int, customers: int) -> int:
    """Return how many bots a log has: some in a large one."""
    return min(events // EVENTS_PER_BOT, customers // 1_000) if events >= 5 * customers else 0


def plan_blocks(
    events: int,
    customers: int,
    *,
    bots: int,
    migration: float,
    dirt: float,
    seed: np.random.SeedSequence,
) -> Iterator[Block]:
    """Divide customers, rows, bots, movers and flaws among blocks so that all add up exactly."""
    blocks = max(-(-customers // CUSTOMERS_PER_BLOCK), -(-events // EVENTS_PER_BLOCK))
    flaws = plan_dirt(events, dirt)

    def part(total: int, block: int) -> int:
        return total * (block + 1) // blocks - total * block // blocks

    ids = np.random.default_rng(seed)
    next_id, first, first_row, people = 500_000_000, 0, 0, 0
    for number, block_seed in enumerate(seed.spawn(blocks)):
        size = part(customers, number)
        last_row = events * (first + size) // customers
        rows = last_row - first_row
        humans = size - part(bots, number)
        movers = _rounded(migration * (people + humans)) - _rounded(migration * people)
        # Steps of 1 to 37 look like ids of which most belong to people who are not in this log.
        user_ids = next_id + np.cumsum(ids.integers(1, 38, size))
        counts = {name: part(total, number) for name, total in flaws.items()}
        # Each customer keeps a clean row; a duplicate needs a row for itself and its original.
        if sum(counts.values()) + counts["duplicate"] > rows - size:
            counts = dict.fromkeys(counts, 0)
        yield Block(
            number=number,
            user_ids=user_ids,
            bots=part(bots, number),
            movers=movers,
            rows=rows,
            dirt=counts,
            seed=block_seed,
        )
        next_id, first, first_row = int(user_ids[-1]), first + size, last_row
        people += humans


def _rounded(value: float) -> int:
    """Return the nearest whole number; halves go up, so that steps of 1 stay steps of 1."""
    return int(value + 0.5)
