"""Do segments tell what their customers do next? Asked of an earlier date and another half."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from clustomer.certificates.baselines import (
    Contest,
    by_segment,
    individual,
    judge,
    rfm_labels,
    targets_of,
)
from clustomer.certificates.certificate import (
    Baseline,
    Estimate,
    Lift,
    Mark,
    Prediction,
    Predictive,
)
from clustomer.certificates.lifts import segment_lifts
from clustomer.customers import Holdout
from clustomer.customers.reason import Reason
from clustomer.errors import InputError
from clustomer.segments import Rule, Segmentation
from clustomer.segments.arrays import Flags, Labels
from clustomer.segments.exclusions import BOTS, bot_exclusions, columns_of, included_rows
from clustomer.segments.matrix.customer_matrix import feature_matrix
from clustomer.segments.refit import labels_of, refit_rule
from clustomer.segments.validity.stability import jaccard_matrix
from clustomer.thresholds import (
    AUC_NEEDED,
    EFFECT,
    LEVEL,
    MATCHED,
    MIN_SEGMENT,
    R2_NEEDED,
)

BINARY_OUTCOMES = frozenset({"bought", "visited"})
WIDER = 1.2214
"""An interval at 98.3 % over one at 95 %, both of a normal distribution: for three figures."""


def predict(
    segmentation: Segmentation, holdout: Holdout | Reason, *, random_state: int = 0
) -> tuple[Prediction, dict[str, Predictive]]:
    """Test whether segments tell what their customers do next.

    1. The segments are made again of the selection half as it was at the holdout date, with as
       many clusters and the same algorithm; scaling is learned there too.
    2. Everyone gets a segment by that rule. What the validation half did from the date on, which
       nothing was chosen by, gives the lift of each segment and outcome (`segment_lifts`).
    3. A shipped segment has the results of the one at the date that is the same, if there is one
       (`same_segments`); else it is not tested.
    4. The contest: what the selection half did in each segment predicts what the validation half
       does, beside RFM's ten segments and 125 cells, KMeans with the number of clusters that
       the silhouette alone would take, and gradient boosting for each customer singly, on the
       same features (`baselines.judge`).

    Parameters
    ----------
    segmentation : Segmentation
        As shipped, of the whole window.
    holdout : Holdout, or Reason
        The reason says why there is none; nothing is tested then.
    random_state : int, default 0
        Seeds the resamples and the individual model; the fits have the segmentation's own seed.

    Returns
    -------
    prediction : Prediction
        Pass where the segments have an AUC of `AUC_NEEDED` or more for buying or visiting, or
        explain `R2_NEEDED` of the variance of capped revenue, with an interval that excludes
        telling nothing (widened by Bonferroni's method, as three figures are three chances to be
        lucky); weak where they reach less, or only the plain interval excludes it.
    segments : dict of segment id to Predictive, without suspected bots
        Pass where a lift differs from 1 (Holm-adjusted p below `LEVEL`) by `EFFECT` or more, or,
        of what most customers do, the lift of not doing it; weak where it differs by less. Not
        tested below `MIN_SEGMENT` customers of the validation half.
    """
    ids = {cluster: name for cluster, name in segmentation.segment_ids.items() if cluster != BOTS}
    if isinstance(holdout, Reason):
        return _untested(holdout, ids)
    if segmentation.k < 2:
        return _untested(Reason("one segment"), ids)
    table = holdout.customers.table
    try:
        refit = refit_rule(segmentation, _half(table, segmentation, holdout.selection))
    except InputError:
        # a grid needs orders
        return _untested(Reason("no orders before"), ids)
    rows = included_rows(table, refit.exclusions)
    labels = labels_of(table, refit, rows)
    people = labels != BOTS
    if len(np.unique(labels[people])) < 2:
        return _untested(Reason("one segment before"), ids)
    validation = holdout.validation & people
    targets = targets_of(holdout)
    outcomes = [(t.name, t.values[validation]) for t in targets if t.name != "capped"]
    lifts = segment_lifts(labels[validation], outcomes, random_state=random_state)
    same = same_segments(segmentation, table, labels, list(ids))
    segments = {
        name: _predictive(same.get(cluster), labels[validation], lifts)
        for cluster, name in ids.items()
    }
    contest = _contest(holdout, segmentation, refit, labels, random_state)
    return (
        Prediction(
            mark=mark_of(contest.baselines[0]),
            date=holdout.date,
            window_days=round(holdout.window.days, 6),
            horizon_days=holdout.horizon_days,
            eligible=int(people.sum()),
            validation=int(validation.sum()),
            baselines=contest.baselines,
            carried_auc=contest.carried_auc,
            carried_r2=contest.carried_r2,
            carried_visited=contest.carried_visited,
        ),
        segments,
    )


def same_segments(
    segmentation: Segmentation, customers: pa.Table, theirs: Labels, clusters: list[int]
) -> dict[int, tuple[int, float]]:
    """Return for each cluster the most similar one of a refit, with the Jaccard similarity.

    Both rules are applied to the same customers. The segmentation's own was learned over a longer
    window, in which everyone has more events: its centroids keep their places in standard
    deviations, while scaling is learned from these customers. So a segment is what its
    customers are beside everyone else, not how much a number of days lets them do.

    Parameters
    ----------
    segmentation : Segmentation
    customers : pyarrow.Table, at the holdout date.
    theirs : the clusters of these customers by the refit, -1 for suspected bots.
    clusters : of the segmentation, those to find.
    """
    rows = np.flatnonzero(theirs != BOTS)
    rule = segmentation.rule.restated(customers, rows)
    if rule is None:
        return {}
    ours = labels_of(customers, rule, rows)
    partners = np.unique(theirs[theirs != BOTS])
    # shifted, since noise has a negative number too and is to be found like any other
    low = min(int(ours.min()), int(theirs.min()), 0)
    here = np.array(sorted({c for c in clusters if (ours == c).any()}), dtype=np.int64)
    similarity = jaccard_matrix(ours - low, np.where(theirs == BOTS, -1, theirs - low), here - low)
    return {
        int(cluster): (int(partners[row.argmax()]), float(row.max()))
        for cluster, row in zip(here, similarity, strict=True)
    }


def _untested(why: Reason, ids: dict[int, str]) -> tuple[Prediction, dict[str, Predictive]]:
    untested = Predictive("not tested", why=why)
    return Prediction("not tested", why=why), dict.fromkeys(ids.values(), untested)


def _predictive(
    same: tuple[int, float] | None, labels: Labels, lifts: dict[int, tuple[Lift, ...]]
) -> Predictive:
    if same is None:
        return Predictive("not tested", why=Reason("nobody alike before"))
    cluster, matched = same
    matched = round(matched, 6)
    if matched < MATCHED:
        return Predictive(
            "not tested",
            matched=matched,
            why=Reason("no match before"),
        )
    customers = int((labels == cluster).sum())
    if customers < MIN_SEGMENT:
        return Predictive(
            "not tested",
            matched=matched,
            customers=customers,
            why=Reason("few to validate", {"least": MIN_SEGMENT}),
        )
    tested = lifts.get(cluster, ())
    return Predictive(predictive_mark(tested), matched, customers, tested)


def predictive_mark(lifts: Sequence[Lift]) -> Mark:
    """Return the mark of a segment, from its lifts.

    >>> predictive_mark([Lift("bought", 0.3, 0.2, Estimate(1.5), 0.01)])
    'pass'
    >>> predictive_mark([Lift("bought", 0.22, 0.2, Estimate(1.1), 0.01)])
    'weak'
    """
    if any(lift.p < LEVEL for lift in lifts):
        return "pass" if any(_far(lift) for lift in lifts) else "weak"
    return "fail"


def mark_of(segments: Baseline) -> Mark:
    """Return the mark of all segments together, from their figures in the contest.

    >>> mark_of(Baseline("segments", 3, Estimate(0.7, 0.6, 0.8), None, None, None))
    'pass'
    """
    figures = [
        (figure, nothing, enough)
        for figure, nothing, enough in (
            (segments.auc, 0.5, AUC_NEEDED),
            (segments.visited_auc, 0.5, AUC_NEEDED),
            (segments.r2_capped, 0.0, R2_NEEDED),
        )
        if figure is not None
    ]
    if any(f.value >= enough and _above(f, nothing, WIDER) for f, nothing, enough in figures):
        return "pass"
    return "weak" if any(_above(f, nothing) for f, nothing, _ in figures) else "fail"


def _far(lift: Lift) -> bool:
    """Tell whether a lift differs from 1 by as much as is worth stating, and not by chance.

    Where most customers do a thing, nobody can do it a fifth more often, and what tells customers
    apart is who does not: the rarer side is compared.

    >>> nearly_all = Lift("bought", 0.8, 0.95, Estimate(0.842105), 0.001)
    >>> _far(nearly_all)  # 20 % do not buy, of everyone 5 %
    True
    """
    apart = lift.lift.value
    if lift.outcome in BINARY_OUTCOMES and 0.5 < lift.everyone < 1:
        apart = (1 - lift.segment) / (1 - lift.everyone)
    return lift.p < LEVEL and abs(apart - 1) >= EFFECT


def _above(figure: Estimate, nothing: float, wider: float = 1.0) -> bool:
    if figure.low is None:
        return False
    return figure.low - (wider - 1.0) * (figure.value - figure.low) > nothing


def _half(table: pa.Table, segmentation: Segmentation, selection: Flags) -> pa.Table:
    """Return those who may influence choices, with what a refit looks at of them.

    Every column would be a copy of half of the table.
    """
    features = {*segmentation.rule.features, *segmentation.left_out}
    wanted = {"user_id", *features, *columns_of(bot_exclusions(table))}
    names = [name for name in table.column_names if name in wanted]
    return table.select(names).filter(pa.array(selection))


def _silhouette_labels(
    table: pa.Table,
    segmentation: Segmentation,
    refit: Rule,
    people: Flags,
    selection: Flags,
    k: int,
) -> Labels:
    """Return the clusters of KMeans with the K that the silhouette would choose."""
    same = (segmentation.algorithm.name, segmentation.k) == ("kmeans", k)
    if same and segmentation.rare is None:
        return labels_of(table, refit, np.flatnonzero(people))
    half = _half(table, segmentation, selection)
    other = refit_rule(segmentation, half, algorithm="kmeans", k=k)
    return labels_of(table, other, np.flatnonzero(people))


def _contest(
    holdout: Holdout,
    segmentation: Segmentation,
    refit: Rule,
    labels: Labels,
    random_state: int,
) -> Contest:
    table, people = holdout.customers.table, labels != BOTS
    selection, validation = holdout.selection & people, holdout.validation & people
    targets = targets_of(holdout)
    ways = {"segments": labels, **rfm_labels(table, selection)}
    highest = segmentation.selection.silhouette_k
    if highest is not None:
        ways["kmeans_silhouette"] = _silhouette_labels(
            table, segmentation, refit, people, selection, highest
        )
    predictions = [
        by_segment(name, way, targets, selection, validation) for name, way in ways.items()
    ]
    del ways
    # of very many customers the matrix is not kept until the resamples are drawn
    predictions.append(
        individual(
            feature_matrix(table, list(refit.features)),
            targets,
            selection,
            validation,
            random_state=random_state,
        )
    )
    return judge(predictions, targets, validation, random_state=random_state)
