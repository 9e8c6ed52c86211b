"""Amounts that stand beside the one that is read are named where they make it another."""

import pyarrow as pa
import pytest

from clustomer.events import EventSchema, read_events

ROWS = {
    "at": ["2024-01-05 09:00:01", "2024-01-20 09:00:01", "2024-02-05 09:00:01"],
    "who": ["k1", "k2", "k1"],
    "state": ["paid", "paid", "cancelled"],
    "what": ["a", "b", "a"],
}


def warnings(price: str = "price", /, **columns: list[str]) -> tuple[str, ...]:
    read = {
        "event_time": "at",
        "user_id": "who",
        "event_type": "state",
        "product_id": "what",
        "price": price,
    }
    schema = EventSchema(
        name="mine",
        columns=read | ({"order_id": "order"} if "order" in columns else {}),
        event_types={"paid": "purchase"},
        ignored_event_types=("cancelled",),
    )
    table = pa.table({**ROWS, price: ["10.00", "20.00", "5.00"], **columns})
    return read_events(table, schema=schema).warnings


@pytest.mark.parametrize(
    ("column", "of", "beginning"),
    [
        ("Discount", "price", "`Discount` has a discount in 1 row, such as '4.00'"),
        ("Refunded Amount", "price", "`Refunded Amount` says that money was given back in 1 row"),
        ("qty_returned", "price", "`qty_returned` says that pieces came back in 1 row"),
        ("parent_sku", "price", "`parent_sku` names another line in 1 row with an amount"),
        ("price_unit", "price", "`price_unit` says that prices are for several pieces in 1 row"),
        ("qty", "unit_price", "`unit_price` is the price of a piece by its name, and no column"),
        ("Paid Points", "price", "`Paid Points` has an amount in 1 row, such as '4.00': if so"),
        ("gift_card_amount", "price", "`gift_card_amount` has an amount in 1 row"),
        ("Versandkosten", "Gesamtbetrag", "`Gesamtbetrag` may include shipping"),
    ],
)
def test_an_amount_beside_is_said_once(column: str, of: str, beginning: str) -> None:
    [warning] = warnings(of, **{column: ["4.00", "", ""]})
    assert warning.startswith(beginning)
    # zeros say nothing, nor do rows that do not count
    assert warnings(of, **{column: ["" if "parent" in column else "0.00", "", "4.00"]}) == ()


@pytest.mark.parametrize(
    "column",
    ["Shipping ZIP", "Refund ID", "Discount Code", "Refund date", "Points Balance", "Gift Card No"],
)
def test_what_is_no_amount_is_not(column: str) -> None:
    values = ["12345", "X4", "2024-01-06"] if "date" not in column else ["2024-01-06", "", ""]
    assert warnings("Order Total", **{column: values}) == ()


def test_shipping_in_the_price_of_a_line_is_no_matter() -> None:
    assert warnings("Item Total", Shipping=["4.90", "4.90", "4.90"]) == ()
    [warning] = warnings("Total", Shipping=["4.90", "", ""], Subtotal=["5.10", "", ""])
    assert '[columns] price = "Subtotal"' in warning


def test_orders_that_were_never_paid_are_said() -> None:
    day = "2024-01-06"
    [warning] = warnings(**{"Paid at": [day, "", ""]})
    assert warning.startswith("`Paid at` is empty in 1 row that counts")
    assert warnings(**{"Paid at": [day, day, ""]}) == ()
    assert warnings(**{"Paid at": ["", "", ""]}) == ()


def test_an_order_is_paid_where_one_of_its_lines_says_so() -> None:
    day = "2024-01-06"
    # three lines that count, of which the first has the payment of its order
    at = ["2024-01-05 09:00:01"] * 3
    rows = {"state": ["paid", "paid", "paid"], "who": ["k1", "k1", "k1"], "at": at}
    assert warnings(**rows, **{"Paid at": [day, "", ""], "order": ["7", "7", "7"]}) == ()
    [warning] = warnings(**rows, **{"Paid at": [day, "", ""], "order": ["7", "7", "8"]})
    assert warning.startswith("`Paid at` is empty in 1 row that counts")
    # lines without an order are each their own
    [warning] = warnings(**rows, **{"Paid at": [day, day, ""], "order": ["7", "", ""]})
    assert warning.startswith("`Paid at` is empty in 1 row that counts")


def test_thousands_by_the_name_of_the_column() -> None:
    for column in ("Sales (in 000s)", "Umsatz TEUR", "Revenue in thousands", "Umsatz Tsd. EUR"):
        [warning] = warnings(column)
        assert "counts thousands or more" in warning
    assert warnings("Sales 2000") == ()


def test_purchases_without_an_amount_are_said() -> None:
    table = pa.table(
        {
            "event_time": ROWS["at"],
            "event_type": ["purchase"] * 3,
            "user_id": ROWS["who"],
            "price": ["1", None, "2"],
        }
    )
    [warning] = read_events(table).warnings
    assert warning.startswith("1 of 3 purchases (33.3%) has no amount in `price`")
