"""How much memory a run may take: what was asked for, the machine's half, a container's."""

from pathlib import Path

import pytest
from sqlglot import exp

from clustomer.engines import DuckDB, check_memory, memory_of_engine, memory_of_run
from clustomer.engines.memory import control_group_limits, machine_memory, read_memory
from clustomer.errors import OutputError, UsageError
from clustomer.events import log, read_events
from clustomer.simulate import simulate


@pytest.mark.parametrize(
    ("text", "size"),
    [("4GB", 4 * 10**9), ("4 gb", 4 * 10**9), ("2.5G", 25 * 10**8), ("1GiB", 2**30), ("700", 700)],
)
def test_amounts_are_read(text: str, size: int) -> None:
    assert read_memory(text) == size


@pytest.mark.parametrize("text", ["", "GB", "-4GB", "4 apples", "4iB", "1e9", "4GB8"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="no amount of memory"):
        check_memory(text)


def test_what_nothing_can_be_done_with_is_refused() -> None:
    with pytest.raises(UsageError, match=r"--memory is 300MB.*needs 500 MB"):
        check_memory("300MB")
    check_memory("500MB")
    check_memory(None)


def test_half_of_the_machine_is_taken_and_three_fifths_of_it_by_the_engine() -> None:
    assert memory_of_run() == machine_memory() // 2
    assert memory_of_run("4GB") == 4 * 10**9
    assert memory_of_engine("4GB") == 24 * 10**8


def test_a_container_limits_the_machine(tmp_path: Path) -> None:
    groups, root = tmp_path / "cgroup", tmp_path / "fs"
    (root / "system/shop").mkdir(parents=True)
    (root / "memory.max").write_text("max\n")
    (root / "system/memory.max").write_text("4000000000\n")
    (root / "system/shop/memory.max").write_text("6000000000\n")
    groups.write_text("0::/system/shop\n")
    assert min(control_group_limits(groups, root)) == 4_000_000_000


def test_a_container_of_the_first_version_does_too(tmp_path: Path) -> None:
    groups, root = tmp_path / "cgroup", tmp_path / "fs"
    (root / "memory").mkdir(parents=True)
    (root / "memory/memory.limit_in_bytes").write_text("2000000000\n")
    # the host's path, which is not there inside of the container
    groups.write_text("5:cpu,cpuacct:/docker/1\n4:memory:/docker/1\n0::/\n")
    assert control_group_limits(groups, root) == [2_000_000_000]
    assert control_group_limits(tmp_path / "none", root) == []


@pytest.mark.parametrize("rows", [0, 1_000_000, None, 10_000_000, 100_000_000])
def test_the_engine_keeps_to_its_limit_whatever_comes(rows: int | None) -> None:
    with DuckDB(memory=300_000_000) as engine:
        engine.expect(rows)
        [(limit,)] = engine.rows("SELECT CURRENT_SETTING('memory_limit')")
    size, unit = limit.split()
    assert unit == "MiB"
    assert float(size) * 2**20 <= 300_000_000


def test_too_little_memory_is_said_with_its_figure(tmp_path: Path) -> None:
    with (
        DuckDB(directory=tmp_path, memory=20_000_000, threads=1) as engine,
        pytest.raises(OutputError, match=r"may take 20 MB.*--memory"),
    ):
        engine.rows("SELECT LIST(MD5(i::VARCHAR)) FROM range(3000000) AS t(i)")


def test_too_little_room_is_said_before_the_work() -> None:
    with (
        DuckDB() as engine,
        pytest.raises(OutputError, match=r"at least 50000000\.0 GB of room.*are free.*TMPDIR"),
    ):
        engine.expect(10**15)


def test_what_customers_need_is_left_for_them() -> None:
    rows, customers = 30_000_000, 800_000
    with DuckDB(memory=2_400_000_000, run_memory=2_000_000_000) as engine:
        engine.expect(rows)
        engine.expect_customers(customers, rows)
        [(limit,)] = engine.rows("SELECT CURRENT_SETTING('memory_limit')")
    size, unit = limit.split()
    # 2,000 MB, without 400 MB for the program, 200 MB for simulated shops, and 1,100 bytes for
    # each customer: 520 MB
    assert unit == "MiB"
    assert float(size) * 2**20 == pytest.approx(520_000_000, rel=1e-3)


def test_a_query_may_take_what_customers_do_not_take_yet() -> None:
    limit = exp.select("memory").from_("limits")
    run_memory = 20_000_000_000
    with DuckDB(memory=2_400_000_000, run_memory=run_memory) as engine:
        engine.expect(30_000_000)
        engine.execute("CREATE VIEW limits AS SELECT CURRENT_SETTING('memory_limit') AS memory")
        before = engine.query(limit.copy()).to_pylist()
        # all of it but 260 MB
        engine.expect_customers(17_400_000, 30_000_000)
        raised = engine.query(limit.copy()).to_pylist()
        with engine.beside() as other:
            # two at once share what is free, and the first that ends takes nothing from the other
            other.query(limit.copy())
            [(meanwhile,)] = engine.rows("SELECT CURRENT_SETTING('memory_limit')")
        engine.release()
        [(afterwards,)] = engine.rows("SELECT CURRENT_SETTING('memory_limit')")
    assert before == [{"memory": "1.3 GiB"}]
    assert float(raised[0]["memory"].split()[0]) > 8
    assert raised[0]["memory"].endswith("GiB")
    assert meanwhile.endswith("GiB")
    assert afterwards.endswith("MiB")


def test_too_many_customers_for_the_memory_are_refused_with_the_figure_needed() -> None:
    with DuckDB(memory=600_000_000, run_memory=10**9) as engine:
        engine.require_memory(180_000, 10**8)  # 400 + 198 + 400 MB
        with pytest.raises(OutputError, match=r"500,000 customers need 1\.4 GB.*may take 1\.0 GB.*"
                           r"--memory 1400MB"):  # fmt: skip
            engine.require_memory(500_000, 10**8)
    with DuckDB(memory=600_000_000) as engine:  # only read, not segmented
        engine.require_memory(10**9, 10**9)


def test_a_run_without_the_memory_stops_before_it_reads_and_says_what_it_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "log.parquet"
    simulate(path, events=3_000, customers=1_000, random_state=2)
    monkeypatch.setattr(log, "MANY_ROWS", 1_000)
    with (
        DuckDB(memory=300_000_000, run_memory=400_500_000) as engine,
        pytest.raises(OutputError, match=r"of about \d,?\d+ customers need 402 MB"),
    ):
        read_events(path, engine=engine)
