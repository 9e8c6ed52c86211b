"""How many clusters: a meta-estimator that tries several K and says why it took one."""

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClusterMixin, MetaEstimatorMixin, _fit_context, clone
from sklearn.cluster import KMeans
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted, validate_data
from threadpoolctl import threadpool_limits

from clustomer.segments.algorithms.kmeans import default_estimator, is_default, quick_start
from clustomer.segments.arrays import Floats, Integers, Labels, Matrix
from clustomer.segments.matrix.distinct import count_distinct
from clustomer.segments.selection.criteria_columns import (
    FIT_ROWS,
    density_dip_columns,
    holdout_r2_columns,
    partition_columns,
    smallest_shares,
    stability_columns,
)
from clustomer.segments.selection.decision import decide, qualifying, set_apart
from clustomer.segments.selection.k_range import checked_range
from clustomer.segments.validity.criteria import (
    SAMPLE_SIZE,
)
from clustomer.segments.validity.elbow import find_elbow
from clustomer.segments.validity.gap import gap_statistic
from clustomer.segments.validity.holdout_r2 import HoldoutR2
from clustomer.segments.validity.prediction_strength import prediction_strength
from clustomer.segments.validity.quiet_fits import quiet_fits
from clustomer.segments.validity.stability import Refits, Stability, workers
from clustomer.thresholds import AS_CLEAR, N_RESAMPLES, USABLE, VALID

_ROUNDING = 1e-9
_CLEARLY_LESS = 1e-3
"""The share by which a new start must lower the inertia to be taken instead of the sample's."""


def _has_predict(selector: "SelectK") -> bool:
    return selector.estimator is None or hasattr(selector.estimator, "predict")


class SelectK(ClusterMixin, MetaEstimatorMixin, BaseEstimator):  # type: ignore[misc]
    """Choose the number of clusters K of a clustering algorithm, and say why.

    A clone of `estimator` is fitted for every K of `k_range`, and the rule is:

    1. A K *qualifies* where every cluster is stable and usable: recovered in refits to
       resamples of some rows to a mean Jaccard similarity of `VALID` (`Refits`), and no smaller
       than the share `USABLE` of the rows. (Names in capitals are of `clustomer.thresholds`.)
    2. With a holdout (`holdout_r2`) that tells something: the highest K above 2 whose holdout R²
       is within one standard error of the best, among those that qualify; 2 only where no other
       K qualifies, or where 2 has the best silhouette and a holdout R² within that error, too.
       Where there are groups to cut through, only the K that are as clearly apart as any take
       part (a mean silhouette in squared distances of at least `AS_CLEAR` of the best): where at
       some such K above 2 the density dips between clusters (`density_dips`) have a mean depth
       of `APART`.
    3. Without one, or where no K tells the share `TELLING` of what followed: the highest K that
       qualifies and at which every cluster is set apart by a density dip of that depth; else the
       highest above 2 that is as clearly apart and as surely recovered as any (silhouette times
       lowest Jaccard similarity: at least `AS_CLEAR` of the best of these).
    4. Where no K qualifies: the one whose least stable cluster is the most stable.

    Small resamples, as those of 146,000 rows give the same clusters over and over whatever the
    data are. The third is a convention: the silhouette alone prefers two or three groups on
    skewed data, stability alone divides a line as often as it can, together they leave what is
    both. Where `estimator` cannot predict, nothing can be tested, and the elbow and the
    silhouette decide as they may (`rule_` is "agreement", "elbow" or "silhouette").

    Parameters
    ----------
    estimator : clusterer with a parameter `n_clusters`, default `default_estimator()`
        Never fitted itself. The default is Lloyd's KMeans with ten starts.
    k_range : tuple (lowest, highest), default (2, 10)
        The K to try, both included; clipped to the number of distinct rows. K = 1 has no
        silhouette and is no elbow, so it is taken only where it is asked for.
    n_clusters : "auto" or int, default "auto"
        An int is taken as it is (clipped likewise); `k_range` is evaluated all the same, so
        that it can be judged. `k_range=(4, 4)` fixes K without trying others.
    holdout_r2 : HoldoutR2 or None, default None
        What each K tells of later behaviour, from `holdout_r2`.
    returned : mapping of K to int, or None, default None
        How often each K was taken when everything was done again on draws of the rows: where some
        K above 2 that qualify were taken in half of the draws or more, the most frequent of them.
    n_resamples : int, default 50
        Resamples for a K of which it is not clear whether it is stable; 10 where its clusters
        are more than two standard errors away from `VALID`. 0 leaves stability out.
    criteria : "all" or "deciding", default "all"
        Without those that are reported and decide nothing: gap statistic, prediction strength,
        and the stability of a K that cannot be taken any more.
    sample_size : int, default 5000
        Rows for the Euclidean silhouette.
    random_state : int, RandomState or None, default None
        Seeds the samples, and every `random_state` of `estimator` that is None.

    Attributes
    ----------
    k_ : int
        The number of clusters taken; `labels_` has that many different values.
    labels_ : ndarray of shape (n_samples,)
    best_estimator_ : the clone that was fitted with `k_`, to all rows.
    criteria_ : dict of ndarrays of shape (n_evaluated,)
        `k`, `inertia`, `silhouette` and its standard error `silhouette_se`,
        `silhouette_squared` (exact, in squared distances), `calinski_harabasz`,
        `davies_bouldin`, `smallest_share`; `density_dip` (a mean over rows) and
        `lowest_density_dip`; `gap`, `gap_se`, `prediction_strength`,
        `prediction_strength_se`; `lowest_jaccard`, `lowest_jaccard_se`, `lowest_one_to_one` of
        the least stable cluster, `jaccard_per_cluster` (text: the largest cluster first),
        `resamples`; `holdout_r2`, `holdout_r2_se`, and `holdout_r2_behind`,
        `holdout_r2_behind_se`: how far behind the K of the highest holdout R², paired;
        `qualifies`. NaN where undefined (K = 1) or left out.
    stability_ : dict of K to `Stability`
    elbow_k_, silhouette_k_, gap_k_ : int or None
        What each of these criteria says; None where it says nothing.
    runner_up_ : int or None
        What would be taken without `k_`.
    rule_ : str
        `"holdout_r2"`, `"density_dip"`, `"stability"`, `"least unstable"`, `"fixed"`, or
        `"single"` (one cluster only, since all rows are equal); `"agreement"`, `"elbow"` or
        `"silhouette"` without stability.
    reason_ : Reason
        Why, as data; `clustomer.insights.reason_sentence` makes a sentence of it.
    n_features_in_ : int

    Notes
    -----
    Each K is fitted on at most 10,000 rows, the one that is taken on all of them. Each
    fit runs on one thread, so that the result does not depend on the number of threads.
    Hennig 2007, doi:10.1016/j.csda.2006.11.025, for stability; Satopaa et al. 2011 for the
    elbow; Rousseeuw 1987, doi:10.1016/0377-0427(87)90125-7, for the silhouette.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.repeat([[0.0, 0.0], [0.0, 9.0], [9.0, 0.0]], 20, axis=0)
    >>> X += np.random.RandomState(0).normal(size=X.shape)
    >>> selector = SelectK(KMeans(n_init=5), k_range=(2, 5), random_state=0).fit(X)
    >>> selector.k_, selector.rule_
    (3, 'density_dip')
    >>> selector.predict([[0.0, 8.0]]) == selector.labels_[20]
    array([ True])
    """

    _parameter_constraints: dict[str, list[Any]] = {  # noqa: RUF012
        "estimator": [HasMethods(["fit"]), None],
        "k_range": [tuple, list],
        "n_clusters": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "holdout_r2": [HoldoutR2, None],
        "returned": [dict, None],
        "n_resamples": [Interval(Integral, 0, None, closed="left")],
        "criteria": [StrOptions({"all", "deciding"})],
        "sample_size": [Interval(Integral, 2, None, closed="left")],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        estimator: Any = None,
        k_range: Sequence[int] = (2, 10),
        *,
        n_clusters: int | str = "auto",
        holdout_r2: HoldoutR2 | None = None,
        returned: dict[int, int] | None = None,
        n_resamples: int = N_RESAMPLES,
        criteria: Literal["all", "deciding"] = "all",
        sample_size: int = SAMPLE_SIZE,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.estimator = estimator
        self.k_range = k_range
        self.n_clusters = n_clusters
        self.holdout_r2 = holdout_r2
        self.returned = returned
        self.n_resamples = n_resamples
        self.criteria = criteria
        self.sample_size = sample_size
        self.random_state = random_state

    @_fit_context(prefer_skip_nested_validation=False)  # type: ignore[untyped-decorator]
    def fit(self, X: ArrayLike, y: object = None, *, selection: ArrayLike | None = None) -> Self:
        """Fit the estimator for every K and take one.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features), at least two rows.
        y : ignored.
        selection : array-like of bool of shape (n_samples,), optional
            The rows by which K is chosen, so that the others can judge the choice; all by
            default. Of the others only the sizes of clusters are seen, since a segment must hold
            its share of all rows. The K that is taken is fitted to all rows.
        """
        lowest, highest = checked_range(self.k_range)
        matrix = validate_data(self, X, dtype=np.float64, ensure_min_samples=2, order="C")
        rows = _selection_rows(selection, matrix)
        random = check_random_state(self.random_state)
        seeds = random.randint(np.iinfo(np.int32).max, size=3).tolist()
        asked = None if isinstance(self.n_clusters, str) else int(self.n_clusters)
        distinct = count_distinct(matrix, max(highest, asked or 1))
        tried = list(range(lowest, min(highest, distinct) + 1)) or [distinct]
        fixed = min(asked, distinct) if asked is not None else None
        with threadpool_limits(1), quiet_fits():
            fits = self._fits(matrix, rows, tried, fixed, seeds)
            if fits.all_alike:
                distinct = 1
            selected = matrix if len(rows) == len(matrix) else matrix[rows]
            self.criteria_ = self._criteria(
                selected,
                {k: labels[rows] for k, labels in fits.labels.items()},
                smallest_shares(fits.labels),
                seeds,
            )
            tried = [k for k in tried if k in fits.labels] or [max(fits.labels)]
            if fixed is not None and fixed not in fits.labels:
                fixed = max(fits.labels)
            self.elbow_k_, self.silhouette_k_ = _suggestions(self.criteria_, tried)
            decision = decide(
                self.criteria_,
                tried,
                elbow=self.elbow_k_,
                silhouette=self.silhouette_k_,
                holdout_r2=self.holdout_r2,
                returned=self.returned,
                fixed=fixed,
                distinct=distinct,
            )
            self.k_, self.rule_, self.runner_up_ = decision.k, decision.rule, decision.runner_up
            self.reason_ = decision.reason
            if (highest if asked is None else asked) > distinct > 1:
                self.reason_ = decision.reason.also(distinct=distinct)
            self.labels_, self.best_estimator_ = fits.labels[self.k_], fits.models[self.k_]
            if not fits.of_all_rows:
                self._fit_everyone(matrix, seeds[0])
        return self

    @available_if(_has_predict)  # type: ignore[untyped-decorator]
    def predict(self, X: ArrayLike) -> Integers:
        """Return the cluster of each row, by the estimator that was taken.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
        """
        check_is_fitted(self)
        matrix = validate_data(self, X, dtype=np.float64, reset=False)
        with threadpool_limits(1):
            labels: Labels = self.best_estimator_.predict(matrix)
        return labels

    def _fits(
        self,
        matrix: Matrix,
        rows: Integers,
        tried: list[int],
        fixed: int | None,
        seeds: Sequence[int],
    ) -> "_Fits":
        """Fit every K that is tried, and drop those at which fewer clusters come out."""
        fit_seed, sample_seed, _ = seeds
        wanted = sorted({*tried, fixed or tried[0]})
        if len(tried) > 1 and tried[0] > 2:
            wanted.insert(0, tried[0] - 1)  # where the curve of inertia starts
        sample = self._sample(matrix, rows, max(wanted), sample_seed)
        models = self._fit_all(matrix if sample is None else matrix[sample], wanted, fit_seed)
        of_all_rows = sample is None
        labels = {k: _labels(model, matrix, of_all_rows) for k, model in models.items()}
        labels = {k: codes for k, codes in labels.items() if len(np.unique(codes[rows])) == k}
        all_alike = not labels.keys() & {*tried, fixed}
        if all_alike:
            models, of_all_rows = self._fit_all(matrix, [1], fit_seed), True
            labels = {1: _labels(models[1], matrix, of_all_rows)}
        if tried[0] == 2 and len(tried) > 1:
            labels.setdefault(1, np.zeros(len(matrix), dtype=np.int64))
        return _Fits(models, dict(sorted(labels.items())), of_all_rows, all_alike)

    def _sample(self, matrix: Matrix, rows: Integers, most: int, seed: int) -> Integers | None:
        """Return the rows that each K is fitted on; None for all."""
        if not _has_predict(self) or (len(rows) == len(matrix) <= FIT_ROWS):
            return None
        if len(rows) <= FIT_ROWS:
            return rows
        random = np.random.default_rng([seed, 5])
        sample = np.sort(random.choice(rows, FIT_ROWS, replace=False))
        # Rare rows may be missing from the sample, and with them clusters.
        return sample if count_distinct(matrix[sample], most) >= most else rows

    def _template(self, default: KMeans) -> Any:
        return default if is_default(self.estimator) else self.estimator

    def _fit_all(self, rows: Matrix, numbers: Sequence[int], seed: int) -> dict[int, Any]:
        def fit_one(k: int) -> Any:
            return self._seeded(k, seed).fit(rows)

        with workers(len(rows)) as pool:
            # The largest first: it takes longest.
            order = sorted(numbers, reverse=True)
            return dict(zip(order, pool.map(fit_one, order), strict=True))

    def _seeded(self, k: int, seed: int) -> Any:
        model = clone(self._template(default_estimator()))
        seeds = {
            name: seed
            for name, value in model.get_params(deep=True).items()
            if value is None and (name == "random_state" or name.endswith("__random_state"))
        }
        return model.set_params(n_clusters=k, **seeds)

    def _fit_everyone(self, matrix: Matrix, seed: int) -> None:
        """Fit the K that was taken to all rows.

        KMeans starts from where it was on the sample, and anew: half of the rows can end in a
        local minimum that is none of all rows.
        """
        starts = [self._seeded(self.k_, seed)]
        if is_default(self.estimator):
            centres = self.best_estimator_.cluster_centers_
            starts.insert(0, clone(starts[0]).set_params(init=centres, n_init=1))
        with workers(len(matrix)) as pool:
            model, *others = pool.map(lambda start: start.fit(matrix), starts)
        for other in others:
            if other.inertia_ < model.inertia_ * (1 - _CLEARLY_LESS):
                model = other
        labels = _labels(model, matrix, of_all_rows=True)
        if len(np.unique(labels)) == self.k_:
            self.labels_, self.best_estimator_ = labels, model

    def _criteria(
        self,
        matrix: Matrix,
        labels: dict[int, Labels],
        smallest_shares: Floats,
        seeds: Sequence[int],
    ) -> dict[str, NDArray[Any]]:
        """Return the criteria of each K, of the rows that may select it; sizes are of all rows."""
        _, sample_seed, resample_seed = seeds
        columns = partition_columns(matrix, labels, self.sample_size, sample_seed)
        columns["smallest_share"] = smallest_shares
        columns.update(self._separation(matrix, list(labels), sample_seed))
        columns.update(density_dip_columns(matrix, labels, sample_seed))
        self.stability_ = self._stability(matrix, labels, columns, resample_seed)
        columns.update(stability_columns(labels, self.stability_))
        columns.update(holdout_r2_columns(list(labels), self.holdout_r2))
        columns["qualifies"] = np.isin(columns["k"], qualifying(columns, list(labels)))
        return columns

    def _separation(self, matrix: Matrix, ks: list[int], seed: int) -> dict[str, NDArray[Any]]:
        """Return the gap statistic and the prediction strength, which are only reported."""
        empty = np.full(len(ks), np.nan)
        names = ("gap", "gap_se", "prediction_strength", "prediction_strength_se")
        columns = {name: empty.copy() for name in names}
        self.gap_k_ = None
        if self.criteria == "deciding" or not _has_predict(self) or len(ks) < 2:
            return columns
        gap = gap_statistic(self._template(KMeans(n_init=1)), matrix, ks, random_state=seed)
        self.gap_k_ = gap.suggested
        columns["gap"], columns["gap_se"] = gap.gap, gap.gap_se
        for index, k in enumerate(ks):
            if k == 1:
                columns["prediction_strength"][index] = 1.0
            elif len(matrix) >= 4 * k:
                model = clone(self._template(KMeans(init=quick_start, n_init=1))).set_params(
                    n_clusters=k
                )
                strength, error = prediction_strength(model, matrix, random_state=seed)
                columns["prediction_strength"][index] = strength
                columns["prediction_strength_se"][index] = error
        return columns

    def _stability(
        self,
        matrix: Matrix,
        labels: dict[int, Labels],
        columns: dict[str, NDArray[Any]],
        seed: int,
    ) -> dict[int, Stability]:
        if self.n_resamples == 0 or not _has_predict(self):
            return {}
        refits = Refits(matrix, random_state=seed)
        measured: dict[int, Stability] = {}
        shares = dict(zip(labels, columns["smallest_share"].tolist(), strict=True))
        heights = dict(zip(labels, columns["silhouette_squared"].tolist(), strict=True))
        apart = set_apart(columns, list(labels)) if self._lazy else []
        best = -np.inf
        for k in self._worth_testing(labels, heights, apart):
            # Once a K qualifies, those that are not as clearly apart cannot be taken any more.
            if heights[k] < best - (1 - AS_CLEAR) * abs(best) - _ROUNDING:
                continue
            if k == 2 and best > -np.inf and k not in apart:
                continue
            model = clone(self._template(KMeans(init=quick_start, n_init=1))).set_params(
                n_clusters=k
            )
            measured[k] = refits.compare(
                model,
                labels[k],
                np.unique(labels[k][labels[k] >= 0]),
                # One with too small a cluster is out already: it is measured to be reported.
                self.n_resamples if shares[k] >= USABLE else min(self.n_resamples, 10),
                until_clear_of=VALID,
            )
            lowest = measured[k].jaccard.min()
            if self._lazy and shares[k] >= USABLE and lowest >= VALID:
                if k in apart:
                    break
                best = max(best, heights[k] * lowest)
        return dict(sorted(measured.items()))

    @property
    def _lazy(self) -> bool:
        """Whether to test no more K than it takes to decide."""
        decided_by_holdout = self.holdout_r2 is not None and self.holdout_r2.decides
        return self.criteria == "deciding" and not decided_by_holdout

    def _worth_testing(
        self, labels: dict[int, Labels], heights: dict[int, float], apart: list[int]
    ) -> list[int]:
        """Return the K to test; where no more are tested than it takes, in the order of the rule.

        That is those that are set apart, the highest first, then the clearest, and 2 at last.
        """
        numbers = [k for k in labels if k > 1]
        if not self._lazy:
            return numbers
        if not isinstance(self.n_clusters, str):
            return []
        others = [k for k in numbers if k not in apart]
        return [
            *sorted(apart, reverse=True),
            *sorted(others, key=lambda k: (k == 2, -heights[k], k)),
        ]


@dataclass(frozen=True, eq=False)
class _Fits:
    """The model and the labels of all rows for each K, and whether all rows were fitted."""

    models: dict[int, Any]
    labels: dict[int, Labels]
    of_all_rows: bool
    all_alike: bool


def _selection_rows(selection: ArrayLike | None, matrix: Matrix) -> Integers:
    if selection is None:
        return np.arange(len(matrix))
    mask = np.asarray(selection)
    if mask.dtype != bool or mask.shape != (len(matrix),) or mask.sum() < 2:
        raise ValueError(
            f"selection has shape {mask.shape} and type {mask.dtype}, expected True or False for "
            f"each of the {len(matrix)} rows, and True for two at least."
        )
    return np.flatnonzero(mask)


def _labels(model: Any, matrix: Matrix, of_all_rows: bool) -> Labels:
    labels: Labels = (
        model.labels_ if of_all_rows and hasattr(model, "labels_") else model.predict(matrix)
    )
    return labels


def _suggestions(
    criteria: dict[str, NDArray[Any]], tried: list[int]
) -> tuple[int | None, int | None]:
    if len(tried) < 2:
        return None, None
    curve = (criteria["k"] >= tried[0] - 1) & (criteria["k"] <= tried[-1])
    elbow = find_elbow(criteria["k"][curve].tolist(), criteria["inertia"][curve].tolist())
    choice = np.isin(criteria["k"], tried) & ~np.isnan(criteria["silhouette"])
    highest = None
    if choice.any():
        highest = int(criteria["k"][choice][np.argmax(criteria["silhouette"][choice])])
    return None if elbow is None else int(elbow), highest
