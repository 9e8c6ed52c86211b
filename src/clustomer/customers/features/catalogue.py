"""All features: one column per customer, each declared once, in the file of its kind.

A feature's `sql` is an aggregate over the rows of its grain (see
`definition.GRAINS`), or, at the grain "customer", an expression over measures,
other features and the shop's own figures. It is parsed and checked against the
portable dialect; nothing is pasted.
"""

from collections.abc import Iterable

from clustomer.customers.features import assortment, engagement, purchases, time
from clustomer.customers.features.declaration import Feature, Measure
from clustomer.customers.features.measures import MEASURES
from clustomer.errors import UsageError, did_you_mean

FEATURES: tuple[Feature, ...] = tuple(
    sorted(
        (*purchases.FEATURES, *engagement.FEATURES, *time.FEATURES, *assortment.FEATURES),
        key=lambda declared: declared.place,
    )
)
"""Every feature, in the order of the columns and of priority for clustering."""


def check_rates(features: Iterable[Feature], measures: Iterable[Measure]) -> None:
    """Raise LookupError for a rate of what is no measure.

    >>> check_rates(FEATURES, MEASURES[:3])
    Traceback (most recent call last):
    ...
    LookupError: The rate `view_to_cart_rate` is made of `viewed_carted`, which is no measure. ...
    """
    names = [measure.name for measure in measures]
    for declared in features:
        if declared.rate is not None:
            for part in (declared.rate.numerator, declared.rate.denominator):
                if part not in names:
                    raise LookupError(
                        f"The rate `{declared.name}` is made of `{part}`, which is no measure. "
                        f"{did_you_mean(part, names)} Others are declared in features/measures.py."
                    )


check_rates(FEATURES, MEASURES)


def clustered_by_default(names: Iterable[str]) -> list[str]:
    """Return which of some columns are clustered unless asked otherwise, by priority.

    >>> clustered_by_default(["views", "orders", "revenue", "weighted_orders"])
    ['weighted_orders', 'revenue', 'views']
    """
    given = set(names)
    clustered = []
    for declared in FEATURES:
        if declared.clustering:
            name = declared.name if declared.name in given else declared.replaces
            if name in given:
                clustered.append(str(name))
    return clustered


def feature(name: str) -> Feature:
    """Return a declared feature by its name.

    Raises
    ------
    UsageError
        If there is none, with the near misses.

    >>> feature("recency_days").unit
    'days'
    """
    for declared in FEATURES:
        if declared.name == name:
            return declared
    names = [declared.name for declared in FEATURES]
    raise UsageError(f"There is no feature `{name}`. {did_you_mean(name, names)}")
