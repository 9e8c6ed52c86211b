"""What every rule can do: give a cluster by SQL and by NumPy, be stored, be made again."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

import pyarrow as pa
from sqlglot import exp

from clustomer.segments.arrays import Integers, Labels, Matrix
from clustomer.segments.exclusions import Exclusion
from clustomer.segments.matrix.scaling import ScaledFeature

if TYPE_CHECKING:
    from clustomer.segments.rules.rfm_grid import RfmGrid


class HasRule(Protocol):
    """A fitted or a loaded segmentation, or a bare rule."""

    @property
    def rule(self) -> "Rule":
        """How a customer gets a cluster."""


class Rule(HasRule, Protocol):
    """How a customer gets a cluster.

    A new kind of rule is one module here and one line in `stored_rule.RULES`; nothing outside
    this room asks which kind a rule is. The rules over scaled features share `ScaledRule`.
    """

    @property
    def kind(self) -> str:
        """The name in `segmentation.json`."""

    @property
    def is_defined(self) -> bool:
        """Whether its segments were defined in advance, and not found in data."""

    @property
    def leaves_noise(self) -> bool:
        """Whether it puts some customers in no group: the cluster -2."""

    @property
    def defined_names(self) -> Mapping[str, str]:
        """Segment id to name, where segments are defined with their names."""

    @property
    def score_grid(self) -> "RfmGrid | None":
        """The grid of scores, where the rule is one."""

    @property
    def exclusions(self) -> tuple[Exclusion, ...]:
        """Who is in no cluster."""

    @property
    def features(self) -> tuple[str, ...]:
        """The columns that decide."""

    @property
    def scaling(self) -> tuple[ScaledFeature, ...]:
        """How each of them is scaled; empty where values count as they are."""

    @property
    def centres(self) -> Matrix:
        """The middle of each cluster, shape (clusters, features), scaled; none without scaling."""

    def query(self, source: exp.Table) -> exp.Select:
        """Return the query that gives each row of a customer table its cluster."""

    def prepared(self, matrix: Matrix) -> Matrix:
        """Return the features, in their own units and NaN where undefined, as `predict` takes them.

        Scaled, for a rule over scaled features.
        """

    def filled(self, matrix: Matrix) -> Matrix:
        """Return the features in their own units, with what stands in for undefined values."""

    def predict(self, matrix: Matrix) -> Labels:
        """Return the cluster of each prepared row, as the query gives it; excludes nobody."""

    def redefined(self, customers: pa.Table) -> "Rule | None":
        """Return the rule as other customers define it; None where it takes a fit to make it."""

    def restated(self, customers: pa.Table, rows: Integers) -> "Rule | None":
        """Return the rule on the scale of other customers; None where they lack a feature.

        Centres keep their places in standard deviations. What is defined is defined anew.

        Parameters
        ----------
        customers : pyarrow.Table
        rows : those of them that are no suspected bots.
        """

    def refitting_estimator(self) -> Any | None:
        """Return the estimator that makes such a rule of prepared rows, where no algorithm did."""
