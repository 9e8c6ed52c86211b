"""The shop's own rates and levels, to which each customer's are shrunk."""

import math
from collections.abc import Iterable

MIN_STRENGTH = 1.0
MAX_STRENGTH = 1000.0


def beta_binomial_prior(counts: Iterable[tuple[int, int, int]]) -> tuple[float, float]:
    """Return the mean and the strength of the beta prior of a shop's customers.

    The method of moments for proportions with unequal denominators: Kleinman,
    "Proportions with extraneous variance: single and independent samples",
    Journal of the American Statistical Association 68 (1973), with weights
    proportional to the denominators.

    Parameters
    ----------
    counts : iterable of (numerator, denominator, customers)

    Returns
    -------
    mean : float
        All numerators over all denominators; 0.5 when there are none.
    strength : float
        The prior's weight in observations, from 1 to 1000. Small where customers
        differ much from one another; 1000 where they differ no more than chance.

    >>> beta_binomial_prior([(0, 10, 50), (10, 10, 50)])  # each all or nothing
    (0.5, 1.0)
    >>> beta_binomial_prior([(5, 10, 100)])  # all the same
    (0.5, 1000.0)
    """
    rows = sorted((n, x, c) for x, n, c in counts if n > 0 and c > 0)
    trials = sum(n * c for n, _, c in rows)
    if trials == 0:
        return 0.5, MAX_STRENGTH
    successes = sum(x * c for _, x, c in rows)
    mean = successes / trials
    customers = sum(c for _, _, c in rows)
    squares = sum(n * n * c for n, _, c in rows)
    # S = sum of n (x/n - mean)^2; its expectation under a beta-binomial with
    # correlation rho is mean (1 - mean) [N - 1 + rho (T - N - squares/T + 1)]
    spread = math.fsum(c * n * (x / n - mean) ** 2 for n, x, c in rows)
    chance = mean * (1 - mean)
    room = trials - customers - squares / trials + 1
    if chance == 0 or room <= 0:
        return round(mean, 12), MAX_STRENGTH
    rho = (spread / chance - (customers - 1)) / room
    if rho <= 0:
        return round(mean, 12), MAX_STRENGTH
    strength = (1 - rho) / rho
    return round(mean, 12), round(min(max(strength, MIN_STRENGTH), MAX_STRENGTH), 9)


def credibility_strength(
    *, customers: int, observations: float, inverse: float, spread: float, weighted: float
) -> float:
    """Return how many observations the shop's own mean is worth beside a customer's.

    A customer's mean of n observations is taken to vary by `B + W / n`: between customers, and
    within one. Both follow from how far the means lie from the shop's, counted once for each
    customer and once for each observation (method of moments); the strength is `W / B`, as in the
    credibility theory of Buehlmann and Straub, "Glaubwuerdigkeit fuer Schadensaetze" (1970).

    Parameters
    ----------
    customers, observations : how many there are.
    inverse : the sum of 1 / n over customers.
    spread, weighted : the sums of squared deviations from the shop's mean, and of n times them.

    Returns
    -------
    float
        From 1 to 1000; 1000 where customers differ no more than chance, 1 where nothing varies
        within one, or all have as many observations: then it makes no difference.

    >>> # means vary by 1 + 4 / n: two customers with n = 1, two with n = 4
    >>> credibility_strength(customers=4, observations=10, inverse=2.5, spread=14, weighted=26)
    4.0
    """
    room = observations * inverse - customers**2
    if room <= 1e-9 * customers**2:
        return MIN_STRENGTH
    between = (weighted * inverse - spread * customers) / room
    within = (observations * spread - customers * weighted) / room
    if between <= 0:
        return MAX_STRENGTH
    return round(min(max(within / between, MIN_STRENGTH), MAX_STRENGTH), 9)
