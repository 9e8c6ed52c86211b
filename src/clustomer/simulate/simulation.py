"""A shop whose true customer segments are known, drawn and written."""

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from os import PathLike
from pathlib import Path
from typing import Final, Literal

import adbc_driver_manager
import duckdb
import numpy as np

from clustomer.errors import OutputError, UsageError, did_you_mean
from clustomer.simulate.calendar import make_calendar
from clustomer.simulate.catalogue import TASTES, draw_catalogue
from clustomer.simulate.dirt import CODES
from clustomer.simulate.kinds import BOT, EVERYONE, MONTH, WEEK, kinds_within
from clustomer.simulate.log import render
from clustomer.simulate.plan import bots_among, plan_blocks
from clustomer.simulate.shop import Shop, draw_block
from clustomer.simulate.slices import Slices
from clustomer.simulate.temperaments import DRIFT
from clustomer.simulate.truth import TruthFile
from clustomer.simulate.writers import counted, write_parquet, writer_for
from clustomer.unfinished import in_one_go, remove_folder, temporary_folder

EVENTS_PER_CUSTOMER: Final = 35
EVENTS_PER_CUSTOMER_WITHIN_DAYS: Final = 7
MOST_EVENTS_PER_CUSTOMER: Final = 1_000
FEWEST_EVENTS_PER_MOVER: Final = 5
DAYS: Final = 150
START: Final = date(2019, 10, 1)
STRUCTURES: Final = ("kinds", "none")

Structure = Literal["kinds", "none"]


@dataclass(frozen=True)
class Simulation:
    """What was simulated and where it is.

    Attributes:
        path: The log.
        truth_path: The truth: CSV with `user_id` and `segment`, one row per customer of the log;
            also `segment_before` and `changed_at` where customers migrate, and `taste` where they
            have tastes.
        events: Rows of the log.
        customers: Customers of the log, bots included.
        segments: Customers in each true segment that a log of so many days can show.
        dirt: Rows with each flaw. A row never has two.
        start: First day of the log.
        days: Days that the log spans.
        random_state: The seed.
        structure: "kinds", or "none".
        drift: What has become of behaviour by the end of the log, as a multiple of its start:
            `views` (a session's further views), `completion` (carts that end in a purchase) and
            `price`; all 1 without drift.
        movers: Customers that change their kind.
        tastes: Groups of taste; 0 without.
    """

    path: Path
    truth_path: Path
    events: int
    customers: int
    segments: Mapping[str, int]
    dirt: Mapping[str, int]
    start: date
    days: int
    random_state: int
    structure: Structure
    drift: Mapping[str, float]
    movers: int
    tastes: int


def simulate(
    path: str | PathLike[str],
    *,
    events: int = 1_000_000,
    customers: int | None = None,
    days: int = DAYS,
    start: date = START,
    dirt: float = 1.0,
    structure: Structure = "kinds",
    drift: float = 0.0,
    migration: float = 0.0,
    tastes: bool = False,
    random_state: int = 0,
    overwrite: bool = False,
    on_rows: Callable[[int], None] | None = None,
) -> Simulation:
    """Write the event log of a shop whose true segments are known, and the truth beside it.

    The log has the nine columns of the REES46 data (`event_time`, `event_type`, `product_id`,
    `category_id`, `category_code`, `brand`, `price`, `user_id`, `user_session`) in the order of
    time. The truth, `<name>.truth.csv`, has `user_id` and `segment` for every customer of the log.
    The same arguments give the same rows in the same order. Memory stays under a gigabyte however
    many there are; on disk, some 35 bytes per row are needed beside the log while it is made.

    Customers belong to the kinds in `KINDS`, each with its own rates around those of its kind, so
    that kinds overlap; some 0.02 % are bots. Kinds need time: under 28 days nobody is lapsed or
    new, and under 7 nobody is loyal or a bargain hunter either; visitors, browsers, cart abandoners
    and buyers remain, in the proportions of one day of the REES46 data. Flaws come at the rates in
    `DIRT_RATES`.

    Args:
        path: Where to write. `.db` and `.sqlite` give SQLite (table `ecommerce_behavior`), `.csv`
            and `.csv.gz` CSV, `.parquet` Parquet: with text columns as in CSV, but a clean log
            (`dirt=0`) with typed ones: timestamps (UTC), whole-number ids, prices as doubles.
        events: Rows of the log, exactly, flawed rows and duplicates among them.
        customers: Customers, exactly; by default one for every 35 events, or for every 7 in a log
            of under 7 days. With other numbers the visits of all but one-time visitors are scaled
            to give the asked number of events; with very few events per customer the kinds lose
            what sets them apart.
        days: Days that the log spans. Visits do not grow with them.
        start: The first day.
        dirt: Scales all rates of flaws; 0 gives a clean log.
        structure: "kinds", or "none" for customers without segments: a single population, the
            segment "everyone", in which activity is spread exponentially and nothing goes with it.
        drift: 0 to 1: how strongly everyone's behaviour changes in the course of the log, linearly
            with time. With 1, by the end a session's further views have fallen by 35 %, the carts
            that end in a purchase by 60 %, and prices have risen by 50 %.
        migration: 0 to 1: share of the customers (bots aside) who change their kind once, on a day
            between 30 and 70 % of the time. Only kinds that come again change and become one
            another, so beyond some 0.44 there are fewer of the others. The truth's `segment` is
            the kind at the end, `segment_before` the one before, and `changed_at` the first day of
            the new one.
        tastes: Whether customers have one of 8 tastes, whatever their kind: each taste gives some
            categories, brands and products eight times the attention each, so that who bought one
            of them buys others. The truth's `taste` is 1 to 8, and empty for bots.
        random_state: The seed, 0 or more.
        overwrite: Whether to replace files that exist.
        on_rows: Called with a number of rows whenever that many are drawn, and again when they
            are written: the numbers add up to twice `events`.

    Raises:
        UsageError: An argument makes no sense.
        OutputError: A file exists and `overwrite` is false, or cannot be written.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     simulation = simulate(f"{folder}/shop.csv", events=500)
    >>> simulation.events, simulation.customers, simulation.truth_path.name
    (500, 14, 'shop.truth.csv')
    """
    path = Path(path)
    writer, stem = writer_for(path)
    truth_path = path.with_name(f"{stem}.truth.csv")
    customers = _usual_customers(events, days) if customers is None else customers
    _check(events, customers, days, dirt, random_state)
    _check_switches(events, customers, days, structure, drift, migration)
    if not overwrite:
        _refuse_existing(path, truth_path)
    roots = np.random.SeedSequence(random_state).spawn(2)
    shop = Shop(
        calendar=make_calendar(start, days),
        catalogue=draw_catalogue(np.random.default_rng(roots[0]), tastes=tastes),
        kinds=kinds_within(days) if structure == "kinds" else (EVERYONE,),
        drift=drift,
        migration=migration > 0,
        tastes=tastes,
    )
    bots = bots_among(events, customers) if structure == "kinds" else 0
    rates = {"migration": migration, "dirt": dirt}
    blocks = plan_blocks(events, customers, bots=bots, seed=roots[1], **rates)
    flaws = dict.fromkeys(CODES, 0)
    folder = _folder_beside(path, stem)
    slices = Slices(folder, events)
    try:
        with TruthFile(folder / truth_path.name) as truth:
            for block in blocks:
                log, customers_truth = draw_block(block, shop)
                slices.add(log)
                truth.add(customers_truth)
                for name, rows in block.dirt.items():
                    flaws[name] += rows
                if on_rows is not None:
                    on_rows(log.num_rows)
        typed = writer is write_parquet and dirt == 0
        batches = render(slices.read(), shop.catalogue, seed=random_state, typed=typed)
        writer(folder / path.name, counted(batches, on_rows))
        with in_one_go():
            (folder / truth_path.name).replace(truth_path)
            (folder / path.name).replace(path)
    except (OSError, duckdb.IOException, sqlite3.Error, adbc_driver_manager.Error) as error:
        raise _cannot_write(path, error) from error
    finally:
        slices.close()
        remove_folder(folder)
    possible = [kind.name for kind in shop.kinds] + [BOT] * (structure == "kinds")
    return Simulation(
        path=path,
        truth_path=truth_path,
        events=events,
        customers=customers,
        segments={name: truth.segments[name] for name in possible},
        dirt=flaws,
        start=start,
        days=days,
        random_state=random_state,
        structure=structure,
        drift={name: 1.0 + change * drift for name, change in DRIFT.items()},
        movers=truth.changed,
        tastes=TASTES if tastes else 0,
    )


def _usual_customers(events: int, days: int) -> int:
    usual = EVENTS_PER_CUSTOMER if days >= WEEK else EVENTS_PER_CUSTOMER_WITHIN_DAYS
    return max(events // usual, 1)


def _cannot_write(path: Path, error: Exception) -> OutputError:
    return OutputError(
        f"Cannot write {path}: {error}. Is there space left, and is it not a folder?"
    )


def _refuse_existing(*paths: Path) -> None:
    for path in paths:
        if path.exists():
            raise OutputError(
                f"{path} exists already. Choose another name, or pass `overwrite=True` "
                "(on the command line: --overwrite)."
            )


def _folder_beside(path: Path, stem: str) -> Path:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return temporary_folder(f".{stem}-", path.parent)
    except OSError as error:
        raise OutputError(f"Cannot write into {path.parent}: {error}. Choose another.") from error


def _check(events: int, customers: int, days: int, dirt: float, random_state: int) -> None:
    """Refuse what cannot be simulated."""
    if events < 1:
        raise UsageError(f"Got events={events}: expected 1 or more. Try events=1_000_000.")
    fewest = -(-events // MOST_EVENTS_PER_CUSTOMER)
    if not fewest <= customers <= events:
        raise UsageError(
            f"Got customers={customers} for events={events}: expected {fewest} to {events}, since "
            f"a customer leaves 1 to {MOST_EVENTS_PER_CUSTOMER} events on average. Leave "
            f"`customers` out for one for every {EVENTS_PER_CUSTOMER} events."
        )
    if not 1 <= days <= 3_650:
        raise UsageError(f"Got days={days}: expected 1 to 3650. Try days={DAYS}.")
    if not 0.0 <= dirt <= 10.0:
        raise UsageError(f"Got dirt={dirt}: expected 0 (clean) to 10. Try dirt=1.")
    if random_state < 0:
        raise UsageError(f"Got random_state={random_state}: expected 0 or more. Try 0.")


def _check_switches(
    events: int, customers: int, days: int, structure: str, drift: float, migration: float
) -> None:
    """Refuse switches that make no sense, or not together."""
    if structure not in STRUCTURES:
        raise UsageError(
            f'Got structure={structure!r}: expected "kinds" or "none". '
            f"{did_you_mean(structure, STRUCTURES)}"
        )
    if not 0.0 <= drift <= 1.0:
        raise UsageError(f"Got drift={drift}: expected 0 (none) to 1. Try drift=0.5.")
    if not 0.0 <= migration <= 1.0:
        raise UsageError(f"Got migration={migration}: expected 0 to 1. Try migration=0.2.")
    if migration == 0:
        return
    if structure == "none":
        raise UsageError(
            f'Got migration={migration} and structure="none" (--no-structure): customers of one '
            "kind have no other to change to. Leave one of the two out."
        )
    if days < MONTH:
        raise UsageError(
            f"Got migration={migration} for days={days}: expected {MONTH} days or more, since a "
            f"change needs time before and after it. Try days={DAYS}."
        )
    if events < FEWEST_EVENTS_PER_MOVER * customers:
        raise UsageError(
            f"Got migration={migration} for {customers} customers with {events} events: expected "
            f"{FEWEST_EVENTS_PER_MOVER} or more events per customer, since a customer who changes "
            f"comes before and after. Try customers={max(events // EVENTS_PER_CUSTOMER, 1)}."
        )
