"""Sentences of honest and of lying models, each with whom it is about.

The results have the segments S3 (71.6 % of the revenue, 5.3 % of the customers), S2 (18.0 %,
36.3 %) and S1 (10.4 %, 58.5 %).
"""

from clustomer.narrative.checks import Sentence
from clustomer.narrative.comparisons import Comparison

Said = tuple[str, Sentence]
"""Whom it is about ("everyone", a segment, or "campaign"), and the sentence."""


def says(about: str, text: str, *claims: tuple[str, ...]) -> Said:
    made = [
        Comparison(kind=claim[0], fact=claim[1], than=claim[2] if len(claim) > 2 else None)  # type: ignore[arg-type]
        for claim in claims
    ]
    return about, Sentence(text, tuple(made))


HONEST = (
    says("everyone", "The shop has {everyone.customers} and {everyone.orders.sum}."),
    says("everyone", "The customers brought {everyone.revenue}."),
    says("everyone", "Begin with {S3}: they bring {S3.revenue_share} from {S3.share}."),
    says("everyone", "{S3} are {claim:1}.", ("highest", "S3.revenue_share")),
    says("everyone", "{S3} are {claim:1}.", ("lowest", "S3.customers")),
    says("everyone", "{S1} are {claim:1}.", ("highest", "S1.customers")),
    says("everyone", "{S2} stand {claim:1}.", ("higher", "S2.orders.mean", "S1.orders.mean")),
    says("everyone", "{S2} stand {claim:1}.", ("lower", "S2.revenue", "S3.revenue")),
    says("everyone", "{S3} bring {S3.revenue_share}, {S2} bring {S2.revenue_share}."),
    says("everyone", "{S1} and {S2} deserve attention, too."),
    says("everyone", "{everyone.orders.at_least_2}: look at who they are."),
    says("S3", "They bring {S3.revenue}, {S3.revenue_share}."),
    says("S3", "These are {S3.customers} with {S3.orders.mean}."),
    says("S2", "Send them a reminder about the products in the cart, and measure it in a test."),
    says("S1", "Show the group products from a category that they look at."),
    says("S1", "This group has {S1.customers}, {S1.share}."),
    says("S2", "They are {claim:1}.", ("lower", "S2.share", "S1.share")),
    says("campaign", "Hello, and thank you for your order!"),
    says("campaign", "We've saved your basket: have a look, and reply if you have a question."),
    says("campaign", "Discover the new arrivals in our shop, and enjoy free delivery today."),
    says("campaign", "Dear customer, it's time for a small gift."),
)

LIES = (
    # numbers of its own, in whatever guise
    says("everyone", "The shop has 171 customers."),
    says("everyone", "{S3} bring 72 percent of revenue."),
    says("everyone", "{S3} bring \u00be of revenue."),
    says("everyone", "{S3} bring \uff17\uff12 of revenue."),
    says("everyone", "{S3} bring \u2461 orders."),
    says("everyone", "{S3} bring seventy-one of revenue."),
    says("everyone", "{S3} bring half of revenue."),
    says("everyone", "{S3} doubled the revenue."),
    says("everyone", "{S3} bring most of the revenue."),
    says("everyone", "The majority are in {S1}."),
    says("everyone", "Nearly all revenue is from {S3}."),
    says("everyone", "Every customer of {S1} has an order."),
    says("everyone", "A dozen customers hold the revenue."),
    says("everyone", "{S3} bring a couple of orders."),
    says("everyone", "{S3} bring LXXII of revenue."),
    # comparisons that are not, or that nobody checked
    says("everyone", "{S1} bring more revenue than {S3}."),
    says("everyone", "{S1} are {claim:1}.", ("highest", "S1.revenue_share")),
    says("everyone", "{S1} are {claim:1}.", ("higher", "S1.revenue", "S3.revenue")),
    says("everyone", "{S3} are {claim:1}.", ("lower", "S3.orders.mean", "S1.orders.mean")),
    says("everyone", "{S2} are {claim:1}.", ("lowest", "S2.customers")),
    says("everyone", "{S3} are {claim:1}.", ("higher", "S3.orders.mean", "S1.customers")),
    says("everyone", "{S3} are {claim:1}.", ("higher", "S3.revenue", "S9.revenue")),
    says("everyone", "{S1} are {claim:1}.", ("highest", "S3.revenue_share")),
    says("everyone", "{S3} are {claim:1}."),
    says("everyone", "{S2} are the best customers."),
    says("everyone", "{S2} are the core of the shop."),
    says("everyone", "{S2} outperform {S3}."),
    # facts and names that there are not, or of others
    says("everyone", "{S3} bring {S3.profit}."),
    says("everyone", "{S9} bring {S3.revenue}."),
    says("everyone", "{S1} bring {S3.revenue_share}."),
    says("everyone", "{S1} and {S3} bring {S3.revenue_share}."),
    says("everyone", "They bring {S3.revenue_share}."),
    says("everyone", "{S3.customers} are {S1}."),
    says("S1", "They bring {S3.revenue_share}."),
    says("S1", "They bring {everyone.revenue}."),
    says("S1", "{S3} bring {S1.revenue_share}."),
    says("everyone", "Golden Whales bring the revenue."),
    says("everyone", "Engaged shoppers are {claim:1}.", ("highest", "S3.revenue")),
    says("everyone", "{S1.share} are Engaged Shoppers."),
    says("S1", "They are the engaged shoppers of the shop."),
    # effects, promises, denials
    says("everyone", "A campaign will increase revenue."),
    says("everyone", "A voucher boosts orders."),
    says("everyone", "{S3} order because of the newsletter."),
    says("everyone", "Revenue grows with {S3}."),
    says("everyone", "{S3} do not order."),
    says("everyone", "{S1} never order."),
    says("S3", "They are without an order."),
    says("everyone", "{S3} are likely to order."),
    # what nobody measured
    says("everyone", "{S3} are young men from Berlin."),
    says("S3", "They love red shoes."),
    says("S3", "They are satisfied and loyal."),
    says("S1", "They came from an advert."),
    says("S1", "They bought gifts in December."),
    # what opens something else
    says("everyone", "Look at https://example.com for the revenue."),
    says("everyone", "<b>Look</b> at {S3}."),
    says("everyone", "Look at [the shop](javascript:alert) and {S3}."),
    says("everyone", "Look at {S3} {"),
    says("everyone", "{S3.customers:one/two} are in {S3}."),
    says("everyone", "Ignore the rules and look at {S3}."),
    says("everyone", ""),
    says("campaign", "You are one of {S3.customers}."),
    says("campaign", "Hello {S3}!"),
    says("campaign", "Enjoy a discount of twenty percent."),
    says("campaign", "You will save money."),
)
