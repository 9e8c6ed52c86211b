"""The features: one column per customer, each declared once.

A feature's `sql` is an aggregate over the rows of its grain (see
`definition.GRAINS`), or, at the grain "customer", an expression over measures,
other features and the shop's own figures. It is parsed and checked against the
portable dialect; nothing is pasted.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from clustomer.errors import UsageError, did_you_mean

Family = Literal["engagement", "purchases", "assortment"]
Undefined = float | Literal["window_days", "median"]


@dataclass(frozen=True, kw_only=True)
class Measure:
    """A number per customer that features are made of; not itself a feature."""

    name: str
    grain: str
    sql: str


@dataclass(frozen=True, kw_only=True)
class Feature:
    """One column per customer.

    Parameters
    ----------
    name : str
        The column's name, with its unit where it has one.
    family : "engagement", "purchases" or "assortment"
    label : str
        Plain words, as a report prints them.
    unit : str
    definition : str
        One sentence.
    grain : str
        The rows that `sql` aggregates, or "customer".
    sql : str
        Portable SQL.
    needs : tuple of str
        Columns that must be known and event types that must occur; else the
        feature drops out.
    undefined : float, "window_days" or "median"
        What a customer for whom the feature is undefined gets in the fit.
    decimals : int
        For printing.
    clustering : bool
        Whether it is in the default clustering set; the declared order is the
        priority between near copies.
    power : float, optional
        The power that the fit takes of it: 3/4 for money, 1/2 for counts and lengths of
        time, of which a few customers have far more than the rest. Without one, the fit
        looks at its skewness.
    weight : float
        How much it counts in the fit, against 1.
    replaces : str, optional
        The feature that is clustered where a table lacks this one.
    """

    name: str
    family: Family
    label: str
    unit: str
    definition: str
    grain: str
    sql: str
    needs: tuple[str, ...] = ()
    undefined: Undefined = 0.0
    decimals: int = 1
    clustering: bool = False
    power: float | None = None
    weight: float = 1.0
    replaces: str | None = None


@dataclass(frozen=True, kw_only=True)
class Rate:
    """A ratio of two counts, shrunk to the shop's own rate.

    The shop's customers are read as draws from a beta-binomial distribution
    with mean `rate` (all numerators over all denominators) and prior `strength`
    (in observations; method of moments, Kleinman 1973). A customer's rate is
    the posterior mean, `(numerator + strength * rate) / (denominator + strength)`,
    so that it is defined, and equal to the shop's rate, when the denominator is 0.
    """

    feature: str
    numerator: str
    denominator: str

    @property
    def sql(self) -> str:
        """The posterior mean as SQL; `shop` holds the figures."""
        prior = f"shop.{self.feature}_strength"
        return (
            f"(CAST({self.numerator} AS DOUBLE) + {prior} * shop.{self.feature}_prior)"
            f" / (CAST({self.denominator} AS DOUBLE) + {prior})"
        )


_DAY = "CAST(86400 AS DOUBLE)"

GRACE_S = 7 * 86400
"""How long before the window's start something would count nothing. A week, so that within days
nothing is told apart by its hour, and within months nearly all of the window counts."""

_WEIGHTLESS_S = f"(shop.start_s - {GRACE_S})"


def _weighted(total: str, seconds: str) -> str:
    """Return the sum of amounts, each times its place in time, from 0 to 1 at the cutoff.

    Exact up to the division: `seconds` is the sum of the amounts times their seconds.
    """
    return (
        f"CAST({seconds} - {total} * {_WEIGHTLESS_S} AS DOUBLE)"
        f" / CAST(shop.cutoff_s - {_WEIGHTLESS_S} AS DOUBLE)"
    )


MEASURES: tuple[Measure, ...] = (
    Measure(name="first_s", grain="events", sql="MIN(event_s)"),
    Measure(name="last_s", grain="events", sql="MAX(event_s)"),
    Measure(name="weekend_events", grain="events", sql="COUNT(*) FILTER (WHERE weekday >= 5)"),
    Measure(
        name="night_events",
        grain="events",
        sql="COUNT(*) FILTER (WHERE hour >= 22 OR hour < 6)",
    ),
    Measure(name="timed_events", grain="events", sql="COUNT(*)"),
    Measure(
        name="viewed_price",
        grain="events",
        sql="SUM(price) FILTER (WHERE event_type = 'view')",
    ),
    Measure(
        name="priced_views",
        grain="events",
        sql="COUNT(price) FILTER (WHERE event_type = 'view')",
    ),
    Measure(name="sold", grain="events", sql="SUM(amount) FILTER (WHERE event_type = 'purchase')"),
    Measure(
        name="returned", grain="events", sql="SUM(amount) FILTER (WHERE event_type = 'return')"
    ),
    Measure(
        name="sold_seconds",
        grain="events",
        sql="SUM(amount * CAST(event_s AS DECIMAL(19, 0))) FILTER (WHERE event_type = 'purchase')",
    ),
    Measure(
        name="returned_seconds",
        grain="events",
        sql="SUM(amount * CAST(event_s AS DECIMAL(19, 0))) FILTER (WHERE event_type = 'return')",
    ),
    Measure(name="visits", grain="sessions", sql="COUNT(*)"),
    Measure(name="visit_events", grain="sessions", sql="SUM(visit_events)"),
    Measure(name="visit_s", grain="sessions", sql="SUM(visit_s)"),
    Measure(name="cart_visits", grain="sessions", sql="COUNT(*) FILTER (WHERE carts > 0)"),
    Measure(
        name="abandoned_visits",
        grain="sessions",
        sql="COUNT(*) FILTER (WHERE carts > 0 AND purchases = 0)",
    ),
    Measure(name="first_order_s", grain="orders", sql="MIN(order_s)"),
    Measure(name="last_order_s", grain="orders", sql="MAX(order_s)"),
    Measure(name="order_seconds", grain="orders", sql="SUM(order_s)"),
    Measure(name="ordered_lines", grain="orders", sql="SUM(lines)"),
    Measure(name="viewed", grain="products", sql="COUNT(*) FILTER (WHERE views > 0)"),
    Measure(name="views_of_products", grain="products", sql="SUM(views)"),
    Measure(
        name="viewed_carted",
        grain="products",
        sql="COUNT(*) FILTER (WHERE views > 0 AND carts > 0)",
    ),
    Measure(
        name="viewed_bought",
        grain="products",
        sql="COUNT(*) FILTER (WHERE views > 0 AND purchases > 0)",
    ),
    Measure(name="carted", grain="products", sql="COUNT(*) FILTER (WHERE carts > 0)"),
    Measure(
        name="carted_bought",
        grain="products",
        sql="COUNT(*) FILTER (WHERE carts > 0 AND purchases > 0)",
    ),
    Measure(
        name="carted_removed",
        grain="products",
        sql="COUNT(*) FILTER (WHERE carts > 0 AND removals > 0)",
    ),
    Measure(name="bought", grain="products", sql="COUNT(*) FILTER (WHERE purchases > 0)"),
    Measure(
        name="bought_returned",
        grain="products",
        sql="COUNT(*) FILTER (WHERE purchases > 0 AND returns > 0)",
    ),
    Measure(name="category_events", grain="categories", sql="SUM(category_events)"),
    # the sum of c·ln(c) is taken over exact decimals: a sum of doubles would
    # change with the order of the rows
    Measure(
        name="category_information",
        grain="categories",
        sql="SUM(CAST(CAST(category_events AS DOUBLE) * LN(CAST(category_events AS DOUBLE))"
        " AS DECIMAL(18, 9)))",
    ),
    Measure(name="levelled_prices", grain="categories", sql="SUM(priced_events)"),
    Measure(
        name="price_levels", grain="categories", sql="SUM(CAST(price_level AS DECIMAL(18, 9)))"
    ),
    Measure(name="brand_events", grain="brands", sql="SUM(brand_events)"),
    Measure(name="favourite_brand_events", grain="brands", sql="MAX(brand_events)"),
)
"""What the features are made of."""

RATES: tuple[Rate, ...] = (
    Rate(feature="view_to_cart_rate", numerator="viewed_carted", denominator="viewed"),
    Rate(feature="view_to_purchase_rate", numerator="viewed_bought", denominator="viewed"),
    Rate(feature="cart_to_purchase_rate", numerator="carted_bought", denominator="carted"),
    Rate(
        feature="cart_abandonment_rate",
        numerator="abandoned_visits",
        denominator="cart_visits",
    ),
    Rate(feature="removal_rate", numerator="carted_removed", denominator="carted"),
    Rate(feature="weekend_share", numerator="weekend_events", denominator="timed_events"),
    Rate(feature="night_share", numerator="night_events", denominator="timed_events"),
    Rate(feature="return_rate", numerator="bought_returned", denominator="bought"),
)
"""The features that are rates; each is shrunk to the shop's own."""

_RATE_SQL = {rate.feature: rate.sql for rate in RATES}

FEATURES: tuple[Feature, ...] = (
    Feature(
        name="recency_days",
        family="engagement",
        label="days since the last activity",
        unit="days",
        definition="Time from the customer's last event to the cutoff, in days and fractions.",
        grain="customer",
        sql=f"CAST(shop.cutoff_s - last_s AS DOUBLE) / {_DAY}",
        clustering=True,
        # the active span ends where the recency begins: two views of one moment share a vote
        weight=round(2**-0.5, 4),
    ),
    Feature(
        name="tenure_days",
        family="engagement",
        label="days since the first activity",
        unit="days",
        definition="Time from the customer's first event in the window to the cutoff.",
        grain="customer",
        sql=f"CAST(shop.cutoff_s - first_s AS DOUBLE) / {_DAY}",
        power=0.5,
    ),
    Feature(
        name="active_span_days",
        family="engagement",
        label="days from the first to the last activity",
        unit="days",
        definition="Time from the customer's first to the last event in the window; 0 where there "
        "is only one.",
        grain="customer",
        sql=f"CAST(last_s - first_s AS DOUBLE) / {_DAY}",
        clustering=True,
        replaces="tenure_days",
        power=0.5,
    ),
    Feature(
        name="sessions",
        family="engagement",
        label="visits",
        unit="sessions",
        definition="Distinct sessions (visits) with at least one event.",
        grain="customer",
        sql="visits",
        clustering=True,
        needs=("visit",),
        power=0.5,
    ),
    Feature(
        name="weighted_orders",
        family="purchases",
        label="orders, the later the more they count",
        unit="orders",
        definition="Orders, each weighted by its place in time: 1 at the cutoff, falling evenly "
        "to 0 at a week before the window's start.",
        grain="customer",
        sql=_weighted("orders", "COALESCE(order_seconds, 0)"),
        needs=("purchase",),
        decimals=2,
        clustering=True,
        replaces="orders",
        power=0.5,
    ),
    Feature(
        name="weighted_revenue",
        family="purchases",
        label="revenue, the later the more it counts",
        unit="currency",
        definition="Revenue, each purchase and return weighted by its place in time: 1 at the "
        "cutoff, falling evenly to 0 at a week before the window's start.",
        grain="customer",
        sql=_weighted(
            "(COALESCE(sold, 0) - COALESCE(returned, 0))",
            "(COALESCE(sold_seconds, 0) - COALESCE(returned_seconds, 0))",
        ),
        needs=("price", "purchase"),
        decimals=2,
        clustering=True,
        replaces="revenue",
        power=0.75,
    ),
    Feature(
        name="orders",
        family="purchases",
        label="orders",
        unit="orders",
        definition="Distinct orders with at least one purchase: the source's order number, else "
        "the session, else (plain transactions) the row.",
        grain="orders",
        sql="COUNT(*)",
        needs=("purchase",),
        power=0.5,
    ),
    Feature(
        name="revenue",
        family="purchases",
        label="revenue",
        unit="currency",
        definition="Price times quantity of all purchases, less that of returns in the window; "
        "nothing else adds to it.",
        grain="customer",
        sql="COALESCE(sold, 0) - COALESCE(returned, 0)",
        needs=("price", "purchase"),
        decimals=2,
        power=0.75,
    ),
    Feature(
        name="views",
        family="engagement",
        label="product views",
        unit="events",
        definition="Events of the type `view`.",
        grain="events",
        sql="COUNT(*) FILTER (WHERE event_type = 'view')",
        needs=("view",),
        clustering=True,
        power=0.5,
    ),
    Feature(
        name="carts",
        family="engagement",
        label="additions to the cart",
        unit="events",
        definition="Events of the type `cart`.",
        grain="events",
        sql="COUNT(*) FILTER (WHERE event_type = 'cart')",
        needs=("cart",),
        clustering=True,
        power=0.5,
    ),
    Feature(
        name="view_to_cart_rate",
        family="engagement",
        label="share of viewed products put in the cart",
        unit="share",
        definition="Products viewed and put in the cart over products viewed, shrunk to the "
        "shop's rate.",
        grain="customer",
        sql=_RATE_SQL["view_to_cart_rate"],
        needs=("product_id", "view", "cart"),
        decimals=3,
        clustering=True,
    ),
    Feature(
        name="cart_abandonment_rate",
        family="engagement",
        label="share of visits with a cart that end without a purchase",
        unit="share",
        definition="Sessions with a cart event and no purchase over sessions with a cart event, "
        "shrunk to the shop's rate.",
        grain="customer",
        sql=_RATE_SQL["cart_abandonment_rate"],
        needs=("cart", "purchase"),
        decimals=3,
        clustering=True,
    ),
    Feature(
        name="category_entropy",
        family="assortment",
        label="variety of categories",
        unit="nats",
        definition="Shannon entropy of the customer's product events over categories; 0 when all "
        "are of one category, undefined when no category is known.",
        grain="customer",
        sql="CASE WHEN categories = 1 THEN 0 ELSE LN(CAST(category_events AS DOUBLE))"
        " - CAST(category_information AS DOUBLE) / CAST(category_events AS DOUBLE) END",
        needs=("category",),
        undefined=0.0,
        decimals=2,
        clustering=True,
    ),
    Feature(
        name="price_level",
        family="assortment",
        label="price level against the category",
        unit="ratio",
        definition="Mean ratio of the prices that the customer looks at or buys to the mean price "
        "of their category; 1 is the category's own level.",
        grain="customer",
        sql="CAST(price_levels AS DOUBLE) / NULLIF(CAST(levelled_prices AS DOUBLE), 0)",
        needs=("category", "price"),
        undefined=1.0,
        decimals=2,
    ),
    Feature(
        name="shrunk_price_level",
        family="assortment",
        label="price level, drawn to the usual where little is known",
        unit="ratio",
        definition="The price level against the category, shrunk to 1 (Buehlmann and Straub 1970): "
        "the more so the fewer prices it is the mean of.",
        grain="customer",
        sql="(CAST(COALESCE(price_levels, 0) AS DOUBLE) + shop.shrunk_price_level_strength)"
        " / (CAST(COALESCE(levelled_prices, 0) AS DOUBLE) + shop.shrunk_price_level_strength)",
        needs=("category", "price"),
        undefined=1.0,
        decimals=2,
        clustering=True,
        replaces="price_level",
    ),
    Feature(
        name="days_between_orders",
        family="purchases",
        label="days between orders",
        unit="days",
        definition="Mean time between consecutive orders; undefined below two orders.",
        grain="customer",
        sql=f"CAST(last_order_s - first_order_s AS DOUBLE) / {_DAY}"
        " / NULLIF(CAST(orders - 1 AS DOUBLE), 0)",
        needs=("purchase",),
        undefined="window_days",
    ),
    Feature(
        name="average_order_value",
        family="purchases",
        label="average order value",
        unit="currency",
        definition="Price times quantity of all purchases over the number of orders, before "
        "returns; undefined without an order.",
        grain="customer",
        sql="CAST(sold AS DOUBLE) / NULLIF(CAST(orders AS DOUBLE), 0)",
        needs=("price", "purchase"),
        decimals=2,
        power=0.75,
    ),
    Feature(
        name="purchase_recency_days",
        family="purchases",
        label="days since the last purchase",
        unit="days",
        definition="Time from the customer's last purchase to the cutoff; undefined without one.",
        grain="customer",
        sql=f"CAST(shop.cutoff_s - last_order_s AS DOUBLE) / {_DAY}",
        needs=("purchase",),
        undefined="window_days",
    ),
    Feature(
        name="return_rate",
        family="purchases",
        label="share of bought products returned",
        unit="share",
        definition="Products bought and returned in the window over products bought, shrunk to "
        "the shop's rate.",
        grain="customer",
        sql=_RATE_SQL["return_rate"],
        needs=("product_id", "purchase", "return"),
        decimals=3,
    ),
    Feature(
        name="purchases",
        family="purchases",
        label="purchased lines",
        unit="events",
        definition="Events of the type `purchase`: order lines.",
        grain="events",
        sql="COUNT(*) FILTER (WHERE event_type = 'purchase')",
        needs=("purchase",),
        power=0.5,
    ),
    Feature(
        name="items_per_order",
        family="purchases",
        label="lines per order",
        unit="events",
        definition="Purchase events per order; undefined without an order.",
        grain="customer",
        sql="CAST(ordered_lines AS DOUBLE) / NULLIF(CAST(orders AS DOUBLE), 0)",
        needs=("purchase",),
        power=0.5,
    ),
    Feature(
        name="returns",
        family="purchases",
        label="returned lines",
        unit="events",
        definition="Events of the type `return`, each at its own time.",
        grain="events",
        sql="COUNT(*) FILTER (WHERE event_type = 'return')",
        needs=("return",),
        power=0.5,
    ),
    Feature(
        name="active_days",
        family="engagement",
        label="active days",
        unit="days",
        definition="Calendar days, in the shop's time zone, with at least one event.",
        grain="days",
        sql="COUNT(*)",
        decimals=1,
        power=0.5,
    ),
    Feature(
        name="events",
        family="engagement",
        label="events",
        unit="events",
        definition="Events of any type.",
        grain="events",
        sql="COUNT(*)",
        power=0.5,
    ),
    Feature(
        name="removals",
        family="engagement",
        label="removals from the cart",
        unit="events",
        definition="Events of the type `remove_from_cart`.",
        grain="events",
        sql="COUNT(*) FILTER (WHERE event_type = 'remove_from_cart')",
        needs=("remove_from_cart",),
        power=0.5,
    ),
    Feature(
        name="events_per_session",
        family="engagement",
        label="events per visit",
        unit="events",
        definition="Events over sessions.",
        grain="customer",
        sql="CAST(visit_events AS DOUBLE) / NULLIF(CAST(visits AS DOUBLE), 0)",
        needs=("visit",),
        power=0.5,
    ),
    Feature(
        name="session_minutes",
        family="engagement",
        label="minutes per visit",
        unit="minutes",
        definition="Mean time from the first to the last event of a session.",
        grain="customer",
        sql="CAST(visit_s AS DOUBLE) / CAST(60 AS DOUBLE) / NULLIF(CAST(visits AS DOUBLE), 0)",
        needs=("visit", "time of day"),
        power=0.5,
    ),
    Feature(
        name="repeat_views",
        family="engagement",
        label="views per viewed product",
        unit="events",
        definition="Views over distinct products viewed; undefined without a view.",
        grain="customer",
        sql="CAST(views_of_products AS DOUBLE) / NULLIF(CAST(viewed AS DOUBLE), 0)",
        needs=("product_id", "view"),
        undefined=1.0,
        decimals=2,
        power=0.5,
    ),
    Feature(
        name="view_to_purchase_rate",
        family="engagement",
        label="share of viewed products bought",
        unit="share",
        definition="Products viewed and bought over products viewed, shrunk to the shop's rate.",
        grain="customer",
        sql=_RATE_SQL["view_to_purchase_rate"],
        needs=("product_id", "view", "purchase"),
        decimals=3,
    ),
    Feature(
        name="cart_to_purchase_rate",
        family="engagement",
        label="share of carted products bought",
        unit="share",
        definition="Products put in the cart and bought over products put in the cart, shrunk to "
        "the shop's rate.",
        grain="customer",
        sql=_RATE_SQL["cart_to_purchase_rate"],
        needs=("product_id", "cart", "purchase"),
        decimals=3,
    ),
    Feature(
        name="removal_rate",
        family="engagement",
        label="share of carted products removed",
        unit="share",
        definition="Products put in the cart and removed over products put in the cart, shrunk to "
        "the shop's rate.",
        grain="customer",
        sql=_RATE_SQL["removal_rate"],
        needs=("product_id", "cart", "remove_from_cart"),
        decimals=3,
    ),
    Feature(
        name="weekend_share",
        family="engagement",
        label="share of activity at the weekend",
        unit="share",
        definition="Events on a Saturday or Sunday, in the shop's time zone, over all events, "
        "shrunk to the shop's rate.",
        grain="customer",
        sql=_RATE_SQL["weekend_share"],
        decimals=3,
    ),
    Feature(
        name="night_share",
        family="engagement",
        label="share of activity at night",
        unit="share",
        definition="Events from 22:00 to 06:00, in the shop's time zone, over all events, shrunk "
        "to the shop's rate.",
        grain="customer",
        sql=_RATE_SQL["night_share"],
        needs=("time of day",),
        decimals=3,
    ),
    Feature(
        name="busiest_hour_events",
        family="engagement",
        label="interactions in the busiest hour",
        unit="events",
        definition="Views, cart additions and removals in the busiest clock hour.",
        grain="hours",
        sql="MAX(interactions)",
        needs=("visit", "time of day"),
        power=0.5,
    ),
    Feature(
        name="busiest_day_events",
        family="engagement",
        label="interactions on the busiest day",
        unit="events",
        definition="Views, cart additions and removals on the busiest calendar day.",
        grain="days",
        sql="MAX(interactions)",
        needs=("visit",),
        power=0.5,
    ),
    Feature(
        name="products",
        family="assortment",
        label="different products",
        unit="products",
        definition="Distinct products viewed, carted or bought.",
        grain="products",
        sql="COUNT(*) FILTER (WHERE views + carts + purchases > 0)",
        needs=("product_id",),
        power=0.5,
    ),
    Feature(
        name="products_bought",
        family="assortment",
        label="different products bought",
        unit="products",
        definition="Distinct products bought.",
        grain="customer",
        sql="bought",
        needs=("product_id", "purchase"),
        power=0.5,
    ),
    Feature(
        name="categories",
        family="assortment",
        label="different categories",
        unit="categories",
        definition="Distinct known categories viewed, carted or bought.",
        grain="categories",
        sql="COUNT(*)",
        needs=("category",),
        power=0.5,
    ),
    Feature(
        name="brands",
        family="assortment",
        label="different brands",
        unit="brands",
        definition="Distinct known brands viewed, carted or bought; an unknown brand is none.",
        grain="brands",
        sql="COUNT(*)",
        needs=("brand",),
        power=0.5,
    ),
    Feature(
        name="favourite_brand_share",
        family="assortment",
        label="share of the favourite brand",
        unit="share",
        definition="Product events of the most frequent known brand over those of any known "
        "brand; undefined when none is known.",
        grain="customer",
        sql="CAST(favourite_brand_events AS DOUBLE) / NULLIF(CAST(brand_events AS DOUBLE), 0)",
        needs=("brand",),
        undefined="median",
        decimals=3,
    ),
    Feature(
        name="average_price_viewed",
        family="assortment",
        label="average price of viewed products",
        unit="currency",
        definition="Mean price over view events; undefined without one.",
        grain="customer",
        sql="CAST(viewed_price AS DOUBLE) / NULLIF(CAST(priced_views AS DOUBLE), 0)",
        needs=("price", "view"),
        undefined="median",
        decimals=2,
        power=0.75,
    ),
)
"""Every feature, in the order of priority for clustering."""

COUNTS_ZERO_WITHOUT_ROWS = frozenset(
    {
        "orders",
        "products",
        "products_bought",
        "categories",
        "brands",
    }
)
"""Features that are 0, not undefined, for a customer with no row at their grain."""

SUSPECTED_BOT = "busiest_hour_events > 720 OR busiest_day_events > 2880"
"""More than one interaction every five seconds for a whole hour, or every thirty
seconds round the clock: a rate that no human reaches. SQL over the customer table."""


def clustered_by_default(names: Iterable[str]) -> list[str]:
    """Return which of some columns are clustered unless asked otherwise, by priority.

    >>> clustered_by_default(["views", "orders", "revenue", "weighted_orders"])
    ['weighted_orders', 'revenue', 'views']
    """
    known = set(names)
    found = []
    for declared in FEATURES:
        if declared.clustering:
            name = declared.name if declared.name in known else declared.replaces
            if name in known:
                found.append(str(name))
    return found


def feature(name: str) -> Feature:
    """Return a declared feature by its name.

    Raises
    ------
    UsageError
        If there is none, with the near misses.

    >>> feature("recency_days").unit
    'days'
    """
    for declared in FEATURES:
        if declared.name == name:
            return declared
    names = [declared.name for declared in FEATURES]
    raise UsageError(f"There is no feature `{name}`. {did_you_mean(name, names)}")
