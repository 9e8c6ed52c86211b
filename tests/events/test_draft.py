"""The first draft of a schema: words inside of names, in many languages, and what columns hold."""

import time
import tomllib
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from clustomer.errors import InputError
from clustomer.events import EventSchema, describe_source, draft_schema, read_events
from clustomer.events.draft import propose

NAMES = {
    "Kaggle's transactions of a bank": (
        "TransactionID,CustomerID,CustomerDOB,CustGender,CustLocation,CustAccountBalance,"
        "TransactionDate,TransactionAmount (INR)",
        "TransactionDate,CustomerID,TransactionAmount (INR),TransactionID",
    ),
    "Superstore": (
        "Row ID,Order ID,Order Date,Ship Date,Ship Mode,Customer ID,Customer Name,Segment,Country,"
        "City,State,Postal Code,Region,Product ID,Category,Sub-Category,Product Name,Sales,"
        "Quantity,Discount,Profit",
        "Order Date,Customer ID,Sales,Order ID",
    ),
    "an RFM tutorial": (
        "order_date,order_id,customer,grand_total",
        "order_date,customer,grand_total,order_id",
    ),
    "a warehouse": (
        "order_id,customer_id,order_purchase_timestamp,order_approved_at,order_estimated_delivery,"
        "total_amount",
        "order_purchase_timestamp,customer_id,total_amount,order_id",
    ),
    "German": (
        "Bestellnummer,Kundennummer,Bestelldatum,Lieferdatum,MwSt-Betrag,Gesamtbetrag",
        "Bestelldatum,Kundennummer,Gesamtbetrag,Bestellnummer",
    ),
    "French": (
        "numéro_commande,date_commande,client,montant,livraison",
        "date_commande,client,montant,numéro_commande",
    ),
    "Spanish": ("fecha,cliente,importe,pedido", "fecha,cliente,importe,pedido"),
    "Italian": (
        "numero ordine,data ordine,cliente,importo",
        "data ordine,cliente,importo,numero ordine",
    ),
    "Dutch": ("Datum,Klantnummer,Bedrag,Factuur", "Datum,Klantnummer,Bedrag,Factuur"),
    "Polish": (
        "Data zamówienia,Klient,Kwota,Zamówienie",
        "Data zamówienia,Klient,Kwota,Zamówienie",
    ),
    "Portuguese": (
        "data_compra,cliente,valor_total,id_pedido",
        "data_compra,cliente,valor_total,id_pedido",
    ),
    "Amazon": (
        "order-id,purchase-date,buyer-email,item-total",
        "purchase-date,buyer-email,item-total,order-id",
    ),
}


@pytest.mark.parametrize("kind", NAMES)
def test_words_inside_of_names(kind: str) -> None:
    columns, expected = (text.split(",") for text in NAMES[kind])
    schema = draft_schema(columns)
    ours = ("event_time", "user_id", "price", "order_id")
    assert [schema.columns.get(name) for name in ours] == expected
    assert schema.event_type == "purchase"


@pytest.mark.parametrize(
    ("columns", "column"),
    [
        ("visitor,ts,page", "user_id"),
        ("buyer-email,when,x", "user_id"),
        ("account_count,user,date", "user_id"),
    ],
)
def test_a_log_without_amounts_is_of_views(columns: str, column: str) -> None:
    schema = draft_schema(columns.split(","))
    assert column in schema.columns
    assert (schema.event_type, "price" in schema.columns) == ("view", False)


def test_a_column_is_what_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text(
        "customer_id,created,ordered,state,total_label,paid\n"
        + "".join(f"k{i},yes,2024-01-{1 + i:02d},CA,many,{i}.50\n" for i in range(9))
    )
    described = describe_source(path)
    assert described.schema.columns == {
        "event_time": "ordered",
        "price": "paid",
        "user_id": "customer_id",
    }
    assert described.reasons["state"] == "the same in every row"
    assert described.doubts == ()
    assert [row["user_id"] for row in described.rows] == ["k0", "k1", "k2", "k3", "k4"]


def test_a_file_without_header_is_drafted_by_what_it_holds(tmp_path: Path) -> None:
    path, schema = tmp_path / "log.csv", tmp_path / "log.toml"
    path.write_text("".join(f"2024-01-{1 + i:02d},k{i}@x.com,{i}.25\n" for i in range(9)))
    drafted = describe_source(path).schema
    assert (drafted.header, drafted.names) == (False, ("column_1", "column_2", "column_3"))
    schema.write_text(drafted.to_toml())
    assert read_events(path, schema=str(schema)).cleaning.kept == 9


ORDERS = {
    "Ordernumber": ["1", "2", "3", "4", "5"],
    "Customer": ["a", "b", "a", "c", "c"],
    "Order date": [f"2024-01-{day:02d}" for day in range(13, 18)],
    "Amount": ["10.5", "20", "5", "7", "8"],
    "Status": ["delivered", "canceled", "delivered", "Refunded", "on the moon"],
}


def test_event_types_are_listed_with_a_proposal_each(tmp_path: Path) -> None:
    described = describe_source(pa.table(ORDERS))
    assert [(e.value, e.rows, e.proposal) for e in described.event_types] == [
        ("delivered", 2, "purchase"),
        # no row of that order is of another type: it was bought and came back
        ("Refunded", 1, "ignored"),
        ("canceled", 1, "ignored"),
        ("on the moon", 1, None),
    ]
    schema = tmp_path / "draft.toml"
    schema.write_text(described.schema.to_toml())
    assert tomllib.loads(schema.read_text())["ignored_event_types"] == [
        "canceled",
        "Refunded",
    ]
    rules = read_events(pa.table(ORDERS), schema=str(schema), accept_losses=0.5).cleaning.rules
    assert ("ignored_event_type", "rejected", 2) in rules
    assert ("unknown_event_type", "rejected", 1) in rules


def test_what_came_back_in_a_row_of_its_own_is_a_return() -> None:
    events = {**ORDERS, "Ordernumber": ["1", "2", "3", "1", "5"]}
    described = describe_source(pa.table(events))
    assert described.schema.event_types["Refunded"] == "return"


@pytest.mark.parametrize(
    ("name", "amount"), [("Event Type", "(10.00)"), ("Event Type", "10.00"), ("Status", "-10.00")]
)
def test_a_refund_with_a_number_of_its_own_is_a_return(
    tmp_path: Path, name: str, amount: str
) -> None:
    log = pa.table(
        {"Date": ["2024-01-05", "2024-01-06", "2024-01-07"], "Transaction ID": ["1", "2", "3"],
         "Customer ID": ["a", "b", "a"], name: ["Payment", "Payment", "Refund"],
         "Net Sales": ["10.00", "20.00", amount]}
    )  # fmt: skip
    described = describe_source(log)
    assert described.schema.event_types == {"Payment": "purchase", "Refund": "return"}
    schema = tmp_path / "mine.toml"
    schema.write_text(described.schema.to_toml())
    assert str(read_events(log, schema=str(schema)).totals().revenue) == "20.0000"


def test_types_of_something_else_are_none() -> None:
    orders = {**ORDERS, "Status": ["gold", "silver", "gold", "gold", "gold"]}
    described = describe_source(pa.table(orders))
    assert described.schema.event_type == "purchase"
    assert described.reasons["Status"] == "no event types that are known"


@pytest.mark.parametrize(
    ("word", "ours"),
    [
        ("product_view", "view"),
        ("ViewContent", "view"),
        ("AddToCart", "cart"),
        ("add_to_cart", "cart"),
        ("Product Removed", "remove_from_cart"),
        ("remove_from_cart", "remove_from_cart"),
        ("Order Completed", "purchase"),
        ("Order Refunded", "return"),
        ("Order Cancelled", "ignored"),
        ("bezahlt", "purchase"),
        ("Annulée", "ignored"),
        ("pagado", "purchase"),
        ("In Bearbeitung", "purchase"),
        ("Zahlung ausstehend", "ignored"),
        ("En attente de paiement", "ignored"),
        ("En attente de livraison", None),
        ("wishlist", None),
    ],
)
def test_proposals(word: str, ours: str | None) -> None:
    assert propose(word) == ours


def test_a_written_preset_names_only_places_that_the_source_has(tmp_path) -> None:
    log = tmp_path / "track.jsonl"
    log.write_text(
        '{"event": "Product Viewed", "userId": null, "anonymousId": "a1",'
        ' "timestamp": "2024-01-01T10:00:00Z", "properties": {"product_id": "p1", "price": 9}}\n'
        '{"event": "Order Completed", "userId": "u1", "anonymousId": "a1",'
        ' "timestamp": "2024-01-01T10:05:00Z", "properties": {"order_id": "o1", "products":'
        ' [{"product_id": "p1", "price": 9, "quantity": 2}]}}\n'
    )
    described = describe_source(log)
    assert described.schema.name == "segment"
    assert "brand" not in described.schema.columns
    written = tmp_path / "schema.toml"
    written.write_text(described.schema.to_toml())
    for schema in (written, "segment"):
        events = read_events(log, schema=schema)
        users = events.to_arrow()["user_id"].to_pylist()
        events.close()
        assert users == ["a1", "u1"]


@pytest.mark.parametrize(
    ("names", "days", "clocks"),
    [
        (("Order Date", "Order Time"), ("1/5/2024", "1/20/2024"), ("8:15 AM", "9:15 PM")),
        (("Datum", "Uhrzeit"), ("05.01.2024", "20.01.2024"), ("08:15", "21:15:00")),
        (("fecha", "hora"), ("2024-01-05 00:00:00", "2024-01-20 00:00:00"), ("8h15", "21h15")),
        (("date", "time"), ("2024-01-05 00:00", "2024-01-20 00:00"), ("08:15:00", "21:15:00")),
        (("date", "time"), ("2024-01-05", "2024-01-20"), ("815", "2115")),
        (("date", "time"), ("20240105", "20240120"), ("081500", "211500")),
        (("date", "time"), ("45296", "45311"), ("0.34375", "0.885416666667")),
        (("date", "time"), ("2024-01-05", "2024-01-20"),
         ("1899-12-30 08:15:00", "1899-12-30 21:15:00")),
    ],
)  # fmt: skip
def test_a_time_of_day_in_a_column_of_its_own_is_joined_to_the_date(
    tmp_path: Path, names: tuple[str, str], days: tuple[str, str], clocks: tuple[str, str]
) -> None:
    log = pa.table(
        {names[0]: days, names[1]: clocks, "Shipping Time": ["07:00"] * 2, "Customer": ["a", "b"]}
    )
    described = describe_source(log)
    assert described.schema.paths["event_time"] == names
    schema = tmp_path / "mine.toml"
    schema.write_text(described.schema.to_toml())
    times = read_events(log, schema=str(schema)).to_arrow()["event_time"].to_pylist()
    assert times == [datetime(2024, 1, 5, 8, 15), datetime(2024, 1, 20, 21, 15)]


@pytest.mark.parametrize(
    ("columns", "names"),
    [
        ({"Year": [2024, 2024], "Month": [1, 1], "Day": [5, 20]}, ("Year", "Month", "Day")),
        ({"Tag": ["5", "20"], "Monat": ["Januar", "Januar"], "Jahr": ["2024", "2024"]},
         ("Jahr", "Monat", "Tag")),
        ({"order_day": [5.0, 20.0], "order_month": [1.0, 1.0], "order_year": [2024.0, 2024.0],
          "ship_year": [2024.0] * 2, "ship_month": [2.0] * 2, "ship_day": [1.0] * 2},
         ("order_year", "order_month", "order_day")),
        ({"year": [24, 24], "month": [1, 1], "day": [5, 20]}, ("year", "month", "day")),
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    ("clock", "times"),
    [
        ({}, ((0, 0), (0, 0))),
        ({"Time": ["08:15", "21:15:00"]}, ((8, 15), (21, 15))),
        ({"hour": [8, 21]}, ((8, 0), (21, 0))),
        ({"hour": [8, 21], "minute": [5, 15]}, ((8, 5), (21, 15))),
    ],
)
def test_year_month_and_day_in_columns_of_their_own_are_joined(
    tmp_path: Path,
    columns: dict[str, list[Any]],
    names: tuple[str, ...],
    clock: dict[str, list[Any]],
    times: tuple[tuple[int, int], ...],
) -> None:
    stem = {name.replace("h", "order_h").replace("m", "order_m"): v for name, v in clock.items()}
    clock = stem if "order_year" in names and "Time" not in clock else clock
    if "Jahr" in names:
        clock = {name.replace("hour", "Stunde"): values for name, values in clock.items()}
    log = pa.table({**columns, **clock, "Customer": ["a", "b"], "Amount": ["1.50", "2.50"]})
    described = describe_source(log)
    assert described.schema.paths["event_time"] == (*names, *clock)
    schema = tmp_path / "mine.toml"
    schema.write_text(described.schema.to_toml())
    read = read_events(log, schema=str(schema)).to_arrow()["event_time"].to_pylist()
    assert read == [datetime(2024, 1, day, *at) for day, at in zip((5, 20), times, strict=True)]


def test_three_numbers_that_may_be_a_date_in_two_ways_are_refused(tmp_path: Path) -> None:
    log = pa.table({"a": ["5", "6"], "b": ["1", "2"], "c": ["2024"] * 2, "Customer": ["a", "b"]})
    schema = EventSchema(
        name="mine", columns={"event_time": ("a", "b", "c"), "user_id": "Customer"}
    )
    with pytest.raises(InputError, match=r"05-01-2024.* is 2024-01-05 .*or 2024-05-01"):
        read_events(log, schema=schema)
    asked = schema.model_copy(update={"time_format": "%d-%m-%Y"})
    times = read_events(log, schema=asked).to_arrow()["event_time"].to_pylist()
    assert times == [datetime(2024, 1, 5), datetime(2024, 2, 6)]


ORDERED = ("05.01.2024", "20.01.2024", "03.02.2024")


@pytest.mark.parametrize(
    "names",
    [
        "Tilausnumero,Tilauspäivä,Asiakasnumero,Tuote,Määrä,Hinta,Yhteensä",
        "Rendelésszám,Rendelés dátuma,Vevő,Termék,Mennyiség,Egységár,Összesen",
        "Nr. comandă,Data comenzii,Client,Produs,Cantitate,Preț unitar,Total",
        "Sipariş No,Sipariş Tarihi,Müşteri,Ürün,Adet,Birim Fiyat,Toplam Tutar",
        "Ordrenummer,Ordredato,Kundenummer,Vare,Antal,Stykpris,I alt",
        "Ordernr,Orderdatum,Kundnr,Artikel,Antal,À-pris,Belopp",
        "Nº do pedido,Data da compra,CPF do cliente,Produto,Qtde,Valor unitário,Valor total",
    ],
)
def test_order_lines_in_further_languages(tmp_path: Path, names: str) -> None:
    order, day, customer, product, pieces, unit, total = names.split(",")
    log = pa.table(
        {order: ["1", "2", "3"], day: ORDERED, customer: ["k1", "k2", "k1"],
         product: ["A", "B", "A"], pieces: ["3", "1", "5"], unit: ["10,00", "12,00", "10,00"],
         total: ["30,00", "12,00", "50,00"]}
    )  # fmt: skip
    described = describe_source(log)
    columns = described.schema.columns
    assert (columns["order_id"], columns["event_time"], columns["user_id"]) == (
        order,
        day,
        customer,
    )
    assert (described.schema.event_type, columns["quantity"]) == ("purchase", pieces)
    schema = tmp_path / "mine.toml"
    schema.write_text(described.schema.to_toml(), encoding="utf-8")
    assert str(read_events(log, schema=str(schema)).totals().revenue) == "92.0000"


def test_a_column_is_of_event_types_by_what_it_holds() -> None:
    log = pa.table(
        {"ts": ["1704445200"] * 3, "uid": ["u1"] * 3, "what": ["pdp_view", "add_to_bag",
         "checkout_complete"], "val": ["10.5"] * 3}
    )  # fmt: skip
    schema = describe_source(log).schema
    assert schema.columns["event_type"] == "what"
    assert schema.event_types == {
        "pdp_view": "view",
        "add_to_bag": "cart",
        "checkout_complete": "purchase",
    }


def test_orders_whose_amounts_have_names_that_nobody_knows_are_asked_for_them() -> None:
    log = pa.table(
        {"order_id": ["1", "2"], "date": ["2024-01-05", "2024-01-06"], "customer": ["a", "b"],
         "Xyz": ["10.50", "20.25"], "Rating": ["4.5", "3.5"]}
    )  # fmt: skip
    described = describe_source(log)
    (doubt,) = described.doubts
    assert (doubt.setting, list(doubt.choices)) == ("column price", ["Xyz", "none of these"])
    for answer, price in (("Xyz", "Xyz"), ("none of these", None)):
        schema = describe_source(log, answers={"column price": answer}).schema
        assert (schema.columns.get("price"), schema.event_type) == (price, "purchase")


LINES = {
    "Order Date": ["2024-01-05", "2024-01-20", "2024-02-01", "2024-03-01"],
    "Customer ID": ["k1", "k2", "k1", "k2"],
    "Order ID": ["o1", "o2", "o3", "o4"],
    "Product ID": ["A", "B", "A", "C"],
    "Quantity": ["3", "1", "5", "2"],
    "Sales": ["30.00", "12.00", "50.00", "9.00"],
}


def test_a_draft_says_what_amounts_are_of_by_a_row_in_plain_words(tmp_path: Path) -> None:
    described = describe_source(pa.table(LINES))
    assert described.schema.price_is == "line"
    assert "30.00 for 3" in str(described.amounts and described.amounts.sentence)
    pieces = {**LINES, "Unit price": ["10", "12", "10", "4.50"]}
    del pieces["Sales"]
    described = describe_source(pa.table(pieces))
    assert described.schema.price_is == "unit"
    assert "3 × 10.00 = 30.00" in str(described.amounts and described.amounts.sentence)


def test_nothing_is_written_of_amounts_while_no_row_is_of_several_pieces() -> None:
    described = describe_source(pa.table({**LINES, "Quantity": ["1"] * 4}))
    assert (described.schema.price_is, described.doubts) == (None, ())


@pytest.mark.parametrize("negative", ["-9.00", "(9.00)", "9.00-", "−9.00", "-€9.00"])
def test_amounts_below_0_are_drafted_as_returns(tmp_path: Path, negative: str) -> None:
    orders = {**LINES, "Quantity": ["1"] * 4, "Sales": ["30", "12", "50", negative]}
    described = describe_source(pa.table(orders))
    assert described.schema.returns_are_negative
    schema = tmp_path / "mine.toml"
    schema.write_text(described.schema.to_toml())
    assert str(read_events(pa.table(orders), schema=str(schema)).totals().revenue) == "83.0000"


def test_amounts_that_are_mostly_below_0_are_no_returns() -> None:
    orders = {**LINES, "Sales": ["-30", "-12", "-50", "9"]}
    assert not describe_source(pa.table(orders)).schema.returns_are_negative


def test_the_first_rows_are_those_of_the_source_in_its_order() -> None:
    log = pa.table(
        {
            "event_time": ["2024-01-01", "soon", "2024-01-03", "", "2024-01-05", "2024-01-06"],
            "user_id": ["a", "b", "c", "d", "e", "f"],
        }
    )
    rows = describe_source(log).rows
    assert [row["user_id"] for row in rows] == ["a", "b", "c", "d", "e"]
    assert [row["rejected"] for row in rows] == [
        None,
        "unreadable_time",
        None,
        "missing_time",
        None,
    ]


def test_a_column_of_amounts_is_one_beside_words(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text(
        "date;client;montant\n05/01/2024;C1;12,50\u00a0€\n20/01/2024;C2;gratuit\n"
        "05/02/2024;C1;7,50\u00a0€\n",
        encoding="utf-8",
    )
    assert describe_source(path).schema.columns["price"] == "montant"


def test_a_few_rows_of_parquet_with_times_as_text_take_no_minute_to_describe(tmp_path) -> None:
    path = tmp_path / "orders.parquet"
    days = ["2024-01-05", "2024-01-20", "2024-02-05"]
    table = {"order_id": ["1", "2", "3"], "created_at": days, "customer_id": ["k1", "k2", "k1"]}
    pq.write_table(pa.table({**table, "total": [10.1, 20.2, 5.3]}), path)
    begin = time.process_time()
    described = describe_source(path)
    # DuckDB planned for seventy seconds of processor
    assert time.process_time() - begin < 30
    assert described.schema.columns["price"] == "total"
    assert len(described.rows) == 3


def test_kinds_of_purchases_with_orders_of_their_own_all_count() -> None:
    log = pa.table(
        {"at": [f"2024-01-0{day} 09:00:00" for day in range(1, 6)],
         "event": ["Product View", "Web Purchase", "Web Purchase", "App Purchase", "App Purchase"],
         "order_id": [None, "1", "2", "2", "3"], "user_id": ["a", "a", "b", "b", "c"],
         "amount": [None, "10.00", "20.00", "20.00", "30.00"]}
    )  # fmt: skip
    types = describe_source(log).schema.event_types
    assert types == {
        "Product View": "view",
        "Web Purchase": "purchase",
        "App Purchase": "purchase",
    }


def test_states_of_the_lines_of_one_order_all_count() -> None:
    log = pa.table(
        {"at": ["2024-01-01", "2024-01-01", "2024-01-02"], "order_id": ["1", "1", "2"],
         "status": ["shipped", "completed", "shipped"], "user_id": ["a", "a", "b"],
         "product": ["x", "y", "x"], "amount": ["10.00", "20.00", "30.00"]}
    )  # fmt: skip
    assert {*describe_source(log).schema.event_types.values()} == {"purchase"}


def test_why_a_column_is_not_used_goes_by_what_it_holds() -> None:
    log = pa.table(
        {"ID": ["000000001", "000000002"], "Purchase Date": ["2024-01-05", "2024-01-20"],
         "Customer Email": ["a@x.com", "b@x.com"], "Grand Total (Base)": ["10.00", "20.00"],
         "Grand Total (Purchased)": ["11.00", "22.00"]}
    )  # fmt: skip
    reasons = describe_source(log).reasons
    assert reasons["ID"] == "nothing of ours by its name"
    assert reasons["Grand Total (Purchased)"].startswith("another amount")
