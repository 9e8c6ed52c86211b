"""Null shops: simulated shops whose customers are all of one kind, drawn as events."""

from clustomer.certificates.nulls.activity import Activity, fit_activity
from clustomer.certificates.nulls.copula import draw_copulas
from clustomer.certificates.nulls.pool import Pool, draw_pool, in_bursts, sample_customers
from clustomer.certificates.nulls.simulation import (
    SimulatedVisits,
    simulate_visits,
    simulated_features,
)
from clustomer.certificates.nulls.worlds import NullShop

__all__ = [
    "Activity",
    "NullShop",
    "Pool",
    "SimulatedVisits",
    "draw_copulas",
    "draw_pool",
    "fit_activity",
    "in_bursts",
    "sample_customers",
    "simulate_visits",
    "simulated_features",
]
