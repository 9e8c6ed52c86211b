"""Why revenue changed: by hand, to the cent, and beside what chance makes."""

from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from clustomer.history import FACTORS, change_of, change_table, read_change
from revenue_change import SEGMENTS, draw


def period(**groups: list[tuple[int, float, float]]) -> pa.Table:
    """Return the customers of each group with orders, sold and returned."""
    rows = [
        (f"{group}{number}", group, *numbers)
        for group, customers in groups.items()
        for number, numbers in enumerate(customers)
    ]
    users, names, orders, sold, returned = zip(*rows, strict=True)
    return pa.table(
        {
            "user_id": list(users),
            "group": list(names),
            "orders": list(orders),
            "sold": list(sold),
            "returned": list(returned),
        }
    )


def parts(change) -> dict[tuple[str, str], Decimal]:
    return {(part.group, part.factor): part.amount for part in change.parts if part.amount}


def test_one_factor_is_the_whole_change() -> None:
    before = period(S1=[(1, 10.0, 0.0), (1, 10.0, 0.0)], S2=[(2, 40.0, 4.0)])
    higher = period(S1=[(1, 15.0, 0.0), (1, 15.0, 0.0)], S2=[(2, 40.0, 4.0)])
    assert parts(change_of(before, higher)) == {("S1", "value"): Decimal("10.00")}
    more_back = period(S1=[(1, 10.0, 0.0), (1, 10.0, 0.0)], S2=[(2, 40.0, 10.0)])
    assert parts(change_of(before, more_back)) == {("S2", "returns"): Decimal("-6.00")}
    twice = period(S1=[(1, 10.0, 0.0)] * 4, S2=[(2, 40.0, 4.0)] * 2)
    assert parts(change_of(before, twice)) == {("", "customers"): Decimal("56.00")}


def test_two_factors_share_what_they_did_together() -> None:
    # 1 order of 10 becomes 2 of 15: 5 · 1.5 by value, 10 · 1.25 by orders
    change = change_of(period(S1=[(1, 10.0, 0.0)]), period(S1=[(2, 30.0, 0.0)]))
    assert parts(change) == {
        ("S1", "orders"): Decimal("12.50"),
        ("S1", "value"): Decimal("7.50"),
    }


def test_movement_is_apart_from_what_segments_did() -> None:
    poor, rich = (1, 10.0, 0.0), (1, 50.0, 0.0)
    before = period(S1=[poor] * 3, S2=[rich])
    after = period(S1=[poor] * 2, S2=[rich] * 2)
    assert parts(change_of(before, after)) == {
        ("S1", "movement"): Decimal("-10.00"),
        ("S2", "movement"): Decimal("50.00"),
    }


@pytest.mark.parametrize("seed", range(4))
def test_parts_add_up_to_the_cent(seed) -> None:
    rng = np.random.default_rng(seed)

    def random_period() -> pa.Table:
        groups = {}
        for name in ("S1", "S2", "arrived")[: 2 + seed % 2]:
            orders = rng.poisson(1.0, rng.integers(1, 9))
            sold = orders * rng.integers(1, 999, len(orders)) / 100
            # something comes back that was bought before, too
            back = rng.integers(0, 300, len(orders)) / 100
            groups[name] = list(zip(orders.tolist(), sold.tolist(), back.tolist(), strict=True))
        return period(**groups)

    change = change_of(random_period(), random_period())
    assert sum((part.amount for part in change.parts), Decimal(0)) == change.amount
    assert {part.factor for part in change.parts} == set(FACTORS)
    assert read_change(change_table(change)) == change


def test_the_error_of_the_change_is_that_of_a_bootstrap() -> None:
    rng = np.random.default_rng(1)
    orders = rng.poisson(1.0, (2, 400))
    sold = orders * rng.gamma(4.0, 10.0, (2, 400))
    tables = [
        pa.table(
            {
                "user_id": [f"u{number}" for number in range(400)],
                "group": ["S1"] * 400,
                "orders": orders[number],
                "sold": sold[number],
                "returned": np.zeros(400),
            }
        )
        for number in (0, 1)
    ]
    change = change_of(*tables)
    weights = rng.poisson(1.0, (4_000, 400))
    drawn = weights @ (sold[1] - sold[0])
    assert change.error == pytest.approx(float(drawn.std()), rel=0.06)


def test_a_planted_lever_is_named_first_and_nothing_where_nothing_moved() -> None:
    for seed, lever in enumerate(("value", "returns", "movement")):
        named = draw(lever, 2, seed).named
        assert (named[0].group, named[0].factor) == (SEGMENTS[2], lever)
    assert sum(bool(draw("", 0, seed).named) for seed in range(3)) <= 1
