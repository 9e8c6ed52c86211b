"""A block of customers goes through the simulated shop and leaves its log."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa

from clustomer.simulate.calendar import DAY_S, Calendar
from clustomer.simulate.catalogue import Catalogue
from clustomer.simulate.dirt import CLEAN, DUPLICATE, soil
from clustomer.simulate.visits import (
    VIEW,
    Integers,
    but_first_rows,
    draw_sessions,
    draw_walk,
    fit_walk,
    set_clock,
)
from clustomer.simulate.world import BOT_KIND, KINDS, draw_temperaments

BOT_BURSTS: Final = (1, 3)
BOT_BURST_EVENTS: Final = (800, 1_300)
"""More than 720 events within an hour: a rate that no human reaches."""


@dataclass(frozen=True)
class Block:
    """What one block of customers has to deliver; blocks depend on nothing but themselves.

    Attributes:
        number: Number of the block, from 0.
        user_ids: The customers, ascending.
        bots: How many of them are bots.
        rows: Rows in the log, duplicates included.
        dirt: Rows with each flaw.
        seed: Seed of the block.
    """

    number: int
    user_ids: Integers
    bots: int
    rows: int
    dirt: Mapping[str, int]
    seed: np.random.SeedSequence


def draw_block(
    block: Block, calendar: Calendar, catalogue: Catalogue
) -> tuple[pa.RecordBatch, Integers]:
    """Draw the log of one block.

    Returns:
        Exactly `block.rows` rows with `at` (seconds since 1970), `ordinal` (breaks ties of time),
        `user_id`, `session` (a number), `event_type` (index in `EVENT_TYPES`), `product` (index in
        the catalogue), `price_cents` and `dirt` (code of the flaw); and the segment of each of
        `block.user_ids`, as its index in `SEGMENTS`.
    """
    rng = np.random.default_rng(block.seed)
    customers = block.user_ids.size
    kind = rng.choice(len(KINDS), size=customers, p=[kind.share for kind in KINDS])
    is_bot = np.zeros(customers, dtype=bool)
    is_bot[rng.choice(customers, size=block.bots, replace=False)] = True
    temper = draw_temperaments(kind, rng)

    bot_customer, bot_s = _draw_bots(np.flatnonzero(is_bot), calendar, rng)
    duplicates = block.dirt["duplicate"]
    quota = max(block.rows - duplicates - bot_s.size, int((~is_bot).sum()))
    sessions = draw_sessions(np.flatnonzero(~is_bot), temper, quota, calendar, rng)
    walk = fit_walk(draw_walk(sessions, catalogue, rng), sessions, quota, rng)
    second = set_clock(walk, sessions, calendar, rng)

    bot_session = sessions.customer.size + bot_customer
    customer = np.concatenate([sessions.customer[walk.session], bot_customer])
    session = np.concatenate([walk.session, bot_session])
    event_type = np.concatenate([walk.event_type, np.full(bot_s.size, VIEW)])
    product = np.concatenate([walk.product, rng.integers(0, catalogue.category.size, bot_s.size)])
    second = np.concatenate([second, bot_s])
    reduced = 1.0 - catalogue.discount(product, second // (7 * DAY_S))
    price = np.maximum(np.rint(catalogue.price_cents[product] * reduced), 1).astype(np.int64)

    spoilable = but_first_rows(customer)
    chosen, codes = soil(spoilable, block.dirt, rng)
    dirt = np.full(customer.size, CLEAN)
    dirt[chosen] = codes
    # A duplicate is a clean row and its copy, so the flaw itself marks the copy alone.
    copied = np.concatenate([np.arange(customer.size), np.flatnonzero(dirt == DUPLICATE)])
    dirt[dirt == DUPLICATE] = CLEAN
    dirt = np.concatenate([dirt, np.full(copied.size - dirt.size, DUPLICATE)])

    numbers = np.int64(block.number) << np.int64(32)
    batch = pa.RecordBatch.from_pydict(
        {
            "at": calendar.start_s + second[copied],
            "ordinal": numbers + np.arange(copied.size),
            "user_id": block.user_ids[customer[copied]],
            "session": numbers + session[copied],
            "event_type": event_type[copied].astype(np.int8),
            "product": product[copied].astype(np.int32),
            "price_cents": price[copied],
            "dirt": dirt.astype(np.int8),
        }
    )
    return batch, np.where(is_bot, BOT_KIND, kind)


def _draw_bots(
    bots: Integers, calendar: Calendar, rng: np.random.Generator
) -> tuple[Integers, Integers]:
    """Draw whole bursts of views, each within one hour."""
    customer, second = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for bot in bots:
        for _ in range(rng.integers(BOT_BURSTS[0], BOT_BURSTS[1] + 1)):
            size = int(rng.integers(BOT_BURST_EVENTS[0], BOT_BURST_EVENTS[1] + 1))
            hour = int(rng.integers(0, calendar.days * 24))
            # No second twice: a bot's rows must not look like duplicates.
            within = np.sort(rng.choice(3_600, size=size, replace=False))
            customer.append(np.full(size, bot))
            second.append(hour * 3_600 + within)
    return np.concatenate(customer), np.concatenate(second)
