"""SQLite as it is found: damaged, with bytes that are no text, written to meanwhile."""

import random
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from clustomer.engines import DuckDB
from clustomer.errors import InputError
from clustomer.events import describe_source, read_events
from clustomer.events.sources import open_source


def database(path: Path, rows: int = 500) -> Path:
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA page_size = 512")
        connection.execute(
            "CREATE TABLE ecommerce_behavior (event_time, event_type, price, user_id, brand)"
        )
        connection.executemany(
            "INSERT INTO ecommerce_behavior VALUES (?, 'view', ?, ?, ?)",
            [
                (f"2024-01-{1 + i % 28:02d} 10:00:{i % 60:02d}", i / 4, f"u{i % 50}", f"b{i}")
                for i in range(rows)
            ],
        )
    connection.close()
    return path


@pytest.mark.parametrize("value", [b"\xff\xfe\x00", "CAST(x'41ff42' AS TEXT)"])
def test_a_value_that_is_no_text_costs_its_own_row(tmp_path: Path, value: bytes | str) -> None:
    path = database(tmp_path / "shop.db")
    with sqlite3.connect(path) as connection:
        sql = "?" if isinstance(value, bytes) else value
        parameters = [value] if isinstance(value, bytes) else []
        connection.execute(
            f"UPDATE ecommerce_behavior SET brand = {sql} WHERE rowid = 77", parameters
        )
    connection.close()
    events = read_events(path)
    assert ("broken_line", "rejected", 1) in events.cleaning.rules
    assert (events.cleaning.rows, events.cleaning.kept) == (500, 499)
    [(line,)] = events.engine.rows("SELECT line FROM rejected WHERE rule = 'broken_line'")
    assert "\\xFF" in line
    assert describe_source(path).schema.columns["user_id"] == "user_id"


def test_whatever_is_damaged_gives_a_message_or_every_row(tmp_path: Path) -> None:
    intact = database(tmp_path / "intact.db", 120).read_bytes()
    damaged = tmp_path / "damaged.db"
    chance = random.Random(0)
    outcomes = {"message": 0, "read": 0}
    with DuckDB(threads=1) as engine:
        for _ in range(100):
            content = bytearray(intact)
            for _ in range(chance.choice((1, 4, 40))):
                at = chance.randrange(100, len(content))
                content[at] = chance.randrange(256)
            if chance.random() < 0.1:
                content = content[: chance.randrange(600, len(content))]
            damaged.write_bytes(content)
            try:
                cleaning = read_events(damaged, engine=engine).cleaning
            except InputError:
                outcomes["message"] += 1
            else:
                outcomes["read"] += 1
                assert cleaning.kept + cleaning.rejected == cleaning.rows
    assert min(outcomes.values()) > 8


WRITER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], timeout=30, isolation_level=None)
print("ready", flush=True)
for _ in range(100_000):
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("DELETE FROM ecommerce_behavior WHERE rowid IN "
                       "(SELECT rowid FROM ecommerce_behavior ORDER BY rowid LIMIT 500)")
    connection.execute("INSERT INTO ecommerce_behavior SELECT '2024-01-01 10:00:00', 'view', 1, "
                       "'new', 'b' FROM (SELECT 1 FROM ecommerce_behavior LIMIT 500)")
    connection.execute("COMMIT")
"""


def test_a_table_that_is_written_to_is_read_in_one_state(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("clustomer.events.sources.tables.databases.ROWS_PER_PART", 1_000)
    path = database(tmp_path / "shop.db", 20_000)
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
    connection.close()
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE)
    try:
        assert writer.stdout is not None
        writer.stdout.readline()
        with DuckDB() as engine:
            for _ in range(5):
                source = open_source(engine, path)
                assert source.relation.count("source_rows") == 2
                with source.opened():
                    sql = f"SELECT COUNT(*) FROM {source.relation}"
                    assert (engine.rows(sql)[0][0], source.counted()) == (20_000, 20_000)
    finally:
        writer.kill()
        writer.wait()
        writer.stdout.close()
