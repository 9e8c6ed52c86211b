"""Names of products: read beside the events, drafted, and left out where there are none."""

import json
from pathlib import Path

import pyarrow as pa
import pytest

from clustomer.events import EventSchema, called, describe_source, read_events

LINES = {
    "InvoiceNo": ["1", "1", "2", "3", "4", "5"],
    "InvoiceDate": [f"2024-01-{day:02} 10:00:00" for day in range(15, 21)],
    "CustomerID": ["a", "a", "b", "b", "c", ""],
    "StockCode": ["m", "t", "m", "m", "t", "m"],
    "Quantity": [1, 1, 2, 1, 3, 1],
    "UnitPrice": ["4.00", "9.50", "4.00", "4.00 GBP", "9.50", "4.00"],
}


def lines(names: list[str | None]) -> pa.Table:
    return pa.table({**LINES, "Description": pa.array(names, pa.string())})


def test_a_product_is_called_by_its_commonest_name() -> None:
    # of the teapot's two names the first by the alphabet; the last row names no customer
    events = read_events(lines(["MUG", "TEAPOT", " A  MUG", "A MUG", "BROKEN?", "MUG"]))
    assert events.name_of_product == {"m": "A MUG", "t": "BROKEN?"}
    assert events.product_names is not None
    assert "product_name" not in events.to_arrow().column_names
    [note] = [text for text in events.readings.to_say if "Description" in text]
    assert note == (
        "`Description` has several names for 2 of 2 products; each is called by its commonest: "
        "m is A MUG."
    )
    assert called("t", events.name_of_product) == "BROKEN? (t)"
    assert events.reading()["columns"][-1]["several"] == 2


def test_without_names_nothing_is_said_or_kept() -> None:
    events = read_events(pa.table(LINES))
    assert events.product_names is None
    assert events.name_of_product == {}
    assert events.schema.product_name is None
    empty = read_events(lines([None] * 6))
    assert empty.name_of_product == {}
    assert not any("name" in text for text in empty.readings.to_say)


@pytest.mark.parametrize(
    ("column", "proposed"),
    [
        ("Product Name", True),
        ("Artikelbezeichnung", True),
        ("Désignation", True),
        ("title", True),
        ("Name", True),
        ("Customer Name", False),
        ("Shipping Name", False),
        ("Colour", False),
    ],
)
def test_a_draft_proposes_the_column_with_names(column: str, proposed: bool) -> None:
    table = pa.table(
        {
            "Bestelldatum": [f"2024-01-{day:02}" for day in range(15, 21)],
            "Kunde": ["a", "a", "b", "b", "c", "c"],
            "Artikelnummer": ["m1", "t1", "m1", "t1", "t1", "t1"],
            column: ["Mug", "Pot", "Mug", "Pot", "Pot", "Pot"],
            "Betrag": ["4.00", "9.50"] * 3,
        }
    )
    schema = describe_source(table).schema
    assert schema.columns["product_id"] == "Artikelnummer"
    assert schema.product_name == (column if proposed else None)
    assert read_events(table, schema=schema).name_of_product == (
        {"m1": "Mug", "t1": "Pot"} if proposed else {}
    )


def test_a_name_that_goes_with_customers_is_theirs() -> None:
    table = pa.table(
        {
            "date": [f"2024-01-{day:02}" for day in range(15, 21)],
            "customer_no": ["a", "a", "b", "b", "c", "c"],
            "sku": ["m1", "t1", "m1", "t1", "m1", "t1"],
            "name": ["Ann", "Ann", "Bob", "Bob", "Cid", "Cid"],
            "amount": ["4.00", "9.50"] * 3,
        }
    )
    assert describe_source(table).schema.product_name is None


def test_names_inside_of_nested_values_are_read_where_they_are(tmp_path: Path) -> None:
    event = {
        "event_timestamp": "1704103500000000",
        "event_name": "purchase",
        "user_pseudo_id": "u1",
        "items": [{"item_id": "p1", "item_name": "Mug", "price": 4.0}],
    }
    log = tmp_path / "ga4.jsonl"
    log.write_text(json.dumps(event), encoding="utf-8")
    assert read_events(log).name_of_product == {"p1": "Mug"}
    del event["items"][0]["item_name"]  # type: ignore[index]
    log.write_text(json.dumps(event), encoding="utf-8")
    events = read_events(log)
    assert (events.schema.name, events.schema.product_name) == ("ga4", None)
    assert events.product_names is None


def test_a_schema_says_where_names_belong() -> None:
    columns = {"event_time": "at", "user_id": "who"}
    with pytest.raises(ValueError, match='write it above them, product_name = "title"'):
        EventSchema(name="own", columns={**columns, "product_name": "title"})
    with pytest.raises(ValueError, match="needs a column for `product_id`"):
        EventSchema(name="own", columns=columns, product_name="title")
    schema = EventSchema(name="own", columns={**columns, "product_id": "sku"}, product_name="title")
    assert 'product_name = "title"' in schema.to_toml()
