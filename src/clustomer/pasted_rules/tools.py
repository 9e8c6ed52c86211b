"""The tools: which fields of a customer each one has, and how it writes a condition on them.

Fields and operators are those of the tools' manuals: Shopify's segment query language, Klaviyo's
segment conditions (their API names in brackets), Braze's segmentation filters, and the audiences of
Google Analytics 4, whose time window is at most 60 days.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

NOT_EXPRESSIBLE = "not expressible there"

ORDERS, SPENT, LAST_ORDER = "orders", "revenue", "purchase_recency_days"
VIEWS, CARTS = "views", "carts"
BUYERS = (ORDERS, SPENT, LAST_ORDER)
OTHERS = (VIEWS, CARTS)


@dataclass(frozen=True)
class Bounds:
    """A feature above one number, and not above another; None where it is open."""

    feature: str
    above: float | None = None
    at_most: float | None = None


Alternative = tuple[Bounds, ...]
"""Conditions that hold together."""


Words = Mapping[str, tuple[str, str, str]]
"""Of each feature how a tool says that it is above a number, at most one, or (orders) exactly one.

`{0}` stands for the number, `{1}` for the next whole one.
"""


@dataclass(frozen=True)
class Tool:
    """A tool of marketers.

    Attributes
    ----------
    name : str
    title : str
    words : mapping
        Of each feature that it has a field for, how it says a bound.
    part : str
        What it calls one of several alternatives; empty where one condition holds them all.
    most_clauses : int, optional
        How many comparisons a condition may have at most.
    most_days : float, optional
        How many days it can look back.
    unknown_is_no : bool
        Whether a customer without an order is in no span of days since the last one.
    """

    name: str
    title: str
    words: Words
    part: str = ""
    most_clauses: int | None = None
    most_days: float | None = None
    unknown_is_no: bool = False

    def write(self, alternatives: Sequence[Alternative]) -> str:
        """Return a condition that holds where one of several alternatives does."""
        parts = [self.clauses(alternative) for alternative in alternatives]
        if not self.part:
            joined = [" AND ".join(part) for part in parts]
            return joined[0] if len(parts) == 1 else " OR ".join(f"({part})" for part in joined)
        lines: list[str] = []
        for place, part in enumerate(parts, 1):
            if len(parts) > 1:
                lines.append(f"{self.part} {place} of {len(parts)}:")
            lines += [f"- {clause}" for clause in part]
        return "\n".join(lines)

    def clauses(self, alternative: Alternative) -> list[str]:
        """Return the comparisons of an alternative.

        >>> TOOLS["shopify"].clauses((Bounds("orders", 0, 1), Bounds("revenue", above=50.0)))
        ['number_of_orders = 1', 'amount_spent > 50']
        """
        written = []
        for bounds in self._needed(alternative):
            above, at_most, exactly = self.words[bounds.feature]
            if exactly and bounds.above is not None and bounds.above + 1 == bounds.at_most:
                written.append(exactly.format(number(bounds.at_most)))
            elif exactly and bounds.above is None and bounds.at_most == 0:
                written.append(exactly.format("0"))
            else:
                written += [
                    words.format(number(value), number(value + 1))
                    for words, value in ((above, bounds.above), (at_most, bounds.at_most))
                    if value is not None
                ]
        return written

    def _needed(self, alternative: Alternative) -> list[Bounds]:
        """Leave out that there was an order, where something else says so."""
        last = next((b for b in alternative if b.feature == LAST_ORDER), None)
        says_so = last is not None and (last.at_most is not None or self.unknown_is_no)
        only_some = Bounds(ORDERS, above=0.0)
        return [b for b in alternative if not (says_so and b == only_some)]


def number(value: float) -> str:
    """Return a number without needless digits.

    >>> number(3.0), number(0.25)
    ('3', '0.25')
    """
    return f"{value:.12g}"


_SHOPIFY = {
    ORDERS: ("number_of_orders >= {1}", "number_of_orders <= {0}", "number_of_orders = {0}"),
    SPENT: ("amount_spent > {0}", "amount_spent <= {0}", ""),
    LAST_ORDER: ("last_order_date < -{0}d", "last_order_date >= -{0}d", ""),
}
_KLAVIYO = {
    ORDERS: (
        "Historic number of orders is at least {1} (historic_number_of_orders)",
        "Historic number of orders is at most {0} (historic_number_of_orders)",
        "Historic number of orders equals {0} (historic_number_of_orders)",
    ),
    SPENT: (
        "Historic CLV is greater than {0} (historic_clv)",
        "Historic CLV is at most {0} (historic_clv)",
        "",
    ),
    LAST_ORDER: (
        "Placed Order zero times in the last {0} days",
        "Placed Order at least once in the last {0} days",
        "",
    ),
    VIEWS: (
        "Viewed Product at least {1} times over all time",
        "Viewed Product at most {0} times over all time",
        "Viewed Product {0} times over all time",
    ),
    CARTS: (
        "Added to Cart at least {1} times over all time",
        "Added to Cart at most {0} times over all time",
        "Added to Cart {0} times over all time",
    ),
}
_BRAZE = {
    ORDERS: (
        "Total Number of Purchases more than {0}",
        "Total Number of Purchases less than {1}",
        "Total Number of Purchases exactly {0}",
    ),
    SPENT: ("Money Spent more than {0}", "Money Spent at most {0}", ""),
    LAST_ORDER: (
        "Last Made Purchase more than {0} days ago",
        "Last Made Purchase less than {0} days ago",
        "",
    ),
}
_GA4 = {
    ORDERS: (
        "purchase: Event count > {0}",
        "purchase: Event count < {1}",
        "purchase: Event count = {0}",
    ),
    LAST_ORDER: ("exclude purchase in the last {0} days", "purchase in the last {0} days", ""),
    VIEWS: (
        "view_item: Event count > {0}",
        "view_item: Event count < {1}",
        "view_item: Event count = {0}",
    ),
    CARTS: (
        "add_to_cart: Event count > {0}",
        "add_to_cart: Event count < {1}",
        "add_to_cart: Event count = {0}",
    ),
}
_SQL = {
    name: (
        f"{name} > {{0}}",
        f"{name} <= {{0}}",
        "" if name in (SPENT, LAST_ORDER) else f"{name} = {{0}}",
    )
    for name in (*BUYERS, *OTHERS)
}

TOOLS: Mapping[str, Tool] = {
    tool.name: tool
    for tool in (
        Tool("shopify", "Shopify", _SHOPIFY, most_clauses=10, unknown_is_no=True),
        Tool("klaviyo", "Klaviyo", _KLAVIYO, "Segment"),
        Tool("ga4", "Google Analytics 4", _GA4, "Audience", most_days=60),
        Tool("braze", "Braze", _BRAZE, "OR group"),
        Tool("sql", "SQL", _SQL, unknown_is_no=True),
    )
}
"""The tools that there are."""
