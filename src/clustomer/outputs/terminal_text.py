"""Text on a terminal, which it cannot control, with the facts in it told apart."""

import re

from rich.style import Style
from rich.text import Text

from clustomer.insights import Facts

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ue000-\ue002]+")
_PIECE = re.compile("\ue000([^\ue001]*)\ue001([^\ue002]*)\ue002|([^\ue000]+)")


def terminal_text(facts: Facts, words: str, style: str = "") -> Text:
    """Return a text with its facts filled in; what is a fact bears its id."""
    marked = facts.render(
        words,
        wrap=lambda fact_id, written: f"\ue000{fact_id}\ue001{clean(written)}\ue002",
        literal=lambda plain: _CONTROL.sub(" ", plain),
    )
    text = Text(style=style)
    for piece in _PIECE.finditer(marked):
        fact_id, written, plain = piece.groups()
        text.append(plain or written, Style(meta={"fact": fact_id}) if fact_id else None)
    return text


def clean(text: str) -> str:
    """Return text that cannot control the terminal, on one line."""
    return " ".join(_CONTROL.sub(" ", text).split())
