"""Small event logs with and without groups of customers."""

import numpy as np
import pyarrow as pa

START = np.datetime64("2024-01-01T00:00:00", "us")
DAYS = 120


def log(kinds, seed=0):
    """Draw a log; `kinds` are (customers, mean visits, mean views, share of visits that buy).

    Visits come evenly over the days, a visit holds some views and perhaps an order.
    """
    rng = np.random.default_rng(seed)
    rows = {name: [] for name in ("event_time", "event_type", "product_id", "price", "user_id")}
    sessions = []
    customer = 0
    for customers, visits, views, buying in kinds:
        for _ in range(customers):
            customer += 1
            for visit in range(1 + rng.poisson(visits - 1)):
                second = int(rng.integers(0, DAYS * 86_400))
                products = rng.integers(1, 40, 1 + rng.poisson(views - 1))
                kinds_of_event = ["view"] * len(products)
                if rng.random() < buying:
                    products = np.append(products, products[-1])
                    kinds_of_event.append("purchase")
                for number, (kind, product) in enumerate(
                    zip(kinds_of_event, products.tolist(), strict=True)
                ):
                    rows["event_time"].append(START + np.timedelta64(second + 60 * number, "s"))
                    rows["event_type"].append(kind)
                    rows["product_id"].append(f"p{product}")
                    rows["price"].append(5.0 + product)
                    rows["user_id"].append(f"u{customer:05}")
                    sessions.append(f"s{customer}-{visit}")
    return pa.table({**rows, "user_session": sessions})


ALIKE = [(600, 5.0, 3.0, 0.25)]
"""One population."""
GROUPS = [(300, 2.5, 1.5, 0.02), (170, 20.0, 4.0, 0.02), (130, 8.0, 3.0, 0.9)]
"""Passers-by, browsers and buyers."""
