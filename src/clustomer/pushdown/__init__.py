"""Pushdown: a run where the data are, by an engine of their own."""

from clustomer.pushdown.engines import EMBEDDED, ENGINES, engine_for
from clustomer.pushdown.pushdown import Pushdown, push_down

__all__ = ["EMBEDDED", "ENGINES", "Pushdown", "engine_for", "push_down"]
