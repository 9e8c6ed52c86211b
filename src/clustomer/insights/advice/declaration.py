"""The form of advice: what is said of one kind of segment, and what to do about it.

Advice is data. What it may depend on is which features the data have, and which of a segment's
own figures are known. Texts name figures of the segment as `{its.orders.mean}` (those of its
profile) and `{own.gap}` (those of `figures`); everyone's are named as they are.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

_OWN = re.compile(r"\{(own|its)\.")

Has = Callable[..., bool]
"""Tells whether there are all of the features (`orders`) and figures (`own.gap`) it is given."""


@dataclass(frozen=True)
class Choice:
    """One text where there are some features or figures, and another one where there are not."""

    features: tuple[str, ...]
    text: "Text"
    otherwise: "Text" = ""


Text: TypeAlias = "str | Choice | tuple[Text, ...]"
"""A text, one that depends on what there is, or several that follow each other."""


@dataclass(frozen=True)
class Advice:
    """What is said of one kind of segment, and actions in their order.

    `why` follows the sentence with its revenue, and `who` that with its size, where the name does
    not say of each customer what they are like. `headline` is the action in a few words, for a
    table. `actions` are pairs of an area and a text; those whose figures are not known are left
    out. `measure` is what to look at besides the share of them who order again.
    """

    why: Text
    headline: Text
    actions: tuple[tuple[str, Text], ...]
    measure: Text = ""
    who: str = ""


def text_for(text: Text, has: Has) -> str:
    """Return the text that fits what there is.

    >>> late = Choice(("own.late",), "{own.late} are late.")
    >>> text_for(("Write now.", late), lambda *names: False)
    'Write now.'
    """
    if isinstance(text, tuple):
        return " ".join(part for part in (text_for(piece, has) for piece in text) if part)
    if isinstance(text, Choice):
        return text_for(text.text if has(*text.features) else text.otherwise, has)
    return text


def bound(text: str, key: str) -> str:
    """Return a text whose figures are those of a segment.

    >>> bound("{own.late} of {its.customers?it/them}", "S2")
    '{S2.own.late} of {S2.customers?it/them}'
    """
    return _OWN.sub(lambda match: f"{{{key}.{'own.' * (match[1] == 'own')}", text)
