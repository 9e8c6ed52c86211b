"""The cut points of a grid as an estimator, so that resamples can be scored anew."""

from dataclasses import replace
from typing import Self

import numpy as np
from sklearn.base import BaseEstimator, ClusterMixin

from clustomer.segments.arrays import Labels, Matrix
from clustomer.segments.rules.rfm_grid import RfmGrid, cut_points


class CutPoints(ClusterMixin, BaseEstimator):  # type: ignore[misc]
    """A grid of scores whose cut points are learned from rows of recency and orders.

    Rows without an order teach nothing; where there is none with one, the grid stays as it is.

    >>> grid = RfmGrid((7.0, 14.0, 28.0, 56.0), (1.0, 2.0, 3.0, 4.0))
    >>> CutPoints(grid).fit(np.array([[5.0, 2.0], [9.0, 0.0]])).rule_.recency_cuts
    (5.0, 5.0, 5.0, 5.0)
    """

    def __init__(self, rule: RfmGrid) -> None:
        self.rule = rule

    def fit(self, X: Matrix, y: object = None) -> Self:
        """Learn the cut points."""
        recency, orders = X.T
        buyers = (orders >= 1) & ~np.isnan(recency)
        self.rule_ = self.rule
        if buyers.any():
            self.rule_ = replace(
                self.rule,
                recency_cuts=cut_points(recency[buyers]),
                frequency_cuts=cut_points(orders[buyers]),
            )
        return self

    def predict(self, X: Matrix) -> Labels:
        """Return the cluster of each row."""
        return self.rule_.predict(X)
