"""Events: sources become clean events."""

from clustomer.events.cleaning import KEPT, REJECTIONS, REPAIRS, Cleaning
from clustomer.events.draft.description import Description, describe_source
from clustomer.events.draft.detection import detect_schema, draft_schema
from clustomer.events.log import EVENT_ORDER, CleanEvents, Events, has_costs, read_events
from clustomer.events.presets import PRESETS
from clustomer.events.reading import called
from clustomer.events.schema import COLUMNS, EVENT_TYPES, EventSchema
from clustomer.events.schema_file import read_schema
from clustomer.events.sources import DEFAULT_TABLE, open_source
from clustomer.events.storage import (
    REJECTED_IN_MEMORY,
    events_written,
    fingerprint,
    hash_sum,
    read_stored_events,
    rejected_rows,
    write_events,
    write_rejected,
)
from clustomer.events.window import Window, parse_cutoff, parse_length

__all__ = [
    "COLUMNS",
    "DEFAULT_TABLE",
    "EVENT_ORDER",
    "EVENT_TYPES",
    "KEPT",
    "PRESETS",
    "REJECTED_IN_MEMORY",
    "REJECTIONS",
    "REPAIRS",
    "CleanEvents",
    "Cleaning",
    "Description",
    "EventSchema",
    "Events",
    "Window",
    "called",
    "describe_source",
    "detect_schema",
    "draft_schema",
    "events_written",
    "fingerprint",
    "has_costs",
    "hash_sum",
    "open_source",
    "parse_cutoff",
    "parse_length",
    "read_events",
    "read_schema",
    "read_stored_events",
    "rejected_rows",
    "write_events",
    "write_rejected",
]
