"""The features: what is told of each customer, each declared once with its words."""

from clustomer.customers.features.catalogue import FEATURES, clustered_by_default, feature
from clustomer.customers.features.declaration import Feature, Measure, Rate
from clustomer.customers.features.measures import MEASURES
from clustomer.customers.features.time import SUSPECTED_BOT
from clustomer.customers.features.words import Amount, Bound, Leaning, Level, Often, Words

__all__ = [
    "FEATURES",
    "MEASURES",
    "SUSPECTED_BOT",
    "Amount",
    "Bound",
    "Feature",
    "Leaning",
    "Level",
    "Measure",
    "Often",
    "Rate",
    "Words",
    "clustered_by_default",
    "feature",
]
