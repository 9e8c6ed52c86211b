"""A few who are far from all others are found, a tail that falls has none, and the rule is SQL."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
import sqlglot

from clustomer.customers import Holdout, customer_features, split_holdout
from clustomer.engines import DIALECTS, parse, translate
from clustomer.events import Events, read_events
from clustomer.facets import Facets, find_facets, rare_members, read_facets
from clustomer.facets.tail import find_bump
from facet_worlds import FacetWorld

PLANTED = FacetWorld("test-rare", "rare", "rare", 3, customers=4_000, visits=6)
NULL = FacetWorld("test-no-rare", "rare", "rare", by_degree=0.6, customers=1_500, visits=6)


@pytest.fixture(scope="module")
def planted() -> tuple[dict[str, int], Events, Facets]:
    table, truth = PLANTED.draw(0)
    events = read_events(table)
    return truth, events, find_facets(events, facets=["rare"])


def test_planted_kinds_of_three_and_two_per_cent_are_found(planted) -> None:
    truth, _, facets = planted
    kinds = np.array([truth[user_id] for user_id in facets.table["user_id"].to_pylist()])
    labels = np.array(facets.table["rare_segment_id"].to_pylist(), dtype=object)
    amounts = {1: {"orders", "sessions", "revenue", "carts", "views"}, 2: {"most_of_one_product"}}
    for number in (1, 2):
        inside = kinds == number
        similar = {
            kind.segment_id: (inside & (labels == kind.segment_id)).sum()
            / (inside | (labels == kind.segment_id)).sum()
            for kind in facets.rare_kinds
        }
        best = max(similar, key=similar.get)
        assert similar[best] >= 0.9
        [amount] = [kind.amount for kind in facets.rare_kinds if kind.segment_id == best]
        assert amount in amounts[number]
    assert [kind.customers for kind in facets.rare_kinds] == [
        int((labels == kind.segment_id).sum()) for kind in facets.rare_kinds
    ]
    assert facets.rare_certificates["rare:1"].mark == "pass"


def test_the_stored_sql_gives_them_in_every_dialect(planted) -> None:
    _, events, facets = planted
    assert facets.rare is not None
    events.engine.create_table("customers", parse(facets.rare.sql["customers"]))
    try:
        placed = events.engine.query(parse(facets.rare.sql["assignment"])).sort_by("user_id")
    finally:
        events.engine.drop("customers")
    again = [
        None if cluster is None else f"rare:{cluster + 1}"
        for cluster in placed["cluster"].to_pylist()
    ]
    assert again == facets.table["rare_segment_id"].to_pylist()
    for query in facets.rare.sql.values():
        for dialect in DIALECTS:
            assert sqlglot.parse_one(translate(parse(query), dialect), read=dialect)


def test_they_come_back_from_what_is_stored(planted) -> None:
    facets = planted[2]
    again = read_facets(facets.to_json(), facets.table)
    assert again.rare == facets.rare
    assert again.table.equals(facets.table)


def test_customers_who_differ_by_degree_have_none() -> None:
    facets = find_facets(NULL.draw(0)[0], facets=["rare"])
    assert facets.rare is not None
    assert facets.rare.customers == 1_500
    assert facets.rare_kinds == ()
    assert facets.table.column_names == ["user_id"]


def test_a_bump_begins_after_the_gap_and_holds_one_to_five_per_cent() -> None:
    falling = np.repeat(np.arange(1.0, 7), [500, 250, 120, 50, 20, 10])
    rng = np.random.default_rng(0)
    bump = find_bump(np.append(falling, np.full(40, 100.0)), 990, crowds=5, rng=rng)
    assert bump is not None
    assert (bump.cut, bump.customers) == (53.0, 40)
    assert bump.excess > 0.8
    assert bump.excess - bump.excess_crowd > 0.12
    # the same, but a tenth of the customers, or too few
    for many in (110, 9):
        far = find_bump(np.append(falling, np.full(many, 100.0)), 950 + many, crowds=5, rng=rng)
        assert far is None or far.excess - far.excess_crowd < 0.12
    assert find_bump(np.ones(199), 990, crowds=5, rng=rng) is None


def test_a_log_without_purchases_is_searched_by_what_it_has() -> None:
    table, _ = NULL.draw(0)
    views = table.filter(pa.compute.equal(table["event_type"], "view"))
    assert find_facets(views, facets=["rare"]).rare_kinds == ()


def test_only_those_who_may_choose_show_which_kinds_are_set_apart(planted) -> None:
    truth, events, facets = planted
    customers = customer_features(events)
    everyone = rare_members(events, customers)
    ids = facets.table["user_id"]
    published = facets.table["rare_segment_id"].to_pylist()
    assert everyone is not None
    assert [None if k < 0 else f"rare:{k + 1}" for k in everyone.kinds_of(ids)] == published
    holdout = split_holdout(events, customers)
    assert isinstance(holdout, Holdout)
    kinds = np.array([truth[one] for one in holdout.customers.table["user_id"].to_pylist()])
    # kind 1 is in the validation half, which decides nothing: it cannot be seen any more
    without = replace(holdout, selection=kinds != 1)
    seen = rare_members(events, customers, without)
    assert seen is not None
    assert seen.count == 1
    assert {truth[one] for one in seen.user_ids.to_pylist()} == {2}


def test_where_there_is_no_rare_kind_nobody_is_set_apart() -> None:
    events = read_events(NULL.draw(0)[0])
    assert rare_members(events, customer_features(events)) is None
    events.close()
