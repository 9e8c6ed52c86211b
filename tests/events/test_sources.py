import gzip
import json
import sqlite3
from pathlib import Path

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import feather

from clustomer.engines import DuckDB
from clustomer.errors import InputError
from clustomer.events import read_events

HEADER = "event_time,event_type,product_id,brand,price,user_id,user_session"
ROWS = [
    "2024-01-01 10:00:00 UTC,view,p1,acme,10.00,1,s1",
    "2024-01-01 10:00:05 UTC,cart,p1,acme,10.00,1,s1",
    "2024-01-02 11:30:00 UTC,purchase,p1,acme,10.00,1,s2",
    "2024-01-03 09:15:00 UTC,view,p2,,20.00,2,s3",
]


def table() -> pa.Table:
    columns = zip(*(row.split(",") for row in ROWS), strict=True)
    return pa.table(dict(zip(HEADER.split(","), map(list, columns), strict=True)))


def write_sqlite(path: Path, name: str = "ecommerce_behavior") -> Path:
    with sqlite3.connect(path) as connection:
        connection.execute(f"CREATE TABLE {name} ({HEADER})")
        connection.executemany(
            f"INSERT INTO {name} VALUES (?, ?, ?, ?, ?, ?, ?)", [row.split(",") for row in ROWS]
        )
    connection.close()
    return path


def write_text(path: Path, separator: str = ",") -> Path:
    text = "\n".join([HEADER, *ROWS]).replace(",", separator) + "\n"
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode()))
    elif path.suffix == ".zst":
        plain = path.with_suffix("")
        plain.write_text(text)
        duckdb.execute(
            "COPY (FROM read_csv(?, all_varchar = true, nullstr = '-')) "
            f"TO '{path}' (FORMAT csv, COMPRESSION zstd)",
            [str(plain)],
        )
    else:
        path.write_text(text)
    return path


def written(folder: Path, kind: str) -> object:
    if kind == "sqlite":
        return write_sqlite(folder / "shop.db")
    if kind in {"csv", "csv.gz", "csv.zst"}:
        return write_text(folder / f"shop.{kind}")
    if kind == "tsv":
        return write_text(folder / "shop.tsv", "\t")
    if kind == "semicolons":
        return write_text(folder / "shop.csv", ";")
    if kind == "jsonl":
        rows = [json.dumps(row) for row in table().to_pylist()]
        (folder / "shop.jsonl").write_text("\n".join(rows))
        return folder / "shop.jsonl"
    if kind == "duckdb":
        with duckdb.connect(str(folder / "shop.duckdb")) as connection:
            connection.register("log", table())
            connection.execute("CREATE TABLE ecommerce_behavior AS FROM log")
        return folder / "shop.duckdb"
    if kind == "pandas":
        return table().to_pandas()
    if kind == "polars":
        return pl.from_arrow(table())
    if kind == "arrow":
        return table()
    if kind == "stream":
        return table().to_reader()
    (folder / "part").mkdir()
    for index in range(2):
        rows = table().slice(index * 2, 2)
        duckdb.from_arrow(rows).write_parquet(str(folder / "part" / f"{index}.parquet"))
    return {"glob": str(folder / "part" / "*.parquet"), "folder": folder / "part"}[kind]


KINDS = [
    *("sqlite", "duckdb", "jsonl", "csv", "csv.gz", "csv.zst", "tsv", "semicolons"),
    *("pandas", "polars", "arrow", "stream", "glob", "folder"),
]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_source_gives_the_same_events(tmp_path: Path, kind: str) -> None:
    expected = read_events(table()).to_arrow()
    events = read_events(written(tmp_path, kind))
    assert events.to_arrow().equals(expected)
    assert events.cleaning.rows == events.cleaning.kept == 4
    events.close()


def test_native_types_are_understood() -> None:
    frame = pd.DataFrame(
        {
            "event_time": pd.to_datetime(["2024-01-01 10:00", "2024-01-02 12:00"], utc=True),
            "event_type": ["view", "purchase"],
            "price": [1.25, float("nan")],
            "user_id": [17850.0, 17851.0],
            "product_id": [7, 8],
        }
    )
    rows = read_events(frame).to_arrow().to_pylist()
    assert [row["user_id"] for row in rows] == ["17850", "17851"]
    assert [row["product_id"] for row in rows] == ["7", "8"]
    assert [str(row["price"]) for row in rows] == ["1.2500", "None"]


def test_leading_zeros_of_a_customer_stay() -> None:
    rows = read_events(pa.table({"event_time": ["2024-01-01"], "user_id": ["00042"]})).to_arrow()
    assert rows["user_id"].to_pylist() == ["00042"]


def test_a_wrong_table_lists_the_tables(tmp_path: Path) -> None:
    path = write_sqlite(tmp_path / "shop.db", "ecommerce_behaviour")
    with pytest.raises(InputError, match=r"Did you mean `ecommerce_behaviour`\?.*--table"):
        read_events(path)
    assert read_events(path, table="ecommerce_behaviour").cleaning.kept == 4


def test_text_in_a_number_column_of_sqlite_is_a_counted_rejection(tmp_path: Path) -> None:
    path = tmp_path / "shop.db"
    with sqlite3.connect(path) as connection:
        connection.execute(
            "CREATE TABLE ecommerce_behavior (event_time TEXT, event_type TEXT, price REAL, "
            "user_id INTEGER)"
        )
        for index in range(2_000):
            price = "call us" if index % 1_000 == 999 else index / 4
            connection.execute(
                "INSERT INTO ecommerce_behavior VALUES (?, 'view', ?, ?)",
                [f"2024-01-01 10:{index % 60:02d}:{index // 60 % 60:02d}", price, index % 50],
            )
    connection.close()
    cleaning = read_events(path).cleaning
    assert ("unreadable_price", "rejected", 2) in cleaning.rules
    assert cleaning.kept == 1_998


def test_a_sqlite_column_that_begins_with_nulls_is_read(tmp_path: Path) -> None:
    path = tmp_path / "shop.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE ecommerce_behavior (event_time, user_id, brand)")
        rows = [("2024-01-01 10:00:00", 1, None)] * 70_000 + [("2024-01-01 11:00:00", 1, "acme")]
        connection.executemany("INSERT INTO ecommerce_behavior VALUES (?, ?, ?)", rows)
    connection.close()
    events = read_events(path)
    assert events.engine.rows("SELECT DISTINCT brand FROM events WHERE brand IS NOT NULL") == [
        ("acme",)
    ]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("2024-01-04 10:00:00 UTC,view,p1,acme,10.00,520", "too few fields"),
        ("2024-01-04 10:00:00 UTC,view,p1,acme,10.00,5,s9,more", "too many fields"),
        ('2024-01-04 10:00:00 UTC,view,p1,"ac"me,10.00,5,s9', "a broken quote"),
    ],
)
def test_a_broken_line_is_a_counted_rejection(tmp_path: Path, line: str, why: str) -> None:
    path = write_text(tmp_path / "shop.csv")
    path.write_text(path.read_text() + line)
    events = read_events(path)
    assert ("broken_line", "rejected", 1) in events.cleaning.rules, why
    assert (events.cleaning.rows, events.cleaning.kept) == (5, 4)
    assert events.engine.rows("SELECT line FROM rejected") == [(line,)]


def test_text_split_by_spaces(tmp_path: Path) -> None:
    path = tmp_path / "orders.txt"
    path.write_text(
        " customer_id  date number_of_cds  dollar_value\r\n"
        " 00001 19970101  1   11.77\r\n"
        " 00002 19970112  5   77.00\r\n"
        " 00002 19970112\r\n"
    )
    events = read_events(path)
    assert events.schema.name == "transactions"
    assert events.to_arrow()["user_id"].to_pylist() == ["00001", "00002"]
    assert ("broken_line", "rejected", 1) in events.cleaning.rules


def test_what_is_no_source_says_so(tmp_path: Path) -> None:
    (tmp_path / "shop.db").write_bytes(b"something else")
    (tmp_path / "empty.csv").write_bytes(b"")
    (tmp_path / "shop.xls").write_bytes(bytes(range(32)) * 9)
    (tmp_path / "one.csv").write_text("nothing\n1\n")
    (tmp_path / "folder").mkdir()
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 and no more")
    for name, message in [
        ("shop.dbb", "There is no file .*Did you mean `shop.db`"),
        ("shop.db", "not an SQLite or DuckDB database"),
        ("empty.csv", "is empty"),
        ("shop.xls", "of no kind that is known"),
        ("one.csv", "one column only"),
        ("folder", "a folder without files"),
        ("*.parquett", "No file matches"),
        ("broken.parquet", "cannot be read as Parquet"),
    ]:
        with pytest.raises(InputError, match=message):
            read_events(tmp_path / name)
    with pytest.raises(InputError, match="A int is no source"):
        read_events(7)


def part(folder: Path, name: str, header: str, *rows: str) -> None:
    text = "\n".join([header, *rows]) + "\n"
    content = gzip.compress(text.encode()) if name.endswith(".gz") else text.encode()
    (folder / name).write_bytes(content)


def test_several_text_files_are_one_log(tmp_path: Path) -> None:
    part(tmp_path, "a.csv", HEADER, *ROWS[:1])
    part(tmp_path, "b.csv.gz", HEADER, *ROWS[1:3], "broken")
    part(tmp_path, "c.csv", HEADER, *ROWS[3:], "broken, too")
    events = read_events(tmp_path / "*.csv*")
    assert events.to_arrow().equals(read_events(table()).to_arrow())
    assert ("broken_line", "rejected", 2) in events.cleaning.rules
    assert events.cleaning.rows == 6


def test_equal_broken_lines_of_two_files_are_two(tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv"):
        part(tmp_path, name, HEADER, ROWS[0], "broken")
    events = read_events(tmp_path / "*.csv")
    assert ("broken_line", "rejected", 2) in events.cleaning.rules
    assert events.cleaning.rows == 4


def test_broken_lines_count_for_their_own_file_only(tmp_path: Path, engine: DuckDB) -> None:
    part(tmp_path, "a.csv", HEADER, ROWS[0], "broken")
    part(tmp_path, "b.csv", HEADER, ROWS[0])
    assert read_events(tmp_path / "a.csv", engine=engine).cleaning.rejected == 1
    assert read_events(tmp_path / "b.csv", engine=engine).cleaning.rejected == 0


def test_several_json_lines_files_are_one_log(tmp_path: Path) -> None:
    part(tmp_path, "a.jsonl", '{"event_time": "2024-01-01", "user_id": 1}')
    part(tmp_path, "b.jsonl.gz", '{"event_time": "2024-01-02", "user_id": 2, "brand": "b"}')
    assert read_events(tmp_path / "*.jsonl*").to_arrow()["brand"].to_pylist() == [None, "b"]


OTHER_ORDER = {
    "a.csv": "event_time,event_type,user_id,price,brand\n2024-01-05,purchase,k1,10,b\n",
    "b.csv": "price;USER_ID;event_time;event_type\n20;k2;2024-01-20;purchase\n",
}


@pytest.mark.parametrize("kind", ["text", "parquet", "arrow"])
def test_columns_of_several_files_go_by_their_names(tmp_path: Path, kind: str) -> None:
    for name, text in OTHER_ORDER.items():
        path = tmp_path / name
        if kind == "text":
            path.write_text(text)
            continue
        header, row = text.lower().replace(";", ",").splitlines()
        table = pa.table({c: [v] for c, v in zip(header.split(","), row.split(","), strict=True)})
        write = feather.write_feather if kind == "arrow" else pq.write_table
        write(table, path)
    events = read_events(tmp_path)
    rows = events.to_arrow().select(["user_id", "price", "brand"]).to_pylist()
    assert rows == [
        {"user_id": "k1", "price": 10, "brand": "b"},
        {"user_id": "k2", "price": 20, "brand": None},
    ]
    assert "b.csv has no column `brand`, which the other files have" in events.warnings[0]


def test_several_files_that_do_not_fit_together_name_the_first_that_does_not(
    tmp_path: Path,
) -> None:
    part(tmp_path, "a.csv", HEADER, *ROWS)
    part(tmp_path, "b.csv", HEADER.replace("price", "cost"), *ROWS)
    with pytest.raises(InputError, match=r"b.csv has no column `price`, which the other files"):
        read_events(tmp_path / "*.csv")
    part(tmp_path, "b.csv", "sku,stock", "a,1")
    with pytest.raises(InputError, match=r"b.csv has another header line than a.csv"):
        read_events(tmp_path / "*.csv")
    part(tmp_path, "c.jsonl", '{"event_time": "2024-01-01", "user_id": 1}')
    with pytest.raises(
        InputError,
        match=r"3 files of several kinds: .*a.csv is separated text, and .*c.jsonl is JSON",
    ):
        read_events(tmp_path / "*")
    (tmp_path / "d.parquet").touch()
    with pytest.raises(InputError, match=r"d.parquet is empty"):
        read_events(tmp_path / "d.parq*")
    write_sqlite(tmp_path / "e.db")
    write_sqlite(tmp_path / "e.sqlite")
    with pytest.raises(InputError, match=r"holds 2 databases"):
        read_events(tmp_path / "e.*")


def test_columns_that_are_not_known_are_listed(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"`when`, `who`.*clustomer schema"):
        read_events(pa.table({"when": ["2024-01-01"], "who": ["1"]}))


def test_no_rows_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has no rows"):
        read_events(table().slice(0, 0))


def test_all_rows_rejected_says_why() -> None:
    with pytest.raises(
        InputError, match=r"All 2 rows .* rejected: unreadable_time \(.*\) 2, such as"
    ):
        read_events(pa.table({"event_time": ["soon", "later"], "user_id": ["1", "2"]}))
