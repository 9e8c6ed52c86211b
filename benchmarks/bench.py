"""Every figure of docs/benchmarks.md, measured in one run, side by side with the alternative.

    python benchmarks/bench.py [--full] [--only run,table,ten,help]

`--full` lets the notebook method take the silhouette of all customers, too; that alone
takes half an hour or more.
"""

import argparse
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from clustomer.customers import customer_features
from clustomer.engines import DuckDB
from clustomer.events import read_events
from clustomer.simulate import simulate

FOLDER = Path(".bench")
NOTEBOOK = Path(__file__).with_name("notebook.py")
CLUSTOMER = [sys.executable, "-m", "clustomer"]


def measured(command: list[str]) -> tuple[float, float]:
    """Run a command; return its wall seconds and its peak memory in MB."""
    start = time.perf_counter()
    process = os.posix_spawn(
        command[0],
        command,
        os.environ,
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
            (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
        ],
    )
    _, status, usage = os.wait4(process, 0)
    if os.waitstatus_to_exitcode(status):
        raise SystemExit(f"failed: {' '.join(command)}")
    return time.perf_counter() - start, usage.ru_maxrss * 1024 / 1e6


def repeated(command: list[str], times: int) -> tuple[float, float, float, float]:
    """Return the least, the median and the greatest seconds, and the most memory."""
    runs = [measured(command) for _ in range(times)]
    seconds = [run[0] for run in runs]
    return min(seconds), statistics.median(seconds), max(seconds), max(run[1] for run in runs)


def row(what: str, *cells: str) -> None:
    print("| " + " | ".join((what, *cells)) + " |", flush=True)


def seconds(runs: tuple[float, float, float, float]) -> tuple[str, str]:
    least, median, most, memory = runs
    return f"{median:.1f} s ({least:.1f} to {most:.1f})", f"{memory:,.0f} MB"


def bench_run(full: bool) -> None:
    """The whole run against the notebook method, on one day of a million events."""
    log = FOLDER / "day.db"
    if not log.exists():
        simulate(log, events=1_000_000, customers=146_000, days=1, random_state=0)
    print("\n1,000,000 events of 146,000 customers in one day, SQLite\n")
    row("what", "median of 3 (least to most)", "peak memory", "times ours")
    row("---", "---:", "---:", "---:")
    command = [*CLUSTOMER, "run", str(log), "--out", str(FOLDER / "day"), "--quiet"]
    # the notebook tests nothing: beside it stands the run without the tests of the segments
    ours = repeated([*command, "--no-certificates"], 3)
    row("`clustomer run --no-certificates`, with its report and all files", *seconds(ours), "1")
    certified = repeated(command, 3)
    times = f"{certified[1] / ours[1]:.1f}"
    row("`clustomer run`, with certificates", *seconds(certified), times)
    sampled = repeated([sys.executable, str(NOTEBOOK), str(log), "--sample", "10000"], 3)
    times = f"{sampled[1] / ours[1]:.1f}"
    row("notebook, silhouette of 10,000 sampled customers", *seconds(sampled), times)
    if full:
        all_of_them = repeated([sys.executable, str(NOTEBOOK), str(log)], 1)
        times = f"{all_of_them[1] / ours[1]:.0f}"
        row("notebook, silhouette of all customers (one run)", *seconds(all_of_them), times)


def bench_ten() -> None:
    """Ten million events from Parquet."""
    log = FOLDER / "ten.parquet"
    if not log.exists():
        simulate(log, events=10_000_000, dirt=0.0, random_state=0)
    print("\n10,000,000 events of 285,714 customers in 150 days, Parquet\n")
    row("what", "median of 3 (least to most)", "peak memory")
    row("---", "---:", "---:")
    command = [*CLUSTOMER, "run", str(log), "--out", str(FOLDER / "ten"), "--quiet"]
    plain = repeated([*command, "--no-certificates"], 3)
    row("`clustomer run --no-certificates`, with its report and all files", *seconds(plain))
    row("`clustomer run`, with certificates", *seconds(repeated(command, 3)))


def bench_help() -> None:
    """How long the command line takes to say what it can do."""
    print("\nThe command line\n")
    row("what", "median of 5 (least to most)")
    row("---", "---:")
    runs = repeated([*CLUSTOMER, "--help"], 5)
    row("`clustomer --help`", f"{runs[1]:.2f} s ({runs[0]:.2f} to {runs[2]:.2f})")


def bench_table() -> None:
    """The customer table against hand-written queries for the same columns."""
    log = FOLDER / "day.db"
    if not log.exists():
        simulate(log, events=1_000_000, customers=146_000, days=1, random_state=0)
    from handwritten import ONE_PASS, STEPS

    print("\nThe customer table of that day, in DuckDB, events already loaded\n")
    row("what", "median of 5 (least to most)", "times ours")
    row("---", "---:", "---:")
    with DuckDB() as engine:
        events = read_events(log, engine=engine)
        customers = customer_features(events)
        names = ", ".join(customers.table.column_names)

        def hand(sql: str) -> Callable[[], None]:
            return lambda: engine.execute(f"CREATE OR REPLACE TABLE other AS {sql}")

        ours = timed(lambda: engine.create_table("mine", customers.query))
        row("the composed definition", *of_five(ours), "1")
        for what, sql in (("by hand, in steps", STEPS), ("by hand, in one pass", ONE_PASS)):
            theirs = timed(hand(sql))
            row(what, *of_five(theirs), f"{theirs[1] / ours[1]:.2f}")
            differ = engine.rows(
                f"SELECT COUNT(*) FROM (SELECT {names} FROM mine) AS a "
                "FULL JOIN other AS b USING (user_id) WHERE a.events IS DISTINCT FROM b.events "
                "OR ABS(a.revenue - b.revenue) > 1e-6 OR a.products IS DISTINCT FROM b.products "
                "OR a.sessions IS DISTINCT FROM b.sessions OR a.orders IS DISTINCT FROM b.orders "
                "OR ABS(a.category_entropy - b.category_entropy) > 1e-6"
            )[0][0]
            if differ:
                raise SystemExit(f"{what}: {differ} customers differ")


def timed(work: Callable[[], None]) -> tuple[float, float, float]:
    work()
    runs = []
    for _ in range(5):
        start = time.perf_counter()
        work()
        runs.append(time.perf_counter() - start)
    return min(runs), statistics.median(runs), max(runs)


def of_five(runs: tuple[float, float, float]) -> tuple[str]:
    return (f"{runs[1]:.2f} s ({runs[0]:.2f} to {runs[2]:.2f})",)


def machine() -> str:
    packages = ", ".join(f"{name} {version(name)}" for name in ("duckdb", "scikit-learn", "pandas"))
    return (
        f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, "
        f"clustomer {version('clustomer')}, {packages}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--only", default="help,table,run,ten")
    arguments = parser.parse_args()
    FOLDER.mkdir(exist_ok=True)
    print(machine())
    for part in arguments.only.split(","):
        if part == "run":
            bench_run(arguments.full)
        else:
            {"ten": bench_ten, "help": bench_help, "table": bench_table}[part]()


if __name__ == "__main__":
    main()
