"""From customer features to the matrix that is clustered, by parameters that can be stored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from clustomer.customers.features import FEATURES
from clustomer.customers.reason import Reason
from clustomer.segments.arrays import Matrix
from clustomer.thresholds import CORRELATION_LIMIT, SKEWNESS_LIMIT, TAIL

DIGITS = 12

POWERS = (1.0, 0.75, 0.5)
"""None, and those that square roots can take."""

ROOT = 0.5
"""The power of a feature that is skewed, where none is declared."""

_DECLARED = {declared.name: declared for declared in FEATURES}


@dataclass(frozen=True)
class ScaledFeature:
    """How one feature is scaled: `(sign(x) * |x| ** power - mean) / scale`, with x winsorised.

    `undefined` stands in for a missing value, `low` and `high` are the winsorising limits (None:
    no limit), all in the feature's own unit. `power` is 1 (as it is), 3/4 or 1/2 (the square
    root). `mean` is taken after the power, and `scale` is the population standard deviation after
    the power, over the weight that the feature declares and over `weight`: how much it counts
    by what it told of what came next, against 1.
    """

    name: str
    undefined: float
    power: float
    mean: float
    scale: float
    low: float | None = None
    high: float | None = None
    weight: float = 1.0


@dataclass(frozen=True)
class Scaling:
    """What `fit_scaling` found: the features that stay, their matrix, and why others left."""

    features: tuple[ScaledFeature, ...]
    matrix: Matrix
    left_out: dict[str, Reason]


def fit_scaling(
    matrix: Matrix,
    names: Sequence[str],
    undefined: Sequence[float],
    *,
    weights: Mapping[str, float] | None = None,
) -> Scaling:
    """Fill, cap, root and standardise the columns of a matrix, and drop those that say nothing new.

    1. Values are rounded to 12 significant digits, so that two engines agree.
    2. NaN (the feature is undefined for this customer) becomes the column's `undefined`.
    3. A column with one value only leaves.
    4. A declared feature has the power that it declares (3/4 for money, 1/2 for counts); any
       other the square root where its skewness is above 1, else none. Skewness is the moment
       estimate `g1 = m3 / m2 ** 1.5` (Joanes & Gill 1998, doi:10.1111/1467-9884.00122), without
       the correction for small samples: thousands of customers make it vanish, and it stays
       defined for two.
    5. A column with a power below 1 is first capped at its 99.5th percentile (of the values
       above 0, where fewer customers than that have any), and, where some are below 0, at its
       0.5th or at 0, whichever is lower (winsorised; Tukey 1962, doi:10.1214/aoms/1177704711).
    6. Mean 0, and a population standard deviation of 1 times the weight that the declared
       feature has, times that of `weights`.
    7. A column whose Pearson correlation with an earlier one that stays is 0.95 or more
       (in absolute value, after scaling) leaves: the order of `names` is the priority.

    Parameters
    ----------
    matrix : ndarray of shape (n_customers, n_features), float64; NaN is undefined.
    names : the columns' names, most important first.
    undefined : what stands in for NaN, per column; NaN where no value is known.
    weights : how much each name counts, above 0; 1 where missing.

    Returns
    -------
    Scaling
        `matrix` holds the scaled columns of `features`, in their order. With no customer
        at all, or nothing that varies, `features` is empty.

    Examples
    --------
    >>> import numpy as np
    >>> found = fit_scaling(
    ...     np.array([[1.0, 0.0, 7.0], [2.0, 1.0, 7.0], [3.0, np.nan, 7.0]]),
    ...     ["rooms", "pets", "doors"],
    ...     [0.0, 0.0, 0.0],
    ... )
    >>> [feature.name for feature in found.features], found.left_out
    (['rooms', 'pets'], {'doors': Reason(kind='constant', numbers={'feature': 'doors'})})
    >>> found.matrix[:, 0].round(3).tolist()
    [-1.225, 0.0, 1.225]
    """
    kept: list[ScaledFeature] = []
    columns: list[Matrix] = []
    weighted: list[Matrix] = []
    left_out: dict[str, Reason] = {}
    for name, value, column in zip(names, undefined, matrix.T, strict=True):
        rounded = round_significant(column)
        missing = np.isnan(rounded)
        if missing.all():
            left_out[name] = Reason("undefined", {"feature": name})
            continue
        [value] = round_significant(np.array([value])).tolist()
        filled = np.where(missing, value, rounded)
        if filled.min() == filled.max():
            left_out[name] = Reason("constant", {"feature": name})
            continue
        power = _power(name, filled)
        low, high = _winsorising_limits(filled) if power < 1 else (None, None)
        shaped = _shaped(filled, power, low, high)
        mean, spread = round_significant(np.array([shaped.mean(), shaped.std()])).tolist()
        if not spread > 0:
            left_out[name] = Reason("constant", {"feature": name})
            continue
        # of unit variance whatever the weight, for the correlation
        scaled = (shaped - mean) / spread
        twin = _twin(scaled, columns)
        if twin is not None:
            earlier, correlation = twin
            left_out[name] = Reason(
                "near copy",
                {"feature": name, "other": kept[earlier].name, "correlation": correlation},
            )
            continue
        weight = (weights or {}).get(name, 1.0)
        declared = _DECLARED[name].weight if name in _DECLARED else 1.0
        [scale] = round_significant(np.array([spread / (declared * weight)])).tolist()
        kept.append(ScaledFeature(name, value, power, mean, scale, low, high, weight))
        columns.append(scaled)
        weighted.append((shaped - mean) / scale)
    scaled_matrix = np.column_stack(weighted) if weighted else np.empty((len(matrix), 0))
    return Scaling(tuple(kept), np.ascontiguousarray(scaled_matrix), left_out)


def scale(matrix: Matrix, features: Sequence[ScaledFeature]) -> Matrix:
    """Scale a matrix whose columns are `features`, in their order, as stored.

    >>> import numpy as np
    >>> scale(np.array([[np.nan], [5.0]]), [ScaledFeature("orders", 0.0, 1.0, 1.0, 2.0)]).tolist()
    [[-0.5], [2.0]]
    """
    scaled = np.empty_like(matrix, dtype=np.float64)
    for index, feature in enumerate(features):
        column = np.where(np.isnan(matrix[:, index]), feature.undefined, matrix[:, index])
        shaped = _shaped(column, feature.power, feature.low, feature.high)
        scaled[:, index] = (shaped - feature.mean) / feature.scale
    return scaled


def signed_power(values: Matrix, power: float) -> Matrix:
    """Return `sign(x) * |x| ** power` for a power of 1, 3/4 or 1/2.

    Written with square roots only, as the assignment's SQL writes it: they are rounded alike on
    every machine and engine, which powers are not.

    >>> import numpy as np
    >>> signed_power(np.array([-16.0, 0.0, 16.0]), 0.75).tolist()
    [-8.0, 0.0, 8.0]
    """
    if power == 1:
        return values
    magnitude = np.abs(values)
    if power == 0.5:
        return np.asarray(np.sign(values) * np.sqrt(magnitude))
    if power == 0.75:
        return np.asarray(np.sign(values) * np.sqrt(magnitude * np.sqrt(magnitude)))
    raise ValueError(f"The power is {power}, expected one of {POWERS}.")


def skewness(values: Matrix) -> float:
    """Return the moment estimate of the skewness, 0 where nothing varies.

    >>> import numpy as np
    >>> round(skewness(np.array([0.0, 0.0, 0.0, 4.0])), 4)
    1.1547
    """
    # Dividing by the largest deviation first keeps the third power from overflowing.
    centred = values - values.mean()
    largest = float(np.abs(centred).max())
    if largest == 0:
        return 0.0
    centred /= largest
    # NumPy takes a third power by logarithms, which is ten times slower than two products.
    squared = centred * centred
    second = float(np.mean(squared))
    return float(np.mean(squared * centred) / second**1.5)


def round_significant(values: Matrix, digits: int = DIGITS) -> Matrix:
    """Round to a number of significant digits; 0, NaN and infinities stay as they are.

    >>> import numpy as np
    >>> round_significant(np.array([123456.789, -0.00123456789, 0.0]), digits=3).tolist()
    [123000.0, -0.00123, 0.0]
    """
    values = np.asarray(values, dtype=np.float64)
    usable = np.isfinite(values) & (values != 0)
    exponents = np.zeros(values.shape)
    exponents[usable] = np.floor(np.log10(np.abs(values[usable])))
    # Two steps of a power of ten each: one alone overflows for the smallest numbers. Powers
    # up to 10 ** 22 are exact doubles; dividing by them rounds once, multiplying would twice.
    places = np.clip(digits - 1 - exponents, -300, 300)
    up = 10.0 ** np.maximum(places, 0)
    down = 10.0 ** np.maximum(-places, 0)
    return np.where(usable, np.rint(values * up / down) / up * down, values)


def _shaped(values: Matrix, power: float, low: float | None, high: float | None) -> Matrix:
    if low is not None or high is not None:
        values = np.clip(values, low, high)
    return signed_power(values, power)


def _power(name: str, values: Matrix) -> float:
    declared = _DECLARED[name].power if name in _DECLARED else None
    if declared is not None:
        return declared
    return ROOT if skewness(values) > SKEWNESS_LIMIT else 1.0


def _winsorising_limits(values: Matrix) -> tuple[float | None, float]:
    """Return the lowest and the highest value that count."""
    lowest, highest = np.quantile(values, [TAIL, 1 - TAIL])
    positive = values[values > 0]
    if highest <= 0 and len(positive):
        highest = np.quantile(positive, 1 - TAIL)
    low, high = round_significant(np.array([min(lowest, 0.0), highest])).tolist()
    return (low if values.min() < 0 else None), high


def _twin(scaled: Matrix, columns: Sequence[Matrix]) -> tuple[int, float] | None:
    """Return the first earlier column that correlates too strongly, with the correlation."""
    for index, column in enumerate(columns):
        correlation = float(np.mean(scaled * column))
        if abs(correlation) >= CORRELATION_LIMIT:
            [rounded] = round_significant(np.array([correlation])).tolist()
            return index, rounded
    return None
