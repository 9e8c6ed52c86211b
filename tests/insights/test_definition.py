"""Segments of the grid: their names are definitions, and every sentence is true of them."""

from datetime import datetime

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clustomer.events import Window
from clustomer.insights import interpret
from clustomer.insights.advice import advise
from clustomer.insights.blocks import texts_of
from clustomer.segments import RFM_SEGMENTS, rfm


def customers(orders: list[float], days: list[float | None]) -> pa.Table:
    return pa.table(
        {
            "user_id": [f"u{i:03}" for i in range(len(orders))],
            "orders": orders,
            "purchase_recency_days": pa.array(days, pa.float64()),
            "revenue": [10.0 * count for count in orders],
        }
    )


def limits(interpretation):
    [section] = [part for part in interpretation.insights.sections if part.anchor == "limits"]
    return list(texts_of(section))


@pytest.fixture(scope="module")
def spread():
    """25 buyers, one in each cell, and two who bought nothing."""
    table = customers(
        [float(f) for f in range(1, 6)] * 5 + [0.0, 0.0],
        [10.0 * (6 - r) for r in range(1, 6) for _ in range(5)] + [None, None],
    )
    return table, interpret(table, rfm(table), currency="EUR")


def test_names_are_definitions_and_say_so(spread):
    _, interpretation = spread
    assert dict(interpretation.names) == {
        **{segment.segment_id: segment.name for segment in RFM_SEGMENTS},
        "no_purchase": "No purchase in the period",
    }
    assert {segment.named_by for segment in interpretation.named.values()} == {"definition"}
    evidence = {
        segment.segment_id: interpretation.facts.render(segment.evidence[0])
        for segment in interpretation.insights.segments
    }
    assert evidence["champions"] == (
        "By definition: recency score 5, frequency score 4 or 5. The last order lies at most 10 "
        "days before the end of the data, and they placed more than 3 orders."
    )
    assert evidence["loyal"] == (
        "By definition: recency score 3 or 4, frequency score 4 or 5. The last order lies more "
        "than 10 days and at most 30 days before the end of the data, and they placed more than 3 "
        "orders."
    )
    assert evidence["new"] == (
        "By definition: recency score 5, frequency score 1. The last order lies at most 10 days "
        "before the end of the data, and they placed at most 1 order."
    )
    assert evidence["at_risk"].endswith(
        "more than 30 days before the end of the data, and they placed more than 2 orders and at "
        "most 4 orders."
    )
    assert evidence["no_purchase"] == "By definition: no order in the period."


def test_every_fact_can_be_recomputed(spread):
    _, interpretation = spread
    assert interpretation.facts.verify(interpretation.tables) == ()
    assert interpretation.facts["grid.recency.1"].value == 10.0
    assert interpretation.facts["grid.orders.4"].value == 4.0


def test_the_report_says_what_the_names_are_worth(spread):
    _, interpretation = spread
    method = {part.title: " ".join(texts_of(part)) for part in interpretation.insights.sections}
    assert "The names are definitions" in method["What the names say"]
    assert "25 customers with an order were scored" in interpretation.facts.render(
        method["How the segments are defined"]
    )
    assert "k-means" not in str(interpretation.insights)
    # without a window nothing is known of the time that names like these need
    assert any("length of the period is not known" in text for text in limits(interpretation))
    assert interpretation.insights.opening[1].startswith("The segment “Loyal customers” holds")


def test_empty_segments_are_listed():
    table = customers([1.0, 1.0, 1.0, 5.0, 9.0], [1.0, 2.0, 30.0, 40.0, 50.0])
    interpretation = interpret(table, rfm(table))
    [section] = [
        part for part in interpretation.insights.sections if part.title.endswith("are defined")
    ]
    method = list(texts_of(section))
    assert any(text.startswith("Nobody is in: Champions; Loyal customers;") for text in method)


def test_each_of_the_ten_has_its_own_advice():
    def advised(has):
        return [advise(part.segment_id, has, defined=True) for part in RFM_SEGMENTS]

    full, bare = advised(lambda *names: True), advised(lambda *names: False)
    assert len({advice.headline for advice in full}) == len(RFM_SEGMENTS)
    assert all(len(advice.actions) >= 3 for advice in full)
    assert not any("categor" in action.text for advice in bare for action in advice.actions)


# What `who` claims, as shares of all who ordered: at least so many with fewer orders, fewer than
# so many with fewer orders, at least so many with a more recent order.
CLAIMS = {
    "champions": (0.6, None, None),
    "loyal": (0.6, None, 0.2),
    "potential_loyalists": (0.2, None, None),
    "new": (None, 0.2, None),
    "promising": (None, 0.2, 0.2),
    "need_attention": (0.4, None, 0.4),
    "about_to_sleep": (None, 0.4, 0.4),
    "at_risk": (0.4, None, 0.6),
    "cant_lose": (0.8, None, 0.6),
    "hibernating": (None, 0.4, 0.6),
}


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 6), st.integers(0, 8)), min_size=1, max_size=60))
def test_what_is_said_of_them_holds_whatever_the_ties(rows):
    orders = np.array([count for count, _ in rows], dtype=float)
    days = np.array([day for _, day in rows], dtype=float)
    segmentation = rfm(customers(orders.tolist(), days.tolist()))
    for i, cluster in enumerate(segmentation.table["cluster"].to_pylist()):
        more, fewer, later = CLAIMS[segmentation.segment_ids[cluster]]
        below = np.mean(orders < orders[i])
        assert more is None or below >= more
        assert fewer is None or below < fewer
        assert later is None or np.mean(days < days[i]) >= later


@pytest.mark.parametrize(("month", "warned"), [(12, False), (1, True)])
def test_a_short_log_is_warned_of_and_gets_no_advice_that_needs_time(spread, month, warned):
    table, _ = spread
    window = Window(datetime(2024, 1, 1), datetime(2024, month, 25), "UTC")
    interpretation = interpret(table, rfm(table), window=window, cost=0.05)
    shown = {segment.segment_id: segment for segment in interpretation.insights.segments}
    assert any("names say little" in text for text in limits(interpretation)) == warned
    assert (
        any("too short for the customary" in text for text in interpretation.insights.opening)
        == warned
    )
    opening = [part for part in interpretation.insights.sections if part.anchor == "opening"]
    assert any("What to do first" in texts_of(part) for part in opening) != warned
    assert ("Win back" in shown["hibernating"].headline_action) != warned
    assert "at least three in five" in shown["champions"].who
    assert shown["no_purchase"].headline_action == "Answer what holds up an order"
