"""What the rules over scaled features share."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Self

import numpy as np
import pyarrow as pa
from pydantic import ConfigDict
from sqlglot import exp

from clustomer.segments.arrays import Integers, Labels, Matrix
from clustomer.segments.exclusions import Exclusion
from clustomer.segments.matrix.customer_matrix import feature_matrix
from clustomer.segments.matrix.scaling import ScaledFeature, fit_scaling, scale
from clustomer.segments.matrix.undefined import undefined_in

STORED = ConfigDict(extra="forbid", allow_inf_nan=False, arbitrary_types_allowed=True)
"""How a rule is read from a file: nothing unknown, and no number that is none."""


class ScaledRule(ABC):
    """A rule over features that are filled, transformed and standardised first.

    Each is a frozen dataclass: `scaling` first, `exclusions` last, and what it is made of between.
    """

    scaling: tuple[ScaledFeature, ...]
    exclusions: tuple[Exclusion, ...]

    __pydantic_config__: ClassVar[ConfigDict] = STORED
    kind: ClassVar[str]
    is_defined: ClassVar[bool] = False
    leaves_noise: ClassVar[bool] = False
    defined_names: ClassVar[Mapping[str, str]] = {}
    score_grid: ClassVar[None] = None

    @property
    def rule(self) -> Self:
        """The rule itself, so that a bare rule is accepted where a model is."""
        return self

    @property
    def features(self) -> tuple[str, ...]:
        """The columns that it scales."""
        return tuple(feature.name for feature in self.scaling)

    @property
    @abstractmethod
    def centres(self) -> Matrix:
        """The middle of each cluster, shape (clusters, features)."""

    @abstractmethod
    def renumbered(self, order: Sequence[int] | Integers) -> Self:
        """Return the rule with its clusters in another order; those not named are dropped."""

    @abstractmethod
    def query(self, source: exp.Table) -> exp.Select:
        """Return the query that gives each row of a customer table its cluster."""

    @abstractmethod
    def predict(self, matrix: Matrix) -> Labels:
        """Return the cluster of each scaled row, as the query gives it."""

    def prepared(self, matrix: Matrix) -> Matrix:
        """Return the features, in their own units, scaled."""
        return scale(matrix, self.scaling)

    def filled(self, matrix: Matrix) -> Matrix:
        """Return the features in their own units, with what stands in for undefined values."""
        return np.where(np.isnan(matrix), [f.undefined for f in self.scaling], matrix)

    def redefined(self, customers: pa.Table) -> Self | None:
        """Return None: it takes a fit to make such a rule."""
        return None

    def restated(self, customers: pa.Table, rows: Integers) -> Self | None:
        """Return the rule on the scale of other customers; None where they lack a feature."""
        if not set(self.features) <= set(customers.column_names):
            return None
        matrix = feature_matrix(customers, list(self.features))[rows]
        scaling = []
        for index, feature in enumerate(self.scaling):
            column = matrix[:, [index]]
            # one at a time: none is to leave for saying the same as another
            [scaled] = fit_scaling(
                column,
                [feature.name],
                [undefined_in(customers, feature.name)],
                weights={feature.name: feature.weight},
            ).features or [None]
            if scaled is None:
                # the same for everyone: they all stand in the middle
                bare = replace(feature, mean=0.0, scale=1.0)
                scaled = replace(bare, mean=float(scale(column, [bare])[0, 0]))
            scaling.append(scaled)
        remade: Self = replace(self, scaling=tuple(scaling))  # type: ignore[type-var]
        return remade

    def beside(self, points: Matrix) -> Self:
        """Return the rule with further clusters around some points, after its own."""
        raise NotImplementedError(f"{self.kind} takes no further clusters")

    def refitting_estimator(self) -> Any | None:
        """Return None: the algorithm that found the segments makes such a rule."""
        return None


def check_points(what: str, points: Matrix, scaling: tuple[ScaledFeature, ...]) -> None:
    """Raise ValueError unless there is a point, and each has a number for each feature."""
    if points.ndim != 2 or not len(points):
        raise ValueError(f"{what} is missing, or not as long as the others")
    if points.shape[1] != len(scaling):
        raise ValueError(f"{what} has {points.shape[1]} numbers for {len(scaling)} features")
