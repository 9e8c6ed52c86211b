"""How much each feature counts: by what it told of what customers did next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa

from clustomer.customers import Holdout
from clustomer.customers.reason import Reason
from clustomer.errors import UsageError, did_you_mean
from clustomer.segments.arrays import Floats, Integers, Matrix
from clustomer.segments.exclusions import bot_exclusions, columns_of, included_rows
from clustomer.segments.matrix.customer_matrix import feature_matrix
from clustomer.segments.matrix.scaling import fit_scaling, signed_power
from clustomer.segments.matrix.undefined import undefined_in
from clustomer.segments.selection.holdout_split import DECIDING_DAYS, MAX_SELECTION_CUSTOMERS
from clustomer.segments.validity.winsorising import winsorised
from clustomer.thresholds import HIGHEST_WEIGHT

DIGITS = 4
"""Decimals of a weight: more would be noise, and differ from machine to machine."""

WEIGHTS = ("learned", "equal")
Asked = Literal["learned", "equal"]


@dataclass(frozen=True)
class FeatureWeight:
    """How much one feature counts, and why.

    Attributes
    ----------
    name : str
    told : float
        The root mean square of its correlations with what customers did next, 0..1.
    told_se : float
        Its standard error, at most.
    weight : float
        What its standard deviation is multiplied by, from 1/2 to `HIGHEST_WEIGHT`.
    """

    name: str
    told: float
    told_se: float
    weight: float


@dataclass(frozen=True)
class Weights:
    """How much each feature counts.

    `features` is empty where all count alike, and then `why_equal` says why: the kinds of reason
    are "equal as asked", "given" (weights of one's own), "no holdout", "short horizon", "nothing
    followed", "one feature" and "no difference" (not more than chance would make).
    `horizon_days` and `customers` say what the weights were learned from.
    """

    features: tuple[FeatureWeight, ...] = ()
    why_equal: Reason | None = None
    horizon_days: float | None = None
    customers: int | None = None

    @property
    def learned(self) -> bool:
        """Whether features count by what they told."""
        return bool(self.features)

    @property
    def by_name(self) -> dict[str, float]:
        """The weight of each feature that has one; all others count 1."""
        return {part.name: part.weight for part in self.features}


def learn_weights(holdout: Holdout, names: Sequence[str]) -> Weights:
    """Learn how much each feature counts, from what it told the selection half's customers did.

    w is the root mean square of a feature's correlations at the holdout date, scaled as it is
    clustered, with what its customers did from then on: bought at all, revenue (winsorised as in
    `holdout_r2`) and the root of revenue; where nobody bought, whether they visited.

    1. The standard error of each correlation is that of its influence function, which holds with
       heavy tails, too; that of w is at most the root mean square of those.
    2. w is drawn towards the mean of all features (shrinkage by empirical Bayes; Morris 1983,
       doi:10.1080/01621459.1983.10477920), the more so the larger its error: by the part of
       its variance that the errors make up. Where they make up all of the differences between
       features, all count alike.
    3. The weight is (1 + w / mean of w) / 2, at most `HIGHEST_WEIGHT`: half of each feature's
       say is its own by right, so that none vanishes, and none rules.

    The validation half has no say, nor does anything after the window.

    Parameters
    ----------
    holdout : Holdout
    names : the features that are clustered; those that could not be made then count 1.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> ids = [f"u{number:03}" for number in range(200)]
    >>> even = np.arange(200) % 2
    >>> holdout = SimpleNamespace(
    ...     customers=SimpleNamespace(table=pa.table(
    ...         {"user_id": ids, "visits": even, "luck": np.arange(200) // 2 % 2}
    ...     )),
    ...     outcomes=pa.table({"bought": even, "revenue": even * 9.0, "visited": even}),
    ...     selection=np.ones(200, dtype=bool),
    ...     horizon_days=30.0,
    ... )
    >>> learn_weights(holdout, ["visits", "luck"]).by_name
    {'visits': 1.495, 'luck': 0.505}
    """
    if holdout.horizon_days < DECIDING_DAYS:
        days = {"days": float(holdout.horizon_days), "least": DECIDING_DAYS}
        return Weights(why_equal=Reason("short horizon", days))
    chosen = pa.array(holdout.selection)
    table = holdout.customers.table
    names = [name for name in names if name in table.column_names]
    exclusions = bot_exclusions(table)
    # half of every column would be a copy of half of the table
    wanted = {"user_id", *names, *columns_of(exclusions)}
    table = table.select(sorted(wanted)).filter(chosen)
    rows = included_rows(table, exclusions, MAX_SELECTION_CUSTOMERS)
    followed = _followed(holdout.outcomes.filter(chosen), rows)
    if followed is None:
        return Weights(why_equal=Reason("nothing followed"))
    columns = _columns(table, names, rows)
    if len(columns) < 2:
        return Weights(why_equal=Reason("one feature"))
    correlated, errors = _correlated(np.column_stack(list(columns.values())), followed)
    drawn = _drawn_to_the_mean(correlated, errors)
    if drawn is None:
        return Weights(why_equal=Reason("no difference"))
    weights = np.round(np.minimum((1 + drawn / drawn.mean()) / 2, HIGHEST_WEIGHT), DIGITS)
    figures = zip(columns, correlated.tolist(), errors.tolist(), weights.tolist(), strict=True)
    return Weights(
        tuple(FeatureWeight(name, round(w, 6), round(e, 6), one) for name, w, e, one in figures),
        horizon_days=holdout.horizon_days,
        customers=len(rows),
    )


def weights_of(
    asked: Asked | Mapping[str, float], holdout: Holdout | Reason | None, names: Sequence[str]
) -> tuple[Weights, dict[str, float]]:
    """Return what was learned of how much features count, and the weight of each.

    Raises
    ------
    UsageError
        If neither "learned" nor "equal" nor weights of features that are clustered were asked for.
    """
    if isinstance(asked, Mapping):
        return Weights(why_equal=Reason("given")), _checked(asked, names)
    if asked not in WEIGHTS:
        raise UsageError(
            f"weights is {asked!r}, expected learned or equal, or weights above 0 by feature."
        )
    if asked == "equal":
        return Weights(why_equal=Reason("equal as asked")), {}
    if not isinstance(holdout, Holdout):
        return Weights(why_equal=holdout or Reason("no holdout")), {}
    weights = learn_weights(holdout, names)
    return weights, weights.by_name


def correlations(matrix: Matrix, outcomes: Matrix) -> tuple[Floats, Floats]:
    """Return the Pearson correlation of each column with each outcome, and its standard error.

    Parameters
    ----------
    matrix : shape (n_customers, n_features), each of which varies.
    outcomes : shape (n_customers, n_outcomes), each of which varies.

    Returns
    -------
    Two arrays of shape (n_features, n_outcomes). The error is the standard deviation of the
    influence function, x y - r (x² + y²) / 2 of standardised values, over the root of the number
    of customers (Devlin, Gnanadesikan & Kettenring 1975, doi:10.1093/biomet/62.3.531).

    >>> r, error = correlations(np.array([[0.0], [0.0], [1.0], [1.0]]), np.eye(4)[:, :1])
    >>> r.round(4).tolist(), error.round(4).tolist()
    ([[-0.5774]], [[0.2887]])
    """
    x, y = ((values - values.mean(axis=0)) / values.std(axis=0) for values in (matrix, outcomes))
    r = x.T @ y / len(x)
    error = np.empty_like(r)
    for feature, outcome in np.ndindex(*r.shape):
        a, b = x[:, feature], y[:, outcome]
        influence = a * b - r[feature, outcome] * (a * a + b * b) / 2
        error[feature, outcome] = influence.std() / np.sqrt(len(x))
    return r, error


def _checked(asked: Mapping[str, float], names: Sequence[str]) -> dict[str, float]:
    for name, weight in asked.items():
        if name not in names:
            raise UsageError(
                f"weights has `{name}`, which is not clustered. " + did_you_mean(name, names)
            )
        if not 0 < weight < float("inf"):
            raise UsageError(f"The weight of `{name}` is {weight}, expected a number above 0.")
    return {name: float(weight) for name, weight in asked.items()}


def _followed(outcomes: pa.Table, rows: Integers) -> Matrix | None:
    """Return what customers did next, a column each; None where all did the same."""
    bought, revenue, visited = (
        outcomes[name].to_numpy().astype(np.float64)[rows]
        if name in outcomes.column_names
        else np.zeros(len(rows))
        for name in ("bought", "revenue", "visited")
    )
    columns = [bought, winsorised(revenue), signed_power(revenue, 0.5)]
    differing = [column for column in columns if len(column) and column.min() < column.max()]
    if not differing and len(visited) and visited.min() < visited.max():
        differing = [visited]
    return np.column_stack(differing) if differing else None


def _columns(table: pa.Table, names: Sequence[str], rows: Integers) -> dict[str, Floats]:
    """Return the features that vary, each scaled by itself: a near copy counts as its twin does."""
    columns = {}
    for name in names:
        values = feature_matrix(table, [name])[rows]
        scaling = fit_scaling(values, [name], [undefined_in(table, name)])
        if scaling.features:
            columns[name] = scaling.matrix[:, 0]
    return columns


def _correlated(matrix: Matrix, outcomes: Matrix) -> tuple[Floats, Floats]:
    """Return the root mean square of each feature's correlations, and its error at most."""
    r, error = correlations(matrix, outcomes)
    return np.sqrt((r**2).mean(axis=1)), np.sqrt((error**2).mean(axis=1))


def _drawn_to_the_mean(correlated: Floats, errors: Floats) -> Floats | None:
    """Return what features told, less what chance adds to the differences; None if that is all.

    >>> _drawn_to_the_mean(np.array([0.1, 0.3]), np.array([0.0, 0.0])).round(3).tolist()
    [0.1, 0.3]
    >>> _drawn_to_the_mean(np.array([0.1, 0.3]), np.array([0.1, 0.1])).round(3).tolist()
    [0.15, 0.25]
    >>> _drawn_to_the_mean(np.array([0.1, 0.3]), np.array([0.2, 0.2])) is None
    True
    """
    between = float(correlated.var(ddof=1) - (errors**2).mean())
    if not between > 0:
        return None
    kept = between / (between + errors**2)
    return np.asarray(correlated.mean() + kept * (correlated - correlated.mean()))
