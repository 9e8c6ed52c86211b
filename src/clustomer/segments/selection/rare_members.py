"""Members of rare kinds: they have no say in the number of segments, and form their own."""

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clustomer.customers import Holdout, Reason
from clustomer.segments.arrays import Flags, Floats, Integers, Matrix
from clustomer.segments.matrix.scaling import round_significant
from clustomer.segments.rules.scaled_rule import ScaledRule
from clustomer.thresholds import VALID

CROWD, NO_CLUSTER = -1, -2


@dataclass(frozen=True, eq=False)
class RareMembers:
    """Who belongs to a rare kind.

    Attributes
    ----------
    user_ids : pyarrow.Array
    kinds : ndarray of int
        The kind of each, from 0; `NO_CLUSTER` where the kind forms no cluster.

    Examples
    --------
    >>> members = RareMembers(pa.array(["b", "d"]), np.array([1, 0]))
    >>> members.kinds_of(pa.chunked_array([["a", "b", "c", "d"]])).tolist()
    [-1, 1, -1, 0]
    """

    user_ids: pa.Array
    kinds: Integers

    @property
    def count(self) -> int:
        """How many kinds there are."""
        return len(np.unique(self.kinds))

    def kinds_of(self, user_ids: pa.ChunkedArray) -> Integers:
        """Return the kind of each customer, `CROWD` for all others."""
        at = pc.fill_null(pc.index_in(user_ids, self.user_ids), -1).to_numpy()
        kinds: Integers = np.append(self.kinds, CROWD)[at]
        return kinds

    def left_out_of(self, holdout: Holdout | Reason | None) -> Holdout | Reason | None:
        """Return the holdout without them in its selection half."""
        if not isinstance(holdout, Holdout):
            return holdout
        crowd = self.kinds_of(holdout.customers.table["user_id"]) == CROWD
        return replace(holdout, selection=holdout.selection & crowd)


def with_centroids(
    rule: ScaledRule, matrix: Matrix, members: RareMembers, kinds: Integers
) -> tuple[ScaledRule, RareMembers]:
    """Return the rule with a further cluster for each rare kind that can be one, and the members.

    The centroid of a kind is the mean of its members. It can be a cluster where the centroid wins
    over its members, and hardly anyone else: where the Jaccard similarity of the kind and the
    customers nearest to the centroid is at least `VALID`.

    Parameters
    ----------
    rule : of the crowd.
    matrix : scaled customers.
    members : RareMembers
    kinds : the kind of each row.

    Examples
    --------
    >>> from clustomer.segments import NearestCentroid, ScaledFeature
    >>> crowd = NearestCentroid((ScaledFeature("orders", 0.0, 1.0, 0.0, 1.0),), np.array([[0.0]]))
    >>> rows, kinds = np.array([[0.0], [1.0], [9.0], [9.0]]), np.array([-1, -1, 0, 0])
    >>> members = RareMembers(pa.array(["c", "d"]), np.array([0, 0]))
    >>> with_centroids(crowd, rows, members, kinds)[0].predict(rows).tolist()
    [0, 0, 1, 1]
    """
    numbers = np.unique(kinds[kinds >= 0])
    while len(numbers):
        beside = rule.beside(centroids_of(matrix, kinds))
        labels = beside.predict(matrix) - len(rule.centres)
        similar = [_jaccard(kinds == kind, labels == place) for place, kind in enumerate(numbers)]
        if min(similar) >= VALID:
            return beside, members
        # whoever is no cluster may be what another kind lacks
        worst = numbers[int(np.argmin(similar))]
        kinds = np.where(kinds == worst, NO_CLUSTER, kinds)
        members = replace(
            members, kinds=np.where(members.kinds == worst, NO_CLUSTER, members.kinds)
        )
        numbers = np.unique(kinds[kinds >= 0])
    return rule, members


def centroids_of(matrix: Matrix, kinds: Integers) -> Floats:
    """Return the mean of each kind's rows, by rising kind."""
    means = [matrix[kinds == kind].mean(axis=0) for kind in np.unique(kinds[kinds >= 0])]
    return round_significant(np.array(means).reshape(-1, matrix.shape[1]))


def _jaccard(one: Flags, other: Flags) -> float:
    return float((one & other).sum() / max((one | other).sum(), 1))
