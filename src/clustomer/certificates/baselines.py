"""The contest: how much of what customers did next the segments tell, beside other ways."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from scipy.stats import rankdata

from clustomer.certificates.certificate import Baseline, Estimate
from clustomer.certificates.resampling import bootstrap_means, estimate
from clustomer.customers import Holdout
from clustomer.errors import InputError
from clustomer.segments import rfm
from clustomer.segments.arrays import Flags, Floats, Labels
from clustomer.segments.exclusions import BOTS, bot_exclusions, columns_of
from clustomer.segments.matrix.customer_matrix import feature_matrix
from clustomer.segments.refit import rule_labels
from clustomer.segments.rules.rfm_grid import FREQUENCY, RECENCY, cut_points
from clustomer.segments.validity.label_codes import coded
from clustomer.segments.validity.stability import workers

CAP = 0.99
TOP = 0.1
REVENUE = "revenue"
MAX_TRAINING = 30_000


@dataclass(frozen=True, eq=False)
class Target:
    """One outcome to predict, of every customer of the holdout."""

    name: str
    values: Floats
    binary: bool


@dataclass(frozen=True, eq=False)
class Predictions:
    """What one way to divide customers predicts for those of the validation half, by target."""

    name: str
    segments: int | None
    values: Mapping[str, Floats]


@dataclass(frozen=True, eq=False)
class Contest:
    """The baselines' figures, and the part of the individual model's that segments carry."""

    baselines: tuple[Baseline, ...]
    carried_auc: Estimate | None
    carried_r2: Estimate | None
    carried_visited: Estimate | None


def targets_of(holdout: Holdout) -> tuple[Target, ...]:
    """Return what is predicted: the outcomes that vary, and revenue without its extremes.

    The cap is the 99th percentile of the selection half's revenue; with less than 1 % who spend
    there is nothing below it, and no capped revenue.
    """
    targets = []
    for name in holdout.outcome_names:
        values = holdout.outcome(name)
        targets.append(Target(name, values, binary=name != REVENUE))
        if name == REVENUE:
            cap = np.quantile(values[holdout.selection], CAP)
            capped = np.minimum(values, cap)
            halves = (capped[holdout.selection], capped[holdout.validation])
            if cap > 0 and all(half.std() > 0 for half in halves):
                targets.append(Target("capped", capped, binary=False))
    return tuple(targets)


def by_segment(
    name: str,
    labels: Labels,
    targets: Sequence[Target],
    selection: Flags,
    validation: Flags,
) -> Predictions:
    """Predict for the validation half what the selection half did in the same segment, on average.

    A segment that no customer of the selection half is in is predicted to be like everyone.

    >>> target = Target("bought", np.array([1.0, 0.0, 0.0, 0.0, 1.0, 1.0]), binary=True)
    >>> first = np.array([True, True, True, False, False, False])
    >>> predicted = by_segment("mine", np.array([0, 0, 1, 0, 1, 2]), [target], first, ~first)
    >>> predicted.segments, predicted.values["bought"].round(2).tolist()
    (2, [0.5, 0.0, 0.33])
    """
    codes, index = coded(labels[selection])
    sizes = np.bincount(index)
    asked = labels[validation]
    places = np.clip(np.searchsorted(codes, asked), 0, len(codes) - 1)
    present = codes[places] == asked
    values = {}
    for target in targets:
        past = target.values[selection]
        means = np.bincount(index, past) / sizes
        values[target.name] = np.where(present, means[places], past.mean())
    return Predictions(name, len(codes), values)


def rfm_labels(customers: pa.Table, selection: Flags) -> Mapping[str, Labels]:
    """Return every customer's RFM segment of ten, and cell of 125; none without purchases.

    Both have their fifths from the selection half, of those who ordered; whoever never ordered
    is a group of its own, and suspected bots are too.
    """
    try:
        ten = rfm(customers.select(_of_rfm(customers)).filter(pa.array(selection)))
    except InputError:
        return {}
    ways: dict[str, Labels] = {"rfm_10": rule_labels(customers, ten)}
    if REVENUE in customers.column_names:
        matrix = feature_matrix(customers, [RECENCY, FREQUENCY, REVENUE])
        ordered = (matrix[:, 1] >= 1) & ~np.isnan(matrix).any(axis=1)
        cells = np.zeros(len(matrix), dtype=np.int64)
        for column in matrix.T:
            cuts = cut_points(column[ordered & selection])
            cells = cells * 5 + np.searchsorted(cuts, column)
        ways["rfm_125"] = np.where(ordered, cells, BOTS)
    return ways


def _of_rfm(customers: pa.Table) -> list[str]:
    wanted = {"user_id", RECENCY, FREQUENCY, *columns_of(bot_exclusions(customers))}
    return [name for name in customers.column_names if name in wanted]


def individual(
    matrix: Floats,
    targets: Sequence[Target],
    selection: Flags,
    validation: Flags,
    *,
    random_state: int = 0,
) -> Predictions:
    """Predict each customer singly, by gradient boosting fitted to the selection half.

    Histogram gradient boosting with 100 trees of 6 leaves at a rate of 0.05: on public shop data
    these beat scikit-learn's defaults, which overfit a few thousand customers, so that the
    segments have the stronger rival. It is fitted to at most 30,000 customers, on one thread, so
    that the number of threads changes nothing.

    Parameters
    ----------
    matrix : shape (n_customers, n_features), NaN where undefined.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    options = {
        "max_iter": 100,
        "learning_rate": 0.05,
        "max_leaf_nodes": 6,
        "early_stopping": False,
        "random_state": random_state,
    }
    rows = np.flatnonzero(selection)
    if len(rows) > MAX_TRAINING:
        random = np.random.default_rng(random_state)
        rows = np.sort(random.choice(rows, MAX_TRAINING, replace=False))
    asked = matrix[validation]

    def fit(target: Target) -> Floats:
        past = target.values[rows]
        if len(np.unique(past)) == 1:
            return np.full(len(asked), past[0])
        if target.binary:
            classifier = HistGradientBoostingClassifier(**options).fit(matrix[rows], past)
            return np.asarray(classifier.predict_proba(asked)[:, 1])
        regressor = HistGradientBoostingRegressor(**options).fit(matrix[rows], past)
        return np.asarray(regressor.predict(asked))

    with workers(len(rows)) as pool:
        values = dict(zip([t.name for t in targets], pool.map(fit, targets), strict=True))
    return Predictions("individual", None, values)


def judge(
    predictions: Sequence[Predictions],
    targets: Sequence[Target],
    validation: Flags,
    *,
    random_state: int = 0,
) -> Contest:
    """Compare predictions with what the customers of the validation half did.

    Figures
    -------
    AUC : of a binary outcome, the chance that of two customers the one with the outcome had the
        higher prediction (ties count half); Hanley & McNeil 1982,
        doi:10.1148/radiology.143.1.7063747. Its resamples are of the customers' placements
        (DeLong et al. 1988, doi:10.2307/2531595).
    R2 : one less the mean squared error over the variance; below 0 where the mean of everyone
        would have been nearer.
    Top tenth : the part of all revenue that came from the tenth with the highest predicted
        revenue; of equals at the border each counts in part. None where revenue is not positive.

    Every interval holds the middle 95 % of the same resamples of customers. What segments carry
    is left out where the individual model predicts nothing: where its own interval includes
    0, or for AUC 0.5.
    """
    figures = _Figures(targets, predictions, validation)
    table = figures.table()
    observed, draws = table.mean(axis=0), bootstrap_means(table, random_state=random_state)

    def figure(name: str, what: str) -> Estimate | None:
        function = figures.of.get((name, what))
        return function and estimate(float(function(observed)), function(draws))

    def carried(what: str, nothing: float) -> Estimate | None:
        ours, theirs = figures.of.get(("segments", what)), figures.of.get(("individual", what))
        alone = figure("individual", what)
        if ours is None or theirs is None or alone is None:
            return None
        if alone.low is None or alone.low <= nothing:
            return None

        def share(means: Floats) -> Floats:
            return np.asarray((ours(means) - nothing) / (theirs(means) - nothing))

        return estimate(float(share(observed)), share(draws))

    return Contest(
        tuple(
            Baseline(
                name=way.name,
                segments=way.segments,
                auc=figure(way.name, "bought"),
                r2=figure(way.name, REVENUE),
                r2_capped=figure(way.name, "capped"),
                top_tenth=figure(way.name, "top_tenth"),
                visited_auc=figure(way.name, "visited"),
            )
            for way in predictions
        ),
        carried_auc=carried("bought", 0.5),
        carried_r2=carried(REVENUE, 0.0),
        carried_visited=carried("visited", 0.5),
    )


def differences(
    one: Predictions,
    other: Predictions,
    targets: Sequence[Target],
    validation: Flags,
    *,
    random_state: int = 0,
) -> dict[str, Estimate]:
    """Return by how much one way to divide customers tells more than another.

    `auc` of buying, `r2` of revenue and `r2_capped`, `visited_auc`, as far as there are such; each
    with the interval of the same resamples of customers for both ways, so that what makes both
    better or worse does not count.
    """
    first, second = (
        Predictions(name, way.segments, way.values)
        for name, way in (("one", one), ("other", other))
    )
    figures = _Figures(targets, [first, second], validation)
    table = figures.table()
    observed, draws = table.mean(axis=0), bootstrap_means(table, random_state=random_state)
    apart = {}
    for name, what in (
        ("auc", "bought"),
        ("r2", REVENUE),
        ("r2_capped", "capped"),
        ("visited_auc", "visited"),
    ):
        ours, theirs = figures.of.get(("one", what)), figures.of.get(("other", what))
        if ours is not None and theirs is not None:
            value = float(ours(observed) - theirs(observed))
            apart[name] = estimate(value, ours(draws) - theirs(draws))
    return apart


class _Figures:
    """Every figure as a function of means over customers, so that resampling means is enough.

    `of` maps the names of a way to divide customers and of a figure to such a function of the
    means of `table`, whose rows are customers.
    """

    def __init__(
        self,
        targets: Sequence[Target],
        predictions: Sequence[Predictions],
        validation: Flags,
    ) -> None:
        self.of: dict[tuple[str, str], Callable[[Floats], Floats]] = {}
        self._columns: list[Floats] = []
        for target in targets:
            values = target.values[validation]
            if target.binary:
                self._areas(target.name, values, predictions)
                continue
            self._explained(target.name, values, predictions)
            if target.name == REVENUE and values.sum() > 0:
                self._top_tenths(values, predictions)

    def table(self) -> Floats:
        """Return a row for each customer, a column for each mean that a figure is made of.

        To be asked for once: no column is kept beside its copy, of which there are thirty.
        """
        columns, self._columns = self._columns[::-1], []
        table = np.empty((len(columns[0]), len(columns)), order="F")
        for place in range(len(columns)):
            table[:, place] = columns.pop()
        return table

    def _add(self, column: Floats) -> int:
        self._columns.append(column)
        return len(self._columns) - 1

    def _areas(self, name: str, values: Floats, predictions: Sequence[Predictions]) -> None:
        for way in predictions:
            auc, influence = area(values > 0, way.values[name])
            self.of[way.name, name] = _mean(self._add(auc + influence))

    def _explained(self, name: str, values: Floats, predictions: Sequence[Predictions]) -> None:
        # about the mean, since the difference of two large squares loses digits
        centred = values - values.mean()
        first, second = self._add(centred), self._add(centred**2)
        for way in predictions:
            error = self._add((values - way.values[name]) ** 2)
            self.of[way.name, name] = _r2(first, second, error)

    def _top_tenths(self, values: Floats, predictions: Sequence[Predictions]) -> None:
        total = self._add(values)
        for way in predictions:
            top = self._add(values * top_weights(way.values[REVENUE]))
            self.of[way.name, "top_tenth"] = _ratio(top, total)


def area(positive: Flags, scores: Floats) -> tuple[float, Floats]:
    """Return the area under the ROC curve, and each customer's influence on it.

    The influence of a customer is how far its placement among the other kind is from the area,
    over the share of its own kind; the influences have mean 0.

    >>> auc, influence = area(np.array([True, False, True, False]), np.array([3.0, 1.0, 2.0, 2.0]))
    >>> auc, influence.tolist()
    (0.875, [0.25, 0.25, -0.25, -0.25])
    """
    n, n_positive = len(scores), int(positive.sum())
    if n_positive in (0, n):
        return 0.5, np.zeros(n)
    everyone = rankdata(scores)
    placed = np.empty(n)
    placed[positive] = (everyone[positive] - rankdata(scores[positive])) / (n - n_positive)
    placed[~positive] = 1 - (everyone[~positive] - rankdata(scores[~positive])) / n_positive
    auc = float(placed[positive].mean())
    share = np.where(positive, n_positive / n, 1 - n_positive / n)
    return auc, (placed - auc) / share


def top_weights(predicted: Floats, top: float = TOP) -> Floats:
    """Return 1 for the customers with the highest predictions, a tenth of them in all.

    Customers with the prediction at the border count in part, each alike.

    >>> top_weights(np.array([5.0, 3.0, 3.0, 1.0]), top=0.5).tolist()
    [1.0, 0.5, 0.5, 0.0]
    """
    wanted = top * len(predicted)
    border = np.sort(predicted)[::-1][min(int(np.ceil(wanted)), len(predicted)) - 1]
    above, at = predicted > border, predicted == border
    return np.where(above, 1.0, np.where(at, (wanted - above.sum()) / at.sum(), 0.0))


def _mean(place: int) -> Callable[[Floats], Floats]:
    return lambda means: means[..., place]


def _r2(first: int, second: int, error: int) -> Callable[[Floats], Floats]:
    def r2(means: Floats) -> Floats:
        variance = means[..., second] - means[..., first] ** 2
        return np.asarray(1 - means[..., error] / np.where(variance > 0, variance, np.nan))

    return r2


def _ratio(part: int, total: int) -> Callable[[Floats], Floats]:
    def ratio(means: Floats) -> Floats:
        positive = np.where(means[..., total] > 0, means[..., total], np.nan)
        return np.asarray(means[..., part] / positive)

    return ratio
