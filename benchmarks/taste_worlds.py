"""Small shops whose customers have tastes in products, or none.

In a planted world each customer likes the products of one taste, and buys them five times in six;
in a world without tastes all customers buy by the same popularity, so that nothing can be told of
what one of them buys next but what is popular. In both, popularity falls with the place of a
product, and nobody buys a product twice in one order.

    python benchmarks/taste_worlds.py --draws 100

holds the contest in so many shops of both kinds and prints how often the right way won, and how
often the later stretch bore it out.
"""

import argparse
import json

import numpy as np
import pyarrow as pa

from clustomer.products.interactions import PURCHASE, Interactions

DAY_S = 86_400
START_S = 1_672_617_600
DAYS = 200
TASTES, PER_TASTE = 6, 25
LOYAL = 5 / 6


def taste_world(
    seed: int, *, planted: bool, customers: int = 600, orders: float = 5.0
) -> Interactions:
    """Draw a shop: purchases in orders of one to four products over 200 days."""
    draw = np.random.default_rng(seed)
    products = TASTES * PER_TASTE
    weight = 1 / np.arange(1, PER_TASTE + 1) ** 0.7
    popular = np.tile(weight, TASTES) / (TASTES * weight.sum())
    rows: list[tuple[int, int, int, int]] = []
    basket = 0
    for customer in range(customers):
        taste = int(draw.integers(TASTES))
        chances = popular
        if planted:
            liked = np.arange(products) // PER_TASTE == taste
            chances = np.where(liked, LOYAL * popular * TASTES, (1 - LOYAL) * popular)
            chances = chances / chances.sum()
        for day in np.sort(draw.integers(DAYS, size=1 + draw.poisson(orders))):
            second = START_S + int(day) * DAY_S + int(draw.integers(DAY_S))
            size = int(draw.integers(1, 5))
            bought = draw.choice(products, size, replace=False, p=chances)
            rows += [(customer, int(product), basket, second) for product in bought]
            basket += 1
    return purchases(rows, customers, products)


def purchases(rows: list[tuple[int, int, int, int]], customers: int, products: int) -> Interactions:
    """Return purchases of customer, product, basket and second as interactions."""
    rows = sorted(rows, key=lambda row: (row[0], row[3], row[1]))
    customer, product, basket, second = (
        np.array(column, dtype=np.int64) for column in zip(*rows, strict=True)
    )
    return Interactions(
        pa.array([f"u{number:05}" for number in range(customers)]),
        pa.table(
            {
                "product_id": [f"p{number:04}" for number in range(products)],
                "category": pa.nulls(products, pa.string()),
                "brand": pa.nulls(products, pa.string()),
            }
        ),
        customer,
        product,
        np.full(len(rows), PURCHASE),
        basket,
        basket,
        second,
    )


def main() -> None:
    """Hold the contest in many shops; print what won."""
    from datetime import UTC, datetime

    from clustomer.events import Window
    from clustomer.products import hold_contest, split
    from clustomer.products.split import Split

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=100)
    parser.add_argument("--first", type=int, default=0)
    given = parser.parse_args()
    start, cutoff = (
        datetime.fromtimestamp(START_S + days * DAY_S, UTC).replace(tzinfo=None)
        for days in (0, DAYS)
    )
    for planted in (True, False):
        won: dict[str, int] = {}
        confirmed = 0
        for seed in range(given.first, given.first + given.draws):
            rows = taste_world(seed, planted=planted)
            parts = split(
                rows,
                Window(start, cutoff, "UTC"),
                lambda second, n=rows.n_customers: np.full(n, -1),  # type: ignore[misc]
            )
            assert isinstance(parts, Split)
            contest = hold_contest(parts, random_state=seed)
            won[contest.winner] = won.get(contest.winner, 0) + 1
            confirmed += contest.confirmed
        print(json.dumps({"planted": planted, "won": won, "confirmed": confirmed}))


if __name__ == "__main__":
    main()
