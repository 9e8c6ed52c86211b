"""Blocks as JSON and back: what a report is made of, kept for pages that are shown later."""

from dataclasses import fields, is_dataclass
from typing import Any, get_args

from clustomer.insights import blocks
from clustomer.insights.blocks import Block

_KINDS: dict[str, type[Any]] = {
    kind.__name__: kind
    for kind in (
        *get_args(Block),
        blocks.Column,
        blocks.Row,
        blocks.Marked,
        blocks.Finding,
        blocks.Explanation,
    )
}


def to_json(value: Any) -> Any:
    """Return blocks as values ready for JSON.

    >>> to_json(blocks.Paragraph("A text."))
    {'block': 'Paragraph', 'text': 'A text.', 'role': 'plain'}
    """
    if is_dataclass(value):
        parts = {field.name: to_json(getattr(value, field.name)) for field in fields(value)}
        return {"block": type(value).__name__, **parts}
    if isinstance(value, tuple):
        return [to_json(part) for part in value]
    return value


def from_json(value: Any) -> Any:
    """Return the blocks that `to_json` wrote.

    >>> from_json({"block": "Link", "text": "There", "anchor": "there"})
    Link(text='There', anchor='there')
    """
    if isinstance(value, dict):
        kind = _KINDS[value["block"]]
        return kind(**{key: from_json(part) for key, part in value.items() if key != "block"})
    if isinstance(value, list):
        return tuple(from_json(part) for part in value)
    return value
