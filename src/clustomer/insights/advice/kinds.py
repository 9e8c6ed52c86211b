"""What to do about each kind of segment, by the key of the rule that named it.

Every text says only what the rule has proved, advises what the data can carry out (no carts, no
advice about carts), and promises no effect: none was measured.
"""

from collections.abc import Mapping
from dataclasses import replace

from clustomer.insights.advice.declaration import TASTE, Advice, Choice

PLAIN = Advice(
    why="What sets them apart is said above; it asks for no campaign of its own.",
    personalization=TASTE,
    targeting="Include them in general campaigns.",
    retention="Watch in the next run whether they move to another segment.",
    revenue="Test offers on a random half of them.",
    measure=Choice(
        ("orders",),
        "The share of them who order in the next period.",
        "The share of them seen again in the next period.",
    ),
    headline="Keep them in general campaigns",
)
BROWSERS = Advice(
    why="They are interested; what is missing is the step to an order.",
    personalization=TASTE,
    targeting="Show again what they looked at more than once, and stop after a few times.",
    retention="Offer wish lists and alerts for prices and stock, so that they leave an address.",
    revenue="Help them choose: filters, comparisons, advice; test what is missing for an order.",
    measure=Choice(
        ("carts",),
        "The share of them with a first order within {threshold.next_visit_days}, and the share "
        "of viewed products put in the cart.",
        "The share of them with a first order within {threshold.next_visit_days}.",
    ),
    headline="Help them choose, and offer alerts for what they watch",
)
LAPSED = Advice(
    why="They are known buyers, yet nothing recent says that they will return.",
    personalization=Choice(
        ("categories",),
        "Show what is new since their last order in the categories they bought from.",
        "Show what is new since their last order.",
    ),
    targeting="Write first to those whose orders were largest and lie least far back.",
    retention="Try one reminder; whoever does not respond gets fewer messages, not more.",
    revenue="Tie an offer to an order, and keep its cost below the margin it can bring.",
    measure="The share of them who order within {threshold.next_order_days} of the message.",
    headline="Send one win-back message to the best of them",
)
QUIET = Advice(
    why="They may still come back; with each week that becomes less likely.",
    personalization=TASTE,
    targeting="Write first to those who have just become late, and to those who spent most.",
    retention="Remind them once, in good time; whoever answers goes back to the usual messages.",
    revenue="Tie an offer to the next order, and keep its cost below the margin it can bring.",
    measure="The share of them who order within {threshold.next_order_days} of the message.",
    headline="Remind them now, before they have lapsed",
)
_ADVICE: Mapping[str, Advice] = {
    "high_value_loyal": Advice(
        why="Losing one of them costs more, on average, than losing a customer of any other "
        "segment.",
        personalization=TASTE,
        targeting="Use them as the model for look-alike audiences, and leave them out of "
        "general discounts unless a test shows that they need one.",
        retention="Thank them early: first access, a named contact, quick answers to "
        "complaints. Call on those who go quiet for longer than is usual for them.",
        revenue="Offer bundles, refills or a subscription for what they already buy again.",
        measure="The share of them who order again within the next {threshold.next_order_days}, "
        "and their revenue per customer in the next period.",
        headline="Give early access and the best service, not discounts",
    ),
    "new_buyers": Advice(
        why="The first weeks may decide whether there is a second order; it is too early to say "
        "what they are worth.",
        personalization="Welcome them with a short series of messages about what they looked at "
        "or bought.",
        targeting="Keep them out of win-back campaigns; find out which channel brought them.",
        retention="Ask after the first order whether all went well, and put right what did not.",
        revenue="Make one offer for a second order, with an end date.",
        measure="The share of them with a second order within {threshold.next_order_days} of the "
        "first.",
        headline="Welcome them, towards a second order",
    ),
    "loyal": Advice(
        why="Each further order of theirs comes without a new customer having to be won.",
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
        headline="Start a loyalty programme, with add-ons at the checkout",
    ),
    "lapsed_repeat": Advice(
        why="They knew the shop well enough to return, so a reason for leaving can be asked for.",
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
    "returners": Advice(
        why="Returns take back revenue, and handling them costs more on top.",
        personalization="Give better information before the order: sizes, materials, pictures, "
        "reviews.",
        targeting="Leave them out of campaigns for products that come back often.",
        retention="Ask for the reason of each return, and offer an exchange first.",
        revenue="Look at which products come back, and mend their descriptions or drop them.",
        measure="Their return rate, and their revenue net of returns.",
        headline="Improve product information, and offer exchanges first",
    ),
    "top_spenders": Advice(
        why="One more or one fewer of them is felt more than in any other segment.",
        personalization=TASTE,
        targeting="Use them as the model for look-alike audiences.",
        retention="Give them good service and a direct line, so that the next order comes here "
        "too.",
        revenue="Show the better version of what they look for, and what goes with it.",
        measure="Their revenue per customer, and the share who order again, in the next period.",
        headline="Give good service, and show the better version",
    ),
    "bargain": Advice(
        why="They choose cheaper products; whether they also need discounts, a test must show.",
        personalization="Show them sales, outlet goods and multi-buys first.",
        targeting="Tell them when a price drops on something they looked at.",
        retention="Keep them with steady low prices in a few lines rather than with vouchers.",
        revenue="Sell larger packs and bundles whose margin you know.",
        measure="Their revenue per customer after discounts, beside the margin on it.",
        headline="Offer price alerts, and bundles whose margin you know",
    ),
    "big_ticket": Advice(
        why="Each order weighs much, so that one more or one fewer is felt.",
        personalization="Help them decide: comparison, advice, reviews of the products in "
        "question.",
        targeting="Reach them before the purchase, when they look; a weekly newsletter is wasted.",
        retention="Support the product after the sale: set-up, warranty, accessories.",
        revenue="Offer payment by instalment, delivery with service, and matching accessories.",
        measure="Their average order value, and the share with a second order within the next "
        "period.",
        headline="Advise before the order, offer accessories after it",
    ),
    "repeat": Advice(
        why="They have shown that they come back; the next order is a matter of the right moment.",
        personalization=TASTE,
        targeting="Remind them when the time that usually lies between two orders has passed.",
        retention="Make the next order easy: reorder lists, saved details, a reminder before it "
        "is due.",
        revenue="Offer something for one more order in the period rather than for a larger one.",
        measure="The share of them who order again within the next {threshold.next_order_days}.",
        headline="Remind them when the next order is due",
    ),
    "lapsed_once": LAPSED,
    "lapsed": LAPSED,
    "quiet": QUIET,
    "once_quiet": QUIET,
    "repeat_quiet": QUIET,
    "regulars_quiet": QUIET,
    "high_value_quiet": replace(
        QUIET,
        retention="Call or write to each of them in person, and ask what would bring them back.",
        headline="Win them back in person, before they have lapsed",
    ),
    "one_time_buyers": Advice(
        why="A second order is the step that separates them from the regulars.",
        personalization=Choice(
            ("products",),
            "Suggest what goes with the first order.",
            "Refer to the first order: ask how it went.",
        ),
        targeting="Choose the moment: soon after the first order has arrived.",
        retention="Ask for a rating, and solve problems before asking for another order.",
        revenue="Make an offer for the second order only.",
        measure="The share of them with a second order within {threshold.next_order_days}.",
        headline="Win the second order",
    ),
    "buyers": Advice(
        why="They are the ones who pay; the next step is another order.",
        personalization=TASTE,
        targeting="Use them as the model for look-alike audiences.",
        retention="Follow up the order: delivery news, help, one question about how it went.",
        revenue="Suggest at the checkout what goes with the order.",
        measure="The share of them who order again in the next period.",
        headline="Follow up the order, and suggest what goes with it",
    ),
    "abandoners": Advice(
        why="They came within a step of an order; something stopped them.",
        personalization="Bring back the cart as they left it, on every device and in a reminder.",
        targeting="Remind them within a day, once, and without a discount at first.",
        retention="Ask at the exit what was missing, and let them keep the cart as a wish list.",
        revenue="Go through the checkout as a customer: show delivery cost early, allow guests, "
        "add ways to pay.",
        measure="The share of their visits with a cart that end with a purchase.",
        headline="Remind them of the cart, and show all costs early",
    ),
    "inactive": Advice(
        why="Many of them may never return; money spent here must be little.",
        personalization="If they come back, greet them as new visitors.",
        targeting="Take them out of paid audiences, and clean the mailing list.",
        retention="Send one last message with a plain question, then stop.",
        revenue="Spend on them only what costs next to nothing.",
        measure="The share of them seen again within {threshold.next_visit_days} of the last "
        "message.",
        headline="Send one last message, then save the money",
    ),
    "new_visitors": Advice(
        why="They may still decide; it is too early to say what they are worth.",
        personalization="Greet them on their return with what they looked at last.",
        targeting="Find out which channel brought them, and what those who buy had in common.",
        retention="Offer a reason to leave an address: a size guide, a price alert, a wish list.",
        revenue="Answer what holds up a first order: delivery cost, returns, payment.",
        measure="The share of them with a first order within {threshold.next_visit_days}.",
        headline="Help them to a first order",
    ),
    "frequent_browsers": BROWSERS,
    "heavy_browsers": BROWSERS,
    "engaged": Advice(
        why="With them, interest turns into orders more often than with the average customer.",
        personalization=TASTE,
        targeting="Show them new arrivals first; they will look.",
        retention="Give them lists, alerts and reviews to write: reasons to keep looking here.",
        revenue="Suggest what goes with the products in question.",
        measure="Orders per customer in the next period.",
        headline="Show them new arrivals first",
    ),
    "one_time_visitors": Advice(
        why="What brought them may cost money; what would bring them back is not in this data.",
        personalization="Make the first page fit what brought them: the product or the search.",
        targeting="Compare the channels by the share of visitors who come a second time.",
        retention="Give a light reason to return: a wish list, a stock or price alert.",
        revenue="Lower the bids for channels that bring only single visits.",
        measure="The share of them with a second visit within {threshold.next_visit_days}.",
        headline="Check the channels, and give a light reason to return",
    ),
    "casual": Advice(
        why="For each of them there is little to go by.",
        personalization="Show what is popular: for each of them too little is known.",
        targeting="Spend little: leave them out of paid campaigns until they show more interest.",
        retention="Give a light reason to return: new arrivals, a wish list.",
        revenue="Test the first page and the search; small gains count with many visitors.",
        measure="The share of them with a second visit, and with a first order, within "
        "{threshold.next_visit_days}.",
        headline="Show what is popular, and spend little",
    ),
    "window_shoppers": Advice(
        why="They have seen the products; what keeps them from ordering is not in this data.",
        personalization=TASTE,
        targeting="Show again what they looked at, and stop after a few times.",
        retention="Offer wish lists and alerts, so that they leave an address.",
        revenue="Answer what holds up a first order: delivery cost, returns, payment.",
        measure="The share of them with a first order within {threshold.next_visit_days}.",
        headline="Answer what holds up the first order",
    ),
    "non_buyers": Advice(
        why="They are in the data, so they are known; an order is still to come.",
        personalization="Show what is popular and new.",
        targeting="Spend little until they show more interest.",
        retention="Give a light reason to return: new arrivals, a wish list.",
        revenue="Answer what holds up a first order: delivery cost, returns, payment.",
        measure="The share of them with a first order within {threshold.next_visit_days}.",
        headline="Answer what holds up the first order",
    ),
    "mixed": PLAIN,
    "plain": PLAIN,
    "net_returners": Advice(
        why="They cost more than they bring, or bought before the period that the data cover.",
        personalization="Give better information before the order: sizes, materials, pictures, "
        "reviews.",
        targeting="Look at them one by one: a fault in the data, a wholesale return, or a habit.",
        retention="Ask for the reason of each return, and offer an exchange first.",
        revenue="Leave them out of discounts and of free returns until that is known.",
        measure="Their revenue net of returns.",
        headline="Look at them one by one, and at what they sent back",
    ),
    "bots": Advice(
        who="They act at a rate that no human reaches, so they took no part in finding the "
        "segments, and no figure of everyone counts them.",
        why="They blur every rate of the shop and may cost server time.",
        targeting="Leave them out of every audience and every test.",
        revenue="Let whoever runs the site look at them: they may be price scrapers, monitors "
        "or a large customer with a script.",
        measure="Their number in the next run.",
        headline="Have the site's operators look at them",
    ),
    "noise": Advice(
        who="The algorithm put them in no group, since too few others are like them. They are "
        "no segment, and what is said of them holds on average only.",
        why="What is unusual may be worth the most, or be an error in the data.",
        personalization="Show what is popular and new.",
        targeting="Leave them out of campaigns that are made for a segment.",
        retention="Look at the best of them one by one.",
        revenue="Include them in general campaigns.",
        measure="Their number in the next run.",
        headline="Look at the best of them one by one",
    ),
    "all": Advice(
        who="No groups that differ were found, so this is everyone.",
        why="Treating customers differently has no ground in this data.",
        personalization="Show everyone what is popular and new.",
        targeting="Do not buy separate campaigns for groups that this data does not show.",
        retention="Look after service and delivery: they reach everyone.",
        revenue="Test one change at a time on a random half of the customers.",
        measure=Choice(
            ("orders",),
            "The share of customers who order in the next period.",
            "The share of customers seen again in the next period.",
        ),
        headline="Run no separate campaigns; test on a random half",
    ),
}
ADVICE: Mapping[str, Advice] = {
    **_ADVICE,
    "repeat_current": _ADVICE["repeat"],
    "once_current": _ADVICE["one_time_buyers"],
    "new_repeat": replace(
        _ADVICE["repeat"],
        why="They came back soon after their first order: what they do next sets a habit.",
        headline="Keep the rhythm that they began with",
    ),
}
"""By the key of the rule."""
