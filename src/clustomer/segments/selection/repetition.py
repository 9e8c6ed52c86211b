"""The whole procedure done again on some of the customers: does the number of segments return?"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from sklearn.base import clone
from sklearn.cluster import KMeans
from threadpoolctl import threadpool_limits

from clustomer.customers import Holdout
from clustomer.segments.algorithms.kmeans import quick_start
from clustomer.segments.arrays import Floats, Integers, Labels, Matrix
from clustomer.segments.matrix.distinct import count_distinct
from clustomer.segments.matrix.scaling import fit_scaling, scale
from clustomer.segments.selection.choosers import Choosers
from clustomer.segments.selection.criteria_columns import density_dip_columns, smallest_shares
from clustomer.segments.selection.decision import Criteria, decide
from clustomer.segments.selection.holdout_split import selection_half_r2
from clustomer.segments.selection.repeated import Repetition
from clustomer.segments.selection.weights import learn_weights
from clustomer.segments.validity.criteria import partition_criteria
from clustomer.segments.validity.holdout_r2 import HoldoutR2
from clustomer.segments.validity.quiet_fits import quiet_fits
from clustomer.segments.validity.stability import match, workers
from clustomer.thresholds import DRAWN_CUSTOMERS, DRAWN_SHARE, N_DRAWS, USABLE

_FEWEST_DRAWN = 60
_EVALUATED = 5_000
_TEMPLATE = KMeans(init=quick_start, n_init=1)


@dataclass(frozen=True, eq=False)
class Draws:
    """What was found on each draw: the number taken, and the segments of those evaluated.

    `evaluated` are positions among the customers who may choose, `customers` how many a draw has.
    """

    taken: tuple[int, ...]
    labels: tuple[Labels, ...]
    evaluated: Integers
    customers: int

    @property
    def votes(self) -> dict[int, int]:
        """How often each number was taken."""
        return dict(sorted(Counter(self.taken).items()))

    def judge(self, labels: Labels) -> Repetition:
        """Return how often the number of these labels returned, and each of their segments.

        `labels` are those of the customers who may choose; below 0 is no segment.
        """
        ours = labels[self.evaluated]
        clusters = np.unique(labels[labels >= 0])
        similar = np.array([match(ours, theirs, clusters)[0] for theirs in self.labels])
        means = np.round(similar.mean(axis=0), 6).tolist()
        return Repetition(
            taken=self.taken,
            customers=self.customers,
            returned=self.taken.count(len(clusters)),
            jaccard=dict(zip(clusters.tolist(), means, strict=True)),
            lowest_jaccard=min(means),
        )


@dataclass(frozen=True, eq=False)
class _Drawn:
    """One draw: the criteria of each number but stability, and the labels of those evaluated."""

    labels: dict[int, Labels]
    columns: Criteria
    holdout_r2: HoldoutR2 | None


def draw_again(
    choosers: Choosers, k_range: tuple[int, int], *, random_state: int = 0
) -> Draws | None:
    """Choose the number of segments anew on draws of the customers who may choose.

    Each of `N_DRAWS` draws holds `DRAWN_SHARE` of them, `DRAWN_CUSTOMERS` at most. On each the
    weights and the scaling are learned, every number of segments is fitted, and one is taken by
    the rule (`decide`), as if there were no others. A number is stable there where each of its
    segments comes back in the other draws at that number, to a mean Jaccard similarity of
    `VALID`: unlike the resamples of `Refits`, these have scalings and weights of their own. Its
    smallest segment may be a standard error below the share `USABLE`.

    Parameters
    ----------
    choosers : Choosers
    k_range : (lowest, highest)
    random_state : int, default 0

    Returns
    -------
    Draws, or None where a draw would have fewer than 60 customers, or fewer different ones than
    segments.
    """
    n_customers = len(choosers.matrix)
    drawn = min(round(DRAWN_SHARE * n_customers), DRAWN_CUSTOMERS)
    if drawn < _FEWEST_DRAWN:
        return None
    evaluated = np.arange(n_customers)
    if n_customers > _EVALUATED:
        chosen = np.random.default_rng([random_state, 8])
        evaluated = np.sort(chosen.choice(n_customers, _EVALUATED, replace=False))

    def one(number: int) -> _Drawn | None:
        random = np.random.default_rng([random_state, 7, number])
        rows = np.sort(random.choice(n_customers, drawn, replace=False))
        return _drawn(choosers, rows, evaluated, k_range, int(random.integers(2**31 - 1)))

    with workers(n_customers) as pool, threadpool_limits(1), quiet_fits():
        draws = [result for result in pool.map(one, range(N_DRAWS)) if result is not None]
    if len(draws) < N_DRAWS:
        return None
    numbers = sorted(set.intersection(*(set(result.labels) for result in draws)))
    if not numbers:
        return None
    taken = [_taken(place, draws, numbers) for place in range(N_DRAWS)]
    labels = [result.labels[k] for result, k in zip(draws, taken, strict=True)]
    return Draws(tuple(taken), tuple(labels), evaluated, drawn)


def _drawn(
    choosers: Choosers, rows: Integers, evaluated: Integers, k_range: tuple[int, int], seed: int
) -> _Drawn | None:
    """Return what one draw gives; None where its customers are too much alike."""
    holdout = _among(choosers.holdout, choosers.user_ids.take(pa.array(rows)))
    weights = choosers.weights
    if weights == "learned":
        weights = {} if holdout is None else learn_weights(holdout, choosers.names).by_name
    scaling = fit_scaling(
        choosers.matrix[rows], choosers.names, choosers.undefined, weights=weights
    )
    lowest, highest = max(k_range[0], 2), k_range[1]
    highest = min(highest, count_distinct(scaling.matrix, enough=highest))
    if not scaling.features or highest < lowest:
        return None
    kept = [list(choosers.names).index(feature.name) for feature in scaling.features]
    others = scale(choosers.matrix[evaluated][:, kept], scaling.features)
    ours, theirs = {}, {}
    for k in range(lowest, highest + 1):
        model = clone(_TEMPLATE).set_params(n_clusters=k, random_state=seed)
        # in no order, since the first half starts the fit
        order = np.random.default_rng([seed, k]).permutation(len(rows))
        model.fit(scaling.matrix[order])
        ours[k], theirs[k] = model.predict(scaling.matrix), model.predict(others)
    columns: dict[str, Any] = {"k": np.array(list(ours))}
    # of so few customers a share of 1 % may by chance be a little less
    columns["smallest_share"] = smallest_shares(ours) + np.sqrt(USABLE * (1 - USABLE) / len(rows))
    columns |= density_dip_columns(scaling.matrix, ours, seed)
    columns["silhouette_squared"] = _silhouettes(scaling.matrix, ours)
    columns["silhouette"] = columns["silhouette_squared"]
    followed = None
    if holdout is not None:
        followed = selection_half_r2(
            holdout,
            choosers.names,
            _TEMPLATE,
            (lowest, highest),
            weights=weights,
            random_state=seed,
        )
    return _Drawn(theirs, columns, followed)


def _among(holdout: Holdout | None, user_ids: pa.Array) -> Holdout | None:
    """Return the holdout in which only these customers of the selection half choose."""
    if holdout is None:
        return None
    inside = pc.is_in(holdout.customers.table["user_id"], value_set=user_ids).to_numpy()
    chosen = holdout.selection & inside
    return replace(holdout, selection=chosen) if chosen.sum() >= _FEWEST_DRAWN else None


def _silhouettes(matrix: Matrix, labels: Mapping[int, Labels]) -> Floats:
    return np.array([partition_criteria(matrix, one).silhouette_squared for one in labels.values()])


def _taken(place: int, draws: Sequence[_Drawn], numbers: Sequence[int]) -> int:
    """Return the number that a draw takes, stable where the other draws have its segments, too."""
    draw = draws[place]
    others = [other for index, other in enumerate(draws) if index != place]
    lowest = []
    for k in draw.columns["k"].tolist():
        if k not in numbers:
            lowest.append(np.nan)
            continue
        clusters = np.unique(draw.labels[k])
        similar = [match(draw.labels[k], other.labels[k], clusters)[0] for other in others]
        lowest.append(float(np.mean(similar, axis=0).min()))
    criteria = {**draw.columns, "lowest_jaccard": np.array(lowest)}
    decision = decide(
        criteria, list(numbers), elbow=None, silhouette=None, holdout_r2=draw.holdout_r2
    )
    return decision.k
