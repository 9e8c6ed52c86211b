import itertools
import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shops import FAMILIES, Group, customer_table

from clustomer.customers import SUSPECTED_BOT
from clustomer.errors import InputError, UsageError
from clustomer.events import Window
from clustomer.insights import Interpretation, interpret
from clustomer.insights.advice import ADVICE, advise
from clustomer.insights.advice.kinds import NEVER
from clustomer.insights.facts import placeholders
from clustomer.insights.interpretation import tell
from clustomer.insights.naming.names import Name
from clustomer.insights.naming.rules import PLAIN, RULES
from clustomer.insights.picture_facts import picture_facts
from clustomer.insights.population import UNGROUPED
from clustomer.segments import segment

GROUPS = [
    Group(size=120, views=4, sessions=2, recency=0.5, tenure=0.7),
    Group(size=40, buys=1.0, orders=1.1, value=60, recency=0.2, tenure=0.6),
    Group(size=30, buys=1.0, orders=7, value=80, recency=0.05, tenure=0.9, returns=0.5),
    Group(size=30, carts=3, views=9),
]
CLEANING = [("clean", "kept", 970, 0.97), ("missing_time", "rejected", 30, 0.03)]


def window(days: int = 200) -> Window:
    start = datetime(2024, 1, 1)
    return Window(start, start + timedelta(days=days), "UTC")


def shop(families: Iterable[str] = FAMILIES, seed: int = 1) -> pa.Table:
    table = customer_table(GROUPS, days=200, families=set(families), seed=seed)
    return table.drop_columns(["group", "stage"])


def told(customers: pa.Table, **options: object) -> Interpretation:
    segmentation = segment(customers, k=4, k_range=(4, 5), features=customers.column_names[1:])
    settings = {"cleaning": CLEANING, "window": window(), **options}
    return interpret(customers, segmentation, **settings)  # type: ignore[arg-type]


def texts(interpretation: Interpretation) -> list[str]:
    return list(interpretation.insights.texts())


def spend(interpretation: Interpretation) -> list[tuple[str, ...]]:
    """Return the rows of the table of spend."""
    [section] = [part for part in interpretation.insights.sections if part.anchor == "spend"]
    return [row.cells for row in section.blocks[0].rows]  # type: ignore[union-attr, misc]


_families = st.sets(st.sampled_from(sorted(FAMILIES)), min_size=1).filter(
    lambda chosen: chosen != {"money"}
)


@settings(max_examples=5, deadline=None)
@given(_families, st.integers(0, 9), st.sampled_from([None, 0, 3, 200]))
def test_every_text_renders_and_every_fact_is_confirmed(
    families: set[str], seed: int, days: int | None
) -> None:
    customers = shop(families, seed)
    interpretation = told(customers, window=None if days is None else window(max(days, 1)))
    assert interpretation.facts.verify(interpretation.tables) == ()
    for text in texts(interpretation):
        written = interpretation.facts.render(text)
        assert all(interpretation.facts[used].value is not None for used in placeholders(text))
        assert not re.search(r"\b(nan|inf)\b|[{}]", written)


def test_facts_agree_with_sql_written_apart() -> None:
    customers = shop()
    interpretation = told(customers)
    segments = interpretation.segments
    with duckdb.connect() as database:
        database.register("customers", customers)
        database.register("segments", segments)
        rows = database.execute(
            "SELECT segment_id, COUNT(*), SUM(revenue), AVG(orders), MEDIAN(orders),"
            " AVG(average_order_value), AVG(CASE WHEN orders >= 2 THEN 1.0 ELSE 0.0 END),"
            " SUM(revenue) / (SELECT SUM(revenue) FROM customers)"
            " FROM customers JOIN (SELECT user_id, segment_id FROM segments) USING (user_id)"
            " GROUP BY 1"
        ).fetchall()
    by_id = {profile.segment_id: profile for profile in interpretation.profiles}
    for key, count, revenue, orders, median, value, repeaters, share in rows:
        assert interpretation.facts[f"{key}.customers"].value == count
        assert interpretation.facts[f"{key}.revenue"].value == pytest.approx(revenue)
        assert interpretation.facts[f"{key}.revenue_share"].value == pytest.approx(share)
        assert interpretation.facts[f"{key}.orders.mean"].value == pytest.approx(orders)
        assert interpretation.facts[f"{key}.orders.median"].value == pytest.approx(median)
        aov = interpretation.facts[f"{key}.average_order_value.mean"].value
        assert aov is None if value is None else aov == pytest.approx(value)
        assert by_id[key].shares["orders.at_least_2"] == pytest.approx(repeaters)


def test_marks_are_true() -> None:
    customers = shop()
    interpretation = told(customers)
    for item, profile in zip(
        interpretation.insights.segments, interpretation.profiles, strict=True
    ):
        for mark in item.marks:
            match = re.search(r"\{(S\d)\.(\w+)\.(ratio|fewer)\}", mark)
            if match:
                ours = profile.features[match[2]].mean
                everything = interpretation.everyone.features[match[2]].mean
                assert ours is not None
                assert everything is not None
                assert (ours > everything) == (match[3] == "ratio")


def test_the_order_of_rows_changes_nothing() -> None:
    customers = shop()
    shuffled = customers.take(np.random.default_rng(5).permutation(customers.num_rows))
    first, second = told(customers), told(shuffled)
    assert first.facts.to_json() == second.facts.to_json()
    assert first.insights == second.insights
    assert first.summary == second.summary
    assert first.segments == second.segments


def test_numbers_reach_the_reader_only_through_facts() -> None:
    constants = "0.2 0.5 0.8 0.95 1 1.5 0 30 60 100 1,000 1988 720 2,880 2"
    for seed in (1, 2):
        for text in texts(told(shop(seed=seed))):
            bare = re.sub(r"\{[^{}]*\}", "", text)
            for number in re.findall(r"(?<![\w.])\d[\d.,]*\d|\b\d\b", bare):
                assert number in constants.split(), text


def test_only_used_and_plain_facts_are_kept() -> None:
    interpretation = told(shop())
    used = {fact for text in texts(interpretation) for fact in placeholders(text)}
    made_of = {
        part
        for item in interpretation.facts.values()
        if item.source["table"] == "facts"
        for part in item.source["key"].split()
    }
    always = r"\.(customers|share|revenue|revenue_share|mean|median|difference)$"
    drawn = {fact.id for fact in picture_facts(interpretation.study)}
    for fact_id in set(interpretation.facts) - used - made_of - drawn:
        assert re.search(always, fact_id) or fact_id == "everyone.orders.at_least_2"


def test_no_advice_about_what_the_data_do_not_have() -> None:
    def nothing(*names: str) -> bool:
        return False

    for rule in RULES:
        if rule.key == "abandoners":
            continue
        text = advise(rule.key, nothing)
        words = " ".join([text.measure, text.headline, *(action.text for action in text.actions)])
        assert "cart" not in words
        assert "categor" not in words


def test_every_rule_has_advice_of_its_own() -> None:
    everything = itertools.repeat(True)
    plain = advise("mixed", lambda *names: next(everything))
    for rule in RULES:
        assert advise(rule.key, lambda *names: True).headline != plain.headline


def test_a_rule_without_advice_is_an_error_that_says_where_it_goes() -> None:
    with pytest.raises(LookupError, match=r"kind `night_owls`.*insights/advice/kinds.py"):
        advise("night_owls", lambda *names: True)


def test_all_advice_is_for_a_name_that_there_is() -> None:
    rules = {*(rule.key for rule in RULES), PLAIN, "mixed", "seasonal"}
    assert ADVICE.keys() == rules | UNGROUPED | {"all", *NEVER.values()}


def test_spend_table_by_hand() -> None:
    customers = pa.table(
        {
            "user_id": ["a", "b", "c", "d", "e"],
            "orders": [4.0, 4.0, 0.0, 0.0, 0.0],
            "revenue": [100.0, 60.0, 0.0, 0.0, 0.0],
        }
    )
    segmentation = segment(customers, k=2, k_range=(2, 4), features=customers.column_names[1:])
    interpretation = interpret(customers, segmentation, margin=0.25, cost=1.0, currency="EUR")
    buyers, others = spend(interpretation)
    # 160 / 8 = 20 an order; 5 % of two, and of three at everyone's order, at a margin of a quarter
    assert [interpretation.facts.render(text) for text in buyers[1:]] == [
        "2", "2", "EUR 20.00", "5 %", "EUR 0.50", "EUR 2.00", "−EUR 1.50"
    ]  # fmt: skip
    assert [interpretation.facts.render(text) for text in others[1:]] == [
        "3", "3", "–", "5 %", "EUR 0.75", "EUR 3.00", "−EUR 2.25"
    ]  # fmt: skip


@pytest.mark.parametrize(("least", "told_of"), [(14.0, False), (15.0, True)])
def test_a_log_that_follows_one_intake_of_customers_says_so(least: float, told_of: bool) -> None:
    customers = shop()
    tenure = pa.array([least + place for place in range(customers.num_rows)])
    places = [name for name in customers.column_names if name != "tenure_days"]
    customers = customers.select(places).append_column("tenure_days", tenure)
    period = Window(datetime(2024, 1, 1), datetime(2024, 2, 26), "UTC")  # 56 days
    interpretation = told(customers, window=period)
    lines = [interpretation.facts.render(line) for line in interpretation.insights.opening]
    assert told_of is any(
        line.startswith("In the last 14 days of the data nobody is first seen") for line in lines
    )
    assert interpretation.facts.verify(interpretation.tables) == ()


UNNAMED = "Amounts are in the currency of the source, which it does not name."


@pytest.mark.parametrize(
    ("currency", "currencies", "column", "is_said"),
    [
        (None, (), "revenue", True),
        ("EUR", (), "revenue", False),
        (None, ("USD",), "revenue", False),
        (None, None, "revenue", False),
        (None, (), "orders", False),
    ],
    ids=["none", "given", "named by the source", "not known", "no amounts"],
)
def test_an_unnamed_currency_is_said(currency, currencies, column, is_said) -> None:
    customers = pa.table({"user_id": ["a", "b", "c"], column: [1.0, 2.0, 9.0]})
    segmentation = segment(customers, k=2, features=[column])
    made = interpret(customers, segmentation, currency=currency, currencies=currencies)
    caveat = made.facts.render(made.insights.opening[-1])
    assert caveat.startswith("All of this is seen in the period")
    assert caveat.endswith(UNNAMED) == is_said


def test_who_ordered_again_is_a_share_of_buyers_not_of_visitors() -> None:
    orders = [0.0, 0.0, 0.0, 1.0, 3.0]
    customers = pa.table({"user_id": list("abcde"), "orders": orders, "sessions": [1.0] * 5})
    interpretation = interpret(customers, segment(customers, k=2, features=["orders"]))
    facts = interpretation.facts
    assert [facts[f"everyone.{name}"].value for name in ("buyers", "again", "buyers_again")] == [
        2, 1, 0.5
    ]  # fmt: skip
    assert facts.render(interpretation.insights.opening[0]) == (
        "2 of 5 customers placed 4 orders. 50.0 % of the buyers ordered more than once."
    )
    assert facts.verify(interpretation.tables) == ()


def test_the_segment_that_is_told_first_holds_the_most_revenue_beside_its_size() -> None:
    """A tenth of the customers with half of the revenue is news; half with half is none."""
    revenue = [100.0] * 2 + [20.0] * 10 + [1.0] * 8
    customers = pa.table({"user_id": [f"u{i:02}" for i in range(20)], "revenue": revenue})
    interpretation = interpret(customers, segment(customers, k=3, features=["revenue"]))
    lines = [interpretation.facts.render(line) for line in interpretation.insights.opening]
    news = re.compile("10.0 % of the customers and brings? 49.0 % of the revenue")
    assert any(news.search(line) for line in lines)


@pytest.mark.parametrize(
    ("name", "line"),
    [
        (Name("S1", "Loyal regulars", "loyal", ()), "Loyal regulars are 10.0 % of the customers"),
        (
            Name("S1", "Loyal regulars, ten orders or more", "loyal", ()),
            "The segment “Loyal regulars, ten orders or more” holds 10.0 % of the customers",
        ),
        (
            Name("S1", "Loyal regulars", "loyal", ()).renamed("Our best"),
            "The segment “Our best” holds 10.0 % of the customers",
        ),
        (
            Name("S1", "One or two orders", PLAIN, ()),
            "The segment “One or two orders” holds 10.0 % of the customers",
        ),
    ],
)
def test_only_a_name_that_is_a_noun_begins_a_sentence(name: Name, line: str) -> None:
    revenue = [100.0] * 2 + [20.0] * 10 + [1.0] * 8
    customers = pa.table({"user_id": [f"u{i:02}" for i in range(20)], "revenue": revenue})
    study = interpret(customers, segment(customers, k=3, features=["revenue"])).study
    first = max(study.named, key=lambda key: study.people.aggregate(key, "revenue", "mean") or 0)
    study.named[first] = replace(name, segment_id=first)
    shown = tell(study)
    lines = [shown.facts.render(text) for text in shown.insights.opening]
    assert any(text.startswith(line) for text in lines)


def test_no_order_from_one_in_twenty_where_fewer_order_at_all() -> None:
    orders = [1.0] + [0.0] * 30
    customers = pa.table(
        {
            "user_id": [f"u{i:02}" for i in range(31)],
            "orders": orders,
            "revenue": [20.0 * count for count in orders],
            "sessions": [1.0 + i % 2 for i in range(31)],
        }
    )
    interpretation = interpret(customers, segment(customers, k=2, features=["sessions"]))
    assert interpretation.facts["everyone.order_value"].value == 20
    assert not [name for name in interpretation.facts if name.endswith((".one_more", ".left"))]
    assert "What is at stake" not in [part.title for part in interpretation.insights.sections]


def test_more_sent_back_than_bought_has_no_order_of_its_own_worth() -> None:
    customers = pa.table(
        {"user_id": ["a", "b", "c"], "orders": [1.0, 1.0, 9.0], "revenue": [-5.0, -6.0, 90.0]}
    )
    interpretation = interpret(
        customers, segment(customers, k=2, k_range=(2, 4), features=customers.column_names[1:])
    )
    assert [row[3] for row in spend(interpretation)] == ["{S2.order_value}", "–"]


@pytest.mark.parametrize("advice", ["", " If `guest_id` says who they are, take it."])
def test_rows_of_nobody_are_told_once_and_advice_is_kept(advice: str) -> None:
    customers = pa.table(
        {"user_id": ["a", "b", "c"], "orders": [1.0, 1.0, 1.0], "revenue": [30.0, 30.0, 60.0]}
    )
    warning = f"6 of 50 rows (12.0%) name no customer: nothing here is about them.{advice}"
    interpretation = interpret(
        customers,
        segment(customers, k_range=(2, 4), features=customers.column_names[1:]),
        cleaning=[("clean", "kept", 44, 0.88), ("missing_customer", "rejected", 6, 0.12)],
        warnings=["Another.", warning],
        nameless=40,
    )
    lines = [interpretation.facts.render(line) for line in interpretation.insights.opening]
    rows = "Of 50 rows, 6 name no customer (12.0 %): nothing here is about such rows."
    money = (
        "Rows that name no customer bring 40.00 more, 25.0 % of the source's total of "
        "160.00. All shares of revenue here are of the 120.00 from known customers."
    )
    without = [line for line in lines if "no customer" in line or "without a known" in line]
    assert lines[0] == "Another."
    # with the warning goes its number of rows, so that nothing is told twice, and nothing is lost
    assert without == ([warning, money] if advice else [f"{rows} {money}"])


def test_no_structure_is_said_to_be_none() -> None:
    customers = pa.table({"user_id": ["a", "b", "c"], "orders": [1.0, 1.0, 1.0]})
    interpretation = interpret(
        customers,
        segment(customers, k_range=(2, 4), features=customers.column_names[1:]),
        window=window(),
    )
    assert list(interpretation.names.values()) == ["All customers"]
    assert interpretation.facts.render(interpretation.insights.opening[0]) == (
        "3 customers placed 3 orders. 0 % of the buyers ordered more than once."
    )
    assert interpretation.facts.render(interpretation.insights.opening[1]).startswith("No groups")
    [everyone] = interpretation.insights.segments
    assert interpretation.facts.render(everyone.marks[0]) == (
        "Orders: 1 on average; for at least half of them 1 or fewer."
    )
    assert interpretation.facts.verify(interpretation.tables) == ()


def test_the_end_of_the_window_is_its_last_day() -> None:
    customers = shop()
    cases = {
        # midnight belongs to the day before it
        (datetime(2024, 1, 1), datetime(2024, 2, 1), "UTC"): ("2024-01-01", "2024-01-31"),
        (datetime(2024, 1, 1, 9), datetime(2024, 1, 31, 18), "UTC"): ("2024-01-01", "2024-01-31"),
        # 23:00 UTC is midnight in Berlin
        (datetime(2023, 12, 31, 23), datetime(2024, 1, 31, 23), "Europe/Berlin"): (
            "2024-01-01",
            "2024-01-31",
        ),
    }
    for bounds, days in cases.items():
        interpretation = told(customers, window=Window(*bounds))
        facts = interpretation.facts
        assert (facts["run.start"].value, facts["run.end"].value) == days
        assert any("from {run.start} to {run.end}" in text for text in texts(interpretation))
        assert facts.verify(interpretation.tables) == ()


def test_half_who_have_nothing_have_none() -> None:
    customers = pa.table(
        {"user_id": ["a", "b", "c"], "orders": [0.0, 0.0, 3.0], "revenue": [0.0, -1.0, 4.0]}
    )
    interpretation = interpret(
        customers, segment(customers, k=1, k_range=(2, 4), features=["orders"]), window=window()
    )
    [everyone] = interpretation.insights.segments
    assert [interpretation.facts.render(mark) for mark in everyone.marks] == [
        "Orders: 1 on average; at least half of them have none.",
        "Revenue: 1.00 on average; for at least half of them nothing.",
    ]


def test_suspected_bots_are_in_no_figure_of_everyone() -> None:
    customers = pa.table(
        {
            "user_id": ["a", "b", "c", "bot"],
            "views": [1.0, 2.0, 30.0, 90000.0],
            "orders": [1.0, 0.0, 1.0, 0.0],
            "revenue": [5.0, 0.0, 9.0, 0.0],
            "busiest_hour_events": [1.0, 2.0, 9.0, 9000.0],
        }
    )
    assert "busiest_hour_events > 720" in SUSPECTED_BOT
    interpretation = interpret(
        customers, segment(customers, k=2, k_range=(2, 4), features=["views"])
    )
    assert interpretation.profiles[-1].segment_id == "bots"
    assert interpretation.names["bots"] == "Suspected bots"
    assert interpretation.everyone.customers == 3
    assert interpretation.facts["everyone.views.mean"].value == 11.0
    assert interpretation.facts["bots.share"].value == 0.25
    assert len(spend(interpretation)) == 2
    assert "1 of them is a suspected bot" in interpretation.facts.render(
        " ".join(texts(interpretation))
    )
    assert interpretation.facts.verify(interpretation.tables) == ()


def test_names_of_columns_and_sources_may_hold_anything() -> None:
    customers = pa.table(
        {
            "user_id": [str(n) for n in range(40)],
            "points {earned}": [float(n % 20 == 0) * 50 + n % 3 for n in range(40)],
            "points_earned": [float(n >= 20) * 9 for n in range(40)],
            "points-earned}": [float(n) for n in range(40)],
        }
    )
    interpretation = interpret(
        customers,
        segment(customers, k=3, k_range=(2, 4), features=customers.column_names[1:]),
        source_label="a {b}.csv <x>",
    )
    written = [interpretation.facts.render(text) for text in texts(interpretation)]
    assert "The data come from a {b}.csv <x>." in written
    assert interpretation.facts.verify(interpretation.tables) == ()


def test_profiles_come_by_falling_revenue() -> None:
    interpretation = told(shop())
    revenues = [profile.revenue for profile in interpretation.profiles]
    assert revenues == sorted(revenues, key=lambda revenue: -(revenue or 0.0))
    assert interpretation.summary["segment_id"].to_pylist() == [
        profile.segment_id for profile in interpretation.profiles
    ]
    assert interpretation.summary.column_names[:4] == [
        "segment_id",
        "segment",
        "customers",
        "share",
    ]


@pytest.mark.parametrize(
    "options", [{"margin": 0.0}, {"margin": 30}, {"cost": -1}, {"currency": "x1"}]
)
def test_settings_that_make_no_sense_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(UsageError, match="expected"):
        told(shop(), **options)


def test_segments_of_other_customers_are_refused() -> None:
    customers = shop()
    segmentation = segment(customers, k=2, k_range=(2, 4), features=customers.column_names[1:])
    with pytest.raises(InputError, match="not the same ones"):
        interpret(customers.slice(1), segmentation)


def test_the_public_names() -> None:
    import clustomer.insights as insights

    assert all(hasattr(insights, name) for name in insights.__all__)
    assert {"interpret", "Interpretation", "Facts", "Fact", "Insights"} <= set(insights.__all__)
