import sqlite3
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from clustomer.engines import DuckDB, Postgres, without_password
from clustomer.errors import InputError, UsageError
from clustomer.events import read_events, read_schema
from clustomer.events.sources.tables.databases import open_sqlite

DATABASES = "clustomer.events.sources.tables.databases"
LOG = pa.table(
    {
        "event_time": ["2024-01-01 10:00:00", "2024-01-01 10:00:05", None],
        "event_type": ["view", "purchase", "view"],
        "price": [1.25, 2.5, 3.0],
        "user_id": [17850, 17850, 3],
        "user_session": ["a", "a", "b"],
    }
)


def write_duckdb(path: Path, *names: str) -> Path:
    with duckdb.connect(str(path)) as connection:
        connection.register("log", LOG)
        connection.execute("CREATE SCHEMA web")
        for name in names:
            connection.execute(f"CREATE TABLE {name} AS FROM log")
        connection.execute(f"CREATE VIEW web.seen AS FROM {names[0]}")
    return path


@pytest.mark.parametrize("name", ["shop.duckdb", "shop.db"])
def test_a_duckdb_file_is_known_by_its_first_bytes(tmp_path: Path, name: str) -> None:
    path = write_duckdb(tmp_path / name, "ecommerce_behavior")
    before = path.read_bytes()
    events = read_events(path)
    assert events.source == f"{name} (table ecommerce_behavior)"
    assert events.to_arrow()["user_id"].to_pylist() == ["17850", "17850"]
    assert (events.cleaning.rows, events.cleaning.kept) == (3, 2)
    events.close()
    assert path.read_bytes() == before
    # nothing holds the file any more
    with duckdb.connect(str(path)) as connection:
        connection.execute("DROP VIEW web.seen")


def test_a_table_of_a_duckdb_file_is_chosen_by_name(tmp_path: Path) -> None:
    path = write_duckdb(tmp_path / "shop.duckdb", "events", "web.events", '"o""dd"')
    assert read_events(path, table="events").source == "shop.duckdb (table events)"
    assert read_events(path, table="web.events").source == "shop.duckdb (table web.events)"
    assert read_events(path, table="seen").cleaning.kept == 2
    assert read_events(path, table='o"dd').cleaning.kept == 2
    with pytest.raises(InputError, match=r"no table `ecommerce_behavior`.*Name it with --table"):
        read_events(path)
    with pytest.raises(InputError, match=r"Did you mean .*`main.events`.*Check --table"):
        read_events(path, table="event")
    with pytest.raises(InputError, match=r"Did you mean `web.events`"):
        read_events(path, table="web.event")


def test_a_damaged_duckdb_file_is_an_input_error(tmp_path: Path) -> None:
    path = write_duckdb(tmp_path / "shop.duckdb", "ecommerce_behavior")
    path.write_bytes(path.read_bytes()[:5_000])
    with pytest.raises(InputError, match="cannot be read as a DuckDB database"):
        read_events(path)


def test_a_table_is_for_databases_only(tmp_path: Path) -> None:
    path = tmp_path / "shop.csv"
    path.write_text("event_time,user_id\n2024-01-01,1\n")
    with pytest.raises(UsageError, match="is no database"):
        read_events(path, table="events")


def create(server: Postgres, sql: str) -> None:
    with server.connection.cursor() as cursor:
        cursor.execute(sql)


def test_a_table_of_postgresql_is_read_as_it_is(postgres: Postgres, postgres_server: str) -> None:
    create(postgres, "DROP SCHEMA IF EXISTS shop CASCADE")
    create(postgres, "CREATE SCHEMA shop")
    create(
        postgres,
        """CREATE TABLE shop."event log" (event_time timestamptz, event_type text, price numeric,
        user_id bigint, brand text, user_session uuid)""",
    )
    create(
        postgres,
        """INSERT INTO shop."event log" VALUES
        ('2024-01-01 10:00:00+02', 'view', 1.10, 7, NULL, gen_random_uuid()),
        ('2024-01-01 10:00:05.25+02', 'purchase', 12345678901.2345, 7, 'é', gen_random_uuid()),
        (NULL, 'view', 1, 7, NULL, NULL),
        ('infinity', 'view', 1, 7, NULL, NULL)""",
    )
    events = read_events(postgres_server, table="shop.event log")
    rows = events.to_arrow().to_pylist()
    assert [str(row["event_time"]) for row in rows] == [
        "2024-01-01 08:00:00",
        "2024-01-01 08:00:05.250000",
    ]
    assert [str(row["price"]) for row in rows] == ["1.1000", "12345678901.2345"]
    assert [row["brand"] for row in rows] == [None, "é"]
    assert {row["user_id"] for row in rows} == {"7"}
    assert ("missing_time", "rejected", 2) in events.cleaning.rules
    assert events.source.endswith("/postgres (table shop.event log)")
    with pytest.raises(InputError, match=r"no table `event_log`. Did you mean `event log`"):
        read_events(postgres_server, table="event_log")


def test_many_rows_and_json_come_from_postgresql(
    postgres: Postgres, postgres_server: str, tmp_path: Path
) -> None:
    create(postgres, "DROP TABLE IF EXISTS clicks")
    create(
        postgres,
        """CREATE TABLE clicks AS SELECT date '2024-01-01' + i % 30 AS at, i % 100 AS who,
        jsonb_build_object('item', jsonb_build_object('sku', 'p' || i % 7)) AS payload
        FROM generate_series(1, 100000) AS i""",
    )
    path = tmp_path / "clicks.toml"
    path.write_text(
        'event_type = "view"\n[columns]\nevent_time = "at"\nuser_id = "who"\n'
        'product_id = "payload.item.sku"\n'
    )
    events = read_events(postgres_server, table="clicks", schema=read_schema(str(path)))
    assert events.cleaning.rows == events.cleaning.kept == 100_000
    assert events.engine.rows(
        "SELECT COUNT(DISTINCT user_id), COUNT(DISTINCT product_id), MIN(event_time) FROM events"
    )[0][:2] == (100, 7)


@pytest.mark.parametrize(
    "uri",
    [
        "postgresql://ann:s3cr3t@127.0.0.1:1/shop",
        "postgresql://ann:s3cr3t/with@and:more@127.0.0.1:1/shop",
        "postgresql://ann:s3cr3t@127.0.0.1:port/shop",
        "postgresql://ann@127.0.0.1:1/shop?password=s3cr3t",
        "postgres://127.0.0.1:1/shop?user=ann&sslpassword=s3cr3t&nonsense=1",
        "postgresql://ann:%73%33cr3t-s3cr3t@127.0.0.1:1/shop",
    ],
)
def test_a_password_is_never_shown(uri: str) -> None:
    assert "s3cr3t" not in without_password(uri)
    with pytest.raises(InputError, match="cannot be read") as caught:
        read_events(uri)
    assert "s3cr3t" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_missing_extra_is_named(monkeypatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "adbc_driver_postgresql", None)
    with pytest.raises(UsageError, match=r"pip install 'clustomer\[postgres\]'"):
        read_events("postgresql://ann@127.0.0.1/shop")


def sqlite_log(path: Path, form: str) -> str:
    """Write 900 rows with holes in their row ids, beyond the first hundred thousand."""
    columns = "event_time TEXT, event_type TEXT, user_id INTEGER, price REAL"
    with sqlite3.connect(path) as connection:
        if form == "its own rowid":
            columns += ", rowid TEXT, _rowid_ TEXT, oid TEXT"
        keyed = form == "no row ids"
        connection.execute(
            f"CREATE TABLE log (id INTEGER PRIMARY KEY, {columns})"
            + (" WITHOUT ROWID" if keyed else "")
        )
        connection.executemany(
            "INSERT INTO log (id, event_time, event_type, user_id, price) VALUES (?, ?, ?, ?, ?)",
            [
                (i * i - 50_000, f"2024-01-{1 + i % 28:02d} 10:00:0{i % 10}", "view", i % 40, i / 8)
                for i in range(900)
            ],
        )
        name = "log"
        if form == "a view":
            connection.execute("CREATE VIEW seen AS SELECT * FROM log")
            name = "seen"
    connection.close()
    return name


@pytest.mark.parametrize("form", ["a table", "a view", "no row ids", "its own rowid"])
def test_a_sqlite_table_is_read_whole_in_one_part_or_two(tmp_path: Path, form, monkeypatch) -> None:
    table = sqlite_log(tmp_path / "log.db", form)
    result = {}
    for rows_per_part in (1, 10**9):
        monkeypatch.setattr(
            "clustomer.events.sources.tables.databases.ROWS_PER_PART", rows_per_part
        )
        events = read_events(tmp_path / "log.db", table=table)
        result[rows_per_part] = events.to_arrow()
        events.close()
    assert result[1].num_rows == 900
    assert result[1].equals(result[10**9])
    with DuckDB() as engine:
        monkeypatch.setattr(f"{DATABASES}.ROWS_PER_PART", 100_000)
        parts = open_sqlite(engine, tmp_path / "log.db", table).relation.count("source_rows")
    assert parts == (2 if form == "a table" else 1)
