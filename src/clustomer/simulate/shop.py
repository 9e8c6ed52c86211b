"""A block of customers goes through the simulated shop and leaves its log."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from clustomer.simulate.calendar import DAY_S, Calendar
from clustomer.simulate.catalogue import TASTES, Catalogue
from clustomer.simulate.dirt import CLEAN, DUPLICATE, soil
from clustomer.simulate.kinds import BOT, LASTING, Kind
from clustomer.simulate.temperaments import DRIFT, Temperaments, draw_temperaments
from clustomer.simulate.visits import (
    VIEW,
    Fancies,
    Integers,
    but_first_rows,
    draw_sessions,
    draw_walk,
    fit_walk,
    set_clock,
)

BOT_BURSTS: Final = (1, 3)
BOT_BURST_EVENTS: Final = (800, 1_300)
"""More than 720 events within an hour: a rate that no human reaches."""
CHANGES: Final = (0.3, 0.7)
"""When customers change their kind: bounds of a uniform draw, as shares of the time."""


@dataclass(frozen=True)
class Shop:
    """What all blocks have in common.

    Attributes:
        calendar: The days.
        catalogue: The products.
        kinds: The kinds of customers.
        drift: How strongly behaviour drifts, 0 to 1.
        migration: Whether customers change their kind.
        tastes: Whether customers have tastes.
    """

    calendar: Calendar
    catalogue: Catalogue
    kinds: tuple[Kind, ...]
    drift: float = 0.0
    migration: bool = False
    tastes: bool = False


@dataclass(frozen=True)
class Block:
    """What one block of customers has to deliver; blocks depend on nothing but themselves.

    Attributes:
        number: Number of the block, from 0.
        user_ids: The customers, ascending.
        bots: How many of them are bots.
        movers: How many of them change their kind.
        rows: Rows in the log, duplicates included.
        dirt: Rows with each flaw.
        seed: Seed of the block.
    """

    number: int
    user_ids: Integers
    bots: int
    movers: int
    rows: int
    dirt: Mapping[str, int]
    seed: np.random.SeedSequence


@dataclass(frozen=True)
class _Moves:
    """Who changes its kind: the customer, its kind before, and the first day after."""

    customer: Integers
    before: Integers
    day: Integers


def draw_block(block: Block, shop: Shop) -> tuple[pa.RecordBatch, pa.RecordBatch]:
    """Draw the log of one block, and the truth about its customers.

    Returns:
        Exactly `block.rows` rows with `at` (seconds since 1970), `user_id`, `session` (a number),
        `event_type` (index in `EVENT_TYPES`), `product` (index in the catalogue), `price_cents`,
        `dirt` (code of the flaw) and `variant` (which of three ways a flaw shows); and `user_id`,
        `segment` and what the shop's switches add for each of `block.user_ids`.
    """
    calendar, catalogue = shop.calendar, shop.catalogue
    rng = np.random.default_rng(block.seed)
    customers = block.user_ids.size
    kind = rng.choice(len(shop.kinds), size=customers, p=[kind.share for kind in shop.kinds])
    is_bot = np.zeros(customers, dtype=bool)
    is_bot[rng.choice(customers, size=block.bots, replace=False)] = True
    # Switches draw from a stream of their own, so that they leave everything else as it is.
    switch_rng = np.random.default_rng(_child(block.seed))
    kind, moves = _draw_moves(kind, is_bot, block.movers, shop, switch_rng)
    own_taste = switch_rng.integers(0, TASTES if shop.tastes else 1, customers)
    temper = draw_temperaments(kind, shop.kinds, rng)
    temper = _with_past(temper, moves, shop, switch_rng)

    # Whoever changes comes twice: as who it is, and, numbered after all customers, as who it was.
    person = np.concatenate([np.arange(customers), moves.customer])
    fancies = Fancies(own_taste[person], person)
    present = np.flatnonzero(~is_bot[person])
    bot_customer, bot_s = _draw_bots(np.flatnonzero(is_bot), calendar, rng)
    duplicates = block.dirt["duplicate"]
    quota = max(block.rows - duplicates - bot_s.size, present.size)
    sessions = draw_sessions(present, temper, quota, calendar, rng, shop.drift)
    walk = fit_walk(draw_walk(sessions, fancies, catalogue, rng), sessions, quota, rng)
    second = set_clock(walk, sessions, calendar, rng)

    bot_session = sessions.customer.size + bot_customer
    customer = np.concatenate([person[sessions.customer[walk.session]], bot_customer])
    session = np.concatenate([walk.session, bot_session])
    event_type = np.concatenate([walk.event_type, np.full(bot_s.size, VIEW)])
    product = np.concatenate([walk.product, rng.integers(0, catalogue.category.size, bot_s.size)])
    second = np.concatenate([second, bot_s])
    factor = 1.0 - catalogue.discount(product, second // (7 * DAY_S))
    if shop.drift:
        factor *= 1.0 + DRIFT["price"] * shop.drift * second / (calendar.days * DAY_S)
    price = np.maximum(np.rint(catalogue.price_cents[product] * factor), 1).astype(np.int64)

    spoilable = but_first_rows(customer)
    chosen, codes = soil(spoilable, block.dirt, rng)
    dirt = np.full(customer.size, CLEAN)
    dirt[chosen] = codes
    # A duplicate is a clean row and its copy, so the flaw itself marks the copy alone.
    copied = np.concatenate([np.arange(customer.size), np.flatnonzero(dirt == DUPLICATE)])
    dirt[dirt == DUPLICATE] = CLEAN
    dirt = np.concatenate([dirt, np.full(copied.size - dirt.size, DUPLICATE)])

    numbers = np.int64(block.number) << np.int64(32)
    log = pa.RecordBatch.from_pydict(
        {
            "at": calendar.start_s + second[copied],
            "user_id": block.user_ids[customer[copied]],
            "session": numbers + session[copied],
            "event_type": event_type[copied].astype(np.int8),
            "product": product[copied].astype(np.int32),
            "price_cents": price[copied].astype(np.int32),
            "dirt": dirt.astype(np.int8),
            "variant": ((numbers + np.arange(copied.size)) % 3).astype(np.int8),
        }
    )
    return log, _truth(block, shop, np.where(is_bot, len(shop.kinds), kind), moves, own_taste)


def _child(seed: np.random.SeedSequence) -> np.random.SeedSequence:
    """Return a further seed that depends on `seed` alone; `spawn` would count its calls."""
    return np.random.SeedSequence(seed.entropy, spawn_key=(*seed.spawn_key, 0))


def _draw_moves(
    kind: Integers,
    is_bot: NDArray[np.bool_],
    movers: int,
    shop: Shop,
    rng: np.random.Generator,
) -> tuple[Integers, _Moves]:
    """Choose who changes its kind and who that was; return everyone's kind at the end as well."""
    lasts = np.array([k.name in LASTING for k in shop.kinds])
    weight = np.where(lasts, [k.share for k in shop.kinds], 0.0)
    # Others move only where there are not enough whose kind lasts, and are given one that does.
    able, unable = np.flatnonzero(lasts[kind] & ~is_bot), np.flatnonzero(~lasts[kind] & ~is_bot)
    customer = np.concatenate([rng.permutation(able), rng.permutation(unable)])[:movers]
    customer = np.sort(customer)
    if not customer.size:
        return kind, _Moves(customer, customer, customer)
    changed = ~lasts[kind[customer]]
    kind = kind.copy()
    kind[customer[changed]] = rng.choice(
        weight.size, size=int(changed.sum()), p=weight / weight.sum()
    )
    odds = np.tile(weight, (customer.size, 1))
    odds[np.arange(customer.size), kind[customer]] = 0.0
    running = np.cumsum(odds, axis=1)
    before = (rng.random((customer.size, 1)) * running[:, -1:] >= running).sum(axis=1)
    days = shop.calendar.days
    day = np.rint(rng.uniform(*CHANGES, customer.size) * days).astype(np.int64)
    return kind, _Moves(customer, before, day)


def _with_past(
    temper: Temperaments, moves: _Moves, shop: Shop, rng: np.random.Generator
) -> Temperaments:
    """Add who the movers were before, and let them be who they are only after the change."""
    if not moves.customer.size:
        return temper
    now = temper.take(moves.customer)
    days = shop.calendar.days
    past = replace(
        draw_temperaments(moves.before, shop.kinds, rng),
        # Half a day off: a share of the days times the days must not round into the next day.
        departure=(moves.day - 0.5) / days,
        hour=now.hour,
        hour_spread=now.hour_spread,
    )
    past = replace(past, arrival=np.minimum(past.arrival, past.departure / 2.0))
    # Two shorter lives, with as many visits a day as one whole life has.
    share = moves.day / days
    arrival, visits = temper.arrival.copy(), temper.visits.copy()
    arrival[moves.customer] = (moves.day + 0.5) / days
    visits[moves.customer] *= 1.0 - share
    past = replace(past, visits=past.visits * share)
    return replace(temper, arrival=arrival, visits=visits).append(past)


def _truth(
    block: Block, shop: Shop, segment: Integers, moves: _Moves, taste: Integers
) -> pa.RecordBatch:
    """Return the truth about each customer of the block."""
    names = np.array([*(kind.name for kind in shop.kinds), BOT], dtype=object)
    columns = {
        "user_id": pa.array(block.user_ids),
        "segment": pa.array(names[segment], pa.string()),
    }
    if shop.migration:
        before = segment.copy()
        before[moves.customer] = moves.before
        columns["segment_before"] = pa.array(names[before], pa.string())
        day = np.full(segment.size, -1)
        day[moves.customer] = moves.day
        date = shop.calendar.start_s // DAY_S + day
        columns["changed_at"] = pa.array(date.astype("datetime64[D]"), mask=day < 0)
    if shop.tastes:
        is_bot = segment == len(shop.kinds)
        columns["taste"] = pa.array(taste + 1, mask=is_bot)
    return pa.RecordBatch.from_pydict(columns)


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
