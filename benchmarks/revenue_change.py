"""Is the lever that moved revenue named first, and is nothing named where nothing moved?

    python benchmarks/revenue_change.py [--draws 100] [--first 0]

Shops of four segments whose customers order by chance; between two months one lever of one segment
is moved (orders, value or returns of its customers, or customers who move into it from another),
or none. Printed is how often the lever was named first, and how often nothing was.
"""

import argparse
import json
import sys

import numpy as np
import pyarrow as pa

from clustomer.history import Change, change_of

SEGMENTS = ("S1", "S2", "S3", "S4")
CUSTOMERS = (2_400, 900, 450, 250)
RATES = (0.15, 0.5, 1.0, 2.5)
VALUES = (30.0, 45.0, 60.0, 80.0)
RETURNS = (0.05, 0.05, 0.1, 0.05)
LEVERS = ("orders", "value", "returns", "movement")
EFFECTS = {"orders": 0.5, "value": 0.3, "returns": 0.25, "movement": 0.4}
"""By how much a lever moves: orders and value by this part, returns to so many more of all sold,
and of those in the segment below so many (as a part of the segment's own) move into it."""
ARRIVING = 120


def period(rng: np.random.Generator, groups: np.ndarray, lever: str, segment: int) -> pa.Table:
    """Return what customers did in a month, with one lever of one segment moved or none."""
    rates, values, returns = np.array(RATES), np.array(VALUES), np.array(RETURNS)
    if lever == "orders":
        rates[segment] *= 1 + EFFECTS[lever]
    elif lever == "value":
        values[segment] *= 1 + EFFECTS[lever]
    elif lever == "returns":
        returns[segment] += EFFECTS[lever]
    # customers of a segment differ: gamma rates, log-normal values
    orders = rng.poisson(rates[groups] * rng.gamma(2.0, 0.5, len(groups)))
    sold = np.array(
        [
            (values[group] * rng.lognormal(-0.125, 0.5, count)).sum()
            for group, count in zip(groups, orders, strict=True)
        ]
    )
    back = (rng.random(len(groups)) < returns[groups]) * sold
    ids = [f"u{number}" for number in range(len(groups))]
    new_ids = [f"{lever}{rng.integers(1 << 40)}" for _ in range(rng.poisson(ARRIVING))]
    new_orders = 1 + rng.poisson(0.1, len(new_ids))
    return pa.table(
        {
            "user_id": ids + new_ids,
            "group": [SEGMENTS[group] for group in groups] + ["arrived"] * len(new_ids),
            "orders": np.concatenate([orders, new_orders]),
            "sold": np.concatenate([sold, new_orders * rng.lognormal(3.5, 0.5, len(new_ids))]),
            "returned": np.concatenate([back, np.zeros(len(new_ids))]),
        }
    )


def draw(lever: str, segment: int, seed: int) -> Change:
    """Return why revenue changed in one pair of months."""
    rng = np.random.default_rng(seed)
    groups = np.repeat(np.arange(len(SEGMENTS)), CUSTOMERS)
    before = period(rng, groups, "", segment)
    if lever == "movement":
        donors = np.flatnonzero(groups == segment - 1)
        moved = rng.choice(donors, int(EFFECTS[lever] * CUSTOMERS[segment]), replace=False)
        groups = groups.copy()
        groups[moved] = segment
    return change_of(before, period(rng, groups, lever, segment))


def study(draws: int, first: int = 0) -> dict[str, float]:
    """Return how often the lever is named first, by lever, and how often nothing is.

    The seeds of the draws are `first` and those after it.
    """
    result: dict[str, float] = {}
    seeds = range(first, first + draws)
    steady = [draw("", 0, seed) for seed in seeds]
    result["steady: nothing is named"] = sum(not change.named for change in steady) / draws
    result["steady: the change is called chance"] = (
        sum(not change.surely for change in steady) / draws
    )
    for lever in LEVERS:
        right = 0
        for seed in seeds:
            segment = 1 + seed % 3
            named = draw(lever, segment, 10_000 + seed).named
            right += bool(named and (named[0].group, named[0].factor) == (SEGMENTS[segment], lever))
        result[f"{lever}: named first"] = right / draws
    return result


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Is the lever named first?")
    parser.add_argument("--draws", type=int, default=100)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    given = parser.parse_args()
    json.dump(study(given.draws, given.first), sys.stdout, indent=1)
    print()
