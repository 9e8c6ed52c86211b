"""The algorithms that are offered: each a scikit-learn estimator and a rule that SQL can say.

Here stands what can be asked before anything is fitted; the module of an algorithm is loaded when
it is used, since scikit-learn comes with it.
"""

from dataclasses import dataclass
from importlib import import_module
from typing import Any

from clustomer.errors import UsageError, did_you_mean
from clustomer.segments.algorithms.algorithm import Algorithm, AlgorithmNote

__all__ = ["ALGORITHMS", "OFFERED", "AlgorithmNote", "Offer", "algorithm_of", "check_algorithm"]

_HERE = "clustomer.segments.algorithms"


@dataclass(frozen=True)
class Offer:
    """An algorithm that can be asked for: see `Algorithm`; `home` is "module:class"."""

    name: str
    label: str
    home: str
    takes_k: bool = True


OFFERED = {
    offer.name: offer
    for offer in (
        Offer("kmeans", "k-means", f"{_HERE}.kmeans:KMeansAlgorithm"),
        Offer("ward", "Hierarchical (Ward)", f"{_HERE}.ward:WardAlgorithm"),
        Offer("dbscan", "DBSCAN", f"{_HERE}.dbscan:DbscanAlgorithm", takes_k=False),
        Offer("hdbscan", "HDBSCAN", f"{_HERE}.hdbscan:HdbscanAlgorithm", takes_k=False),
        Offer("gmm", "Gaussian mixture", f"{_HERE}.mixture:MixtureAlgorithm"),
    )
}

ALGORITHMS = tuple(OFFERED)
"""What `segment` can be asked for."""


def check_algorithm(algorithm: str, k: object = "auto") -> None:
    """Raise UsageError for an algorithm that there is not, or that cannot take a `k`.

    >>> check_algorithm("dbscan", 4)
    Traceback (most recent call last):
    ...
    clustomer.errors.UsageError: k is 4, but DBSCAN finds the number of clusters itself: ...
    """
    if algorithm not in OFFERED:
        raise UsageError(
            f"There is no algorithm `{algorithm}`. {did_you_mean(str(algorithm), list(OFFERED))}"
        )
    if k != "auto" and not OFFERED[algorithm].takes_k:
        *others, last = [offer.name for offer in OFFERED.values() if offer.takes_k]
        raise UsageError(
            f"k is {k}, but {OFFERED[algorithm].label} finds the number of clusters itself: as "
            f"many as there are dense regions. Leave k out, or use the algorithm "
            f"{', '.join(others)} or {last}."
        )


def algorithm_of(name: str) -> Algorithm:
    """Return an algorithm by its name.

    >>> algorithm_of("ward").label
    'Hierarchical (Ward)'
    """
    check_algorithm(name)
    offer = OFFERED[name]
    module, kind = offer.home.split(":")
    made: Algorithm = getattr(import_module(module), kind)(offer.name, offer.label, offer.takes_k)
    return made


def clusterer(
    algorithm: str, *, n_clusters: int | None = None, random_state: int | None = None
) -> Any:
    """Return the estimator of an algorithm, not fitted; see `Algorithm.estimator`.

    `n_clusters` is for those that take one; others find it.

    >>> clusterer("ward", n_clusters=3)
    Ward(n_clusters=3)
    """
    chosen = algorithm_of(algorithm)
    estimator = chosen.estimator().set_params(random_state=random_state)
    if chosen.takes_k and n_clusters is not None:
        estimator.set_params(n_clusters=n_clusters)
    return estimator
