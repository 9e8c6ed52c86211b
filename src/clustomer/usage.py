"""What makes no sense in the settings of a run whatever the data are: said before any work."""

from clustomer.customers import feature
from clustomer.engines import check_memory
from clustomer.errors import UsageError, did_you_mean
from clustomer.facets.declaration import check_facet
from clustomer.insights import check_currency, check_spend
from clustomer.lifetime.horizon import horizon_days
from clustomer.pushdown.engines import check_engine
from clustomer.segments import check_choice
from clustomer.segments.algorithms.registry import ALGORITHMS as FITTED
from clustomer.segments.algorithms.registry import check_algorithm
from clustomer.segments.selection.weights import WEIGHTS
from clustomer.settings import MARGIN, Settings, declared, spelling

ALGORITHMS = (*FITTED, "rfm")
"""Every algorithm that a run takes: those that are fitted, and the one that is defined."""


def check_settings(settings: Settings) -> None:
    """Raise UsageError for settings that make no sense.

    >>> check_settings(Settings(k=4))
    >>> check_settings(Settings(algorithm="kmean"))
    Traceback (most recent call last):
    ...
    clustomer.errors.UsageError: There is no algorithm `kmean`. Did you mean `kmeans`?
    """
    if settings.algorithm not in ALGORITHMS:
        raise UsageError(
            f"There is no algorithm `{settings.algorithm}`. "
            + did_you_mean(settings.algorithm, ALGORITHMS)
        )
    check_memory(settings.memory)
    check_engine(settings)
    check_choice(settings.k, settings.k_range, settings.random_state)
    if settings.algorithm == "rfm":
        _check_defined(settings)
    else:
        check_algorithm(settings.algorithm, settings.k)
    if settings.weights not in WEIGHTS:
        raise UsageError(
            f"--weights is {settings.weights!r}. {did_you_mean(settings.weights, WEIGHTS)}"
        )
    _check_certificates(settings)
    check_currency(settings.currency)
    check_spend(MARGIN if settings.margin is None else settings.margin, settings.cost)
    if settings.horizon is not None:
        horizon_days(settings.horizon)
    if settings.features is not None and not settings.features:
        raise UsageError("No feature is named. Name at least one, or leave the option out.")
    for name in settings.features or ():
        feature(name)
    for name in settings.facets or ():
        check_facet(name)


def _changed(settings: Settings, *names: str) -> list[str]:
    """Return the options among these that do not have their default, as they are spelled."""
    return [
        spelling(name, entry)
        for name, _, entry in declared()
        if name in names and _plain(getattr(settings, name)) != getattr(Settings, name)
    ]


def _plain(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


def _check_defined(settings: Settings) -> None:
    given = _changed(settings, "k", "k_range", "features", "weights")
    if given:
        raise UsageError(
            f"{' and '.join(given)} cannot be given with the algorithm {settings.algorithm}, "
            "whose segments are defined in advance. Leave that out, or use the algorithm "
            "kmeans."
        )


def _check_certificates(settings: Settings) -> None:
    if settings.certificates:
        return
    for option in _changed(settings, "force", "holdout"):
        raise UsageError(
            f"{option} says something about certificates, and --no-certificates leaves "
            "them out. Leave out one of the two."
        )
