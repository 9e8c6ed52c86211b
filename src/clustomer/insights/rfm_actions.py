"""What to do about each of the ten RFM segments.

The names are definitions, so `who` says only what the definition proves, also where many
customers share a value: a score above the first says that at least so many fifths lie below.
"""

from collections.abc import Callable, Mapping

from clustomer.insights.advice import Advice, Has, four_actions, taste


def _champions(has: Has) -> Advice:
    return Advice(
        who="Their last orders are among the most recent, and at least three in five of those who "
        "ordered placed fewer orders.",
        why="They are active now and order often, so that each one lost is a loss of many orders.",
        actions=four_actions(
            taste(has),
            "Use them as the model for look-alike audiences, and leave them out of general "
            "discounts unless a test shows that they need one.",
            "Thank them early: first access, quick answers, a person to talk to.",
            "Show new products and better versions here first, and ask for reviews.",
        ),
        measure="The share of them who order again within the next 60 days.",
        headline="Thank them with early access, not discounts",
    )


def _loyal(has: Has) -> Advice:
    return Advice(
        who="At least three in five of those who ordered placed fewer orders, though at least a "
        "fifth ordered more recently.",
        why="They have come back several times; each further order needs no new customer.",
        actions=four_actions(
            taste(has),
            "Write to them at the rhythm of their own orders, not at the calendar's.",
            "Let orders add up to something: a loyalty programme with a reward that is in sight.",
            "Suggest at the checkout what goes with the order, to raise its value.",
        ),
        measure="Orders per customer in the next period"
        + (", and the average order value." if has("average_order_value") else "."),
        headline="Reward the next order, at their own rhythm",
    )


def _potential_loyalists(has: Has) -> Advice:
    return Advice(
        who="Their last orders are among the more recent, and at least a fifth of those who "
        "ordered placed fewer orders.",
        why="They are active and on the way up, or on the way down: the next order will tell.",
        actions=four_actions(
            taste(has),
            "Write soon after an order has arrived, while it is fresh.",
            "Invite them to the loyalty programme, with the first reward close.",
            "Offer something for one more order in the period rather than for a larger one.",
        ),
        measure="The share of them with one more order within the next 60 days.",
        headline="Win one more order, with a reward in sight",
    )


def _new(has: Has) -> Advice:
    return Advice(
        who="Their last orders are among the most recent, and fewer than a fifth of those who "
        "ordered placed fewer orders.",
        why="The weeks after a first order are the time to earn a second one.",
        actions=four_actions(
            "Welcome them with a short series of messages about what they bought.",
            "Keep them out of win-back campaigns; find out which channel brought them.",
            "Ask after the order whether all went well, and put right what did not.",
            "Make one offer for the next order, with an end date.",
        ),
        measure="The share of them with one more order within 60 days of the last.",
        headline="Welcome them, towards the next order",
    )


def _promising(has: Has) -> Advice:
    return Advice(
        who="They ordered rather lately, though at least a fifth of those who ordered did so more "
        "recently; fewer than a fifth placed fewer orders.",
        why="They have bought and not been away for long; the next order is still to be won.",
        actions=four_actions(
            "Suggest what goes with their order."
            if has("products")
            else "Refer to their order: ask how it went.",
            "Reach them before they have been away for long: they come after the newest customers "
            "and before those about to sleep.",
            "Give a reason to return that is no discount: a guide, a refill, an answer.",
            "Make an offer for the next order only, with an end date.",
        ),
        measure="The share of them with one more order within the next 60 days.",
        headline="Give a reason for the next order",
    )


def _need_attention(has: Has) -> Advice:
    return Advice(
        who="They are in the middle of both: at least two in five of those who ordered did so "
        "more recently, and at least two in five placed fewer orders.",
        why="They know the shop; whether they stay active is open.",
        actions=four_actions(
            taste(has),
            "Write to those of them first whose usual time between two orders has passed.",
            "Remind them of the shop with news rather than with a discount.",
            "Make one offer with an end date to a random half, and compare.",
        ),
        measure="The share of them who order within the next 60 days.",
        headline="Remind them before they drift away",
    )


def _about_to_sleep(has: Has) -> Advice:
    return Advice(
        who="At least two in five of those who ordered did so more recently, and fewer than two in "
        "five placed fewer orders.",
        why="With few orders and some time since the last one, they may be on their way out.",
        actions=four_actions(
            "Show what is popular and new: of each of them little is known.",
            "Send one reminder now; later it will reach a customer who is longer gone.",
            "Ask in one question what would bring them back.",
            "Tie an offer to an order, and keep its cost below the margin it can bring.",
        ),
        measure="The share of them who order within 60 days of the reminder.",
        headline="Send one reminder now",
    )


def _at_risk(has: Has) -> Advice:
    return Advice(
        who="At least two in five of those who ordered placed fewer orders, but at least three in "
        "five ordered more recently.",
        why="They came back before, so a reason for staying away can be asked for.",
        actions=four_actions(
            "Show what is new since their last order"
            + (" in the categories they used to buy." if has("categories") else "."),
            "Begin with those who spent most and whose last order is most recent.",
            "Ask them why they stopped, in one question, and act on the answers.",
            "Make one good win-back offer with an end date, not a string of discounts.",
        ),
        measure="The share of them who order within 60 days of the message.",
        headline="Ask why they stopped, and make one win-back offer",
    )


def _cant_lose(has: Has) -> Advice:
    return Advice(
        who="At least four in five of those who ordered placed fewer orders, but at least three in "
        "five ordered more recently.",
        why="Few ordered as often as they did, and they have been away for longer than most.",
        actions=four_actions(
            "Write in person, about what they used to order, not with a newsletter.",
            "Call or write to the best of them one by one; they are few enough to look at.",
            "Look for what went wrong: complaints, returns, deliveries, products that are gone.",
            "Offer what a regular customer values: service and availability before a discount.",
        ),
        measure="The share of them who order within 60 days of being contacted.",
        headline="Contact them in person, and find out what went wrong",
    )


def _hibernating(has: Has) -> Advice:
    return Advice(
        who="At least three in five of those who ordered did so more recently, and fewer than two "
        "in five placed fewer orders.",
        why="Nothing recent says that they will return; money spent here must be little.",
        actions=four_actions(
            "If they come back, greet them with what is new since their last order.",
            "Leave them out of paid audiences, and clean the mailing list.",
            "Send one last message with a plain question, then write less.",
            "Spend on them only what costs next to nothing.",
        ),
        measure="The share of them who order within 60 days of the message.",
        headline="Send one message, then save the money",
    )


def _no_purchase(has: Has) -> Advice:
    return Advice(
        who="None of them ordered in the period, so there is nothing to score.",
        why="They are in the data, so they are known; an order in this period is missing.",
        actions=four_actions(
            "Show what is popular and new.",
            "Spend little until they show more interest.",
            "Give a light reason to return: new arrivals, a wish list.",
            "Answer what holds up an order: delivery cost, returns, payment.",
        ),
        measure="The share of them with an order within 30 days.",
        headline="Answer what holds up an order",
    )


RFM_ADVICE: Mapping[str, Callable[[Has], Advice]] = {
    "champions": _champions,
    "loyal": _loyal,
    "potential_loyalists": _potential_loyalists,
    "new": _new,
    "promising": _promising,
    "need_attention": _need_attention,
    "about_to_sleep": _about_to_sleep,
    "at_risk": _at_risk,
    "cant_lose": _cant_lose,
    "hibernating": _hibernating,
    "no_purchase": _no_purchase,
}
"""By segment id."""
