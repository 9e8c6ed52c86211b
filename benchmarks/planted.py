"""Are planted segments found, and is nothing found where nothing was planted?

Draws the worlds of `worlds.py`, segments each as a run does, and prints beside the truth

- auto: the adjusted Rand index of the automatic choice, and its K,
- silhouette: the same of KMeans on the same features at the K of the highest silhouette,
- best: the same at the best K of 2 to 10, chosen in hindsight,
- verdict: what the certificates say: segments, continuum (a useful division of one) or none, and
  the marks that it follows from: reality, prediction, and how many segments pass, are weak and
  fail in stability,

then which of the bars hold. The exit code is 1 where one fails.

    python benchmarks/planted.py                          # all worlds
    python benchmarks/planted.py --only funnel-3,null-day --seeds 5
    python benchmarks/planted.py --million                # the shop of `make demo`, ten seeds
"""

import argparse
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv

from clustomer.errors import did_you_mean
from clustomer.simulate import simulate
from recovery import Recovery, recover
from worlds import NULLS, STRUCTURED, WORLDS

AT_ONCE = 2
BEHIND = 0.05
"""How far the automatic choice may lie below the K of the silhouette in any one draw."""
MILLION = "million"
MILLION_MEAN, MILLION_OF_BEST = 0.60, 0.9

Bar = tuple[str, bool, str]


def measure(task: tuple[str, int], *, certificates: bool, supervised: bool) -> Recovery:
    """Draw one world and segment it."""
    name, seed = task
    recovered = partial(recover, name, seed, certificates=certificates, supervised=supervised)
    if name != MILLION:
        return recovered(*WORLDS[name].draw(seed))
    with tempfile.TemporaryDirectory() as folder:
        shop = simulate(Path(folder) / "shop.parquet", random_state=seed)
        as_text = pa.csv.ConvertOptions(column_types={"user_id": pa.string()})
        truth = pa.csv.read_csv(shop.truth_path, convert_options=as_text)
        pairs = zip(truth["user_id"].to_pylist(), truth["segment"].to_pylist(), strict=True)
        return recovered(shop.path, dict(pairs))


def _or_nothing(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


COLUMNS: tuple[tuple[str, int, Callable[[Recovery], str]], ...] = (
    ("world", -19, lambda recovery: recovery.world),
    ("seed", 4, lambda recovery: str(recovery.seed)),
    ("true K", 6, lambda recovery: str(recovery.true_k)),
    ("auto K", 6, lambda recovery: str(recovery.auto_k)),
    ("auto", 6, lambda recovery: f"{recovery.auto:.3f}"),
    ("sil. K", 6, lambda recovery: str(recovery.silhouette_k)),
    ("silh.", 6, lambda recovery: f"{recovery.silhouette:.3f}"),
    ("best K", 6, lambda recovery: str(recovery.best_k)),
    ("best", 6, lambda recovery: f"{recovery.best:.3f}"),
    ("superv.", 7, lambda recovery: _or_nothing(recovery.supervised)),
    ("verdict", -10, lambda recovery: recovery.verdict),
    ("reality", -10, lambda recovery: recovery.reality),
    ("predicts", -10, lambda recovery: recovery.prediction),
    ("stable", -6, lambda recovery: recovery.stable),
    ("CPU s", 5, lambda recovery: f"{recovery.seconds:.1f}"),
)


def line(cells: Sequence[str]) -> str:
    aligned = [
        f"{cell:<{-width}}" if width < 0 else f"{cell:>{width}}"
        for cell, (_, width, _) in zip(cells, COLUMNS, strict=True)
    ]
    return "  ".join(aligned).rstrip()


def bars(recoveries: Sequence[Recovery]) -> Iterator[Bar]:
    """Yield what is asked, whether it holds, and the figures."""
    nulls = {world.name for world in NULLS}
    planted = {world.name for world in STRUCTURED}
    structured = [recovery for recovery in recoveries if recovery.world in planted]
    empty = [recovery for recovery in recoveries if recovery.world in nulls]
    million = [recovery for recovery in recoveries if recovery.world == MILLION]
    if structured:
        auto = float(np.mean([recovery.auto for recovery in structured]))
        silhouette = float(np.mean([recovery.silhouette for recovery in structured]))
        yield "ours is higher on average", auto > silhouette, f"{auto:.3f} against {silhouette:.3f}"
        worst = max(structured, key=lambda recovery: recovery.behind)
        below = [recovery for recovery in structured if recovery.behind > BEHIND]
        yield (
            f"never more than {BEHIND} below the silhouette's K",
            not below,
            f"{len(below)} of {len(structured)} draws; the worst, {worst.world} "
            f"(seed {worst.seed}), by {worst.behind:.3f}",
        )
        yield _verdicts("structured worlds: none refused", structured, "none")
    if empty:
        yield _verdicts("null worlds: none called segments", empty, "segments")
    if million:
        indices = [recovery.auto for recovery in million]
        mean, best = (
            float(np.mean(indices)),
            float(np.mean([recovery.best for recovery in million])),
        )
        span = f"{min(indices):.3f} to {max(indices):.3f}, {len(million)} seeds"
        yield (
            f"the million: {MILLION_MEAN:.2f} or more on average",
            mean >= MILLION_MEAN,
            f"{mean:.3f} ({span})",
        )
        yield (
            f"the million: {MILLION_OF_BEST} or more of the best K in hindsight",
            mean >= MILLION_OF_BEST * best,
            f"{mean / best:.2f} of {best:.3f}",
        )
        yield _verdicts("the million: not refused", million, "none")


def _verdicts(what: str, recoveries: Sequence[Recovery], wrong: str) -> Bar:
    tested = [recovery for recovery in recoveries if recovery.verdict != "not tested"]
    counts = {
        verdict: sum(recovery.verdict == verdict for recovery in recoveries)
        for verdict in ("segments", "continuum", "none", "not tested")
    }
    figures = ", ".join(f"{count} {verdict}" for verdict, count in counts.items() if count)
    bad = [
        f"{recovery.world} (seed {recovery.seed})"
        for recovery in tested
        if recovery.verdict == wrong
    ]
    figures += f"; {', '.join(bad)}" * bool(bad)
    return what, bool(tested) and not bad, figures


def tasks(arguments: argparse.Namespace) -> list[tuple[str, int]]:
    """Return which worlds to draw, and from which seeds."""
    if arguments.million:
        return [(MILLION, seed) for seed in range(arguments.seeds or 10)]
    named = arguments.only.split(",") if arguments.only else list(WORLDS)
    for name in named:
        if name not in WORLDS:
            raise SystemExit(f"There is no world {name!r}. {did_you_mean(name, list(WORLDS))}")
    usual = {world.name: 2 if world.structured else 5 for world in WORLDS.values()}
    return [(name, seed) for name in named for seed in range(arguments.seeds or usual[name])]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--seeds",
        type=int,
        help="draws of each world, from seed 0 (2, of null worlds 5, of the million 10)",
    )
    parser.add_argument("--only", help="names of worlds, separated by commas")
    parser.add_argument("--million", action="store_true", help="the shop of `make demo` instead")
    parser.add_argument("--no-certificates", action="store_true", help="choose K alone")
    parser.add_argument(
        "--supervised", action="store_true", help="also what a classifier gets that saw the truth"
    )
    arguments = parser.parse_args()

    began = time.perf_counter()
    asked = partial(
        measure,
        certificates=not arguments.no_certificates,
        supervised=arguments.supervised,
    )
    print(line([title for title, _, _ in COLUMNS]))
    recoveries = []
    with ProcessPoolExecutor(AT_ONCE, multiprocessing.get_context("spawn")) as pool:
        for recovery in pool.map(asked, tasks(arguments)):
            recoveries.append(recovery)
            print(line([show(recovery) for _, _, show in COLUMNS]), flush=True)
    held = True
    print(f"\n{len(recoveries)} draws in {time.perf_counter() - began:.0f} s")
    for what, holds, figures in bars(recoveries):
        held &= holds
        print(f"{'holds' if holds else 'FAILS'}  {what}: {figures}")
    sys.exit(0 if held else 1)


if __name__ == "__main__":
    main()
