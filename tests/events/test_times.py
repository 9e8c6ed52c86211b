from datetime import UTC, date, datetime

import pyarrow as pa
import pytest

from clustomer.errors import UsageError
from clustomer.events import EventSchema, parse_cutoff, parse_length, read_events

MAPPED = {"event_time": "at", "user_id": "who"}


def read(values: object, **schema: str) -> list[datetime]:
    log = pa.table({"at": values, "who": ["1"] * len(values)})  # type: ignore[arg-type]
    events = read_events(log, schema=EventSchema(name="test", columns=MAPPED, **schema))
    return events.to_arrow()["event_time"].to_pylist()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2019-10-01 00:00:07 UTC", datetime(2019, 10, 1, 0, 0, 7)),
        ("2019-10-01 00:00:07", datetime(2019, 10, 1, 0, 0, 7)),
        ("2019-10-01T00:00:07Z", datetime(2019, 10, 1, 0, 0, 7)),
        ("2019-10-01T02:00:07+02:00", datetime(2019, 10, 1, 0, 0, 7)),
        ("2019-10-01 05:30:07+0530", datetime(2019, 10, 1, 0, 0, 7)),
        ("2019-10-01 00:00+02", datetime(2019, 9, 30, 22, 0)),
        ("2019-10-01T00:00:07.250", datetime(2019, 10, 1, 0, 0, 7, 250_000)),
        ("2019-10-01", datetime(2019, 10, 1)),
        ("2019/10/01 08:00", datetime(2019, 10, 1, 8)),
        ("  2019-10-01 00:00:07  ", datetime(2019, 10, 1, 0, 0, 7)),
        ("1569888007", datetime(2019, 10, 1, 0, 0, 7)),
        ("1569888007000", datetime(2019, 10, 1, 0, 0, 7)),
    ],
)
def test_text_in_the_usual_forms(text: str, expected: datetime) -> None:
    assert read([text]) == [expected]


@pytest.mark.parametrize(
    "text", ["infinity", "-infinity", "2019-13-01", "25:00", "yesterday", "9" * 11]
)
def test_what_is_no_time_is_rejected(text: str) -> None:
    log = pa.table({"event_time": [text, "2019-10-01"], "user_id": ["1", "1"]})
    assert ("unreadable_time", "rejected", 1) in read_events(log).cleaning.rules


@pytest.mark.parametrize(
    "values",
    [
        pa.array([1569888007], pa.int64()),
        pa.array([1569888007000], pa.int64()),
        pa.array([1569888007.0], pa.float64()),
        pa.array([datetime(2019, 10, 1, 0, 0, 7)], pa.timestamp("ms")),
        pa.array([datetime(2019, 10, 1, 0, 0, 7, tzinfo=UTC)], pa.timestamp("us", "Asia/Tokyo")),
    ],
)
def test_native_values(values: pa.Array) -> None:
    assert read(values) == [datetime(2019, 10, 1, 0, 0, 7)]


def test_native_dates() -> None:
    assert read(pa.array([date(2019, 10, 1)])) == [datetime(2019, 10, 1)]


def test_the_schema_fixes_a_form() -> None:
    assert read(["19970101"], time_format="%Y%m%d") == [datetime(1997, 1, 1)]
    assert read(["19970101"], time_format="unix_s", time_from="1970-01-01") == [
        datetime(1970, 8, 20, 3, 15, 1)
    ]
    early = {"time_from": "1970-01-01"}
    assert read(["19970101000"], time_format="unix_ms", **early) == [
        datetime(1970, 8, 20, 3, 15, 1)
    ]
    assert read(["31/12/2024 23:00"], time_format="%d/%m/%Y %H:%M") == [datetime(2024, 12, 31, 23)]


def test_times_without_a_zone_are_of_the_schemas_zone() -> None:
    assert read(["2024-07-01 12:00:00", "2024-01-01T12:00:00Z"], time_zone="Europe/Berlin") == [
        datetime(2024, 1, 1, 12),
        datetime(2024, 7, 1, 10),
    ]


def test_the_shops_zone_moves_the_clock_and_not_the_time() -> None:
    log = pa.table({"event_time": ["2024-07-01 23:30:00"], "user_id": ["1"]})
    rows = read_events(log, time_zone="Europe/Berlin").to_arrow().to_pylist()
    assert rows[0]["event_time"] == datetime(2024, 7, 1, 23, 30)
    assert rows[0]["utc_offset_s"] == 7_200


def test_an_unknown_zone_is_a_usage_error() -> None:
    log = pa.table({"event_time": ["2024-07-01"], "user_id": ["1"]})
    with pytest.raises(UsageError, match="Did you mean `Europe/Berlin`"):
        read_events(log, time_zone="Europe/Berln")


def test_a_cutoff_is_midnight_on_the_shops_clock() -> None:
    assert parse_cutoff("2024-07-01", "UTC") == datetime(2024, 7, 1)
    assert parse_cutoff("2024-07-01", "America/New_York") == datetime(2024, 7, 1, 4)
    assert parse_cutoff("2024-07-01T00:00+02:00", "UTC") == datetime(2024, 6, 30, 22)
    with pytest.raises(UsageError, match="is no date"):
        parse_cutoff("next week", "UTC")


def test_a_length_of_time() -> None:
    assert parse_length("12w").days == 84
    assert parse_length("36h").total_seconds() == 36 * 3_600
    for wrong in ("0d", "ninety", "90x", "-3d"):
        with pytest.raises(UsageError, match="no length of time"):
            parse_length(wrong)
