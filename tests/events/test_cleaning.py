from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clustomer.events import (
    KEPT,
    REJECTIONS,
    REPAIRS,
    Cleaning,
    read_events,
    rejected_rows,
    write_rejected,
)

GOOD = {
    "event_time": "2024-01-01 10:00:05",
    "event_type": "view",
    "product_id": "p",
    "category_code": "c",
    "brand": "b",
    "price": "1.00",
    "user_id": "1",
    "user_session": "s",
}


def counts(cleaning: Cleaning) -> dict[str, int]:
    return {rule: rows for rule, _, rows in cleaning.rules if rows}


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"event_time": ""}, "missing_time"),
        ({"event_time": None}, "missing_time"),
        ({"event_time": "not a time"}, "unreadable_time"),
        ({"user_id": ""}, "missing_customer"),
        ({"user_id": "NULL"}, "missing_customer"),
        ({"user_id": "nan"}, "missing_customer"),
        ({"event_type": "wishlist"}, "unknown_event_type"),
        ({"event_type": None}, "unknown_event_type"),
        ({"price": "1;5"}, "unreadable_price"),
        ({"price": "-0.01"}, "negative_price"),
    ],
)
def test_a_bad_row_is_rejected_by_its_rule(log, change, rule) -> None:
    events = read_events(log(GOOD, GOOD | {"user_session": "t"}, GOOD | change))
    assert counts(events.cleaning) == {"clean": 2, rule: 1}
    rejected = rejected_rows(events).to_pylist()
    assert [row["rule"] for row in rejected] == [rule]
    for name, value in change.items():
        assert rejected[0][name] in {value, None}


def test_many_rejected_rows_are_written_by_the_engine_as_they_are(log, tmp_path) -> None:
    events = read_events(log(GOOD, GOOD | {"user_id": ""}, GOOD | {"price": "-1", "brand": "é"}))
    write_rejected(events, tmp_path / "rejected.parquet")
    written = pq.read_table(tmp_path / "rejected.parquet")
    assert written.to_pylist() == rejected_rows(events).to_pylist()


def test_a_row_is_rejected_by_the_first_rule_only(log) -> None:
    bad = {"event_time": "", "user_id": "", "price": "-1"}
    assert counts(read_events(log(GOOD, bad)).cleaning) == {"clean": 1, "missing_time": 1}


def test_unknown_event_types_are_listed_with_counts(log) -> None:
    rows = [GOOD | {"event_type": kind} for kind in ("wish", "wish", "scroll", "VIEW")]
    cleaning = read_events(log(GOOD, *rows)).cleaning
    assert cleaning.unknown_event_types == (("wish", 2), ("scroll", 1))


def test_missing_brands_and_categories_are_unknown_and_counted(log) -> None:
    events = read_events(
        log(GOOD, GOOD | {"brand": "", "category_code": "nan", "user_session": "t"})
    )
    assert counts(events.cleaning) == {"clean": 2, "missing_brand": 1, "missing_category": 1}
    assert events.to_arrow()["brand"].to_pylist() == ["b", None]


def test_exact_copies_with_seconds_and_a_session_are_dropped(log) -> None:
    assert counts(read_events(log(GOOD, GOOD, GOOD)).cleaning) == {"clean": 1, "duplicate_row": 2}


def test_copies_without_a_session_may_be_two_events(log) -> None:
    row = {name: value for name, value in GOOD.items() if name != "user_session"}
    result = counts(read_events(log(row, row)).cleaning)
    assert result == {"clean": 1, "possible_duplicate": 1, "missing_session": 2}


def test_copies_at_whole_minutes_may_be_two_events(log) -> None:
    row = GOOD | {"event_time": "2024-01-01 10:00:00"}
    assert counts(read_events(log(row, row)).cleaning) == {"clean": 1, "possible_duplicate": 1}


def test_rows_that_differ_in_one_thing_are_no_copies(log) -> None:
    other = GOOD | {"price": "1.01"}
    assert counts(read_events(log(GOOD, other)).cleaning) == {"clean": 2}


def test_one_row_far_away_does_not_move_the_cutoff(log) -> None:
    rows = [GOOD | {"event_time": f"2024-01-{day:02d} 10:00:05"} for day in range(1, 21)]
    far = GOOD | {"event_time": "2099-01-01 00:00:00"}
    old = GOOD | {"event_time": "1970-01-01 00:00:00"}
    events = read_events(log(*rows, far, old))
    assert counts(events.cleaning) == {"clean": 20, "implausible_time": 2}
    assert events.window.cutoff == datetime(2024, 1, 20, 10, 0, 6)
    assert events.window.start == datetime(2024, 1, 1, 10, 0, 5)


def test_a_pause_of_the_shop_is_plausible(log) -> None:
    days = ["2023-01-01", "2023-01-02", "2023-12-01", "2023-12-02"]
    rows = [GOOD | {"event_time": f"{day} 10:00:05"} for day in days]
    assert counts(read_events(log(*rows)).cleaning) == {"clean": 4}


def test_what_comes_after_the_cutoff_speaks_for_no_earlier_time(log) -> None:
    rows = [GOOD | {"event_time": f"2024-01-{day:02d} 10:00:05"} for day in range(1, 21)]
    stray = GOOD | {"event_time": "2025-06-01 10:00:05"}
    later = [GOOD | {"event_time": f"2025-07-{day:02d} 10:00:05"} for day in range(1, 21)]
    alone = read_events(log(*rows, stray), cutoff="2025-07-01").cleaning
    joined = read_events(log(*rows, stray, *later), cutoff="2025-07-01").cleaning
    assert counts(alone) == {"clean": 20, "implausible_time": 1}
    assert counts(joined) == {"clean": 20, "implausible_time": 1, "outside_window": 20}


def test_rows_outside_the_window_are_kept_and_told_apart(log) -> None:
    rows = [GOOD | {"event_time": f"2024-01-{day:02d} 10:00:05"} for day in range(1, 11)]
    events = read_events(log(*rows), cutoff="2024-01-08", window="3d")
    assert counts(events.cleaning) == {"clean": 3, "outside_window": 7}
    assert events.cleaning.kept == 10
    assert events.cleaning.used == 3


def test_a_log_of_dates_ends_the_day_after(log) -> None:
    rows = [GOOD | {"event_time": day} for day in ("2024-01-01", "2024-01-09")]
    assert read_events(log(*rows)).window.cutoff == datetime(2024, 1, 10)


CDNOW = {"customer_id": "1", "date": "19970101", "number_of_cds": "1", "dollar_value": "5.00"}
LINE = {
    "InvoiceNo": "536365",
    "StockCode": "85123A",
    "Quantity": 6,
    "InvoiceDate": "2010-12-01 08:26:00",
    "UnitPrice": 2.55,
    "CustomerID": 17850.0,
}


def test_each_plain_transaction_is_an_order(log) -> None:
    rows = read_events(log(CDNOW, CDNOW, CDNOW | {"dollar_value": "7.00"})).to_arrow().to_pylist()
    assert len({row["order_id"] for row in rows}) == 3
    assert {row["event_type"] for row in rows} == {"purchase"}


def test_cancellations_are_returns_at_their_own_time(log) -> None:
    cancelled = LINE | {"InvoiceNo": "C5", "Quantity": -2, "InvoiceDate": "2010-12-05 08:26:00"}
    negative = LINE | {"InvoiceNo": "6", "Quantity": -1}
    rows = read_events(log(LINE, cancelled, negative)).to_arrow().to_pylist()
    assert [(row["event_type"], int(row["quantity"])) for row in rows] == [
        ("purchase", 6),
        ("return", 1),
        ("return", 2),
    ]
    assert rows[0]["user_id"] == "17850"


def test_lines_that_are_no_products_are_marked(log) -> None:
    events = read_events(log(LINE, LINE | {"StockCode": "POST"}, LINE | {"StockCode": "post"}))
    assert counts(events.cleaning)["not_a_product"] == 2


def test_an_order_line_of_nothing_is_rejected(log) -> None:
    result = counts(read_events(log(LINE, LINE | {"Quantity": 0})).cleaning)
    assert result["unreadable_quantity"] == 1


def test_every_rule_is_explained_once() -> None:
    rules = [*KEPT, *REPAIRS, *REJECTIONS]
    assert len(rules) == len(set(rules))


values = st.sampled_from(
    ["", None, "1", "-1", "x", "2024-01-01 10:00:05", "2101-01-01", "view", "cart", "nan"]
)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.fixed_dictionaries(dict.fromkeys(GOOD, values)), max_size=12), st.integers(1, 3))
def test_kept_and_rejected_are_the_input_exactly(rows, times) -> None:
    rows = [GOOD, *rows * times]
    events = read_events(pa.table({name: [row[name] for row in rows] for name in GOOD}))
    cleaning = events.cleaning
    assert cleaning.rows == len(rows)
    assert cleaning.kept + cleaning.rejected == cleaning.rows
    assert events.to_arrow().num_rows == cleaning.kept
    rejected = rejected_rows(events)
    assert rejected.num_rows == cleaning.rejected
    by_rule = {r["values"]: r["counts"] for r in pc.value_counts(rejected["rule"]).to_pylist()}
    assert by_rule == {r: n for r, action, n in cleaning.rules if action == "rejected" and n}
    repaired = [n for _, action, n in cleaning.rules if action == "repaired"]
    assert max(repaired) <= cleaning.kept
    events.close()
