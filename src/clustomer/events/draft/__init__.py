"""The first draft of a schema: by words inside of names, and by what columns hold."""

from clustomer.events.draft.contents import Content, contents_of, contents_of_objects
from clustomer.events.draft.event_types import (
    TypeFound,
    are_states,
    is_credit_note,
    propose,
    said_again,
    tells_documents_apart,
    tells_kinds_apart,
    tells_what_was_undone,
    types_of,
)
from clustomer.events.draft.roles import named_as_time, roles_of, why_unused

__all__ = [
    "Content",
    "TypeFound",
    "are_states",
    "contents_of",
    "contents_of_objects",
    "is_credit_note",
    "named_as_time",
    "propose",
    "roles_of",
    "said_again",
    "tells_documents_apart",
    "tells_kinds_apart",
    "tells_what_was_undone",
    "types_of",
    "why_unused",
]
