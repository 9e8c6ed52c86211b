"""How deep the dips between segments are, in a shop and in simulated ones."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from sklearn.cluster import KMeans

from clustomer.segments import Rule
from clustomer.segments.arrays import Floats, Integers
from clustomer.segments.matrix.distances import nearest_point
from clustomer.segments.matrix.scaling import round_significant
from clustomer.segments.validity.density_dip import density_dips

N_SAMPLES = 20
_STARTS = 2
_OTHERS = 4


@dataclass(frozen=True, eq=False)
class Measured:
    """What some samples of customers show: shapes (n_samples, n_clusters)."""

    depths: Floats
    shares: Floats

    @property
    def together(self) -> Floats:
        """The mean depth over the customers of each sample."""
        return np.asarray((self.depths * self.shares).sum(axis=1))


@dataclass(frozen=True, eq=False)
class Measure:
    """Measures the depths of a rule's segments, whose means are `centres`."""

    rule: Rule
    centres: Floats

    @classmethod
    def of(cls, matrix: Floats, rule: Rule) -> "Measure":
        """Return the measure of a rule: centres are the means of its segments.

        Where a segment has nobody it is the rule's own.
        """
        labels = _assigned(matrix, rule, rule.centres)
        sizes = np.bincount(labels, minlength=len(rule.centres))
        centres = np.array(rule.centres, dtype=np.float64)
        for cluster in np.flatnonzero(sizes):
            centres[cluster] = matrix[labels == cluster].mean(axis=0)
        return cls(rule, centres)

    def one(self, matrix: Floats) -> tuple[Floats, Floats]:
        """Return the depth and the share of customers of each segment."""
        labels = _assigned(matrix, self.rule, self.centres)
        shares = np.bincount(labels, minlength=len(self.centres)) / len(matrix)
        return density_dips(matrix, labels, self.centres), shares

    def all(self, pool: ThreadPoolExecutor, samples: Sequence[Floats]) -> Measured:
        """Measure some samples."""
        depths, shares = zip(*pool.map(self.one, samples), strict=True)
        return Measured(np.array(depths), np.array(shares))


def _assigned(matrix: Floats, rule: Rule, centres: Floats) -> Integers:
    """Return the segments by the rule; noise counts with the nearest.

    Left out, noise would make the very gaps that are looked for.
    """
    labels = np.asarray(rule.predict(matrix), dtype=np.int64)
    noise = labels < 0
    if noise.any():
        labels = labels.copy()
        labels[noise] = nearest_point(matrix[noise], centres)[0]
    return labels


def samples_of(matrix: Floats, rows: int, seed: np.random.SeedSequence) -> list[Floats]:
    """Draw samples of customers, each without replacement."""
    rng = np.random.default_rng(seed)
    return [matrix[np.sort(rng.choice(len(matrix), rows, replace=False))] for _ in range(N_SAMPLES)]


def depth_of_search(
    worlds: Sequence[Floats], number: int, spread: Floats, n_clusters: int
) -> float:
    """Return by how much the mean depth of a simulated shop's own segments was found by looking.

    Its customers are divided by KMeans at the same K; the mean depth among them, less that among
    the customers of other simulated shops under the same division.
    """
    matrix = worlds[number]
    mean, width = matrix.mean(axis=0), matrix.std(axis=0)
    factor = spread / np.where(width > 0, width, 1.0)
    model = KMeans(n_clusters, n_init=_STARTS, random_state=number)
    centres = round_significant(model.fit((matrix - mean) * factor).cluster_centers_)

    def depth(world: Floats) -> float:
        rows = (world - mean) * factor
        labels = nearest_point(rows, centres)[0].astype(np.int64)
        shares = np.bincount(labels, minlength=n_clusters) / len(rows)
        return float(density_dips(rows, labels, centres) @ shares)

    others = [worlds[(number + step) % len(worlds)] for step in range(1, _OTHERS + 1)]
    return depth(matrix) - float(np.mean([depth(other) for other in others]))
