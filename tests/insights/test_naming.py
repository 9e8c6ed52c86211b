import re

import pyarrow as pa
import pytest
from claims import Shop as Measures
from claims import share_true
from hypothesis import given, settings
from hypothesis import strategies as st
from shops import Group, Shop, customer_table, shop, shops

from clustomer.insights.facts import Facts, placeholders
from clustomer.insights.naming.candidate import Candidate, with_fact
from clustomer.insights.naming.names import name_facts, name_segments
from clustomer.insights.naming.plain import plain_facts
from clustomer.insights.naming.rules import RULES
from clustomer.insights.naming.terms import Bound, Stage
from clustomer.insights.population import Condition
from clustomer.insights.profiles import limit_facts, profile_facts

EVERYTHING = {"views", "carts", "orders", "money", "returns", "prices", "time"}
BROWSERS = Group(size=120, views=4, sessions=2, recency=0.3, tenure=0.6, stage="active")
BUYERS = Group(size=40, buys=1.0, orders=1.1, recency=0.15, tenure=0.6, stage="new")
REGULARS = Group(size=60, buys=1.0, orders=14, value=40, recency=0.02, stage="active")

ARCHETYPES = {
    "High-value loyal customers": [
        BROWSERS,
        Group(size=90, buys=1.0, orders=9, value=9, stage="active"),
        Group(size=9, buys=1.0, orders=14, value=60, stage="active"),
    ],
    "Loyal regulars": [BROWSERS, BUYERS, REGULARS],
    "High-value customers gone quiet": [
        BROWSERS,
        Group(size=90, buys=1.0, orders=3, value=9, stage="at risk"),
        Group(size=9, buys=1.0, orders=3, value=900, stage="at risk"),
    ],
    "Regulars gone quiet": [REGULARS, BUYERS, Group(buys=1.0, orders=14, stage="at risk")],
    "New repeat customers": [REGULARS, BUYERS, Group(buys=1.0, orders=6, tenure=0.1)],
    "New customers": [
        REGULARS,
        Group(buys=1.0, orders=1, tenure=0.9, stage="active"),
        Group(buys=1.0, orders=1.5, tenure=0.1, stage="active"),
    ],
    "Lapsed repeat buyers": [
        REGULARS,
        Group(buys=1.0, stage="lapsed"),
        Group(buys=1.0, orders=5, stage="lapsed"),
    ],
    "Repeat buyers gone quiet": [
        REGULARS,
        Group(buys=1.0, stage="at risk"),
        Group(buys=1.0, orders=4, stage="at risk"),
    ],
    "Active repeat buyers": [
        Group(size=90, buys=1.0, orders=1, stage="active"),
        Group(size=60, buys=1.0, orders=3.5, stage="active"),
        Group(size=60, buys=1.0, orders=3.5, stage="lapsed"),
    ],
    "Lapsed one-time buyers": [
        Group(buys=1.0, orders=3.5, stage="lapsed"),
        Group(buys=1.0, stage="at risk"),
        Group(buys=1.0, stage="lapsed"),
    ],
    "One-time buyers gone quiet": [
        REGULARS,
        Group(buys=1.0, orders=3.5, stage="at risk"),
        Group(buys=1.0, stage="at risk"),
    ],
    "Recent one-time buyers": [
        REGULARS,
        Group(buys=1.0, stage="at risk"),
        Group(buys=1.0, stage="new", recency=0.3),
    ],
    "Lapsed customers": [REGULARS, BROWSERS, Group(buys=1.0, orders=1.5, stage="lapsed")],
    "Buyers gone quiet": [REGULARS, BROWSERS, Group(buys=1.0, orders=1.5, stage="at risk")],
    "Top spenders": [
        Group(size=150, buys=1.0, orders=2, value=9),
        Group(size=9, buys=1.0, orders=2, value=900),
    ],
    "One-time buyers": [Group(buys=1.0, orders=4), Group(buys=1.0, orders=1)],
    "Repeat buyers": [Group(buys=1.0, orders=4), Group(buys=1.0, orders=1)],
    "Buyers": [BROWSERS, Group(buys=1.0, orders=1.6)],
    "Customers who sent back more than they kept": [
        BUYERS,
        BROWSERS,
        Group(buys=1.0, orders=1.5, value=1, returns=6),
    ],
    "Frequent returners": [
        Group(size=150, buys=1.0, orders=2, value=99),
        Group(size=40, buys=1.0, orders=2, value=99, returns=6),
    ],
    "Bargain hunters": [
        Group(size=60, buys=1.0, orders=1.6, price=1.2),
        Group(size=60, buys=1.0, orders=1.6, price=0.6),
    ],
    "Big-ticket buyers": [
        Group(size=60, buys=1.0, orders=1, value=10),
        Group(size=20, buys=1.0, orders=1, value=200),
    ],
    "Cart abandoners": [BUYERS, BROWSERS, Group(carts=3)],
    "Engaged shoppers": [
        Group(size=90, buys=1.0, orders=1.6, views=4),
        BROWSERS,
        Group(size=20, buys=1.0, orders=1.6, views=40),
    ],
    "Frequent browsers": [BUYERS, BROWSERS, Group(views=40, sessions=12)],
    "Heavy browsers": [BUYERS, BROWSERS, Group(views=40, sessions=2)],
    "Inactive visitors": [BUYERS, BROWSERS, Group(stage="lapsed")],
    "New visitors": [BUYERS, BROWSERS, Group(tenure=0.05, stage="active")],
    "One-time visitors": [BUYERS, BROWSERS, Group(sessions=1)],
    "Casual visitors": [
        BUYERS,
        Group(size=60, views=20, sessions=2),
        Group(size=60, views=2.5, sessions=2),
    ],
    "Window shoppers": [Group(buys=1.0, views=0), Group(views=9, sessions=2)],
    "Non-buyers": [Group(views=0, carts=0.5, sessions=2), BUYERS],
}
SHORT = {
    *("Top spenders", "One-time buyers", "Repeat buyers", "Buyers", "Bargain hunters"),
    *("Big-ticket buyers", "Engaged shoppers", "Frequent browsers", "Heavy browsers"),
    *("Casual visitors", "Window shoppers", "Frequent returners"),
    "Customers who sent back more than they kept",
}


def named(drawn: Shop) -> dict[str, str]:
    names = name_segments(drawn.people, drawn.profiles, drawn.described, window_days=drawn.days)
    return {key: name.name for key, name in names.items()}


def members(drawn: Shop, key: str) -> list[dict]:
    return [row for row in drawn.table.to_pylist() if drawn.ids[int(row["group"])] == key]


def test_every_rule_has_an_archetype() -> None:
    assert {rule.name for rule in RULES} == set(ARCHETYPES)
    assert len({rule.key for rule in RULES}) == len(RULES)


@pytest.mark.parametrize(
    ("ask", "answer"),
    [
        (lambda: Bound("view", above=1), "Did you mean `views`"),
        (lambda: Stage(("lapse",)), "Did you mean `lapsed`"),
    ],
)
def test_a_rule_that_asks_for_what_there_is_not_is_refused_where_it_is_written(ask, answer) -> None:
    with pytest.raises(LookupError) as refused:
        ask()
    assert answer in str(refused.value)


@pytest.mark.parametrize("name", ARCHETYPES)
def test_each_name_is_given_where_it_belongs(name: str) -> None:
    groups, days = ARCHETYPES[name], 20.0 if name in SHORT else 365.0
    table = customer_table(groups, days=days, families=EVERYTHING, seed=1)
    result = shop(table, [f"S{i + 1}" for i in range(len(groups))], days)
    assert name in named(result).values()


@settings(max_examples=20, deadline=None)
@given(shops())
def test_a_name_is_true_of_four_in_five_of_those_who_bear_it(drawn: Shop) -> None:
    measures = Measures(drawn.table.to_pylist(), drawn.days)
    for key, name in named(drawn).items():
        assert share_true(name, members(drawn, key), measures) >= 0.8 - 1e-9, name


@settings(max_examples=20, deadline=None)
@given(shops())
def test_the_share_that_is_printed_is_the_share_of_members_of_whom_it_is_true(drawn: Shop) -> None:
    measures = Measures(drawn.table.to_pylist(), drawn.days)
    names = name_segments(drawn.people, drawn.profiles, drawn.described, window_days=drawn.days)
    facts = {fact.id: fact.value for fact in name_facts(drawn.people, names.values())}
    for key, name in names.items():
        if name.conditions:
            inside = members(drawn, key)
            others = [row for row in drawn.table.to_pylist() if row not in inside]
            expected = share_true(name.name, inside, measures)
            of_others = share_true(name.name, others, measures) if others else 0.0
            assert facts[f"{key}.named"] == pytest.approx(expected)
            assert facts[f"{key}.named_others"] == pytest.approx(of_others * len(others))
            if others:
                assert facts[f"{key}.named_of_others"] == pytest.approx(of_others)
            mostly = of_others * len(others) > expected * len(inside) + 1e-6
            assert any("in other segments" in text for text in name.evidence) == mostly


@settings(max_examples=20, deadline=None)
@given(shops())
def test_no_two_segments_share_a_name(drawn: Shop) -> None:
    names = named(drawn)
    assert len(set(names.values())) == len(names) == len(drawn.profiles)


@settings(max_examples=20, deadline=None)
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


@settings(max_examples=20, deadline=None)
@given(shops())
def test_evidence_is_made_of_known_facts(drawn: Shop) -> None:
    names = name_segments(drawn.people, drawn.profiles, drawn.described, window_days=drawn.days)
    profiles = [drawn.everyone, *drawn.profiles]
    facts = Facts(
        [
            *profile_facts(profiles, drawn.described, window_days=drawn.days),
            *limit_facts(drawn.people, drawn.described),
            *name_facts(drawn.people, names.values()),
        ]
    )
    for name in names.values():
        assert name.evidence
        for sentence in name.evidence:
            assert all(facts[used].value is not None for used in placeholders(sentence))
            assert not re.search(r"[@{}]|not known", facts.render(sentence))


def test_words_of_visits_are_not_used_where_only_orders_are_known() -> None:
    groups = ARCHETYPES["Lapsed one-time buyers"]
    table = customer_table(groups, days=500, families={"orders", "money", "time"}, seed=2)
    for name in named(shop(table, ["S1", "S2", "S3"], 500)).values():
        assert not re.search(r"visit|brows|shoppers|looks", name.lower())


@pytest.mark.parametrize("days", [0.1, 1.0, 27.9])
@settings(max_examples=20, deadline=None)
@given(drawn=shops())
def test_a_short_log_shows_nobody_loyal_or_lapsed(days: float, drawn: Shop) -> None:
    names = " ".join(named(shop(drawn.table, drawn.ids, days)).values()).lower()
    assert not re.search(r"\b(loyal|lapsed|inactive|quiet|regulars|new)\b", names)


def test_being_there_when_the_log_begins_is_not_being_new() -> None:
    groups = [BROWSERS, Group(buys=1.0, orders=1.2, recency=0.1, tenure=0.99)]
    table = customer_table(groups, days=200, families=EVERYTHING, seed=3)
    assert "New customers" not in named(shop(table, ["S1", "S2"], 200)).values()


def test_who_looks_a_lot_is_no_abandoner_and_who_leaves_carts_is() -> None:
    groups = [
        Group(size=200, views=5, sessions=2),
        Group(size=40, views=9, sessions=2, carts=0.5, buys=1.0, orders=1.4),
        Group(size=40, views=210, sessions=30, carts=4),
        Group(size=40, views=90, sessions=30, carts=28, buys=0.8, orders=1.4, abandons=0.8),
    ]
    table = customer_table(groups, days=60, families=EVERYTHING, seed=4)
    names = named(shop(table, ["S1", "S4", "S2", "S3"], 60))
    assert (names["S2"], names["S3"]) == ("Frequent browsers", "Cart abandoners")


def test_two_segments_of_one_name_are_told_apart_by_what_is_true_of_each() -> None:
    groups = [
        Group(size=100, buys=1.0, orders=1, value=40, stage="lapsed"),
        Group(size=60, buys=1.0, orders=20, value=40, recency=0.02, stage="active"),
        Group(size=60, buys=1.0, orders=60, value=40, recency=0.02, stage="active"),
    ]
    table = customer_table(groups, days=365, families={"orders", "money", "time"}, seed=0)
    names = named(shop(table, ["S1", "S2", "S3"], 365))
    assert names["S1"] == "Lapsed one-time buyers"
    assert re.fullmatch(r"Loyal regulars, (eight|ten|fifteen) to \w+ orders", names["S2"])
    assert re.fullmatch(r"Loyal regulars, (thirty|fifty).* orders( or more)?", names["S3"])


def test_a_name_that_is_true_of_more_others_than_members_says_what_marks_these() -> None:
    groups = [
        Group(size=400, buys=1.0, orders=7, value=40, recency=0.02, stage="active"),
        Group(size=9, buys=1.0, orders=60, value=40, recency=0.02, stage="active"),
    ]
    table = customer_table(groups, days=365, families={"orders", "money", "time"}, seed=0)
    drawn = shop(table, ["S1", "S2"], 365)
    names = name_segments(drawn.people, drawn.profiles, drawn.described, window_days=365)
    # a tenth of all buyers, four times as many as these, spent as much
    assert re.fullmatch(r"High-value loyal customers, .* orders( or more)?", names["S2"].name)
    facts = {fact.id: fact.value for fact in name_facts(drawn.people, names.values())}
    assert facts["S2.named_others"] == 0
    [evidence] = names["S2"].evidence
    assert "in other segments" not in evidence


def _of_orders(*parts: tuple[int, float, float, float]) -> Shop:
    """Return a shop whose segments are so many customers with orders, days away and revenue."""
    groups = [Group(size=size, buys=1.0, stage="active") for size, *_ in parts]
    table = customer_table(groups, days=365, families={"orders", "money"}, seed=0)
    rows = []
    for place, row in enumerate(table.to_pylist()):
        _, orders, away, revenue = parts[int(row["group"])]
        spent = revenue + place / 100  # no two spent the same
        given = {"orders": orders, "purchase_recency_days": away, "revenue": spent}
        rows.append({**row, **given})
    ids = [f"S{place + 1}" for place in range(len(parts))]
    return shop(table.from_pylist(rows, schema=table.schema), ids, 365)


def test_where_no_one_fact_marks_a_segment_off_the_best_two_do() -> None:
    """Ten of three orders lately, among as many orders long ago and more orders lately."""
    drawn = _of_orders((10, 3, 50, 50), (20, 3, 300, 50), (20, 12, 50, 50), (99, 1, 300, 50))
    names = name_segments(drawn.people, drawn.profiles, drawn.described, window_days=365)
    assert re.fullmatch(r".* orders, last order in the last .*", names["S1"].name)
    facts = {fact.id: fact.value for fact in name_facts(drawn.people, names.values())}
    assert (facts["S1.named"], facts["S1.named_others"]) == (1.0, 0)
    assert names["S1"].advised_as == "repeat"


def test_who_ordered_once_or_twice_is_not_said_to_have_ordered_besides() -> None:
    by_words = {fact.words: fact for fact in plain_facts()}
    buyers = Candidate("buyers", "Buyers", "ordered", [Condition({"orders": (0.0, None)})], 0.0)
    claims = [
        with_fact(buyers, by_words[words], Condition({})).claim
        for words in ("One or two orders", "last order in the last month", "none for a month")
    ]
    assert claims == [
        "ordered once or twice",
        "ordered in the last month",
        "ordered; and have not ordered for a month",
    ]


def test_those_who_spend_most_are_told_by_their_part_of_all_buyers() -> None:
    """Of two hundred buyers, four spent far more than twenty-one others who spent much."""
    drawn = _of_orders((4, 6, 50, 9000), (21, 6, 50, 500), (175, 6, 50, 50))
    names = name_segments(drawn.people, drawn.profiles, drawn.described, window_days=365)
    assert names["S1"].name == "Top 2 % by spend"
    assert names["S1"].advised_as == "top_spenders"
    assert (
        "{everyone.revenue.top_fiftieth_from}, as one in fifty of all buyers" in names["S1"].claim
    )
    facts = {fact.id: fact.value for fact in limit_facts(drawn.people, drawn.described)}
    # four in two hundred are one in fifty: they are all who spent more than the 196th did
    assert facts["everyone.revenue.top_fiftieth_from"] == 500 + 24 / 100


def test_a_log_of_revenue_alone_has_names_of_spending() -> None:
    """Whether they ordered again is not known, and is not asked for."""
    spent = [9000.0 + n for n in range(4)] + [500.0 + n for n in range(15)]
    spent += [50.0 + n / 10 for n in range(181)]
    table = pa.table(
        {
            "user_id": [f"{n:03}" for n in range(200)],
            "group": [0.0] * 4 + [1.0] * 15 + [2.0] * 181,
            "stage": [""] * 200,
            "revenue": spent,
        }
    )
    names = named(shop(table, ["S1", "S2", "S3"], 20.0))
    assert names["S1"] == "Top 2 % by spend"
    assert names["S2"] == "Top 1 to 10 % by spend"


def test_a_name_stays_where_nothing_marks_its_members_off_better() -> None:
    drawn = _of_orders((5, 3, 50, 50), (20, 3, 50, 50), (99, 1, 300, 50))
    names = name_segments(drawn.people, drawn.profiles, drawn.described, window_days=365)
    facts = {fact.id: fact.value for fact in name_facts(drawn.people, names.values())}
    assert (facts["S1.named"], facts["S1.named_others"]) == (1.0, 20)
    assert names["S1"].evidence[0].endswith("are in other segments.")


def test_nothing_but_plain_facts_is_said_where_no_customary_name_is_true() -> None:
    """Half of them ordered once, half twice: neither one-time nor repeat buyers."""
    groups = [
        Group(size=100, buys=1.0, orders=12, recency=0.02, stage="active"),
        Group(size=50, buys=1.0, orders=1, recency=0.6, stage="slowing"),
    ]
    table = customer_table(groups, days=365, families={"orders", "money", "time"}, seed=0)
    half = [
        {**row, "orders": 2.0} if index % 2 and row["group"] == 1 else row
        for index, row in enumerate(table.to_pylist())
    ]
    names = named(shop(table.from_pylist(half, schema=table.schema), ["S1", "S2"], 365))
    assert names["S2"].startswith("One or two orders")
