"""What recommendations take: fitting, the contest, and the lists of all customers.

    python benchmarks/recommend_size.py [--events 1000000] [--customers 146000] [--days 7]

The events are those of `clustomer simulate --tastes`, without dirt. Printed for each stage: seconds
on the clock, seconds of processor, and the most memory of the process during it, of which about
200 MB are Python and its libraries. Segmenting the customers comes before and is not counted.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from clustomer import Settings, run
from clustomer.editions.recommending import recommended
from clustomer.simulate import simulate
from clustomer.versions import StoredRun
from size import Measured, peak


def main() -> None:
    """Simulate the events, segment their customers, and recommend."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--customers", type=int, default=146_000)
    parser.add_argument("--days", type=int, default=7)
    parser.add_argument("--results", type=Path, help="where they are kept, or are already")
    parser.add_argument("--way", help="make the lists this way, whichever wins")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        results = given.results or Path(folder) / "results"
        if not results.exists():
            log = Path(folder) / "events.parquet"
            simulate(
                log,
                events=given.events,
                customers=given.customers,
                days=given.days,
                tastes=True,
                dirt=0,
            )
            settings = Settings(certificates=False, k=4, facets=("value",))
            run(log, results, settings=settings)
        stored = StoredRun.open(results)
        assert stored.segmentation.k
        assert stored.segments.num_rows
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
        print(f"before | | | {peak():,.0f} MB")
        clock, processor = time.perf_counter(), time.process_time()
        made = recommended(stored, top=10, way=given.way, progress=Measured())
        clock, processor = time.perf_counter() - clock, time.process_time() - processor
        print(f"| all | {clock:,.1f} s | {processor:,.1f} s | |")
        rows = stored.results.manifest["rows"]["kept"]
        print(f"{rows:,} events, {stored.segments.num_rows:,} customers")
        print(f"{made.way} for the {made.target}, {made.table.num_rows:,} rows of lists")


if __name__ == "__main__":
    sys.exit(main())
