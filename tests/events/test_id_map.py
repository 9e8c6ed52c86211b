from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clustomer.errors import InputError
from clustomer.events import EventSchema, read_events, rejected_rows

LOG = pa.table(
    {
        "event_time": [f"2024-01-0{day} 10:00:05" for day in range(1, 6)] + ["never"],
        "event_type": ["view"] * 6,
        "user_id": ["anna@example.com", "cookie-1", "cookie-2", "17850.0", "ben", "cookie-1"],
    }
)
MAP = "id,customer\ncookie-1,anna\nanna@example.com,anna\n17850,anna\nanna,anna\nunseen,zoe\n"


def write(folder: Path, text: str, kind: str = "csv") -> object:
    path = folder / "ids.csv"
    path.write_text(text)
    if kind == "csv":
        return path
    with duckdb.connect() as database:
        table = database.sql(f"FROM read_csv('{path}', all_varchar = true)").to_arrow_table()
    if kind == "parquet":
        pq.write_table(table, folder / "ids.parquet")
        return folder / "ids.parquet"
    return table


@pytest.mark.parametrize("kind", ["csv", "parquet", "arrow"])
def test_several_ids_become_one_customer(tmp_path: Path, kind: str) -> None:
    events = read_events(LOG, id_map=write(tmp_path, MAP, kind))
    assert events.to_arrow()["user_id"].to_pylist() == ["anna"] * 3 + ["ben", "cookie-2"]
    assert ("mapped_customer", "repaired", 3) in events.cleaning.rules
    assert events.cleaning.mapped_ids == 3
    assert (events.cleaning.kept, events.cleaning.rejected) == (5, 1)
    # what is rejected is shown as the source has it
    assert rejected_rows(events)["user_id"].to_pylist() == ["cookie-1"]
    assert "given_id" not in events.to_arrow().column_names


def test_capitals_of_mapped_ids_say_nothing_where_those_of_the_log_do_not(tmp_path: Path) -> None:
    columns = {"event_time": "event_time", "event_type": "event_type", "user_id": "user_id"}
    schema = EventSchema(
        name="x", columns=columns, event_types={"view": "view"}, ids_ignore_case=True
    )
    ids = write(tmp_path, "id,customer\nAnna@Example.com,Anna\nanna@example.com,Anna\n")
    events = read_events(LOG, schema=schema, id_map=ids)
    users = events.to_arrow()["user_id"].to_pylist()
    assert users == ["17850", "anna", "ben", "cookie-1", "cookie-2"]


def test_without_a_map_nothing_is_mapped() -> None:
    cleaning = read_events(LOG).cleaning
    assert ("mapped_customer", "repaired", 0) in cleaning.rules
    assert cleaning.mapped_ids == 0


def test_what_is_mapped_comes_before_duplicates_and_sessions(tmp_path: Path) -> None:
    log = pa.table(
        {
            "event_time": ["2024-01-01 10:00:05", "2024-01-01 10:00:05", "2024-01-01 10:10:00"],
            "user_id": ["a", "b", "b"],
            "user_session": ["s", "s", None],
        }
    )
    events = read_events(log, id_map=pa.table({"id": ["a"], "customer": ["b"]}))
    assert ("duplicate_row", "rejected", 1) in events.cleaning.rules
    assert events.to_arrow()["user_session"].to_pylist() == ["s", "s"]


def test_numbers_are_read_as_the_ids_of_events_are() -> None:
    events = read_events(LOG, id_map=pa.table({"id": [17850.0], "customer": [7]}))
    assert "7" in events.to_arrow()["user_id"].to_pylist()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id,who\na,b\n", "no column `customer`"),
        ("id,custmer\na,b\n", "Did you mean `custmer`"),
        ("id,customer\na,b\na,c\n", "gives two customers to 1 of its ids, such as 'a': 'b' and"),
        ("id,customer\na,b\nb,c\n", "has 1 chains, such as 'a' to 'b' to 'c'"),
        ("id,customer\na,b\nb,a\n", "has 2 chains, such as 'a' to 'b' to 'a'"),
        ("id,customer\na,\n", "rows without an id or a customer, such as id 'a', customer None"),
        ("id,customer\nx,y\na,b,c\n", "has 1 lines that cannot be read, such as 'a,b,c'"),
        ("", "is empty"),
    ],
)
def test_a_map_that_makes_no_sense_is_an_error(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_events(LOG, id_map=write(tmp_path, text))


def test_a_map_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="There is no file"):
        read_events(LOG, id_map=tmp_path / "ids.csv")


ids = st.sampled_from(["a", "b", "c", "d", "e'", 'f"', "g\\", "h🙂"])


@settings(max_examples=20, deadline=None)
@given(st.lists(ids, min_size=1, max_size=12), st.dictionaries(ids, st.sampled_from(["X", "Y"])))
def test_a_map_is_the_same_as_mapped_data(users, mapping) -> None:
    times = [f"2024-01-01 10:{minute:02d}:01" for minute in range(len(users))]
    given_log = pa.table({"event_time": times, "user_id": users})
    mapped = pa.table({"event_time": times, "user_id": [mapping.get(user, user) for user in users]})
    id_map = pa.table(
        {
            "id": pa.array(list(mapping), pa.string()),
            "customer": pa.array(list(mapping.values()), pa.string()),
        }
    )
    events = read_events(given_log, id_map=id_map)
    assert events.to_arrow().equals(read_events(mapped).to_arrow())
    touched = [user for user in users if user in mapping]
    assert ("mapped_customer", "repaired", len(touched)) in events.cleaning.rules
    assert events.cleaning.mapped_ids == len(set(touched))
    events.close()


@pytest.mark.parametrize("missing", [None, "", "null"])
def test_a_customer_who_logs_in_is_said_to_count_as_two(missing: str | None) -> None:
    log = pa.table(
        {"event_time": ["2024-01-05 09:00:01", "2024-01-05 09:05:02", "2024-01-06 09:00:03"],
         "event_type": ["view", "purchase", "view"], "customer": [missing, "anna", missing],
         "id": ["v1", "v1", "v2"], "price": ["1", "2", "3"]}
    )  # fmt: skip
    schema = EventSchema(
        name="mine",
        columns={
            "event_time": "event_time",
            "event_type": "event_type",
            "user_id": ("customer", "id"),
            "price": "price",
        },
        event_types={"view": "view", "purchase": "purchase"},
    )
    [warning] = read_events(log, schema=schema).warnings
    assert warning.startswith("1 customer counts as two: `id` has the same id, such as 'v1'")
    ids = pa.table({"id": ["v1"], "customer": ["anna"]})
    joined = read_events(log, schema=schema, id_map=ids)
    assert (joined.totals().customers, joined.warnings) == (2, ())
