"""How many groups a facet has, and whether one crowd that differs by degree would show as many."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from sklearn.cluster import KMeans
from sklearn.metrics import cohen_kappa_score

from clustomer.facets.crowd import Crowd
from clustomer.facets.visits import Spread, Visits, halves, roots, spread_of
from clustomer.segments.arrays import Floats
from clustomer.segments.matrix.distances import nearest_point
from clustomer.segments.matrix.scaling import round_significant
from clustomer.segments.validity.density_dip import density_dips

K_RANGE = range(2, 9)
CHOOSING_CROWDS = 4
STRANGERS = 40
"""How often visits are dealt to anyone, to see what chance makes of differences."""
_STARTS = 3
_LANES = 2


def fit(matrix: Floats, k: int, random_state: int) -> tuple[Floats, float]:
    """Return the centres of K-means, and the share of the variance that they explain."""
    model = KMeans(k, n_init=_STARTS, random_state=random_state).fit(matrix)
    total = float(((matrix - matrix.mean(axis=0)) ** 2).sum())
    explained = 1.0 - float(model.inertia_) / total if total else 0.0
    return round_significant(np.asarray(model.cluster_centers_)), explained


@dataclass(frozen=True)
class Choice:
    """The number of groups, and what decided.

    `gains` has an entry for each K of `K_RANGE`: the variance that its groups explain over what
    they explain in a crowd that differs by degree.
    """

    k: int
    gains: tuple[float, ...]


def choose_k(visits: Visits, spread: Spread, crowd: Crowd, *, random_state: int) -> Choice:
    """Take the K whose groups explain most beside those of a crowd that differs by degree.

    The comparison is that of the gap statistic (Tibshirani, Walther and Hastie 2001,
    doi:10.1111/1467-9868.00293), as a ratio, and with a null that has the covariance of the real
    customers instead of none.
    """
    rng = np.random.default_rng([random_state, 1])
    crowds = [_matrix(visits, spread, crowd.draw(rng)) for _ in range(CHOOSING_CROWDS)]
    real = _matrix(visits, spread)
    tasks = [(matrix, k, random_state) for k in K_RANGE for matrix in (real, *crowds)]
    explained = np.array(_in_lanes(tasks)).reshape(len(K_RANGE), -1)
    gains = explained[:, 0] / np.maximum(explained[:, 1:].mean(axis=1), 1e-9)
    return Choice(int(K_RANGE[int(gains.argmax())]), tuple(float(gain) for gain in gains.round(6)))


@dataclass(frozen=True)
class Apart:
    """How far groups are set apart, beside those of crowds that differ by degree.

    `dip` is the mean depth of density dips over customers, `null_dip` its highest value among
    the crowds; `gain` the variance explained over its mean in the crowds.
    """

    dip: float
    null_dip: float
    gain: float
    depths: tuple[float, ...]


def apart(
    visits: Visits,
    spread: Spread,
    crowd: Crowd,
    k: int,
    *,
    crowds: int,
    random_state: int,
) -> tuple[Floats, Apart]:
    """Return the centres of K groups, and how far they are set apart."""
    rng = np.random.default_rng([random_state, 2])
    real = _matrix(visits, spread)
    drawn = [_matrix(visits, spread, crowd.draw(rng)) for _ in range(crowds)]
    with ThreadPoolExecutor(_LANES) as lanes:
        fitted = list(lanes.map(lambda matrix: fit(matrix, k, random_state), (real, *drawn)))
    (centres, explained), *others = fitted
    depths, dip = _dips(real, centres)
    null = [_dips(matrix, centres)[1] for matrix, (centres, _) in zip(drawn, others, strict=True)]
    gain = explained / max(float(np.mean([part for _, part in others])), 1e-9)
    return centres, Apart(
        round(dip, 6),
        round(float(max(null)), 6),
        round(float(gain), 6),
        tuple(depths.round(6).tolist()),
    )


def belongs(visits: Visits, spread: Spread, *, random_state: int) -> float:
    """Return how far customers are apart where visits are dealt to anyone: the highest of many.

    What lies above it belongs to customers. The visits themselves, and how many each customer has,
    stay as they are.
    """
    rng = np.random.default_rng([random_state, 3])
    rows = len(visits.shares)
    dealt = [
        spread_of(visits, visits.shares[rng.permutation(rows)]).between for _ in range(STRANGERS)
    ]
    return max(dealt)


def agreement(visits: Visits, spread: Spread, centres: Floats) -> float:
    """Return how well two halves of each customer's visits agree on the group: Cohen's kappa.

    0 is chance, 1 is always (Cohen 1960, doi:10.1177/001316446002000104).
    """
    labels = [
        nearest_point(roots(amounts, counts, spread.shop, spread.strength), centres)[0]
        for amounts, counts in halves(visits)
    ]
    if len(np.unique(np.concatenate(labels))) < 2:
        return 0.0
    return round(float(cohen_kappa_score(*labels)), 6)


def _matrix(visits: Visits, spread: Spread, shares: Floats | None = None) -> Floats:
    return roots(visits.amounts(shares), visits.counts, spread.shop, spread.strength)


def _in_lanes(tasks: Sequence[tuple[Floats, int, int]]) -> list[float]:
    with ThreadPoolExecutor(_LANES) as lanes:
        return list(lanes.map(lambda task: fit(*task)[1], tasks))


def _dips(matrix: Floats, centres: Floats) -> tuple[Floats, float]:
    """Return the depth of the density dip around each group, and its mean over customers."""
    labels = nearest_point(matrix, centres)[0]
    shares = np.bincount(labels, minlength=len(centres)) / len(matrix)
    depths = density_dips(matrix, labels, centres)
    return depths, float(depths @ shares)
