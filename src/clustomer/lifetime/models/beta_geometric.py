"""BG/NBD and MBG/NBD: customers who may leave for good after each order.

Fader, Hardie and Lee 2005, "Counting Your Customers" the Easy Way, Marketing Science 24(2),
275-284, doi:10.1287/mksc.1040.0098; Batislam, Denizel and Filiztekin 2007, Empirical validation and
comparison of models for customer base analysis, International Journal of Research in Marketing
24(3), 201-209, doi:10.1016/j.ijresmar.2006.12.005.
"""

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from scipy.special import betaincinv, betaln, gammaln, hyp2f1

from clustomer.lifetime.models.histories import Alike, Histories, counted_alike
from clustomer.lifetime.models.likelihood import Floats, fitted

QUANTILES = 64


@dataclass(frozen=True)
class _BetaGeometric:
    """Orders come at random at a rate of the customer, who leaves after an order by chance.

    Attributes
    ----------
    r, alpha : float
        Shape and rate (in days) of the gamma distribution of customers' rates of orders.
    a, b : float
        Of the beta distribution of the chance to leave after an order.
    """

    r: float
    alpha: float
    a: float
    b: float

    may_leave_at_first: ClassVar[int]
    """1 where a customer may leave after the first order, too."""

    @classmethod
    def fit(cls, histories: Histories) -> Self:
        """Return the model with the highest likelihood."""
        alike = counted_alike(histories)
        unit = max(float(alike.age.max()), 1.0)
        scaled, share = alike.in_units(unit), alike.customers / alike.customers.sum()

        def negative(r: float, alpha: float, a: float, b: float) -> float:
            likelihoods = cls(r, alpha, a, b)._log_likelihoods(scaled)
            return -float(share @ likelihoods)

        r, alpha, a, b = fitted(negative, (1.0, 1.0, 1.0, 1.0))
        return cls(r, alpha * unit, a, b)

    def alive(self, histories: Histories) -> Floats:
        """Return how likely each customer has not left for good."""
        return 1 / (1 + self._odds_of_leaving(histories))

    def expected_orders(self, histories: Histories, days: float) -> Floats:
        """Return the days with an order that each customer is expected to have in the next days.

        Equation 10 of Fader et al., after Euler's transformation of the hypergeometric function,
        whose series then converges quickly for customers with many orders, too. Where customers
        leave by nearly the same chance, a and b are so large that the series is beyond what numbers
        hold, and the mean over the chance to leave, which it stands for, is taken at quantiles.
        """
        outcomes = histories.repeats + self.may_leave_at_first
        left_out = self.alpha + histories.age
        power = self.a + self.b + outcomes - 1
        kept = left_out / (left_out + days)
        with np.errstate(over="ignore", invalid="ignore", under="ignore"):
            series = hyp2f1(
                self.a + self.b - 1 - self.r + self.may_leave_at_first, self.a - 1, power, 1 - kept
            )
            if_alive = np.asarray(power / (self.a - 1) * (1 - kept ** (self.a - 1) * series))
        beyond = ~np.isfinite(if_alive)
        if beyond.any():
            if_alive[beyond] = self._at_quantiles(
                outcomes[beyond], self.r + histories.repeats[beyond], days / left_out[beyond]
            )
        return np.asarray(if_alive * self.alive(histories))

    def _at_quantiles(self, outcomes: Floats, shape: Floats, ahead: Floats) -> Floats:
        """Return the mean of (1 - (1 + p * ahead) ** -shape) / p over p, the chance to leave."""
        levels = (np.arange(QUANTILES) + 0.5) / QUANTILES
        chance = betaincinv(self.a, (self.b + outcomes)[:, None], levels)
        kept = np.expm1(-shape[:, None] * np.log1p(chance * ahead[:, None]))
        return np.asarray(np.mean(-kept / chance, axis=1))

    def _log_likelihoods(self, of: Histories | Alike) -> Floats:
        outcomes = of.repeats + self.may_leave_at_first
        shape = self.r + of.repeats
        return np.asarray(
            gammaln(shape)
            - gammaln(self.r)
            + self.r * np.log(self.alpha)
            - shape * np.log(self.alpha + of.age)
            + betaln(self.a, self.b + outcomes)
            - betaln(self.a, self.b)
            + np.log1p(self._odds_of_leaving(of))
        )

    def _odds_of_leaving(self, of: Histories | Alike) -> Floats:
        outcomes = of.repeats + self.may_leave_at_first
        silence = (self.r + of.repeats) * np.log((self.alpha + of.age) / (self.alpha + of.last))
        with np.errstate(over="ignore"):
            odds = self.a / (self.b + np.maximum(outcomes, 1) - 1) * np.exp(silence)
        return np.where(outcomes > 0, odds, 0.0)


@dataclass(frozen=True)
class BgNbd(_BetaGeometric):
    """Customers may leave after each order but the first, so that who ordered once is alive."""

    may_leave_at_first: ClassVar[int] = 0


@dataclass(frozen=True)
class MbgNbd(_BetaGeometric):
    """Customers may leave after each order, the first as well."""

    may_leave_at_first: ClassVar[int] = 1
