"""What to do about each kind of segment, and which number will show that it worked.

Every text says only what the rule behind the name has proved, advises what the data can
carry out (no carts, no advice about carts), and promises no effect: none was measured.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from clustomer.insights.advice import Action, Advice, Has
from clustomer.insights.advice import four_actions as _actions
from clustomer.insights.advice import taste as _taste
from clustomer.insights.rfm_actions import RFM_ADVICE
from clustomer.segments.rules.rfm_grid import NO_PURCHASE_ID

SHORT_NOTE = (
    "In so short a time nobody can become loyal or fall asleep, so the name says little about "
    "them, and what is right for any buyer is right for them."
)
CAUSE_NOTE = (
    "Hold back a random part of the segment that gets nothing, and compare: without it nobody "
    "can tell what the action did."
)


def advice(kind: str, has: Has, *, defined: bool = False, short: bool = False) -> Advice:
    """Return the advice for the kind of segment that a rule's key names.

    `defined` says that the key is that of a segment of the RFM grid; in a `short` log, in which
    nobody has had the time to come back or stay away, its buyers get what is right for any buyer.
    `has(*features)` tells which features the data have.

    >>> "cart" in advice("loyal", lambda *names: False).headline
    False
    """
    if not defined or kind not in RFM_ADVICE:
        return _KINDS.get(kind, _plain)(has)
    own = RFM_ADVICE[kind](has)
    if short and kind != NO_PURCHASE_ID:
        return replace(_buyers(has), who=own.who, why=SHORT_NOTE)
    return own


def _high_value_loyal(has: Has) -> Advice:
    return Advice(
        who="They buy again, they bought lately, and no other segment brings more per customer.",
        why="Losing one of them costs more, on average, than losing a customer of any other "
        "segment.",
        actions=_actions(
            _taste(has),
            "Use them as the model for look-alike audiences, and leave them out of general "
            "discounts unless a test shows that they need one.",
            "Thank them early: first access, a named contact, quick answers to complaints. Call "
            "on those who go quiet for longer than is usual for them.",
            "Offer bundles, refills or a subscription for what they already buy again.",
        ),
        measure="The share of them who order again within the next 60 days, and their revenue per "
        "customer in the next period.",
        headline="Give early access and the best service, not discounts",
    )


def _loyal(has: Has) -> Advice:
    return Advice(
        who="They order more often than the average customer, and did so lately.",
        why="Each further order of theirs comes without a new customer having to be won.",
        actions=_actions(
            _taste(has),
            "Write to them at the rhythm of their own orders, not at the calendar's.",
            "Let orders add up to something: a loyalty programme with a reward that is in sight.",
            "Suggest at the checkout what goes with the order, to raise its value.",
        ),
        measure="Orders per customer in the next period"
        + (", and the average order value." if has("average_order_value") else "."),
        headline="Start a loyalty programme, with add-ons at the checkout",
    )


def _repeat(has: Has) -> Advice:
    return Advice(
        who="At least half of them ordered more than once.",
        why="They have shown that they come back; the next order is a matter of the right moment.",
        actions=_actions(
            _taste(has),
            "Remind them when the time that usually lies between two orders has passed.",
            "Make the next order easy: reorder lists, saved details, a reminder before it is due.",
            "Offer something for one more order in the period rather than for a larger one.",
        ),
        measure="The share of them who order again within the next 60 days.",
        headline="Remind them when the next order is due",
    )


def _new_buyers(has: Has) -> Advice:
    return Advice(
        who="They were first seen late in the period, and at least half have ordered already.",
        why="The first weeks may decide whether there is a second order; it is too early to say "
        "what they are worth.",
        actions=_actions(
            "Welcome them with a short series of messages about what they looked at or bought.",
            "Keep them out of win-back campaigns; find out which channel brought them.",
            "Ask after the first order whether all went well, and put right what did not.",
            "Make one offer for a second order, with an end date.",
        ),
        measure="The share of them with a second order within 60 days of the first.",
        headline="Welcome them, towards a second order",
    )


def _new_visitors(has: Has) -> Advice:
    return Advice(
        who="They were first seen late in the period and have hardly bought so far.",
        why="They may still decide; it is too early to say what they are worth.",
        actions=_actions(
            "Greet them on their return with what they looked at last.",
            "Find out which channel brought them, and what those who buy had in common.",
            "Offer a reason to leave an address: a size guide, a price alert, a wish list.",
            "Answer what holds up a first order: delivery cost, returns, payment.",
        ),
        measure="The share of them with a first order within 30 days.",
        headline="Help them to a first order",
    )


def _lapsed_repeat(has: Has) -> Advice:
    return Advice(
        who="At least half of them bought more than once, but their last orders lie far back.",
        why="They knew the shop well enough to return, so a reason for leaving can be asked for.",
        actions=_actions(
            "Show what is new since their last order"
            + (" in the categories they used to buy." if has("categories") else "."),
            "Begin with those who spent most and whose last order is most recent.",
            "Ask them why they stopped, in one question, and act on the answers.",
            "Make one good win-back offer with an end date, not a string of discounts.",
        ),
        measure="The share of them who order within 60 days of the message.",
        headline="Ask why they stopped, and make one win-back offer",
    )


def _lapsed(has: Has) -> Advice:
    return Advice(
        who="They have bought, but long ago.",
        why="They are known buyers, yet nothing recent says that they will return.",
        actions=_actions(
            "Show what is new since their last order"
            + (" in the categories they bought from." if has("categories") else "."),
            "Write first to those whose orders were largest and lie least far back.",
            "Try one reminder; whoever does not respond gets fewer messages, not more.",
            "Tie an offer to an order, and keep its cost below the margin it can bring.",
        ),
        measure="The share of them who order within 60 days of the message.",
        headline="Send one win-back message to the best of them",
    )


def _one_time(has: Has) -> Advice:
    return Advice(
        who="Nearly all of them ordered exactly once in the period, and not long ago.",
        why="A second order is the step that separates them from the regulars.",
        actions=_actions(
            "Suggest what goes with the first order."
            if has("products")
            else "Refer to the first order: ask how it went.",
            "Choose the moment: soon after the first order has arrived.",
            "Ask for a rating, and solve problems before asking for another order.",
            "Make an offer for the second order only.",
        ),
        measure="The share of them with a second order within 60 days.",
        headline="Win the second order",
    )


def _occasional(has: Has) -> Advice:
    return Advice(
        who="They buy, but fewer than half of them came back for a second order.",
        why="Each of them has bought already; the question is how often.",
        actions=_actions(
            _taste(has),
            "Write to them around occasions: seasons, gifts, new arrivals.",
            "Give a reason for a second visit after each order: a voucher, a guide, a refill.",
            "Set the threshold for free delivery a little above their usual order.",
        ),
        measure="The share of them with a second order within 60 days.",
        headline="Give a reason for the second order",
    )


def _buyers(has: Has) -> Advice:
    return Advice(
        who="At least half of them ordered in the period.",
        why="They are the ones who pay; the next step is another order.",
        actions=_actions(
            _taste(has),
            "Use them as the model for look-alike audiences.",
            "Follow up the order: delivery news, help, one question about how it went.",
            "Suggest at the checkout what goes with the order.",
        ),
        measure="The share of them who order again in the next period.",
        headline="Follow up the order, and suggest what goes with it",
    )


def _top_spenders(has: Has) -> Advice:
    return Advice(
        who="No other segment brings more revenue per customer.",
        why="One more or one fewer of them is felt more than in any other segment.",
        actions=_actions(
            _taste(has),
            "Use them as the model for look-alike audiences.",
            "Give them good service and a direct line, so that the next order comes here too.",
            "Show the better version of what they look for, and what goes with it.",
        ),
        measure="Their revenue per customer, and the share who order again, in the next period.",
        headline="Give good service, and show the better version",
    )


def _big_ticket(has: Has) -> Advice:
    return Advice(
        who="Fewer than half of them came back for a second order, but their orders are large.",
        why="Each order weighs much, so that one more or one fewer is felt.",
        actions=_actions(
            "Help them decide: comparison, advice, reviews of the products in question.",
            "Reach them before the purchase, when they look; a weekly newsletter is wasted.",
            "Support the product after the sale: set-up, warranty, accessories.",
            "Offer payment by instalment, delivery with service, and matching accessories.",
        ),
        measure="Their average order value, and the share with a second order within the next "
        "period.",
        headline="Advise before the order, offer accessories after it",
    )


def _bargain(has: Has) -> Advice:
    return Advice(
        who="They buy, and choose from the cheaper end of each category.",
        why="They choose cheaper products; whether they also need discounts, a test must show.",
        actions=_actions(
            "Show them sales, outlet goods and multi-buys first.",
            "Tell them when a price drops on something they looked at.",
            "Keep them with steady low prices in a few lines rather than with vouchers.",
            "Sell larger packs and bundles whose margin you know.",
        ),
        measure="Their revenue per customer after discounts, beside the margin on it.",
        headline="Offer price alerts, and bundles whose margin you know",
    )


def _returners(has: Has) -> Advice:
    return Advice(
        who="At least half of them sent something back, and they send back more than others.",
        why="Returns take back revenue, and handling them costs more on top.",
        actions=_actions(
            "Give better information before the order: sizes, materials, pictures, reviews.",
            "Leave them out of campaigns for products that come back often.",
            "Ask for the reason of each return, and offer an exchange first.",
            "Look at which products come back, and mend their descriptions or drop them.",
        ),
        measure="Their return rate, and their revenue net of returns.",
        headline="Improve product information, and offer exchanges first",
    )


def _abandoners(has: Has) -> Advice:
    return Advice(
        who="They put products in the cart, but seldom go through with it.",
        why="They came within a step of an order; something stopped them.",
        actions=_actions(
            "Bring back the cart as they left it, on every device and in a reminder.",
            "Remind them within a day, once, and without a discount at first.",
            "Ask at the exit what was missing, and let them keep the cart as a wish list.",
            "Go through the checkout as a customer: show delivery cost early, allow guests, add "
            "ways to pay.",
        ),
        measure="The share of their visits with a cart that end with a purchase.",
        headline="Remind them of the cart, and show all costs early",
    )


def _browsers(has: Has) -> Advice:
    return Advice(
        who="They look at many products and buy little.",
        why="They are interested; what is missing is the step to an order.",
        actions=_actions(
            _taste(has),
            "Show again what they looked at more than once, and stop after a few times.",
            "Offer wish lists and alerts for prices and stock, so that they leave an address.",
            "Help them choose: filters, comparisons, advice; test what is missing for an order.",
        ),
        measure="The share of them with a first order within 30 days"
        + (", and the share of viewed products put in the cart." if has("carts") else "."),
        headline="Help them choose, and offer alerts for what they watch",
    )


def _engaged(has: Has) -> Advice:
    return Advice(
        who="They look at many products, and more of them buy than of everyone.",
        why="With them, interest turns into orders more often than with the average customer.",
        actions=_actions(
            _taste(has),
            "Show them new arrivals first; they will look.",
            "Give them lists, alerts and reviews to write: reasons to keep looking here.",
            "Suggest what goes with the products in question.",
        ),
        measure="Orders per customer in the next period.",
        headline="Show them new arrivals first",
    )


def _inactive(has: Has) -> Advice:
    return Advice(
        who="Hardly any of them bought, and they were last seen long ago.",
        why="Many of them may never return; money spent here must be little.",
        actions=_actions(
            "If they come back, greet them as new visitors.",
            "Take them out of paid audiences, and clean the mailing list.",
            "Send one last message with a plain question, then stop.",
            "Spend on them only what costs next to nothing.",
        ),
        measure="The share of them seen again within 30 days of the last message.",
        headline="Send one last message, then save the money",
    )


def _one_visit(has: Has) -> Advice:
    return Advice(
        who="Nearly all of them came once in the period, and hardly any bought.",
        why="What brought them may cost money; what would bring them back is not in this data.",
        actions=_actions(
            "Make the first page fit what brought them: the product or the search.",
            "Compare the channels by the share of visitors who come a second time.",
            "Give a light reason to return: a wish list, a stock or price alert.",
            "Lower the bids for channels that bring only single visits.",
        ),
        measure="The share of them with a second visit within 30 days.",
        headline="Check the channels, and give a light reason to return",
    )


def _casual(has: Has) -> Advice:
    return Advice(
        who="They look at few products, and hardly any of them bought.",
        why="For each of them there is little to go by.",
        actions=_actions(
            "Show what is popular: for each of them too little is known.",
            "Spend little: leave them out of paid campaigns until they show more interest.",
            "Give a light reason to return: new arrivals, a wish list.",
            "Test the first page and the search; small gains count with many visitors.",
        ),
        measure="The share of them with a second visit, and with a first order, within 30 days.",
        headline="Show what is popular, and spend little",
    )


def _window_shoppers(has: Has) -> Advice:
    return Advice(
        who="They look at products, and hardly any of them bought.",
        why="They have seen the products; what keeps them from ordering is not in this data.",
        actions=_actions(
            _taste(has),
            "Show again what they looked at, and stop after a few times.",
            "Offer wish lists and alerts, so that they leave an address.",
            "Answer what holds up a first order: delivery cost, returns, payment.",
        ),
        measure="The share of them with a first order within 30 days.",
        headline="Answer what holds up the first order",
    )


def _non_buyers(has: Has) -> Advice:
    return Advice(
        who="None of them ordered in the period.",
        why="They are in the data, so they are known; an order is still to come.",
        actions=_actions(
            "Show what is popular and new.",
            "Spend little until they show more interest.",
            "Give a light reason to return: new arrivals, a wish list.",
            "Answer what holds up a first order: delivery cost, returns, payment.",
        ),
        measure="The share of them with a first order within 30 days.",
        headline="Answer what holds up the first order",
    )


def _bots(has: Has) -> Advice:
    return Advice(
        who="They act at a rate that no human reaches, so they took no part in finding the "
        "segments, and no figure of everyone counts them.",
        why="They blur every rate of the shop and may cost server time.",
        actions=(
            Action("targeting", "Leave them out of every audience and every test."),
            Action(
                "revenue",
                "Let whoever runs the site look at them: they may be price scrapers, monitors or "
                "a large customer with a script.",
            ),
        ),
        measure="Their number in the next run.",
        headline="Have the site's operators look at them",
    )


def _noise(has: Has) -> Advice:
    return Advice(
        who="The algorithm put them in no group, since too few others are like them. They are no "
        "segment, and what is said of them holds on average only.",
        why="What is unusual may be worth the most, or be an error in the data.",
        actions=_actions(
            "Show what is popular and new.",
            "Leave them out of campaigns that are made for a segment.",
            "Look at the best of them one by one.",
            "Include them in general campaigns.",
        ),
        measure="Their number in the next run.",
        headline="Look at the best of them one by one",
    )


def _all(has: Has) -> Advice:
    return Advice(
        who="No groups that differ were found, so this is everyone.",
        why="Treating customers differently has no ground in this data.",
        actions=_actions(
            "Show everyone what is popular and new.",
            "Do not buy separate campaigns for groups that this data does not show.",
            "Look after service and delivery: they reach everyone.",
            "Test one change at a time on a random half of the customers.",
        ),
        measure="The share of customers who order in the next period."
        if has("orders")
        else "The share of customers seen again in the next period.",
        headline="Run no separate campaigns; test on a random half",
    )


def _plain(has: Has) -> Advice:
    return Advice(
        who="No rule for a more telling name holds for them.",
        why="They are no case for a campaign of their own before more is known.",
        actions=_actions(
            _taste(has),
            "Include them in general campaigns.",
            "Watch in the next run whether they move to another segment.",
            "Test offers on a random half of them.",
        ),
        measure="The share of them who order in the next period."
        if has("orders")
        else "The share of them seen again in the next period.",
        headline="Keep them in general campaigns",
    )


_KINDS: Mapping[str, Callable[[Has], Advice]] = {
    "high_value_loyal": _high_value_loyal,
    "new_buyers": _new_buyers,
    "loyal": _loyal,
    "lapsed_repeat": _lapsed_repeat,
    "returners": _returners,
    "top_spenders": _top_spenders,
    "bargain": _bargain,
    "big_ticket": _big_ticket,
    "repeat": _repeat,
    "lapsed_once": _lapsed,
    "lapsed": _lapsed,
    "one_time_buyers": _one_time,
    "occasional": _occasional,
    "buyers": _buyers,
    "abandoners": _abandoners,
    "inactive": _inactive,
    "new_visitors": _new_visitors,
    "frequent_browsers": _browsers,
    "heavy_browsers": _browsers,
    "engaged": _engaged,
    "one_time_visitors": _one_visit,
    "casual": _casual,
    "window_shoppers": _window_shoppers,
    "non_buyers": _non_buyers,
    "bots": _bots,
    "noise": _noise,
    "all": _all,
}
