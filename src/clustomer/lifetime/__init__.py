"""Lifetime: what customers are expected to order and to bring, by the way that forecast best.

What forecasts (`forecast_customers`) is loaded when it is first used, since SciPy and scikit-learn
come with it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from clustomer.lifetime.forecast import (
    COLUMNS,
    Forecast,
    Season,
    YearBefore,
    no_forecast,
    read_forecast,
)

if TYPE_CHECKING:
    from clustomer.lifetime.forecasting import forecast_customers

__all__ = [
    "COLUMNS",
    "Forecast",
    "Season",
    "YearBefore",
    "forecast_customers",
    "no_forecast",
    "read_forecast",
]


def __getattr__(name: str) -> Any:
    if name != "forecast_customers":
        raise AttributeError(f"module 'clustomer.lifetime' has no attribute {name!r}")
    return getattr(import_module("clustomer.lifetime.forecasting"), name)
