"""From customer features to the matrix that is clustered, by parameters that can be stored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]

DIGITS = 12
SKEWNESS_LIMIT = 1.0
CORRELATION_LIMIT = 0.95


@dataclass(frozen=True)
class ScaledFeature:
    """How one feature is scaled: `(f(x) - mean) / scale`, `f` the signed log where `log`.

    `undefined` stands in for a missing value, in the feature's own unit; `mean` and
    `scale` (the population standard deviation) are taken after the log.
    """

    name: str
    undefined: float
    log: bool
    mean: float
    scale: float


@dataclass(frozen=True)
class Scaling:
    """What `fit_scaling` found: the features that stay, their matrix, and why others left."""

    features: tuple[ScaledFeature, ...]
    matrix: Matrix
    left_out: dict[str, str]


def fit_scaling(
    matrix: Matrix,
    names: Sequence[str],
    undefined: Sequence[float],
    *,
    labels: Mapping[str, str] | None = None,
) -> Scaling:
    """Fill, log and standardise the columns of a matrix, and drop those that say nothing new.

    1. Values are rounded to 12 significant digits, so that two engines agree.
    2. NaN (the feature is undefined for this customer) becomes the column's `undefined`.
    3. A column with one value only leaves.
    4. A column with a skewness above 1 is replaced by `sign(x) * ln(1 + |x|)`, which is
       `log1p` where nothing is negative and keeps the sign where a refund made a
       customer's revenue negative. Skewness is the moment estimate
       `g1 = m3 / m2 ** 1.5` (Joanes & Gill 1998, doi:10.1111/1467-9884.00122), without
       the correction for small samples: thousands of customers make it vanish, and it
       stays defined for two.
    5. Mean 0 and population standard deviation 1.
    6. A column whose Pearson correlation with an earlier one that stays is 0.95 or more
       (in absolute value, after scaling) leaves: the order of `names` is the priority.

    Parameters
    ----------
    matrix : ndarray of shape (n_customers, n_features), float64; NaN is undefined.
    names : the columns' names, most important first.
    undefined : what stands in for NaN, per column; NaN where no value is known.
    labels : plain words per name for the reasons; the name itself where missing.

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
    ...     ["orders", "returns", "visits"],
    ...     [0.0, 0.0, 0.0],
    ... )
    >>> [feature.name for feature in found.features], found.left_out
    (['orders', 'returns'], {'visits': '`visits` is the same for everyone'})
    >>> found.matrix[:, 0].round(3).tolist()
    [-1.225, 0.0, 1.225]
    """
    words = labels or {}
    kept: list[ScaledFeature] = []
    columns: list[Matrix] = []
    left_out: dict[str, str] = {}
    for name, value, column in zip(names, undefined, matrix.T, strict=True):
        label = words.get(name, name)
        rounded = round_significant(column)
        missing = np.isnan(rounded)
        if missing.all():
            left_out[name] = f"`{label}` is undefined for everyone"
            continue
        [value] = round_significant(np.array([value])).tolist()
        filled = np.where(missing, value, rounded)
        if filled.min() == filled.max():
            left_out[name] = f"`{label}` is the same for everyone"
            continue
        log = skewness(filled) > SKEWNESS_LIMIT
        shaped = signed_log(filled) if log else filled
        mean, scale = round_significant(np.array([shaped.mean(), shaped.std()])).tolist()
        if not scale > 0:
            left_out[name] = f"`{label}` is the same for everyone"
            continue
        scaled = (shaped - mean) / scale
        twin = _twin(scaled, columns)
        if twin is not None:
            earlier, correlation = twin
            other = words.get(kept[earlier].name, kept[earlier].name)
            left_out[name] = (
                f"`{label}` says almost the same as `{other}` (correlation {correlation:.2f})"
            )
            continue
        kept.append(ScaledFeature(name, value, log, mean, scale))
        columns.append(scaled)
    scaled_matrix = np.column_stack(columns) if columns else np.empty((len(matrix), 0))
    return Scaling(tuple(kept), np.ascontiguousarray(scaled_matrix), left_out)


def scale(matrix: Matrix, features: Sequence[ScaledFeature]) -> Matrix:
    """Scale a matrix whose columns are `features`, in their order, as stored.

    >>> import numpy as np
    >>> scale(np.array([[np.nan], [5.0]]), [ScaledFeature("orders", 0.0, False, 1.0, 2.0)]).tolist()
    [[-0.5], [2.0]]
    """
    scaled = np.empty_like(matrix, dtype=np.float64)
    for index, feature in enumerate(features):
        column = np.where(np.isnan(matrix[:, index]), feature.undefined, matrix[:, index])
        shaped = signed_log(column) if feature.log else column
        scaled[:, index] = (shaped - feature.mean) / feature.scale
    return scaled


def signed_log(values: Matrix) -> Matrix:
    """Return `sign(x) * ln(1 + |x|)`: `log1p` for what is not negative, odd around 0.

    Written as the assignment's SQL writes it, so that both round alike.

    >>> import numpy as np
    >>> signed_log(np.array([-1.0, 0.0, 1.0])).round(6).tolist()
    [-0.693147, 0.0, 0.693147]
    """
    return np.sign(values) * np.log(np.abs(values) + 1.0)


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


def _twin(scaled: Matrix, columns: Sequence[Matrix]) -> tuple[int, float] | None:
    """Return the first earlier column that correlates too strongly, with the correlation."""
    for index, column in enumerate(columns):
        correlation = float(np.mean(scaled * column))
        if abs(correlation) >= CORRELATION_LIMIT:
            return index, correlation
    return None
