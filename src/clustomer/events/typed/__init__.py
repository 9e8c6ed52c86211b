"""Typed rows, as a table of a database or Parquet has them: cleaned on any engine, by SQL."""

from clustomer.events.typed.cleaning import TypedEvents, clean_typed
from clustomer.events.typed.columns import inexpressible
from clustomer.events.typed.visits import Part, events_part, utc_offset, visit_parts, visited_rows

__all__ = [
    "Part",
    "TypedEvents",
    "clean_typed",
    "events_part",
    "inexpressible",
    "utc_offset",
    "visit_parts",
    "visited_rows",
]
