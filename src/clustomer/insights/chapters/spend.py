"""When does an action on a segment pay for itself?"""

from collections.abc import Iterator, Mapping

from clustomer.insights.blocks import Block, Column, Paragraph, Row, Table
from clustomer.insights.chapters.chapter import Chapter
from clustomer.insights.facts import Fact, decimals_for
from clustomer.insights.population import BOTS, EVERYONE
from clustomer.insights.profiles import Profile
from clustomer.insights.study import Study
from clustomer.thresholds import HARDLY_ANY

COST = 0.50
"""Cost of contacting one customer, in the shop's currency: an assumption, to be replaced."""

FINE = 0.01
"""Below a lift of one per cent a second decimal matters."""

NOTE = (
    "The lift is the rise in revenue over a period as long as this one at which an action pays "
    "for itself: the cost of contacting every customer of the segment once, over the margin on "
    "their revenue. It assumes that {run.margin} of revenue is kept after the cost of goods and "
    "that contacting one customer costs {run.cost}; set both to your own figures with --margin "
    "and --cost. Where hardly anyone buys, the orders needed are given instead, at the "
    "shop's average revenue per order. What lift an action reaches is not known before it is tried."
)


class Spend(Chapter):
    """What is at stake in each segment, and from where on an action pays."""

    name = "spend"
    title = "What is at stake, and when an action pays"
    short = "What is at stake"

    def facts(self, study: Study) -> Iterator[Fact]:
        """Make `S1.break_even`, `S1.extra_orders` and what they are made of.

        `S1.break_even`, where there is revenue: cost · customers / (margin · revenue).
        `S1.extra_orders`, where hardly any buy: orders per 1,000 customers contacted that cover
        the cost, at the shop's revenue per order (`everyone.order_value`).
        """
        margin, cost = study.settings["margin"], study.settings["cost"]
        value = None
        if "orders" in study.people.columns and study.everyone.revenue is not None:
            orders = study.people.aggregate(EVERYONE, "orders", "sum")
            value = _ratio(study.everyone.revenue, orders)
            source = _derived(f"{EVERYONE}.revenue {EVERYONE}.orders.sum", "ratio")
            name = f"{EVERYONE}.order_value"
            yield Fact(name, value, "currency", decimals_for(value, "currency"), None, source)
        for profile in study.profiles:
            if profile.segment_id != BOTS and profile.revenue is not None:
                yield from _lift(profile, margin, cost)
                yield from _orders(profile, margin, cost, value)

    def blocks(self, study: Study, facts: Mapping[str, Fact]) -> Iterator[Block]:
        """Return the table, and how to read it where there is revenue."""
        rows = tuple(
            _row(profile, study.names[profile.segment_id], facts)
            for profile in study.profiles
            if profile.segment_id != BOTS
        )
        if rows:
            columns = (
                Column("Segment", "name"),
                Column("Customers"),
                Column("Revenue"),
                Column("An action pays for itself from", "words"),
            )
            yield Table("Table of spend", columns, rows)
            if study.everyone.revenue is not None:
                yield Paragraph(NOTE, "note")


def _lift(profile: Profile, margin: float, cost: float) -> Iterator[Fact]:
    key, revenue = profile.segment_id, profile.revenue
    if revenue is not None and revenue > 0 and margin > 0:
        lift = cost * profile.customers / (margin * revenue)
        ids = f"run.cost {key}.customers run.margin {key}.revenue"
        source = _derived(ids, "break_even")
        decimals = 2 if lift < FINE else decimals_for(lift, "share")
        yield Fact(f"{key}.break_even", lift, "share", decimals, key, source)


def _orders(profile: Profile, margin: float, cost: float, value: float | None) -> Iterator[Fact]:
    key = profile.segment_id
    few = profile.shares.get("orders.at_least_1", 1.0) <= HARDLY_ANY
    if few and value and margin > 0:
        extra = 1000 * cost / (margin * value)
        source = _derived(f"run.cost run.margin {EVERYONE}.order_value", "extra_orders_per_1000")
        yield Fact(f"{key}.extra_orders", extra, "orders", _few(extra), key, source)
        now = 1000 * (profile.features["orders"].mean or 0.0)
        source = _derived(f"{key}.orders.mean", "per_1000")
        yield Fact(f"{key}.orders_per_1000", now, "orders", _few(now), key, source)


def _row(profile: Profile, name: str, facts: Mapping[str, Fact]) -> Row:
    key = profile.segment_id
    if f"{key}.extra_orders" in facts:
        pays = (
            f"{{{key}.extra_orders:extra order/extra orders}} for every thousand contacted "
            f"(now {{{key}.orders_per_1000}})"
        )
    elif f"{key}.break_even" in facts:
        pays = f"{{{key}.break_even}} more revenue"
    elif profile.revenue is None:
        pays = "not known: the data have no revenue"
    else:
        pays = "cannot pay: no revenue"
    revenue = f"{{{key}.revenue}}" if f"{key}.revenue" in facts else "not known"
    return Row((name, f"{{{key}.customers}}", revenue, pays), key)


def _ratio(part: float | None, total: float | None) -> float | None:
    return part / total if part and total and part > 0 and total > 0 else None


def _few(orders: float) -> int:
    return 0 if orders >= 10 or orders == 0 else 1


def _derived(ids: str, aggregate: str) -> dict[str, str]:
    return {"table": "facts", "key": ids, "column": "value", "aggregate": aggregate}
