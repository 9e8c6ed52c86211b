"""Advice: every action has a figure of the segment itself, and figures are what they say."""

import itertools
from collections import Counter

import duckdb
import pyarrow as pa
import pytest

from clustomer.habits import Habits, control_group, smallest_rise
from clustomer.insights import interpret
from clustomer.insights.advice import ADVICE, RFM_ADVICE, advise, bound
from clustomer.insights.advice.figures import known_figures
from clustomer.insights.advice.kinds import LAPSED, LATE
from clustomer.insights.facts import Fact, Facts
from clustomer.insights.facts.sources import DERIVED
from clustomer.segments import segment


def on_time(*names: str) -> bool:
    """Everything is known, and few are late."""
    return not any(name.startswith("own.mostly_") for name in names)


def told_to(key: str, *, defined: bool = False, has=on_time):
    return advise(key, has, defined=defined)


@pytest.mark.parametrize("there_is", ["all", "none", "orders alone", "visits alone"])
def test_nothing_is_advised_without_a_figure_of_the_segment(there_is: str) -> None:
    def has(*names: str) -> bool:
        return {
            "all": on_time(*names),
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
    for before in (0.0, 0.02, 0.31, 0.5, 0.88, 0.95, 0.96):
        query = f"SELECT {DERIVED['control_group']} FROM (SELECT {before} AS a, 0.05 AS b)"
        assert duckdb.connect().execute(query).fetchall()[0][0] == control_group(before, 0.05)


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
    # half of them ordered: 1,565 in each group, and there are 100; 50 tell 77 % from 50 % at best
    assert "takes 1,565 in each of two groups, and there are 100 of them. So contact all" in measure
    first = shown.facts.render(cards["S1"].measure)
    assert "Contact the other 150: a rise of 12 points or more can then be told from" in first
    unseen = "so that a gain as small as the one under “What is at stake” would not be seen."
    assert first.endswith(f"5 points would take 686 in each of the two groups, {unseen}")
    assert shown.facts.verify(shown.tables) == ()


def test_no_more_than_half_of_those_who_order_anyway_is_assumed_to_order_once_more() -> None:
    customers, habits = shop()
    rows = habits.table.to_pylist()
    rows[1] |= {"customers": 8, "share": 0.04}  # of the 300 with one order
    few = Habits(pa.Table.from_pylist(rows))
    shown = interpret(customers, segment(customers, k=2, features=["orders"]), habits=few)
    facts = shown.facts
    assert facts["S1.won"].value == 0.02
    # 2 % of the 150 contacted at 10, and 5 % of 100 at 20, at a margin of 30 %
    assert facts["S1.one_more"].value == pytest.approx(0.02 * 150 * 10 * 0.3)
    assert facts["S1.contact"].value == 150 * 0.5
    assert facts["S1.left"].value == pytest.approx(9 - 75)
    assert facts["S2.one_more"].value == pytest.approx(0.05 * 100 * 20 * 0.3)
    assert "S2.won" not in facts
    assert facts.verify(shown.tables) == ()


@pytest.mark.parametrize(
    ("before", "size", "rise"),
    [(0.5, 50, 0.27), (0.5, 47, 0.28), (0.1, 150, 0.12), (0.9, 20, None)],
)
def test_the_smallest_rise_is_the_first_that_needs_no_more(
    before: float, size: int, rise: float | None
) -> None:
    assert smallest_rise(before, size) == rise
    if rise is not None:
        assert (control_group(before, rise) or 0) <= size
        assert (control_group(before, rise - 0.01) or 0) > size
    query = f"SELECT {DERIVED['smallest_rise']} FROM (SELECT {before} AS a, {2 * size + 1} AS b)"
    assert duckdb.connect().execute(query).fetchall() == [(rise,)]


@pytest.mark.parametrize("kind", sorted({*LATE, *LAPSED}))
def test_who_is_late_is_not_reminded_of_a_day_that_has_passed(kind: str) -> None:
    """Customers whom most of their usual gap has left behind are won back, whatever their name."""
    late = told_to(kind, has=lambda *names: not {"own.current", "own.mostly_lapsed"} & set(names))
    assert not any("Remind each of them" in action.text for action in late.actions)
    assert "{own.gap} after the last" not in late.headline
    lapsed = told_to(kind, has=lambda *names: "own.current" not in names)
    assert "{own.gap} after the last" not in lapsed.headline


def test_of_whom_most_are_late_is_counted() -> None:
    def figures(late: int, lapsed: int) -> frozenset[str]:
        counts = {"S1.own.late": late, "S1.own.lapsed": lapsed}
        source = {"table": "lifecycle", "key": "S1", "column": "stage", "aggregate": "count"}
        facts = {key: Fact(key, n, "customers", 0, "S1", source) for key, n in counts.items()}
        return known_figures(facts, "S1", 100) & {
            "own.current",
            "own.mostly_late",
            "own.mostly_lapsed",
        }

    assert figures(30, 20) == {"own.current"}
    assert figures(30, 21) == {"own.mostly_late"}
    assert figures(0, 51) == {"own.mostly_late", "own.mostly_lapsed"}


@pytest.mark.parametrize(
    ("upper", "offered"), [(100.0, False), (100.5, True), (150.0, True), (150.5, False)]
)
def test_free_delivery_is_offered_from_what_is_within_reach(upper: float, offered: bool) -> None:
    source = {"table": "customers", "key": "S1", "column": "x", "aggregate": "median"}
    facts = {
        f"S1.own.{name}": Fact(f"S1.own.{name}", value, "currency", 2, "S1", source)
        for name, value in (("order", 100.0), ("order_upper", upper))
    }
    assert ("own.order_upper" in known_figures(facts, "S1", 50)) == offered


def test_what_an_order_is_worth_is_said_to_be_before_returns_where_there_are_any() -> None:
    for returns in (True, False):
        has = (lambda *names: on_time(*names)) if returns else _without_returns
        for kind in ("loyal", "high_value_loyal", "big_ticket", "high_value_quiet"):
            texts = [action.text for action in told_to(kind, has=has).actions]
            priced = [text for text in texts if "{own.order}" in text]
            assert priced
            assert all(("before returns" in text) == returns for text in priced)


def _without_returns(*names: str) -> bool:
    return "returns" not in names and on_time(*names)


def test_large_segments_are_told_how_many_to_hold_back() -> None:
    customers, habits = shop()
    more = pa.concat_tables([customers] * 5)
    more = more.set_column(0, "user_id", pa.array([f"u{i:04}" for i in range(2000)]))
    shown = interpret(more, segment(more, k=2, features=["orders"]), habits=habits)
    [first] = [part for part in shown.insights.segments if part.segment_id == "S1"]
    measure = shown.facts.render(first.measure)
    assert "5 points more from chance takes 686 customers who get nothing" in measure
    assert measure.endswith("Contact the other 814.")
    counts = Counter(zip(*columns_of(shown.segments, "segment_id", "test_group"), strict=True))
    # of 1,500 with one order 686 are held back; half of 500 tell a rise of 13 points
    assert counts == {
        ("S1", "hold back"): 686,
        ("S1", "contact"): 814,
        ("S2", "hold back"): 250,
        ("S2", "contact"): 250,
    }
    assert shown.facts["S1.contact"].value == 814 * 0.5
    assert shown.facts["S1.one_more"].value == pytest.approx(0.05 * 814 * 10 * 0.3)
    assert shown.facts.verify(shown.tables) == ()


def test_who_writes_to_the_late_alone_is_told_with_whom_to_compare_them() -> None:
    alone = "Where you write to the late alone, that is {own.late_contacted:customer/customers}"
    for sized in ("own.testable", "own.rise"):
        figures = {"own.response", "own.contacted", sized}
        for late in (True, False):
            names = figures | ({"own.late_contacted"} if late else set())
            measure = told_to("repeat", has=lambda *asked, names=names: names >= set(asked)).measure
            assert (alone in measure) == late
    few = told_to("repeat", has=lambda *asked: {"own.response", "own.untestable"} >= set(asked))
    assert "contact all of them: test_group in segments.csv is empty" in few.measure


def columns_of(table: pa.Table, *names: str) -> list[list[str]]:
    return [table[name].to_pylist() for name in names]


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


@pytest.mark.parametrize(
    ("earned", "margin", "cost", "personal"),
    [(500, 50, 0.5, True), (499, 50, 0.5, False), (500, 49, 0.5, False), (500, 50, 0.51, False)],
)
def test_somebody_in_person_is_advised_where_that_is_little_beside_what_is_earned(
    earned: float, margin: float, cost: float, personal: bool
) -> None:
    """A contact costs at most a thousandth of the margin, and a hundredth of that on an order."""
    source = {"table": "facts", "key": "S1.own.order run.margin", "column": "value"}
    facts = {
        "S1.own.order_margin": Fact("S1.own.order_margin", margin, "currency", 2, "S1", source)
    }
    figures = known_figures(facts, "S1", 50, earned=earned, cost=cost)
    assert ("own.personal" in figures) == personal
    assert "own.personal" not in known_figures(facts, "S1", 50)
