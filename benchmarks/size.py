"""Time and memory of every stage of a run over very many events.

    python benchmarks/size.py --millions 30 [--memory 4GB] [--events FILE]

The events are those of `clustomer simulate`, to Parquet, without dirt. Printed for each stage,
as soon as it is over: seconds on the clock, seconds of processor, and the most memory that the
process had during it, of which about 200 MB are Python and its libraries.
"""

import argparse
import faulthandler
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from clustomer import Settings, run
from clustomer.progress import Progress, Stage
from clustomer.simulate import simulate

_RESET_PEAK = "5"


class Measured(Progress):
    """Prints what each stage took."""

    @contextmanager
    def stage(
        self, title: str, fraction: Callable[[], float | None] | None = None, *, least: float = 0
    ) -> Iterator[Stage]:
        """Measure a stage."""
        clock, processor = time.perf_counter(), time.process_time()
        Path("/proc/self/clear_refs").write_text(_RESET_PEAK, encoding="ascii")
        with super().stage(title, fraction, least=least) as stage:
            yield stage
        clock, processor = time.perf_counter() - clock, time.process_time() - processor
        print(
            f"| {title.split(' (')[0]} | {clock:,.1f} s | {processor:,.1f} s | {peak():,.0f} MB |",
            flush=True,
        )


def peak() -> float:
    """Return the most memory that this process had since the last stage began, in MB."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    kilobytes = next(line.split()[1] for line in lines if line.startswith("VmHWM"))
    return int(kilobytes) * 1024 / 10**6


def main() -> None:
    """Simulate the events where there are none yet, and segment their customers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--millions", type=int, required=True)
    parser.add_argument("--memory", default="4GB")
    parser.add_argument("--events", type=Path, help="where they are kept, or are already")
    given = parser.parse_args()
    faulthandler.enable()
    with tempfile.TemporaryDirectory() as folder:
        path = given.events or Path(folder) / "events.parquet"
        if not path.exists():
            simulate(path, events=given.millions * 10**6, dirt=0)
        begin = time.perf_counter(), time.process_time()
        made = run(
            path,
            Path(folder) / "results",
            settings=Settings(memory=given.memory),
            progress=Measured(),
        )
        clock, processor = time.perf_counter() - begin[0], time.process_time() - begin[1]
        print(f"| all | {clock:,.1f} s | {processor:,.1f} s | |")
        print(f"{made.events.cleaning.rows:,} rows, {made.customers.table.num_rows:,} customers")


if __name__ == "__main__":
    sys.exit(main())
