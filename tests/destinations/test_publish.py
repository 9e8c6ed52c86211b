"""The table of segments in each destination: whole, again and again, and never somebody else's."""

import json
import sqlite3
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from clustomer import publish_segments
from clustomer.cli import app
from clustomer.destinations import databases
from clustomer.engines import Postgres
from clustomer.errors import InputError, OutputError, UsageError
from clustomer.pipeline import run
from clustomer.settings import Settings
from clustomer.simulate import simulate
from clustomer.versions import StoredRun


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("published")
    simulate(folder / "shop.parquet", events=2_000, random_state=2)
    settings = Settings(k=2, k_range=(2, 3), certificates=False, facets=("value",))
    run(folder / "shop.parquet", folder / "out", settings=settings)
    return folder / "out"


@pytest.fixture(scope="module")
def rows(results: Path) -> list[tuple[Any, ...]]:
    stored = StoredRun.open(results)
    return [(*row.values(), stored.manifest.version) for row in stored.segments.to_pylist()]


def in_duckdb(path: Path) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(path)) as connection:
        return connection.execute("FROM customer_segments ORDER BY user_id").fetchall()


def in_sqlite(path: Path) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(path)
    try:
        return connection.execute("SELECT * FROM customer_segments ORDER BY user_id").fetchall()
    finally:
        connection.close()


def in_folder(path: Path) -> list[tuple[Any, ...]]:
    table = pq.read_table(path / "customer_segments.parquet")
    return [tuple(row.values()) for row in table.to_pylist()]


def plain(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Return rows with dates as text, as SQLite has them."""
    return [tuple(str(v) if isinstance(v, date) else v for v in row) for row in rows]


@pytest.mark.parametrize(
    ("name", "read"),
    [("a.duckdb", in_duckdb), ("a.db", in_sqlite), ("folder", in_folder)],
)
def test_published_twice_it_is_the_same_table(
    results: Path, rows: list[tuple[Any, ...]], tmp_path: Path, name: str, read: Any
) -> None:
    first = publish_segments(results, tmp_path / name)
    assert first.before is None
    assert plain(read(tmp_path / name)) == plain(rows)
    again = publish_segments(results, tmp_path / name)
    assert again.before == again.rows == len(rows)
    assert plain(read(tmp_path / name)) == plain(rows)


def test_in_postgresql_views_and_rights_stay(
    results: Path, rows: list[tuple[Any, ...]], postgres_server: str
) -> None:
    with Postgres(postgres_server) as server:
        server.rows("CREATE SCHEMA IF NOT EXISTS marketing")
        server.rows("DROP TABLE IF EXISTS marketing.segments CASCADE")
        publish_segments(results, postgres_server, table="marketing.segments")
        server.rows("CREATE VIEW marketing.seen AS SELECT * FROM marketing.segments")
        made = publish_segments(results, postgres_server, table="marketing.segments")
        assert made.before == len(rows)
        assert "password" not in made.destination
        query = 'SELECT * FROM marketing.seen ORDER BY user_id COLLATE "C"'
        assert server.rows(query) == rows


def test_a_table_of_somebody_else_is_left_alone(
    results: Path, rows: list[tuple[Any, ...]], tmp_path: Path, postgres_server: str
) -> None:
    with duckdb.connect(str(tmp_path / "a.duckdb")) as connection:
        connection.execute("CREATE TABLE customer_segments AS SELECT 1 AS theirs")
    connection = sqlite3.connect(tmp_path / "a.db")
    connection.execute("CREATE TABLE customer_segments (theirs)")
    connection.close()
    for name in ("a.duckdb", "a.db"):
        with pytest.raises(OutputError, match="with other columns: theirs"):
            publish_segments(results, tmp_path / name)
    with Postgres(postgres_server) as server:
        server.rows("DROP TABLE IF EXISTS customer_segments")
        server.rows("CREATE TABLE customer_segments (theirs integer)")
        with pytest.raises(OutputError, match="with other columns: theirs"):
            publish_segments(results, postgres_server)
        assert server.rows("SELECT COUNT(theirs) FROM customer_segments") == [(0,)]
        publish_segments(results, postgres_server, overwrite=True)
        assert server.rows("SELECT COUNT(*) FROM customer_segments") == [(len(rows),)]
        server.rows("DROP TABLE customer_segments")
    publish_segments(results, tmp_path / "a.duckdb", overwrite=True)
    assert in_duckdb(tmp_path / "a.duckdb") == rows


def test_after_an_error_the_table_is_as_it_was(
    results: Path, rows: list[tuple[Any, ...]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.db"
    publish_segments(results, path)
    connection = sqlite3.connect(path)
    connection.execute(
        "CREATE TRIGGER full BEFORE INSERT ON customer_segments WHEN NEW.segment_id = 'S2' "
        "BEGIN SELECT RAISE(ABORT, 'no room'); END"
    )
    connection.close()
    monkeypatch.setattr(databases, "_AT_ONCE", 1)
    with pytest.raises(OutputError, match=r"no room.*as it was"):
        publish_segments(results, path)
    assert in_sqlite(path) == plain(rows)


def test_what_is_no_destination_is_refused(results: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"ends in \.xlsx"):
        publish_segments(results, tmp_path / "a.xlsx")
    (tmp_path / "a.db").write_text("not a database, but a text")
    with pytest.raises(UsageError, match="neither a DuckDB nor a SQLite file"):
        publish_segments(results, tmp_path / "a.db")
    with pytest.raises(UsageError, match="Expected a name"):
        publish_segments(results, tmp_path / "b.duckdb", table="a.b.c")
    with pytest.raises(UsageError, match="Expected a bare name"):
        publish_segments(results, tmp_path, table="../a")
    with pytest.raises(InputError, match="no results"):
        publish_segments(tmp_path, tmp_path / "b.duckdb")


def test_the_command(results: Path, rows: list[tuple[Any, ...]], tmp_path: Path) -> None:
    call = ["publish", str(results), str(tmp_path / "a.duckdb"), "--json", "-q"]
    done = CliRunner().invoke(app, call)
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["rows"] == len(rows)
