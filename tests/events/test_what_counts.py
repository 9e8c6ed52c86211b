"""Columns that say what does not count: states, yes and no, dates and amounts of what came back."""

from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from clustomer.errors import InputError
from clustomer.events import EventSchema, describe_source, read_events
from clustomer.events.draft import Content, propose
from clustomer.events.draft.what_counts import with_what_counts


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
    return Content(len(filled), len(values), len(different), *shares, 5.0, different)


DRAFT = EventSchema(
    name="guessed",
    columns={"event_time": "at", "user_id": "who", "price": "total"},
    event_type="purchase",
)

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
