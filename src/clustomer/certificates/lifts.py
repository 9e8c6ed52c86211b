"""What a segment's customers did later beside everyone, and whether chance would give as much."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import hypergeom, pearson3

from clustomer.certificates.certificate import Estimate, Lift
from clustomer.certificates.resampling import CONFIDENCE, bootstrap_means, estimate, rounded
from clustomer.segments.validity.label_codes import coded

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]


def segment_lifts(
    labels: Labels,
    outcomes: Sequence[tuple[str, Floats]],
    *,
    random_state: int = 0,
) -> dict[int, tuple[Lift, ...]]:
    """Return for each segment the lift of each outcome, with its interval and adjusted p.

    The lift is the segment's mean per customer over everyone's. Its interval is from customers
    drawn anew (`bootstrap_means`); where nobody in the segment has a binary outcome, all
    resamples agree on 0, and the upper bound is that of the exact binomial interval (Clopper &
    Pearson 1934). p is of the hypothesis that the segment is as good as drawn by lot
    (`lot_p`), two-sided, adjusted by Holm's method over all segments and outcomes.

    Parameters
    ----------
    labels : shape (n_customers,)
    outcomes : pairs of a name and values, shape (n_customers,)
        One whose mean is not positive is left out, as a ratio to it would mean nothing.
    random_state : int, default 0

    Examples
    --------
    >>> labels = np.repeat([0, 1], [40, 60])
    >>> bought = np.repeat([1.0, 0.0, 1.0, 0.0], [20, 20, 5, 55])
    >>> found = segment_lifts(labels, [("bought", bought)])
    >>> [(lift.segment, lift.everyone, lift.lift.value) for lift in found[0]]
    [(0.5, 0.25, 2.0)]
    """
    clusters, index = coded(labels)
    members = np.eye(len(clusters))[index]
    known = [(name, values) for name, values in outcomes if values.mean() > 0]
    if not known:
        return {int(cluster): () for cluster in clusters}
    columns = [members]
    for _, values in known:
        columns += [members * values[:, None], values[:, None]]
    table = np.hstack(columns)
    observed = table.mean(axis=0)[None]
    draws = bootstrap_means(table, random_state=random_state)

    width = len(clusters)
    found: dict[int, list[Lift]] = {int(cluster): [] for cluster in clusters}
    chances = holm([lot_p(values, index == place) for _, values in known for place in range(width)])
    for number, (name, values) in enumerate(known):
        start = width + number * (width + 1)
        everyone = start + width
        for place, cluster in enumerate(clusters.tolist()):
            mean = float(observed[0, start + place] / observed[0, place])
            lift = estimate(
                mean / float(observed[0, everyone]),
                _lifts(draws, start + place, place, everyone),
            )
            if mean == 0 and np.isin(values, (0.0, 1.0)).all():
                size = int((index == place).sum())
                highest = 1 - ((1 - CONFIDENCE) / 2) ** (1 / size)
                lift = Estimate(0.0, 0.0, rounded(highest / float(observed[0, everyone])))
            found[cluster].append(
                Lift(
                    outcome=name,
                    segment=rounded(mean),
                    everyone=rounded(float(observed[0, everyone])),
                    lift=lift,
                    p=rounded(chances[number * width + place]),
                )
            )
    return {cluster: tuple(lifts) for cluster, lifts in found.items()}


def _lifts(means: Floats, outcome: int, member: int, everyone: int) -> Floats:
    sizes = np.where(means[:, member] > 0, means[:, member], np.nan)
    whole = np.where(means[:, everyone] > 0, means[:, everyone], np.nan)
    found: Floats = means[:, outcome] / sizes / whole
    return found


def lot_p(values: Floats, members: NDArray[np.bool_]) -> float:
    """Return how often a segment drawn by lot would be as far from everyone, two-sided.

    For a binary outcome exactly, by the hypergeometric distribution (Fisher 1935). For an amount
    by a Pearson type III distribution with the exact first three moments of the sum over a
    sample drawn without replacement (Mielke, Berry & Johnson 1976), since a few customers who
    spend very much make it far from normal. Twice the smaller tail, at most 1.

    Parameters
    ----------
    values : shape (n_customers,)
    members : shape (n_customers,), who is in the segment.

    Examples
    --------
    Of six customers two bought, both in a segment of two: 1 of 15 pairs.

    >>> bought = np.array([1.0, 1.0, 0.0, 0.0, 0.0, 0.0])
    >>> round(lot_p(bought, bought > 0), 6)
    0.133333
    """
    n, size = len(values), int(members.sum())
    if size in (0, n) or values.min() == values.max():
        return 1.0
    if np.isin(values, (0.0, 1.0)).all():
        count, total = int(values[members].sum()), int(values.sum())
        tails = (
            hypergeom.cdf(count, n, total, size),
            hypergeom.sf(count - 1, n, total, size),
        )
    else:
        centred = values - values.mean()
        spread = np.sqrt(size * (n - size) / (n - 1) * np.mean(centred**2))
        third = size * (n - size) * (n - 2 * size) / ((n - 1) * max(n - 2, 1))
        skew = third * np.mean(centred**3) / spread**3
        apart = centred[members].sum() / spread
        tails = (pearson3.cdf(apart, skew), pearson3.sf(apart, skew))
    return min(1.0, 2 * float(min(tails)))


def holm(chances: Sequence[float]) -> list[float]:
    """Return p-values adjusted for all being looked at, in their order.

    Holm 1979: the smallest is multiplied by their number, the next by one less, and so on;
    none is below one before it, or above 1.

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    order = np.argsort(np.array(chances), kind="stable")
    adjusted = np.empty(len(chances))
    highest = 0.0
    for place, which in enumerate(order.tolist()):
        highest = max(highest, min(1.0, (len(chances) - place) * chances[which]))
        adjusted[which] = highest
    return [float(value) for value in adjusted]
