"""Advice: every action has a figure of the segment itself, and figures are what they say."""

import itertools

import pyarrow as pa
import pytest

from clustomer.habits import Habits
from clustomer.insights import interpret
from clustomer.insights.advice import ADVICE, RFM_ADVICE, advise, bound, control_group
from clustomer.insights.facts import Facts
from clustomer.insights.facts.sources import DERIVED
from clustomer.segments import segment


def told_to(key: str, *, defined: bool = False, has=lambda *names: True):
    return advise(key, has, defined=defined)


@pytest.mark.parametrize("there_is", ["all", "none", "orders alone", "visits alone"])
def test_nothing_is_advised_without_a_figure_of_the_segment(there_is: str) -> None:
    def has(*names: str) -> bool:
        return {
            "all": True,
            "none": False,
            "orders alone": set(names) <= {"orders", "revenue", "own.order", "own.away"},
            "visits alone": set(names) <= {"own.visits", "own.views", "own.seen"},
        }[there_is]

    kinds = [(key, False) for key in ADVICE] + [(key, True) for key in RFM_ADVICE]
    for key, defined in kinds:
        advised = told_to(key, defined=defined, has=has)
        for text in (*(action.text for action in advised.actions), advised.measure):
            assert "{own." in text or "{its." in text, (key, text)
        assert len(advised.actions) >= (2 if there_is == "all" and key != "bots" else 0)


def test_no_advice_stands_twice() -> None:
    """Kinds that are treated alike share one object; two equal ones could grow apart."""
    for (_, one), (_, other) in itertools.combinations(ADVICE.items(), 2):
        assert one is other or one != other


@pytest.mark.parametrize(
    ("before", "needed"),
    # power.prop.test of R: 1564.672, 685.2, 151.9 (no pooled start), 905.3 of each group
    [(0.5, 1565), (0.1, 686), (0.0, 152), (0.15, 906)],
)
def test_the_size_of_a_test_by_hand(before: float, needed: int) -> None:
    assert control_group(before, 0.05) == needed


def test_the_sql_of_a_facts_test_size_is_that_of_the_program() -> None:
    import duckdb

    for before in (0.0, 0.02, 0.31, 0.5, 0.88, 0.95, 0.96):
        query = f"SELECT {DERIVED['control_group']} FROM (SELECT {before} AS a, 0.05 AS b)"
        assert duckdb.sql(query).fetchall()[0][0] == control_group(before, 0.05)


def shop() -> tuple[pa.Table, Habits]:
    """Return 300 customers with one order of 10, and 100 with nine of 20; the latter's habits."""
    orders = [1.0] * 300 + [9.0] * 100
    customers = pa.table(
        {
            "user_id": [f"u{i:03}" for i in range(400)],
            "orders": orders,
            "revenue": [10.0 if count == 1 else 180.0 for count in orders],
            "average_order_value": [10.0 if count == 1 else 20.0 for count in orders],
        }
    )
    rows = [
        ("S2.category.1", "S2", "category", "Kitchen & co", None, 60, 100, 0.4, 0.2),
        ("S1.response", "S1", "response", "orders", 30, 20, 200, 0.1, None),
        ("S2.response", "S2", "response", "orders", 14, 40, 80, 0.5, None),
    ]
    names = (
        "part",
        "segment_id",
        "kind",
        "value",
        "days",
        "customers",
        "placed",
        "share",
        "others",
    )
    return customers, Habits(
        pa.Table.from_pylist([dict(zip(names, row, strict=True)) for row in rows])
    )


def test_a_card_speaks_of_its_own_segment() -> None:
    customers, habits = shop()
    shown = interpret(customers, segment(customers, k=2, features=["orders"]), habits=habits)
    cards = {part.segment_id: part for part in shown.insights.segments}
    texts = {
        key: [shown.facts.render(action.text) for action in card.actions]
        for key, card in cards.items()
    }
    assert any("Show Kitchen & co first: it is 40.0 %" in text for text in texts["S2"])
    assert not any("Kitchen" in text for text in texts["S1"])
    measure = shown.facts.render(cards["S2"].measure)
    assert measure.startswith("The share of them who order within 14 days. Of the 80 customers who")
    # half of them ordered: 1,565 in each group, and there are 100
    assert "takes 1,565 in each of two groups, and there are 100 of them" in measure
    first = shown.facts.render(cards["S1"].measure)
    assert "takes 686 in each of two groups, and there are 300 of them" in first
    assert shown.facts.verify(shown.tables) == ()


def test_large_segments_are_told_how_many_to_hold_back() -> None:
    customers, habits = shop()
    more = pa.concat_tables([customers] * 5)
    more = more.set_column(0, "user_id", pa.array([f"u{i:04}" for i in range(2000)]))
    shown = interpret(more, segment(more, k=2, features=["orders"]), habits=habits)
    [first] = [part for part in shown.insights.segments if part.segment_id == "S1"]
    assert "hold back 686 of them at random" in shown.facts.render(first.measure)


def test_figures_are_bound_to_their_segment() -> None:
    text = bound("{own.late:customer is/customers are} late, {its.revenue.mean} each", "S7")
    assert text == "{S7.own.late:customer is/customers are} late, {S7.revenue.mean} each"
    assert Facts().render("{{own.late}}") == "{own.late}"


def test_habits_tell_apart_what_no_fact_of_a_customer_does() -> None:
    # two segments alike in all but a column that no name knows
    customers = pa.table(
        {
            "user_id": [f"u{i:03}" for i in range(120)],
            "orders": [3.0] * 120,
            "colour": [0.0] * 70 + [9.0] * 50,
        }
    )
    rows = [("S2.category.1", "S2", "category", "Garden", None, 40, 50, 0.6, 0.2)]
    names = (
        "part",
        "segment_id",
        "kind",
        "value",
        "days",
        "customers",
        "placed",
        "share",
        "others",
    )
    habits = Habits(pa.Table.from_pylist([dict(zip(names, row, strict=True)) for row in rows]))
    segmentation = segment(customers, k=2, features=["colour"])
    assert set(interpret(customers, segmentation, habits=habits).names.values()) == {
        "One order or more",
        "One order or more, more Garden than others",
    }
    alone = interpret(customers, segmentation)
    assert set(alone.names.values()) == {"One order or more", "One order or more (2)"}


def test_names_are_not_told_apart_by_what_they_say_already() -> None:
    # two segments of one-time buyers, of whom one in twenty ordered again in the second
    orders = [1.0] * 137 + [2.0] * 3 + [0.0] * 60
    customers = pa.table(
        {
            "user_id": [f"u{i:03}" for i in range(200)],
            "orders": orders,
            "colour": [0.0] * 80 + [9.0] * 60 + [30.0] * 60,
        }
    )
    names = interpret(customers, segment(customers, k=3, features=["colour"])).names
    # never "One-time buyers, one order"
    assert set(names.values()) == {"One-time buyers", "One-time buyers (2)", "Non-buyers"}
