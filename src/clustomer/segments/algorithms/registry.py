"""The algorithms that are offered: each a scikit-learn estimator and a rule that SQL can say.

The estimators are loaded when one is made, since scikit-learn comes with them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from clustomer.errors import UsageError, did_you_mean
from clustomer.segments.exclusions import Exclusion
from clustomer.segments.matrix.scaling import ScaledFeature, round_significant
from clustomer.segments.rules.nearest_centroid import NearestCentroid
from clustomer.segments.rules.nearest_exemplar import NearestExemplar
from clustomer.segments.rules.quadratic import Quadratic
from clustomer.segments.rules.scaled_rule import ScaledRule

ALGORITHMS = ("kmeans", "ward", "dbscan", "hdbscan", "gmm")
"""What `segment` can be asked for."""

DENSITY = frozenset({"dbscan", "hdbscan"})
"""Those that find their number of clusters themselves, and may leave customers in none."""

DENSITY_NAMES = {"dbscan": "DBSCAN", "hdbscan": "HDBSCAN"}


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


def check_algorithm(algorithm: str, k: object = "auto") -> None:
    """Raise UsageError for an algorithm that there is not, or that cannot take a `k`.

    >>> check_algorithm("dbscan", 4)
    Traceback (most recent call last):
    ...
    clustomer.errors.UsageError: k is 4, but DBSCAN finds the number of clusters itself: ...
    """
    if algorithm not in ALGORITHMS:
        raise UsageError(
            f"There is no algorithm `{algorithm}`. {did_you_mean(str(algorithm), ALGORITHMS)}"
        )
    if algorithm in DENSITY and k != "auto":
        raise UsageError(
            f"k is {k}, but {DENSITY_NAMES[algorithm]} finds the number of clusters itself: as "
            "many as there are dense regions. Leave k out, or use the algorithm kmeans, ward or "
            "gmm."
        )


def clusterer(algorithm: str, *, random_state: int | None = None) -> Any:
    """Return the estimator of an algorithm, not fitted.

    `fit(X)` takes scaled customers, sorted by `user_id`; `labels_` and `predict` give clusters by
    the rule, -1 for noise. Those that take a K have a parameter `n_clusters`.

    >>> clusterer("ward").set_params(n_clusters=3)
    Ward(n_clusters=3)
    """
    check_algorithm(algorithm)
    made: Any
    match algorithm:
        case "kmeans":
            from clustomer.segments.algorithms.kmeans import default_estimator

            made = default_estimator()
        case "ward":
            from clustomer.segments.algorithms.ward import Ward

            made = Ward()
        case "gmm":
            from clustomer.segments.algorithms.mixture import Mixture

            made = Mixture()
        case "dbscan":
            from clustomer.segments.algorithms.dbscan import Dbscan

            made = Dbscan()
        case _:
            from clustomer.segments.algorithms.hdbscan import Hdbscan

            made = Hdbscan()
    return made.set_params(random_state=random_state)


def fitted_rule(
    fitted: Any, scaling: tuple[ScaledFeature, ...], exclusions: tuple[Exclusion, ...] = ()
) -> ScaledRule | None:
    """Return the rule of a fitted estimator; None where it found nothing but noise.

    Parameters
    ----------
    fitted : an estimator of `clusterer`, fitted to the features of `scaling`.
    """
    if hasattr(fitted, "regions_"):
        regions = fitted.regions_
        if not len(regions.exemplars):
            return None
        return NearestExemplar(
            scaling, regions.exemplars, regions.clusters, regions.noise_radii, exclusions
        )
    if hasattr(fitted, "precision_cholesky_"):
        return Quadratic(
            scaling, fitted.means_, fitted.precision_cholesky_, fitted.constants_, exclusions
        )
    return NearestCentroid(scaling, round_significant(fitted.cluster_centers_), exclusions)


def note(algorithm: str, fitted: Any, n_customers: int) -> AlgorithmNote:
    """Return what a report must say of how an estimator was fitted."""
    used: dict[str, int | float | str] = {}
    match algorithm:
        case "gmm":
            used = {"reg_covar": float(fitted.reg_covar), "n_init": int(fitted.n_init)}
        case "dbscan":
            used = {
                "eps": float(fitted.eps_),
                "min_samples": int(fitted.min_samples_),
                "min_cluster_share": float(fitted.min_cluster_share),
            }
        case "hdbscan":
            used = {
                "min_cluster_share": float(fitted.min_cluster_share),
                "min_cluster_size": int(fitted.min_cluster_size_),
                "min_samples": int(fitted.min_samples_),
            }
    if algorithm in DENSITY:
        used |= {
            "exemplars": len(fitted.regions_.exemplars),
            "agreement": float(fitted.regions_.agreement),
        }
    sampled = len(getattr(fitted, "sample_indices_", ())) or n_customers
    return AlgorithmNote(algorithm, used, sampled if sampled < n_customers else None)
