"""What customers did next: in what marks the segment that they had before?"""

import numpy as np

from clustomer.certificates.resampling import bootstrap_means, estimate
from clustomer.facets.facet import NextPeriod
from clustomer.facets.marks import inside, marks_of
from clustomer.facets.structure import fit
from clustomer.facets.visits import Visits, roots, spread_of
from clustomer.segments.matrix.distances import nearest_point

FEWEST = 100
"""Customers with enough visits before the date and any after, below which it is not tested."""


def following(
    visits: Visits,
    k: int,
    bins: tuple[str, ...],
    date_s: int,
    least_visits: int,
    *,
    random_state: int,
) -> NextPeriod | None:
    """Make segments of the visits before a date, and look at the visits from then on.

    Segments are made anew, as many as there are, of what was known at the date alone. What counts
    is the share of a customer's later visits in the bins that marked the segment then, beside the
    share that everyone's later visits have in the same bins.

    Parameters
    ----------
    visits : Visits
    k : int
    bins : names of the bins
    date_s : seconds since 1970
    least_visits : that a customer must have before the date.

    Returns
    -------
    NextPeriod or None
        None where there are too few such customers, or nothing marked a segment.
    """
    early = visits.start_s < date_s
    before = np.bincount(visits.owner[early], minlength=len(visits.user_ids))
    after = visits.counts - before
    kept = (before >= least_visits) & (after > 0)
    if kept.sum() < FEWEST:
        return None
    earlier = _part(visits, early & kept[visits.owner])
    later = _part(visits, ~early & kept[visits.owner])
    spread = spread_of(earlier)
    matrix = roots(earlier.amounts(), earlier.counts, spread.shop, spread.strength)
    labels = nearest_point(matrix, fit(matrix, k, random_state)[0])[0]
    before_date = earlier.amounts() / earlier.counts[:, None]
    members_share = np.full(len(labels), np.nan)
    everyones_share = np.full(len(labels), np.nan)
    for cluster in range(k):
        members = labels == cluster
        marks = marks_of(before_date[members].mean(axis=0), np.asarray(spread.shop), bins)
        if marks:
            in_marks = inside(later.amounts(), later.counts, marks)
            members_share[members] = in_marks[members]
            everyones_share[members] = in_marks.mean()
    marked = ~np.isnan(members_share)
    columns = np.column_stack([members_share[marked], everyones_share[marked]])
    if not marked.any() or columns[:, 1].mean() <= 0:
        return None
    share, everyone = (float(mean) for mean in columns.mean(axis=0))
    means = bootstrap_means(columns, random_state=random_state)
    lift = estimate(share / everyone, means[:, 0] / means[:, 1])
    return NextPeriod(
        int(marked.sum()),
        round(share, 6),
        round(everyone, 6),
        lift.value,
        lift.low if lift.low is not None else lift.value,
        lift.high if lift.high is not None else lift.value,
    )


def _part(visits: Visits, inside: np.ndarray) -> Visits:
    """Return some of the visits; the numbers of customers are theirs alone."""
    owner = visits.owner[inside]
    present, numbered = np.unique(owner, return_inverse=True)
    return Visits(
        visits.shares[inside],
        numbered.astype(np.int64),
        visits.start_s[inside],
        tuple(visits.user_ids[number] for number in present),
    )
