"""Customers in, segments out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from clustomer.customers import Holdout
from clustomer.customers.features import FEATURES, clustered_by_default
from clustomer.errors import InputError, UsageError, did_you_mean
from clustomer.segments.algorithms.dendrogram import Dendrogram, dendrogram
from clustomer.segments.algorithms.registry import (
    DENSITY,
    DENSITY_NAMES,
    AlgorithmNote,
    check_algorithm,
    clusterer,
    fitted_rule,
    note,
)
from clustomer.segments.exclusions import (
    BOTS,
    NOISE,
    Exclusion,
    bot_exclusions,
    columns_of,
    included_rows,
)
from clustomer.segments.matrix.customer_matrix import (
    cluster_sizes,
    customer_table,
    feature_matrix,
    is_number,
)
from clustomer.segments.matrix.distinct import count_distinct
from clustomer.segments.matrix.projection import Projection, fit_axes, loadings, project
from clustomer.segments.matrix.scaling import ScaledFeature, Scaling, fit_scaling
from clustomer.segments.matrix.undefined import undefined_in
from clustomer.segments.rules.assignment import assign
from clustomer.segments.rules.nearest_centroid import NearestCentroid
from clustomer.segments.rules.rule import Rule
from clustomer.segments.rules.scaled_rule import ScaledRule
from clustomer.segments.selection.criteria_table import criteria_table
from clustomer.segments.selection.holdout_split import choosing_power, choosing_rows
from clustomer.segments.selection.k_range import check_choice, is_whole
from clustomer.segments.validity.criteria import partition_criteria, sampled_silhouettes

if TYPE_CHECKING:
    from clustomer.segments.selection.select_k import SelectK
    from clustomer.segments.validity.holdout_r2 import Power

MAX_FIT_CUSTOMERS = 1_000_000
_SLOW_RESAMPLES = 20
BOTS_ID = "bots"
NOISE_ID = "noise"

_KMEANS = AlgorithmNote("kmeans")

_DECLARED = {declared.name: declared for declared in FEATURES}


@dataclass(frozen=True, eq=False)
class Selection:
    """How the number of clusters was chosen.

    `rule` is "power", "valleys", "stability" or "least unstable" (see `SelectK`), "fixed",
    "single", "density" where the algorithm finds the number itself, or "definition" where
    nothing was chosen (`requested` is None then); `reason` says it in one sentence. `criteria`
    is a table of every K that was fitted, with the columns of `SelectK.criteria_` and the marks
    `elbow`, `highest_silhouette`, `runner_up`, `taken`; NULL where a criterion is undefined.
    """

    k: int
    requested: int | Literal["auto"] | None
    k_range: tuple[int, int]
    rule: str
    reason: str
    elbow_k: int | None
    silhouette_k: int | None
    criteria: pa.Table

    @property
    def runner_up(self) -> int | None:
        """What would have been taken without `k`; None where there was nothing to choose."""
        found: list[int] = self.criteria.filter(self.criteria["runner_up"])["k"].to_pylist()
        return found[0] if found else None

    @property
    def rests_on_stability(self) -> bool:
        """Whether K was taken among those at which every cluster was stable."""
        return self.rule in ("power", "valleys", "stability")


@dataclass(frozen=True, eq=False)
class Segmentation:
    """What `segment` or `rfm` found; everything needed to give the next customer a segment.

    Attributes
    ----------
    table : pyarrow.Table
        `user_id`, `cluster` (int32; -1 for suspected bots, -2 for noise) and `distance` to the
        cluster's centroid or nearest exemplar in standard deviations (NULL for bots, for noise,
        and for a grid), sorted by `user_id`.
    clusters : dict
        Customers per cluster; -1 only where there are suspected bots, -2 only where there are
        customers whom a density algorithm leaves in no group ("noise").
    rule : Rule
        How a customer gets a cluster; `assign` runs it.
    segment_ids : dict
        Cluster to segment id, for every cluster that the rule can give.
    left_out : dict
        Feature to the sentence why it was not clustered.
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
    """

    table: pa.Table
    clusters: dict[int, int]
    rule: Rule
    segment_ids: dict[int, str]
    left_out: dict[str, str]
    selection: Selection
    projection: Projection | None
    structure: bool
    fitted_customers: int
    random_state: int
    algorithm: AlgorithmNote = _KMEANS
    dendrogram: Dendrogram | None = None

    @property
    def k(self) -> int:
        """The number of clusters, suspected bots and noise not counted."""
        return self.selection.k

    @property
    def requested_k(self) -> int | Literal["auto"] | None:
        """What was asked for; None where the segments are defined."""
        return self.selection.requested

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
    holdout: Holdout | None = None,
    criteria: Literal["all", "deciding"] = "all",
    random_state: int = 0,
    max_fit_customers: int = MAX_FIT_CUSTOMERS,
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
    holdout : Holdout, optional
        Of the same shop, from `split_holdout`: K is then chosen by what its segments tell of what
        the choosing half of the customers did next.
    criteria : "all" or "deciding", default "all"
        Whether to measure for every K also what does not decide, as `SelectK` says.
    random_state : int, default 0
        The seed of the starting points and of the silhouette's sample.
    max_fit_customers : int, default 1,000,000
        Where there are more, the fit uses the sample with the lowest MD5 of `user_id`, and
        all get their cluster by the rule.

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
    table = customer_table(customers)
    if table.num_rows == 0:
        raise InputError("The table has no customers. Give one with at least one row.")
    lowest, highest = check_choice(k, k_range, random_state)
    check_algorithm(algorithm, k)
    if not is_whole(max_fit_customers) or max_fit_customers < 2:
        raise UsageError(f"max_fit_customers is {max_fit_customers}, expected at least 2.")
    names = _chosen_features(table, features)
    exclusions = bot_exclusions(table)
    rows = included_rows(table, exclusions, int(max_fit_customers))

    undefined = [undefined_in(table, name) for name in names]
    matrix = feature_matrix(table.select(names), names)
    scaling = fit_scaling(
        matrix[rows],
        names,
        undefined,
        labels={name: _DECLARED[name].label for name in names if name in _DECLARED},
    )
    if k != "auto" and len(rows) and count_distinct(scaling.matrix, enough=k) < k:
        distinct = len(np.unique(scaling.matrix, axis=0)) if scaling.features else 1
        raise UsageError(
            f"k is {k}, but there are only {distinct:,} different customers in the features "
            f'that are clustered. Ask for at most {distinct:,}, or for "auto".'
        )

    found = _Fit(None, _no_selection(k, (lowest, highest), len(rows)), AlgorithmNote(algorithm))
    if scaling.features and len(rows) > 1:
        power, choosing = None, None
        if holdout is not None and k == "auto" and algorithm not in DENSITY:
            power = choosing_power(
                holdout, names, clusterer(algorithm), (lowest, highest), random_state=random_state
            )
            choosing = choosing_rows(holdout, table["user_id"].take(rows))
        found = _fit(
            scaling,
            exclusions,
            algorithm,
            k,
            (lowest, highest),
            random_state,
            power=power,
            choosing=choosing,
            criteria=criteria,
        )
    alone = NearestCentroid(scaling.features, np.zeros((1, len(scaling.features))), exclusions)
    rule, labelled, numbers = _published(table, found.rule or alone, names)
    clusters = cluster_sizes(labelled)
    kept = [names.index(feature.name) for feature in scaling.features]
    return Segmentation(
        table=labelled,
        clusters=clusters,
        rule=rule,
        segment_ids={
            **{cluster: f"S{cluster + 1}" for cluster in range(len(rule.centres))},
            **({NOISE: NOISE_ID} if rule.leaves_noise else {}),
            BOTS: BOTS_ID,
        },
        left_out=scaling.left_out,
        selection=replace(found.selection, k=len(rule.centres)),
        projection=_projection(scaling.features, scaling.matrix, labelled, matrix[:, kept]),
        structure=found.rule is not None and found.selection.rule != "single",
        fitted_customers=found.algorithm.sample_customers or len(rows),
        random_state=random_state,
        algorithm=found.algorithm,
        dendrogram=found.tree.renumbered(numbers) if found.tree else None,
    )


@dataclass(frozen=True, eq=False)
class _Fit:
    """A rule (None: one cluster), and how it was found; before clusters have their numbers."""

    rule: ScaledRule | None
    selection: Selection
    algorithm: AlgorithmNote
    tree: Dendrogram | None = None


def _fit(
    scaling: Scaling,
    exclusions: tuple[Exclusion, ...],
    algorithm: str,
    k: int | Literal["auto"],
    k_range: tuple[int, int],
    random_state: int,
    *,
    power: "Power | None",
    choosing: NDArray[np.bool_] | None,
    criteria: Literal["all", "deciding"],
) -> _Fit:
    """Fit the algorithm, with the K that is chosen where it takes one."""
    n_rows = len(scaling.matrix)
    estimator = clusterer(algorithm)
    if algorithm in DENSITY:
        fitted = estimator.set_params(random_state=random_state).fit(scaling.matrix)
        labels = fitted.labels_
        selection = _found_by_density(algorithm, scaling.matrix, labels, k_range)
    else:
        # scikit-learn is loaded when it is needed: it takes as long as reading a million events
        from clustomer.segments.selection.select_k import SelectK

        selector = SelectK(estimator, k_range, n_clusters=k, power=power, random_state=random_state)
        selector.set_params(criteria=criteria)
        if algorithm != "kmeans":
            # A refit of these takes ten times as long, and the gap statistic a hundred of them.
            selector.set_params(criteria="deciding", n_resamples=_SLOW_RESAMPLES)
        selector.fit(scaling.matrix, choosing=choosing)
        fitted, labels = selector.best_estimator_, selector.labels_
        selection = _selection(selector, k, k_range)
    used = note(algorithm, fitted, n_rows)
    rule = fitted_rule(fitted, scaling.features, exclusions)
    tree = dendrogram(fitted) if algorithm == "ward" else None
    if rule is not None:
        sizes = np.bincount(labels[labels >= 0], minlength=len(rule.centres))
        order = _by_size(sizes, rule.centres)
        rule = rule.renumbered(order)
        if tree is not None:
            tree = tree.renumbered({int(old): new for new, old in enumerate(order)})
    return _Fit(rule, selection, used, tree)


def _found_by_density(
    algorithm: str,
    matrix: NDArray[np.float64],
    labels: NDArray[np.int64],
    k_range: tuple[int, int],
) -> Selection:
    """Say what a density algorithm found, with the criteria of those that are in a cluster."""
    inside = labels >= 0
    found = np.unique(labels[inside])
    name = DENSITY_NAMES[algorithm]
    if not len(found):
        why = f"{name} found no region that is denser than what is around it"
        return replace(_no_selection("auto", k_range, 2), reason=f"1 segment, since {why}.")
    criteria = partition_criteria(matrix[inside], labels[inside])
    [(silhouette, error)] = sampled_silhouettes(matrix[inside], [labels[inside]])
    smallest = int(np.bincount(labels[inside])[found].min()) / len(labels)
    columns = {
        "k": [len(found)],
        "inertia": [criteria.inertia],
        "silhouette": [silhouette],
        "silhouette_se": [error],
        "silhouette_squared": [criteria.silhouette_squared],
        "calinski_harabasz": [criteria.calinski_harabasz],
        "davies_bouldin": [criteria.davies_bouldin],
        "smallest_share": [smallest],
    }
    regions = "the one dense region" if len(found) == 1 else "the dense regions"
    segments = "1 segment" if len(found) == 1 else f"{len(found)} segments"
    return Selection(
        k=len(found),
        requested="auto",
        k_range=k_range,
        rule="single" if len(found) == 1 else "density",
        reason=f"{segments}: {regions} that {name} found.",
        elbow_k=None,
        silhouette_k=None,
        criteria=criteria_table(columns, {"taken": len(found)}),
    )


def _chosen_features(table: pa.Table, features: Sequence[str] | None) -> list[str]:
    numbers = [
        field.name for field in table.schema if field.name != "user_id" and is_number(field.type)
    ]
    if features is None:
        declared = [name for name, known in _DECLARED.items() if name in table.column_names]
        names = clustered_by_default(declared) if declared else numbers
        if not names:
            raise InputError(
                "The table has no feature that is clustered by default. "
                + (
                    "Name columns with `features`. " + did_you_mean("", numbers)
                    if numbers
                    else "Make features from events with `customer_features`."
                )
            )
    else:
        if isinstance(features, str) or not features:
            raise UsageError(
                f"features is {features!r}, expected a list of column names. "
                + did_you_mean("", numbers)
            )
        names = list(dict.fromkeys(features))
    for name in names:
        if name not in table.column_names or name == "user_id":
            raise UsageError(f"There is no feature `{name}`. {did_you_mean(name, numbers)}")
        if name not in numbers:
            raise UsageError(
                f"`{name}` is of type {table.schema.field(name).type}, expected numbers. "
                + did_you_mean("", numbers)
            )
    return names


def _selection(
    selector: "SelectK", requested: int | Literal["auto"], k_range: tuple[int, int]
) -> Selection:
    marks = {
        "elbow": selector.elbow_k_,
        "highest_silhouette": selector.silhouette_k_,
        "runner_up": selector.runner_up_,
        "taken": selector.k_,
    }
    return Selection(
        k=selector.k_,
        requested=requested,
        k_range=k_range,
        rule=selector.rule_,
        reason=_of_customers(selector.reason_),
        elbow_k=selector.elbow_k_,
        silhouette_k=selector.silhouette_k_,
        criteria=criteria_table(selector.criteria_, marks),
    )


def _of_customers(reason: str) -> str:
    """Say of segments of customers what `SelectK` says of clusters of rows.

    >>> _of_customers("3 clusters: every cluster holds at least 1% of the rows.")
    '3 segments: every segment holds at least 1 % of the customers.'
    """
    for word, ours in (("row", "customer"), ("cluster", "segment"), ("%", " %")):
        reason = reason.replace(word, ours)
    return reason


def _no_selection(
    requested: int | Literal["auto"], k_range: tuple[int, int], n_customers: int
) -> Selection:
    why = (
        "the customers differ in nothing that can be clustered"
        if n_customers > 1
        else "there are not two customers to tell apart"
    )
    return Selection(
        k=1,
        requested=requested,
        k_range=k_range,
        rule="single",
        reason=f"1 segment, since {why}.",
        elbow_k=None,
        silhouette_k=None,
        criteria=criteria_table(
            {"k": [1], "inertia": [0.0], "smallest_share": [1.0]}, {"taken": 1}
        ),
    )


def _published(
    table: pa.Table, rule: ScaledRule, names: list[str]
) -> tuple[ScaledRule, pa.Table, dict[int, int]]:
    """Number the clusters by falling size, and label everyone by the rule so numbered.

    Returns the rule, the labels, and the new number of each cluster that has customers.
    """
    table = table.select(["user_id", *dict.fromkeys([*names, *columns_of(rule.exclusions)])])
    labelled = assign(table, rule)
    numbers = {cluster: cluster for cluster in range(len(rule.centres))}
    # The fit numbered them well, unless it saw a sample only, or a customer is exactly as near
    # to two centroids. The bound is for ties that would move back and forth.
    for _ in range(len(rule.centres)):
        cluster = labelled["cluster"].to_numpy()
        sizes = np.bincount(cluster[cluster >= 0], minlength=len(rule.centres))
        order = _by_size(sizes, rule.centres)
        if (order == np.arange(len(order))).all() and sizes.all():
            break
        order = order[sizes[order] > 0] if sizes.any() else order[:1]
        place = {int(old): new for new, old in enumerate(order)}
        numbers = {old: place[now] for old, now in numbers.items() if now in place}
        rule = rule.renumbered(order)
        labelled = assign(table, rule)
    return rule, labelled, numbers


def _by_size(sizes: NDArray[np.int64], centroids: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the order of falling size, and of rising centroids where sizes are equal."""
    return np.lexsort((*centroids.T[::-1], -sizes))


def _projection(
    features: tuple[ScaledFeature, ...],
    fitted: NDArray[np.float64],
    labelled: pa.Table,
    matrix: NDArray[np.float64],
) -> Projection:
    mean, components, explained = fit_axes(fitted)
    names = tuple(feature.name for feature in features)
    arrows = loadings(names, fitted, (fitted - mean) @ components.T)
    return project(labelled, matrix, features, (mean, components, explained), arrows)
