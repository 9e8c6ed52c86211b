"""The form of advice: what is said of one kind of segment, and what to do about it."""

from collections.abc import Callable
from dataclasses import dataclass

Has = Callable[..., bool]
"""Tells whether the data have all of the features that it is given."""


@dataclass(frozen=True)
class Action:
    """One thing to do about a segment.

    `area` is one of personalization, targeting, retention, revenue.
    """

    area: str
    text: str


@dataclass(frozen=True)
class Advice:
    """What is said of one kind of segment.

    `who` and `why` follow the sentences with its size and revenue. `headline` is the action in
    a few words, for a table.
    """

    who: str
    why: str
    actions: tuple[Action, ...]
    measure: str
    headline: str


def four_actions(
    personalization: str, targeting: str, retention: str, revenue: str
) -> tuple[Action, ...]:
    """Return one action for each area."""
    return (
        Action("personalization", personalization),
        Action("targeting", targeting),
        Action("retention", retention),
        Action("revenue", revenue),
    )


def taste(has: Has, who: str = "them") -> str:
    """Say how to choose what to show, by what the data know."""
    if has("categories", "brands"):
        return f"Show {who} new products in the categories and brands they already choose."
    if has("categories"):
        return f"Show {who} new products in the categories they already choose."
    if has("products"):
        return f"Show {who} products that go with those they already chose."
    return f"Ask {who} what they are interested in; this data does not hold what was bought."
