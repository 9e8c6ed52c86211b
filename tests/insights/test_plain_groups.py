"""Plain groups and the columns beside a customer's segment: definitions, by hand."""

from datetime import date, datetime

import pyarrow as pa
import pytest

from clustomer.customers import read_attributes
from clustomer.customers.reason import Reason
from clustomer.engines import DuckDB
from clustomer.events import Window
from clustomer.insights import interpret
from clustomer.insights.naming.members import member_columns
from clustomer.insights.population import Population
from clustomer.outputs import report_html, report_markdown
from clustomer.segments import segment
from clustomer.segments.one_segment import one_segment

WINDOW = Window(datetime(2024, 1, 1), datetime(2024, 2, 1), "Europe/Berlin")


def shop() -> pa.Table:
    """Return twenty buyers (ten once, ten twice; the last spends most) and ten others."""
    orders = [1.0] * 10 + [2.0] * 10 + [0.0] * 10
    return pa.table(
        {
            "user_id": [f"u{i:02}" for i in range(30)],
            "orders": orders,
            "revenue": [10.0] * 10 + [30.0] * 8 + [40.0, 50.0] + [0.0] * 10,
            "purchase_recency_days": pa.array(
                [float(i) for i in range(20)] + [None] * 10, pa.float64()
            ),
            "sessions": [1.0 + i % 2 for i in range(30)],
        }
    )


def told(customers: pa.Table, *, structure: bool = True, **further):
    segmentation = segment(customers, k=2, features=["orders"])
    if not structure:
        segmentation = one_segment(
            customers, segmentation, reason=Reason("no structure", {"best_k": 2})
        )
    return interpret(customers, segmentation, window=WINDOW, **further)


def test_each_customer_is_in_the_first_group_that_applies() -> None:
    groups = told(shop()).segments["defined_group"].to_pylist()
    # 18 of the 20 buyers spent 30 or less
    expected = ["One order"] * 10 + ["Repeat orders"] * 8 + ["Top tenth of buyers"] * 2
    assert groups == expected + ["No order"] * 10


def test_without_orders_they_are_told_apart_by_visits() -> None:
    customers = shop().select(["user_id", "sessions"])
    segmentation = segment(customers, k=2, features=["sessions"])
    groups = interpret(customers, segmentation).segments["defined_group"].to_pylist()
    assert groups == ["One visit", "Several visits"] * 15
    assert (
        "defined_group"
        not in interpret(
            shop().select(["user_id", "revenue"]),
            segment(shop(), k=2, features=["revenue"]),
        ).segments.column_names
    )


def test_the_columns_follow_the_contract() -> None:
    brought = pa.table({"user_id": ["u01", "u19"], "country": ["DE", "FR"], "stage": ["a", "b"]})
    customers = shop()
    rows = told(customers, attributes=read_attributes(brought, customers)).segments
    assert rows.column_names == [
        *("user_id", "segment_id", "segment", "cluster", "distance", "border_distance"),
        *("defined_group", "revenue", "orders", "last_order_on"),
        *("test_group", "country", "stage"),
    ]
    assert rows.slice(19, 1).to_pylist()[0]["country"] == "FR"
    assert rows["country"].null_count == 28
    assert rows["orders"].type == pa.int64()
    # the window ends at one in the morning of the first of February in Berlin
    assert rows["last_order_on"].to_pylist()[:2] == [date(2024, 2, 1), date(2024, 1, 31)]
    assert rows["last_order_on"].to_pylist()[29] is None


def people_of(ids: list[str], segment_ids: list[str]) -> Population:
    return Population(
        pa.table({"user_id": ids, "views": [1.0] * len(ids)}),
        pa.table({"user_id": ids, "segment_id": segment_ids}),
    )


def test_when_the_next_order_is_expected_stands_beside_the_stage() -> None:
    days = [date(2024, 2, 3), None, None, date(2024, 1, 5), date(2024, 1, 2), None]
    due, past_due = [True] * 2 + [False] * 4, [True] + [False] * 5
    lifecycle = pa.table(
        {
            "stage": ["new", "active", "returned", "slowing", "at risk", "lapsed"],
            "expected_on": pa.array(days, pa.date32()),
            "due": due,
            "past_due": past_due,
        }
    )
    ids = list("abcdef")
    columns = member_columns(
        people_of(ids, ["S1"] * 6), pa.chunked_array([ids]), lifecycle=lifecycle
    )
    assert list(columns) == ["stage", "expected_on", "due", "late", "test_group", "past_due"]
    assert columns["expected_on"].to_pylist() == days
    assert columns["due"].to_pylist() == due
    assert columns["past_due"].to_pylist() == past_due
    assert columns["late"].to_pylist() == [False, False, False, True, True, False]


def dealt(
    ids: list[str], segment_ids: list[str], seed: int, responses: dict[str, float]
) -> dict[str, str | None]:
    order = sorted(range(len(ids)), key=ids.__getitem__)
    ids, segment_ids = ([values[place] for place in order] for values in (ids, segment_ids))
    columns = member_columns(
        people_of(ids, segment_ids), pa.chunked_array([ids]), responses=responses, random_state=seed
    )
    return dict(zip(ids, columns["test_group"].to_pylist(), strict=True))


def test_as_many_are_held_back_as_a_test_needs_by_the_id_and_the_seed() -> None:
    ids = [f"c{number:04}" for number in range(4000)]
    segments = [("S1", "S2", "bots", "S3")[min(number % 4, 3)] for number in range(4000)]
    segments[3::4] = ["S3"] * 20 + ["S4"] * 980
    # 152 tell 5 points more than nobody, 1,565 than half; 20 of whom half order tell nothing
    before = {"S1": 0.0, "S2": 0.5, "S3": 0.5}
    places = {
        key: [name for name, part in zip(ids, segments, strict=True) if part == key]
        for key in ("S1", "S2", "S3", "S4", "bots")
    }
    query = """
        SELECT id FROM UNNEST(?) AS ids(id)
        ORDER BY MD5('test_group/' || ? || '/' || id) DESC LIMIT 152
    """
    for seed in (0, 7):
        groups = dealt(ids, segments, seed=seed, responses=before)
        held = {
            key: [name for name in members if groups[name] == "hold back"]
            for key, members in places.items()
        }
        assert [len(members) for members in held.values()] == [152, 500, 0, 490, 0]
        assert {groups[name] for name in (*places["S3"], *places["bots"])} == {None}
        assert {groups[name] for name in places["S1"]} == {"contact", "hold back"}
        with DuckDB() as engine:  # as the documentation says it in SQL
            assert {name for (name,) in engine.rows(query, [places["S1"], seed])} == {*held["S1"]}
    backwards = dealt(ids[::-1], segments[::-1], seed=7, responses=before)
    assert backwards == groups
    # the most that one customer more changes is one customer's side
    more = dealt([*ids, "x"], [*segments, "S1"], seed=7, responses=before)
    assert sum(more[name] != groups[name] for name in ids) <= 1


@pytest.mark.parametrize("structure", [True, False])
def test_the_groups_are_told_by_hand(structure: bool) -> None:
    interpretation = told(shop(), structure=structure)
    facts = interpretation.facts
    assert facts["group.top.customers"].value == 2
    assert facts["group.top.revenue"].value == 90.0
    assert facts["group.repeat.revenue"].value == 240.0
    assert facts["group.top.revenue_share"].value == pytest.approx(90 / 430)
    counts = [facts[f"group.{key}.customers"].value for key in ("repeat", "once", "none")]
    assert counts == [8, 10, 10]
    assert facts.verify(interpretation.tables) == ()
    [section] = [part for part in interpretation.insights.sections if part.anchor == "plain-groups"]
    assert section.place == ("appendix" if structure else "main")
    opening = " ".join(interpretation.insights.opening)
    assert ("By plain definition" in opening) != structure
    words = report_markdown(interpretation.insights, facts)
    assert "defined, not found" in words
    assert "no ground" not in words


def test_a_card_leads_to_its_rows() -> None:
    interpretation = told(shop())
    page = report_html(interpretation.insights, interpretation.facts)
    text = report_markdown(interpretation.insights, interpretation.facts)
    for key in ("S1", "S2"):
        link = '<a href="../segments.csv">segments.csv</a>'
        assert f"{link} where segment_id is &#34;{key}&#34;." in page
        assert f'[segments.csv](../segments.csv) where segment_id is "{key}".' in text
