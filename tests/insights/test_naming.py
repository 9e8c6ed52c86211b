import re

import pytest
from claims import true_of
from hypothesis import given, settings
from hypothesis import strategies as st
from shops import Group, Shop, customer_table, shop, shops

from clustomer.insights.facts import Facts, placeholders
from clustomer.insights.naming.conditions import (
    Figure,
    Higher,
    Is,
    IsNot,
    LargerShare,
    Lower,
    mean,
    share,
)
from clustomer.insights.naming.names import name_segments
from clustomer.insights.naming.rules import AVERAGE, MIXED, RULES
from clustomer.insights.profiles import profile_facts

EVERYTHING = {"views", "carts", "orders", "money", "returns", "prices", "time"}
BROWSERS = Group(size=120, views=4, sessions=2, recency=0.3, tenure=0.6)
BUYERS = Group(size=40, buys=1.0, orders=1.1, recency=0.15, tenure=0.6)

ARCHETYPES = {
    "High-value loyal customers": [
        BROWSERS,
        BUYERS,
        Group(buys=1.0, orders=6, value=60, recency=0.05),
    ],
    "New customers": [BROWSERS, Group(buys=1.0, orders=1.2, recency=0.1, tenure=0.15)],
    "Loyal regulars": [
        BROWSERS,
        Group(buys=1.0, orders=6, value=10, recency=0.05),
        Group(buys=1.0, orders=1, value=900, recency=0.1),
    ],
    "Lapsed repeat buyers": [BROWSERS, BUYERS, Group(buys=1.0, orders=5, value=9, recency=0.8)],
    "Frequent returners": [BROWSERS, BUYERS, Group(buys=1.0, orders=2, value=30, returns=3)],
    "Top spenders": [BROWSERS, BUYERS, Group(buys=1.0, orders=1, value=500)],
    "Bargain hunters": [
        BROWSERS,
        Group(size=40, buys=1.0, value=90, price=1.2),
        Group(buys=1.0, price=0.5),
    ],
    "Big-ticket buyers": [
        BROWSERS,
        Group(size=60, buys=1.0, orders=9, value=40, recency=0.02),
        Group(size=40, buys=1.0, orders=1, value=10, recency=0.1),
        Group(size=20, buys=1.0, orders=1, value=200, recency=0.1),
    ],
    "Repeat buyers": [
        Group(size=20, views=4),
        Group(size=90, buys=1.0, orders=12, value=90, recency=0.05),
        Group(size=60, buys=1.0, orders=4, value=9, recency=0.25),
    ],
    "Lapsed one-time buyers": [BROWSERS, BUYERS, Group(buys=1.0, value=9, recency=0.8)],
    "Lapsed customers": [
        Group(size=60, buys=1.0, orders=4, value=90, recency=0.05),
        Group(buys=1.0, orders=1.4, value=9, recency=0.8, tenure=0.9),
    ],
    "One-time buyers": [
        Group(size=60, buys=1.0, orders=6, value=90, recency=0.05),
        Group(size=60, buys=1.0, orders=1, value=90, recency=0.2),
    ],
    "Occasional buyers": [
        Group(size=60, buys=1.0, orders=6, value=90, recency=0.05),
        Group(size=60, buys=0.8, orders=1.2, value=90, recency=0.2),
    ],
    "Buyers": [BROWSERS, BUYERS],
    "Cart abandoners": [BROWSERS, BUYERS, Group(carts=3)],
    "Inactive visitors": [BROWSERS, BUYERS, Group(views=4, recency=0.9, tenure=0.95)],
    "New visitors": [BROWSERS, BUYERS, Group(views=4, recency=0.05, tenure=0.1)],
    "Frequent browsers": [BROWSERS, BUYERS, Group(views=30, sessions=9)],
    "Heavy browsers": [BROWSERS, BUYERS, Group(views=30, sessions=2)],
    "Engaged shoppers": [BROWSERS, Group(buys=0.4, views=30, sessions=9, recency=0.3)],
    "One-time visitors": [BROWSERS, BUYERS, Group(sessions=1, recency=0.3)],
    "Casual visitors": [BROWSERS, BUYERS, Group(views=1, sessions=2, recency=0.3)],
    "Window shoppers": [BROWSERS, BUYERS],
    "Non-buyers": [Group(views=0, recency=0.3), BUYERS],
}
SHORT = {"Buyers": 0.5, "Top spenders": 20.0}
WITHOUT = {"Non-buyers": {"orders", "money"}}


def named(drawn: Shop) -> dict[str, str]:
    names = name_segments(drawn.profiles, drawn.everyone, drawn.described, window_days=drawn.days)
    return {key: name.name for key, name in names.items()}


def test_every_rule_has_an_archetype() -> None:
    assert {rule.name for rule in RULES} == set(ARCHETYPES)


def test_keys_are_unique_and_weaker_rules_name_rules_that_there_are() -> None:
    keys = [rule.key for rule in (*RULES, AVERAGE, MIXED)]
    assert len(keys) == len(set(keys))
    assert {stronger for rule in RULES for stronger in rule.weaker_than} <= set(keys)


@pytest.mark.parametrize(
    ("ask", "answer"),
    [
        (lambda: Is("hardly_buy"), "no such property. Did you mean `hardly_buys`"),
        (lambda: IsNot("ratio"), "no such property"),
        (lambda: Figure("repeater"), "Did you mean `repeaters`"),
        (lambda: mean("revenues"), "the feature `revenues`, which there is not"),
        (lambda: Higher("view"), "Did you mean `views`"),
        (lambda: Lower("view"), "Did you mean `views`"),
        (lambda: share("orders.atleast_2"), "Did you mean `orders.at_least_2`"),
        (lambda: LargerShare("orders"), "are added to `shares_past_thresholds`"),
    ],
)
def test_a_rule_that_asks_for_what_there_is_not_is_refused_where_it_is_written(ask, answer) -> None:
    with pytest.raises(LookupError) as refused:
        ask()
    assert answer in str(refused.value)


@pytest.mark.parametrize("name", ARCHETYPES)
def test_each_name_is_given_where_it_belongs(name: str) -> None:
    groups = ARCHETYPES[name]
    families = WITHOUT.get(name, EVERYTHING)
    table = customer_table(groups, days=SHORT.get(name, 200.0), families=families, seed=1)
    result = shop(table, [f"S{i + 1}" for i in range(len(groups))], SHORT.get(name, 200.0))
    assert name in named(result).values()


@settings(max_examples=300, deadline=None)
@given(shops())
def test_no_name_contradicts_its_segment(drawn: Shop) -> None:
    rows = drawn.table.to_pylist()
    names = named(drawn)
    by_id = {key: [row for row in rows if drawn.ids[int(row["group"])] == key] for key in names}
    for key, name in names.items():
        others = [(names[other], by_id[other]) for other in names if other != key]
        assert true_of(name, by_id[key], rows, others, drawn.days), name


@settings(max_examples=200, deadline=None)
@given(shops())
def test_no_two_segments_share_a_name(drawn: Shop) -> None:
    names = named(drawn)
    assert len(set(names.values())) == len(names) == len(drawn.profiles)


@settings(max_examples=150, deadline=None)
@given(shops(), st.randoms(use_true_random=False))
def test_names_follow_the_customers_whatever_number_their_segment_has(
    drawn: Shop, random: object
) -> None:
    shuffled = list(drawn.ids)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    again = named(shop(drawn.table, shuffled, drawn.days))
    before = named(drawn)
    assert {drawn.ids.index(key): name for key, name in before.items()} == {
        shuffled.index(key): name for key, name in again.items()
    }


@settings(max_examples=150, deadline=None)
@given(shops())
def test_evidence_is_made_of_known_facts(drawn: Shop) -> None:
    facts = Facts(
        profile_facts([drawn.everyone, *drawn.profiles], drawn.described, window_days=drawn.days)
    )
    names = name_segments(drawn.profiles, drawn.everyone, drawn.described, window_days=drawn.days)
    for name in names.values():
        assert name.evidence
        for sentence in name.evidence:
            assert "not known" not in facts.render(sentence)
            assert all(facts[used].value is not None for used in placeholders(sentence))
            assert not re.search(r"[@{}]", facts.render(sentence))


def test_words_of_visits_are_not_used_where_only_orders_are_known() -> None:
    groups = ARCHETYPES["Lapsed one-time buyers"][1:]
    table = customer_table(groups, days=500, families={"orders", "money", "time"}, seed=2)
    for name in named(shop(table, ["S1", "S2"], 500)).values():
        assert not re.search(r"visit|brows|shoppers", name.lower())


@pytest.mark.parametrize("days", [0.1, 1.0, 27.9])
@settings(max_examples=60, deadline=None)
@given(drawn=shops())
def test_a_short_log_shows_nobody_loyal_or_lapsed(days: float, drawn: Shop) -> None:
    names = " ".join(named(shop(drawn.table, drawn.ids, days)).values()).lower()
    assert not re.search(r"\b(loyal|lapsed|inactive|occasional|new)\b", names)


def test_being_there_when_the_log_begins_is_not_being_new() -> None:
    groups = [BROWSERS, Group(buys=1.0, orders=1.2, recency=0.1, tenure=0.99)]
    table = customer_table(groups, days=200, families=EVERYTHING, seed=3)
    assert "New customers" not in named(shop(table, ["S1", "S2"], 200)).values()


def test_two_like_segments_are_told_apart_by_a_true_difference() -> None:
    groups = [
        Group(size=60, buys=1.0, orders=6, value=90, recency=0.05),
        Group(size=60, buys=1.0, orders=1, value=20, recency=0.7, tenure=0.9),
        Group(size=60, buys=1.0, orders=1, value=50, recency=0.7, tenure=0.9),
    ]
    table = customer_table(groups, days=500, families={"orders", "money", "time"}, seed=4)
    result = shop(table, ["S1", "S2", "S3"], 500)
    names = name_segments(result.profiles, result.everyone, result.described, window_days=500)
    given_names = sorted(name.name for name in names.values())
    assert given_names[1:] == ["Lapsed one-time buyers", "Lapsed one-time buyers, smaller orders"]
    (smaller,) = (name for name in names.values() if name.name.endswith("smaller orders"))
    assert smaller.segment_id == "S2"
    assert "{S2.average_order_value.mean}" in smaller.evidence[-1]
    assert "{S3.average_order_value.mean}" in smaller.evidence[-1]


def test_a_segment_between_two_of_its_name_is_the_middle_group() -> None:
    groups = [
        Group(size=400, buys=1.0, orders=1, value=20, recency=0.3),
        Group(size=20, buys=1.0, orders=30, value=200, recency=0.05),
        *(Group(size=60, buys=1.0, orders=item, value=20, recency=0.05) for item in (8, 12, 20)),
    ]
    table = customer_table(groups, days=500, families={"orders", "money", "time"}, seed=0)
    result = shop(table, ["S1", "S2", "S3", "S4", "S5"], 500)
    names = name_segments(result.profiles, result.everyone, result.described, window_days=500)
    assert names["S5"].name == "Loyal regulars"
    middle = names["S4"]
    assert (middle.name, middle.proved) == ("Loyal regulars, middle group", True)
    assert re.search(
        r"between \{S[35]\.(\w+)\.mean\} and \{S[35]\.\1\.mean\} in the groups also called "
        "Loyal regulars",
        middle.evidence[-1],
    )
