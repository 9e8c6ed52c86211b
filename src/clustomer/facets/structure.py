"""How many groups a facet has, and whether one crowd that differs by degree would show as many."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np
from sklearn.cluster import KMeans
from sklearn.metrics import cohen_kappa_score

from clustomer.facets.crowd import Crowd
from clustomer.facets.visits import Spread, Visits, halves, roots, spread_of
from clustomer.segments.arrays import Floats
from clustomer.segments.matrix.distances import nearest_point
from clustomer.segments.matrix.scaling import round_significant
from clustomer.segments.validity.density_dip import density_dips
from clustomer.thresholds import FACET_DIP

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
    the crowds; `gain` the variance explained over its mean in the crowds; `crowds` how many were
    drawn.
    """

    dip: float
    null_dip: float
    gain: float
    crowds: int


def apart(
    visits: Visits,
    spread: Spread,
    crowd: Crowd,
    k: int,
    *,
    crowds: int,
    random_state: int,
) -> tuple[Floats, Apart]:
    """Return the centres of K groups, and how far they are set apart.

    A crowd whose dip leaves less than `FACET_DIP` of the groups' decides against them, and no
    further one is drawn.
    """
    rng = np.random.default_rng([random_state, 2])
    centres, explained = fit(real := _matrix(visits, spread), k, random_state)
    dip = _dip(real, centres)
    dips: list[float] = []
    others: list[float] = []
    with ThreadPoolExecutor(_LANES) as lanes:
        while len(dips) < crowds and (not dips or dip - max(dips) >= FACET_DIP):
            lots = min(_LANES, crowds - len(dips))
            drawn = [_matrix(visits, spread, crowd.draw(rng)) for _ in range(lots)]
            for dip_there, explained_there in lanes.map(partial(_as_crowd, k, random_state), drawn):
                dips.append(dip_there)
                others.append(explained_there)
    gain = explained / max(float(np.mean(others)), 1e-9)
    return centres, Apart(round(dip, 6), round(max(dips), 6), round(gain, 6), len(dips))


def _as_crowd(k: int, random_state: int, matrix: Floats) -> tuple[float, float]:
    """Return the dip around the groups of a crowd, and the variance that they explain."""
    centres, explained = fit(matrix, k, random_state)
    return _dip(matrix, centres), explained


def belongs(visits: Visits, spread: Spread, *, random_state: int) -> float:
    """Return how far customers are apart where visits are dealt to anyone: the highest of many.

    What lies above it belongs to customers. The visits themselves, and how many each customer has,
    stay as they are.
    """
    rng = np.random.default_rng([random_state, 3])
    squares = (visits.shares * visits.shares).sum(axis=1)
    dealt = []
    for _ in range(STRANGERS):
        order = rng.permutation(len(squares))
        dealt.append(spread_of(visits, visits.shares[order], squares[order]).between)
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


def _dip(matrix: Floats, centres: Floats) -> float:
    """Return the depth of the density dips around groups: the mean over customers."""
    labels = nearest_point(matrix, centres)[0]
    shares = np.bincount(labels, minlength=len(centres)) / len(matrix)
    return float(density_dips(matrix, labels, centres) @ shares)
