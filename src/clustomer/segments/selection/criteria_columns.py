"""The criteria of every K, column by column."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from clustomer.segments.arrays import Floats, Labels, Matrix
from clustomer.segments.validity.criteria import partition_criteria, sampled_silhouettes
from clustomer.segments.validity.density_dip import density_dips
from clustomer.segments.validity.holdout_r2 import HoldoutR2
from clustomer.segments.validity.label_codes import coded
from clustomer.segments.validity.stability import Stability, workers

FIT_ROWS = 10_000
"""Rows that each K is fitted on, and that density dips are looked for in, at most."""


def smallest_shares(labels: dict[int, Labels]) -> Floats:
    """Return the share of the smallest cluster for each K, of all rows."""
    return np.array([np.bincount(coded(codes)[1]).min() / len(codes) for codes in labels.values()])


def partition_columns(
    matrix: Matrix, labels: dict[int, Labels], sample_size: int, seed: int
) -> dict[str, NDArray[Any]]:
    """Return K, inertia, silhouettes, and what else follows from matrix and labels alone."""
    with workers(len(matrix)) as pool:
        silhouettes = pool.submit(
            sampled_silhouettes,
            matrix,
            list(labels.values()),
            sample_size=sample_size,
            random_state=seed,
        )
        criteria = list(pool.map(lambda k: partition_criteria(matrix, labels[k]), labels))
    columns: dict[str, NDArray[Any]] = {
        "k": np.array(list(labels), dtype=np.int64),
        "inertia": np.array([c.inertia for c in criteria]),
        "silhouette": np.array([mean for mean, _ in silhouettes.result()]),
        "silhouette_se": np.array([error for _, error in silhouettes.result()]),
    }
    for name in ("silhouette_squared", "calinski_harabasz", "davies_bouldin"):
        columns[name] = np.array([getattr(c, name) for c in criteria])
    return columns


def density_dip_columns(
    matrix: Matrix, labels: dict[int, Labels], seed: int
) -> dict[str, NDArray[Any]]:
    """Return the mean over rows, and the least over clusters, of the depths of density dips."""
    rows = np.arange(len(matrix))
    if len(rows) > FIT_ROWS:
        random = np.random.default_rng([seed, 6])
        rows = np.sort(random.choice(rows, FIT_ROWS, replace=False))
    sampled = matrix[rows]
    mean, lowest = np.full(len(labels), np.nan), np.full(len(labels), np.nan)
    for index, labelled in enumerate(labels.values()):
        codes = coded(labelled[rows])[1]
        counts = np.bincount(codes)
        if len(counts) < 2:
            continue
        centres = np.array([sampled[codes == code].mean(axis=0) for code in range(len(counts))])
        depths = density_dips(sampled, codes, centres)
        mean[index], lowest[index] = depths @ counts / len(codes), depths.min()
    return {"density_dip": mean, "lowest_density_dip": lowest}


def stability_columns(
    labels: dict[int, Labels], measured: dict[int, Stability]
) -> dict[str, NDArray[Any]]:
    """Return the stability of the least stable cluster of each K, and that of each in a text."""
    names = ("lowest_jaccard", "lowest_jaccard_se", "lowest_one_to_one")
    columns: dict[str, NDArray[Any]] = {name: np.full(len(labels), np.nan) for name in names}
    columns["jaccard_per_cluster"] = np.full(len(labels), "", dtype=object)
    columns["resamples"] = np.zeros(len(labels), dtype=np.int64)
    for index, (k, labelled) in enumerate(labels.items()):
        if k not in measured or not len(measured[k].clusters):
            continue
        stable = measured[k]
        # A cluster that the sample missed is NaN, and then so is the lowest.
        columns["lowest_jaccard"][index] = stable.jaccard.min()
        columns["lowest_jaccard_se"][index] = stable.jaccard_se[np.argmin(stable.jaccard)]
        columns["lowest_one_to_one"][index] = stable.one_to_one.min()
        columns["resamples"][index] = stable.n_resamples
        sizes = [int((labelled == cluster).sum()) for cluster in stable.clusters.tolist()]
        order = np.argsort(-np.array(sizes), kind="stable")
        texts = [f"{value:.2f}" for value in stable.jaccard[order].tolist()]
        columns["jaccard_per_cluster"][index] = " ".join(texts)
    return columns


def holdout_r2_columns(ks: list[int], holdout_r2: HoldoutR2 | None) -> dict[str, NDArray[Any]]:
    """Return the holdout R² of each K, and how far it is behind the best, with errors."""
    names = ("holdout_r2", "holdout_r2_se", "holdout_r2_behind", "holdout_r2_behind_se")
    columns = {name: np.full(len(ks), np.nan) for name in names}
    if holdout_r2 is None:
        return columns
    best = int(holdout_r2.k[np.argmax(holdout_r2.score)])
    for index, k in enumerate(ks):
        if k in holdout_r2.k:
            figures = (
                holdout_r2.score_of(k),
                holdout_r2.score_se_of(k),
                *holdout_r2.behind(k, best),
            )
            for name, figure in zip(names, figures, strict=True):
                columns[name][index] = figure
    return columns
