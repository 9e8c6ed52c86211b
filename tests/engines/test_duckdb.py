"""DuckDB as an engine, and what it does as the embedded one: files, memory, threads."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path

import pytest
from engine_conformance import EngineConformance

from clustomer.engines import DuckDB, parse, quoted
from clustomer.engines import duckdb as embedded
from clustomer.errors import OutputError


class TestDuckDB(EngineConformance):
    @pytest.fixture
    def engine(self) -> Iterator[DuckDB]:
        with DuckDB(threads=2) as opened:
            yield opened


def test_closing_removes_its_folder() -> None:
    engine = DuckDB()
    assert engine.directory.is_dir()
    engine.close()
    assert not engine.directory.exists()


def test_memory_is_bounded_and_the_rest_spills(tmp_path: Path) -> None:
    with DuckDB(directory=tmp_path, memory=80_000_000, threads=1) as engine:
        rows = engine.rows(
            "SELECT COUNT(*) FROM (SELECT MD5(i::VARCHAR) AS m FROM range(2000000) AS t(i) "
            "ORDER BY m)"
        )
        assert rows == [(2_000_000,)]


def test_a_folder_that_cannot_be_written_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="No temporary folder can be made"):
        DuckDB(directory=tmp_path / "missing")


def test_identifiers_are_quoted() -> None:
    assert quoted('x" ; DROP TABLE y; --') == '"x"" ; DROP TABLE y; --"'


def test_a_long_query_leaves_the_output_to_the_program(
    engine: DuckDB, capfd: pytest.CaptureFixture[str]
) -> None:
    engine.execute("SET progress_bar_time = 0")  # every query is a long one

    engine.rows("SELECT COUNT(DISTINCT a.i * b.i) FROM range(2000) a(i), range(400) b(i)")

    assert capfd.readouterr().out == ""


@pytest.mark.parametrize("rows", [10, None])
def test_few_rows_stay_in_memory_and_many_go_to_a_file(tmp_path: Path, rows: int | None) -> None:
    with DuckDB(directory=tmp_path) as engine:
        engine.execute("CREATE TABLE before AS SELECT 1 AS x")
        engine.expect(rows)
        engine.execute("CREATE TABLE kept AS SELECT i AS x FROM range(100000) AS t(i)")
        engine.execute("CHECKPOINT")
        files = list(tmp_path.rglob("*.duckdb"))
        assert bool(files) == (rows is None)
        assert engine.rows("SELECT COUNT(*) FROM kept JOIN before USING (x)") == [(1,)]
        with engine.beside() as other:
            assert other.rows("SELECT COUNT(*) FROM kept JOIN before USING (x)") == [(1,)]
            other.execute("CREATE TABLE theirs AS SELECT 2 AS x")
        engine.expect(10)
        assert engine.rows("SELECT k.x FROM kept AS k JOIN theirs USING (x)") == [(2,)]
    assert list(tmp_path.iterdir()) == []


def test_memory_is_not_taken_from_what_works_beside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def in_use(engine: DuckDB) -> int:
        return int(engine.rows("SELECT SUM(memory_usage_bytes) FROM duckdb_memory()")[0][0])

    monkeypatch.setattr(embedded, "_RELEASED", 15_000_000)
    with DuckDB(directory=tmp_path, memory=300_000_000) as engine:
        engine.expect(None)
        engine.execute("CREATE TABLE kept AS SELECT MD5(i::VARCHAR) AS x FROM range(1500000) t(i)")
        engine.rows("SELECT MAX(x) FROM kept")
        before = in_use(engine)
        assert before > 25_000_000
        with engine.beside():
            engine.release()
            assert in_use(engine) == before
        engine.release()
        assert in_use(engine) <= 15_000_000


def test_what_has_done_its_work_beside_keeps_no_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "_RELEASED", 15_000_000)
    with DuckDB(directory=tmp_path, memory=300_000_000) as engine, engine.beside() as other:
        engine.expect(None)
        engine.execute("CREATE TABLE kept AS SELECT MD5(i::VARCHAR) AS x FROM range(1500000) t(i)")
        engine.rows("SELECT MAX(x) FROM kept")
        other.done()
        engine.release()
        in_use = engine.rows("SELECT SUM(memory_usage_bytes) FROM duckdb_memory()")[0][0]
        assert in_use <= 15_000_000


def test_what_is_under_way_beside_can_be_stopped(engine: DuckDB) -> None:
    begun = threading.Event()

    def count(other: DuckDB) -> None:
        begun.set()
        other.rows("SELECT COUNT(*) FROM range(100000) a(i), range(10000000) b(i) WHERE a.i = -b.i")

    with engine.beside() as other, ThreadPoolExecutor(1) as aside:
        stopped = aside.submit(count, other)
        begun.wait()
        while not stopped.done():
            other.interrupt()
            time.sleep(0.01)
        with pytest.raises((KeyboardInterrupt, engine.errors)):
            stopped.result()
    assert engine.rows("SELECT 1") == [(1,)]


@pytest.mark.parametrize("beside", [False, True])
def test_closing_stops_a_thread_that_nobody_waits_for(tmp_path, beside: bool) -> None:
    begun = threading.Event()
    stopped: list[BaseException] = []

    def count(engine: DuckDB) -> None:
        begun.set()
        try:
            engine.rows("SELECT COUNT(*) FROM range(1000000000) a(i), range(1000000000) b(i)")
        except (KeyboardInterrupt, engine.errors) as error:
            stopped.append(error)

    with DuckDB(directory=tmp_path) as engine:
        with engine.beside() if beside else nullcontext(engine) as used:
            left_alone = threading.Thread(target=count, args=[used], daemon=True)
            left_alone.start()
            begun.wait()
            time.sleep(0.2)
            if not beside:
                used.close()
        left_alone.join()
    assert len(stopped) == 1
    assert list(tmp_path.iterdir()) == []


def test_reading_a_part_where_it_is_used_changes_nothing(engine: DuckDB) -> None:
    engine.execute("CREATE TABLE log AS SELECT i % 7 AS user_id, i AS n FROM range(50000) AS t(i)")
    query = parse(
        "WITH late AS (SELECT user_id, n FROM log WHERE n > 100), "
        "counted AS (SELECT user_id, COUNT(*) AS c FROM late GROUP BY user_id) "
        "SELECT a.c FROM counted AS a JOIN counted AS b ON a.user_id = b.user_id "
        "JOIN late ON late.user_id = a.user_id AND late.n = 49999"
    )
    before = query.sql("duckdb")
    assert engine.query(query).to_pylist() == [{"c": 7129}]
    assert query.sql("duckdb") == before
