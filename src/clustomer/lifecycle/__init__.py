"""Lifecycle: where each customer stands against their own rhythm, as portable SQL over events."""

from clustomer.lifecycle.pauses import Limits, Rhythm
from clustomer.lifecycle.stages import LATE, STAGES, Lifecycle, lifecycle_stages

__all__ = ["LATE", "STAGES", "Lifecycle", "Limits", "Rhythm", "lifecycle_stages"]
