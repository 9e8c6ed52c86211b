"""The form of advice: what is said of one kind of segment, and what to do about it.

Advice is data. The one thing it may depend on is which features the data have.
"""

from collections.abc import Callable
from dataclasses import dataclass

Has = Callable[..., bool]
"""Tells whether the data have all of the features that it is given."""


@dataclass(frozen=True)
class Choice:
    """One text where the data have some features, and another one where they have not."""

    features: tuple[str, ...]
    text: str
    otherwise: "Text"


Text = str | Choice


@dataclass(frozen=True)
class Advice:
    """What is said of one kind of segment, with an action for each area or some of them.

    `why` follows the sentence with its revenue, and `who` that with its size, where the name does
    not say of each customer what they are like. `headline` is the action in
    a few words, for a table.
    """

    why: str
    targeting: Text
    revenue: Text
    measure: Text
    headline: str
    who: str = ""
    personalization: Text = ""
    retention: Text = ""


TASTE = Choice(
    ("categories", "brands"),
    "Show them new products in the categories and brands they already choose.",
    Choice(
        ("categories",),
        "Show them new products in the categories they already choose.",
        Choice(
            ("products",),
            "Show them products that go with those they already chose.",
            "Ask them what they are interested in; this data does not hold what was bought.",
        ),
    ),
)
"""How to choose what to show, by what the data know."""


def text_for(text: Text, has: Has) -> str:
    """Return the text that fits the data.

    >>> text_for(TASTE, lambda *features: "brands" not in features)
    'Show them new products in the categories they already choose.'
    """
    while isinstance(text, Choice):
        text = text.text if has(*text.features) else text.otherwise
    return text
