"""How the number of segments was selected: what a segmentation keeps of it."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pyarrow as pa

from clustomer.customers.reason import Reason
from clustomer.segments.arrays import Labels, Matrix
from clustomer.segments.selection.criteria_table import criteria_table
from clustomer.segments.selection.repeated import Repetition
from clustomer.segments.validity.criteria import partition_criteria, sampled_silhouettes

if TYPE_CHECKING:
    from clustomer.segments.selection.select_k import SelectK

RARE_CLUSTERS = "rare_clusters"


@dataclass(frozen=True, eq=False)
class Selection:
    """How the number of clusters was chosen.

    `rule` is "holdout_r2", "density_dip", "stability" or "least unstable" (see `SelectK`), "fixed",
    "single", "density" where the algorithm finds the number itself, or "definition" where
    nothing was chosen (`requested` is None then); `reason` says why. `criteria`
    is a table of every K that was fitted, with the columns of `SelectK.criteria_` and the marks
    `elbow`, `highest_silhouette`, `runner_up`, `taken`; NULL where a criterion is undefined.
    `repetition` is what came of doing everything again on draws of the customers, where that was
    done.
    """

    k: int
    requested: int | Literal["auto"] | None
    k_range: tuple[int, int]
    rule: str
    reason: Reason
    elbow_k: int | None
    silhouette_k: int | None
    criteria: pa.Table
    repetition: Repetition | None = None

    @property
    def runner_up(self) -> int | None:
        """What would have been taken without `k`; None where there was nothing to choose."""
        runners_up: list[int] = self.criteria.filter(self.criteria["runner_up"])["k"].to_pylist()
        return runners_up[0] if runners_up else None

    @property
    def rare_clusters(self) -> tuple[int, ...]:
        """The clusters that are rare kinds, who had no say in the number of the others."""
        clusters: Any = self.reason.numbers.get(RARE_CLUSTERS, ())
        return tuple(clusters)

    @property
    def crowd_k(self) -> int:
        """The number of clusters that was chosen: those that are no rare kinds."""
        return self.k - len(self.rare_clusters)

    @property
    def rests_on_stability(self) -> bool:
        """Whether K was taken among those at which every cluster was stable."""
        return self.rule in ("holdout_r2", "density_dip", "stability")


def selection_of(
    selector: "SelectK", requested: int | Literal["auto"], k_range: tuple[int, int]
) -> Selection:
    """Return what a fitted `SelectK` selected."""
    marks = {
        "elbow": selector.elbow_k_,
        "highest_silhouette": selector.silhouette_k_,
        "runner_up": selector.runner_up_,
        "taken": selector.k_,
    }
    return Selection(
        k=selector.k_,
        requested=requested,
        k_range=k_range,
        rule=selector.rule_,
        reason=selector.reason_,
        elbow_k=selector.elbow_k_,
        silhouette_k=selector.silhouette_k_,
        criteria=criteria_table(selector.criteria_, marks),
    )


def no_selection(
    requested: int | Literal["auto"], k_range: tuple[int, int], n_customers: int
) -> Selection:
    """Return the selection where nothing can be divided."""
    reason = Reason("nothing differs" if n_customers > 1 else "too few")
    return Selection(
        k=1,
        requested=requested,
        k_range=k_range,
        rule="single",
        reason=reason,
        elbow_k=None,
        silhouette_k=None,
        criteria=criteria_table(
            {"k": [1], "inertia": [0.0], "smallest_share": [1.0]}, {"taken": 1}
        ),
    )


def density_selection(
    label: str,
    matrix: Matrix,
    labels: Labels,
    k_range: tuple[int, int],
) -> Selection:
    """Return the selection of an algorithm that found its dense regions itself.

    The criteria are of those that are in a cluster.
    """
    inside = labels >= 0
    regions = np.unique(labels[inside])
    if not len(regions):
        reason = Reason("no density", {"label": label})
        return replace(no_selection("auto", k_range, 2), reason=reason)
    criteria = partition_criteria(matrix[inside], labels[inside])
    [(silhouette, error)] = sampled_silhouettes(matrix[inside], [labels[inside]])
    smallest = int(np.bincount(labels[inside])[regions].min()) / len(labels)
    columns = {
        "k": [len(regions)],
        "inertia": [criteria.inertia],
        "silhouette": [silhouette],
        "silhouette_se": [error],
        "silhouette_squared": [criteria.silhouette_squared],
        "calinski_harabasz": [criteria.calinski_harabasz],
        "davies_bouldin": [criteria.davies_bouldin],
        "smallest_share": [smallest],
    }
    return Selection(
        k=len(regions),
        requested="auto",
        k_range=k_range,
        rule="single" if len(regions) == 1 else "density",
        reason=Reason("density", {"k": len(regions), "label": label}),
        elbow_k=None,
        silhouette_k=None,
        criteria=criteria_table(columns, {"taken": len(regions)}),
    )
