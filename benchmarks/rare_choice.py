"""What rare kinds do to the number of segments: chosen with them, and without.

Draws the shop of `facet_worlds.py` with kinds of 3 % and 2 % beside a crowd of one kind, and the
shops without any. Prints for each draw the number of segments, how many of them the crowd is cut
into, and for each kind the Jaccard similarity with the segment that is most like it, before (rare
kinds choose as all others do) and after.

    python benchmarks/rare_choice.py --seeds 5
    python benchmarks/rare_choice.py --only null --seeds 10

The exit code is 1 where, after, a kind is missed (a similarity below 0.75), or a null world has
someone set apart.
"""

import argparse
import sys
import time

import numpy as np

from clustomer.customers import customer_features, split_holdout
from clustomer.events import read_events
from clustomer.facets import RARE, rare_members
from clustomer.segments import RareMembers, Segmentation, segment
from clustomer.thresholds import VALID
from facet_worlds import WORLDS, FacetWorld


def similarities(segmentation: Segmentation, truth: dict[str, int]) -> dict[int, float]:
    """Return for each planted kind the highest Jaccard similarity with a segment."""
    clusters = segmentation.table["cluster"].to_numpy()
    kinds = np.array([truth[one] for one in segmentation.table["user_id"].to_pylist()])
    return {
        kind: max(
            float(
                ((kinds == kind) & (clusters == k)).sum()
                / ((kinds == kind) | (clusters == k)).sum()
            )
            for k in np.unique(clusters)
        )
        for kind in sorted(set(kinds.tolist()) - {0})
    }


def compare(world: FacetWorld, seed: int) -> bool:
    """Print a draw, and return whether all is well."""
    table, truth = world.draw(seed)
    events = read_events(table)
    try:
        customers = customer_features(events)
        holdout = split_holdout(events, customers)
        rare = rare_members(events, customers, holdout, random_state=seed)
        if world.kinds == 1:
            print(f"{world.name} {seed}: {0 if rare is None else rare.count} kinds", flush=True)
            return rare is None
        ways: dict[str, RareMembers | None] = {"before": None, "after": rare}
        for name, members in ways.items():
            start = time.process_time()
            divided = segment(customers, holdout=holdout, random_state=seed, rare=members)
            seconds = time.process_time() - start
            similar = similarities(divided, truth)
            of_crowd = divided.k - sum(value >= VALID for value in similar.values())
            print(
                f"{world.name} {seed} {name}: {divided.k} segments, the crowd in {of_crowd}; "
                + ", ".join(f"kind {kind} {value:.2f}" for kind, value in similar.items())
                + f"; {seconds:.1f} s",
                flush=True,
            )
        return min(similar.values()) >= VALID
    finally:
        events.close()


def main() -> int:
    """Compare draws, and return 1 where one is not well."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--only", default="", help="worlds whose name holds this")
    parser.add_argument("--seeds", type=int, default=5, help="draws of each")
    arguments = parser.parse_args()
    worlds = [world for world in WORLDS if world.facet == RARE and arguments.only in world.name]
    well = [compare(world, seed) for world in worlds for seed in range(arguments.seeds)]
    return 0 if all(well) else 1


if __name__ == "__main__":
    sys.exit(main())
