"""The contest of ways to divide customers, on public data: who tells what they do next?

For each data set, customers are described by what they did before a date, and judged by what
they did after it (CDNOW: 39 weeks from 1997-10-01; Online Retail: 14 weeks from 2011-09-01).
Five-fold cross-validation by customer, repeated; see `contest.py`. R2 is of the revenue after the
date (mean and range of the repeats), "capped" of revenue capped at its 99th percentile, AUC of
buying at all, "top tenth" the share of revenue that the tenth with the highest prediction brings.

"clustomer" chooses its number of segments in each fold anew, by what segments of a still earlier
date tell of the training customers (the last third of the time before the date). "clustomer, K=..."
takes the number that is chosen on everyone, or 8. Jaccard and share are of the least stable and the
smallest segment, the number of segments being what everyone's data give. "anew" is over 50
resamples of 2,000 customers that learn the scaling, too, "full" over 20 as large as the data;
"stored" is what the certificate says, of resamples of 2,000 with one scaling.

    CLUSTOMER_DATA=folder python benchmarks/cdnow.py --repeats 20

The folder holds `cdnow.txt` and `online_retail.parquet`; see docs/how-to/public-data.md.
"""

import argparse
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from sklearn.cluster import KMeans
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.tree import DecisionTreeRegressor

from clustomer.customers import Holdout
from clustomer.segments import Segmentation, assign, rfm, segment
from clustomer.segments.refit import refit_rule, rule_labels
from clustomer.segments.rules.rfm_grid import cut_points
from contest import (
    FILES,
    Assign,
    Floats,
    Procedure,
    Scorer,
    Shop,
    certified_jaccard,
    contest,
    gain,
    load,
    lowest_jaccard,
    segment_means,
)

RFM = ("purchase_recency_days", "orders", "revenue")
REFERENCE = "KMeans K=8, log"


def matrix_of(customers: pa.Table) -> Floats:
    """Return recency, frequency and revenue; NaN where there was no order."""
    return np.column_stack([customers[name].to_numpy() for name in RFM])


def ours(shop: Shop) -> Procedure:
    """Return the program's own segments, at most 8, K by what happened before the date."""

    def fit(customers: pa.Table, seed: int) -> Assign:
        given = earlier_of(shop)
        earlier = None if given is None else of_customers(given, customers["user_id"])
        segmentation = segment(customers, random_state=seed, k_range=(2, 8), holdout=earlier)
        return lambda table: assign(table, segmentation)["cluster"].to_numpy()

    return fit


def earlier_of(shop: Shop) -> Holdout | None:
    """Return the holdout within the time before the date."""
    return shop.earlier if isinstance(shop.earlier, Holdout) else None


def fixed(segmentation: Segmentation, k: int) -> Procedure:
    """Return the program's own segments with K given, without asking how good another K is."""

    def fit(customers: pa.Table, seed: int) -> Assign:
        rule = refit_rule(replace(segmentation, random_state=seed), customers, k=k)
        return lambda table: rule_labels(table, rule)

    return fit


def of_customers(holdout: Holdout, ids: pa.ChunkedArray) -> Holdout:
    """Return the part of a holdout that is of some customers, all of whom may choose."""
    table = holdout.customers.table
    kept = pc.is_in(table["user_id"], ids.combine_chunks())
    return replace(
        holdout,
        customers=replace(holdout.customers, table=table.filter(kept)),
        outcomes=holdout.outcomes.filter(kept),
        # the fold that is left out certifies, so that all of these may choose
        selection=np.ones(kept.to_numpy().sum(), dtype=bool),
    )


def rfm_10(customers: pa.Table, seed: int) -> Assign:
    """The ten named segments."""
    segmentation = rfm(customers)
    return lambda table: assign(table, segmentation)["cluster"].to_numpy()


def rfm_125(customers: pa.Table, seed: int) -> Assign:
    """Fifths of recency, frequency and revenue; whoever never ordered is a cell of its own."""
    ordered = matrix_of(customers)
    cuts = [cut_points(column) for column in ordered[~np.isnan(ordered).any(axis=1)].T]

    def cells(table: pa.Table) -> np.ndarray:
        matrix = matrix_of(table)
        scores = [np.searchsorted(c, v) for c, v in zip(cuts, matrix.T, strict=True)]
        cell = scores[0] * 25 + scores[1] * 5 + scores[2]
        return np.where(np.isnan(matrix).any(axis=1), -1, cell)

    return cells


def kmeans(k: int, shape: Callable[[Floats], Floats]) -> Procedure:
    """KMeans on shaped and standardised recency, frequency and revenue."""

    def fit(customers: pa.Table, seed: int) -> Assign:
        def shaped(table: pa.Table) -> Floats:
            matrix = np.nan_to_num(matrix_of(table), nan=longest)
            return shape(np.maximum(matrix, 0))

        longest = float(np.nanmax(matrix_of(customers)[:, 0]))
        rows = shaped(customers)
        mean, scale = rows.mean(axis=0), rows.std(axis=0)
        model = KMeans(k, n_init=10, random_state=seed).fit((rows - mean) / scale)
        return lambda table: model.predict((shaped(table) - mean) / scale)

    return fit


def boosting(names: tuple[str, ...] | None = None) -> Scorer:
    """Gradient boosting for each customer singly, on features of these names, or all."""

    def fit(
        customers: pa.Table, targets: Mapping[str, Floats], seed: int
    ) -> Callable[[pa.Table], Mapping[str, Floats]]:
        chosen = names or tuple(name for name in customers.column_names if name != "user_id")

        def matrix(table: pa.Table) -> Floats:
            return np.column_stack([table[name].to_numpy() for name in chosen])

        rows = matrix(customers)
        models = {
            name: HistGradientBoostingClassifier(random_state=seed).fit(rows, values)
            if name == "bought"
            else HistGradientBoostingRegressor(random_state=seed).fit(rows, values)
            for name, values in targets.items()
        }

        def predict(table: pa.Table) -> dict[str, Floats]:
            result = matrix(table)
            return {
                name: model.predict_proba(result)[:, 1]
                if name == "bought"
                else model.predict(result)
                for name, model in models.items()
            }

        return predict

    return fit


def tree(
    customers: pa.Table, targets: Mapping[str, Floats], seed: int
) -> Callable[[pa.Table], Mapping[str, Floats]]:
    """Eight groups made by a regression tree that knows the training customers' later revenue."""
    rows = matrix_of(customers)
    grown = DecisionTreeRegressor(max_leaf_nodes=8, min_samples_leaf=0.01, random_state=seed)
    leaves = grown.fit(rows, targets["revenue"]).apply(rows)

    def predict(table: pa.Table) -> dict[str, Floats]:
        result = grown.apply(matrix_of(table))
        return {name: segment_means(leaves, values, result) for name, values in targets.items()}

    return predict


OTHERS: Mapping[str, Procedure] = {
    "RFM, 10 segments": rfm_10,
    "RFM, 125 cells": rfm_125,
    "KMeans K=2, log": kmeans(2, np.log1p),
    REFERENCE: kmeans(8, np.log1p),
    "KMeans K=8, square roots": kmeans(8, np.sqrt),
}
SCORERS: Mapping[str, Scorer] = {
    "tree of 8 leaves, supervised": tree,
    "boosting of each customer": boosting(RFM),
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", default=os.environ.get("CLUSTOMER_DATA"), help="folder")
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument(
        "--own-repeats", type=int, default=20, help="of the row that chooses K in each fold"
    )
    parser.add_argument("--shops", nargs="+", choices=FILES, default=list(FILES))
    options = parser.parse_args()
    if options.data is None or not Path(options.data).is_dir():
        print(
            f"Skipped: the folder with the public data is {options.data!r}, expected a folder with "
            f"{' and '.join(file for file, _ in FILES.values())}. Name it with --data.",
            file=sys.stderr,
        )
        return 0
    for name in options.shops:
        shop = load(name, Path(options.data))
        print(
            f"\n{name}: {shop.customers.num_rows:,} customers, {shop.bought.mean():.1%} buy "
            f"after the date\n"
        )
        print(
            f"{'':28} {'R2':>6} {'(range)':>15} {'AUC':>6} {'capped':>7} {'top 10%':>7} "
            f"{'K':>5} {'share':>6} {'Jaccard: anew':>14} {'full':>5} {'stored':>6}"
            f"  gain in R2 over {REFERENCE}"
        )
        segmentation = segment(shop.customers, holdout=earlier_of(shop), k_range=(2, 8))
        given = {f"clustomer, K={k}": k for k in (segmentation.k, 8)}
        expected = {"clustomer": segmentation.k, **given}
        procedures = {**{title: fixed(segmentation, k) for title, k in given.items()}, **OTHERS}
        results = {
            **contest(shop, {"clustomer": ours(shop)}, repeats=options.own_repeats),
            **contest(shop, procedures, SCORERS, repeats=options.repeats),
        }
        for title, result in results.items():
            stability = ""
            if title in procedures or title in expected:
                judged = (
                    fixed(segmentation, expected[title]) if title in expected else procedures[title]
                )
                anew, share = lowest_jaccard(judged, shop.customers)
                full, _ = lowest_jaccard(judged, shop.customers, resamples=20, most=None)
                stability = f"{result.segments:5.1f} {share:6.1%} {anew:14.2f} {full:5.2f}"
            if title in expected:
                k = expected[title]
                alone = segment(shop.customers, k=k, k_range=(k, k))
                stability += f" {certified_jaccard(alone, shop.customers):6.2f}"
            more, low, high = gain(result, results[REFERENCE], shop.revenue)
            print(
                f"{title:28} {result.r2:6.3f} {result.r2_low:7.3f}-{result.r2_high:.3f} "
                f"{result.auc:8.3f} {result.r2_capped:7.3f} {result.top_tenth:7.1%} {stability:40}"
                f"  {more:+.3f} ({low:+.3f} to {high:+.3f})",
                flush=True,
            )
        shop.events.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
