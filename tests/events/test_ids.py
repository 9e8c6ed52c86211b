"""Ids of which digits are lost, in every type of source; and columns that are no ids."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pytest

from clustomer.events import Events, read_events

LOST = 1.2345678901234567e17


def bought(ids: pa.Array | Sequence[object], **more: object) -> Events:
    n = len(ids)
    times = [f"2024-01-{1 + i % 28:02d} 10:00:00" for i in range(n)]
    columns = {"event_time": times, "event_type": ["purchase"] * n, "user_id": ids}
    return read_events(pa.table({**columns, "price": [10.0] * n, **more}))


def customers(events: Events) -> list[str]:
    return [user for (user,) in events.engine.rows("SELECT user_id FROM events ORDER BY ALL")]


def shortened(events: Events) -> int:
    return next(n for rule, _, n in events.cleaning.rules if rule == "shortened_customer")


@pytest.mark.parametrize(
    "ids",
    [
        pa.array([LOST, 2.0**53, 12.0, 2.0**53 - 1]),
        pa.array([2.0**24, 2.0**30, 12.0, 2.0**24 - 1], pa.float32()),
        ["1.2345678901234568e+17", "1.23E+05", "12", "1.23456789012345E+14"],
    ],
    ids=["double", "float", "text"],
)
def test_numbers_that_lost_digits_are_no_customers(ids: pa.Array) -> None:
    events = bought(ids)
    assert shortened(events) == 2
    assert "12" in customers(events)


def test_a_database_of_decimals(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "log.db") as connection:
        connection.execute(
            "CREATE TABLE ecommerce_behavior (event_time, event_type, user_id REAL, price)"
        )
        connection.executemany(
            "INSERT INTO ecommerce_behavior VALUES ('2024-01-05 10:00:01', 'purchase', ?, 1)",
            [(LOST,), (12.0,)],
        )
    connection.close()
    events = read_events(tmp_path / "log.db")
    assert shortened(events) == 1
    assert customers(events) == ["12"]


def test_whole_numbers_of_any_length_are_kept() -> None:
    ids = [12345678901234567, 12345678901234568]
    assert customers(bought(pa.array(ids))) == [str(one) for one in ids]
    # as R writes 100000, and a code
    assert customers(bought(["1e+05", "5E05"])) == ["100000", "5E05"]


@pytest.mark.parametrize(("ids", "odd"), [([12.5, 13.25, 14.0], 2), (["12,50", "v1.5", "a"], 1)])
def test_amounts_taken_for_customers_are_said(ids: list[object], odd: int) -> None:
    [warning] = bought(ids).warnings
    assert warning.startswith(f"{odd} customer")
    assert "is `user_id` an amount?" in warning


def test_numbers_that_a_spreadsheet_has_cut_off_are_said() -> None:
    cut = [f"1234567890123{i}000" for i in range(10, 15)]
    [warning] = bought(cut).warnings
    assert warning.startswith("5 ids of customers have more than 15 digits, and all end in 0")
    assert bought([*cut, "12345678901234567"]).warnings == ()
    [warning] = bought(["a", "b", "c", "d", "e"], order_id=cut).warnings
    assert warning.startswith("5 order numbers lack the last digits, such as '12345678901231")


def test_zeros_that_a_part_of_the_log_lacks_are_said() -> None:
    [warning] = bought(["00042", "42", "43", "007"]).warnings
    assert warning.startswith("1 customer has an id that another has without the zeros")
    assert "'00042' and '42'" in warning


def test_letters_that_were_read_in_a_wrong_encoding_are_said() -> None:
    [warning] = bought(["JÃ¼rgen", "Jürgen", "Zoë", "São Âncora"]).warnings
    assert warning.startswith("1 customer has letters in the id that were once read in a wrong")


def test_an_address_is_the_same_customer_whatever_is_written_around_it() -> None:
    ids = ["ann@x.com", "mailto:ann@x.com", "Ann B <ann@x.com>", "<b>", "#REF!", "#N/A"]
    events = bought(ids)
    assert customers(events) == ["<b>", "ann@x.com", "ann@x.com", "ann@x.com"]


def test_ids_of_visitors_in_analytics_are_no_amounts() -> None:
    amounts = bought([f"{n}.50" for n in range(10, 30)])
    assert any("an id with a fraction" in warning for warning in amounts.warnings)
    visitors = bought([f"{1180384637 + n}.17071234{n}" for n in range(10, 30)])
    assert not any("fraction" in warning for warning in visitors.warnings)
