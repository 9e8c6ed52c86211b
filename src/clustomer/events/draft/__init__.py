"""The first draft of a schema: by words inside of names, and by what columns hold."""

from clustomer.events.draft.contents import Content, contents_of
from clustomer.events.draft.event_types import (
    TypeFound,
    are_states,
    propose,
    tells_kinds_apart,
    tells_what_was_undone,
    types_of,
)
from clustomer.events.draft.roles import roles_of, why_unused

__all__ = [
    "Content",
    "TypeFound",
    "are_states",
    "contents_of",
    "propose",
    "roles_of",
    "tells_kinds_apart",
    "tells_what_was_undone",
    "types_of",
    "why_unused",
]
