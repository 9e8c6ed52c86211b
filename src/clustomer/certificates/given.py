"""Groups that somebody else made: the tests that need no rule of theirs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from threadpoolctl import threadpool_limits

from clustomer.certificates.baselines import (
    Contest,
    Predictions,
    Target,
    by_segment,
    differences,
    individual,
    judge,
    rfm_labels,
    targets_of,
)
from clustomer.certificates.certificate import (
    Certificates,
    Estimate,
    Lift,
    Prediction,
    Predictive,
    Real,
    Reality,
    SegmentCertificate,
    Stable,
)
from clustomer.certificates.lifts import segment_lifts
from clustomer.certificates.prediction import mark_of, predictive_mark
from clustomer.certificates.usability import usable
from clustomer.certificates.verdict import verdict_of
from clustomer.customers import Customers, Holdout, Reason
from clustomer.segments import NearestCentroid, Segmentation, fit_scaling
from clustomer.segments.algorithms.algorithm import AlgorithmNote
from clustomer.segments.arrays import Labels
from clustomer.segments.exclusions import BOTS, bot_exclusions, included_rows
from clustomer.segments.matrix.clustered_features import clustered_features
from clustomer.segments.matrix.customer_matrix import cluster_sizes, feature_matrix
from clustomer.segments.matrix.undefined import undefined_in
from clustomer.segments.segmentation import BOTS_ID
from clustomer.segments.selection.selection import no_selection
from clustomer.thresholds import MIN_SEGMENT

FOLDS = 5
_GIVEN = Reason("given groups")


@dataclass(frozen=True, eq=False)
class GivenCertificates:
    """What was found of given groups.

    Attributes
    ----------
    certificates : Certificates
    against : mapping of figure to Estimate
        By how much the groups tell more than others, with an interval; empty without others.
    other : Baseline of those others, or None
    """

    certificates: Certificates
    against: Mapping[str, Estimate]
    other: Any = None


def given_segmentation(customers: Customers, groups: Sequence[str]) -> Segmentation:
    """Return given groups as a segmentation, so that they can be profiled and named.

    Clusters are numbered by falling size, of equal sizes by their names; `segment_ids` are G1,
    G2, ... Suspected bots are in none. The rule stands for the features in which groups are
    described; nobody is put into a group by it.

    Parameters
    ----------
    customers : Customers
    groups : the name of each customer's group, in the order of the table.
    """
    table = customers.table
    names = clustered_features(table)
    exclusions = bot_exclusions(table)
    rows = included_rows(table, exclusions)
    matrix = feature_matrix(table, names)
    scaling = fit_scaling(matrix[rows], names, [undefined_in(table, name) for name in names])
    order = group_order(groups)
    number = {name: place for place, name in enumerate(order)}
    inside = np.full(table.num_rows, False)
    inside[rows] = True
    labels = np.array([number[name] for name in groups], dtype=np.int32)
    labels = np.where(inside, labels, BOTS).astype(np.int32)
    missing = pa.nulls(table.num_rows, pa.float64())
    labelled = pa.table(
        {
            "user_id": table["user_id"],
            "cluster": pa.array(labels),
            "distance": missing,
            "border_distance": missing,
        }
    )
    points = np.zeros((len(order), len(scaling.features)))
    selection = replace(
        no_selection(len(order), (len(order), len(order)), len(rows)),
        k=len(order),
        rule="given",
        reason=Reason("given number", {"k": len(order)}),
    )
    return Segmentation(
        table=labelled,
        clusters=cluster_sizes(labelled),
        rule=NearestCentroid(scaling.features, points, exclusions),
        segment_ids={**{place: f"G{place + 1}" for place in range(len(order))}, BOTS: BOTS_ID},
        left_out={},
        selection=selection,
        projection=None,
        structure=True,
        fitted_customers=len(rows),
        random_state=0,
        algorithm=AlgorithmNote("given"),
    )


def group_order(groups: Sequence[str]) -> list[str]:
    """Return the names of groups by falling size, of equal sizes by name.

    >>> group_order(["b", "a", "c", "c"])
    ['c', 'a', 'b']
    """
    counts: dict[str, int] = {}
    for name in groups:
        counts[name] = counts.get(name, 0) + 1
    return sorted(counts, key=lambda name: (-counts[name], name))


def certify_given(
    customers: Customers,
    segmentation: Segmentation,
    holdout: Holdout | Reason,
    *,
    others: pa.Table | None = None,
    random_state: int = 0,
) -> GivenCertificates:
    """Test groups that were given: do they tell what their customers did next, are they usable?

    Nothing says by which rule a customer gets into such a group. So they cannot be made again of
    other customers (stability), nor looked for in simulated shops (reality): both are not tested.

    What customers did after the date of the holdout is predicted for each fifth of them by what the
    other four fifths of the same group did; no choice has seen any of them. Beside the groups stand
    RFM's ten segments and 125 cells, and gradient boosting for each customer singly, all in the
    same five folds.

    Parameters
    ----------
    customers : Customers
    segmentation : Segmentation
        `given_segmentation` of them.
    holdout : Holdout, or the reason why there is none
        Groups must have been made without what happened from its date on.
    others : pyarrow.Table, optional
        Other groups of the same customers, `user_id` and `segment_id`.
    random_state : int, default 0
    """
    ids = {c: name for c, name in segmentation.segment_ids.items() if c != BOTS}
    with threadpool_limits(1):
        used = usable(customers.table, segmentation, random_state=random_state)
    foretold = _Told(Prediction("not tested", why=holdout if isinstance(holdout, Reason) else None))
    if isinstance(holdout, Holdout):
        foretold = _foretold(segmentation, holdout, ids, others, random_state)
    certified = {
        segment_id: SegmentCertificate(
            segment_id,
            Stable("not tested", why=_GIVEN),
            Real("not tested", why=_GIVEN),
            foretold.segments.get(
                segment_id, Predictive("not tested", why=foretold.prediction.why)
            ),
            used[segment_id],
        )
        for segment_id in ids.values()
        if segment_id in used
    }
    reality = Reality("not tested", why=_GIVEN)
    verdict = verdict_of(certified, reality, foretold.prediction)
    certificates = Certificates(verdict, certified, reality, foretold.prediction)
    return GivenCertificates(certificates, foretold.against, foretold.other)


@dataclass(frozen=True, eq=False)
class _Told:
    prediction: Prediction
    segments: Mapping[str, Predictive] = field(default_factory=dict)
    against: Mapping[str, Estimate] = field(default_factory=dict)
    other: Any = None


def _foretold(
    segmentation: Segmentation,
    holdout: Holdout,
    ids: Mapping[int, str],
    others: pa.Table | None,
    random_state: int,
) -> _Told:
    table = holdout.customers.table
    labels = _aligned(table, segmentation.table, "cluster")
    people = labels >= 0
    other_labels = None
    if others is not None:
        codes = pc.dictionary_encode(others["segment_id"].combine_chunks()).indices
        coded_others = pa.table({"user_id": others["user_id"], "cluster": codes})
        other_labels = _aligned(table, coded_others, "cluster")
        people &= other_labels >= 0
    if len(np.unique(labels[people])) < 2:
        return _Told(Prediction("not tested", why=Reason("one segment before")))
    targets = [Target(t.name, t.values[people], t.binary) for t in targets_of(holdout)]
    table, labels = table.filter(pa.array(people)), labels[people]
    folds = _folds(table["user_id"].to_pylist())
    contest, ours, theirs = _contest(
        table, labels, targets, folds, None if other_labels is None else other_labels[people]
    )
    everyone = np.ones(len(labels), dtype=bool)
    judged: Contest = judge(contest, targets, everyone, random_state=random_state)
    outcomes = [(t.name, t.values) for t in targets if t.name != "capped"]
    lifts = segment_lifts(labels, outcomes, random_state=random_state)
    prediction = Prediction(
        mark=mark_of(judged.baselines[0]),
        date=holdout.date,
        window_days=round(holdout.window.days, 6),
        horizon_days=holdout.horizon_days,
        eligible=len(labels),
        validation=len(labels),
        baselines=judged.baselines,
        carried_auc=judged.carried_auc,
        carried_r2=judged.carried_r2,
        carried_visited=judged.carried_visited,
    )
    segments = {name: _predictive(labels == c, lifts.get(c, ())) for c, name in ids.items()}
    if theirs is None:
        return _Told(prediction, segments)
    apart = differences(ours, theirs, targets, everyone, random_state=random_state)
    [other] = judge([theirs], targets, everyone, random_state=random_state).baselines
    return _Told(prediction, segments, apart, other)


def _predictive(members: Any, lifts: tuple[Lift, ...]) -> Predictive:
    count = int(members.sum())
    if count < MIN_SEGMENT:
        why = Reason("few to validate", {"least": MIN_SEGMENT})
        return Predictive("not tested", customers=count, why=why)
    return Predictive(predictive_mark(lifts), None, count, lifts)


def _aligned(customers: pa.Table, labelled: pa.Table, name: str) -> Labels:
    """Return the label of each customer of a table; -1 for those without one."""
    place = pc.index_in(customers["user_id"], labelled["user_id"].combine_chunks())
    values = labelled[name].combine_chunks().take(place.combine_chunks())
    return np.asarray(pc.fill_null(values, BOTS).to_numpy(zero_copy_only=False), dtype=np.int64)


def _folds(user_ids: Sequence[str]) -> Labels:
    """Return the fold of each customer, by the MD5 of `user_id`."""
    import hashlib

    digests = (hashlib.md5(i.encode(), usedforsecurity=False).digest() for i in user_ids)
    return np.array([int.from_bytes(d[:4], "big") % FOLDS for d in digests], dtype=np.int64)


def _contest(
    table: pa.Table,
    labels: Labels,
    targets: Sequence[Target],
    folds: Labels,
    other_labels: Labels | None,
) -> tuple[list[Predictions], Predictions, Predictions | None]:
    """Predict everyone from the other folds, by each way to divide customers."""
    features = clustered_features(table)
    matrix = feature_matrix(table, features)
    parts: dict[str, list[tuple[Any, Predictions]]] = {}
    for fold in range(FOLDS):
        asked = folds == fold
        if not asked.any():
            continue
        ways = {"segments": labels, **rfm_labels(table, ~asked)}
        if other_labels is not None:
            ways["other"] = other_labels
        for name, way in ways.items():
            made = by_segment(name, way, targets, ~asked, asked)
            parts.setdefault(name, []).append((asked, made))
        alone = individual(matrix, targets, ~asked, asked)
        parts.setdefault("individual", []).append((asked, alone))
    joined = {name: _joined(name, made, len(labels)) for name, made in parts.items()}
    other = joined.pop("other", None)
    counts = {"segments": len(np.unique(labels))}
    ours = replace(joined["segments"], segments=counts["segments"])
    joined["segments"] = ours
    if other is not None and other_labels is not None:
        other = replace(other, segments=len(np.unique(other_labels)))
    return list(joined.values()), ours, other


def _joined(name: str, parts: Sequence[tuple[Any, Predictions]], rows: int) -> Predictions:
    values: dict[str, Any] = {}
    for asked, made in parts:
        for target, predicted in made.values.items():
            values.setdefault(target, np.full(rows, np.nan))[asked] = predicted
    return Predictions(name, parts[0][1].segments, values)
