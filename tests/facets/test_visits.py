"""Shares of visits, and how far apart customers are: numbers that can be worked out by hand."""

import numpy as np
import pytest

from clustomer.engines import DuckDB, parse
from clustomer.facets.customers import amounts_query, features_query
from clustomer.facets.marks import marks_of
from clustomer.facets.visits import MAX_STRENGTH, Visits, halves, roots, spread_of


def visits(shares: list[list[float]], owner: list[int]) -> Visits:
    return Visits(
        np.array(shares),
        np.array(owner),
        np.arange(len(owner)),
        tuple(f"u{number}" for number in range(max(owner) + 1)),
    )


def test_what_belongs_to_customers_is_what_two_visits_of_one_have_in_common() -> None:
    # one customer always in the first bin, one half and half: products of pairs are 1 and 0
    seen = visits([[1, 0], [1, 0], [1, 0], [0, 1]], [0, 0, 1, 1])
    spread = spread_of(seen)
    assert spread.shop == (0.75, 0.25)
    # mean of pairs 1/2, less 0.75² + 0.25²
    assert spread.between == pytest.approx(0.5 - 0.625)
    # every visit is in one bin, so that its square is 1
    assert spread.within == pytest.approx(1 - 0.5)
    # nothing belongs to them: their own visits count for nothing beside the shop's
    assert spread.strength == MAX_STRENGTH


def test_strength_is_the_variance_within_over_that_between() -> None:
    seen = visits([[1, 0]] * 3 + [[0, 1]] + [[0, 1]] * 3 + [[1, 0]], [0] * 4 + [1] * 4)
    spread = spread_of(seen)
    # pairs of one customer: of 6, 3 alike; the shop is half and half
    assert spread.between == pytest.approx(0.5 - 0.5)
    assert spread_of(visits([[1, 0]] * 4 + [[0, 1]] * 4, [0] * 4 + [1] * 4)).between == 0.5


def test_halves_share_no_visit_and_miss_none() -> None:
    seen = visits([[1, 0], [0, 1], [0.5, 0.5], [1, 0], [0, 1]], [0, 0, 0, 1, 1])
    (one, n_one), (other, n_other) = halves(seen)
    assert one.tolist() == [[1.5, 0.5], [1, 0]]
    assert other.tolist() == [[0, 1], [0, 1]]
    assert n_one.tolist() == [2, 1]
    assert n_other.tolist() == [1, 1]


def test_sql_and_arrays_give_the_same_shares() -> None:
    with DuckDB() as engine:
        engine.create_table(
            "facet_shares",
            parse(
                "SELECT 'a' AS user_id, 2 AS n_visits, 0 AS bin, CAST(0.25 AS DECIMAL(18, 9)) AS "
                "share UNION ALL SELECT 'a', 2, 1, CAST(1.75 AS DECIMAL(18, 9))"
            ),
        )
        engine.create_table("amounts", amounts_query(2))
        [row] = engine.query(features_query([0.6, 0.4], 2.0)).to_pylist()
    assert row == {"user_id": "a", "share_0": (0.25 + 1.2) / 4, "share_1": (1.75 + 0.8) / 4}
    by_hand = roots(np.array([[0.25, 1.75]]), np.array([2]), [0.6, 0.4], 2.0) ** 2
    assert by_hand[0].tolist() == pytest.approx([row["share_0"], row["share_1"]])


def test_the_rest_marks_nobody_and_a_little_more_is_no_mark() -> None:
    everyone = np.array([0.5, 0.3, 0.2])
    assert marks_of(np.array([0.2, 0.2, 0.6]), everyone, ["a", "b", ""]) == ()
    assert marks_of(np.array([0.1, 0.45, 0.45]), everyone, ["a", "b", "c"]) == (2, 1)
    assert marks_of(np.array([0.5, 0.34, 0.16]), everyone, ["a", "b", "c"]) == ()
