"""What a forecast of a million customers takes: fitting, scoring, intervals, everything but events.

    python benchmarks/lifetime_size.py [--customers 1000000]

Histories are drawn from a shop whose customers leave at random, over two years. Prints seconds of
the clock and of the processor, and the highest memory of the process.
"""

import argparse
import resource
import time

import numpy as np

from clustomer.lifetime.models import Floats, Histories, sizes_of
from clustomer.lifetime.ways import PARETO_NBD_SIZES, fit_models, fit_value


def drawn(customers: int, days: int = 730) -> Histories:
    """Draw customers: a Pareto/NBD of days with an order, each worth a gamma."""
    draw = np.random.default_rng(1)
    age = draw.integers(1, days, customers).astype(np.float64)
    rate = draw.gamma(0.6, 1 / 80, customers)
    stays = np.minimum(draw.exponential(1 / draw.gamma(0.6, 1 / 60, customers)), age)
    repeats = draw.poisson(rate * stays).astype(np.float64)
    # the last of so many orders at random within the stay
    last = np.where(repeats > 0, stays * draw.random(customers) ** (1 / np.maximum(repeats, 1)), 0)
    value: Floats = draw.gamma(4, 10, customers)
    return Histories(repeats, np.floor(last), age, value, sizes_of(value))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=1_000_000)
    histories = drawn(parser.parse_args().customers)
    clock, processor = time.perf_counter(), time.process_time()
    model = fit_models(histories)[PARETO_NBD_SIZES]
    value = fit_value(histories)
    assert value is not None
    orders = model.expected_orders(histories, 90)
    revenue = orders * value.expected_value(histories.order_days, histories.value)
    print(f"{len(histories):,} customers, {orders.sum():,.0f} orders, {revenue.sum():,.0f} revenue")
    print(f"{time.perf_counter() - clock:.1f} s, processor {time.process_time() - processor:.1f} s")
    print(f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB at most")


if __name__ == "__main__":
    main()
