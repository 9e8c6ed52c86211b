from pathlib import Path

import pyarrow as pa
import pytest

from clustomer.engines import DuckDB, parse, quoted
from clustomer.errors import OutputError


def test_a_table_can_be_kept_and_read(engine: DuckDB) -> None:
    engine.register("numbers", pa.table({"n": [1, 2, 3]}))
    engine.create_table("kept", parse("SELECT n FROM numbers WHERE n > 1"))
    engine.unregister("numbers")
    assert engine.query(parse("SELECT SUM(n) AS total FROM kept")).to_pylist() == [{"total": 5}]


def test_closing_removes_its_folder() -> None:
    engine = DuckDB()
    assert engine.directory.is_dir()
    engine.close()
    assert not engine.directory.exists()


def test_memory_is_bounded_and_the_rest_spills(tmp_path: Path) -> None:
    with DuckDB(directory=tmp_path, memory="80MB", threads=1) as engine:
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
