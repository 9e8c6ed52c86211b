"""Customers: clean events become one row per customer."""

from clustomer.customers.attributes import Attributes, read_attributes
from clustomer.customers.definition import customers_query
from clustomer.customers.features import (
    FEATURES,
    MEASURES,
    SUSPECTED_BOT,
    Feature,
    feature,
)
from clustomer.customers.outcomes import Holdout, outcomes_query, split_holdout
from clustomer.customers.reason import Reason
from clustomer.customers.table import (
    Customers,
    available_features,
    create_customers,
    customer_features,
    features_within,
    known_within,
)

__all__ = [
    "FEATURES",
    "MEASURES",
    "SUSPECTED_BOT",
    "Attributes",
    "Customers",
    "Feature",
    "Holdout",
    "Reason",
    "available_features",
    "create_customers",
    "customer_features",
    "customers_query",
    "feature",
    "features_within",
    "known_within",
    "outcomes_query",
    "read_attributes",
    "split_holdout",
]
