import random

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from clustomer.events import read_events


def sessions(*rows: tuple[str, str | None], user: str = "1") -> list[str]:
    """Return the session of each (time, session) of one customer, by time."""
    shuffled = list(rows)
    random.Random(1).shuffle(shuffled)
    log = pa.table(
        {
            "event_time": [f"2024-01-01 {time}" for time, _ in shuffled],
            "event_type": ["view"] * len(rows),
            "user_id": [user] * len(rows),
            "user_session": pa.array([name for _, name in shuffled], pa.string()),
        }
    )
    return read_events(log).to_arrow()["user_session"].to_pylist()


def test_a_visit_ends_after_thirty_minutes_of_inactivity() -> None:
    first, second, third, fourth = sessions(
        ("10:00:00", None), ("10:30:00", None), ("11:00:01", None), ("11:10:00", None)
    )
    assert first == second
    assert third == fourth
    assert first != third


def test_a_row_without_a_session_continues_the_one_before() -> None:
    assert sessions(("10:00:00", "a"), ("10:10:00", None), ("10:20:00", "b")) == ["a", "a", "b"]


def test_a_row_long_after_begins_a_visit() -> None:
    first, second = sessions(("10:00:00", "a"), ("12:00:00", None))
    assert first == "a"
    assert second != "a"


def test_a_session_is_never_taken_from_a_later_row() -> None:
    first, second = sessions(("10:00:00", None), ("10:01:00", "a"))
    assert first != "a"
    assert second == "a"


def test_given_sessions_stay() -> None:
    rows = [("10:00:00", "a"), ("13:00:00", "a"), ("13:00:01", "b")]
    assert sessions(*rows) == ["a", "a", "b"]


def test_customers_do_not_share_visits() -> None:
    log = pa.table(
        {
            "event_time": ["2024-01-01 10:00:00"] * 2,
            "user_id": ["1", "2"],
        }
    )
    rows = read_events(log).to_arrow()["user_session"].to_pylist()
    assert len(set(rows)) == 2


@settings(max_examples=15, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 200), st.sampled_from([None, "a", "b"])), min_size=1, max_size=12
    ),
    st.integers(0, 220),
)
def test_a_later_event_changes_no_earlier_session(rows, minute) -> None:
    def found(minutes):
        log = pa.table(
            {
                "event_time": [1_700_000_000 + 60 * at for at, _ in minutes],
                "event_type": ["view"] * len(minutes),
                "product_id": [f"{at}{name}" for at, name in minutes],
                "user_id": ["1"] * len(minutes),
                "user_session": pa.array([name for _, name in minutes], pa.string()),
            }
        )
        table = read_events(log).to_arrow()
        pairs = zip(table["product_id"].to_pylist(), table["user_session"].to_pylist(), strict=True)
        return set(pairs)

    before = [row for row in rows if row[0] < minute]
    if before:
        assert found(before) <= found(rows)


def test_rows_at_the_very_time_a_visit_begins_are_all_of_it() -> None:
    # so many that the database sorts them in parts, and ties come in another order each time
    customers = np.repeat(np.arange(2_000), 40)
    seconds = np.repeat(np.tile([0, 86_400], 2_000), 20)
    order = np.random.default_rng(0).permutation(len(customers))
    log = pa.table(
        {
            "event_time": np.datetime64("2024-01-01", "s") + seconds[order],
            "event_type": ["purchase"] * len(order),
            "product_id": order.astype(str),
            "user_id": customers[order].astype(str),
        }
    )
    counted = read_events(log).engine.rows(
        "SELECT COUNT(*) - COUNT(user_session), COUNT(DISTINCT user_session) FROM events"
    )
    assert counted == [(0, 4_000)]
