"""Lifecycle: where each customer stands against their own rhythm, as portable SQL over events."""

from clustomer.lifecycle.pauses import Limits, Rhythm
from clustomer.lifecycle.stages import (
    IN_TIME,
    LATE,
    LONG_AWAY,
    RETURNS,
    STAGES,
    Lifecycle,
    lifecycle_stages,
)

__all__ = [
    "IN_TIME",
    "LATE",
    "LONG_AWAY",
    "RETURNS",
    "STAGES",
    "Lifecycle",
    "Limits",
    "Rhythm",
    "lifecycle_stages",
]
