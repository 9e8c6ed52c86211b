"""How well are the planted segments of the simulated shop recovered?

Prints, for each seed, the adjusted Rand index against the truth (Hubert & Arabie 1985; 1 is the
truth itself, 0 is chance) of

- auto: the segments that clustomer makes without being told anything, and their number K,
- best K: KMeans on the same scaled features with the best K of 2 to 10, chosen in hindsight,
- supervised: a classifier that has seen the truth of the other four fifths of the customers, on
  all features. It is what the features can tell at most; the simulated segments overlap.

Bots are left out of all three; how many the rule of suspected bots found is printed beside them.

    python benchmarks/recovery.py --seeds 10
"""

import argparse
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass, fields
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import adjusted_rand_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from threadpoolctl import threadpool_limits

from clustomer.customers import customer_features
from clustomer.segments import scale, segment
from clustomer.simulate import BOT, simulate

K_RANGE = (2, 10)
STARTS = 5
FOLDS = 5


@dataclass(frozen=True)
class Recovery:
    seed: int
    customers: int
    auto_k: int
    auto: float
    best_k: int
    best: float
    supervised: float
    bots: int
    bots_found: int
    wrongly_bots: int
    seconds: float


def measure(events: int, seed: int) -> Recovery:
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        simulation = simulate(Path(folder) / "shop.db", events=events, random_state=seed)
        customers = customer_features(simulation.path)
        truth = pa.csv.read_csv(
            simulation.truth_path,
            convert_options=pa.csv.ConvertOptions(column_types={"user_id": pa.string()}),
        )
    table = customers.table.join(truth, "user_id", join_type="inner").sort_by("user_id")
    if not table.num_rows == truth.num_rows == customers.table.num_rows:
        raise SystemExit("The customers of the log and of the truth differ.")
    found = segment(customers, k_range=K_RANGE, random_state=seed)
    cluster = found.table["cluster"].to_numpy()

    names = table["segment"].to_numpy(zero_copy_only=False).astype(str)
    human = names != BOT
    matrix = as_matrix(table, [feature.name for feature in customers.features])[human]
    scaled = scale(as_matrix(table, [feature.name for feature in found.scaling]), found.scaling)
    indices = dict(hindsight(scaled[human & (cluster >= 0)], names[human & (cluster >= 0)], seed))
    best_k = max(indices, key=lambda k: indices[k])
    return Recovery(
        seed=seed,
        customers=table.num_rows,
        auto_k=found.k,
        auto=adjusted_rand_score(names[human], cluster[human]),
        best_k=best_k,
        best=indices[best_k],
        supervised=supervised(matrix, names[human], seed),
        bots=int((~human).sum()),
        bots_found=int((cluster[~human] == -1).sum()),
        wrongly_bots=int((cluster[human] == -1).sum()),
        seconds=time.perf_counter() - began,
    )


def as_matrix(table: pa.Table, names: list[str]) -> NDArray[np.float64]:
    return np.column_stack([table[name].cast(pa.float64()).to_numpy() for name in names])


def hindsight(
    scaled: NDArray[np.float64], names: NDArray[np.str_], seed: int
) -> Iterator[tuple[int, float]]:
    for k in range(K_RANGE[0], K_RANGE[1] + 1):
        with threadpool_limits(1):
            labels = KMeans(k, n_init=STARTS, random_state=seed).fit_predict(scaled)
        yield k, adjusted_rand_score(names, labels)


def supervised(matrix: NDArray[np.float64], names: NDArray[np.str_], seed: int) -> float:
    classifier = HistGradientBoostingClassifier(random_state=seed)
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    # One thread: on a busy machine several wait for each other ten times longer.
    with threadpool_limits(1):
        predicted = cross_val_predict(classifier, matrix, names, cv=folds)
    return adjusted_rand_score(names, predicted)


def spread(values: Iterable[float]) -> str:
    listed = list(values)
    return f"mean {np.mean(listed):.3f}, range {min(listed):.3f} to {max(listed):.3f}"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=10, help="how many seeds, from 0 (10)")
    parser.add_argument("--events", type=int, default=1_000_000, help="rows per shop (1,000,000)")
    arguments = parser.parse_args()

    widths = [max(len(field.name), 7) for field in fields(Recovery)]
    titles = [field.name for field in fields(Recovery)]
    print("  ".join(f"{title:>{width}}" for title, width in zip(titles, widths, strict=True)))
    recoveries = []
    for seed in range(arguments.seeds):
        recovery = measure(arguments.events, seed)
        recoveries.append(recovery)
        cells = [f"{v:.3f}" if isinstance(v, float) else f"{v}" for v in astuple(recovery)]
        print(
            "  ".join(f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True)),
            flush=True,
        )
    print()
    for name in ("auto", "best", "supervised"):
        print(f"{name:>10}: {spread(getattr(recovery, name) for recovery in recoveries)}")


if __name__ == "__main__":
    main()
