"""What to do about each of the ten RFM segments.

The names are definitions, so `who` says only what the definition proves, also where many
customers share a value: a score above the first says that at least so many fifths lie below.
"""

from collections.abc import Mapping
from dataclasses import replace

from clustomer.insights.advice.declaration import Advice, Choice
from clustomer.insights.advice.kinds import (
    GONE_QUIET,
    LOYAL,
    NEWCOMERS,
    REPEAT,
    TOP,
    VISITORS,
    WIN_BACK,
)

RFM_ADVICE: Mapping[str, Advice] = {
    "champions": replace(
        TOP,
        who="Their last orders are among the most recent, and at least three in five of those "
        "who ordered placed fewer orders.",
        headline="Thank them with early access, not discounts",
    ),
    "loyal": replace(
        LOYAL,
        who="At least three in five of those who ordered placed fewer orders, though at least a "
        "fifth ordered more recently.",
    ),
    "potential_loyalists": replace(
        REPEAT,
        who="Their last orders are among the more recent, and at least a fifth of those who "
        "ordered placed fewer orders.",
        why="They are active, and on the way up or down: the next order will tell.",
    ),
    "new": replace(
        NEWCOMERS,
        who="Their last orders are among the most recent, and fewer than a fifth of those who "
        "ordered placed fewer orders.",
        why="The weeks after a first order are the time to earn a second one.",
    ),
    "promising": replace(
        NEWCOMERS,
        who="They ordered rather lately, though at least a fifth of those who ordered did so "
        "more recently; fewer than a fifth placed fewer orders.",
        why="They have bought and not been away for long; the next order is still to be won.",
        headline="Give a reason for the next order",
    ),
    "need_attention": replace(
        REPEAT,
        who="They are in the middle of both: at least two in five of those who ordered did so "
        "more recently, and at least two in five placed fewer orders.",
        why="They know the shop; whether they stay active is open.",
        headline="Remind them before they drift away",
    ),
    "about_to_sleep": replace(
        GONE_QUIET,
        who="At least two in five of those who ordered did so more recently, and fewer than two "
        "in five placed fewer orders.",
        why="With few orders and some time since the last one, they may be on their way out.",
        headline="Send one reminder now",
    ),
    "at_risk": replace(
        GONE_QUIET,
        who="At least two in five of those who ordered placed fewer orders, but at least three "
        "in five ordered more recently.",
        why="They came back before, so they can be asked why they stay away.",
    ),
    "cant_lose": replace(
        GONE_QUIET,
        who="At least four in five of those who ordered placed fewer orders, but at least three "
        "in five ordered more recently.",
        why="Few ordered as often as they did, and they have been away for longer than most.",
        headline="Contact them in person, and find out what went wrong",
    ),
    "hibernating": replace(
        WIN_BACK,
        who="At least three in five of those who ordered did so more recently, and fewer than "
        "two in five placed fewer orders.",
    ),
    "no_purchase": replace(
        VISITORS,
        who="None of them ordered in the period, so there is nothing to score.",
        why="They are in the data, so they are known; an order in this period is missing.",
        headline=Choice((), "Answer what holds up an order"),
    ),
}
"""By segment id."""
