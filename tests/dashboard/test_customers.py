"""Customers: a page, a file and a look-up hold what the files of the version hold."""

import csv
import io
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from clustomer.dashboard.customers import PAGE, Customers
from clustomer.errors import InputError


@pytest.fixture(scope="module")
def rows(results: Path) -> list[dict]:
    return pq.read_table(results / "latest" / "segments.parquet").to_pylist()


def test_counts_are_those_of_the_file(customers: Customers, rows: list[dict]) -> None:
    france = [row for row in rows if row["country"] == "France"]
    both = [row for row in rows if row["country"] in ("France", "Spain")]
    assert customers.count({}) == len(rows)
    assert customers.count({"country": ["France"]}) == len(france)
    assert customers.count({"country": ["France", "Spain"]}) == len(both)
    in_first = [row for row in france if row["segment_id"] == "S1"]
    assert customers.count({"country": ["France"], "segment_id": ["S1"]}) == len(in_first)
    [counted] = [
        row
        for row in customers.by_segment({"country": ["France"]}).to_pylist()
        if row["segment_id"] == "S1"
    ]
    assert counted["customers"] == len(in_first)
    assert counted["revenue"] == pytest.approx(sum(row["revenue"] for row in in_first))


def test_pages_together_are_the_download(customers: Customers, rows: list[dict]) -> None:
    chosen = {"country": ["Spain"]}
    number = customers.count(chosen)
    pages = [
        customers.page(chosen, number=page, sort="revenue", descending=True)
        for page in range(1, -(-number // PAGE) + 1)
    ]
    assert [page.num_rows for page in pages[:-1]] == [PAGE] * (len(pages) - 1)
    listed = [row for page in pages for row in page.to_pylist()]
    text = customers.csv(chosen, sort="revenue", descending=True).decode()
    written = list(csv.DictReader(io.StringIO(text)))
    assert [row["user_id"] for row in written] == [row["user_id"] for row in listed]
    assert [float(row["revenue"]) for row in written] == [row["revenue"] for row in listed]
    assert list(written[0]) == list(listed[0])
    wanted = sorted(
        (row for row in rows if row["country"] == "Spain"),
        key=lambda row: (-row["revenue"], row["user_id"]),
    )
    assert [row["user_id"] for row in listed] == [row["user_id"] for row in wanted]


def test_a_customer_is_looked_up_with_events(
    customers: Customers, rows: list[dict], results: Path
) -> None:
    user_id = rows[0]["user_id"]
    parts = customers.customer(user_id)
    assert parts["segments"]["segment_id"] == rows[0]["segment_id"]
    events = customers.events(user_id)
    files = str(results / "latest" / "events" / "*.parquet")
    of_them = "SELECT count(*) FROM read_parquet(?) WHERE user_id = ?"
    with duckdb.connect() as database:
        assert [(events.num_rows,)] == database.execute(of_them, [files, user_id]).fetchall()
    times = events["event_time"].to_pylist()
    assert times == sorted(times, reverse=True)
    assert customers.customer("' OR 1 = 1 --") == {}
    assert customers.like(user_id[:-1])[0] <= user_id
    assert customers.like("%") == []


def test_columns_are_chosen_not_pasted(customers: Customers) -> None:
    with pytest.raises(InputError, match="no column"):
        customers.page({}, number=1, sort='revenue"; DROP VIEW segments; --', descending=True)


def test_nothing_outside_the_version_is_read(customers: Customers, tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("a\n1\n")
    with pytest.raises(duckdb.PermissionException):
        customers._connection.cursor().execute("SELECT * FROM read_csv(?)", [str(secret)])
    with pytest.raises(duckdb.Error):
        customers._connection.execute("SET enable_external_access = true")
