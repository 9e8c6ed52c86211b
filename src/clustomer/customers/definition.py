"""The definition: how events become customers, as one portable SQL query.

Events are gathered to the rows of each grain (a customer's sessions, orders,
products, ...), each grain to one row per customer, and those to the features.
Distinct things are counted by gathering first, which needs less memory than
several distinct counts in one pass.
"""

from collections.abc import Collection, Iterable, Mapping

from sqlglot import exp

from clustomer.customers.features import FEATURES, MEASURES, Feature, Measure
from clustomer.engines import literal, parse
from clustomer.events import Window
from clustomer.events.totals import AMOUNT

_COUNT = "COUNT(*) FILTER (WHERE event_type = '{}')"
_INTERACTIONS = (
    "COUNT(*) FILTER (WHERE event_type IN ('view', 'cart', 'remove_from_cart')) AS interactions"
)

_EVENTS = """
    SELECT user_id, user_session, order_id, event_type, product_id, category, brand, price,
        amount, is_product, event_s, local_s // 3600 AS local_hour, local_s // 86400 AS local_day,
        (local_s // 3600) % 24 AS hour, (local_s // 86400 + 3) % 7 AS weekday
    FROM windowed
"""
_OF_EVENTS = (
    *("user_id", "user_session", "order_id", "event_type", "product_id", "brand", "price"),
    *("is_product", "COALESCE(category_id, category_code) AS category", f"{AMOUNT} AS amount"),
)
_TIMES = """
    SELECT DATE_DIFF('second', TIMESTAMP '1970-01-01 00:00:00', event_time) AS event_s,
        DATE_DIFF('second', TIMESTAMP '1970-01-01 00:00:00', event_time) + utc_offset_s AS local_s
    FROM events WHERE event_time >= window_start AND event_time < window_cutoff
"""

_ALL_EVENTS = exp.to_table("events")

_GATHERED: dict[str, str] = {
    "session_rows": f"""
        SELECT user_id, user_session, COUNT(*) AS visit_events,
            MAX(event_s) - MIN(event_s) AS visit_s,
            {_COUNT.format("cart")} AS carts, {_COUNT.format("purchase")} AS purchases
        FROM scoped WHERE event_type <> 'return' GROUP BY user_id, user_session""",
    "order_rows": """
        SELECT user_id, COALESCE(order_id, user_session) AS order_key, MIN(event_s) AS order_s,
            COUNT(*) AS lines
        FROM scoped WHERE event_type = 'purchase'
        GROUP BY user_id, COALESCE(order_id, user_session)""",
    "hour_rows": f"""
        SELECT user_id, local_day, local_hour, {_INTERACTIONS}
        FROM scoped GROUP BY user_id, local_day, local_hour""",
    "day_rows": """
        SELECT user_id, local_day, SUM(interactions) AS interactions
        FROM hour_rows GROUP BY user_id, local_day""",
    "product_rows": f"""
        SELECT user_id, product_id, {_COUNT.format("view")} AS views,
            {_COUNT.format("cart")} AS carts, {_COUNT.format("remove_from_cart")} AS removals,
            {_COUNT.format("purchase")} AS purchases, {_COUNT.format("return")} AS returns
        FROM scoped WHERE is_product AND product_id IS NOT NULL GROUP BY user_id, product_id""",
    "customer_categories": """
        SELECT user_id, category, COUNT(*) AS category_events, COUNT(price) AS priced_events,
            SUM(price) AS prices
        FROM scoped WHERE is_product AND category IS NOT NULL AND event_type <> 'return'
        GROUP BY user_id, category""",
    "category_prices": """
        SELECT category, CAST(SUM(price) AS DOUBLE) / NULLIF(CAST(COUNT(price) AS DOUBLE), 0)
            AS mean_price
        FROM scoped WHERE is_product AND category IS NOT NULL AND event_type <> 'return'
        GROUP BY category""",
    "category_rows": """
        SELECT c.user_id, c.category_events, CASE WHEN p.mean_price > 0 THEN c.priced_events END
                AS priced_events,
            CASE WHEN p.mean_price <> 0 THEN CAST(c.prices AS DOUBLE) / p.mean_price END
                AS price_level
        FROM customer_categories AS c JOIN category_prices AS p ON c.category = p.category""",
    "brand_rows": """
        SELECT user_id, brand, COUNT(*) AS brand_events
        FROM scoped WHERE is_product AND brand IS NOT NULL AND event_type <> 'return'
        GROUP BY user_id, brand""",
}

GRAINS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "events": ("scoped", ()),
    "sessions": ("session_rows", ("session_rows",)),
    "orders": ("order_rows", ("order_rows",)),
    "hours": ("hour_rows", ("hour_rows",)),
    "days": ("day_rows", ("hour_rows", "day_rows")),
    "products": ("product_rows", ("product_rows",)),
    "categories": (
        "category_rows",
        ("customer_categories", "category_prices", "category_rows"),
    ),
    "brands": ("brand_rows", ("brand_rows",)),
}
"""Each grain's rows, and the tables that they need in order."""

CATEGORY_PRICES = "category_prices"
SHOP_TABLES = (CATEGORY_PRICES,)
"""Those of the tables that are of the whole shop, not of single customers."""

_DECLARED: tuple[Measure | Feature, ...] = (*MEASURES, *FEATURES)
_ZERO_WITHOUT_ROWS = {declared.name for declared in _DECLARED if declared.zero_without_rows}


def takes_category_prices(features: Iterable[Feature]) -> bool:
    """Return whether a feature depends on what things of a category cost in the whole shop.

    >>> takes_category_prices([f for f in FEATURES if f.name == "category_entropy"])
    False
    >>> takes_category_prices([f for f in FEATURES if f.name == "shrunk_price_level"])
    True
    """
    priced = {"price_level", "priced_events"}
    return any(
        grain == "categories" and priced & {part.name for part in parse(sql).find_all(exp.Column)}
        for _, grain, sql in _columns(features)
    )


def shop_table_query(name: str, window: Window) -> exp.Select:
    """Return the query for one of `SHOP_TABLES`; it reads the table `events`."""
    query = exp.select("*").from_(name)
    query = query.with_("scoped", as_=_windowed(window), copy=False)
    return query.with_(name, as_=parse(_GATHERED[name]), copy=False)


def measures_query(
    features: Iterable[Feature], window: Window, *, given: Collection[str] = ()
) -> exp.Select:
    """Return the query for one row per customer with everything that the features need.

    Its columns are `user_id`, the measures and the features of single grains. It
    reads the table `events`, and those of `SHOP_TABLES` that are `given` already:
    with all of them, the events of some customers suffice for these customers.
    """
    columns = _columns(features)
    grains = [grain for grain in GRAINS if any(where == grain for _, where, _ in columns)]
    ctes = {"scoped": _windowed(window)}
    for grain in grains:
        for table in GRAINS[grain][1]:
            if table in given:
                continue
            ctes.setdefault(table, parse(_GATHERED[table]))
    # named once more, since ClickHouse would call it by both names
    query = exp.select("scoped_customers.user_id AS user_id").from_("scoped_customers")
    ctes["scoped_customers"] = _per_customer(
        "scoped", [column for column in columns if column[1] == "events"]
    )
    for grain in grains:
        if grain == "events":
            continue
        name = f"{grain}_customers"
        ctes[name] = _per_customer(
            GRAINS[grain][0], [column for column in columns if column[1] == grain]
        )
        query = query.join(
            name, on=f"scoped_customers.user_id = {name}.user_id", join_type="left", copy=False
        )
    for name, grain, _ in columns:
        table = "scoped_customers" if grain == "events" else f"{grain}_customers"
        column: exp.Expr = exp.column(name, table=table)
        if name in _ZERO_WITHOUT_ROWS:
            column = exp.Coalesce(this=column, expressions=[exp.Literal.number(0)])
        query = query.select(exp.alias_(column, name, copy=False), copy=False)
    for name, cte in ctes.items():
        query = query.with_(name, as_=cte, copy=False)
    return query


def features_query(features: Iterable[Feature], shop: Mapping[str, float]) -> exp.Select:
    """Return the query for the customer table over a table `measures`.

    Parameters
    ----------
    features : iterable of Feature
    shop : mapping
        The shop's own figures: `start_s` and `cutoff_s`, and `<feature>_prior` and
        `<feature>_strength` for each rate and level.
    """
    figures = exp.select(
        *(exp.alias_(literal(value), name) for name, value in sorted(shop.items()))
    )
    query = (
        exp.select("measures.user_id AS user_id").from_("measures").join("shop", join_type="cross")
    )
    for feature in features:
        value = parse(feature.sql) if feature.grain == "customer" else exp.column(feature.name)
        number = exp.cast(value, exp.DataType.build("DOUBLE"), copy=False)
        query = query.select(exp.alias_(number, feature.name, copy=False), copy=False)
    return query.with_("shop", as_=figures, copy=False)


def customers_query(
    features: Iterable[Feature], window: Window, shop: Mapping[str, float]
) -> exp.Select:
    """Return the whole definition, from `events` to customers, as one query.

    This is what is stored with a segmentation, and what runs on other engines.
    """
    features = tuple(features)
    measures = measures_query(features, window)
    final = features_query(features, shop)
    inner = measures.args.pop("with_")
    for cte in inner.expressions:
        final = final.with_(cte.alias, as_=cte.this, copy=False)
    return final.with_("measures", as_=measures, copy=False)


def events_within(
    window: Window, columns: Iterable[str], events: exp.Table = _ALL_EVENTS
) -> exp.Select:
    """Return the events of a window: some of their columns, and when they were in seconds.

    `event_s` is counted from 1970 in UTC, `local_s` on the shop's clock.
    """
    bounds = {"window_start": literal(window.start), "window_cutoff": literal(window.cutoff)}

    def bound(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Column) and node.name in bounds:
            return bounds[node.name].copy()
        return node

    query = parse(_TIMES).transform(bound, copy=False)
    assert isinstance(query, exp.Select)
    times = query.expressions
    return query.select(*(parse(column) for column in columns), *times, append=False).from_(events)


def _windowed(window: Window) -> exp.Expr:
    query = parse(_EVENTS)
    assert isinstance(query, exp.Select)
    return query.from_(events_within(window, _OF_EVENTS).subquery("windowed"))


def _per_customer(rows: str, columns: list[tuple[str, str, str]]) -> exp.Select:
    query = exp.select("user_id").from_(rows).group_by("user_id")
    for name, _, sql in columns:
        query = query.select(exp.alias_(parse(sql), name, copy=False), copy=False)
    return query


def _columns(features: Iterable[Feature]) -> list[tuple[str, str, str]]:
    """Return (name, grain, sql) of every measure and single-grain feature that is needed."""
    declared = {measure.name: (measure.grain, measure.sql) for measure in MEASURES}
    declared |= {f.name: (f.grain, f.sql) for f in FEATURES if f.grain != "customer"}
    needed: dict[str, None] = {}
    for feature in features:
        if feature.grain != "customer":
            needed.setdefault(feature.name)
        else:
            for column in parse(feature.sql).find_all(exp.Column):
                if column.table != "shop":
                    needed.setdefault(column.name)
    return [(name, *declared[name]) for name in needed]
