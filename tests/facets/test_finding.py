"""Kinds that were planted are found, differences by degree are no kinds, and the rule is SQL."""

from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc
import pytest
import sqlglot
from sklearn.metrics import adjusted_rand_score

from clustomer.engines import DIALECTS, parse, translate
from clustomer.errors import UsageError
from clustomer.events import Events, read_events
from clustomer.facets import Facets, FacetTest, NextPeriod, find_facets, read_facets
from facet_worlds import FacetWorld

PLANTED = FacetWorld("test-planted", "taste", "categories", 3, customers=500, visits=14)
BY_DEGREE = FacetWorld("test-degree", "taste", "categories", by_degree=1.0, customers=500)
ALIKE = FacetWorld("test-alike", "taste", "categories", by_degree=0.0, customers=400)


def look(table: pa.Table) -> tuple[Events, Facets]:
    events = read_events(table)
    return events, find_facets(events, facets=["taste"])


@pytest.fixture(scope="module")
def planted() -> tuple[pa.Table, dict[str, int], Events, Facets]:
    table, truth = PLANTED.draw(0)
    events, facets = look(table)
    return table, truth, events, facets


def test_planted_tastes_are_found(planted) -> None:
    _, truth, _, facets = planted
    [taste] = facets.held
    labels = facets.table["taste_segment_id"].to_pylist()
    kinds = [truth[user_id] for user_id in facets.table["user_id"].to_pylist()]
    assert adjusted_rand_score(kinds, labels) > 0.85
    assert len(taste.segments) == 3
    assert sum(part.customers for part in taste.segments) == len(labels)
    assert all(part.true_of >= 0.8 for part in taste.segments)
    assert taste.following is not None
    assert taste.following.low > 1.5


def test_the_stored_sql_gives_the_published_segments(planted) -> None:
    _, _, events, facets = planted
    [taste] = facets.held
    events.engine.create_table("customers", parse(taste.sql["customers"]))
    try:
        placed = events.engine.query(parse(taste.sql["assignment"])).sort_by("user_id")
    finally:
        events.engine.drop("customers")
    again = [f"taste:{cluster + 1}" for cluster in placed["cluster"].to_pylist()]
    assert again == facets.table["taste_segment_id"].to_pylist()


def test_the_stored_sql_is_that_of_every_dialect(planted) -> None:
    [taste] = planted[3].held
    for query in taste.sql.values():
        for dialect in DIALECTS:
            assert sqlglot.parse_one(translate(parse(query), dialect), read=dialect)


def test_neither_the_order_of_rows_nor_the_number_of_threads_matters(planted) -> None:
    table, _, _, facets = planted
    turned = table.take(pa.array(range(table.num_rows - 1, -1, -1)))
    _, again = look(turned)
    assert again.to_json() == facets.to_json()
    assert again.table.equals(facets.table)


def test_they_come_back_from_what_is_stored(planted) -> None:
    facets = planted[3]
    again = read_facets(facets.to_json(), facets.table)
    assert again.facets == facets.facets
    assert again.table.equals(facets.table)


@pytest.mark.parametrize(
    ("world", "why"), [(BY_DEGREE, "facet by degree"), (ALIKE, "facet chance")]
)
def test_no_groups_are_called_where_there_are_none(world: FacetWorld, why: str) -> None:
    _, facets = look(world.draw(0)[0].drop_columns(["brand"]))
    [taste] = facets.facets
    assert not taste.holds
    assert taste.why is not None
    assert taste.why.kind == why
    assert facets.table.column_names == ["user_id"]


def test_who_has_few_visits_or_may_be_a_bot_is_in_none(planted) -> None:
    table, _, _, _ = planted
    first = table["user_id"][0].as_py()
    rows = pc.equal(table["user_id"], first)
    visit = table.filter(rows)["user_session"][0]
    single = table.filter(pc.or_(pc.invert(rows), pc.equal(table["user_session"], visit)))
    robot = table.slice(0, 1)
    robot = pa.concat_tables([robot] * 3_000)
    seconds = pa.array(range(3_000), pa.int64())
    moments = pc.add(pc.cast(robot["event_time"], pa.int64()), pc.multiply(seconds, 1_000_000))
    names = {
        "event_time": pc.cast(moments, table.schema.field("event_time").type),
        "user_id": pa.array(["robot"] * 3_000),
        "user_session": pa.array([f"r{number // 100}" for number in range(3_000)]),
        "product_id": pa.array([f"p{number}" for number in range(3_000)]),
    }
    for name, column in names.items():
        robot = robot.set_column(robot.column_names.index(name), name, column)
    _, facets = look(pa.concat_tables([single, robot.cast(table.schema)]))
    given = dict(
        zip(
            facets.table["user_id"].to_pylist(),
            facets.table["taste_segment_id"].to_pylist(),
            strict=True,
        )
    )
    assert given[first] is None
    assert given["robot"] is None
    assert sum(label is None for label in given.values()) == 2


def test_what_the_log_lacks_is_said() -> None:
    table, _ = ALIKE.draw(0)
    _, facets = look(table.drop_columns(["category_code", "brand"]))
    [taste] = facets.facets
    assert taste.why is not None
    assert (taste.why.kind, taste.why.numbers) == ("facet needs", {"need": "category"})
    few = table.filter(pc.less(table["user_id"], "u00050"))
    _, facets = look(few)
    [taste] = facets.facets
    assert taste.why is not None
    assert taste.why.kind == "facet few customers"


def test_a_facet_is_found_from_the_log_alone_and_asked_for_by_name(planted) -> None:
    table, _, _, facets = planted
    again = find_facets(table, facets=["taste"], window="400d")
    assert again["taste"].segments == facets["taste"].segments
    with pytest.raises(LookupError, match="`time` was not looked for"):
        again["time"]
    with pytest.raises(UsageError, match="no facet `tatse`"):
        find_facets(table, facets=["tatse"])


def test_marks_of_a_facet_are_those_of_the_thresholds() -> None:
    test = FacetTest(500, between=0.2, between_dealt=0.01, reliability=0.1)
    assert (test.belongs, test.apart, test.agrees) == ("pass", "not tested", "not tested")
    assert replace(test, between_dealt=0.2).belongs == "fail"
    assert replace(test, gain=1.04).apart == "fail"
    deep = replace(test, gain=1.1, dip=0.66, dip_crowd=0.5, agreement=0.2)
    assert (deep.apart, deep.agrees) == ("pass", "pass")
    assert replace(deep, dip_crowd=0.51).apart == "fail"
    assert replace(deep, gain=1.09).apart == "fail"
    assert replace(deep, agreement=0.19).agrees == "fail"
    lifts = [
        NextPeriod(200, 0.5, 0.4, lift, low, 1.5).tells
        for lift, low in ((1.3, 1.1), (1.2, 1.0), (1.0, 0.8))
    ]
    assert lifts == ["pass", "weak", "fail"]
