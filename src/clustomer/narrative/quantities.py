"""What a narrative may state: the facts that there are words for, each with its own noun.

A number never stands alone: `{S1.revenue_share}` is written "53.4 % of all revenue", so that
nobody can put it beside another noun.
"""

from collections.abc import Mapping

EVERYONE = "everyone"

PHRASES: Mapping[str, tuple[str, str]] = {
    "customers": ("{@:customer/customers}", "number of customers"),
    "share": ("{@} of all customers", "share of all customers"),
    "revenue": ("{@} of revenue", "revenue"),
    "revenue_share": ("{@} of all revenue", "share of all revenue"),
    "orders.sum": ("{@:order/orders}", "number of orders"),
    "orders.mean": ("{@} orders a customer on average", "orders a customer"),
    "orders.at_least_2": ("{@} with two orders or more", "share with two orders or more"),
    "order_value": ("{@} an order on average", "value of an order"),
    "non_buyers": ("{@} who ordered nothing", "number who ordered nothing"),
    "revenue.top_tenth": (
        "{@} of all revenue from the tenth who pay most",
        "share of the top tenth",
    ),
    "sessions.mean": ("{@} visits a customer on average", "visits a customer"),
    "views.mean": ("{@} product views a customer on average", "product views a customer"),
    "carts.mean": ("{@} additions to the cart a customer on average", "additions to the cart"),
    "products_bought.mean": ("{@} different products bought on average", "products bought"),
    "lifecycle.new": ("{@} who are new", "number who are new"),
    "lifecycle.active": ("{@} who are active", "number who are active"),
    "lifecycle.slowing": ("{@} who are slowing", "number who are slowing"),
    "lifecycle.at_risk": ("{@} at risk", "number at risk"),
    "lifecycle.lapsed": ("{@} who lapsed", "number who lapsed"),
    "lifecycle.due_soon": ("{@} who are due soon", "number due soon"),
    "lifecycle.past_due": ("{@} who are past due", "number past due"),
    "expected_orders": ("{@} expected orders", "expected orders"),
    "expected_revenue": ("{@} of expected revenue", "expected revenue"),
    "one_more": (
        "{@} of margin if a few of them ordered once more",
        "what one more order from a few of them would bring",
    ),
    "contact": ("{@} for contacting them once", "cost of contacting them"),
}
"""By the part of a fact's id after the segment: how it is written, and what it is called."""


def measure_of(fact_id: str) -> str:
    """Return the part of an id after the segment, which is the same for every segment.

    >>> measure_of("S1.orders.mean"), measure_of("everyone.revenue")
    ('orders.mean', 'revenue')
    """
    return fact_id.partition(".")[2]


def owner_of(fact_id: str) -> str:
    """Return whom a fact is about: a segment's id, or "everyone".

    >>> owner_of("S1.orders.mean")
    'S1'
    """
    return fact_id.partition(".")[0]


def phrase(fact_id: str) -> str:
    """Return how a fact is written, with its noun, as a text of `Facts.render`.

    >>> phrase("S1.share")
    '{S1.share} of all customers'
    """
    return PHRASES[measure_of(fact_id)][0].replace("@", fact_id)
