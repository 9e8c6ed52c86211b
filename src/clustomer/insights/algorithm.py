"""Which algorithm found the segments, in words and with the parameters that it used."""

from collections.abc import Iterator, Mapping
from typing import Any

from clustomer.insights.facts import Fact, escape
from clustomer.insights.population import NOISE
from clustomer.segments.algorithms.registry import OFFERED

_UNITS = {
    "eps": ("sd", 2),
    "min_samples": ("customers", 0),
    "min_cluster_size": ("customers", 0),
    "min_cluster_share": ("share", 1),
    "exemplars": ("customers", 0),
    "agreement": ("share", 1),
    "n_init": ("starts", 0),
    "reg_covar": ("variance", 6),
}
_CENTRE = "Every customer belongs to the segment whose centre is nearest."
_EXEMPLARS = (
    "Every customer belongs to the segment of the nearest of "
    "{clustering.algorithm.exemplars:exemplar/exemplars}, sampled customers who stand for their "
    "neighbourhood; who is too far from all of them is in no group. On customers of the sample "
    "that were held back, such a rule and the algorithm itself agree for "
    "{clustering.algorithm.agreement}."
)
_KINDS: Mapping[str, tuple[str, ...]] = {
    "kmeans": ("Segments were found by k-means. " + _CENTRE,),
    "ward": (
        "Segments were found by hierarchical clustering: step by step, the two groups were joined "
        "whose union adds least to the spread inside groups (Ward, 1963). " + _CENTRE,
    ),
    "gmm": (
        "Segments were found by a mixture of Gaussian distributions, which may differ in size, "
        "width and direction. Every customer belongs to the segment that makes them most likely.",
        "It was started {clustering.algorithm.n_init:time/times}, and "
        "{clustering.algorithm.reg_covar} was added to every variance, so that no segment "
        "shrinks to a point.",
    ),
    "dbscan": (
        "Segments were found by DBSCAN (Ester and others, 1996): dense regions, however shaped. A "
        "customer is at the heart of one where at least {clustering.algorithm.min_samples} "
        "customers lie within {clustering.algorithm.eps} standard deviations, a radius read off "
        "the elbow of the sorted distances to the nearest neighbours. Regions below "
        "{clustering.algorithm.min_cluster_share} of the customers are no segments.",
        _EXEMPLARS,
    ),
    "hdbscan": (
        "Segments were found by HDBSCAN (Campello and others, 2013): regions that stay together "
        "while the density at which one looks rises. The smallest one may hold "
        "{clustering.algorithm.min_cluster_share} of the customers (of the sample, "
        "{clustering.algorithm.min_cluster_size}); density is judged by "
        "{clustering.algorithm.min_samples:neighbour/neighbours}.",
        _EXEMPLARS,
    ),
}


def algorithm_entries(segmentation: Any) -> dict[str, Any]:
    """Return the parameters that `segmentation.json` has of what found the segments."""
    note = getattr(segmentation, "algorithm", None)
    return dict(note.parameters) if note is not None else {}


def algorithm_facts(parameters: Mapping[str, Any]) -> Iterator[Fact]:
    """Make `clustering.algorithm.eps` and the like, of the parameters that texts speak of."""
    for name, value in parameters.items():
        if name in _UNITS:
            unit, decimals = _UNITS[name]
            source = {
                "table": "segmentation",
                "key": "algorithm/parameters",
                "column": name,
                "aggregate": "value",
            }
            yield Fact(f"clustering.algorithm.{name}", value, unit, decimals, None, source)


def algorithm_texts(
    segmentation: Any, facts: Mapping[str, Fact], ids: Mapping[str, Any]
) -> Iterator[str]:
    """Say what found the segments, and who was put in none; `ids` are those of the segments."""
    note = getattr(segmentation, "algorithm", None)
    name = note.name if note is not None else "kmeans"
    if name in OFFERED:
        yield from _KINDS.get(name, (f"Segments were found by {escape(OFFERED[name].label)}.",))
    fitted, everyone = facts["clustering.fitted_customers"].value, facts["everyone.customers"].value
    if fitted != everyone:
        yield (
            "The segments were found on {clustering.fitted_customers} of {everyone.customers} "
            "customers."
        )
    if NOISE in ids:
        yield (
            "{noise.customers:customer is/customers are} in no group ({noise.share}). They are "
            "kept apart, count in every figure of everyone, and are no segment."
        )
