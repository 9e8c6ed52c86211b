"""Presets: kinds of source that are known by their columns."""

from clustomer.events.presets.fitting import (
    PRESETS,
    currency_column,
    fit,
    preset,
    without_header,
    without_type,
)

__all__ = ["PRESETS", "currency_column", "fit", "preset", "without_header", "without_type"]
