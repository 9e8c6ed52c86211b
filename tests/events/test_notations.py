"""How the notation of a column's times is decided, and what cannot be."""

from datetime import UTC, date, datetime
from datetime import time as clock
from decimal import Decimal

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clustomer.errors import InputError
from clustomer.events import Events, EventSchema, describe_source, log, read_events

FIRST = datetime(2024, 1, 5, 9)
LAST = datetime(2024, 4, 10, 9)


def read(values: object, **schema: object) -> Events:
    table = pa.table({"at": values, "who": ["1"] * len(values)})  # type: ignore[arg-type]
    columns = {"event_time": "at", "user_id": "who"}
    made = {"name": "t", "columns": columns, **schema}
    return read_events(table, schema=EventSchema.model_validate(made))


def times(values: object, **schema: object) -> list[datetime]:
    return sorted(read(values, **schema).to_arrow()["event_time"].to_pylist())


@pytest.mark.parametrize(
    "values",
    [
        [1704445200, 1712739600],
        [1704445200_000, 1712739600_000],
        [1704445200_000_000, 1712739600_000_000],
        [1704445200_000_000_000, 1712739600_000_000_000],
        [20240105090000, 20240410090000],
        [202401050900, 202404100900],
        [45296.375, 45392.375],
    ],
    ids=["s", "ms", "us", "ns", "yyyymmddhhmmss", "yyyymmddhhmm", "excel"],
)
def test_numbers_are_read_in_the_notation_that_is_plausible(values: list[float]) -> None:
    assert times(values) == [FIRST, LAST]
    assert times([str(value) for value in values]) == [FIRST, LAST]


@pytest.mark.parametrize("values", [[20240105, 20240410], [45296, 45392]])
def test_numbers_that_are_dates(values: list[int]) -> None:
    days = [datetime(2024, 1, 5), datetime(2024, 4, 10)]
    assert times(values) == days
    assert times([str(value) for value in values]) == days
    assert times(pa.array([float(value) for value in values])) == days
    assert times([f"{value}.0" for value in values]) == days


def test_ticks_of_windows_are_no_nanoseconds() -> None:
    ticks, file_times = 621_355_968_000_000_000, 116_444_736_000_000_000
    seconds = [1704445200, 1712739600]
    for epoch in (ticks, file_times):
        assert times([epoch + 10_000_000 * second for second in seconds]) == [FIRST, LAST]


def test_seconds_since_2001_are_not_taken_for_those_of_1993() -> None:
    cocoa = [second - 978_307_200 for second in (1704445200, 1712739600)]
    with pytest.raises(InputError, match="no times that a shop can have had"):
        times(cocoa)


def test_further_ways_to_write_a_time() -> None:
    texts = [
        "2024-01-05T10:00:00+01:00[Europe/Berlin]",
        "2024-01-05-09.00.00.000000",
        "2024. 1. 5. 오전 9:00:00",
        "5 января 2024 г., 09:00",
        "5 Ocak 2024 09:00",
        "5. tammikuuta 2024 9.00",
        "5 de enero de 2024 09:00 hs.",
    ]
    assert times(texts) == [FIRST] * len(texts)
    assert times(["/Date(1704445200000)/", "/Date(1712739600000+0200)/"]) == [FIRST, LAST]
    assert times(["13/01/2024 09:00 π.μ.", "13.01.2024 - 10:00 Uhr".replace(".", "/")]) == [
        datetime(2024, 1, 13, 9),
        datetime(2024, 1, 13, 10),
    ]


def test_numbers_that_are_no_times_are_refused_by_name() -> None:
    with pytest.raises(InputError, match=r"`at`.*numbers from 1 to 12.*time_from"):
        read([1, 12])


@pytest.mark.parametrize(
    ("texts", "notation"),
    [
        (["05/01/2024 09:00", "13/04/2024 10:00"], "day first (%d/%m/%Y)"),
        (["5/1/2024 9:00", "13/4/2024 10:00"], "day first (%d/%m/%Y)"),
        (["1/5/2024 9:00", "4/13/2024 10:00:00"], "month first (%m/%d/%Y)"),
        (["1-5-2024 9:00 AM", "4-13-2024 10:00 AM"], "month first (%m-%d-%Y)"),
        (["5.1.24 9:00", "13.4.24 10:00", "14.4.24"], "day first (%d.%m.%y)"),
        (["1/5/24 9:00", "4/13/24 10:00", "4/14/24"], "month first (%m/%d/%y)"),
        (["24-01-05 9:00", "24-04-13 10:00", "24-04-14"], "year first (%y-%m-%d)"),
        (["5 Jan 2024 9:00 am", "13 April 2024 10:00"], "day, name of the month, year"),
        (["5. Januar 2024 9:00", "13. April 2024 10:00"], "day, name of the month, year"),
        (["05-JAN-24 09:00", "13-APR-24 10:00"], "day, name of the month, year of two digits"),
        (["Jan 5, 2024 9:00", "Apr 13, 2024, 10:00"], "name of the month, day, year"),
        (["2024/1/5 9:00", "2024/4/13 10:00"], "year-month-day"),
        (["2024.01.05 9:00", "2024.04.13 10:00"], "year-month-day"),
        (["2024年1月5日 9:00", "2024年4月13日 10:00"], "year-month-day"),
        (["2024. 1. 5. 9:00", "2024. 4. 13. 10:00"], "year-month-day"),
        (["5.1.2024 9.00", "13.4.2024 10.00.00"], "day first (%d.%m.%Y)"),
        (["05-JAN-24 09.00.00.000000 AM", "13-APR-24 10.00.00 AM"], "of two digits"),
        (["5.1.2024 um 9:00 Uhr", "13.4.2024, 10:00 Uhr"], "day first (%d.%m.%Y)"),
        (["05/01/2024 à 9h00", "13/04/2024 à 10h00"], "day first (%d/%m/%Y)"),
        (["January 5, 2024 at 9:00 AM", "April 13, 2024 at 10:00 AM"], "name of the month, day"),
        (["45296,375", "45395,416666667"], "days as Excel counts them"),
        (["1704445200,0", "1713002400,0"], "unix seconds"),
        (["20240105T090000Z", "20240413T1000"], "yyyymmdd with a time after T"),
    ],
)
def test_texts_are_read_in_the_notation_that_all_values_fit(
    texts: list[str], notation: str
) -> None:
    events = read(texts)
    result = sorted(events.to_arrow()["event_time"].to_pylist())
    assert result[:2] == [FIRST, datetime(2024, 4, 13, 10)] or result[1:] == [
        datetime(2024, 4, 13, 10),
        datetime(2024, 4, 14),
    ]
    assert result[0] == FIRST
    assert notation in events.readings.time.notation
    assert notation in events.readings.time.sentence


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1/13/2024 12:00 AM", datetime(2024, 1, 13, 0)),
        ("1/13/2024 12:30 p.m.", datetime(2024, 1, 13, 12, 30)),
        ("1/13/2024 1:15:07 PM", datetime(2024, 1, 13, 13, 15, 7)),
        ("2024-01-13 1:15 PM EST", datetime(2024, 1, 13, 18, 15)),
        ("2024-07-13 10:00 CEST", datetime(2024, 7, 13, 8)),
        ("2024-07-13 10:00 Europe/Berlin", datetime(2024, 7, 13, 8)),
        ("13/Jan/2024:10:00:00 +0100", datetime(2024, 1, 13, 9)),
        ("Sat, 13 Jan 2024 10:00:00 GMT", datetime(2024, 1, 13, 10)),
        ("Sat Jan 13 2024 10:00:00 GMT+0100 (Central European)", datetime(2024, 1, 13, 9)),
        ("Sat Jan 13 10:00:00 UTC 2024", datetime(2024, 1, 13, 10)),
        ("2024-01-13 10:00:00 UTC+2", datetime(2024, 1, 13, 8)),
        ("2024-01-13 10:00:00,250", datetime(2024, 1, 13, 10, 0, 0, 250_000)),
        ("13 mars 2024", datetime(2024, 3, 13)),
        ("13 de março de 2024", datetime(2024, 3, 13)),
    ],
)
def test_clocks_zones_and_names_of_months(text: str, expected: datetime) -> None:
    assert times([text]) == [expected]


@pytest.mark.parametrize("text", ["2024-01-13 10:00 BST", "2024-01-13 13:30 AM", "13 Foo 2024"])
def test_what_means_several_things_or_nothing_is_not_read(text: str) -> None:
    rules = read([text, "2024-01-14 10:00"]).cleaning.rules
    assert ("unreadable_time", "rejected", 1) in rules


def test_what_two_notations_fit_is_asked_with_both_readings() -> None:
    with pytest.raises(InputError) as error:
        read(["1/3/24", "2/3/24", "9/3/24", "12/4/24"])
    for part in (
        "'1/3/24' is 2024-03-01 (day first) or 2024-01-03 (month first)",
        "'12/4/24' is 2024-04-12 (day first) or 2024-12-04 (month first)",
        'time_format = "%d/%m/%y" or time_format = "%m/%d/%y"',
    ):
        assert part in str(error.value)
    assert times(["1/3/24", "12/4/24 8:00"], time_format="%d/%m/%y") == [
        datetime(2024, 3, 1),
        datetime(2024, 4, 12, 8),
    ]
    # a draft can still be written, to say it in
    assert describe_source(pa.table({"event_time": ["1/3/24"], "user_id": ["1"]})).doubts


def test_one_value_decides_for_a_column_that_is_longer_than_the_sample() -> None:
    texts = [f"{day:02d}/0{month}/2023" for month in range(1, 10) for day in range(1, 13)] * 40
    with pytest.raises(InputError, match="none of its values tells"):
        read(texts)
    events = read([*texts, "31/12/2023"])
    assert events.window.cutoff == datetime(2024, 1, 1)
    assert "1 of its values fit no other order" in events.readings.time.sentence
    swapped = [*texts, "12/31/2023"]
    assert read(swapped).readings.time.notation == "month first (%m/%d/%Y)"
    with pytest.raises(InputError, match="1 fit only day first, such as '31/12/2023'; 1 fit only"):
        read([*texts, "31/12/2023", "12/31/2023"])
    assert read([*texts, "31/12/2023", "12/31/2023"], time_format="%d/%m/%Y").cleaning.rejected == 1


def test_several_notations_that_each_say_what_they_are_are_all_read() -> None:
    texts = [
        "2024-01-05 09:00:00",
        "1704445200",
        "5 Jan 2024 09:00",
        "05/01/2024 09:00",
        "31/01/2024",
    ]
    assert times(texts)[:4] == [FIRST] * 4
    formats = ["%d.%m.%Y", "%m/%d/%Y"]
    assert times(["05.01.2024", "1/5/2024"], time_format=formats) == [datetime(2024, 1, 5)] * 2


def test_a_time_in_several_columns() -> None:
    columns = {"event_time": ["date", "time"], "user_id": "who"}
    schema = EventSchema.model_validate({"name": "t", "columns": columns})
    for dates, clocks in (
        (["2024-01-05", "2024-04-10"], ["9:00", "09:00:00"]),
        (["5/1/2024", "10/4/2024"], ["9:00 AM", "9:00"]),
        (pa.array([date(2024, 1, 5), date(2024, 4, 10)]), pa.array([clock(9), clock(9)])),
        (pa.array([datetime(2024, 1, 5), datetime(2024, 4, 10)]), ["9:00", "9:00"]),
    ):
        table = pa.table({"date": dates, "time": clocks, "who": ["1", "2"]})
        given = schema
        if dates[0] == "5/1/2024":
            given = schema.model_copy(update={"time_format": "%d/%m/%Y"})
        rows = read_events(table, schema=given).to_arrow()["event_time"].to_pylist()
        assert sorted(rows) == [FIRST, LAST]
    half = pa.table({"date": ["2024-01-05", None], "time": [None, "9:00"], "who": ["1", "2"]})
    events = read_events(half, schema=schema)
    assert events.to_arrow()["event_time"].to_pylist() == [datetime(2024, 1, 5)]
    assert ("missing_time", "rejected", 1) in events.cleaning.rules


NAIVE = [FIRST, LAST]
AWARE = [moment.replace(tzinfo=UTC) for moment in NAIVE]
SECONDS = [1704445200, 1712739600]


@pytest.mark.parametrize(
    "values",
    [
        *(pa.array(NAIVE, pa.timestamp(unit)) for unit in ("s", "ms", "us", "ns")),
        *(pa.array(AWARE, pa.timestamp(unit, "UTC")) for unit in ("s", "ms", "us", "ns")),
        pa.array(AWARE, pa.timestamp("us", "Asia/Tokyo")),
        pa.array(SECONDS, pa.int64()),
        pa.array(SECONDS, pa.int32()),
        pa.array(SECONDS, pa.uint32()),
        pa.array(SECONDS, pa.uint64()),
        pa.array(SECONDS, pa.float64()),
        pa.array([Decimal(value) for value in SECONDS], pa.decimal128(18, 2)),
        pa.array([Decimal(value) for value in SECONDS], pa.decimal128(38, 0)),
        pa.array([str(moment) for moment in NAIVE], pa.string()),
        pa.array([str(moment) for moment in NAIVE], pa.large_string()),
        pa.array([str(moment) for moment in NAIVE], pa.string_view()),
        pa.array([str(moment) for moment in NAIVE]).dictionary_encode(),
    ],
    ids=lambda values: str(values.type),
)
def test_every_type_of_arrow_that_can_be_a_time_is_read(values: pa.Array) -> None:
    assert times(values) == [FIRST, LAST]


@pytest.mark.parametrize("kind", [pa.date32(), pa.date64()], ids=str)
def test_dates(kind: pa.DataType) -> None:
    days = [datetime(2024, 1, 5), datetime(2024, 4, 10)]
    assert times(pa.array([day.date() for day in days], kind)) == days


@pytest.mark.parametrize(
    ("values", "name"),
    [
        (pa.array([clock(9)]), "TIME"),
        (pa.array([clock(9)], pa.time32("s")), "TIME"),
        (pa.array([[1]]), r"BIGINT\[\]"),
        (pa.array([[1]], pa.list_view(pa.int64())), r"BIGINT\[\]"),
        (pa.array([b"1"]), "BLOB"),
        (pa.array([b"1"], pa.binary(1)), "BLOB"),
        (pa.array([True]), "BOOLEAN"),
        (pa.array([1], pa.duration("s")), "INTERVAL"),
        (pa.array([{"a": 1}]), "STRUCT"),
    ],
    ids=lambda value: str(getattr(value, "type", value)),
)
def test_other_types_are_refused_by_name(values: pa.Array, name: str) -> None:
    with pytest.raises(InputError, match=f"is of type {name}"):
        read(values)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("TIMESTAMP_S", "'2024-01-05 09:00'"),
        ("TIMESTAMP_MS", "'2024-01-05 09:00'"),
        ("TIMESTAMP_NS", "'2024-01-05 09:00'"),
        ("TIMESTAMPTZ", "'2024-01-05 09:00+00'"),
        ("DATE", "'2024-01-05'"),
        ("VARCHAR", "'2024-01-05 09:00'"),
        ("ENUM ('2024-01-05 09:00')", "'2024-01-05 09:00'"),
        ("HUGEINT", "1704445200000000000"),
        ("UHUGEINT", "1704445200"),
        ("UINTEGER", "1704445200"),
        ("DECIMAL(12, 1)", "1704445200.0"),
        ("FLOAT", "45296.375"),
    ],
)
def test_every_type_of_duckdb_that_can_be_a_time_is_read(tmp_path, kind: str, value: str) -> None:
    path = tmp_path / "t.duckdb"
    with duckdb.connect(str(path)) as made:
        made.execute(f"CREATE TABLE log (event_time {kind}, user_id INTEGER)")
        made.execute(f"INSERT INTO log VALUES ({value}, 1), (NULL, 2)")
    events = read_events(path, table="log")
    expected = datetime(2024, 1, 5) if kind == "DATE" else FIRST
    assert events.to_arrow()["event_time"].to_pylist() == [expected]
    assert ("missing_time", "rejected", 1) in events.cleaning.rules


@pytest.mark.parametrize("kind", ["TIME", "TIMETZ", "INTERVAL", "UUID", "BIT", "BLOB"])
def test_the_other_types_of_duckdb_are_refused_by_name(tmp_path, kind: str) -> None:
    path = tmp_path / "t.duckdb"
    with duckdb.connect(str(path)) as made:
        made.execute(f"CREATE TABLE log (event_time {kind}, user_id INTEGER)")
        made.execute("INSERT INTO log VALUES (NULL, 1)")
    with pytest.raises(InputError, match="which cannot be a time"):
        read_events(path, table="log")


@pytest.mark.parametrize(
    "never",
    [
        "9999-12-31",
        "1970-01-01",
        "1970-01-01 00:00:00",
        "0001-01-01",
        "44-03-15 (BC)",
        "2200-01-01",
    ],
)
def test_times_that_mean_never_or_unknown_are_counted(never: str) -> None:
    texts = [f"2024-01-{day:02d} 10:00:00" for day in range(1, 21)]
    events = read([*texts, never, never])
    rejected = {rule: rows for rule, action, rows in events.cleaning.rules if action == "rejected"}
    assert rejected["implausible_time"] + rejected["unreadable_time"] == 2
    assert events.window.days < 20


def test_typed_times_pass_the_same_gate() -> None:
    moments = [datetime(2024, 1, 5), datetime(1970, 1, 1), datetime(9999, 12, 31)]
    events = read(pa.array(moments, pa.timestamp("us")))
    assert ("implausible_time", "rejected", 2) in events.cleaning.rules
    old = read(pa.array([datetime(1985, 1, 1)], pa.timestamp("us")), time_from="1980-01-01")
    assert old.cleaning.kept == 1


def test_the_clock_stops_a_run_and_changes_none(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [f"2031-01-{day:02d}" for day in range(1, 29)]
    monkeypatch.setattr(log, "latest_by_the_clock", lambda: datetime(2028, 1, 1))
    with pytest.raises(InputError, match=r"28 rows .* after the end of next year.*time_to"):
        read(texts)
    monkeypatch.setattr(log, "latest_by_the_clock", lambda: datetime(2033, 1, 1))
    assert read(texts).cleaning.kept == 28
    monkeypatch.setattr(log, "latest_by_the_clock", lambda: datetime(2028, 1, 1))
    assert read(texts, time_to="2040-01-01").cleaning.kept == 28


WAYS = {
    "iso": "%Y-%m-%d %H:%M:%S",
    "iso with T": "%Y-%m-%dT%H:%M:%SZ",
    "day first": "%d/%m/%Y %H:%M:%S",
    "month first": "%m/%d/%Y %H:%M:%S",
    "day first, dots": "%d.%m.%Y %H:%M:%S",
    "two digits": "%d-%m-%y %H:%M:%S",
    "month first, two digits, 12 hours": "%m/%d/%y %I:%M:%S %p",
    "names": "%d %b %Y %H:%M:%S",
    "American names": "%B %d, %Y %I:%M:%S %p",
    "mail": "%a, %d %b %Y %H:%M:%S +0000",
    "compact": "%Y%m%d%H%M%S",
    "unix": "%s",
}


def written(moment: datetime, way: str) -> str:
    if way == "unix":
        return str(int(moment.replace(tzinfo=UTC).timestamp()))
    return moment.strftime(WAYS[way])


MOMENTS = st.datetimes(datetime(1991, 1, 1), datetime(2025, 12, 31, 23)).map(
    lambda moment: moment.replace(microsecond=0)
)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(MOMENTS, st.integers(0, 2)), min_size=1, max_size=12),
    st.lists(st.sampled_from(sorted(WAYS)), min_size=1, max_size=3),
)
def test_any_mixture_of_notations_gives_the_same_times_or_an_error(
    moments: list[tuple[datetime, int]], ways: list[str]
) -> None:
    texts = [written(moment, ways[which % len(ways)]) for moment, which in moments]
    try:
        # far years apart would be set aside as isolated
        events = read([*texts])
    except InputError:
        return
    read_back = events.to_arrow()["event_time"].to_pylist()
    kept = {moment for moment, _ in moments}
    assert set(read_back) <= kept
    assert events.cleaning.rejected == len(texts) - len(read_back)
