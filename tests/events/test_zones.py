"""A clock that is not UTC, and nobody named."""

import pyarrow as pa
import pytest

from clustomer.events import EventSchema, read_events


def warnings(*times: object, **options: str) -> tuple[str, ...]:
    schema = EventSchema(
        name="mine",
        columns={"event_time": "at", "user_id": "who", "event_type": "what"},
        event_types={"buy": "purchase"},
    )
    table = pa.table({"at": [*times], "who": ["k1", "k2", "k1"], "what": ["buy"] * 3})
    return read_events(table, schema=schema, **options).warnings  # type: ignore[arg-type]


@pytest.mark.parametrize("ahead", [" -0500", "+02:00", "-05"])
def test_times_of_another_clock_are_said(ahead: str) -> None:
    times = [f"2024-01-0{day} 23:10:05{ahead}" for day in (5, 6, 7)]
    [warning] = warnings(*times)
    assert warning.startswith("`at` was written by a clock that is not UTC, such as '2024-01-05")
    assert "--timezone" in warning
    assert warnings(*times, time_zone="America/New_York") == ()


@pytest.mark.parametrize("ahead", ["", "Z", "+00:00", " -0000", " UTC", "+00"])
def test_times_of_utc_are_not(ahead: str) -> None:
    assert warnings(*(f"2024-01-0{day} 23:10:05{ahead}" for day in (5, 6, 7))) == ()


def test_a_few_times_of_another_clock_are_no_matter() -> None:
    times = ["2024-01-05 23:10:05", "2024-01-06 23:10:05", "2024-01-07 23:10:05 +0100"]
    assert warnings(*times) == ()
