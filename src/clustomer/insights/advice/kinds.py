"""What to do about each kind of segment, by the key of the rule that named it.

Every text says only what the rule has proved, and every action has a figure of the segment
itself; no effect is promised: none was measured.
"""

from collections.abc import Mapping
from dataclasses import replace

from clustomer.insights.advice.declaration import Advice, Choice
from clustomer.insights.advice.steps import (
    BEFORE_RETURNS,
    CARTS,
    EACH_BRINGS,
    FIRST_ORDER,
    FOLLOW_UP,
    FREE_DELIVERY,
    KEEP_BELOW_MARGIN,
    LEAVE_ADDRESS,
    MOMENT,
    NO_DISCOUNT,
    REMIND,
    RESCUE,
    SHOW_AGAIN,
    TASTE,
)

SHOW, WHEN = ("personalization", TASTE), ("targeting", MOMENT)
REMIND_THEM, RESCUE_LATE = ("targeting", REMIND), ("retention", RESCUE)
RAISE_ORDER = ("revenue", FREE_DELIVERY)

PLAIN = Advice(
    why="They are best told by what is said above.",
    headline="Keep them in general campaigns",
    actions=(SHOW, REMIND_THEM, WHEN, RAISE_ORDER),
)
LOYAL = Advice(
    why=("Each further order of theirs comes without a new customer to win.", EACH_BRINGS),
    headline=Choice(
        ("own.gap",),
        "Ask for the next order {own.gap} after the last, without a discount",
        "Ask for the next order, without a discount",
    ),
    actions=(SHOW, REMIND_THEM, WHEN, RESCUE_LATE, ("retention", NO_DISCOUNT), RAISE_ORDER),
)
TOP = Advice(
    why=EACH_BRINGS,
    headline=Choice(
        ("own.personal",),
        Choice(
            ("own.late",),
            "Serve them in person: {own.late:customer is/customers are} late",
            "Serve them in person",
        ),
        Choice(
            ("own.late",),
            "Keep them: write to the {own.late:customer who is/customers who are} late",
            "Keep them: early access, no general discounts",
        ),
    ),
    actions=(
        (
            "retention",
            Choice(
                ("own.personal",),
                Choice(
                    ("own.gap",),
                    "Give them a named contact, who calls whoever has not ordered for longer than "
                    "{own.gap}: by then half of such pauses are over.",
                    "Give the {its.customers} of them a named contact.",
                ),
                Choice(
                    ("own.gap",),
                    "Give them early access to what is new, and write to whoever has not ordered "
                    "for longer than {own.gap}: by then half of such pauses are over.",
                    "Give the {its.customers} of them early access to what is new.",
                ),
            ),
        ),
        RESCUE_LATE,
        SHOW,
        WHEN,
        (
            "revenue",
            Choice(
                ("own.order",),
                (
                    "Leave them out of general discounts: half of them pay {own.order} or more for "
                    "an average order as it is.",
                    BEFORE_RETURNS,
                ),
            ),
        ),
    ),
)
REPEAT = Advice(
    why="They have come back before; what counts now is the moment of the next order.",
    headline=Choice(
        ("own.gap",),
        "Remind them {own.gap} after the last order",
        "Win one more order from each",
    ),
    actions=(REMIND_THEM, WHEN, RESCUE_LATE, SHOW, RAISE_ORDER),
)
NEWCOMERS = Advice(
    why="They have just come, so it is too early to say what they are worth.",
    headline=Choice(
        ("own.horizon",),
        "Welcome them, and win the next order within {own.horizon}",
        "Welcome them, towards the next order",
    ),
    actions=(("retention", FOLLOW_UP), REMIND_THEM, SHOW, WHEN, RAISE_ORDER),
)
ONCE = Advice(
    why="A second order is what parts them from those who come back.",
    headline=Choice(
        ("own.in_time",),
        "Win the second order within {own.horizon}",
        "Win the second order",
    ),
    actions=(("retention", FOLLOW_UP), RESCUE_LATE, SHOW, WHEN, RAISE_ORDER),
)
BUYERS = Advice(
    why=EACH_BRINGS,
    headline=Choice(
        ("own.in_time",),
        "Ask for the next order within {own.horizon} of the last",
        Choice(
            ("own.away",),
            "Ask for the next order now: half of them ordered {own.away} ago or earlier",
            "Ask for the next order",
        ),
    ),
    actions=(("retention", FOLLOW_UP), REMIND_THEM, RESCUE_LATE, SHOW, WHEN, RAISE_ORDER),
)
GONE_QUIET = Advice(
    why="They may still come back; with each week that becomes less likely.",
    headline=Choice(
        ("own.late",),
        "Remind the {own.late:customer who is/customers who are} late, before they lapse",
        "Send one reminder and one offer",
    ),
    actions=(
        RESCUE_LATE,
        (
            "retention",
            Choice(
                ("own.away",),
                "Send one reminder, and fewer messages to whoever does not answer: for half of "
                "them the last order was {own.away} ago or earlier.",
            ),
        ),
        SHOW,
        ("revenue", KEEP_BELOW_MARGIN),
    ),
)
WIN_BACK = Advice(
    why="Nothing recent says that they will return, so what is spent on them must be little.",
    headline=Choice(
        ("own.away",),
        "Win back only by what costs next to nothing: half of them ordered {own.away} ago or "
        "earlier",
        "Win back only by what costs next to nothing",
    ),
    actions=(
        (
            "targeting",
            Choice(
                ("own.away", "revenue"),
                "Begin with those who spent more than {its.revenue.median} and whose last order is "
                "less than {own.away} back: the middle of this segment.",
                Choice(
                    ("own.away",), "Begin with those whose last order is less than {own.away} back."
                ),
            ),
        ),
        SHOW,
        ("revenue", KEEP_BELOW_MARGIN),
    ),
)
VISITORS = Advice(
    why="They have been in the shop; what keeps them from an order is not in this data.",
    headline="Answer what holds up the first order",
    actions=(
        ("personalization", SHOW_AGAIN),
        SHOW,
        WHEN,
        ("targeting", CARTS),
        ("retention", LEAVE_ADDRESS),
        ("revenue", FIRST_ORDER),
    ),
)
BROWSERS = replace(
    VISITORS,
    why="They look a great deal; what is missing is the step to an order.",
    headline=Choice(
        ("own.views",),
        "Help them choose: half of them looked {own.views:time/times} or more often",
        "Help them choose, and offer alerts",
    ),
)
RETURNS = Advice(
    why="Returns take back revenue, and handling them costs more on top.",
    headline="Improve product information, and offer exchanges first",
    actions=(
        (
            "retention",
            "Ask each of the {its.customers} for the reason of their returns, and offer an "
            "exchange first.",
        ),
        (
            "targeting",
            "Look at what the {its.customers} of them sent back, and mend its description.",
        ),
        SHOW,
    ),
    measure=Choice(("returns",), "What they send back: {its.returns.mean} a customer today."),
)
_BARGAIN = Advice(
    why="They choose cheaper products; whether they also need discounts, a test must show.",
    headline=Choice(
        ("own.price",),
        "Offer price alerts and bundles: they pay {own.price} of the usual price",
        "Offer price alerts and bundles",
    ),
    actions=(
        (
            "targeting",
            Choice(
                ("own.price",),
                "Tell them when a price drops: on average they choose products at {own.price} of "
                "the mean price of the category.",
            ),
        ),
        REMIND_THEM,
        SHOW,
        WHEN,
        RAISE_ORDER,
    ),
)
_BIG_TICKET = Advice(
    why=("Each order weighs much, so that one more or one fewer is felt.", EACH_BRINGS),
    headline=Choice(
        ("own.order",),
        "Advise before an order of {own.order}, offer accessories after it",
        "Advise before the order, offer accessories after it",
    ),
    actions=(
        (
            "revenue",
            Choice(
                ("own.order",),
                (
                    "Offer instalments and delivery with service: half of them paid {own.order} or "
                    "more.",
                    BEFORE_RETURNS,
                ),
            ),
        ),
        ("retention", FOLLOW_UP),
        SHOW,
        WHEN,
    ),
)
_ABANDONERS = Advice(
    why="They came within a step of an order; something stopped them.",
    headline="Remind them of the cart, and show all costs early",
    actions=(
        (
            "targeting",
            Choice(
                ("own.carts",),
                CARTS,
                "Remind the {its.customers} of them of the cart within a day.",
            ),
        ),
        (
            "revenue",
            Choice(
                ("own.never",),
                "Go through the checkout as a customer, with delivery costs shown early: "
                "{own.never} of these {its.customers:customer/customers} {own.never?has/have} not "
                "ordered.",
            ),
        ),
        SHOW,
        WHEN,
    ),
)
_INACTIVE = Advice(
    why="Many of them may never return, so what is spent on them must be little.",
    headline=Choice(
        ("own.seen",),
        "Send one last message: half of them were last seen {own.seen} ago or earlier",
        "Send one last message, then save the money",
    ),
    actions=(
        (
            "retention",
            Choice(
                ("own.seen",),
                "Send one last message with a plain question, then stop: half of them were last "
                "seen {own.seen} ago or earlier.",
            ),
        ),
        ("targeting", "Take the {its.customers} of them out of paid audiences."),
    ),
)
_ENGAGED = Advice(
    why="They look a great deal, and they order.",
    headline="Show them new arrivals first",
    actions=(("personalization", SHOW_AGAIN), SHOW, REMIND_THEM, WHEN, RAISE_ORDER),
)
_CASUAL = replace(
    VISITORS,
    why="For each of them there is little to go by.",
    headline="Show what is popular, and spend little",
    actions=(
        (
            "targeting",
            "Leave the {its.customers} of them out of paid campaigns until they show more.",
        ),
        SHOW,
        ("revenue", FIRST_ORDER),
    ),
)
_SEASONAL = Advice(
    why="They come for one season; the rest of the year says little about them.",
    headline=Choice(
        ("own.month",), "Write to them before {own.month}", "Write before their season"
    ),
    actions=(
        (
            "targeting",
            Choice(
                ("own.month",),
                "Write to the {its.customers} of them in the weeks before {own.month}, and let "
                "them be for the rest of the year: {own.month_share} ordered in {own.month} alone.",
            ),
        ),
        SHOW,
        RAISE_ORDER,
    ),
    measure=Choice(
        ("own.month",),
        "How many of these {its.customers} order again in the next {own.month}.",
        "How many of these {its.customers} order again in the next season.",
    ),
)
_BOTS = Advice(
    who="They act at a rate that no human reaches, so they took no part in finding the "
    "segments, and no figure of everyone counts them.",
    why="They blur every rate of the shop and may cost server time.",
    headline="Have the site's operators look at them",
    actions=(
        (
            "targeting",
            "Leave the {its.customers} of them out of every audience and every test, and let "
            "whoever runs the site look at them: they may be price scrapers, monitors or a large "
            "customer with a script.",
        ),
    ),
    measure="Their number in the next run; it is {its.customers} today.",
)
_NOISE = Advice(
    who="The algorithm put them in no group, since too few others are like them. They are "
    "no segment, and what is said of them holds on average only.",
    why="What is unusual may be worth the most, or be an error in the data.",
    headline="Look at the best of them one by one",
    actions=(
        ("targeting", "Keep the {its.customers} of them in general campaigns."),
        REMIND_THEM,
        RAISE_ORDER,
    ),
    measure="Their number in the next run; it is {its.customers} today.",
)
_ALL = Advice(
    who="No groups that differ were found, so this is everyone.",
    why="",
    headline="Address everyone; the plain groups below say who has bought",
    actions=(REMIND_THEM, RESCUE_LATE, WHEN, RAISE_ORDER),
)
ADVICE: Mapping[str, Advice] = {
    "high_value_loyal": TOP,
    "loyal": LOYAL,
    "high_value_quiet": replace(
        GONE_QUIET,
        why=EACH_BRINGS,
        headline="Win them back in person",
    ),
    "regulars_quiet": GONE_QUIET,
    "new_repeat": replace(
        NEWCOMERS,
        why="They came back soon after their first order: what they do next sets a habit.",
    ),
    "new_buyers": NEWCOMERS,
    "lapsed_repeat": replace(
        WIN_BACK,
        why="They knew the shop well enough to return, so they can be asked why they stopped.",
        headline=Choice(
            ("own.away",),
            "Ask why they stopped: half of them ordered {own.away} ago or earlier",
            "Ask why they stopped, and make one win-back offer",
        ),
    ),
    "repeat_quiet": GONE_QUIET,
    "repeat_current": REPEAT,
    "lapsed_once": WIN_BACK,
    "once_quiet": GONE_QUIET,
    "once_current": ONCE,
    "lapsed": WIN_BACK,
    "quiet": GONE_QUIET,
    "top_spenders": TOP,
    "one_time_buyers": ONCE,
    "repeat": REPEAT,
    "buyers": BUYERS,
    "net_returners": replace(
        RETURNS,
        why="They cost more than they bring, or bought before the period that the data cover.",
        headline="Look at them one by one, and at what they sent back",
    ),
    "returners": RETURNS,
    "bargain": _BARGAIN,
    "big_ticket": _BIG_TICKET,
    "abandoners": _ABANDONERS,
    "engaged": _ENGAGED,
    "frequent_browsers": BROWSERS,
    "heavy_browsers": BROWSERS,
    "inactive": _INACTIVE,
    "new_visitors": replace(
        VISITORS,
        why="They have just come and may still decide.",
        headline="Help them to a first order",
    ),
    "one_time_visitors": replace(
        VISITORS,
        why="What brought them may cost money; what would bring them back is not in this data.",
        headline="Check what brought them, and give a reason to return",
    ),
    "casual": _CASUAL,
    "window_shoppers": VISITORS,
    "visitors": replace(
        VISITORS,
        headline=Choice(
            ("own.visits",),
            "Win the first order: half of them came {own.visits:time/times} or more often",
            "Win the first order",
        ),
    ),
    "non_buyers": replace(
        VISITORS, why="They are in the data, so they are known; an order is still to come."
    ),
    "seasonal": _SEASONAL,
    "mixed": PLAIN,
    "plain": PLAIN,
    "bots": _BOTS,
    "noise": _NOISE,
    "all": _ALL,
}
"""By the key of the rule."""
LATE: Mapping[str, str] = {
    "top_spenders": "high_value_quiet",
    "loyal": "regulars_quiet",
    "repeat": "repeat_quiet",
    "repeat_current": "repeat_quiet",
    "one_time_buyers": "once_quiet",
    "buyers": "quiet",
}
"""As what those are advised most of whom are late, since their name says nothing of when."""
LAPSED: Mapping[str, str] = {
    "repeat": "lapsed_repeat",
    "one_time_buyers": "lapsed_once",
    "buyers": "lapsed",
    "quiet": "lapsed",
}
"""As what those are advised most of whom have lapsed."""
NEVER: Mapping[str, str] = {"plain": "visitors", "mixed": "visitors"}
"""As what those are advised most of whom never ordered, where their name does not say so."""
