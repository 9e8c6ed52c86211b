"""Gamma-Gamma: what customers spend on a day with an order.

Fader and Hardie 2013, The Gamma-Gamma model of monetary value (brucehardie.com/notes/025); Colombo
and Jiang 1999, A stochastic RFM model, Journal of Interactive Marketing 13(3), 2-12.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.special import gammaln

from clustomer.lifetime.models.likelihood import Floats, fitted


@dataclass(frozen=True)
class GammaGamma:
    """Spending varies around a mean of the customer, and these means vary among customers.

    Attributes
    ----------
    p, q, v : float
        As in the paper, whose third is "gamma", in the shop's currency.
    """

    p: float
    q: float
    v: float

    @classmethod
    def fit(cls, order_days: Floats, value: Floats) -> Self:
        """Return the model with the highest likelihood, of customers with a value above 0."""
        spent = value > 0
        n, mean = order_days[spent], value[spent]
        unit = float(np.average(mean, weights=n))

        def negative(p: float, q: float, v: float) -> float:
            return -float(np.mean(cls(p, q, v)._log_likelihoods(n, mean / unit)))

        p, q, v = fitted(negative, (1.0, 2.0, 1.0))
        return cls(p, q, v * unit)

    def expected_value(self, order_days: Floats, value: Floats) -> Floats:
        """Return what each customer is expected to spend on a day with an order.

        Their own mean, drawn towards everyone's by how few days it is of. Where `q` is 1 or less
        everyone's mean is not defined, and the customer's own one is taken.
        """
        evidence = self.p * order_days
        if self.q <= 1:
            return np.asarray(value, dtype=np.float64)
        return np.asarray(self.p * (self.v + order_days * value) / (evidence + self.q - 1))

    def _log_likelihoods(self, n: Floats, mean: Floats) -> Floats:
        p, q, v = self.p, self.q, self.v
        shape = p * n
        return np.asarray(
            gammaln(shape + q)
            - gammaln(shape)
            - gammaln(q)
            + q * np.log(v)
            + (shape - 1) * np.log(mean)
            + shape * np.log(n)
            - (shape + q) * np.log(v + n * mean)
        )
