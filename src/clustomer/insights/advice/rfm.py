"""What to do about each of the ten RFM segments.

The names are definitions, so `who` says only what the definition proves, also where many
customers share a value: a score above the first says that at least so many fifths lie below.
"""

from collections.abc import Mapping

from clustomer.insights.advice.declaration import TASTE, Advice, Choice

RFM_ADVICE: Mapping[str, Advice] = {
    "champions": Advice(
        who="Their last orders are among the most recent, and at least three in five of those "
        "who ordered placed fewer orders.",
        why="They are active now and order often, so that each one lost is a loss of many orders.",
        personalization=TASTE,
        targeting="Use them as the model for look-alike audiences, and leave them out of "
        "general discounts unless a test shows that they need one.",
        retention="Thank them early: first access, quick answers, a person to talk to.",
        revenue="Show new products and better versions here first, and ask for reviews.",
        measure="The share of them who order again within the next {threshold.next_order_days}.",
        headline="Thank them with early access, not discounts",
    ),
    "loyal": Advice(
        who="At least three in five of those who ordered placed fewer orders, though at least a "
        "fifth ordered more recently.",
        why="They have come back several times; each further order needs no new customer.",
        personalization=TASTE,
        targeting="Write to them at the rhythm of their own orders, not at the calendar's.",
        retention="Let orders add up to something: a loyalty programme with a reward that is in "
        "sight.",
        revenue="Suggest at the checkout what goes with the order, to raise its value.",
        measure=Choice(
            ("average_order_value",),
            "Orders per customer in the next period, and the average order value.",
            "Orders per customer in the next period.",
        ),
        headline="Reward the next order, at their own rhythm",
    ),
    "potential_loyalists": Advice(
        who="Their last orders are among the more recent, and at least a fifth of those who "
        "ordered placed fewer orders.",
        why="They are active and on the way up, or on the way down: the next order will tell.",
        personalization=TASTE,
        targeting="Write soon after an order has arrived, while it is fresh.",
        retention="Invite them to the loyalty programme, with the first reward close.",
        revenue="Offer something for one more order in the period rather than for a larger one.",
        measure="The share of them with one more order within the next "
        "{threshold.next_order_days}.",
        headline="Win one more order, with a reward in sight",
    ),
    "new": Advice(
        who="Their last orders are among the most recent, and fewer than a fifth of those who "
        "ordered placed fewer orders.",
        why="The weeks after a first order are the time to earn a second one.",
        personalization="Welcome them with a short series of messages about what they bought.",
        targeting="Keep them out of win-back campaigns; find out which channel brought them.",
        retention="Ask after the order whether all went well, and put right what did not.",
        revenue="Make one offer for the next order, with an end date.",
        measure="The share of them with one more order within {threshold.next_order_days} of the "
        "last.",
        headline="Welcome them, towards the next order",
    ),
    "promising": Advice(
        who="They ordered rather lately, though at least a fifth of those who ordered did so "
        "more recently; fewer than a fifth placed fewer orders.",
        why="They have bought and not been away for long; the next order is still to be won.",
        personalization=Choice(
            ("products",),
            "Suggest what goes with their order.",
            "Refer to their order: ask how it went.",
        ),
        targeting="Reach them before they have been away for long: they come after the newest "
        "customers and before those about to sleep.",
        retention="Give a reason to return that is no discount: a guide, a refill, an answer.",
        revenue="Make an offer for the next order only, with an end date.",
        measure="The share of them with one more order within the next "
        "{threshold.next_order_days}.",
        headline="Give a reason for the next order",
    ),
    "need_attention": Advice(
        who="They are in the middle of both: at least two in five of those who ordered did so "
        "more recently, and at least two in five placed fewer orders.",
        why="They know the shop; whether they stay active is open.",
        personalization=TASTE,
        targeting="Write to those of them first whose usual time between two orders has passed.",
        retention="Remind them of the shop with news rather than with a discount.",
        revenue="Make one offer with an end date to a random half, and compare.",
        measure="The share of them who order within the next {threshold.next_order_days}.",
        headline="Remind them before they drift away",
    ),
    "about_to_sleep": Advice(
        who="At least two in five of those who ordered did so more recently, and fewer than two "
        "in five placed fewer orders.",
        why="With few orders and some time since the last one, they may be on their way out.",
        personalization="Show what is popular and new: of each of them little is known.",
        targeting="Send one reminder now; later it will reach a customer who is longer gone.",
        retention="Ask in one question what would bring them back.",
        revenue="Tie an offer to an order, and keep its cost below the margin it can bring.",
        measure="The share of them who order within {threshold.next_order_days} of the reminder.",
        headline="Send one reminder now",
    ),
    "at_risk": Advice(
        who="At least two in five of those who ordered placed fewer orders, but at least three "
        "in five ordered more recently.",
        why="They came back before, so a reason for staying away can be asked for.",
        personalization=Choice(
            ("categories",),
            "Show what is new since their last order in the categories they used to buy.",
            "Show what is new since their last order.",
        ),
        targeting="Begin with those who spent most and whose last order is most recent.",
        retention="Ask them why they stopped, in one question, and act on the answers.",
        revenue="Make one good win-back offer with an end date, not a string of discounts.",
        measure="The share of them who order within {threshold.next_order_days} of the message.",
        headline="Ask why they stopped, and make one win-back offer",
    ),
    "cant_lose": Advice(
        who="At least four in five of those who ordered placed fewer orders, but at least three "
        "in five ordered more recently.",
        why="Few ordered as often as they did, and they have been away for longer than most.",
        personalization="Write in person, about what they used to order, not with a newsletter.",
        targeting="Call or write to the best of them one by one; they are few enough to look at.",
        retention="Look for what went wrong: complaints, returns, deliveries, products that are "
        "gone.",
        revenue="Offer what a regular customer values: service and availability before a discount.",
        measure="The share of them who order within {threshold.next_order_days} of being "
        "contacted.",
        headline="Contact them in person, and find out what went wrong",
    ),
    "hibernating": Advice(
        who="At least three in five of those who ordered did so more recently, and fewer than "
        "two in five placed fewer orders.",
        why="Nothing recent says that they will return; money spent here must be little.",
        personalization="If they come back, greet them with what is new since their last order.",
        targeting="Leave them out of paid audiences, and clean the mailing list.",
        retention="Send one last message with a plain question, then write less.",
        revenue="Spend on them only what costs next to nothing.",
        measure="The share of them who order within {threshold.next_order_days} of the message.",
        headline="Send one message, then save the money",
    ),
    "no_purchase": Advice(
        who="None of them ordered in the period, so there is nothing to score.",
        why="They are in the data, so they are known; an order in this period is missing.",
        personalization="Show what is popular and new.",
        targeting="Spend little until they show more interest.",
        retention="Give a light reason to return: new arrivals, a wish list.",
        revenue="Answer what holds up an order: delivery cost, returns, payment.",
        measure="The share of them with an order within {threshold.next_visit_days}.",
        headline="Answer what holds up an order",
    ),
}
"""By segment id."""
