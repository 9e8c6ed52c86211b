"""Small simulated shops whose true segments are known, and shops that have none.

Each world is drawn in well under a second as an event log with the canonical columns, with the
true segment of each customer. The structured worlds differ in the number of segments, their sizes,
how far they overlap and in what sets them apart; the null worlds hold one population each, so that
every segment found there is invented.

    python benchmarks/worlds.py

draws each one and prints what it holds.
"""

import time
from collections import Counter
from dataclasses import replace

from world import EVERYONE, Kind, World

__all__ = ["NULLS", "STRUCTURED", "WORLDS", "Kind", "World"]

LAPSED = {"arrival": (0.0, 0.1), "departure": (0.25, 0.45)}
NEW = {"arrival": (0.85, 0.95)}
LOOKING = {"intent": 0.02, "completion": 0.1, "direct": 0.0}
ABANDONING = {"intent": 0.6, "completion": 0.05, "certain": "cart"}
BUYING = {"intent": 0.6, "completion": 0.8, "certain": "purchase"}
ORDERING = {"intent": 1.0, "completion": 1.0, "removal": 0.0}


def equal(*kinds: Kind) -> tuple[Kind, ...]:
    """Give every kind the same share."""
    return tuple(replace(kind, share=1.0 / len(kinds)) for kind in kinds)


STRUCTURED: tuple[World, ...] = (
    World(
        "activity-2",
        "activity",
        equal(Kind("passing", visits=2, views=2.5), Kind("regular", visits=15, views=4)),
        overlap="clear",
        customers=5_000,
    ),
    World(
        "activity-4",
        "activity",
        (
            Kind("once", 0.4, visits=1, views=2, intent=0.05),
            Kind("few", 0.3, visits=4, views=3),
            Kind("many", 0.2, visits=12, views=4, intent=0.2),
            Kind("daily", 0.1, visits=40, views=4, intent=0.25),
        ),
        overlap="strong",
        customers=5_000,
    ),
    World(
        "funnel-3",
        "funnel",
        equal(
            Kind("looker", visits=6, **LOOKING),
            Kind("abandoner", visits=6, removal=0.2, **ABANDONING),
            Kind("buyer", visits=6, **BUYING),
        ),
    ),
    World(
        "funnel-5",
        "funnel",
        (
            Kind("looker", 0.4, visits=7, views=4.5, **LOOKING),
            Kind("abandoner", 0.2, visits=5, **ABANDONING),
            Kind("remover", 0.1, visits=5, intent=0.7, completion=0.3, removal=0.7, certain="cart"),
            Kind("buyer", 0.2, visits=6, **BUYING),
            Kind("direct", 0.1, visits=3, views=1.5, intent=0.02, direct=0.7, certain="purchase"),
        ),
        customers=5_000,
    ),
    World(
        "spend-3",
        "spend",
        equal(
            Kind("thrifty", visits_shape=16, views=2, purse=-2, price=-1, deals=2, **BUYING),
            Kind("usual", visits_shape=16, views=4, **BUYING),
            Kind("premium", visits_shape=16, views=8, purse=2, price=1, deals=0, **BUYING),
        ),
        overlap="clear",
        customers=5_000,
    ),
    World(
        "recency-4",
        "recency",
        (
            Kind("lapsed", 0.3, visits=6, **LAPSED),
            Kind("active", 0.3, visits=9),
            Kind("new", 0.2, visits=4, **NEW),
            Kind("once long ago", 0.2, visits=1, arrival=(0.0, 0.3), departure=(0.5, 0.6)),
        ),
    ),
    World(
        "assortment-4",
        "assortment",
        equal(
            Kind("specialist", visits=12, views=2, focus=0.99, brand=3, rereading=0.5),
            Kind("explorer", visits=12, views=3, focus=0.01, brand=0, rereading=0.0),
            Kind("premium", visits=7, views=3, purse=2, price=2.5, deals=0),
            Kind("bargain", visits=7, views=3, purse=-2, price=-2.5, deals=3),
        ),
        overlap="clear",
        rows="views",
        customers=5_000,
    ),
    World(
        "hours-3",
        "time of visits",
        equal(
            Kind("night", visits=6, fewest_visits=3, views=8, hour=1.5),
            Kind("weekend", visits=2, views=2, weekend=20, hour=14),
            Kind("office", visits=20, views=1.3, weekend=0.05, hour=11),
        ),
        overlap="clear",
        rows="views",
        customers=5_000,
    ),
    World(
        "dominant-5",
        "several things; one segment holds 75 %",
        (
            Kind("passing", 0.75, visits=1.5, views=2.5, intent=0.04, completion=0.2),
            Kind("browser", 0.09, visits=14, views=5.5, **LOOKING),
            Kind("abandoner", 0.06, visits=6, **ABANDONING),
            Kind("buyer", 0.06, visits=5, **BUYING),
            Kind("lapsed buyer", 0.04, visits=7, **BUYING, **LAPSED),
        ),
        customers=10_000,
    ),
    World(
        "rare-3",
        "spend; one segment holds 2 %",
        (
            Kind("browser", 0.68, visits=4, intent=0.05, completion=0.2),
            Kind("buyer", 0.3, visits=5, intent=0.4, completion=0.7, certain="purchase"),
            Kind("whale", 0.02, visits=25, views=5, purse=1, price=1.5, **BUYING),
        ),
        customers=8_000,
    ),
    World(
        "mixed-8",
        "several things",
        (
            Kind("once", 0.25, visits=1, views=2, intent=0.03),
            Kind("browser", 0.15, visits=14, views=5, **LOOKING),
            Kind("abandoner", 0.12, visits=6, **ABANDONING),
            Kind("buyer", 0.12, visits=5, **BUYING),
            Kind("lapsed buyer", 0.1, visits=5, **BUYING, **LAPSED),
            Kind("lapsed looker", 0.1, visits=5, **LOOKING, **LAPSED),
            Kind("new", 0.08, visits=4, intent=0.1, **NEW),
            Kind("loyal", 0.08, visits=18, purse=0.7, price=1, **BUYING),
        ),
        overlap="clear",
    ),
    World(
        "mixed-6",
        "several things",
        (
            Kind("once", 0.3, visits=1, views=2.5, intent=0.05),
            Kind("browser", 0.2, visits=10, views=5, intent=0.04, completion=0.15),
            Kind("abandoner", 0.15, visits=5, intent=0.5, completion=0.1, certain="cart"),
            Kind("buyer", 0.15, visits=4, intent=0.45, completion=0.7, certain="purchase"),
            Kind("lapsed", 0.1, visits=5, intent=0.3, **LAPSED),
            Kind("new", 0.1, visits=3, intent=0.25, **NEW),
        ),
        overlap="strong",
    ),
    World(
        "day-2",
        "funnel",
        (
            Kind("looker", 0.8, visits=1.3, views=3, **LOOKING),
            Kind("buyer", 0.2, visits=1.5, views=4, intent=0.6, certain="purchase"),
        ),
        customers=12_000,
        days=1,
    ),
    World(
        "day-4",
        "activity and funnel",
        (
            Kind("passing", 0.5, visits=1, views=1.6, intent=0.01, direct=0),
            Kind("browser", 0.25, visits=3, fewest_visits=2, views=6, intent=0.01, direct=0),
            Kind("abandoner", 0.15, visits=1.3, intent=0.7, completion=0.02, certain="cart"),
            Kind("buyer", 0.1, visits=1.2, intent=0.5, completion=0.9, certain="purchase"),
        ),
        overlap="clear",
        customers=12_000,
        days=1,
    ),
    World(
        "day-views-3",
        "depth of visits; nothing is bought",
        (
            Kind("bouncing", 0.5, visits=1, views=1.1),
            Kind("looking", 0.3, visits=1.2, views=7, focus=0.9),
            Kind("roaming", 0.2, visits=4, fewest_visits=3, views=6, focus=0.05),
        ),
        rows="views",
        customers=10_000,
        days=1,
    ),
    World(
        "views-4",
        "activity and lapse; nothing is bought",
        (
            Kind("once", 0.35, visits=1, views=2),
            Kind("regular", 0.25, visits=14, views=3),
            Kind("diver", 0.2, visits=3, views=14),
            Kind("lapsed", 0.2, visits=7, views=3, **LAPSED),
        ),
        rows="views",
        customers=5_000,
    ),
    World(
        "orders-4",
        "frequency, recency and spend; the log has purchases alone",
        (
            Kind("once", 0.4, visits=1, views=1.5, **ORDERING),
            Kind("loyal", 0.2, visits=12, views=2, **ORDERING),
            Kind("lapsed", 0.25, visits=5, views=2, **ORDERING, **LAPSED),
            Kind("big basket", 0.15, visits=4, views=25, purse=0.5, price=0.8, **ORDERING),
        ),
        rows="orders",
        customers=8_000,
    ),
)
"""Worlds with segments."""

CONTINUUM = Kind(
    EVERYONE, visits=10, visits_shape=1, arrival=(-0.5, 0.9), departure=(0.9, 1.0), steady=True
)

NULLS: tuple[World, ...] = (
    World(
        "null-identical",
        "nothing: customers are identical",
        (Kind(EVERYONE, visits=6, hour=16),),
        overlap="none",
    ),
    World("null-gamma", "nothing: activity is a gamma continuum", (CONTINUUM,)),
    World(
        "null-rare-purchases",
        "nothing: purchases are as rare for everyone",
        (replace(CONTINUUM, intent=0.04, completion=0.5, direct=0.002),),
    ),
    World(
        "null-zero-inflated",
        "nothing: most are hardly inclined to buy, without a gap to those who are",
        (replace(CONTINUUM, intent=0.12, completion=0.6, direct=0, propensity_shape=0.8),),
    ),
    World(
        "null-day",
        "nothing: one population on one day",
        (replace(CONTINUUM, visits=1.6, arrival=(0.0, 0.0), departure=(1.0, 1.0)),),
        customers=12_000,
        days=1,
    ),
    World(
        "null-orders",
        "nothing: purchases alone, at gamma rates, ended by chance",
        (replace(CONTINUUM, visits=8, views=2, departure=(0.1, 1.8), **ORDERING),),
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
