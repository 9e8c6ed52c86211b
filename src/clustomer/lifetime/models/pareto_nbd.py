"""Pareto/NBD: customers who may leave for good at any time.

Schmittlein, Morrison and Colombo 1987, Counting your customers: who are they and what will they do
next?, Management Science 33(1), 1-24, doi:10.1287/mnsc.33.1.1; the likelihood as in Fader and
Hardie 2005, A note on deriving the Pareto/NBD model and related expressions. What is known of a
customer beforehand, here the size of the first order, enters as in Fader and Hardie 2007,
Incorporating time-invariant covariates into the Pareto/NBD and BG/NBD models.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.special import digamma, gammaln

from clustomer.lifetime.models.histories import Alike, Histories, counted_alike
from clustomer.lifetime.models.likelihood import Floats, fitted

_POINTS, _POINT_WEIGHTS = np.polynomial.legendre.leggauss(20)
_NODES, _WEIGHTS = (_POINTS + 1) / 2, _POINT_WEIGHTS / 2
_COUNTS_UNTIL = 18.0
"""Beyond, what is integrated is less than exp(-18) of what it was."""
_AT_ONCE = 10_000


@dataclass(frozen=True)
class ParetoNbd:
    """Orders come at random at a rate of the customer, who leaves at random at another rate.

    Attributes
    ----------
    r, alpha : float
        Shape and rate (in days) of the gamma distribution of customers' rates of orders.
    s, beta : float
        Shape and rate (in days) of that of their rates of leaving.
    size_orders, size_leaving : float
        How much more often (as a power of 2) customers order and leave, whose first orders are
        the largest, than those in the middle; 0 where that was not looked at.
    """

    r: float
    alpha: float
    s: float
    beta: float
    size_orders: float = 0.0
    size_leaving: float = 0.0

    @classmethod
    def fit(cls, histories: Histories) -> Self:
        """Return the model with the highest likelihood, whatever the size of first orders."""
        alike = counted_alike(histories)
        unit = max(float(alike.age.max()), 1.0)

        def negative(r: float, alpha: float, s: float, beta: float) -> tuple[float, Floats]:
            value, slopes = cls(r, alpha, s, beta)._negative(alike.in_units(unit))
            return value, slopes[:4]

        r, alpha, s, beta = fitted(negative, (1.0, 1.0, 1.0, 1.0), with_slopes=True)
        return cls(r, alpha * unit, s, beta * unit)

    def with_sizes(self, histories: Histories) -> "ParetoNbd":
        """Return the model that is fitted to the size of first orders, too, from this one on."""
        alike = counted_alike(histories, by_size=True)
        unit = max(float(alike.age.max()), 1.0)

        def model_of(r: float, alpha: float, s: float, beta: float, *times: float) -> "ParetoNbd":
            orders, leaving = (float(np.log2(power)) for power in times)
            return ParetoNbd(r, alpha, s, beta, orders, leaving)

        def negative(*parameters: float) -> tuple[float, Floats]:
            value, slopes = model_of(*parameters)._negative(alike.in_units(unit))
            return value, slopes / [1, 1, 1, 1, *(np.log(2) * np.array(parameters[4:]))]

        start = (self.r, self.alpha / unit, self.s, self.beta / unit, 1.0, 1.0)
        r, alpha, s, beta, *times = fitted(negative, start, with_slopes=True)
        return model_of(r, alpha * unit, s, beta * unit, *times)

    def alive(self, histories: Histories) -> Floats:
        """Return how likely each customer has not left for good."""
        alpha, beta = self._rates(histories.size)
        alive = self._log_alive(histories, alpha, beta)
        left, _ = self._log_left(histories, alpha, beta)
        return np.asarray(np.exp(alive - np.logaddexp(alive, left)))

    def expected_orders(self, histories: Histories, days: float) -> Floats:
        """Return the days with an order that each customer is expected to have in the next days."""
        alpha, beta = self._rates(histories.size)
        rate = (self.r + histories.repeats) / (alpha + histories.age)
        stayed = beta + histories.age
        kept = np.log(stayed / (stayed + days))
        staying = stayed * -np.expm1((self.s - 1) * kept) / (self.s - 1)
        return np.asarray(rate * staying * self.alive(histories))

    def _rates(self, size: Floats) -> tuple[Floats, Floats]:
        """Return alpha and beta of customers with first orders of these sizes."""
        return (
            self.alpha * np.exp2(-self.size_orders * size),
            self.beta * np.exp2(-self.size_leaving * size),
        )

    def _negative(self, alike: Alike) -> tuple[float, Floats]:
        """Return the mean negative log-likelihood, and its derivatives by the six parameters."""
        alpha, beta = self._rates(alike.size)
        shape = self.r + alike.repeats
        alive = self._log_alive(alike, alpha, beta)
        left, moments = self._log_left(alike, alpha, beta)
        both = np.logaddexp(alive, left)
        likelihoods = (
            gammaln(shape) - gammaln(self.r) + self.r * np.log(alpha) + self.s * np.log(beta) + both
        )
        gone = np.exp(left - both)
        log_alpha = (1 - gone) * np.log(alpha + alike.age) + gone * moments.log_alpha
        log_beta = (1 - gone) * np.log(beta + alike.age) + gone * moments.log_beta
        over_alpha = (1 - gone) / (alpha + alike.age) + gone * moments.over_alpha
        over_beta = (1 - gone) * self.s / (beta + alike.age)
        over_beta += gone * (self.s + 1) * moments.over_beta
        by_alpha = self.r - shape * over_alpha * alpha
        by_beta = self.s - over_beta * beta
        slopes = np.stack(
            [
                digamma(shape) - digamma(self.r) + np.log(alpha) - log_alpha,
                by_alpha / self.alpha,
                np.log(beta) - log_beta + gone / self.s,
                by_beta / self.beta,
                -np.log(2) * alike.size * by_alpha,
                -np.log(2) * alike.size * by_beta,
            ]
        )
        share = alike.customers / alike.customers.sum()
        return -float(share @ likelihoods), -(slopes @ share)

    def _log_alive(self, of: Histories | Alike, alpha: Floats, beta: Floats) -> Floats:
        """Return the logarithm of the part of the likelihood of those who have not left."""
        shape = self.r + of.repeats
        return np.asarray(-shape * np.log(alpha + of.age) - self.s * np.log(beta + of.age))

    def _log_left(
        self, of: Histories | Alike, alpha: Floats, beta: Floats
    ) -> tuple[Floats, "_Moments"]:
        """Return the logarithm of the part of those who left since the last order, and moments.

        The integral over the time of leaving, by Gauss-Legendre quadrature over the logarithm of
        alpha + time, as far as it counts: the hypergeometric functions of the paper are slow
        where hardly anyone leaves.
        """
        parts = []
        for start in range(0, max(len(of.age), 1), _AT_ONCE):
            rows = slice(start, start + _AT_ONCE)
            shape = (self.r + of.repeats[rows])[:, None]
            ordered, stayed = alpha[rows] + of.last[rows], beta[rows] + of.last[rows]
            span = np.log((alpha[rows] + of.age[rows]) / ordered)
            span = np.minimum(span, _COUNTS_UNTIL / shape[:, 0])
            steps = span[:, None] * _NODES
            grown = np.expm1(steps)
            later = np.log1p((ordered / stayed)[:, None] * grown)
            inside = np.exp((1 - shape) * steps - (self.s + 1) * later) * _WEIGHTS
            total = inside.sum(axis=1)
            with np.errstate(divide="ignore"):
                left = np.log(self.s * span * total)
            left += (1 - shape[:, 0]) * np.log(ordered) - (self.s + 1) * np.log(stayed)
            inside /= total[:, None]
            parts.append(
                np.stack(
                    [
                        left,
                        np.log(ordered) + (inside * steps).sum(axis=1),
                        np.log(stayed) + (inside * later).sum(axis=1),
                        (inside / (1 + grown)).sum(axis=1) / ordered,
                        (inside / (stayed[:, None] + ordered[:, None] * grown)).sum(axis=1),
                    ]
                )
            )
        left, *moments = np.concatenate(parts, axis=1)
        return left, _Moments(*moments)


@dataclass(frozen=True, eq=False)
class _Moments:
    """Means over the time of leaving t: of log(alpha + t), 1 / (alpha + t), the same of beta."""

    log_alpha: Floats
    log_beta: Floats
    over_alpha: Floats
    over_beta: Floats
