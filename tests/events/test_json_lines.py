import gzip
import json
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clustomer.errors import InputError
from clustomer.events import EventSchema, describe_source, read_events

ROWS = [
    {"event_time": "2024-01-01 10:00:00", "event_type": "view", "user_id": 1, "price": 10.5},
    {"user_id": "2", "event_time": "2024-01-02T11:30:00Z", "event_type": "purchase", "price": "7"},
    {"event_time": 1704276900, "event_type": "view", "user_id": 1, "brand": "acme"},
]


def write(path: Path, *lines: str) -> Path:
    text = "\n".join(lines) + "\n"
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("name", ["log.jsonl", "log.ndjson", "log.jsonl.gz"])
def test_one_object_a_line_is_an_event(tmp_path: Path, name: str) -> None:
    events = read_events(write(tmp_path / name, *map(json.dumps, ROWS)))
    assert events.schema.name == "rees46"
    read = events.to_arrow().to_pylist()
    assert [row["user_id"] for row in read] == ["1", "1", "2"]
    assert [str(row["event_time"]) for row in read] == [
        "2024-01-01 10:00:00",
        "2024-01-03 10:15:00",
        "2024-01-02 11:30:00",
    ]
    assert [str(row["price"]) for row in read] == ["10.5000", "None", "7.0000"]
    assert [row["brand"] for row in read] == [None, "acme", None]


BROKEN = ["not json", '{"event_time": "2024-01-0', "[1, 2]", '"text"', "7", "null", '{"a": 1']


def test_a_broken_line_is_a_counted_rejection_with_its_text(tmp_path: Path) -> None:
    lines = [*map(json.dumps, ROWS), "", *BROKEN, "   "]
    events = read_events(write(tmp_path / "log.jsonl", *lines))
    assert ("broken_line", "rejected", len(BROKEN)) in events.cleaning.rules
    assert (events.cleaning.rows, events.cleaning.kept) == (3 + len(BROKEN), 3)
    rows = events.engine.rows("SELECT line FROM rejected WHERE rule = 'broken_line'")
    assert sorted(line for (line,) in rows) == sorted(BROKEN)


TWICE = (
    '{"event_time": "2024-01-01", "user_id": "1", "user_id": "2"}',
    '{"event_time": "2024-01-01", "user_id": "1", "item": {"sku": "a", "sku": "b"}}',
    '{"event_time": "2024-01-01", "user_id": "1", "user_id": null}',
    '{"event_time": "2024-01-01", "user_id": "1", "tags": [{"n": 1}, {"n": 1, "n": 2}]}',
)
HARMLESS = (
    '{"event_time": "2024-01-01", "user_id": "7", "user_id":"7", "item": {"sku": "a", "sku": "a"}}',
    '{"event_time": "2024-01-02", "user_id": "7", "x": 1, "x": 2, "tags": [{"n": 1}, {"n": 2}]}',
)


@pytest.mark.parametrize("form", ["{}\n{}", "[{},{}]", '{{"data": [{},{}]}}'])
def test_a_key_with_two_values_costs_its_own_row(tmp_path: Path, form: str) -> None:
    columns = {"event_time": "event_time", "user_id": "user_id", "brand": "item.sku"}
    schema = EventSchema(name="own", columns=columns | {"category_id": "tags"}, event_type="view")
    parted = "\n" if form == "{}\n{}" else ","
    text = form.format(parted.join(TWICE), parted.join(HARMLESS))
    events = read_events(write(tmp_path / "log.json", text), schema=schema)
    assert ("broken_line", "rejected", 4) in events.cleaning.rules
    rows = events.engine.rows("SELECT line FROM rejected")
    assert sorted(line for (line,) in rows) == sorted(TWICE)
    kept = events.to_arrow().to_pylist()
    assert [(row["user_id"], row["brand"]) for row in kept] == [("7", "a"), ("7", None)]


def test_keys_that_differ_only_in_case_are_refused_where_they_are_needed(tmp_path: Path) -> None:
    row = '{"event_time": "2024-01-01", "event_type": "view", "user_id": "1", "User_ID": "2"}'
    with pytest.raises(InputError, match="user_id"):
        read_events(write(tmp_path / "log.jsonl", row))


def test_bytes_that_are_no_text_are_a_counted_rejection(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    good = json.dumps({**ROWS[0], "brand": "é"}, ensure_ascii=False).encode()
    path.write_bytes(good + b'\n{"user_id": "\xff"}\n{"user_id": "a\x01b"}\n' + good + b"\n")
    events = read_events(path)
    assert ("broken_line", "rejected", 2) in events.cleaning.rules
    assert events.cleaning.rows == 4


NESTED = {
    "at": "2024-01-01 10:00:00",
    "who": {"id": "anna", "mail": None},
    "item": {"sku": "mug", "price": 4.5, "brand": {"name": "acme"}},
    "params": [{"key": "visit", "value": {"int_value": "77"}}, {"key": "x", "value": "plain"}],
}
MAPPED = {
    "event_time": "at",
    "user_id": "who.id",
    "product_id": "item.sku",
    "price": "Item.price",
    "brand": "item.brand.name",
    "user_session": "params.visit",
    "category_code": "params.x",
}


def expected() -> dict[str, str]:
    return {
        "user_id": "anna",
        "product_id": "mug",
        "price": "4.5000",
        "brand": "acme",
        "user_session": "77",
        "category_code": "plain",
    }


@pytest.mark.parametrize("kind", ["jsonl", "arrow"])
def test_nested_values_are_named_by_their_path(tmp_path: Path, kind: str) -> None:
    nested = NESTED if kind == "jsonl" else NESTED | {"params": NESTED["params"][:1]}
    columns = dict(MAPPED) if kind == "jsonl" else {k: v for k, v in MAPPED.items() if v[-1] != "x"}
    source = (
        write(tmp_path / "log.jsonl", json.dumps(nested))
        if kind == "jsonl"
        else pa.Table.from_pylist([nested])
    )
    schema = EventSchema(name="mine", columns=columns, event_type="view")
    [row] = read_events(source, schema=schema).to_arrow().to_pylist()
    assert {name: str(row[name]) for name in expected() if name in columns} == {
        name: value for name, value in expected().items() if name in columns
    }


def test_a_key_with_dots_is_meant_before_a_path(tmp_path: Path) -> None:
    row = {"at": "2024-01-01", "who.id": "whole", "who": {"id": "nested"}}
    schema = EventSchema(name="mine", columns={"event_time": "at", "user_id": "who.id"})
    events = read_events(write(tmp_path / "log.jsonl", json.dumps(row)), schema=schema)
    assert events.to_arrow()["user_id"].to_pylist() == ["whole"]


def test_a_wrong_path_names_the_near_misses(tmp_path: Path) -> None:
    path = write(tmp_path / "log.jsonl", json.dumps(NESTED))
    schema = EventSchema(name="mine", columns=MAPPED | {"product_id": "item.skuu"})
    with pytest.raises(InputError, match=r"`item.skuu`, which .* Did you mean `item.sku`"):
        read_events(path, schema=schema)


def test_a_draft_finds_nested_names(tmp_path: Path) -> None:
    described = describe_source(write(tmp_path / "log.jsonl", json.dumps(NESTED)))
    assert described.schema.columns["price"] == "item.price"
    assert described.schema.columns["product_id"] == "item.sku"


def test_a_key_that_comes_late_is_found(tmp_path: Path) -> None:
    first = json.dumps({"event_time": "2024-01-01 10:00:00", "user_id": "1"})
    last = json.dumps({"event_time": "2024-01-01 11:00:00", "user_id": "1", "brand": "acme"})
    path = write(tmp_path / "log.jsonl", *[first] * 25_000, last)
    events = read_events(path)
    assert events.engine.rows("SELECT COUNT(brand) FROM events") == [(1,)]


def test_json_lines_without_objects_say_what_was_expected(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no line that is a JSON object"):
        read_events(write(tmp_path / "log.jsonl", "[1]"))


# blanks around a value are trimmed, of which Unicode has many
texts = st.text(st.characters(exclude_categories=["Cs", "Zs", "Zl", "Zp"]), max_size=20)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.one_of(texts, st.integers(-10, 10**12), st.booleans()), min_size=1, max_size=6))
def test_any_value_of_json_arrives_as_it_is(tmp_path_factory, values) -> None:
    path = tmp_path_factory.mktemp("jsonl") / "log.jsonl"
    rows = [{"event_time": "2024-01-01", "user_id": "1", "product_id": v} for v in values]
    write(path, *map(json.dumps, rows))
    events = read_events(path)
    words = [str(v) if not isinstance(v, bool) else str(v).lower() for v in values]
    nothing = {"", "null", "nan", "none", "nat", "\\n", "<na>"}
    kept = sorted(word for word in words if word.lower() not in nothing)
    read = [v for v in events.to_arrow()["product_id"].to_pylist() if v is not None]
    assert sorted(read) == kept
    assert events.cleaning.rows == events.cleaning.kept == len(values)
    events.close()
