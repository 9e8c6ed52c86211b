"""What pictures call features, and in which order they come."""

from clustomer.customers import FEATURES

FAMILIES = {feature.name: feature.family for feature in FEATURES}
ORDER = {feature.name: index for index, feature in enumerate(FEATURES)}
_LABELS = {feature.name: feature.label for feature in FEATURES}


def label(name: str) -> str:
    """Return a feature's name in plain words.

    >>> label("recency_days"), label("loyalty_points")
    ('days since the last activity', 'loyalty points')
    """
    return _LABELS.get(name, name.replace("_", " "))
