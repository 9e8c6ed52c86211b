"""The ten classic RFM segments: a grid of recency and frequency scores, as a rule in SQL."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
from pydantic import ConfigDict
from sqlglot import exp

from clustomer.engines import dialect
from clustomer.errors import InputError
from clustomer.segments.arrays import Floats, Integers, Labels, Matrix
from clustomer.segments.exclusions import (
    BOTS,
    Exclusion,
    bot_exclusions,
    excluded_predicate,
    included_rows,
)
from clustomer.segments.matrix.customer_matrix import feature_matrix, is_number
from clustomer.segments.matrix.scaling import ScaledFeature
from clustomer.segments.rules.border import lowest
from clustomer.segments.rules.grid_border import grid_margins
from clustomer.segments.rules.scaled_rule import STORED

RECENCY = "purchase_recency_days"
FREQUENCY = "orders"
SCORES = (1, 2, 3, 4, 5)


@dataclass(frozen=True)
class RfmSegment:
    """One named segment of the grid: the lowest and highest score of each kind."""

    segment_id: str
    name: str
    recency: tuple[int, int]
    frequency: tuple[int, int]


RFM_SEGMENTS: tuple[RfmSegment, ...] = (
    RfmSegment("champions", "Champions", (5, 5), (4, 5)),
    RfmSegment("loyal", "Loyal customers", (3, 4), (4, 5)),
    RfmSegment("potential_loyalists", "Potential loyalists", (4, 5), (2, 3)),
    RfmSegment("new", "New customers", (5, 5), (1, 1)),
    RfmSegment("promising", "Promising", (4, 4), (1, 1)),
    RfmSegment("need_attention", "Customers needing attention", (3, 3), (3, 3)),
    RfmSegment("about_to_sleep", "About to sleep", (3, 3), (1, 2)),
    RfmSegment("at_risk", "At risk", (1, 2), (3, 4)),
    RfmSegment("cant_lose", "Can't lose them", (1, 2), (5, 5)),
    RfmSegment("hibernating", "Hibernating", (1, 2), (1, 2)),
)
"""The clusters 0 to 9, in this order, whatever their sizes.

The grid is the convention of RFM tutorials and notebooks (recency × frequency, ten names, the
"lost" of longer lists among "hibernating"); scores by quintiles go back to Hughes, A. M. (1994),
Strategic Database Marketing.
"""

NO_PURCHASE = len(RFM_SEGMENTS)
"""The cluster of customers without an order, who have nothing to score."""
NO_PURCHASE_ID = "no_purchase"
NO_PURCHASE_NAME = "No purchase in the period"

CLASSIC_GRID: tuple[tuple[int, ...], ...] = tuple(
    tuple(
        next(
            cluster
            for cluster, part in enumerate(RFM_SEGMENTS)
            if part.recency[0] <= recency <= part.recency[1]
            and part.frequency[0] <= frequency <= part.frequency[1]
        )
        for frequency in SCORES
    )
    for recency in SCORES
)
"""The cluster of each cell: a row for each recency score, a column for each frequency score."""


@dataclass(frozen=True)
class RfmGrid:
    """Scores by stored cut points, and a cell of the grid for each pair of scores.

    Each kind has four cut points, rising. Recency score 5 is at most the first, 1 is above the
    fourth; frequency score 1 is at most the first, 5 is above the fourth. So equal values always
    get equal scores. The grid has a row for each recency score from 1, and in it a cluster for
    each frequency score from 1. Customers without an order get the cluster `no_purchase`.
    """

    __pydantic_config__: ClassVar[ConfigDict] = STORED
    kind: ClassVar[str] = "rfm_grid"
    is_defined: ClassVar[bool] = True
    leaves_noise: ClassVar[bool] = False
    defined_names: ClassVar[Mapping[str, str]] = {
        **{part.segment_id: part.name for part in RFM_SEGMENTS},
        NO_PURCHASE_ID: NO_PURCHASE_NAME,
    }
    scaling: ClassVar[tuple[ScaledFeature, ...]] = ()

    recency_cuts: tuple[float, ...]
    frequency_cuts: tuple[float, ...]
    exclusions: tuple[Exclusion, ...] = ()
    grid: tuple[tuple[int, ...], ...] = CLASSIC_GRID
    no_purchase: int = NO_PURCHASE

    def __post_init__(self) -> None:
        for cuts in (self.recency_cuts, self.frequency_cuts):
            if len(cuts) != len(SCORES) - 1 or list(cuts) != sorted(cuts):
                raise ValueError(f"the cut points {list(cuts)} are not four that rise")
        if [len(row) for row in self.grid] != [len(SCORES)] * len(SCORES):
            raise ValueError("the grid does not have five rows of five clusters")

    @property
    def rule(self) -> "RfmGrid":
        """The rule itself, so that a bare rule is accepted where a model is."""
        return self

    @property
    def score_grid(self) -> "RfmGrid":
        """The grid itself."""
        return self

    @property
    def features(self) -> tuple[str, ...]:
        """The columns that it scores."""
        return RECENCY, FREQUENCY

    @property
    def centres(self) -> Matrix:
        """Nothing: cells have no middle."""
        return np.empty((0, len(self.features)))

    def query(self, source: exp.Table) -> exp.Select:
        """Return the query that gives each row of a customer table its cell's cluster."""
        return rfm_grid_query(self, source)

    def prepared(self, matrix: Matrix) -> Matrix:
        """Return the features as they are: scores are made of days and orders."""
        return matrix

    def filled(self, matrix: Matrix) -> Matrix:
        """Return the features, with the largest value where one is undefined."""
        return np.where(np.isnan(matrix), [float(np.nanmax(c)) for c in matrix.T], matrix)

    def predict(self, matrix: Matrix) -> Labels:
        """Return the cluster of each row of recency and orders, as the query gives it.

        >>> grid = RfmGrid((7.0, 14.0, 28.0, 56.0), (1.0, 2.0, 3.0, 4.0))
        >>> rows = np.array([[7.0, 9.0], [60.0, 1.0], [np.nan, 0.0]])
        >>> grid.predict(rows).tolist() == [0, 9, NO_PURCHASE]
        True
        """
        recency, orders = matrix.T
        bought = (orders >= 1) & ~np.isnan(recency)
        labels = np.full(len(matrix), self.no_purchase, dtype=np.int64)
        row = len(SCORES) - 1 - np.searchsorted(self.recency_cuts, recency[bought])
        column = np.searchsorted(self.frequency_cuts, orders[bought])
        labels[bought] = np.array(self.grid)[row, column]
        return labels

    def redefined(self, customers: pa.Table) -> "RfmGrid":
        """Return the grid whose cut points are those of other customers."""
        return fit_rfm_grid(customers)[0]

    def restated(self, customers: pa.Table, rows: Integers) -> "RfmGrid":
        """Return the grid whose cut points are those of other customers."""
        return self.redefined(customers)

    def refitting_estimator(self) -> Any:
        """Return the estimator that finds the cut points of other rows."""
        from clustomer.segments.rules.cut_points import CutPoints

        return CutPoints(self)


def fit_rfm_grid(customers: pa.Table) -> tuple[RfmGrid, int]:
    """Return the grid that scores customers by their own fifths, and how many have an order.

    Parameters
    ----------
    customers : a `customer_table`.

    Raises
    ------
    InputError
        If a column is missing, or nobody has an order.
    """
    for name in (RECENCY, FREQUENCY):
        if name not in customers.column_names or not is_number(customers.schema.field(name).type):
            raise _cannot_score(f"the customers have no numbers `{name}`")
    exclusions = bot_exclusions(customers)
    matrix = feature_matrix(customers, [RECENCY, FREQUENCY])[included_rows(customers, exclusions)]
    scored = matrix[(matrix[:, 1] >= 1) & ~np.isnan(matrix[:, 0])]
    if not len(scored):
        raise _cannot_score("nobody ordered in the period")
    return RfmGrid(cut_points(scored[:, 0]), cut_points(scored[:, 1]), exclusions), len(scored)


def _cannot_score(lack: str) -> InputError:
    return InputError(
        f"RFM segments need purchases, and {lack}. Segment everyone by behaviour with the "
        "algorithm kmeans, or see with `clustomer check` whether purchases were understood as such."
    )


def cut_points(values: Floats) -> tuple[float, ...]:
    """Return the four values that divide customers into fifths, as far as ties allow.

    The cut point of a fifth is the smallest value that at least that part of the customers
    reaches from below: one that occurs, never one between two, so that the order of rows and
    the way of interpolating do not matter. Where many customers share a value, cut points
    coincide and the score between them is given to nobody.

    >>> cut_points(np.array([5.0, 1.0, 2.0, 3.0, 4.0]))
    (1.0, 2.0, 3.0, 4.0)
    >>> cut_points(np.array([1.0, 1.0, 1.0, 2.0, 7.0]))
    (1.0, 1.0, 1.0, 2.0)
    """
    ordered = np.sort(values)
    positions = [-(-fifth * len(ordered) // 5) - 1 for fifth in (1, 2, 3, 4)]
    return tuple(float(ordered[position]) for position in positions)


def rfm_grid_query(rule: RfmGrid, source: exp.Table) -> exp.Select:
    """Return the query that gives each row of a customer table its cell's cluster."""
    customer = exp.column("user_id")
    recency, orders = (exp.cast(exp.column(name), "DOUBLE") for name in rule.features)
    scored = exp.select(
        customer.copy(),
        exp.alias_(excluded_predicate(rule.exclusions), "excluded"),
        exp.alias_(recency, "recency"),
        exp.alias_(exp.Coalesce(this=orders, expressions=[dialect.literal(0.0)]), "orders_placed"),
        exp.alias_(_score(recency, rule.recency_cuts, (5, 4, 3, 2, 1)), "recency_score"),
        exp.alias_(_score(orders, rule.frequency_cuts, (1, 2, 3, 4, 5)), "frequency_score"),
    ).from_(source)
    bought = exp.and_(
        exp.column("orders_placed") >= dialect.literal(1.0),
        exp.not_(exp.Is(this=exp.column("recency_score"), expression=exp.Null())),
    )
    cell = exp.Add(
        this=exp.Mul(this=dialect.literal(10), expression=exp.column("recency_score")),
        expression=exp.column("frequency_score"),
    )
    placed = exp.select(
        customer.copy(),
        exp.column("recency"),
        exp.column("orders_placed"),
        exp.alias_(
            exp.Case()
            .when(exp.column("excluded"), dialect.literal(BOTS))
            .when(exp.not_(exp.paren(bought)), dialect.literal(0))
            .else_(cell),
            "cell",
        ),
    ).from_("scored")
    cluster = exp.Case().when(
        exp.EQ(this=exp.column("cell"), expression=dialect.literal(BOTS)), dialect.literal(BOTS)
    )
    for number, cells in _cells(rule.grid).items():
        inside = exp.In(this=exp.column("cell"), expressions=[dialect.literal(c) for c in cells])
        cluster = cluster.when(inside, dialect.literal(number))
    sides = grid_margins(rule.recency_cuts, rule.frequency_cuts, rule.grid)
    margins = exp.select(
        customer.copy(),
        exp.column("cell"),
        exp.alias_(cluster.else_(dialect.literal(rule.no_purchase)), "cluster"),
        *(exp.alias_(side, f"m{i}") for i, side in enumerate(sides)),
    ).from_("placed")
    has_cell = exp.column("cell") > dialect.literal(0)
    border = exp.Case().when(has_cell, lowest([f"m{i}" for i in range(len(sides))]))
    return (
        exp.select(
            customer.copy(),
            exp.column("cluster"),
            exp.alias_(exp.cast(exp.Null(), "DOUBLE"), "distance"),
            exp.alias_(border, "border_distance"),
        )
        .from_("margins")
        .with_("scored", as_=scored)
        .with_("placed", as_=placed)
        .with_("margins", as_=margins)
    )


def _score(value: exp.Expr, cuts: Sequence[float], scores: Sequence[int]) -> exp.Case:
    """Return the score of a value; NULL where there is none."""
    case = exp.Case().when(exp.Is(this=value.copy(), expression=exp.Null()), exp.Null())
    for cut, score in zip(cuts, scores, strict=False):
        below = exp.LTE(this=value.copy(), expression=dialect.literal(float(cut)))
        case = case.when(below, dialect.literal(score))
    return case.else_(dialect.literal(scores[-1]))


def _cells(grid: Sequence[Sequence[int]]) -> dict[int, list[int]]:
    """Return the cells of each cluster, as the two scores read together: 55, 54, ..."""
    cells: dict[int, list[int]] = {}
    for recency, row in zip(SCORES, grid, strict=True):
        for frequency, cluster in zip(SCORES, row, strict=True):
            cells.setdefault(cluster, []).append(10 * recency + frequency)
    return dict(sorted(cells.items()))
