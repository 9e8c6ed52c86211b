"""What is known before a moment: hand-computed, and blind to what comes later."""

from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from clustomer.engines import DIALECTS, translate
from clustomer.events import Window, read_events
from clustomer.products import read_interactions
from clustomer.products.interactions import PURCHASE, RETURN, interactions_query
from clustomer.products.past import NEXT_BASKET, NEXT_PURCHASE, NEXT_VIEW, Past, targets_of
from clustomer.products.repurchase import measure_repurchase
from product_logs import DAY_S, log_of, past_at

ROWS = [
    ("a", "tea", "purchase", 1, "o1"),
    ("a", "cup", "purchase", 1, "o1"),
    ("a", "tea", "purchase", 5, "o2"),
    ("a", "pot", "view", 6, "v3"),
    ("b", "tea", "purchase", 2, "o4"),
    ("b", "tea", "return", 3, "r4"),
    ("b", "cup", "cart", 4, "v5"),
    ("c", "old", "purchase", 0, "o6"),
    ("c", "cup", "purchase", 100, "o7"),
]
CSV = """event_time,event_type,product_id,category_code,brand,price,user_id,user_session,order_id
2024-01-01 10:00:00,view,p1,toys.cars,lego,1.00,u2,s1,
2024-01-01 10:01:00,view,p1,toys.cars,lego,1.00,u2,s1,
2024-01-01 10:02:00,purchase,p1,toys.cars,lego,1.00,u2,s1,n1
2024-01-02 10:00:00,purchase,p2,,,2.00,u1,s2,n2
2024-01-03 10:00:00,return,p2,,,2.00,u1,s3,
2024-01-04 10:00:00,view,p3,,,3.00,u3,s4,
"""


def test_interactions_are_read_by_visit_and_kind(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text(CSV, encoding="utf-8")
    events = read_events(path)
    rows = read_interactions(events, ["u2", "u1"])
    assert rows.user_ids.to_pylist() == ["u1", "u2"]
    assert rows.products["product_id"].to_pylist() == ["p1", "p2", "p3"]
    assert rows.products["category"].to_pylist() == ["toys.cars", None, None]
    # u3 is not among the customers; two looks in one visit are one row
    assert rows.customer.tolist() == [0, 0, 1, 1]
    assert rows.product.tolist() == [1, 1, 0, 0]
    assert rows.kind.tolist() == [PURCHASE, RETURN, 0, PURCHASE]
    assert (rows.basket >= 0).tolist() == [True, False, False, True]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_query_is_portable(dialect: str) -> None:
    window = Window(datetime(2024, 1, 1), datetime(2024, 2, 1), "UTC")
    assert "utc_offset_s" not in translate(interactions_query(window), dialect)


def test_rows_may_come_in_any_order() -> None:
    one, other = log_of(ROWS), log_of(ROWS[::-1])
    for name in ("customer", "product", "kind", "visit", "basket", "second"):
        assert getattr(one, name).tolist() == getattr(other, name).tolist()


def test_the_past_by_hand() -> None:
    past = past_at(log_of(ROWS), 10)
    # columns: cup, old, pot, tea
    assert past.taken.toarray().tolist() == [[1, 0, 0, 1], [0, 0, 0, 1], [0, 1, 0, 0]]
    assert past.evidence.toarray().tolist() == [[3, 0, 1, 3], [2, 0, 0, 3], [0, 3, 0, 0]]
    assert past.returned.toarray().tolist() == [[0] * 4, [0, 0, 0, 1], [0] * 4]
    assert past.counts.tolist() == [1, 1, 0, 2]


def test_what_was_not_sold_lately_is_gone() -> None:
    rows = log_of(ROWS)
    assert past_at(rows, 80).offered.tolist() == [True, True, True, True]
    assert past_at(rows, 110).offered.tolist() == [True, False, False, False]


def test_nothing_later_is_part_of_the_past() -> None:
    later = [*ROWS, ("a", "pot", "purchase", 50, "o8"), ("b", "cup", "purchase", 10, "o9")]
    one, other = past_at(log_of(ROWS), 10), past_at(log_of(later), 10)
    for name in ("taken", "evidence", "returned", "recent"):
        assert (getattr(one, name) != getattr(other, name)).nnz == 0
    assert one.popular(-1).tolist() == other.popular(-1).tolist()
    with pytest.raises(AssertionError):
        Past(log_of(later), 10 * DAY_S, DAY_S, NEXT_PURCHASE, np.full(3, -1))


def test_targets_by_hand() -> None:
    rows = log_of(ROWS).within(0, 10 * DAY_S)
    assert targets_of(rows, NEXT_PURCHASE).toarray()[0].tolist() == [1, 0, 0, 1]
    # the first order of `a` has cup and tea, what comes after does not count
    assert targets_of(rows, NEXT_BASKET).toarray()[0].tolist() == [1, 0, 0, 1]
    late = log_of(ROWS).within(5 * DAY_S, 10 * DAY_S)
    assert targets_of(late, NEXT_BASKET).toarray()[0].tolist() == [0, 0, 0, 1]
    assert targets_of(late, NEXT_VIEW).toarray()[0].tolist() == [0, 0, 1, 1]


def test_nobody_buys_a_second_fridge() -> None:
    rows = []
    for number in range(60):
        user = f"u{number:02}"
        rows += [
            (user, "coffee", "purchase", 1, f"{user}a"),
            (user, f"fridge {number % 3}", "purchase", 1, f"{user}a"),
            (user, "coffee" if number % 2 else "milk", "purchase", 15, f"{user}b"),
        ]
    categories = {f"fridge {number}": "fridges" for number in range(3)} | {"coffee": "coffee"}
    log = log_of(rows, categories)
    measured = measure_repurchase(past_at(log, 20), past_at(log, 10))
    # every customer had coffee and a fridge before day 10; 30 of 60 bought coffee again
    assert (measured.pairs, measured.repeated, measured.rate) == (120, 30, 0.25)
    coffee, fridge = (
        log.products["product_id"].to_pylist().index(name) for name in ("coffee", "fridge 0")
    )
    # (30 + 10) / (15 + 10) and (0 + 10) / (15 + 10), as all pairs are of one age and one time
    chance = (30 + 0.25) / 121
    assert measured.chances[0, 0] == pytest.approx(chance)
    assert measured.factor[coffee] == pytest.approx((30 + 10) / (60 * chance + 10))
    assert measured.factor[fridge] == pytest.approx((0 + 10) / (60 * chance + 10))
    items, chances = measured.offers(past_at(log, 20), np.array([1]), 3)
    assert items[0, 0] == coffee
    assert chances[0, 0] > 2 * chances[0, 1] > 0


def test_what_was_sent_back_is_not_offered_again() -> None:
    rows = log_of([*ROWS, ("b", "cup", "purchase", 12, "o9"), ("a", "cup", "purchase", 12, "x")])
    measured = measure_repurchase(past_at(rows, 14), past_at(rows, 10, stretch=4))
    items, _ = measured.offers(past_at(rows, 14), np.arange(3), 4)
    names = rows.products["product_id"].to_pylist()
    assert {names[item] for item in items[1] if item >= 0} == {"cup"}
    assert {names[item] for item in items[0] if item >= 0} == {"cup", "tea"}


def test_a_log_without_products_has_no_interactions(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text("event_time,user_id,event_type\n2024-01-01,1,purchase\n2024-01-02,2,purchase\n")
    assert len(read_interactions(read_events(path), ["1", "2"])) == 0
