"""How long does it take to give one customer a segment, from their events alone?

    python benchmarks/score_one.py RESULTS

RESULTS were made of visits, with the events kept. Each of some customers is scored once by a loaded
`Scorer`; wall and processor time of a call, without the first, which plans the definition.
"""

import argparse
import random
import statistics
import time

import pyarrow as pa
import pyarrow.parquet as pq

import clustomer

CUSTOMERS = 300


def main() -> None:
    """Print the times, and how many segments are those of the run."""
    parser = argparse.ArgumentParser()
    parser.add_argument("results")
    stored = clustomer.StoredRun.open(parser.parse_args().results)
    events = pa.concat_tables([pq.read_table(path) for path in stored.event_files])
    events = events.sort_by("user_id")
    ids = events["user_id"].to_pylist()
    begins = [0, *(i for i in range(1, len(ids)) if ids[i] != ids[i - 1]), len(ids)]
    places = list(range(len(begins) - 1))
    random.Random(0).shuffle(places)
    published = dict(
        zip(*(stored.segments[n].to_pylist() for n in ("user_id", "segment_id")), strict=True)
    )
    scorer = clustomer.Scorer.open(stored.path)
    wall, processor, same = [], [], 0
    for place in places[: CUSTOMERS + 1]:
        of_one = events.slice(begins[place], begins[place + 1] - begins[place])
        began, busy = time.perf_counter(), time.process_time()
        answer = scorer.customer(of_one, cutoff=stored.window.cutoff)
        wall.append(time.perf_counter() - began)
        processor.append(time.process_time() - busy)
        same += answer["segment_id"] == published[ids[begins[place]]]
    scorer.close()
    print(f"first call {1000 * wall[0]:.0f} ms; then, of {len(wall) - 1} customers:")
    for name, times in (("wall", wall[1:]), ("processor", processor[1:])):
        ordered = sorted(times)
        high = ordered[int(0.95 * len(ordered))]
        print(
            f"{name:10} median {1000 * statistics.median(times):.1f} ms, 95 % {1000 * high:.1f} ms"
        )
    print(f"{same:,} of {len(wall):,} segments are those of the run")


if __name__ == "__main__":
    main()
