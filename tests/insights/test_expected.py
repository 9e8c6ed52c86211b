"""The chapter of the forecast: sums by segment, sentences that fit, facts that come out again."""

from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

from clustomer.customers import Reason
from clustomer.events import Window
from clustomer.insights import interpret
from clustomer.lifetime import Forecast, Season, YearBefore, no_forecast
from clustomer.lifetime.contest import Decision, Judged, contest_table
from clustomer.outputs import report_markdown
from clustomer.segments import segment

IDS = [f"u{n:02}" for n in range(20)]
CUSTOMERS = pa.table({"user_id": IDS, "orders": [1.0] * 10 + [9.0] * 9 + [None]})
SEGMENTATION = segment(CUSTOMERS, k=2, features=["orders"])


def judged(day: int = 10_000) -> Judged:
    came = np.array([1.0] * 10 + [4.0] * 10)
    ways = {"past_rate": came + 2, "mbg_nbd": came * 0.5}
    return Judged(day, pa.array(IDS), ways, np.full(20, 10.0), came, came * 10)


def forecast(**changes) -> Forecast:
    orders = [0.5] * 10 + [2.0] * 9 + [None]
    columns = {
        "user_id": IDS,
        "p_alive": [0.4] * 10 + [0.8] * 9 + [None],
        "expected_orders": orders,
        "expected_orders_low": orders,
        "expected_orders_high": orders,
        "expected_revenue": [None if n is None else 10 * n for n in orders],
        "expected_revenue_low": orders,
        "expected_revenue_high": orders,
    }
    decision = Decision("mbg_nbd", "mbg_nbd", True)
    ids = np.array(["S1"] * 10 + ["S2"] * 10, dtype=object)
    made = Forecast(
        30,
        pa.table(columns),
        contest_table([judged()], decision, lambda one: ids),
        winner="mbg_nbd",
        alive_by="mbg_nbd",
        beats_past_rate=True,
        dates=("1997-05-19",),
        inside=0.9,
    )
    return replace(made, **changes)


def told(made: Forecast, **options) -> tuple[str, dict[str, float]]:
    interpretation = interpret(CUSTOMERS, SEGMENTATION, forecast=made, **options)
    assert interpretation.facts.verify(interpretation.tables) == ()
    text = report_markdown(interpretation.insights, interpretation.facts)
    return text, {name: fact.value for name, fact in interpretation.facts.items()}


def test_sums_are_told_for_everyone_and_by_segment():
    text, facts = told(forecast())
    # 10 customers of 0.5 and 9 of 2 orders, each worth 10
    assert (facts["everyone.expected_orders"], facts["everyone.expected_revenue"]) == (23, 230)
    assert facts["everyone.ordered"] == 19
    # 5 customers bring 100, 6 bring 120, of which 115 are needed
    assert facts["everyone.expected_half"] == 6
    assert facts["everyone.expected_half_share"] == pytest.approx(6 / 19)
    small, large = sorted(
        (facts[f"{key}.expected_orders"], facts[f"{key}.ordered"], facts[f"{key}.alive"])
        for key in ("S1", "S2")
    )
    assert small == (5, 10, pytest.approx(0.4))
    assert large == (18, 9, pytest.approx(0.8))
    assert (
        "are expected to place 23 orders (those of one day count as one) and to bring 230.00."
        in text
    )
    assert (
        "MBG/NBD was surely nearer to what came than each customer's past rate, and is used here"
        in text
    )
    assert "came to 0.50 times the orders that followed" in text


def test_value_is_told_only_with_a_margin():
    text, facts = told(forecast())
    assert "lifetime value" not in text.lower()
    assert "everyone.lifetime_value" not in facts
    text, facts = told(forecast(), margin=0.2)
    assert facts["everyone.lifetime_value"] == pytest.approx(46)
    assert "a lifetime value of 46.00 over that time at the margin of 20.0 %" in text


def test_without_amounts_the_chapter_speaks_of_orders():
    table = forecast().table
    for name in ("expected_revenue", "expected_revenue_low", "expected_revenue_high"):
        place = table.column_names.index(name)
        table = table.set_column(place, name, pa.nulls(20, pa.float64()))
    text, facts = told(forecast(table=table), margin=0.2)
    assert "(those of one day count as one). Half of the orders are expected from" in text
    assert "Lifetime value" not in text
    assert facts["everyone.expected_half"] == 6


def test_who_left_is_not_told_where_it_cannot_be():
    table = forecast().table
    table = table.set_column(1, "p_alive", pa.nulls(20, pa.float64()))
    text, _ = told(forecast(table=table, alive_by=""))
    assert "Who has left for good cannot be told" in text
    assert "Probably still customers" not in text


def test_it_is_said_where_none_beats_the_past_rate():
    text, _ = told(forecast(beats_past_rate=False))
    assert "None was surely nearer to what came than each customer's past rate. MBG/NBD" in text
    text, _ = told(forecast(beats_past_rate=False, winner="past_rate"))
    assert "than each customer's past rate, which is used." in text


def test_the_season_is_in_the_total_where_it_was_measured():
    text, facts = told(forecast(season=Season("1997-01-01", 1.5, 0.75, 2.0)))
    assert facts["expected.season.orders"] == 46
    assert "With that season the total would be 46 orders" in text


def test_the_same_days_a_year_before_stand_beside_the_forecast():
    before = YearBefore("1996-05-20", "1996-06-18", 12, 340.5)
    text, facts = told(forecast(year_before=before))
    assert (
        "The same 30 days a year before, from 1996-05-20 to 1996-06-18, brought 340.50 in revenue "
        "and 12 orders, new customers included. If the season decides, what comes is nearer to "
        "that than to the sum above. So do not buy stock by this figure alone."
    ) in text
    assert (facts["expected.year_before.orders"], facts["expected.year_before.revenue"]) == (
        12, 340.5
    )  # fmt: skip
    text, _ = told(forecast(year_before=replace(before, orders=1, revenue=None)))
    assert "to 1996-06-18, brought 1 order, new customers" in text
    text, _ = told(forecast())
    assert "a year before" not in text
    assert "\n\nThis sum takes no account of the season: it carries on how customers" in text
    assert "whatever time of the year that was. So do not buy stock by this figure alone." in text
    text, _ = told(forecast(season=Season("1997-01-01", 1.5, 0.75, 2.0)))
    assert "do not buy stock" not in text
    assert "another time of the year" not in text


@pytest.mark.parametrize(("days", "short"), [(729, True), (731, False)])
def test_less_than_two_years_cannot_tell_a_season_from_a_change(days, short):
    cutoff = datetime(1997, 6, 19)
    window = Window(cutoff - timedelta(days=days), cutoff, "UTC")
    before = YearBefore("1996-06-19", "1996-07-18", 12, 340.5)
    made = interpret(CUSTOMERS, SEGMENTATION, forecast=forecast(year_before=before), window=window)
    text = report_markdown(made.insights, made.facts)
    assert ("a season and a change of the shop cannot be told apart" in text) == short
    assert "That date was at another time of the year." in text
    # the first screen says it, too, beside the sum
    [shown] = [
        part for part in made.insights.at("screen") if part.title.startswith("What customers")
    ]
    [paragraph] = shown.blocks
    sentence = made.facts.render(paragraph.text)
    assert sentence.endswith("The season is not in it: the same days a year before brought 340.50.")


def test_an_earlier_date_at_the_same_time_of_the_year_is_not_at_another():
    before = YearBefore("1996-06-03", "1996-07-02", 12, 340.5)
    text, _ = told(forecast(year_before=before))
    assert "That date was at another time of the year." in text
    rounds = [judged(10_000 - 30), judged()]
    decision = Decision("mbg_nbd", "mbg_nbd", True)
    contest = contest_table(rounds, decision, lambda one: np.array(["S1"] * 20, dtype=object))
    dates = ("1997-04-19", "1997-05-19")
    text, _ = told(forecast(year_before=before, dates=dates, contest=contest))
    assert "Those dates were at other times of the year." in text
    # 15 days before the same day of the year, with 30 days looked ahead
    text, _ = told(forecast(year_before=replace(before, first_day="1997-06-03")))
    assert "another time of the year" not in text


def test_one_intake_of_customers_tells_no_season():
    cutoff = datetime(1997, 6, 19)
    window = Window(cutoff - timedelta(days=500), cutoff, "UTC")
    customers = CUSTOMERS.append_column("tenure_days", pa.array([130.5] * 20))
    season = Season("1997-01-01", 1.5, 0.75, 2.0)
    before = YearBefore("1996-06-19", "1996-07-18", 12, 340.5)
    made = forecast(season=season, year_before=before)
    shown = interpret(customers, SEGMENTATION, forecast=made, window=window)
    assert shown.facts["everyone.no_newcomer"].value == 130
    text = report_markdown(shown.insights, shown.facts)
    assert "That was a year nearer to when these customers came" in text
    assert "With that season" not in text
    assert "If the season decides" not in text


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        (
            Reason("forecast short log", {"days": 1, "least": 28}),
            "the log spans 1 day, and it takes 28 to judge a forecast by what came.",
        ),
        (
            Reason("forecast long horizon", {"days": 150, "least": 180, "horizon_days": 90}),
            "to look 90 days ahead takes a log of 180 days, so that a forecast can be judged by "
            "what came, and this one spans 150.",
        ),
        (Reason("forecast no orders"), "the log has no orders"),
        (
            Reason(
                "forecast few customers",
                {
                    "customers": 40,
                    "returned": 3,
                    "date": "2024-03-01",
                    "least": 200,
                    "least_returned": 20,
                },
            ),
            "of 40 customers who had ordered before 2024-03-01, 3 ordered again",
        ),
    ],
)
def test_too_little_is_a_sentence_and_no_table(reason, sentence):
    text, facts = told(no_forecast(1, reason))
    assert sentence in text
    assert "Expected orders" not in text
    assert not any(name.endswith(".expected_orders") for name in facts)
