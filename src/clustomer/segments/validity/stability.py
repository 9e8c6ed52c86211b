"""Would other rows of the same kind have given the same clusters?"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import linear_sum_assignment
from sklearn.base import clone
from threadpoolctl import ThreadpoolController, threadpool_limits

from clustomer.segments.arrays import Labels, Matrix
from clustomer.segments.validity.label_codes import coded
from clustomer.segments.validity.quiet_fits import quiet_fits
from clustomer.thresholds import DISSOLVED, N_RESAMPLES, RESAMPLE_CUSTOMERS, VALID

EVALUATION_ROWS = 10_000
_FEW_ROWS = 5_000
_STEP = 10


@dataclass(frozen=True, eq=False)
class Stability:
    """How well each cluster is recovered in resamples; see `cluster_stability`.

    Attributes
    ----------
    clusters : ndarray of int, the labels of the clusters, rising; noise is none of them.
    jaccard : ndarray, mean over resamples of the Jaccard similarity with the best match, 0..1.
    jaccard_se : ndarray, the standard error of that mean; NaN for one resample.
    one_to_one : ndarray, the same where no two clusters may share a match; never higher in sum.
    dissolved : ndarray, the share of resamples with a Jaccard similarity of at most `DISSOLVED`.
    recovered : ndarray, the share with at least `VALID`.
    n_resamples : int
    resample_rows, evaluation_rows : int
        Rows drawn for each refit, and rows on which labels are compared.
    """

    clusters: Labels
    jaccard: Matrix
    jaccard_se: Matrix
    one_to_one: Matrix
    dissolved: Matrix
    recovered: Matrix
    n_resamples: int
    resample_rows: int
    evaluation_rows: int


def cluster_stability(
    estimator: Any,
    X: ArrayLike,
    labels: ArrayLike,
    *,
    n_resamples: int = N_RESAMPLES,
    max_rows: int | None = RESAMPLE_CUSTOMERS,
    evaluation_rows: int = EVALUATION_ROWS,
    random_state: int = 0,
) -> Stability:
    """Return how well each cluster is recovered when the rows are drawn anew.

    Hennig's `clusterboot` (2007, doi:10.1016/j.csda.2006.11.025): a clone of the estimator is
    fitted on each bootstrap resample, and each cluster is compared with the most similar of
    the resample's clusters by the Jaccard similarity. Following Hennig, a mean of `VALID`
    and more is valid, 0.85 and more highly stable, and `DISSOLVED` and less is dissolved. Three
    things differ from his program:

    - Labels are those that `predict` assigns, compared on one fixed sample of all rows, and
      not on the rows that happened to be drawn: what is judged is the rule that is used.
    - A resample has at most `max_rows` rows. A resample of all of 146,000 rows gives nearly the
      same clusters whatever the data are: for one shapeless Gaussian, 0.97.
    - Matching one to one (Kuhn 1955) is reported beside the best match, under which one cluster
      of the resample may stand for two.

    Parameters
    ----------
    estimator : clusterer with `fit` and `predict`, with the number of clusters etc. set
        Never fitted itself. Each clone gets the seed of its resample, if it takes any.
    X : shape (n_rows, n_features), finite.
    labels : shape (n_rows,), the clusters as assigned
        Negative labels are noise: no cluster to recover. A row that is noise once, and
        in a cluster the other time, counts against that cluster.
    n_resamples : int, default 50.
    max_rows : int or None, default 2000
        None for resamples as large as the data: shown beside, and should decide nothing.
    evaluation_rows : int, default 10,000
        All rows where there are fewer. A cluster of which no row is in this sample is NaN.
    random_state : int, default 0.

    Raises
    ------
    ValueError
        If labels and rows differ in number, or there is nothing to resample.

    Examples
    --------
    >>> from sklearn.cluster import KMeans
    >>> X = [[0.0], [0.1], [0.2], [9.0], [9.1], [9.2]] * 5
    >>> found = cluster_stability(KMeans(2, n_init=1), X, [0, 0, 0, 1, 1, 1] * 5)
    >>> found.jaccard.tolist(), found.dissolved.tolist()
    ([1.0, 1.0], [0.0, 0.0])
    """
    matrix = np.ascontiguousarray(X, dtype=np.float64)
    codes = np.asarray(labels, dtype=np.int64)
    if len(codes) != len(matrix):
        raise ValueError(f"Got {len(codes)} labels for {len(matrix)} rows; expected one per row.")
    if len(matrix) == 0 or n_resamples < 1:
        raise ValueError(
            f"Got {len(matrix)} rows and {n_resamples} resamples; expected one of each at least."
        )
    clusters = np.unique(codes[codes >= 0])
    refits = Refits(matrix, max_rows, evaluation_rows, random_state)
    return refits.compare(estimator, codes, clusters, n_resamples)


class Refits:
    """Resamples of rows, the same ones for every estimator that is refitted on them."""

    def __init__(
        self,
        matrix: Matrix,
        max_rows: int | None = RESAMPLE_CUSTOMERS,
        evaluation_rows: int = EVALUATION_ROWS,
        random_state: int = 0,
    ) -> None:
        self.matrix = matrix
        self.n_rows = len(matrix) if max_rows is None else min(max_rows, len(matrix))
        first, *_ = np.random.SeedSequence(random_state).spawn(1)
        self.random_state = random_state
        self.evaluated = np.arange(len(matrix))
        if len(matrix) > evaluation_rows:
            chosen = np.random.default_rng(first).choice(
                len(matrix), evaluation_rows, replace=False
            )
            self.evaluated = np.sort(chosen)
        self.evaluation = np.ascontiguousarray(matrix[self.evaluated])

    def compare(
        self,
        estimator: Any,
        labels: Labels,
        clusters: Labels,
        n_resamples: int,
        *,
        until_clear_of: float | None = None,
    ) -> Stability:
        """Return how well each of `clusters` among the labels of all rows is recovered.

        With `until_clear_of`, a mean similarity that is asked for, it stops after 10, 20, ...
        resamples where one cluster is more than two standard errors below, or all are above.
        """
        evaluated = labels[self.evaluated]
        step = n_resamples if until_clear_of is None else _STEP
        best, paired = np.empty((0, len(clusters))), np.empty((0, len(clusters)))
        with (
            workers(self.n_rows) as pool,
            threadpool_limits(1),
            quiet_fits(),
        ):
            # A resample may hold fewer different rows than clusters: it finds fewer, then.
            for start in range(0, n_resamples, step):
                numbers = range(start, min(start + step, n_resamples))
                refitted = pool.map(lambda number: self._refit(estimator, number), numbers)
                similarities = [match(evaluated, labelled, clusters) for labelled in refitted]
                best = np.vstack([best, *(one for one, _ in similarities)])
                paired = np.vstack([paired, *(one for _, one in similarities)])
                if until_clear_of is not None and _is_clear(best, until_clear_of):
                    break
        return self._summary(clusters, best, paired)

    def _refit(self, estimator: Any, number: int) -> Labels:
        # A generator of its own for each resample: neither order nor threads matter.
        random = np.random.default_rng([self.random_state, 1, number])
        rows = random.integers(len(self.matrix), size=self.n_rows)
        model = seeded(clone(estimator), int(random.integers(np.iinfo(np.int32).max)))
        if "copy_x" in model.get_params(deep=False):
            model.set_params(copy_x=False)  # a resample is a copy already
        labels: Labels = model.fit(self.matrix[rows]).predict(self.evaluation)
        return labels

    def _summary(self, clusters: Labels, best: Matrix, paired: Matrix) -> Stability:
        n_resamples = len(best)
        missing = np.isnan(best).any(axis=0)
        error = np.full(len(clusters), np.nan)
        if n_resamples > 1:
            error = best.std(axis=0, ddof=1) / np.sqrt(n_resamples)
        return Stability(
            clusters=clusters,
            jaccard=best.mean(axis=0),
            jaccard_se=error,
            one_to_one=paired.mean(axis=0),
            dissolved=np.where(missing, np.nan, (best <= DISSOLVED).mean(axis=0)),
            recovered=np.where(missing, np.nan, (best >= VALID).mean(axis=0)),
            n_resamples=n_resamples,
            resample_rows=self.n_rows,
            evaluation_rows=len(self.evaluated),
        )


def _is_clear(best: Matrix, bar: float) -> bool:
    """Tell whether resamples so far leave no doubt on which side of the bar the worst one is."""
    if len(best) < 2 or np.isnan(best).any():
        return True
    margin = 2 * best.std(axis=0, ddof=1) / np.sqrt(len(best))
    means = best.mean(axis=0)
    return bool((means + margin < bar).any() or (means - margin >= bar).all())


def workers(rows: int) -> ThreadPoolExecutor:
    """Return a pool for fits to so many rows, each on one thread, so that results do not vary.

    Two fits run at once where rows are many. A fit to few is mostly Python, of which one thread
    runs at a time: two would take turns, and need a fifth longer for it.

    To be used under `threadpool_limits(1)`, which limits BLAS for the whole process; OpenMP has
    to be limited in each thread.
    """
    return ThreadPoolExecutor(
        2 if rows > _FEW_ROWS else 1,
        initializer=lambda: _libraries().limit(limits=1, user_api="openmp"),
    )


@cache
def _libraries() -> ThreadpoolController:
    # Looking for the loaded libraries takes as long as several fits.
    return ThreadpoolController()


def seeded(model: Any, seed: int) -> Any:
    """Give a model, and all in it that take one, a seed."""
    names = model.get_params(deep=True)
    seeds = [name for name in names if name.split("__")[-1] == "random_state"]
    return model.set_params(**dict.fromkeys(seeds, seed))


def match(labels: Labels, refitted: ArrayLike, clusters: Labels) -> tuple[Matrix, Matrix]:
    """Return the Jaccard similarity of each cluster with its match among the refitted ones.

    Returns two arrays of shape (n_clusters,): with the most similar one, and with the partner
    that maximises the sum under one-to-one matching (0 without a partner). NaN for a cluster
    without rows.

    >>> best, paired = match(
    ...     np.array([0, 0, 1, 1]), np.array([5, 5, 5, 5]), clusters=np.array([0, 1])
    ... )
    >>> best.tolist(), paired.tolist()
    ([0.5, 0.5], [0.5, 0.0])
    """
    similarity = jaccard_matrix(labels, np.asarray(refitted, dtype=np.int64), clusters)
    missing = np.isnan(similarity).any(axis=1)
    paired = np.zeros(len(clusters))
    if similarity.shape[1] == 0:
        best = np.where(np.isin(clusters, labels), 0.0, np.nan)
        return best, best.copy()
    rows, columns = linear_sum_assignment(np.nan_to_num(similarity), maximize=True)
    paired[rows] = similarity[rows, columns]
    paired[missing] = np.nan
    return similarity.max(axis=1), paired


def jaccard_matrix(labels: Labels, others: Labels, clusters: Labels) -> Matrix:
    """Return the Jaccard similarity of each of `clusters` with each cluster of `others`.

    >>> jaccard_matrix(np.array([0, 0, 1, -2]), np.array([3, 4, 4, 4]), np.array([0, 1]))
    array([[0.5       , 0.25      ],
           [0.        , 0.33333333]])
    """
    partners, codes = coded(others)
    width = len(partners)
    rows = np.searchsorted(clusters, labels)
    inside = np.isin(labels, clusters)
    counts = np.bincount(
        rows[inside] * width + codes[inside], minlength=len(clusters) * width
    ).reshape(len(clusters), width)
    sizes = counts.sum(axis=1, keepdims=True)
    union = sizes + np.bincount(codes, minlength=width) - counts
    similarity = np.where(sizes > 0, counts / np.maximum(union, 1), np.nan)
    return np.asarray(similarity[:, partners >= 0])
