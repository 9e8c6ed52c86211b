"""Columns that say what does not count: states, yes and no, dates and amounts of what came back."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from sqlglot import exp

from clustomer.engines import query_tables
from clustomer.errors import InputError
from clustomer.events import EventSchema, describe_source, read_events
from clustomer.events.draft import Content, propose
from clustomer.events.draft.what_counts import with_what_counts
from clustomer.events.typed.columns import given_query
from clustomer.scoring.raw_events import raw_parts


def orders(rows: int = 8, **columns: Any) -> pa.Table:
    """Return orders of 10.00 each, one a day, of as many customers."""
    return pa.table(
        {
            "order_no": [f"A-{number}" for number in range(rows)],
            "order_date": [f"2024-01-{number + 1:02d}" for number in range(rows)],
            "customer_id": [f"k{number}" for number in range(rows)],
            "total": ["10.00"] * rows,
            **columns,
        }
    )


def as_drafted(log: pa.Table) -> tuple[Decimal, int]:
    """Return the revenue and the customers of a log that is read as it is drafted."""
    described = describe_source(log)
    assert described.doubts == ()
    events = read_events(log, schema=described.schema)
    with events.engine:
        totals = events.totals()
        return totals.revenue, totals.customers


def content(*values: str) -> Content:
    """Return what is known of a column with some values, of which none is a number or a time."""
    filled = [value for value in values if value]
    shares = [0.0] * 7
    different = tuple(sorted(set(filled)))
    return Content(len(filled), len(values), len(different), *shares, 5.0, values=different)


DRAFT = EventSchema(
    name="guessed",
    columns={"event_time": "at", "user_id": "who", "price": "total"},
    event_type="purchase",
)


def test_capitals_of_ids_say_nothing_on_an_engine_of_its_own_either() -> None:
    columns = {"event_time": "at", "user_id": "who"}
    schema = EventSchema(name="x", columns=columns, event_type="view", ids_ignore_case=True)
    rows = pa.table({"at": [datetime(2024, 1, 1)] * 2, "who": ["Ann@x.com", "ann@x.com"]})
    query = given_query(schema, rows.schema, exp.to_table("rows"), "a table")
    given = query_tables(query, rows=rows)["user_id"].to_pylist()
    assert given == ["ann@x.com", "ann@x.com"]
    settings = {"price_is": None, "needs_products": False, "time_zone": "UTC"}
    parts = raw_parts(schema, exp.to_table("rows"), around=datetime(2024, 1, 1), **settings)
    scored = query_tables(parts[0].query, rows=rows)["user_id"].to_pylist()
    assert scored == given


def test_amounts_in_several_currencies_are_not_added_up_whatever_the_column_is_called() -> None:
    for column in ("Währung", "presentment_currency", "X"):
        described = describe_source(orders(**{column: ["EUR", "USD"] * 4}))
        assert "2 currencies" in str(described.error)
        assert described.schema.currency == column


def test_an_amount_and_its_currency_in_one_object_may_be_in_cents() -> None:
    lines = [
        {"created_at": f"2024-01-0{n}", "customer_id": f"k{n}", "amount_money": money}
        for n, money in enumerate([{"amount": 1250, "currency": "USD"}] * 3, 1)
    ]
    described = describe_source(pa.Table.from_pylist(lines))
    assert [doubt.setting for doubt in described.doubts] == ["amounts_in"]


def test_lines_that_came_back_of_an_order_are_states_of_their_own() -> None:
    log = orders(sku=[*"abababab"], status=["fulfilled", "returned", *["fulfilled"] * 6])
    log = log.set_column(0, "order_no", pa.array([*"AABBCCDD"]))
    log = log.set_column(2, "customer_id", pa.array([*"AABBCCDD"]))
    assert as_drafted(log) == (Decimal(70), 4)


def test_a_named_column_that_nobody_can_read_is_not_left_out_in_silence() -> None:
    for column, rule in (("qty", "unreadable_quantity"), ("total", "unreadable_price")):
        log = orders(**{column: ["1 dozen"] * 8})
        schema = describe_source(log).schema
        with pytest.raises(InputError, match=rf"{rule} .* 8, such as '1 dozen'"):
            read_events(log, schema=schema)


def test_a_price_of_a_line_shows_by_kinds_of_products_too() -> None:
    quantities = [1, 2, 3, 4, 1, 2, 3, 4]
    log = orders(
        category=[*"aaaabbbb"],
        quantity=[str(n) for n in quantities],
        price=[f"{n * (10 if i < 4 else 25)}.00" for i, n in enumerate(quantities)],
    ).drop_columns(["total"])
    assert [doubt.setting for doubt in describe_source(log).doubts] == ["price_is"]


def test_a_number_of_pieces_is_no_amount_beside_one() -> None:
    log = orders(AMOUNT=["1", "2"] * 4, SALES_PRICE=["10.50", "21.00"] * 4).drop_columns("total")
    assert describe_source(log).schema.columns["price"] == "SALES_PRICE"


def test_orders_in_scripts_without_spaces() -> None:
    names = ["注文番号", "注文日時", "顧客ID", "単価"]
    drafted = describe_source(orders().rename_columns(names)).schema.columns
    assert [drafted[ours] for ours in ("order_id", "event_time", "user_id", "price")] == names


UNDONE = {
    "Result": (["SUCCESS", "FAIL", "SUCCESS"], "FAIL"),
    "payment_status": (["PAID", "CANCELLED"], "CANCELLED"),
    "is_cancelled": (["true", "false"], "true"),
    "cancelled": (["1", "0"], "1"),
    "Returned": (["Yes", "No"], "Yes"),
    "test_order": (["x", "", ""], "x"),
    "is_paid": (["no", "yes"], "no"),
    "livemode": (["false", "true"], "false"),
}


@pytest.mark.parametrize("column", UNDONE)
def test_what_a_column_says_is_undone(column: str) -> None:
    values, undone = UNDONE[column]
    drafted = with_what_counts(DRAFT, {column: content(*values)})
    assert (drafted.status, drafted.ignored_event_types) == (column, (undone,))
    assert undone not in drafted.done


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("cancelled", ["0", "0"]),
        ("newsletter", ["yes", "no"]),
        ("ab_test", ["1", "0"]),
        ("vip_status", ["gold", "silver"]),
        ("product", ["sold as a set", "void filler", "bag"]),
    ],
)
def test_other_columns_say_nothing_of_what_counts(column: str, values: list[str]) -> None:
    assert with_what_counts(DRAFT, {column: content(*values)}) == DRAFT


def test_of_nested_values_nothing_is_known_here() -> None:
    columns = {**DRAFT.columns, "order_id": "properties.order"}
    drafted = DRAFT.model_copy(update={"columns": columns})
    assert with_what_counts(drafted, {"total": content("x")}) == drafted


def test_a_second_column_of_states_leaves_orders_out() -> None:
    paid = ["PAID", "PAID", "CANCELLED", "PAID", "AWAITING_PAYMENT", *["PAID"] * 3]
    log = orders(fulfillment_status=["Shipped"] * 8, payment_status=paid)
    assert as_drafted(log) == (Decimal(60), 6)


def test_an_order_that_is_flagged_does_not_count() -> None:
    assert as_drafted(orders(cancelled=[True, False, True, *[False] * 5])) == (Decimal(60), 6)


def test_letters_that_have_no_small_one_of_their_own_are_the_same_in_states() -> None:
    states = ["İptal Edildi", "Teslim Edildi", "İPTAL EDİLDİ", *["Teslim Edildi"] * 5]
    assert as_drafted(orders(status=states)) == (Decimal(60), 6)


def test_a_date_of_what_was_undone_is_that_of_a_return() -> None:
    undone = ["2024-01-07 10:00:00", *[""] * 6, "2024-01-08 10:00:00"]
    assert as_drafted(orders(cancelled_at=undone)) == (Decimal(60), 8)
    due = ["2024-02-01", "2024-02-02"] * 4
    assert describe_source(orders(return_date=due)).schema.return_time is None


def test_what_was_given_back_of_an_order_is_taken_off() -> None:
    parts = ["2.50", "0", "10.00", *["0"] * 5]
    assert as_drafted(orders(refunded_amount=parts)) == (Decimal("67.50"), 8)


def test_an_amount_given_back_of_an_order_is_not_that_of_each_of_its_lines() -> None:
    log = orders(sku=["a", "b"] * 4, refunded_amount=["5", "5", *["0"] * 6])
    log = log.set_column(0, "order_no", pa.array([*"AABBCCDD"]))
    assert describe_source(log).schema.return_amount is None


def test_rows_that_give_something_back_are_returns() -> None:
    assert as_drafted(orders(is_refund=["true", *["false"] * 7])) == (Decimal(60), 8)


@pytest.mark.parametrize(
    ("column", "values"), [("status", ["Blorb", "Gnarf"] * 4), ("current_state", ["5", "6"] * 4)]
)
def test_words_that_nobody_knows_are_asked_and_what_is_said_runs(
    column: str, values: list[str]
) -> None:
    log = orders(**{column: values})
    described = describe_source(log)
    assert isinstance(described.error, InputError)
    assert f"`{column}`" in str(described.error)
    assert f"{values[0]!r} (4 rows)" in str(described.error)
    answer = {"event_types": {values[0]: "purchase"}, "ignored_event_types": (values[1],)}
    events = read_events(log, schema=described.schema.model_copy(update=answer))
    with events.engine:
        assert events.totals().revenue == 40


@pytest.mark.parametrize(
    ("word", "ours"),
    [
        ("Awaiting Payment", "ignored"),
        ("Awaiting Pickup", None),
        ("not paid", "ignored"),
        ("Nicht bezahlt", "ignored"),
        ("Non payé", "ignored"),
        ("未完了", "ignored"),
        ("已付款", "purchase"),
        ("退款成功", "return"),
        ("キャンセル済", "ignored"),
        ("Törölve", "ignored"),
        ("Ακυρώθηκε", "ignored"),
        ("İade Edildi", "return"),
    ],
)
def test_further_words_of_states(word: str, ours: str | None) -> None:
    assert propose(word) == ours
