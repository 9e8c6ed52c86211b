"""Maximum likelihood of models whose parameters are all above 0."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

Floats = NDArray[np.float64]

_LARGEST = 9.0
"""No parameter is looked for beyond exp(-9) and exp(9) of its unit: where nobody ever leaves, the
likelihood rises without end."""


def fitted(
    negative: Callable[..., float | tuple[float, Any]],
    start: Sequence[float],
    *,
    with_slopes: bool = False,
) -> tuple[float, ...]:
    """Return the parameters with the least negative log-likelihood.

    Searched in their logarithms, from `start`. A value that is no number counts as the worst.

    Parameters
    ----------
    negative : function of the parameters
        Returns the value; `with_slopes` also its derivatives by each parameter.
    start : sequence of float
    with_slopes : bool, default False

    >>> [rate] = fitted(lambda rate: rate - 3 * np.log(rate), (1.0,))
    >>> round(rate, 4)
    3.0
    >>> [rate] = fitted(lambda x: (x - 3 * np.log(x), [1 - 3 / x]), (1.0,), with_slopes=True)
    >>> round(rate, 4)
    3.0
    """

    def objective(logs: Floats) -> float | tuple[float, Floats]:
        parameters = np.exp(logs)
        with np.errstate(all="ignore"):
            answer = negative(*parameters.tolist())
        value, slopes = answer if isinstance(answer, tuple) else (answer, None)
        value = float(value) if np.isfinite(value) else 1e300
        if slopes is None:
            return value
        return value, np.nan_to_num(np.asarray(slopes) * parameters)

    best = minimize(
        objective,
        np.log(np.asarray(start, dtype=np.float64)),
        method="L-BFGS-B",
        jac=with_slopes or None,
        bounds=[(-_LARGEST, _LARGEST)] * len(start),
        options={"ftol": 1e-12, "gtol": 1e-8, "maxiter": 200},
    ).x
    return tuple(float(value) for value in np.exp(best))
