"""The planted worlds hold what they say."""

from collections import Counter
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from clustomer.events import read_events
from world import Kind, World
from worlds import NULLS, STRUCTURED, WORLDS

SMALL = 600
Drawn = dict[str, tuple[pa.Table, dict[str, str]]]


@pytest.fixture(scope="module")
def drawn() -> Drawn:
    return {name: replace(world, customers=SMALL).draw(3) for name, world in WORLDS.items()}


@pytest.mark.parametrize("name", WORLDS)
def test_truth_and_log_have_the_same_customers(drawn: Drawn, name: str) -> None:
    events, truth = drawn[name]
    assert set(events["user_id"].to_pylist()) == truth.keys()
    assert set(truth.values()) == {kind.name for kind in WORLDS[name].kinds}


@pytest.mark.parametrize("name", WORLDS)
def test_a_log_spans_its_days_and_has_the_rows_it_should(drawn: Drawn, name: str) -> None:
    events, world = drawn[name][0], WORLDS[name]
    first, last = pc.min_max(events["event_time"]).as_py().values()
    assert (last - first).total_seconds() > 0.9 * world.days * 86_400
    assert (last - first).total_seconds() < world.days * 86_400
    types = set(events["event_type"].to_pylist())
    if world.rows == "all":
        assert types == {"view", "cart", "remove_from_cart", "purchase"}
    else:
        assert types == {"views": {"view"}, "orders": {"purchase"}}[world.rows]


@pytest.mark.parametrize("name", ["funnel-3", "orders-4", "null-day"])
def test_the_same_seed_draws_the_same_log(drawn: Drawn, name: str) -> None:
    world = replace(WORLDS[name], customers=SMALL)
    again, other = world.draw(3), world.draw(4)
    assert again[0].equals(drawn[name][0])
    assert again[1] == drawn[name][1]
    assert not other[0].equals(drawn[name][0])


def test_worlds_draw_different_customers_from_one_seed(drawn: Drawn) -> None:
    funnel, spend = drawn["funnel-3"][1], drawn["spend-3"][1]
    same = [list(funnel.values())[i] == list(spend.values())[i] for i in range(SMALL)]
    assert not all(same)


def test_shares_are_met_exactly() -> None:
    _, truth = WORLDS["rare-3"].draw(0)
    assert Counter(truth.values()) == {"browser": 5_440, "buyer": 2_400, "whale": 160}


def test_clean_logs_lose_no_row(drawn: Drawn) -> None:
    for name in ("funnel-5", "orders-4"):
        with_events = read_events(drawn[name][0])
        assert with_events.cleaning.rejected == 0
        assert with_events.cleaning.kept == drawn[name][0].num_rows
        with_events.close()


def test_the_worlds_differ_as_they_are_meant_to() -> None:
    assert len(WORLDS) == len(STRUCTURED) + len(NULLS)
    assert {world.k for world in STRUCTURED} >= {2, 3, 4, 5, 6, 8}
    assert {world.days for world in STRUCTURED} == {1, 365}
    assert {world.rows for world in STRUCTURED} == {"all", "views", "orders"}
    assert {world.overlap for world in STRUCTURED} == {"clear", "moderate", "strong"}
    assert min(kind.share for world in STRUCTURED for kind in world.kinds) == 0.02
    for world in STRUCTURED:
        assert world.structured
        assert sum(kind.share for kind in world.kinds) == pytest.approx(1.0)
    assert all(world.k == 1 and not world.structured for world in NULLS)


def test_identical_customers_differ_by_chance_alone() -> None:
    events, _ = WORLDS["null-identical"].draw(0)
    visits = events.group_by("user_id").aggregate([("user_session", "count_distinct")])
    counts = visits["user_session_count_distinct"].to_numpy()
    # one visit for certain and a Poisson number of mean 5 more: mean 6, variance 5
    assert counts.mean() == pytest.approx(6.0, abs=0.15)
    assert counts.var() == pytest.approx(5.0, rel=0.1)


def test_what_a_kind_does_for_certain_everyone_of_it_does(drawn: Drawn) -> None:
    events, truth = drawn["funnel-3"]
    bought = set(events.filter(pc.equal(events["event_type"], "purchase"))["user_id"].to_pylist())
    carted = set(events.filter(pc.equal(events["event_type"], "cart"))["user_id"].to_pylist())
    assert {user for user, kind in truth.items() if kind == "buyer"} <= bought
    assert {user for user, kind in truth.items() if kind == "abandoner"} <= carted


def test_a_purse_decides_what_is_looked_at() -> None:
    kinds = (Kind("poor", share=0.5, purse=-1.5), Kind("rich", share=0.5, purse=1.5))
    events, truth = World("purses", "spend", kinds, customers=300).draw(0)
    of_rich = pc.is_in(events["user_id"], pa.array([u for u, k in truth.items() if k == "rich"]))
    rich = pc.approximate_median(events.filter(of_rich)["price"]).as_py()
    poor = pc.approximate_median(events.filter(pc.invert(of_rich))["price"]).as_py()
    assert rich > 3 * poor
