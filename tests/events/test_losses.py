"""What is lost is said first: words for nothing, placeholders, losses and sparse edges."""

from datetime import date, datetime
from typing import Any

import pyarrow as pa
import pytest

from clustomer.errors import InputError, UsageError
from clustomer.events import Events, EventSchema, read_events

ROWS = 100


def events_of(changes: dict[str, dict[int, str | None]] | None = None, **options: Any) -> Events:
    """Read a clean log of 100 rows of 25 customers with some values replaced."""
    table: dict[str, list[str | None]] = {
        "event_time": [f"2024-{1 + i % 4:02d}-{1 + i // 4:02d} 10:00:00" for i in range(ROWS)],
        "event_type": ["purchase"] * ROWS,
        "user_id": [f"k{i % 25}" for i in range(ROWS)],
        "price": [f"{5 + i % 7}.50" for i in range(ROWS)],
    }
    for column, values in (changes or {}).items():
        for row, value in values.items():
            table[column][row] = value
    return read_events(pa.table(table), **options)


def counts(events: Events) -> dict[str, int]:
    return {rule: rows for rule, _, rows in events.cleaning.rules if rows}


def test_a_clean_log_has_nothing_to_warn_of() -> None:
    events = events_of()
    assert events.warnings == ()
    assert events.losses.unread == 0
    assert events.readings.to_say == []


def test_most_rows_unread_stops_with_reason_samples_and_remedy() -> None:
    words = {"event_time": {i: f"week {i} of 2024" for i in range(2, 100)}}
    with pytest.raises(InputError) as error:
        events_of(words, accept_losses=0.1)
    for part in (
        "98 of 100 rows (98.0%)",
        "unreadable_time",
        "'week 10 of 2024', 'week 11 of 2024', 'week 12 of 2024'",
        "time_format =",
        "--accept-losses 0.98",
    ):
        assert part in str(error.value)
    events = events_of(words, accept_losses=0.98)
    assert counts(events)["clean"] == 2
    assert "could not be read" in events.warnings[0]
    assert events_of(words).losses.share == 0.98
    one = pa.table({"event_time": ["2024-01-01", "soon"], "user_id": ["1", "2"]})
    assert read_events(one, accept_losses=0.1).losses.share == 0.5
    with pytest.raises(UsageError, match="from 0 to 1"):
        events_of(accept_losses=1.5)


def test_rows_that_name_nobody_are_only_warned_about_with_what_they_are_worth() -> None:
    events = events_of({"user_id": dict.fromkeys(range(30), "NA")}, accept_losses=0.1)
    assert counts(events)["missing_customer"] == 30
    worth = sum(5.5 + i % 7 for i in range(30))
    assert (
        f"30 of 100 rows (30.0%) name no customer, with amounts together of {worth:,.2f}"
        in (events.warnings[0])
    )


def test_another_column_that_may_name_them_is_told() -> None:
    schema = EventSchema(name="t", columns={"event_time": "at", "user_id": "userId"})
    log = pa.table(
        {"at": ["2024-01-01"] * 3, "userId": ["u1", None, None], "anonymousId": ["a", "b", "c"]}
    )
    warning = read_events(log, schema=schema).warnings[0]
    assert warning.startswith("2 of 3 rows (66.7%) name no customer: nothing here is about them.")
    assert 'user_id = ["userId", "anonymousId"]' in warning
    either = EventSchema.model_validate(
        {"name": "t", "columns": {"event_time": "at", "user_id": ["userId", "anonymousId"]}}
    )
    assert read_events(log, schema=either).cleaning.kept == 3


@pytest.mark.parametrize(
    ("usual", "never", "unknown"),
    [
        ("2024-01-{d:02d} 10:00", "9999-12-31", "1900-01-01 00:00:00"),
        ("{d:02d}.01.2024 10:00", "31.12.9999 00:00", "01.01.1900"),
    ],
)
def test_dates_that_mean_never_or_unknown_are_named(usual: str, never: str, unknown: str) -> None:
    days = [usual.format(d=1 + i % 28) for i in range(60)]
    at = [*days, never, unknown, unknown]
    log = pa.table({"event_time": at, "user_id": [f"k{i}" for i in range(len(at))]})
    events = read_events(log)
    assert counts(events)["implausible_time"] == 3
    assert events.warnings == (
        '3 rows have a date that systems write for "never" or "unknown": 1900-01-01 (2), '
        "9999-12-31 (1). What happened then is not known, and left out.",
    )


def test_orders_under_several_ids_are_told() -> None:
    rows = [("guest-7", "o1", 5.0), ("k1", "o1", 6.0), ("k1", "o2", 7.0), ("k2", "o3", 8.0)]
    log = pa.table(
        {
            "event_time": ["2024-01-01", "2024-01-01", "2024-01-02", "2024-01-03"],
            "event_type": ["purchase"] * 4,
            "user_id": [user for user, _, _ in rows],
            "order_id": [order for _, order, _ in rows],
            "price": [price for _, _, price in rows],
        }
    )
    assert read_events(log).warnings == (
        "1 of 3 orders (33.3%) is under the ids of several customers, as 'o1', and counted once "
        "for each. If one customer has several ids, join them with --id-map; if order numbers "
        "begin anew, leave the column out of the schema.",
    )
    assert read_events(log.slice(1)).warnings == ()


WORDS = ("NA", "N/A", "n/a", "#N/A", "(not set)", "undefined", "-", "NULL")


@pytest.mark.parametrize("word", WORDS)
def test_words_for_nothing_are_no_customer(word: str) -> None:
    assert counts(events_of({"user_id": {0: word}}))["missing_customer"] == 1


def test_ids_that_may_stand_for_everyone_are_named_with_the_option() -> None:
    events = events_of({"user_id": {0: "guest", 1: "0", 2: "Guest"}})
    assert events.cleaning.rejected == 0
    assert "--no-customer 0,Guest,guest" in events.warnings[0]
    without = events_of({"user_id": {0: "guest", 1: "0", 2: "Guest"}}, no_customer=("guest", "0"))
    assert counts(without)["missing_customer"] == 3
    assert without.warnings == ()


def test_an_id_with_a_share_that_no_customer_has_is_named() -> None:
    events = events_of({"user_id": dict.fromkeys(range(30, 50), "A-77")})
    assert "'A-77' (20 events, 20.0%)" in events.warnings[0]


def test_a_loss_of_one_month_is_said_whatever_its_share() -> None:
    large = dict.fromkeys(range(2, ROWS, 4), "x")
    months = events_of({"price": large})
    assert "25 of 25 rows of the month 2024-03 are lost" not in str(months.warnings)
    more = [
        {"event_time": f"2023-{1 + i % 9:02d}-11 10:00:00", "event_type": "purchase",
         "user_id": f"k{i % 50}", "price": "x" if 0 < i < 1000 and i % 9 == 4 else "5.50"}
        for i in range(2_000)
    ]  # fmt: skip
    events = read_events(pa.Table.from_pylist(more))
    assert events.losses.share == pytest.approx(0.0555)
    assert any("111 of 222 rows of the month 2023-05 are lost" in w for w in events.warnings)


def test_a_loss_of_names_with_accents_is_said() -> None:
    rows = [
        {"event_time": f"2024-01-{1 + i % 28:02d} 10:00:00", "event_type": "purchase",
         "user_id": f"Zoé{i}" if i % 50 == 0 else f"k{i % 90}",
         "price": "free" if i % 50 == 0 else "5.50"}
        for i in range(2_000)
    ]  # fmt: skip
    warnings = read_events(pa.Table.from_pylist(rows)).warnings
    assert any("40 of 40 rows of customers whose id has letters beyond" in w for w in warnings)


def busy(rows: int, days: int) -> list[str]:
    """Return times that fill some days of September 2024 evenly."""
    return [f"2024-09-{1 + i % days:02d} {i % 24:02d}:00:00" for i in range(rows)]


def window_of(times: list[str], **options: Any) -> Events:
    users = [f"k{i % 40}" for i in range(len(times))]
    return read_events(pa.table({"event_time": times, "user_id": users}), **options)


def test_sparse_edges_do_not_stretch_the_window() -> None:
    early = [f"2024-07-{day:02d} 08:00:00" for day in (2, 20)]
    late = ["2024-11-01 08:00:00"]
    events = window_of([*busy(4_000, 9), *early, *late])
    assert (events.window.first_day, events.window.last_day) == (
        date(2024, 9, 1),
        date(2024, 9, 9),
    )
    assert counts(events)["sparse_edge"] == 3
    assert events.cleaning.used == 4_000
    assert events.cleaning.kept == 4_003
    assert "3 of 4,003 rows lie so far" in events.warnings[0]


def test_edges_that_are_not_sparse_belong_to_the_window() -> None:
    early = ["2024-07-02 08:00:00"] * 60
    assert window_of([*busy(4_000, 9), *early]).window.first_day == date(2024, 7, 2)
    # a quiet beginning that does not stretch the time to the double is no edge
    near = ["2024-08-30 08:00:00"]
    assert window_of([*busy(4_000, 9), *near]).window.first_day == date(2024, 8, 30)


def test_a_window_that_was_asked_for_stays() -> None:
    times = [*busy(4_000, 9), "2024-07-02 08:00:00", "2024-11-01 08:00:00"]
    events = window_of(times, cutoff="2024-12-01")
    assert events.window.cutoff == datetime(2024, 12, 1)
    assert "sparse_edge" not in counts(window_of(times, cutoff="2024-12-01", window="180d"))


def test_the_last_day_of_a_window_is_the_day_before_midnight() -> None:
    events = window_of(["2024-01-01", "2024-01-31"])
    assert events.window.cutoff == datetime(2024, 2, 1)
    assert events.window.last_day == date(2024, 1, 31)


def test_an_address_of_nobody_and_half_of_a_few_customers_are_named() -> None:
    no_reply = events_of({"user_id": {0: "No-Reply@shop.com"}})
    assert "--no-customer No-Reply@shop.com" in " ".join(no_reply.warnings)
    for customers, is_named in ((5, True), (4, False)):
        ids = dict.fromkeys(range(ROWS), "1") | {i: f"k{i}" for i in range(customers - 1)}
        warnings = " ".join(events_of({"user_id": ids}).warnings)
        assert ("--no-customer 1" in warnings) == is_named


@pytest.mark.parametrize("word", ["Gast", "Laufkunde", "invité", "Ospite", "gość"])
def test_words_for_a_guest_in_other_languages_are_named(word: str) -> None:
    events = events_of({"user_id": dict.fromkeys(range(0, ROWS, 5), word)})
    assert f"--no-customer {word}" in " ".join(events.warnings)


@pytest.mark.parametrize(("second", "amount"), [("20", "3.50"), ("20", "9.00"), ("08", "9.00")])
def test_order_numbers_that_begin_anew_are_named(second: str, amount: str) -> None:
    log = pa.table(
        {"event_time": ["2024-01-05 09:00:00", f"2024-01-{second} 09:00:00", "2024-01-21 09:00:00"],
         "event_type": ["purchase"] * 3, "user_id": ["k1", "k1", "k2"],
         "order_id": ["1", "1", "2"], "price": ["3.50", amount, "5.00"]}
    )  # fmt: skip
    warnings = read_events(log).warnings
    apart = [w for w in warnings if w.startswith("1 of 2 orders (50.0%) has purchases a week")]
    assert len(apart) == (second == "20")
