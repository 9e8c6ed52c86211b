"""Customers in, segments out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pyarrow as pa

from clustomer.customers import Holdout, Reason
from clustomer.errors import InputError, UsageError
from clustomer.segments.algorithms.algorithm import Algorithm, AlgorithmNote
from clustomer.segments.algorithms.dendrogram import Dendrogram
from clustomer.segments.algorithms.registry import algorithm_of, check_algorithm
from clustomer.segments.arrays import Integers, Matrix
from clustomer.segments.exclusions import BOTS, NOISE, Exclusion, bot_exclusions, included_rows
from clustomer.segments.matrix.clustered_features import clustered_features
from clustomer.segments.matrix.customer_matrix import (
    cluster_sizes,
    customer_table,
    feature_matrix,
)
from clustomer.segments.matrix.distinct import count_distinct
from clustomer.segments.matrix.projection import Projection, fit_axes, loadings, project
from clustomer.segments.matrix.scaling import ScaledFeature, Scaling, fit_scaling, scale
from clustomer.segments.matrix.undefined import undefined_in
from clustomer.segments.rules.nearest_centroid import NearestCentroid
from clustomer.segments.rules.numbering import published
from clustomer.segments.rules.rule import Rule
from clustomer.segments.selection.choosers import Choosers
from clustomer.segments.selection.fit import Fit, fit_rule
from clustomer.segments.selection.holdout_split import holdout_view
from clustomer.segments.selection.k_range import check_choice, is_whole
from clustomer.segments.selection.rare_members import CROWD, RareMembers, with_centroids
from clustomer.segments.selection.selection import Selection, no_selection
from clustomer.segments.selection.weights import Asked, Weights, weights_of

MAX_FIT_CUSTOMERS = 1_000_000
BOTS_ID, BOTS_NAME = "bots", "Suspected bots"
NOISE_ID, NOISE_NAME = "noise", "In no group"
"""Those who are in no segment, as they are stored and called."""

_KMEANS = AlgorithmNote("kmeans")


@dataclass(frozen=True, eq=False)
class Segmentation:
    """What `segment` or `rfm` found; everything needed to give the next customer a segment.

    Attributes
    ----------
    table : pyarrow.Table
        `user_id`, `cluster` (int32; -1 for suspected bots, -2 for noise) and `distance` to the
        cluster's centroid or nearest exemplar in standard deviations (NULL for bots, for noise,
        and for a grid), `border_distance` (see `assignment_query`), sorted by `user_id`.
    clusters : dict
        Customers per cluster; -1 only where there are suspected bots, -2 only where there are
        customers whom a density algorithm leaves in no group ("noise").
    rule : Rule
        How a customer gets a cluster; `assign` runs it.
    segment_ids : dict
        Cluster to segment id, for every cluster that the rule can give.
    left_out : dict
        Feature to the reason why it was not clustered, as data.
    selection : Selection
    projection : Projection, or None for a grid
    structure : bool
        False where only one cluster could be made: fewer than two different customers, or
        nothing in which they differ.
    fitted_customers : int
        Customers in the fit: all but bots, or the sample.
    random_state : int
    algorithm : AlgorithmNote
        What found the segments, with the parameters that it used.
    dendrogram : Dendrogram, or None where the algorithm builds no tree
    weights : Weights, or None for a grid
        What was learned of how much each feature counts; what it counts is in the scaling.
    rare : RareMembers, or None where no rare kind was set apart
        Who had no say in the number of segments; see `Selection.rare_clusters`.
    """

    table: pa.Table
    clusters: dict[int, int]
    rule: Rule
    segment_ids: dict[int, str]
    left_out: dict[str, Reason]
    selection: Selection
    projection: Projection | None
    structure: bool
    fitted_customers: int
    random_state: int
    algorithm: AlgorithmNote = _KMEANS
    dendrogram: Dendrogram | None = None
    weights: Weights | None = None
    rare: RareMembers | None = None

    @property
    def k(self) -> int:
        """The number of clusters, suspected bots and noise not counted."""
        return self.selection.k

    @property
    def exclusions(self) -> tuple[Exclusion, ...]:
        """Who is in no cluster."""
        return self.rule.exclusions

    @property
    def scaling(self) -> tuple[ScaledFeature, ...]:
        """The features that were clustered, in order of priority; none for a grid."""
        return self.rule.scaling


def segment(
    customers: object,
    *,
    algorithm: str = "kmeans",
    k: int | Literal["auto"] = "auto",
    k_range: Sequence[int] = (2, 10),
    features: Sequence[str] | None = None,
    holdout: Holdout | Reason | None = None,
    weights: Asked | Mapping[str, float] = "learned",
    criteria: Literal["all", "deciding"] = "all",
    random_state: int = 0,
    max_fit_customers: int = MAX_FIT_CUSTOMERS,
    rare: RareMembers | None = None,
) -> Segmentation:
    """Divide customers into segments of similar behaviour.

    Suspected bots step aside, features are filled, rooted where skewed and standardised
    (`fit_scaling`), the algorithm is fitted for every K of the range and one K is taken
    (`SelectK`), and each customer gets a cluster by an SQL rule (`assign`): with KMeans the
    nearest centroid. DBSCAN and HDBSCAN find the number of clusters themselves, and leave
    customers in no group: these get the cluster -2, and where there is no dense region at all
    everyone is in one cluster. Clusters are numbered from 0 by falling size; of equal sizes the
    centroid that is lower in the first feature, then the second, comes first. Neither the order
    of the rows nor the number of threads changes anything.

    Parameters
    ----------
    customers : any Arrow, pandas or Polars table, or the result of `customer_features`
        One row per customer: `user_id` and numeric features, NULL or NaN where undefined.
        What stands in for an undefined value is the field's metadata `undefined`, else what
        the declared feature of that name says (the largest value of the column where that is
        the length of the window), else the column's median.
    algorithm : str, default "kmeans"
        "kmeans", "ward" (hierarchical), "dbscan", "hdbscan" or "gmm" (Gaussian mixture): see
        `docs/explanation/algorithms.md`. All but KMeans are fitted to a stratified sample of
        some thousand customers, and everyone gets a cluster by the rule.
    k : "auto" or int, default "auto"
        The number of clusters. With a number, `k_range` is evaluated all the same. DBSCAN and
        HDBSCAN take neither.
    k_range : (lowest, highest), default (2, 10)
        Numbers of clusters to try, clipped to the number of different customers.
    features : names of columns, most important first, optional
        By default the declared clustering features that the table has, or every numeric
        column of a table that has none of the declared names.
    holdout : Holdout, or the reason why there is none, optional
        Of the same shop, as `split_holdout` returns it: K is then chosen by what its segments
        tell of what the selection half of the customers did next. With a reason it is chosen as
        without a holdout.
    weights : "learned", "equal" or mapping of feature to weight, default "learned"
        How much each feature counts. "learned" takes it from what the feature told of what the
        selection half did next (`Weights`), and is "equal" without a holdout, or with a horizon
        of less than a week. A feature that a mapping does not name counts 1.
    criteria : "all" or "deciding", default "all"
        Whether to measure for every K also what does not decide, as `SelectK` says.
    random_state : int, default 0
        The seed of the starting points and of the silhouette's sample.
    max_fit_customers : int, default 1,000,000
        Where there are more, the fit uses the sample with the lowest MD5 of `user_id`, and
        all get their cluster by the rule.
    rare : RareMembers, optional
        Members of rare kinds, as `rare_members` finds them. Where K is chosen and customers belong
        to the nearest centroid, they have no say in it: weights, scaling, K and fit are those of
        all others. Then a kind has a centroid of its own where that sets it apart
        (`with_centroids`), and all customers get a cluster by the rule. K and the kinds together
        stay within `k_range`; where that leaves nothing to choose, nobody is set apart.

    Raises
    ------
    UsageError
        If an argument makes no sense: an unknown algorithm or feature, a feature that is no
        number, a `k` that is no whole number, below 1 or above the number of different
        customers, or given to an algorithm that finds it.
    InputError
        If the table has no customers, no usable `user_id` or nothing to cluster by.

    Examples
    --------
    >>> import clustomer.segments as segments
    >>> customers = pa.table(
    ...     {
    ...         "user_id": ["ann", "bob", "cem", "dee", "eve", "fay"],
    ...         "orders": [1.0, 2.0, 1.0, 9.0, 8.0, 9.0],
    ...         "days": [90.0, 80.0, 99.0, 1.0, 2.0, 5.0],
    ...     }
    ... )
    >>> found = segment(customers, k=2, features=["orders"])
    >>> found.table["cluster"].to_pylist()
    [0, 0, 0, 1, 1, 1]
    >>> found.clusters
    {0: 3, 1: 3}
    """
    lowest, highest = check_choice(k, k_range, random_state)
    check_algorithm(algorithm, k)
    if not is_whole(max_fit_customers) or max_fit_customers < 2:
        raise UsageError(f"max_fit_customers is {max_fit_customers}, expected at least 2.")
    table = customer_table(customers)
    if table.num_rows == 0:
        raise InputError("The table has no customers. Give one with at least one row.")
    names = clustered_features(table, features)
    exclusions = bot_exclusions(table)
    rows = included_rows(table, exclusions, int(max_fit_customers))
    chosen = algorithm_of(algorithm)
    matrix = feature_matrix(table.select(names), names)
    everyone, rare = rows, _set_apart(rare, chosen, k, (lowest, highest))
    if rare is not None:
        highest, holdout = highest - rare.count, rare.left_out_of(holdout)
        rows = rows[rare.kinds_of(table["user_id"])[rows] == CROWD]
    learned, counted = weights_of(weights, holdout, names)
    undefined = [undefined_in(table, name) for name in names]
    scaling = fit_scaling(matrix[rows], names, undefined, weights=counted)
    _check_distinct(k, scaling)
    fitted = Fit(None, no_selection(k, (lowest, highest), len(rows)), AlgorithmNote(algorithm))
    choosing = np.ones(len(rows), dtype=bool)
    if scaling.features and len(rows) > 1:
        view = None
        if isinstance(holdout, Holdout) and k == "auto" and chosen.takes_k:
            asked, ids = (lowest, highest), table["user_id"].take(rows)
            view = holdout_view(
                holdout, names, chosen.estimator(), asked, ids,
                weights=counted, random_state=random_state,
            )  # fmt: skip
            choosing = view.rows
        repeats = k == "auto" and criteria == "all" and highest > lowest and not chosen.is_slow
        fitted = fit_rule(
            scaling, exclusions, chosen, k, (lowest, highest), random_state,
            view=view,
            choosers=Choosers(
                matrix[rows][choosing],
                names,
                undefined,
                table["user_id"].take(rows[choosing]).combine_chunks(),
                holdout if isinstance(holdout, Holdout) else None,
                "learned" if weights == "learned" else counted,
            )
            if repeats
            else None,
            criteria=criteria,
        )  # fmt: skip
    kept = [names.index(feature.name) for feature in scaling.features]
    matrix = matrix[:, kept]
    if rare is not None:
        scaled = scale(matrix[everyone], scaling.features)
        fitted, rare = _beside_rare(fitted, rare, table["user_id"].take(everyone), scaled)
    segmentation = _published(
        fitted, table, names, matrix, scaling, exclusions, len(everyone), rare, random_state
    )
    return replace(
        segmentation,
        weights=learned,
        selection=_repeated(fitted, segmentation, rows[choosing]),
    )


def _set_apart(
    rare: RareMembers | None,
    algorithm: Algorithm,
    k: int | Literal["auto"],
    k_range: tuple[int, int],
) -> RareMembers | None:
    """Return those who have no say in the number of segments, where there is one to choose."""
    if rare is None or not rare.count or not (algorithm.takes_k and algorithm.has_centroids):
        return None
    return rare if k == "auto" and k_range[1] - rare.count > k_range[0] else None


def _beside_rare(
    fitted: Fit, rare: RareMembers, user_ids: pa.ChunkedArray, scaled: Matrix
) -> tuple[Fit, RareMembers]:
    """Return the fit with a cluster for each rare kind that can be one, and the members."""
    if fitted.rule is None:
        return fitted, rare
    n_crowd = len(fitted.rule.centres)
    rule, rare = with_centroids(fitted.rule, scaled, rare, rare.kinds_of(user_ids))
    return replace(fitted, rule=rule, rare=tuple(range(n_crowd, len(rule.centres)))), rare


def _repeated(fitted: Fit, segmentation: Segmentation, choosers: Integers) -> Selection:
    """Return the selection with what came of doing everything again."""
    if fitted.draws is None:
        return segmentation.selection
    labels = segmentation.table["cluster"].to_numpy()[choosers].astype(np.int64)
    labels[np.isin(labels, segmentation.selection.rare_clusters)] = NOISE
    return replace(segmentation.selection, repetition=fitted.draws.judge(labels))


def _check_distinct(k: int | Literal["auto"], scaling: Scaling) -> None:
    if k == "auto" or not len(scaling.matrix) or count_distinct(scaling.matrix, enough=k) >= k:
        return
    distinct = len(np.unique(scaling.matrix, axis=0)) if scaling.features else 1
    raise UsageError(
        f"k is {k}, but there are only {distinct:,} different customers in the features "
        f'that are clustered. Ask for at most {distinct:,}, or for "auto".'
    )


def _published(
    fitted: Fit,
    table: pa.Table,
    names: list[str],
    matrix: Matrix,
    scaling: Scaling,
    exclusions: tuple[Exclusion, ...],
    fitted_customers: int,
    rare: RareMembers | None,
    random_state: int,
) -> Segmentation:
    """Return the segmentation whose labels are those of the rule, for all customers."""
    alone = NearestCentroid(scaling.features, np.zeros((1, len(scaling.features))), exclusions)
    rule, labelled, numbers = published(table, fitted.rule or alone, names)
    selection = replace(fitted.selection, k=len(rule.centres))
    if rare is not None:
        clusters: list[int] = sorted(numbers[cluster] for cluster in fitted.rare)
        crowd_k = selection.k - len(clusters)
        reason = selection.reason.also(rare_clusters=clusters, crowd_k=crowd_k)
        selection = replace(selection, reason=reason)
    return Segmentation(
        table=labelled,
        clusters=cluster_sizes(labelled),
        rule=rule,
        segment_ids={
            **{cluster: f"S{cluster + 1}" for cluster in range(len(rule.centres))},
            **({NOISE: NOISE_ID} if rule.leaves_noise else {}),
            BOTS: BOTS_ID,
        },
        left_out=scaling.left_out,
        selection=selection,
        projection=_projection(scaling.features, scaling.matrix, labelled, matrix),
        structure=fitted.rule is not None and fitted.selection.rule != "single",
        fitted_customers=fitted.algorithm.sample_customers or fitted_customers,
        random_state=random_state,
        algorithm=fitted.algorithm,
        dendrogram=fitted.tree.renumbered(numbers) if fitted.tree else None,
        rare=rare,
    )


def with_ids(segmentation: Segmentation) -> pa.Table:
    """Return the customers of a segmentation with the ids of their segments."""
    table, ids = segmentation.table, segmentation.segment_ids
    column = pa.array([ids[cluster] for cluster in table["cluster"].to_pylist()], pa.string())
    return table.append_column("segment_id", column)


def _projection(
    features: tuple[ScaledFeature, ...],
    fitted: Matrix,
    labelled: pa.Table,
    matrix: Matrix,
) -> Projection:
    mean, components, explained = fit_axes(fitted)
    names = tuple(feature.name for feature in features)
    arrows = loadings(names, fitted, (fitted - mean) @ components.T)
    return project(labelled, matrix, features, (mean, components, explained), arrows)
