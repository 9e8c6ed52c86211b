"""When does an action on a segment pay for itself?"""

from collections.abc import Iterator, Mapping, Sequence

from clustomer.insights.cases import HARDLY_ANY
from clustomer.insights.facts import Fact, decimals_for
from clustomer.insights.population import BOTS, EVERYONE
from clustomer.insights.profiles import Profile
from clustomer.insights.story import SpendRow

MARGIN = 0.30
"""Share of revenue that is left after the cost of goods: an assumption, to be replaced."""
COST = 0.50
"""Cost of contacting one customer, in the shop's currency: an assumption, to be replaced."""

FINE = 0.01
"""Below a lift of one per cent a second decimal matters."""

SPEND_NOTE = (
    "The lift is the rise in revenue over a period as long as this one at which an action pays "
    "for itself: the cost of contacting every customer of the segment once, over the margin on "
    "their revenue. It assumes that {run.margin} of revenue is kept after the cost of goods and "
    "that contacting one customer costs {run.cost}; set both to your own figures with --margin "
    "and --cost. Where hardly anyone buys, the orders needed are given instead, at the "
    "shop's average revenue per order. What lift an action reaches is not known before it is tried."
)


def spend_facts(profiles: Sequence[Profile], facts: Mapping[str, Fact]) -> Iterator[Fact]:
    """Make the facts of the spend table from those that are there.

    `S1.break_even`, where there is revenue: cost · customers / (margin · revenue).
    `S1.extra_orders`, where hardly any buy: orders per 1,000 customers contacted that cover
    the cost, at the shop's revenue per order (`everyone.order_value`).
    """
    margin, cost = facts["run.margin"].value, facts["run.cost"].value
    assert isinstance(margin, float) and isinstance(cost, float)  # noqa: PT018
    value = None
    orders = facts.get(f"{EVERYONE}.orders.sum")
    revenue = facts.get(f"{EVERYONE}.revenue")
    if orders is not None and revenue is not None:
        value = _ratio(revenue.value, orders.value)
        source = _derived(f"{EVERYONE}.revenue {EVERYONE}.orders.sum", "ratio")
        name = f"{EVERYONE}.order_value"
        yield Fact(name, value, "currency", decimals_for(value, "currency"), None, source)
    for profile in profiles:
        key = profile.segment_id
        if key == BOTS or profile.revenue is None:
            continue
        if profile.revenue > 0 and margin > 0:
            lift = cost * profile.customers / (margin * profile.revenue)
            ids = f"run.cost {key}.customers run.margin {key}.revenue"
            source = _derived(ids, "break_even")
            decimals = 2 if lift < FINE else decimals_for(lift, "share")
            yield Fact(f"{key}.break_even", lift, "share", decimals, key, source)
        few = profile.shares.get("orders.at_least_1", 1.0) <= HARDLY_ANY
        if few and value and margin > 0:
            extra = 1000 * cost / (margin * value)
            source = _derived(
                f"run.cost run.margin {EVERYONE}.order_value", "extra_orders_per_1000"
            )
            yield Fact(f"{key}.extra_orders", extra, "orders", _few(extra), key, source)
            now = 1000 * (profile.features["orders"].mean or 0.0)
            source = _derived(f"{key}.orders.mean", "per_1000")
            yield Fact(f"{key}.orders_per_1000", now, "orders", _few(now), key, source)


def spend_rows(
    profiles: Sequence[Profile], names: Mapping[str, str], facts: Mapping[str, Fact]
) -> tuple[SpendRow, ...]:
    """Return the spend table, a row for each segment in the order given, bots left out."""
    rows = []
    for profile in profiles:
        key = profile.segment_id
        if key == BOTS:
            continue
        if f"{key}.extra_orders" in facts:
            pays = (
                f"{{{key}.extra_orders:extra order/extra orders}} for every 1,000 contacted "
                f"(now {{{key}.orders_per_1000}})"
            )
        elif f"{key}.break_even" in facts:
            pays = f"{{{key}.break_even}} more revenue"
        elif profile.revenue is None:
            pays = "not known: the data have no revenue"
        else:
            pays = "cannot pay: no revenue"
        revenue = f"{{{key}.revenue}}" if f"{key}.revenue" in facts else "not known"
        rows.append(SpendRow(key, names[key], f"{{{key}.customers}}", revenue, pays))
    return tuple(rows)


def _ratio(part: object, whole: object) -> float | None:
    if isinstance(part, int | float) and isinstance(whole, int | float) and part > 0 and whole > 0:
        return part / whole
    return None


def _few(orders: float) -> int:
    return 0 if orders >= 10 or orders == 0 else 1


def _derived(ids: str, aggregate: str) -> dict[str, str]:
    return {"table": "facts", "key": ids, "column": "value", "aggregate": aggregate}
