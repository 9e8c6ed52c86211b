"""Are customers who buy in December alone called that, and not lapsed in November?

    python benchmarks/december.py [--draws 100] [--first 0]

Shops of three years that end in November. Some customers order in December alone, in nearly every
one; others order all the year round, often or seldom, or once. Printed is in how many shops the
segment that holds most of the planted customers is named by their month (beside in how many it is
of them for four parts in five, which its name needs), in how many it is called lapsed, and how many
of the planted customers who ordered in the last December are in the stage "lapsed".
"""

import argparse
import json
import sys
from dataclasses import asdict, dataclass
from datetime import date, timedelta

import numpy as np
import pyarrow as pa

from clustomer import (
    customer_features,
    interpret,
    lifecycle_stages,
    read_events,
    segment,
    segment_habits,
)
from clustomer.lifecycle import Lifecycle

START, END = date(2020, 12, 1), date(2023, 11, 30)
DECEMBERS = tuple(date(year, 12, 1) for year in (2020, 2021, 2022))
PLANTED = 180
COMES = 0.95
"""How likely a planted customer orders in a December after the first."""
RATES = {"often": (120, 12.0), "seldom": (160, 5.0)}
"""Customers who order all the year round, and how often in a year."""
ONCE = 160
PURE = 0.8


@dataclass(frozen=True)
class Draw:
    """What one shop showed."""

    name: str
    purity: float
    """The share of planted customers in the segment that holds most of them."""
    lapsed: int
    """Of the planted customers who ordered in the last December, how many are called lapsed."""


def shop(seed: int) -> pa.Table:
    """Return the orders of a shop; planted customers are called d0, d1 and so on."""
    rng = np.random.default_rng(seed)
    rows: list[tuple[str, date, float]] = []
    for number in range(PLANTED):
        value = rng.lognormal(3.5, 0.4)
        for turn, december in enumerate(DECEMBERS):
            if turn and rng.random() > COMES:
                continue
            for _ in range(1 + rng.poisson(0.6)):
                day = december + timedelta(days=int(rng.integers(24)))
                rows.append((f"d{number}", day, value * rng.lognormal(0, 0.3)))
    days = (END - START).days
    for name, (customers, rate) in RATES.items():
        for number in range(customers):
            value = rng.lognormal(3.5, 0.4)
            begins = int(rng.integers(days))
            orders = 1 + rng.poisson(rate * rng.gamma(4, 0.25) * (days - begins) / 365)
            for day in rng.integers(begins, days, orders):
                when = START + timedelta(days=int(day))
                rows.append((f"{name}{number}", when, value * rng.lognormal(0, 0.3)))
    for number in range(ONCE):
        when = START + timedelta(days=int(rng.integers(days)))
        rows.append((f"once{number}", when, rng.lognormal(3.5, 0.5)))
    rows.append(("last", END, 30.0))
    users, when_all, amounts = zip(*rows, strict=True)
    return pa.table(
        {
            "user_id": users,
            "event_time": [f"{day} 12:00" for day in when_all],
            "event_type": ["purchase"] * len(rows),
            "price": [round(float(amount), 2) for amount in amounts],
            "order_id": [str(number) for number in range(len(rows))],
        }
    )


def draw(seed: int) -> Draw:
    """Segment one shop, and look what became of the planted customers."""
    events = read_events(shop(seed))
    customers = customer_features(events)
    segmentation = segment(customers, k_range=(3, 6), criteria="deciding", random_state=seed)
    lifecycle = lifecycle_stages(events)
    habits = segment_habits(events, customers, segmentation, lifecycle)
    named = interpret(customers, segmentation, lifecycle=lifecycle, habits=habits)
    events.close()
    holders: dict[str, list[bool]] = {}
    for row in named.segments.select(["user_id", "segment"]).to_pylist():
        holders.setdefault(row["segment"], []).append(row["user_id"].startswith("d"))
    name, planted = max(holders.items(), key=lambda item: sum(item[1]))
    assert isinstance(lifecycle, Lifecycle)
    lapsed = [
        row["stage"] == "lapsed"
        for row in lifecycle.table.to_pylist()
        if row["user_id"].startswith("d") and row["last_on"] >= DECEMBERS[-1]
    ]
    return Draw(name, float(np.mean(planted)), sum(lapsed))


def study(draws: int, first: int = 0) -> dict[str, object]:
    """Return in how many shops the planted customers are called what they are."""
    shops = [draw(seed) for seed in range(first, first + draws)]
    return {
        "draws": draws,
        "four in five of the segment are planted": sum(made.purity >= PURE for made in shops),
        "named by December": sum(made.name == "December buyers" for made in shops),
        "called lapsed": sum("lapsed" in made.name.lower() for made in shops),
        "shops with a planted customer in the stage lapsed": sum(made.lapsed > 0 for made in shops),
        "other names": sorted({made.name for made in shops} - {"December buyers"}),
        "shops": [asdict(made) for made in shops],
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Are December buyers called that?")
    parser.add_argument("--draws", type=int, default=100)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    given = parser.parse_args()
    json.dump(study(given.draws, given.first), sys.stdout, indent=1)
    print()
