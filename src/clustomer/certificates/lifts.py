"""What a segment's customers did later beside everyone, and whether chance would give as much."""

from collections.abc import Sequence

import numpy as np
from scipy.stats import hypergeom

from clustomer.certificates.certificate import Estimate, Lift
from clustomer.certificates.resampling import bootstrap_means, estimate, rounded
from clustomer.segments.arrays import Flags, Floats, Labels
from clustomer.segments.matrix.scaling import skewness
from clustomer.segments.validity.label_codes import coded
from clustomer.thresholds import CONFIDENCE

FEWEST_PERMUTATIONS = 1_999
"""Enough for a p-value of 0.001, which 50 hypotheses multiply to 0.05."""
_PERMUTATIONS_PER_HYPOTHESIS = 100
SKEWED = 0.2
"""The skewness of drawn segments' means from which resamples of a segment alone mislead."""
_TIE = 1e-9
"""Relative: sums of the same amounts in another order differ by less."""


def segment_lifts(
    labels: Labels,
    outcomes: Sequence[tuple[str, Floats]],
    *,
    random_state: int = 0,
) -> dict[int, tuple[Lift, ...]]:
    """Return for each segment the lift of each outcome, with its interval and adjusted p.

    The lift is the segment's mean per customer over everyone's. p is of the hypothesis that the
    segment is as good as drawn by lot, two-sided, adjusted by Holm's method over all segments
    and outcomes: exact for a binary outcome (`exact_p`), by permutations for an amount
    (`permuted_lifts`), whose tail may be so heavy that no formula holds.

    The interval is from customers drawn anew (`bootstrap_means`). Resamples of few customers
    seldom hold the few who spend most, and such an interval is too short: where the means of
    segments drawn by lot are skewed by more than `SKEWED`, an amount's interval is the hull of
    the resampled one and of the lifts that the permutations do not refute (`not_refuted`). Where
    nobody in the segment has a binary outcome, the upper bound is that of the exact binomial
    interval (Clopper & Pearson 1934).

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
    >>> lifts = segment_lifts(labels, [("bought", bought)])
    >>> [(lift.segment, lift.everyone, lift.lift.value) for lift in lifts[0]]
    [(0.5, 0.25, 2.0)]
    """
    clusters, index = coded(labels)
    defined = [(name, values) for name, values in outcomes if values.mean() > 0]
    if not defined:
        return {int(cluster): () for cluster in clusters}
    width = len(clusters)
    draws = _resampled_lifts(index, width, defined, random_state)
    permutations = max(FEWEST_PERMUTATIONS, _PERMUTATIONS_PER_HYPOTHESIS * width * len(defined) - 1)
    columns = []
    for (name, values), resampled in zip(defined, draws, strict=True):
        by_lot = None
        if not _is_binary(values):
            by_lot = permuted_lifts(
                values, index, permutations=permutations, random_state=random_state
            )
        columns.append(_column(name, values, index, width, resampled, by_lot))
    adjusted = iter(holm([p for column in columns for _, p in column]))
    lifts = [[_with_p(lift, next(adjusted)) for lift, _ in column] for column in columns]
    return {
        int(cluster): tuple(column[place] for column in lifts)
        for place, cluster in enumerate(clusters.tolist())
    }


def _column(
    name: str,
    values: Floats,
    index: Labels,
    width: int,
    resampled: Floats,
    by_lot: Floats | None,
) -> list[tuple[Lift, float]]:
    """Return each segment's lift of one outcome, and its p before adjustment."""
    everyone = float(values.mean())
    column = []
    for place in range(width):
        members = index == place
        mean = float(values[members].mean())
        lift = estimate(mean / everyone, resampled[:, place])
        if by_lot is None:
            p = exact_p(values, members)
            if mean == 0:
                highest = 1 - ((1 - CONFIDENCE) / 2) ** (1 / int(members.sum()))
                lift = Estimate(0.0, 0.0, rounded(highest / everyone))
        else:
            p = permutation_p(mean / everyone, by_lot[:, place])
            if skewness(by_lot[:, place]) > SKEWED:
                lift = _hull(lift, not_refuted(mean / everyone, by_lot[:, place]))
        column.append((Lift(name, rounded(mean), rounded(everyone), lift, p), p))
    return column


def _with_p(lift: Lift, p: float) -> Lift:
    return Lift(lift.outcome, lift.segment, lift.everyone, lift.lift, rounded(p))


def _is_binary(values: Floats) -> bool:
    return bool(np.isin(values, (0.0, 1.0)).all())


def _resampled_lifts(
    index: Labels, width: int, outcomes: Sequence[tuple[str, Floats]], random_state: int
) -> list[Floats]:
    """Return for each outcome the lifts among customers drawn anew, (resamples, segments)."""
    members = np.eye(width)[index]
    columns = [members]
    for _, values in outcomes:
        columns += [members * values[:, None], values[:, None]]
    means = bootstrap_means(np.hstack(columns), random_state=random_state)
    sizes = np.where(means[:, :width] > 0, means[:, :width], np.nan)
    lifts = []
    for number in range(len(outcomes)):
        start = width + number * (width + 1)
        everyone = means[:, [start + width]]
        lifts.append(
            means[:, start : start + width] / sizes / np.where(everyone > 0, everyone, np.nan)
        )
    return lifts


def permuted_lifts(
    values: Floats, index: Labels, *, permutations: int, random_state: int = 0
) -> Floats:
    """Return the lifts of segments of the same sizes that are drawn by lot.

    Who spent nothing adds nothing to any sum, so only the segments of the others are drawn.

    Parameters
    ----------
    values : shape (n_customers,), with a positive mean.
    index : shape (n_customers,), the segment of each, from 0 without gaps.
    permutations : int
    random_state : int, default 0

    Returns
    -------
    ndarray of shape (permutations, n_segments)

    Examples
    --------
    >>> lifts = permuted_lifts(np.array([3.0, 0.0, 0.0]), np.array([0, 1, 1]), permutations=9)
    >>> sorted({(one, two) for one, two in lifts.round(2).tolist()})
    [(0.0, 1.5), (3.0, 0.0)]
    """
    sizes = np.bincount(index)
    amounts = values[values != 0]
    random = np.random.default_rng(random_state)
    places = np.arange(len(sizes)).astype(np.min_scalar_type(len(sizes)))
    sums = np.empty((permutations, len(sizes)))
    counts = random.multivariate_hypergeometric(
        sizes, len(amounts), size=permutations, method="marginals"
    )
    for row, drawn in zip(sums, counts, strict=True):
        owners = np.repeat(places, drawn)
        random.shuffle(owners)
        row[:] = np.bincount(owners, weights=amounts, minlength=len(sizes))
    return np.asarray(sums / sizes / values.mean())


def permutation_p(observed: float, by_lot: Floats) -> float:
    """Return how often lots give a lift as far out as the observed one: twice the smaller tail.

    The observed division counts as one of the permutations, so that p is never 0
    (Phipson & Smyth 2010, doi:10.2202/1544-6115.1585).

    >>> permutation_p(2.0, np.array([0.5, 0.8, 1.1, 1.6]))
    0.4
    """
    tie = _TIE * max(1.0, abs(observed))
    above = np.count_nonzero(by_lot >= observed - tie)
    below = np.count_nonzero(by_lot <= observed + tie)
    return min(1.0, 2.0 * (1 + int(min(above, below))) / (1 + len(by_lot)))


def not_refuted(observed: float, by_lot: Floats) -> Estimate:
    """Return a lift with the interval of those that permutations do not refute.

    A segment that spends `t` times as much as it would by lot has a lift of `t` times a drawn
    one; those `t` at which the observed lift is among the middle 95 % of the drawn ones are kept
    (a test turned into an interval). Where more than 2.5 % of the lots spend nothing no factor
    is too high, and the bound is that of an added amount instead.

    >>> not_refuted(1.5, np.linspace(0.5, 1.5, 101))
    Estimate(value=1.5, low=1.01695, high=2.85714)
    """
    tail = (1 - CONFIDENCE) / 2
    low, high = (float(bound) for bound in np.quantile(by_lot, [tail, 1 - tail]))
    if observed <= 0:
        # who can only spend cannot have spent less than nothing
        lowest = 0.0 if by_lot.min() >= 0 else observed + 1 - high
        return Estimate(rounded(observed), rounded(lowest), rounded(observed + 1 - low))
    highest = observed / low if low > 0 else observed + 1 - low
    lowest = observed / high if high > 0 else observed
    return Estimate(rounded(observed), rounded(lowest), rounded(highest))


def _hull(one: Estimate, other: Estimate) -> Estimate:
    if one.low is None or one.high is None:
        return other
    assert other.low is not None
    assert other.high is not None
    return Estimate(one.value, min(one.low, other.low), max(one.high, other.high))


def exact_p(values: Floats, members: Flags) -> float:
    """Return how often a segment drawn by lot would differ as much in a binary outcome.

    By the hypergeometric distribution (Fisher 1935): twice the smaller tail, at most 1.

    Parameters
    ----------
    values : shape (n_customers,), each 0 or 1.
    members : shape (n_customers,), who is in the segment.

    Examples
    --------
    Of six customers two bought, both in a segment of two: 1 of 15 pairs.

    >>> bought = np.array([1.0, 1.0, 0.0, 0.0, 0.0, 0.0])
    >>> round(exact_p(bought, bought > 0), 6)
    0.133333
    """
    n, size = len(values), int(members.sum())
    if size in (0, n) or values.min() == values.max():
        return 1.0
    count, total = int(values[members].sum()), int(values.sum())
    tails = (
        hypergeom.cdf(count, n, total, size),
        hypergeom.sf(count - 1, n, total, size),
    )
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
