"""Attributes of customers: read whole or refused, and matched to the customers of a run."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from clustomer.customers import read_attributes
from clustomer.errors import InputError
from clustomer.simulate import simulate

CUSTOMERS = pa.table({"user_id": ["1", "2", "30"]})


def write(folder: Path, text: str) -> Path:
    path = folder / "known.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_by_hand(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "country,user_id,my channel\nDE,2,web\n FR ,1.0,\nnull,9,shop\nES,8,shop\n",
    )
    attributes = read_attributes(path, CUSTOMERS)
    assert attributes.table.to_pydict() == {
        "user_id": ["1", "2", "30"],
        "country": ["FR", "DE", None],
        "my channel": [None, "web", None],
    }
    assert attributes.names == ("country", "my channel")
    assert (attributes.customers, attributes.without_events, attributes.without_attributes) == (
        4,
        2,
        1,
    )


def test_the_first_column_is_the_customer_where_none_is_called_so(tmp_path: Path) -> None:
    attributes = read_attributes(write(tmp_path, "who;land\n1;DE\n30;FR\n"), CUSTOMERS)
    assert attributes.table["land"].to_pylist() == ["DE", None, "FR"]


def test_parquet_with_numbers_and_dates(tmp_path: Path) -> None:
    table = pa.table({"user_id": [1.0, 30.0], "level": [2, 3], "vip": [True, None]})
    pq.write_table(table, tmp_path / "known.parquet")
    attributes = read_attributes(tmp_path / "known.parquet", CUSTOMERS)
    assert attributes.table["level"].to_pylist() == ["2", None, "3"]
    assert attributes.table["vip"].to_pylist() == ["true", None, None]


def test_neither_the_order_of_rows_nor_the_format_changes_the_bytes(tmp_path: Path) -> None:
    one = read_attributes(write(tmp_path, "user_id,c\n1,x\n2,y\n"), CUSTOMERS)
    other = read_attributes(pa.table({"user_id": ["2", "1"], "c": ["y", "x"]}), CUSTOMERS)
    assert one.parquet == other.parquet
    assert one.to_json()["sha256"] == other.to_json()["sha256"]


BAD = [
    ("user_id,country\n1,DE\n1.0,FR\n", "more than one row for 1 customer, such as '1'"),
    ("user_id,country\n1,DE\n,FR\n", "1 row without a customer in the column `user_id`"),
    ("user_id,country\n1,DE,x\n2,FR\n", "1 line that cannot be read, such as '1,DE,x'"),
    ("user_id,country\n", "has no rows"),
    ("user_id\n1\n", "one column only"),
    ("", "is empty"),
    ("country,id\nDE,1\nFR,2\n", "None of the 2 customers in the column `country`.*'DE'.*'1'"),
    (
        ",".join(["user_id", *(f"a{i}" for i in range(51))]) + "\n" + ",".join(["1"] * 52) + "\n",
        "has 51 attributes; at most 50",
    ),
]


@pytest.mark.parametrize(("text", "message"), BAD, ids=lambda v: v[:30])
def test_a_bad_file_is_one_message(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_attributes(write(tmp_path, text), CUSTOMERS)


def test_other_sources_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="There is no file"):
        read_attributes(tmp_path / "none.csv", CUSTOMERS)
    with pytest.raises(InputError, match="no column besides `user_id`"):
        read_attributes(pa.table({"user_id": ["1"]}), CUSTOMERS)
    simulate(tmp_path / "shop.db", events=200, random_state=1)
    with pytest.raises(InputError, match="Expected CSV, TSV or Parquet"):
        read_attributes(tmp_path / "shop.db", CUSTOMERS)
