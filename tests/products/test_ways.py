"""Each way to recommend, by hand on small logs."""

import numpy as np
import pytest

from clustomer.products.past import NEXT_BASKET, NEXT_VIEW, Past
from clustomer.products.ranking import Ranking, merged
from clustomer.products.repurchase import Repurchase
from clustomer.products.ways.baskets import BETWEEN, SHARE, WITHIN, Baskets, basket_vectors
from clustomer.products.ways.factors import Als
from clustomer.products.ways.neighbours import Bm25, Cosine, bm25_weights, cosine_neighbours
from clustomer.products.ways.popularity import Popularity, SegmentPopularity
from clustomer.products.ways.sessions import Sessions, last_products
from clustomer.products.ways.way import Way
from product_logs import log_of, past_at

# columns: bread, cake, milk, nails, saw
ROWS = [
    ("a", "bread", "purchase", 1, "a1"),
    ("a", "milk", "purchase", 1, "a1"),
    ("b", "bread", "purchase", 2, "b1"),
    ("b", "milk", "purchase", 2, "b1"),
    ("b", "cake", "purchase", 3, "b2"),
    ("c", "nails", "purchase", 2, "c1"),
    ("c", "saw", "purchase", 2, "c1"),
    ("d", "nails", "purchase", 3, "d1"),
    ("e", "bread", "purchase", 4, "e1"),
]
NAMES = ["bread", "cake", "milk", "nails", "saw"]


def nothing_again(past: Past) -> Repurchase:
    return Repurchase(np.zeros((4, 3)), np.ones(past.shape[1]), 0, 0)


def ranked(way: Way, past: Past, customer: int, depth: int = 5) -> list[str]:
    ranking = way.fit(past).rank(np.array([customer]), depth, nothing_again(past))
    return [NAMES[item] for item in ranking.items[0] if item >= 0]


def test_popularity_leaves_out_what_a_customer_has() -> None:
    past = past_at(log_of(ROWS), 10)
    # bread 3, milk and nails 2, cake and saw 1: equals by their place
    assert ranked(Popularity(), past, 3) == ["bread", "milk", "cake", "saw"]
    assert ranked(Popularity(), past, 0) == ["nails", "cake", "saw"]


def test_popularity_is_that_of_the_last_stretch() -> None:
    past = past_at(log_of(ROWS), 10, stretch=7)
    # from day 3 on: bread, cake and nails one each; of equals what more bought ever
    assert ranked(Popularity(), past, 2) == ["bread", "cake", "milk"]


def test_popularity_by_segment() -> None:
    rows = log_of(ROWS)
    before = past_at(rows, 10)
    past = Past(before.interactions, before.until, before.stretch, before.target,
                np.array([0, 0, 1, 1, 1]))  # fmt: skip
    # segment 1: nails 2, saw and bread 1; bread is the more popular one with all
    assert ranked(SegmentPopularity(), past, 4) == ["nails", "saw", "milk", "cake"]
    assert ranked(SegmentPopularity(), past, 3) == ["bread", "saw", "milk", "cake"]


def test_cosine_by_hand() -> None:
    past = past_at(log_of(ROWS), 10)
    near = cosine_neighbours(past.evidence).toarray()
    # bread 3 customers, milk 2, both 2; bread and cake 1 of 3 and 1
    assert near[0, 2] == pytest.approx(2 / np.sqrt(3 * 2))
    assert near[0, 1] == pytest.approx(1 / np.sqrt(3 * 1))
    assert near[0, 3] == 0
    assert ranked(Cosine(), past, 4)[:2] == ["milk", "cake"]
    assert ranked(Cosine(), past, 3)[0] == "saw"


def test_bm25_by_hand() -> None:
    past = past_at(log_of(ROWS), 10)
    weights = bm25_weights(past.evidence).toarray()
    # customer a: 2 products of 9 / 5 on average; milk is with 2 of 5 customers
    rarity = np.log(1 + (5 - 2 + 0.5) / (2 + 0.5))
    assert weights[0, 2] == pytest.approx(rarity * 2.2 / (1 + 1.2 * (0.25 + 0.75 * 2 / 1.8)))
    assert ranked(Bm25(), past, 3)[0] == "saw"


def test_vsknn_by_hand() -> None:
    rows = log_of(
        [
            ("a", "bread", "view", 1, "v1"),
            ("a", "milk", "view", 1, "v1"),
            ("b", "bread", "view", 2, "v2"),
            ("b", "cake", "view", 2, "v2"),
            ("c", "nails", "view", 2, "v3"),
            ("c", "saw", "view", 2, "v3"),
            ("d", "nails", "view", 3, "v4"),
            ("d", "bread", "view", 4, "v5"),
        ]
    )
    past = past_at(rows, 10, target=NEXT_VIEW)
    # bread came last: 1 against 1 / 2
    assert last_products(past, np.array([3])).toarray().tolist() == [[1, 0, 0, 0.5, 0]]
    # milk and cake are with bread (1 each), the saw with nails (1 / 2); all three are as rare
    assert ranked(Sessions(), past, 3, depth=3) == ["cake", "milk", "saw"]


def test_tifuknn_by_hand() -> None:
    rows = log_of(
        [
            ("a", "bread", "purchase", 1, "a1"),
            ("a", "milk", "purchase", 2, "a2"),
            ("a", "milk", "purchase", 3, "a3"),
            ("b", "bread", "purchase", 1, "b1"),
            ("b", "cake", "purchase", 2, "b2"),
            ("c", "nails", "purchase", 2, "c1"),
            ("d", "saw", "purchase", 2, "d1"),
        ]
    )
    past = past_at(rows, 10, target=NEXT_BASKET)
    vectors, baskets = basket_vectors(past)
    assert baskets.tolist() == [3, 2, 1, 1]
    one_basket = np.array([WITHIN**2, 0, WITHIN + 1, 0, 0]) / 3
    assert vectors.toarray()[0] == pytest.approx(one_basket)
    way = Baskets().fit(past)
    others = vectors.toarray()[1:].mean(axis=0)
    # fewer than so many neighbours: all others are nearest
    assert way._scores(np.array([0])).toarray()[0] == pytest.approx(
        SHARE * one_basket + (1 - SHARE) * others
    )
    assert ranked(way, past, 0)[:2] == ["milk", "bread"]


def test_groups_of_baskets_count_less_the_older_they_are() -> None:
    rows = [("a", "old", "purchase", 1, "o0")]
    rows += [("a", "new", "purchase", 10 + n, f"o{n + 1}") for n in range(7)]
    vectors, _ = basket_vectors(past_at(log_of(rows), 50, target=NEXT_BASKET))
    new = sum(WITHIN**n for n in range(7)) / 7
    assert vectors.toarray()[0] == pytest.approx([new / 2, BETWEEN / 2])


@pytest.mark.parametrize("way", [Cosine, Bm25, Sessions, Als])
def test_ways_rank_every_product_once_and_none_that_is_barred(way: type[Way]) -> None:
    rows = log_of([*ROWS, ("e", "milk", "return", 5, "r1")])
    past = past_at(rows, 10)
    names = ranked(way(), past, 4)
    assert sorted(names) == ["cake", "nails", "saw"]


def test_what_is_gone_is_never_ranked() -> None:
    past = past_at(log_of([*ROWS, ("e", "saw", "purchase", 120, "e9")]), 121)
    for way in (Popularity(), Cosine(), Bm25(), Sessions(), Als(), Baskets()):
        assert set(ranked(way, past, 0)) <= {"saw"}


def test_a_customer_without_a_past_gets_what_is_popular() -> None:
    rows = log_of([*ROWS, ("f", "cake", "purchase", 30, "f1")])
    past = past_at(rows, 10)
    for way in (Cosine(), Bm25(), Sessions(), Als()):
        ranking = way.fit(past).rank(np.array([5]), 3, nothing_again(past))
        assert [NAMES[item] for item in ranking.items[0]] == ["bread", "milk", "nails"]
        assert not ranking.personal.any()


def test_merging_keeps_each_product_once_in_the_order_of_chances() -> None:
    fresh = Ranking(np.array([[0, 1, -1]]), np.array([[True, False, False]]))
    both, chances = merged(
        fresh, np.array([0.5, 0.2, 0.1]), np.array([[2, 3, -1]]), np.array([[0.3, 0.1, 0.0]]), 5
    )
    assert both.items.tolist() == [[0, 2, 1, 3, -1]]
    assert both.personal.tolist() == [[True, True, False, True, False]]
    assert np.isnan(chances[0, 4])
