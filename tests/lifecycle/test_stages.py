"""Stages by hand, and what must hold for any log."""

import random
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clustomer.customers import Reason, customer_features
from clustomer.engines import DIALECTS, DuckDB, translate
from clustomer.events import Window, read_events
from clustomer.lifecycle import STAGES, Lifecycle, Limits, Rhythm, lifecycle_stages
from clustomer.lifecycle.definition import (
    CUSTOMERS,
    OCCASIONS,
    customers_query,
    occasions_query,
    stages_query,
)
from clustomer.lifecycle.pauses import limits_of, usual_gap_of

START = date(2024, 1, 1)
LAST = 100
"""The last day of the window, counted from its first, which is 0."""

FIRST = Limits(5, 10, None, 20, 30, 40, ended=60, going_on=40, come_back=0.6)
FURTHER = Limits(20, 50, 90, 100, 150, 200, ended=60, going_on=0, come_back=1.0)
SELDOM = Limits(40, None, None, 100, 150, 200, ended=60, going_on=90, come_back=0.4)
SLOW = Limits(30, 120, None, 100, 150, 200, ended=60, going_on=40, come_back=0.6)
GROUPS = (FURTHER, FURTHER, SELDOM, FURTHER, FURTHER, SLOW, FURTHER, FURTHER, FURTHER)
"""Of those with a long gap other pauses are usual after two orders, and after three or four."""
NO_GAPS = (None,) * 9
ORDERS = Rhythm(FIRST, FURTHER, GROUPS, NO_GAPS, usual_gap=2000, strength=2)
VISITS = Rhythm(
    Limits(1, None, None, 3, 6, None, ended=60, going_on=40, come_back=0.4),
    FURTHER,
    (FURTHER,) * 9,
    NO_GAPS,
    2000,
    strength=2,
)

CASES = {
    # days with an order: stage, days since the last, usual gap, expected, due
    "once a": ([90], "new", 10, None, 100, True),
    "once b": ([80], "new", 20, None, 90, True),
    "once c": ([79], "slowing", 21, None, 89, False),
    "once d": ([69], "at risk", 31, None, 79, False),
    "once e": ([59], "lapsed", 41, None, None, False),
    # (9 · 10 + 2 · 20) / (9 + 2) days; half of such pauses are over after half of that
    "each ten days": ([*range(0, 91, 10)], "active", 10, 11.81, 95, True),
    # (8 · 10 + 2 · 20) / 10 = 12: 20 days are more than 1.5 times, not more than twice that
    "late": ([*range(0, 81, 10)], "at risk", 20, 12.0, 86, False),
    # (6 · 10 + 2 · 20) / 8 = 12.5: 40 days are more than twice that
    "gone": ([*range(0, 61, 10)], "lapsed", 40, 12.5, None, False),
    # (59 + 40) / 5 = 19.8: 41 days are more than twice that, and less than the pause of 50
    "came back after longer": ([0, 50, 55, 59], "slowing", 41, 19.8, 68, False),
    # before: (30 + 40) / 5 = 14, and 65 days are more than twice that; now (95 + 40) / 6
    "returned": ([0, 10, 20, 30, 95], "returned", 5, 22.5, 106, True),
    # 95 days are more than the 40 after which the pause after a first order is that of the lapsed
    # and fewer than half of those with two orders and a long gap were seen to come back
    "returned to a second order": ([0, 95], "returned", 5, 45.0, None, False),
    # (76 + 40) / 5 = 23.2: 24 days are more than that, but half of such pauses take 1.2 times it
    "not late before the next is expected": ([0, 20, 50, 76], "active", 24, 23.2, 103, True),
    "twice": ([0, 30], "lapsed", 70, 23.33, None, False),
}


def orders(days_of: dict[str, list[int]], kind: str = "purchase") -> list[dict[str, object]]:
    return [
        {"user_id": user, "event_time": f"{START + timedelta(days=day)} 12:00", "event_type": kind}
        for user, days in days_of.items()
        for day in days
    ]


def log_of(rows: list[dict[str, object]]) -> pa.Table:
    return pa.Table.from_pylist(rows)


@pytest.fixture(scope="module")
def stages() -> dict[str, dict[str, object]]:
    rows = orders({user: case[0] for user, case in CASES.items()})
    # an order more on the same day, a view and a return change nothing
    rows += orders({"once e": [59]}) + orders({"once e": [99]}, "view")
    rows += orders({"twice": [95]}, "return")
    rows += orders({"looked": [60, 96], "looked once": [93]}, "view")
    window = Window(datetime(2024, 1, 1), datetime(2024, 4, 11), "UTC")
    with read_events(log_of(rows)).engine as engine:
        engine.create_table(OCCASIONS, occasions_query(window))
        engine.create_table(CUSTOMERS, customers_query())
        last_day = (START - date(1970, 1, 1)).days + LAST
        made = engine.query(stages_query({0: VISITS, 1: ORDERS}, last_day)).to_pylist()
    return {row["user_id"]: row for row in made}


@pytest.mark.parametrize("user", CASES)
def test_stages_by_hand(stages, user) -> None:
    _, stage, since, usual, expected, due = CASES[user]
    row = stages[user]
    first_day = (START - date(1970, 1, 1)).days
    assert row["stage"] == stage
    assert row["days_since"] == since
    assert row["usual_gap_days"] == usual
    assert row["expected_day"] == (None if expected is None else first_day + expected)
    assert row["due"] == int(due)
    # day 100 is the last of the window
    assert row["past_due"] == int(due and expected <= LAST)
    assert row["by_orders"] == 1


def test_the_interval_holds_half_of_the_pauses(stages) -> None:
    row = stages["each ten days"]
    first_day = (START - date(1970, 1, 1)).days
    # 0.2 and 0.9 times 11.81 days after day 90
    assert (row["earliest_day"] - first_day, row["latest_day"] - first_day) == (92, 100)
    row = stages["not late before the next is expected"]
    # 0.3 times 23.2; three quarters were never seen to be over
    assert (row["earliest_day"] - first_day, row["latest_day"]) == (76 + 6, None)
    row = stages["returned to a second order"]
    assert row["earliest_day"] is row["latest_day"] is None


def test_who_never_ordered_is_known_by_visits(stages) -> None:
    # one visit, seven days ago: nobody is lapsed where the log cannot tell
    row = stages["looked once"]
    assert (row["by_orders"], row["stage"], row["occasions"]) == (0, "at risk", 1)
    # fewer than most came back, so that no date is promised
    assert row["expected_day"] is None
    row = stages["looked"]
    # 36 days after the first visit: no limit for the lapsed, so that it is no return either
    assert (row["by_orders"], row["stage"], row["due"]) == (0, "active", 0)
    assert row["usual_gap_days"] == pytest.approx((36 + 40) / 3, abs=0.01)


def test_who_only_sent_goods_back_has_no_stage() -> None:
    sent_back = orders({"back": [10, 50], "ordered": [95], "looked": [96]}, "return")
    rows = busy(3) + sent_back + orders({"ordered": [20]}) + orders({"looked": [30]}, "view")
    made = lifecycle_stages(log_of(rows))
    without = lifecycle_stages(log_of([row for row in rows if row["user_id"] != "back"]))
    table = {row["user_id"]: row for row in made.table.to_pylist()}
    back = table.pop("back")
    assert (back["stage"], back["basis"], back["occasions"]) == (None, "returns", 2)
    assert back["due"] is back["past_due"] is False
    assert back["expected_on"] is back["usual_gap_days"] is None
    # and nobody's rhythm is measured by theirs
    assert made.rhythms == without.rhythms
    assert table == {row["user_id"]: row for row in without.table.to_pylist()}
    # a return is no visit, neither of a buyer nor of one who looked
    days = {name: table[name]["last_on"] - START for name in ("ordered", "looked")}
    assert days == {"ordered": timedelta(days=20), "looked": timedelta(days=30)}


def test_the_expected_gap_is_from_the_last_day_to_the_expected_one() -> None:
    made = lifecycle_stages(log_of(busy(3)))
    assert isinstance(made, Lifecycle)
    expected = 0
    for row in made.table.to_pylist():
        if row["expected_on"] is None:
            assert row["expected_gap_days"] is None
        else:
            expected += 1
            assert row["expected_gap_days"] == (row["expected_on"] - row["last_on"]).days
    assert expected


def test_the_product_limit_estimate_by_hand() -> None:
    ended, going_on = {1: 10, 2: 10, 4: 10}, {1: 10, 3: 20}
    limits = limits_of(ended, going_on)
    # 1 - 50/60 = 0.17; 1 - 50/60 · 30/40 = 0.375; at the last nobody is left
    assert (limits.earliest, limits.middle, limits.lapsed) == (2, 4, 4)
    assert (limits.come_back, limits.ended, limits.going_on) == (1.0, 30, 30)
    seldom = limits_of(ended, going_on | {9: 30})
    # 80/90 · 60/70 · 30/40 = 0.5714 still wait after 4, and nobody is seen to come back later
    assert seldom.come_back == pytest.approx(1 - 4 / 7)
    # by 2, 1 - 80/90 · 60/70 = 0.238 are back: under a quarter of all, over half of 0.4286
    assert (seldom.earliest, seldom.middle, seldom.latest, seldom.slowing) == (4, None, None, 4)
    within = limits_of(ended, going_on | {9: 30}, longest=3)
    assert (within.earliest, within.slowing) == (None, None)
    assert limits_of({1: 29}, {}) is None


def test_the_usual_gap_of_everyone_by_hand() -> None:
    # means of 10 and of 20: whoever has more gaps counts no more
    assert usual_gap_of([(10, 1, 1), (200, 10, 1)])[0] == 1500


def busy(seed: int) -> list[dict[str, object]]:
    chance = random.Random(seed)
    return orders(
        {
            f"u{number:03d}": sorted(chance.sample(range(60), chance.randint(1, 6)))
            for number in range(90)
        }
    ) + orders({f"v{number:02d}": [chance.randrange(60)] for number in range(20)}, "view")


@pytest.mark.parametrize("seed", [1, 2])
def test_every_customer_has_one_stage_whatever_the_order_and_what_came_later(seed) -> None:
    rows = busy(seed)
    options = {"cutoff": "2024-03-01", "time_zone": "UTC"}
    made = lifecycle_stages(log_of(rows), **options)
    customers = customer_features(log_of(rows), **options).table
    assert made.table["user_id"].equals(customers["user_id"])
    assert set(made.table["stage"].to_pylist()) <= set(STAGES)
    assert made.table["stage"].null_count == 0
    later = orders({user: [60, 70, 95] for user in ("u000", "u001", "v00", "stranger")})
    shuffled = rows + later
    random.Random(seed).shuffle(shuffled)
    again = lifecycle_stages(log_of(shuffled), **options)
    assert again.table.equals(made.table)
    assert again.to_json() == made.to_json()


def test_the_whole_definition_is_one_portable_query() -> None:
    with_events = read_events(log_of(busy(3)))
    try:
        made = lifecycle_stages(with_events)
        at_once = with_events.engine.query(made.query.order_by("user_id"))
        for dialect in DIALECTS:
            assert "lifecycle_occasions" in translate(made.query, dialect)
    finally:
        with_events.close()
    assert at_once["user_id"].to_pylist() == made.table["user_id"].to_pylist()
    assert at_once["stage"].to_pylist() == made.table["stage"].to_pylist()
    assert [bool(due) for due in at_once["due"].to_pylist()] == made.table["due"].to_pylist()


@pytest.mark.parametrize(("gone", "expected_gap"), [(30, 10), (31, None)])
def test_a_date_is_given_where_half_of_the_pauses_of_comparable_customers_end(
    gone, expected_gap
) -> None:
    # all gaps are 10 days; of those with two orders 30 came back after as long, the others never
    days = {f"back{n}": [0, 10, 20] for n in range(30)} | {f"gone{n}": [0, 10] for n in range(gone)}
    made = lifecycle_stages(log_of(orders(days | {"lately": [88, 98]})), cutoff="2024-04-10")
    rhythm = made.rhythms["orders"]
    assert rhythm.usual_gap == 1000
    of_two, of_three = rhythm.groups[2], rhythm.groups[5]
    assert (of_two.middle, of_two.latest) == (None if expected_gap is None else 100, None)
    # too few pauses after a third order ended to tell; of all that go on after 10 days a third did
    assert of_three == rhythm.further
    assert (of_three.earliest, of_three.middle) == (100, None)
    rows = {row["user_id"]: row for row in made.table.to_pylist()}
    assert rows["lately"]["expected_gap_days"] == expected_gap
    assert rows["lately"]["stage"] == "active"
    assert rows["lately"]["due"] is False
    assert rows["back0"]["expected_gap_days"] is None


def test_rhythms_come_back_from_json() -> None:
    made = lifecycle_stages(log_of(busy(4)))
    for basis, stored in made.to_json().items():
        assert Rhythm.from_json(stored) == made.rhythms[basis]
        assert any(made.rhythms[basis].group_gaps)
        # what was stored before the mean gaps were: each kind by itself
        before = {name: value for name, value in stored.items() if name != "group_gaps_days"}
        assert Rhythm.from_json(before).group_gaps == NO_GAPS


def expected_gaps(rhythm: Rhythm, spans: dict[int, list[int]]) -> dict[int, list[int | None]]:
    """Return the days to the expected date after so many occasions within so many days."""
    last_day = 20_000
    rows = [
        {"user_id": f"{occasions}-{number:04d}", "by_orders": 1, "occasions": occasions}
        | {"first_day": last_day - span, "last_day": last_day}
        | {"longest_gap": 0, "longest_before": 0, "last_gap": 0}
        for occasions, lengths in spans.items()
        for number, span in enumerate(lengths)
    ]
    with DuckDB() as engine:
        engine.register(CUSTOMERS, pa.Table.from_pylist(rows))
        query = stages_query({0: rhythm, 1: rhythm}, last_day)
        made = {row["user_id"]: row["expected_day"] for row in engine.query(query).to_pylist()}
    return {
        occasions: [
            None if (day := made[f"{occasions}-{number:04d}"]) is None else day - last_day
            for number in range(len(lengths))
        ]
        for occasions, lengths in spans.items()
    }


def usual(ratio: int | None) -> Limits:
    return Limits(ratio and ratio // 2, ratio, None, 100, 150, 200, 60, 0, 1.0)


def test_lengths_are_interpolated_between_the_mean_gaps_of_neighbours() -> None:
    # everyone's usual gap is 20 days; kinds of two orders end at 14 and at 20 days
    groups = (usual(50), usual(80), usual(200)) + (usual(90), usual(None), usual(120)) * 2
    gaps = (1000, 1700, 3000, 1000, 1700, 3000, 1000, None, 3000)
    rhythm = Rhythm(FIRST, FURTHER, groups, gaps, usual_gap=2000, strength=1)
    # usual gaps of two orders: (span + 20) / 2 days
    spans = {2: [-4, 0, 8, 14, 19, 20, 40, 60], 3: [22, 30], 5: [50, 80, 100]}
    made = expected_gaps(rhythm, spans)
    # 8: half of it; 10: where the mean of the kind is, 5 days; 14: 3/7 of the way from there to 17,
    # 13.6 days: 5 · 3/7 + 13.6 · 4/7 = 9.91; 17: 13.6; 19.5 and 20: between 13.6 and 60 at 30:
    # 13.6 · 10.5/13 + 60 · 2.5/13 = 22.5 and 13.6 · 10/13 + 60 · 3/13 = 24.3; from 30 on, twice it
    assert made[2] == [4, 5, 9, 13, 22, 24, 60, 80]
    # the neighbour of those with three orders is not known: (22 + 20) / 3 = 14 is of that kind
    assert made[3] == [None, None]
    # of a kind without a mean gap, and beside it, each by itself: (50 + 20) / 5 = 14, 20, 24
    assert made[5] == [None, 24, 28]


def test_a_latest_date_is_not_before_the_expected_one() -> None:
    # at 15 days between 10 and 20 half are over by (5 + 40) / 2 days; three quarters by 0.6 of them
    short = replace(usual(50), latest=60)
    groups = (short, usual(200), FURTHER) * 3
    rhythm = Rhythm(FIRST, FURTHER, groups, (1000, 2000, None) * 3, usual_gap=2200, strength=1)
    with DuckDB() as engine:
        row = {"user_id": "u", "by_orders": 1, "occasions": 2, "first_day": 92, "last_day": 100}
        row |= {"longest_gap": 8, "longest_before": 0, "last_gap": 8}
        engine.register(CUSTOMERS, pa.Table.from_pylist([row]))
        made = engine.query(stages_query({0: rhythm, 1: rhythm}, 100)).to_pylist()[0]
    assert (made["expected_day"], made["latest_day"]) == (122, None)


@settings(max_examples=6, deadline=None)
@given(
    st.lists(st.integers(20, 150), min_size=3, max_size=3), st.integers(0, 29), st.integers(1, 9)
)
def test_expected_lengths_rise_with_the_gap_and_do_not_jump(ratios, more, strength) -> None:
    # mean gaps of 10 to 12.9 days, 17 and 30; lengths at them rise where they do by hand
    gaps = (1000 + 10 * more, 1700, 3000)
    lengths = [ratio * gap for ratio, gap in zip(sorted(ratios), gaps, strict=True)]
    assert lengths == sorted(lengths)
    groups = tuple(usual(ratio) for ratio in sorted(ratios)) * 3
    rhythm = Rhythm(FIRST, FURTHER, groups, gaps * 3, usual_gap=2000, strength=strength)
    made = expected_gaps(rhythm, {n: list(range(n, 60 * n)) for n in (2, 3, 5)})
    steepest = max(
        [ratio / 100 for ratio in ratios]
        + [
            (long - short) / 100 / (b - a)
            for (short, long), (a, b) in zip(pairwise(lengths), pairwise(gaps), strict=True)
        ]
    )
    for occasions, days in made.items():
        step = steepest / (occasions - 1 + strength)
        assert all(0 <= later - day <= step + 1.1 for day, later in pairwise(days))


def test_december_buyers_have_not_lapsed_in_november() -> None:
    rows = orders({f"u{n:02d}": [n, n + 10 + n % 7, n + 40] for n in range(60)})
    december = [(date(2024, 12, day) - START).days for day in (2, 9, 16)]
    next_one = [(date(2025, 12, day) - START).days for day in (3, 11)]
    rows += orders({"every December": december + next_one, "one December": december})
    made = lifecycle_stages(log_of(rows), cutoff="2026-11-15")
    stage = dict(
        zip(made.table["user_id"].to_pylist(), made.table["stage"].to_pylist(), strict=True)
    )
    assert stage["every December"] == "slowing"
    assert stage["one December"] == "lapsed"


def test_a_short_log_and_a_log_without_returns_say_why() -> None:
    short = lifecycle_stages(log_of(busy(5)), cutoff="2024-01-20")
    assert short == Reason("short log", {"days": short.numbers["days"], "least": 28})
    assert short.numbers["days"] < 28
    once = lifecycle_stages(log_of(orders({f"u{n}": [n % 90] for n in range(50)})))
    assert once == Reason("few pauses", {"pauses": 0, "least": 30})


def test_buyers_without_a_rhythm_of_visitors_lend_them_theirs() -> None:
    made = lifecycle_stages(log_of(busy(6)))
    assert isinstance(made, Lifecycle)
    assert made.rhythms["visits"] == made.rhythms["orders"]
    by_visits = made.table.filter(pc.equal(made.table["basis"], "visits"))
    assert by_visits.num_rows == 20
    assert not any(by_visits["due"].to_pylist())
