"""Numbers per customer that features are made of; not themselves features."""

from clustomer.customers.features.declaration import Measure

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
    Measure(
        name="visits",
        grain="sessions",
        sql="COUNT(*)",
        zero_without_rows=True,
    ),
    Measure(
        name="visit_events",
        grain="sessions",
        sql="SUM(visit_events)",
        zero_without_rows=True,
    ),
    Measure(
        name="visit_s",
        grain="sessions",
        sql="SUM(visit_s)",
        zero_without_rows=True,
    ),
    Measure(
        name="cart_visits",
        grain="sessions",
        sql="COUNT(*) FILTER (WHERE carts > 0)",
        zero_without_rows=True,
    ),
    Measure(
        name="abandoned_visits",
        grain="sessions",
        sql="COUNT(*) FILTER (WHERE carts > 0 AND purchases = 0)",
        zero_without_rows=True,
    ),
    Measure(name="first_order_s", grain="orders", sql="MIN(order_s)"),
    Measure(name="last_order_s", grain="orders", sql="MAX(order_s)"),
    Measure(name="order_seconds", grain="orders", sql="SUM(order_s)"),
    Measure(name="ordered_lines", grain="orders", sql="SUM(lines)"),
    Measure(
        name="viewed",
        grain="products",
        sql="COUNT(*) FILTER (WHERE views > 0)",
        zero_without_rows=True,
    ),
    Measure(
        name="views_of_products",
        grain="products",
        sql="SUM(views)",
        zero_without_rows=True,
    ),
    Measure(
        name="viewed_carted",
        grain="products",
        sql="COUNT(*) FILTER (WHERE views > 0 AND carts > 0)",
        zero_without_rows=True,
    ),
    Measure(
        name="viewed_bought",
        grain="products",
        sql="COUNT(*) FILTER (WHERE views > 0 AND purchases > 0)",
        zero_without_rows=True,
    ),
    Measure(
        name="carted",
        grain="products",
        sql="COUNT(*) FILTER (WHERE carts > 0)",
        zero_without_rows=True,
    ),
    Measure(
        name="carted_bought",
        grain="products",
        sql="COUNT(*) FILTER (WHERE carts > 0 AND purchases > 0)",
        zero_without_rows=True,
    ),
    Measure(
        name="carted_removed",
        grain="products",
        sql="COUNT(*) FILTER (WHERE carts > 0 AND removals > 0)",
        zero_without_rows=True,
    ),
    Measure(
        name="bought",
        grain="products",
        sql="COUNT(*) FILTER (WHERE purchases > 0)",
        zero_without_rows=True,
    ),
    Measure(
        name="bought_returned",
        grain="products",
        sql="COUNT(*) FILTER (WHERE purchases > 0 AND returns > 0)",
        zero_without_rows=True,
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
