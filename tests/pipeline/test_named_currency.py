"""Reports name the currency that a column of the log names."""

import pyarrow as pa
import pytest

from clustomer import Settings
from clustomer.events import EventSchema, read_events
from clustomer.pipeline import with_named_currency


@pytest.mark.parametrize(
    ("codes", "column", "asked", "printed"),
    [
        (["EUR", "EUR"], "money", None, "EUR"),
        # further lines of an order name none
        (["EUR", ""], "money", None, "EUR"),
        (["EUR", "EUR"], "money", "Euro ", "Euro "),
        (["", ""], "money", None, None),
        (["EUR", "EUR"], None, None, None),
    ],
)
def test_a_column_with_one_currency_names_it(
    codes: list[str], column: str | None, asked: str | None, printed: str | None
) -> None:
    columns = {"event_time": "at", "user_id": "who", "price": "paid"}
    schema = EventSchema.model_validate(
        {"name": "mine", "columns": columns, "event_type": "purchase", "currency": column}
    )
    log = {
        "at": ["2024-01-05 09:00:01", "2024-01-06 09:00:01"],
        "who": ["a", "b"],
        "paid": ["3.00", "4.00"],
        "money": codes,
    }
    events = read_events(pa.table(log), schema=schema, price_is="order")
    assert with_named_currency(Settings(currency=asked), events).currency == printed


def test_a_sign_that_several_currencies_have_names_none() -> None:
    schema = EventSchema.model_validate(
        {
            "name": "mine",
            "columns": {"event_time": "at", "user_id": "who", "price": "paid"},
            "event_type": "purchase",
        }
    )
    log = {"at": ["2024-01-05 09:00:01"], "who": ["a"], "paid": ["$3.00"]}
    events = read_events(pa.table(log), schema=schema, price_is="order")
    assert events.currencies == ("USD",)
    assert with_named_currency(Settings(), events).currency is None
