"""What segments want more, and what is bought together: by hand, and no trend from one sale."""

import numpy as np
import pytest

from clustomer.products.wants import bought_together, most_wanted
from product_logs import log_of

SEGMENT = np.array([0] * 40 + [1] * 60)


def shop(wanting: int, others: int) -> list[tuple[str, str, str, int, str]]:
    """Return 100 customers who buy bread; some of each half buy tea, too."""
    rows = []
    for number in range(100):
        user = f"u{number:03}"
        rows.append((user, "bread", "purchase", 1, f"{user}a"))
        inside = number if number < 40 else number - 40
        if inside < (wanting if number < 40 else others):
            rows.append((user, "tea", "purchase", 1, f"{user}b"))
    return rows


def test_lift_by_hand() -> None:
    wanted, others = most_wanted(log_of(shop(30, 3)), SEGMENT, 2)
    # bread is 60 of 63 there, and 40 of 70 here
    assert (others.segment, others.product, others.customers) == (1, 0, 60)
    assert (wanted.segment, wanted.by, wanted.product, wanted.customers) == (0, "purchase", 1, 30)
    # 30 of 70 products that the first segment took, 3 of 63 of the others
    assert wanted.share == pytest.approx(30 / 70)
    assert wanted.elsewhere == pytest.approx(3 / 63)
    assert wanted.lift == pytest.approx((30.5 / 70) / (3.5 / 63))
    assert 1 < wanted.low < wanted.lift < wanted.high


def test_one_sale_is_no_trend() -> None:
    assert most_wanted(log_of(shop(9, 0)), SEGMENT, 2) == []
    assert most_wanted(log_of(shop(12, 12)), SEGMENT, 2) == []


def test_chance_alone_is_hardly_ever_wanted_more() -> None:
    shops = 0
    for seed in range(40):
        draw = np.random.default_rng(seed)
        rows = [
            (f"u{number:03}", f"p{product:02}", "purchase", 1, f"o{number}-{product}")
            for number in range(100)
            for product in draw.choice(30, 8, replace=False)
        ]
        shops += bool(most_wanted(log_of(rows), SEGMENT, 2))
    # 5 % of the shops, by the correction for all products
    assert shops <= 5


def test_a_segment_that_buys_nothing_is_told_by_what_it_looks_at() -> None:
    rows = shop(0, 0) + [(f"u{number:03}", "cup", "view", 2, f"v{number}") for number in range(25)]
    [wanted] = most_wanted(log_of(rows), SEGMENT, 2)
    assert (wanted.by, wanted.segment, wanted.customers) == ("view", 0, 25)


def test_pairs_by_hand() -> None:
    rows = []
    for number in range(60):
        user = f"u{number:02}"
        order = f"{user}o"
        rows.append((user, "bread", "purchase", 1, order))
        if number < 20:
            rows.append((user, "tea", "purchase", 1, order))
        if number < 16:
            rows.append((user, "cup", "purchase", 1, order))
    [pair] = bought_together(log_of(rows))
    # columns: bread, cup, tea; every order has bread, which is no news
    assert (pair.product, pair.other, pair.orders, pair.customers) == (1, 2, 16, 16)
    assert pair.share == 1.0
    assert pair.lift == pytest.approx(16 * 60 / (16 * 20))


def test_the_habit_of_one_customer_is_no_pair() -> None:
    rows = [("a", product, "purchase", day, f"o{day}") for day in range(30) for product in "xy"]
    rows += [(f"u{number}", "z", "purchase", 1, f"q{number}") for number in range(60)]
    assert bought_together(log_of(rows)) == []
