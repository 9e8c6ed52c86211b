"""How often do given groups pass `clustomer certify`: true kinds, and shuffled lists?

    python benchmarks/given_labels.py --shops 10 --draws 10

Each shop is simulated with another seed (60,000 events, 3,000 customers). Of each the true kinds
are certified on samples of four in five of its customers, and lists in which the same names are
dealt out by lot.
"""

import argparse
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv

import clustomer
from clustomer.certificates.given import certify_given, given_segmentation
from clustomer.simulate import simulate


def verdicts(seed: int, draws: int, events: int = 60_000) -> dict[str, list[str]]:
    """Return the verdicts of true and of shuffled groups of one simulated shop."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "shop.parquet"
        simulate(log, events=events, customers=events // 20, random_state=seed)
        truth = pyarrow.csv.read_csv(
            log.with_suffix(".truth.csv"),
            convert_options=pyarrow.csv.ConvertOptions(column_types={"user_id": pa.string()}),
        )
        read = clustomer.read_events(log)
        customers = clustomer.customer_features(read)
        holdout = clustomer.split_holdout(read, customers)
        read.close()
    kind = dict(zip(truth["user_id"].to_pylist(), truth["segment"].to_pylist(), strict=True))
    random = np.random.default_rng(seed)
    counted: dict[str, list[str]] = {"true": [], "shuffled": []}
    for _ in range(draws):
        rows = np.sort(random.permutation(customers.table.num_rows)[: len(kind) * 4 // 5])
        drawn = replace(customers, table=customers.table.take(pa.array(rows)))
        groups = [kind[user_id] for user_id in drawn.table["user_id"].to_pylist()]
        for name, dealt in (("true", groups), ("shuffled", list(random.permutation(groups)))):
            given = given_segmentation(drawn, dealt)
            counted[name].append(certify_given(drawn, given, holdout).certificates.verdict)
    return counted


def main() -> None:
    """Print how often each verdict was given."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--shops", type=int, default=10)
    parser.add_argument("--draws", type=int, default=10)
    asked = parser.parse_args()
    counts: dict[tuple[str, str], int] = {}
    for seed in range(asked.shops):
        for name, given in verdicts(seed, asked.draws).items():
            for verdict in given:
                counts[name, verdict] = counts.get((name, verdict), 0) + 1
    for (name, verdict), count in sorted(counts.items()):
        print(f"{name:10} {verdict:12} {count}")


if __name__ == "__main__":
    main()
