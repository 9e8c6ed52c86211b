"""Sources: whatever holds the events becomes a relation that DuckDB can read."""

from clustomer.events.sources.files import require_unchanged
from clustomer.events.sources.opening import open_source
from clustomer.events.sources.source import LostRowsError, Source, is_nested
from clustomer.events.sources.tables.databases import DEFAULT_TABLE

__all__ = [
    "DEFAULT_TABLE",
    "LostRowsError",
    "Source",
    "is_nested",
    "open_source",
    "require_unchanged",
]
