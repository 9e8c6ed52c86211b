"""Small files in the formats of others, written for these tests, read as a person would."""

import json
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clustomer.customers import customer_features
from clustomer.errors import InputError, UsageError
from clustomer.events import (
    PRESETS,
    Events,
    EventSchema,
    describe_source,
    read_events,
    read_schema,
    rejected_rows,
)

FORMATS = Path(__file__).parent / "formats"


def counts(events: Events) -> dict[str, int]:
    return {rule: rows for rule, _, rows in events.cleaning.rules if rows}


def told(events: Events, *columns: str) -> list[tuple[str, ...]]:
    rows = events.to_arrow().sort_by([("event_time", "ascending")]).to_pylist()
    return [tuple(str(row[column]) for column in columns) for row in rows]


@pytest.mark.parametrize("schema", PRESETS, ids=lambda schema: schema.name)
def test_a_preset_survives_its_file(tmp_path: Path, schema: EventSchema) -> None:
    path = tmp_path / "preset.toml"
    path.write_text(schema.to_toml(), encoding="utf-8")
    assert read_schema(str(path)) == schema


@pytest.mark.parametrize("path", sorted(FORMATS.iterdir()), ids=lambda path: path.name)
def test_a_format_is_detected_and_can_be_written_to_edit(tmp_path: Path, path: Path) -> None:
    events = read_events(path)
    described = describe_source(path)
    assert events.schema == described.schema
    assert described.recognised
    assert path.name.startswith(events.schema.name)
    draft = tmp_path / "mine.toml"
    draft.write_text(described.schema.to_toml(), encoding="utf-8")
    again = read_events(path, schema=draft)
    assert again.to_arrow().equals(events.to_arrow())
    assert again.cleaning == events.cleaning
    named = read_events(path, schema=events.schema.name)
    assert named.to_arrow().equals(events.to_arrow())
    assert events.cleaning.kept + events.cleaning.rejected == events.cleaning.rows


def test_retailrocket() -> None:
    events = read_events(FORMATS / "retailrocket.csv")
    assert counts(events) == {"clean": 5, "missing_session": 5, "unknown_event_type": 1}
    assert told(events, "event_time", "event_type", "user_id", "product_id", "order_id") == [
        ("2015-06-02 05:02:12.117000", "view", "257597", "355908", "None"),
        ("2015-06-02 05:03:15", "cart", "257597", "355908", "None"),
        ("2015-06-02 05:04:15.250000", "purchase", "257597", "15335", "4000"),
        ("2015-06-02 05:04:15.250000", "purchase", "257597", "355908", "4000"),
        ("2015-06-02 05:13:20", "view", "992329", "248676", "None"),
    ]


def test_taobao_without_a_header_line() -> None:
    events = read_events(FORMATS / "taobao.csv")
    assert counts(events) == {
        "clean": 4,
        "missing_session": 4,
        "broken_line": 1,
        "ignored_event_type": 2,
        "unknown_event_type": 1,
    }
    assert events.cleaning.rows == 8
    assert events.cleaning.ignored_event_types == (("fav", 2),)
    assert events.cleaning.unknown_event_types == (("share", 1),)
    assert told(events, "event_time", "event_type", "user_id", "product_id", "category_id") == [
        ("2017-11-24 17:21:10", "view", "1", "2268318", "2520377"),
        ("2017-11-24 17:23:20", "cart", "1", "2268318", "2520377"),
        ("2017-11-24 17:24:59", "purchase", "1", "2268318", "2520377"),
        ("2017-11-25 03:18:28", "view", "100", "1603476", "2951233"),
    ]


@pytest.mark.parametrize("schema", [None, "taobao"])
def test_taobao_with_a_header_line_is_the_same(tmp_path: Path, schema: str | None) -> None:
    path = tmp_path / "UserBehavior.csv"
    header = "user_id,item_id,category_id,behavior_type,timestamp\n"
    path.write_text(header + (FORMATS / "taobao.csv").read_text())
    events = read_events(path, schema=schema)
    assert events.to_arrow().equals(read_events(FORMATS / "taobao.csv").to_arrow())
    assert events.schema.header


def test_several_files_without_a_header_line(tmp_path: Path) -> None:
    lines = (FORMATS / "taobao.csv").read_text().splitlines(keepends=True)
    (tmp_path / "a.csv").write_text("".join(lines[:3]))
    (tmp_path / "b.csv").write_text("".join(lines[3:]))
    events = read_events(tmp_path / "*.csv")
    assert events.cleaning == read_events(FORMATS / "taobao.csv").cleaning


HEADERLESS = (
    'header = false\nnames = ["who", "when", "what"]\nseparator = "{separator}"\n'
    '[columns]\nevent_time = "when"\nuser_id = "who"\nevent_type = "what"\n'
    '[event_types]\nbuy = "purchase"\n'
)


@pytest.mark.parametrize(("separator", "between"), [(";", ";"), ("spaces", "  ")])
def test_a_file_of_ones_own_without_a_header_line(tmp_path: Path, separator, between) -> None:
    (tmp_path / "mine.toml").write_text(HEADERLESS.format(separator=separator))
    rows = [("7", "2024-01-01", "buy"), ("8", "2024-01-02", "buy")]
    (tmp_path / "log.csv").write_text("".join(between.join(row) + "\n" for row in rows))
    events = read_events(tmp_path / "log.csv", schema=tmp_path / "mine.toml")
    assert events.to_arrow()["user_id"].to_pylist() == ["7", "8"]
    assert events.cleaning.rows == 2


def test_the_wrong_number_of_names_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(HEADERLESS.format(separator=","))
    (tmp_path / "log.csv").write_text("7,2024-01-01,buy,more\n")
    with pytest.raises(InputError, match=r"has 4 columns.*names 3: who, when, what"):
        read_events(tmp_path / "log.csv", schema=tmp_path / "mine.toml")


def test_shopify() -> None:
    events = read_events(FORMATS / "shopify.csv")
    # seven lines, and the two of the cancelled order once more as returns
    assert events.cleaning.rows == 9
    assert counts(events) == {
        "clean": 7,
        "missing_session": 7,
        "missing_customer": 1,
        "ignored_event_type": 1,
    }
    assert told(events, "event_time", "event_type", "user_id", "order_id", "product_id") == [
        ("2024-03-01 15:15:29", "purchase", "anna@example.com", "#1001", "Mug - blue"),
        ("2024-03-01 15:15:29", "purchase", "anna@example.com", "#1001", "Tea towel"),
        ("2024-03-02 14:00:00", "purchase", "ben@example.com", "#1002", "Mug - blue"),
        ("2024-03-03 17:30:00", "purchase", "anna@example.com", "#1003", "Mug - red"),
        ("2024-03-03 17:30:00", "purchase", "anna@example.com", "#1003", "Tea towel"),
        ("2024-03-04 07:00:00", "return", "anna@example.com", "#1003", "Mug - red"),
        ("2024-03-04 07:00:00", "return", "anna@example.com", "#1003", "Tea towel"),
    ]
    features = {row["user_id"]: row for row in customer_features(events).table.to_pylist()}
    # 2 x 12 + 30; what was cancelled comes and goes
    assert features["anna@example.com"]["revenue"] == 54.0
    assert features["anna@example.com"]["orders"] == 2
    # the refund has no date in the export
    assert features["ben@example.com"]["revenue"] == 12.0


def test_before_a_cancellation_the_order_counts() -> None:
    events = read_events(FORMATS / "shopify.csv", cutoff="2024-03-04")
    features = {row["user_id"]: row for row in customer_features(events).table.to_pylist()}
    assert features["anna@example.com"]["revenue"] == 54.0 + 42.0


def test_woocommerce() -> None:
    events = read_events(FORMATS / "woocommerce.csv")
    assert counts(events) == {
        "clean": 4,
        "missing_session": 4,
        "ignored_event_type": 2,
        "unknown_event_type": 1,
        "unreadable_quantity": 1,
    }
    assert told(events, "event_time", "user_id", "order_id", "product_id", "price", "quantity") == [
        ("2024-03-01 10:15:00", "anna@example.com", "201", "Mug - blue", "12.0000", "2.0000"),
        ("2024-03-01 10:15:00", "anna@example.com", "201", "Tea towel", "30.0000", "1.0000"),
        ("2024-03-03 18:30:00", "ben@example.com", "204", "Tea towel", "30.0000", "1.0000"),
        ("2024-03-04 08:00:00", "cleo@example.com", "205", "Mug - blue", "12.0000", "1.0000"),
    ]


def test_woocommerce_one_row_per_item() -> None:
    events = read_events(FORMATS / "woocommerce-items.csv")
    assert counts(events) == {"clean": 2, "missing_session": 2, "ignored_event_type": 1}
    assert told(events, "user_id", "order_id") == [("anna@example.com", "201")] * 2


def ga4_rows() -> list[dict[str, Any]]:
    text = (FORMATS / "ga4.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def ga4_table() -> pa.Table:
    """The same events with the types of BigQuery's Parquet files."""
    value = pa.struct([("string_value", pa.string()), ("int_value", pa.int64()),
                       ("float_value", pa.float64()), ("double_value", pa.float64())])  # fmt: skip
    item = pa.struct([("item_id", pa.string()), ("item_name", pa.string()),
                      ("item_brand", pa.string()), ("item_category", pa.string()),
                      ("price", pa.float64()), ("quantity", pa.int64())])  # fmt: skip
    schema = pa.schema(
        [
            ("event_date", pa.string()),
            ("event_timestamp", pa.int64()),
            ("event_name", pa.string()),
            ("event_params", pa.list_(pa.struct([("key", pa.string()), ("value", value)]))),
            ("user_pseudo_id", pa.string()),
            ("ecommerce", pa.struct([("transaction_id", pa.string())])),
            ("items", pa.list_(item)),
        ]
    )

    def number(text: str | None) -> int | None:
        return None if text is None else int(text)

    rows = ga4_rows()
    for row in rows:
        row["event_timestamp"] = int(row["event_timestamp"])
        for pair in row["event_params"]:
            pair["value"]["int_value"] = number(pair["value"].get("int_value"))
        for part in row["items"]:
            part["quantity"] = number(part.get("quantity"))
    return pa.Table.from_pylist(rows, schema=schema)


@pytest.mark.parametrize("kind", ["jsonl", "parquet", "arrow", "duckdb"])
def test_ga4(tmp_path: Path, kind: str) -> None:
    source: Any = FORMATS / "ga4.jsonl"
    if kind != "jsonl":
        source = ga4_table()
    if kind == "parquet":
        duckdb.from_arrow(source).write_parquet(str(tmp_path / "events.parquet"))
        source = tmp_path / "events.parquet"
    if kind == "duckdb":
        with duckdb.connect(str(tmp_path / "ga4.duckdb")) as connection:
            connection.register("log", source)
            connection.execute("CREATE TABLE ecommerce_behavior AS FROM log")
        source = tmp_path / "ga4.duckdb"
    events = read_events(source)
    # 1 + 1 + 1 + 2 + 1 + 3 + 1 + 1 + 1 rows after unnesting
    assert events.cleaning.rows == 12
    assert counts(events) == {
        "clean": 7,
        "missing_brand": 2,
        "missing_category": 2,
        "missing_customer": 1,
        "ignored_event_type": 4,
    }
    assert events.cleaning.ignored_event_types == (("view_item_list", 3), ("page_view", 1))
    columns = ("event_type", "user_id", "product_id", "brand", "category_code", "price", "quantity",
               "order_id", "user_session")  # fmt: skip
    mug = ("Kiln", "Kitchen", "12.0000")
    towel = ("TOWEL", "None", "None", "30.0000")
    first, second, third = "1709287200", "1709373600", "1709380000"
    assert told(events, *columns) == [
        ("view", "111.222", "MUG-B", *mug, "1.0000", "None", first),
        ("cart", "111.222", "MUG-B", *mug, "2.0000", "None", first),
        ("purchase", "111.222", "MUG-B", *mug, "2.0000", "T-1", first),
        ("purchase", "111.222", *towel, "1.0000", "T-1", first),
        ("return", "111.222", *towel, "1.0000", "T-1", second),
        ("view", "333.444", "MUG-R", *mug, "1.0000", "None", third),
        ("remove_from_cart", "333.444", "MUG-R", *mug, "1.0000", "None", third),
    ]
    assert told(events, "event_time")[0] == ("2024-03-01 10:00:30.500000",)


def test_columns_that_nothing_leads_into_are_unused() -> None:
    assert describe_source(FORMATS / "ga4.jsonl").unused == ["event_date"]
    unused = describe_source(FORMATS / "shopify.csv").unused
    assert "Refunded Amount" in unused
    assert "Cancelled at" not in unused


def test_equal_items_of_one_event_are_two_items_and_equal_events_one() -> None:
    row = ga4_rows()[3]
    row["items"] = [row["items"][0]] * 2
    events = read_events(pa.Table.from_pylist([row, row]))
    assert counts(events) == {"clean": 2, "duplicate_row": 2}
    assert "element_number" not in events.to_arrow().column_names


def test_an_unnested_list_may_lie_inside_of_an_object() -> None:
    columns = {"event_time": "at", "user_id": "who", "product_id": "order.lines.sku"}
    schema = EventSchema(name="mine", columns=columns, unnest="order.lines", event_type="purchase")
    rows = [{"at": "2024-01-01", "who": "1", "order": {"lines": [{"sku": "a"}, {"sku": "b"}]}}]
    events = read_events(pa.Table.from_pylist(rows), schema=schema)
    assert events.to_arrow()["product_id"].to_pylist() == ["a", "b"]
    wrong = schema.model_copy(update={"columns": columns | {"brand": "order.lines.brand"}})
    with pytest.raises(InputError, match=r"`order.lines.brand`, which"):
        read_events(pa.Table.from_pylist(rows), schema=wrong)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.lists(st.sampled_from(["a", "b", ""]), max_size=4), min_size=1, max_size=8))
def test_unnested_rows_add_up(lists) -> None:
    rows = [{"at": f"2024-01-01 10:00:{i:02d}", "who": "1" if i % 3 else "", "visit": "v",
             "kind": "x" if i % 2 else "buy", "items": [{"sku": sku} for sku in items]}
            for i, items in enumerate([["a"], ["a"], *lists])]  # fmt: skip
    rows[0]["who"] = "1"
    kind = pa.list_(pa.struct([("sku", pa.string())]))
    names = [(name, pa.string()) for name in ("at", "who", "visit", "kind")]
    schema = EventSchema(
        name="mine",
        columns={"event_time": "at", "user_id": "who", "event_type": "kind",
                 "product_id": "items.sku", "user_session": "visit"},
        event_types={"buy": "purchase"},
        ignored_event_types=("*",),
        unnest="items",
    )  # fmt: skip
    table = pa.Table.from_pylist(rows, schema=pa.schema([*names, ("items", kind)]))
    events = read_events(table, schema=schema)
    expected = [(row, max(len(row["items"]), 1)) for row in rows]
    assert events.cleaning.rows == sum(n for _, n in expected)
    good = [n for row, n in expected if row["who"] and row["kind"] == "buy"]
    assert events.cleaning.kept == sum(good)
    assert rejected_rows(events).num_rows == events.cleaning.rejected
    events.close()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"header": False}, "says header = false"),
        ({"names": ("at", "who")}, "without a header line"),
        ({"carried_within_order": ("user_id",)}, "does not say which column is `order_id`"),
        ({"carried_within_order": ("userid",)}, "Did you mean `user_id`"),
        (
            {"event_types": {"Buy": "purchase"}, "ignored_event_types": ("buy",)},
            "both maps and ignores the event type `buy`",
        ),
    ],
)
def test_settings_that_contradict_each_other(settings, message) -> None:
    with pytest.raises(ValueError, match=message):
        EventSchema(name="mine", columns={"event_time": "at", "user_id": "who"}, **settings)


def test_a_file_with_such_settings_says_so_plainly(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('header = false\n[columns]\nevent_time = "at"\nuser_id = "who"\n')
    with pytest.raises(UsageError, match=r"not understood: The schema `mine` says header = false"):
        read_schema(str(path))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-03-01 10:15:29 -0500", "2024-03-01 15:15:29"),
        ("2024-03-01 10:15:29.5 +01:00", "2024-03-01 09:15:29.500000"),
        ("2024-03-01 10:15 +0530", "2024-03-01 04:45:00"),
    ],
)
@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin"])
def test_an_offset_may_stand_after_a_space(text: str, expected: str, zone: str) -> None:
    schema = EventSchema(name="m", columns={"event_time": "at", "user_id": "who"}, time_zone=zone)
    events = read_events(pa.table({"at": [text], "who": ["1"]}), schema=schema)
    assert told(events, "event_time") == [(expected,)]


SOLD = {
    "olist": [
        ("u1", "29.9900", "1.0000"),
        ("u1", "29.9900", "1.0000"),
        ("u2", "118.7000", "1.0000"),
    ],
    "amazon.txt": [("a1@marketplace.example", "12.5000", "2.0000")],
    "etsy.csv": [("ann_b", "12.5000", "2.0000"), ("bo", "18.0000", "1.0000")],
    "stripe.csv": [
        ("ann@example.com", "25.0000", "1.0000"),
        ("bo@example.com", "40.0000", "1.0000"),
    ],
    "paypal.csv": [
        ("ann@example.com", "25.0000", "1.0000"),
        ("bo@example.com", "1040.0000", "1.0000"),
    ],
    "square.csv": [("CU1", "12.5000", "2.0000"), ("CU2", "15.0000", "1.0000")],
    "segment.jsonl": [("u1", "9.0000", "2.0000"), ("u1", "7.5000", "1.0000")],
    "matomo.json": [("ann", "25.5000", "1.0000")],
    "snowplow.tsv": [("d1", "9.0000", "2.0000")],
}
OTHERS = {
    "stripe.csv": [("return", "bo@example.com"), ("ignored_event_type", "1")],
    "paypal.csv": [("ignored_event_type", "1")],
    "square.csv": [("return", "CU1")],
    "segment.jsonl": [("view", "a1"), ("cart", "u1"), ("ignored_event_type", "1")],
    "matomo.json": [
        ("view", "ann"),
        ("view", "v1"),
        ("cart", "v1"),
        ("ignored_event_type", "1"),
    ],
    "snowplow.tsv": [("view", "ann"), ("view", "d1"), ("ignored_event_type", "1")],
    "olist": [("ignored_event_type", "1")],
}


@pytest.mark.parametrize("name", SOLD)
def test_what_was_sold_by_shops_and_services(name: str) -> None:
    events = read_events(FORMATS / name)
    rows = told(events, "event_type", "user_id", "price", "quantity")
    sold = [row[1:] for row in rows if row[0] == "purchase"]
    assert set(SOLD[name]) <= set(sold)
    others = {row[:2] for row in rows if row[0] != "purchase"}
    rejected = {
        (rule, str(count))
        for rule, action, count in events.cleaning.rules
        if action == "rejected" and count
    }
    assert others | rejected == set(OTHERS.get(name, []))


def test_files_are_joined_without_a_row_more_or_less(tmp_path: Path) -> None:
    events = read_events(FORMATS / "olist")
    assert (events.cleaning.rows, len(events.to_arrow())) == (5, 4)
    assert set(events.to_arrow()["category_code"].to_pylist()) == {"perfumaria", "artes"}
    for path in (FORMATS / "olist").iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    customers = tmp_path / "olist_customers_dataset.csv"
    customers.write_text(customers.read_text() + '"c1","u9",1,"x","SP"\n')
    # a key that is there twice would double rows: that file cannot be joined
    with pytest.raises(InputError, match="customer_unique_id"):
        read_events(tmp_path, schema="olist")
    customers.write_text('"customer_id","customer_unique_id"\n"c1"\n')
    with pytest.raises(InputError, match="1 lines that cannot be read as rows"):
        read_events(tmp_path)
