"""Events: sources become clean events."""

from clustomer.events.cleaning import KEPT, REJECTIONS, REPAIRS, Cleaning
from clustomer.events.log import Events, read_events
from clustomer.events.schema import (
    COLUMNS,
    EVENT_TYPES,
    PRESETS,
    EventSchema,
    detect_schema,
    draft_schema,
    read_schema,
)
from clustomer.events.sources import DEFAULT_TABLE, open_source
from clustomer.events.window import Window, parse_cutoff, parse_length

__all__ = [
    "COLUMNS",
    "DEFAULT_TABLE",
    "EVENT_TYPES",
    "KEPT",
    "PRESETS",
    "REJECTIONS",
    "REPAIRS",
    "Cleaning",
    "EventSchema",
    "Events",
    "Window",
    "detect_schema",
    "draft_schema",
    "open_source",
    "parse_cutoff",
    "parse_length",
    "read_events",
    "read_schema",
]
