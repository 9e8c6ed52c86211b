"""What every algorithm can do: be fitted, give a rule that SQL can say, tell what it used."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from clustomer.segments.algorithms.dendrogram import Dendrogram
from clustomer.segments.exclusions import Exclusion
from clustomer.segments.matrix.scaling import ScaledFeature, round_significant
from clustomer.segments.rules.nearest_centroid import NearestCentroid
from clustomer.segments.rules.scaled_rule import ScaledRule


@dataclass(frozen=True)
class AlgorithmNote:
    """What found the segments, and with which parameters.

    `name` is one of `ALGORITHMS`, or "rfm". `parameters` are those that were used, found in the
    data or given by default (see the estimators): for "gmm" `reg_covar` and `n_init`; for
    "dbscan" `eps` (the radius, in standard deviations), `min_samples` and `min_cluster_share`;
    for "hdbscan" `min_cluster_share`, `min_cluster_size` (sampled customers) and `min_samples`;
    for both of these `exemplars`, and `agreement`, the share of held-back customers of the sample
    whom the rule labels as the algorithm did. `sample_customers` were looked at; None where it was
    everyone in the fit.
    """

    name: str
    parameters: Mapping[str, int | float | str] = field(default_factory=dict)
    sample_customers: int | None = None


@dataclass(frozen=True)
class Algorithm(ABC):
    """One way to find clusters.

    A new one is a module here with its estimator and a subclass of this, and a line in
    `registry.OFFERED`.

    Attributes
    ----------
    name : str, what it is asked for by.
    label : str, what texts call it.
    takes_k : bool
        Whether the number of clusters is given to it; else it finds the number, and may leave
        customers in no cluster.
    is_slow : bool
        Whether refits are so slow that only what decides the number of clusters is measured, on
        fewer resamples.
    has_centroids : bool
        Whether a customer belongs to the nearest centroid, so that rare kinds can have their own.
    """

    name: str
    label: str
    takes_k: bool = True

    is_slow: ClassVar[bool] = True
    has_centroids: ClassVar[bool] = True

    @abstractmethod
    def estimator(self) -> Any:
        """Return the scikit-learn estimator, not fitted.

        `fit(X)` takes scaled customers, sorted by `user_id`; `labels_` and `predict` give
        clusters by the rule, -1 for noise. Where `takes_k`, it has a parameter `n_clusters`.
        """

    def rule(
        self,
        fitted: Any,
        scaling: tuple[ScaledFeature, ...],
        exclusions: tuple[Exclusion, ...] = (),
    ) -> ScaledRule | None:
        """Return the rule of the fitted estimator; None where it found nothing but noise."""
        return NearestCentroid(scaling, round_significant(fitted.cluster_centers_), exclusions)

    def parameters(self, fitted: Any) -> dict[str, int | float | str]:
        """Return the parameters that were used, as far as a report must tell them."""
        return {}

    def tree(self, fitted: Any) -> Dendrogram | None:
        """Return the tree that was cut into clusters, where there is one."""
        return None

    def note(self, fitted: Any, n_customers: int) -> AlgorithmNote:
        """Return what a report must say of how the estimator was fitted to some customers."""
        sampled = len(getattr(fitted, "sample_indices_", ())) or n_customers
        return AlgorithmNote(
            self.name, self.parameters(fitted), sampled if sampled < n_customers else None
        )
