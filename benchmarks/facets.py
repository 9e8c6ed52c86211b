"""Are planted facets found, and is none called where customers differ by degree?

Draws the worlds of `facet_worlds.py`, looks for facets in each as a run does, and prints for each
draw whether the facet holds, the adjusted Rand index of its segments, and that of a classifier
that was told the kinds of other customers and sees the same shares.

    python benchmarks/facets.py --seeds 3
    python benchmarks/facets.py --only null --seeds 5
    python benchmarks/studies.py --only facets

The last draws five of each, and goes on where it was stopped.

The exit code is 1 where planted kinds are found at less than 0.8 of what the classifier reaches,
on average over the draws of a world, or a null world has a facet. Of rare kinds the agreement
is the lowest Jaccard similarity of a planted kind, which must be 0.9.
"""

import argparse
import sys
import time

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import adjusted_rand_score
from sklearn.model_selection import cross_val_predict

from clustomer.customers import customer_features
from clustomer.engines import parse
from clustomer.events import Events, read_events
from clustomer.facets import RARE, Facet, Facets, FacetSegment, find_facets
from facet_worlds import WORLDS, FacetWorld

SHARE_OF_TOLD = 0.8
RARE_JACCARD = 0.9


def look(world: FacetWorld, seed: int) -> tuple[Facet, float, float, float]:
    """Return the facet, its agreement with the truth, that of a classifier, and the seconds."""
    table, truth = world.draw(seed)
    events = read_events(table)
    try:
        customers = customer_features(events)
        start = time.process_time()
        facets = find_facets(events, customers, facets=[world.facet])
        seconds = time.process_time() - start
        if world.facet == RARE:
            return _rare(facets, truth, seconds)
        [facet] = facets.facets
        if not facet.holds:
            return facet, 0.0, 0.0, seconds
        return facet, *_agreements(events, facets, facet, truth), seconds
    finally:
        events.close()


def _rare(
    facets: Facets, truth: dict[str, int], seconds: float
) -> tuple[Facet, float, float, float]:
    """Return the lowest Jaccard similarity of a planted kind with a rare kind."""
    kinds = [truth[user_id] for user_id in facets.table["user_id"].to_pylist()]
    segments = tuple(
        FacetSegment(kind.segment_id, kind.customers, (), (), 0.0, 0.0)
        for kind in facets.rare_kinds
    )
    facet = Facet(RARE, "", bool(segments), segments=segments)
    planted = [{i for i, kind in enumerate(kinds) if kind == k} for k in set(kinds) - {0}]
    if not segments or not planted:
        return facet, 0.0, 0.0, seconds
    labels = facets.table["rare_segment_id"].to_pylist()
    called = [{i for i, label in enumerate(labels) if label == one.segment_id} for one in segments]
    worst = min(max(len(a & b) / len(a | b) for b in called) for a in planted)
    return facet, worst, RARE_JACCARD / SHARE_OF_TOLD, seconds


def _agreements(
    events: Events, facets: Facets, facet: Facet, truth: dict[str, int]
) -> tuple[float, float]:
    ids = facets.table["user_id"].to_pylist()
    labels = dict(zip(ids, facets.table[f"{facet.name}_segment_id"].to_pylist(), strict=True))
    shares = events.engine.query(parse(facet.sql["customers"])).sort_by("user_id")
    placed = shares["user_id"].to_pylist()
    kinds = np.array([truth[user_id] for user_id in placed])
    placed_in = [labels[user_id] for user_id in placed]
    matrix = np.column_stack([shares[name].to_numpy() for name in shares.column_names[1:]])
    predicted = cross_val_predict(
        HistGradientBoostingClassifier(random_state=0), matrix, kinds, cv=5
    )
    return adjusted_rand_score(kinds, placed_in), adjusted_rand_score(kinds, predicted)


def _dips(facet: Facet) -> str:
    test = facet.test
    if test is None or test.dip is None:
        return "not compared with crowds"
    return f"dip {test.dip:.2f} crowd {test.dip_crowd:.2f} halves {test.agreement:.2f}"


def main() -> int:
    """Print a line for each draw, and return 1 where a bar does not hold."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--only", default="", help="worlds whose name holds one of these")
    parser.add_argument("--seeds", type=int, default=3, help="draws of each")
    parser.add_argument("--first", type=int, default=0, help="the seed of the first draw")
    arguments = parser.parse_args()
    wanted = [part for part in arguments.only.split(",") if part]
    missed = []
    for world in WORLDS:
        if wanted and not any(part in world.name for part in wanted):
            continue
        scores = []
        for seed in range(arguments.first, arguments.first + arguments.seeds):
            facet, agreement, by_told, seconds = look(world, seed)
            scores.append((facet.holds, agreement, by_told))
            why = "" if facet.why is None else facet.why.kind
            gain = facet.test.gain if facet.test is not None else None
            print(
                f"{world.name} {seed}: {facet.view} {len(facet.segments)} segments {why} "
                f"agreement {agreement:.2f} told {by_told:.2f} gain {gain} {_dips(facet)} "
                f"{seconds:.1f} s",
                flush=True,
            )
        held, agreements, told_ones = np.array(scores, dtype=float).T
        if world.kinds > 1:
            well = held.all() and agreements.mean() >= SHARE_OF_TOLD * told_ones.mean()
        else:
            well = not held.any()
        if not well:
            missed.append(world.name)
    print("missed: " + ", ".join(missed) if missed else "every bar holds")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
