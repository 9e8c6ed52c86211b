"""The customer table: one row per customer, one column per feature."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from sqlglot import exp

from clustomer.customers.definition import (
    CATEGORY_PRICES,
    SHOP_TABLES,
    customers_query,
    features_query,
    measures_query,
    shop_table_query,
    takes_category_prices,
)
from clustomer.customers.features import FEATURES, Feature
from clustomer.customers.rates import beta_binomial_prior, credibility_strength
from clustomer.engines import Engine, literal, parse
from clustomer.events import CleanEvents, Window, read_events
from clustomer.progress import Progress, counted, silent

_MISSING: Mapping[str, str] = {
    "product_id": "the source names no products",
    "category": "the source names no categories",
    "brand": "the source names no brands",
    "price": "the source has no prices",
    "time of day": "the source has dates only",
    "visit": "the source has orders only, no visits",
    "view": "there are no views",
    "cart": "there are no additions to the cart",
    "remove_from_cart": "there are no removals from the cart",
    "purchase": "there are no purchases",
    "return": "there are no returns",
}


@dataclass(frozen=True)
class Customers:
    """One row per customer.

    Attributes
    ----------
    table : pyarrow.Table
        `user_id`, sorted, and a float64 column per feature, NULL where it is
        undefined. Each field's metadata holds its `unit`, `definition` and
        `undefined` (what the fit uses in place of NULL).
    features : tuple of Feature
    unavailable : mapping
        Features that this source cannot give, with the reason.
    window : Window
    shop : mapping
        The shop's own figures that the features refer to.
    category_prices : pyarrow.Table, or None where no feature takes them
        `category` and `mean_price` of the whole shop, to which price levels refer.
    """

    table: pa.Table
    features: tuple[Feature, ...]
    unavailable: Mapping[str, str]
    window: Window
    shop: Mapping[str, float]
    category_prices: pa.Table | None = None

    @cached_property
    def query(self) -> exp.Select:
        """The whole definition, over the table `events`."""
        return customers_query(self.features, self.window, self.shop)

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.table.__arrow_c_stream__(requested_schema)


def customer_features(
    events: Any, *, progress: Progress | None = None, **options: Any
) -> Customers:
    """Turn clean events into one row per customer.

    Parameters
    ----------
    events : Events, or whatever `read_events` takes
        Anything but clean events is read first, with `options` for `read_events`.
    progress : Progress, optional

    Returns
    -------
    Customers

    >>> import pyarrow as pa
    >>> log = pa.table({
    ...     "event_time": ["2024-01-01 10:00:00", "2024-01-02 10:00:00", "2024-01-04 10:00:00"],
    ...     "event_type": ["view", "purchase", "view"],
    ...     "product_id": ["a", "a", "b"],
    ...     "price": [10.0, 10.0, 20.0],
    ...     "user_id": ["1", "1", "2"],
    ... })
    >>> customers = customer_features(log, cutoff="2024-01-05")
    >>> customers.table.select(["user_id", "views", "revenue"]).to_pylist()
    [{'user_id': '1', 'views': 1.0, 'revenue': 10.0},
     {'user_id': '2', 'views': 1.0, 'revenue': 0.0}]
    >>> customers.unavailable["brands"]
    'the source names no brands'
    """
    progress = progress or silent()
    if not isinstance(events, CleanEvents):
        with_events = read_events(events, progress=progress, **options)
        try:
            return customer_features(with_events, progress=progress)
        finally:
            with_events.close()
    with progress.stage("Build customer features", events.engine.fraction) as stage:
        features, unavailable = available_features(known_within(events.engine, events.window))
        customers = features_within(events.engine, features, events.window, unavailable=unavailable)
        if takes_category_prices(features):
            prices = shop_table_query(CATEGORY_PRICES, events.window).order_by("category")
            customers = replace(customers, category_prices=events.engine.query(prices))
        stage.note(
            f"{counted(customers.table.num_rows, 'customer')}, {counted(len(features), 'feature')}"
        )
    return customers


def features_within(
    engine: Engine,
    features: tuple[Feature, ...],
    window: Window,
    *,
    events: str = "events",
    unavailable: Mapping[str, str] | None = None,
) -> Customers:
    """Run the one definition over other events, or another window, of an engine.

    The customers of an earlier date, of half the visits or of a simulated shop have the same
    features by the same SQL.

    Parameters
    ----------
    engine : Engine
    features : tuple of Feature
        Those that the shop's source can give.
    window : Window
        Only customers with an event in it have a row.
    events : name of a table with the columns of clean events, default "events"
    unavailable : mapping, optional
        What the result says of features that the source cannot give.
    """
    shop = keep_customers(engine, features, window, events=events)
    customers = kept_customers(engine, features, window, shop, unavailable=unavailable)
    engine.drop("customers")
    return customers


def keep_customers(
    engine: Engine, features: tuple[Feature, ...], window: Window, *, events: str = "events"
) -> dict[str, float]:
    """Make the table `customers` of an engine from its events, and return the shop's figures."""
    _gather(engine, features, window, events)
    shop = _shop(engine, features, window)
    engine.create_table("customers", features_query(features, shop))
    engine.drop("measures")
    return shop


def kept_customers(
    engine: Engine,
    features: tuple[Feature, ...],
    window: Window,
    shop: Mapping[str, float],
    *,
    only: exp.Expr | None = None,
    unavailable: Mapping[str, str] | None = None,
) -> Customers:
    """Return the customers of the table `customers`, or those of them for whom `only` holds."""
    table = _annotated(_sorted(engine, features, only), features, window)
    return Customers(
        table,
        features,
        unavailable or {},
        window,
        dict(shop),
    )


def create_customers(
    engine: Engine,
    features: tuple[Feature, ...],
    window: Window,
    *,
    shop: Mapping[str, float],
    category_prices: Iterable[tuple[str, float | None]] = (),
) -> None:
    """Make the table `customers` of an engine by the figures of a shop that were taken before.

    Customers are drawn to the shop's rates as they were, and their prices are held against those
    that categories had, whatever the events of today would give; a category that was not there
    has none. With the figures of the same events, it is the table of `customer_features`.

    Parameters
    ----------
    engine : Engine
        Holds the table `events`.
    features : tuple of Feature
    window : Window
    shop : mapping
        As in `Customers.shop`, its bounds those of this window.
    category_prices : iterable of (category, mean price)
    """
    prices = list(category_prices)
    stored = pa.table(
        {
            "category": pa.array([category for category, _ in prices], pa.string()),
            "mean_price": pa.array([price for _, price in prices], pa.float64()),
        }
    )
    engine.register("stored_category_prices", stored)
    engine.create_table(CATEGORY_PRICES, parse(_PRICES_AS_STORED))
    engine.unregister("stored_category_prices")
    _gather(engine, features, window, "events", given=SHOP_TABLES)
    engine.drop(CATEGORY_PRICES)
    engine.create_table("customers", features_query(features, shop))
    engine.drop("measures")


_PRICES_AS_STORED = """
    SELECT today.category, stored_category_prices.mean_price
    FROM (SELECT DISTINCT COALESCE(category_id, category_code) AS category FROM events) AS today
    LEFT JOIN stored_category_prices ON today.category = stored_category_prices.category
    WHERE NOT today.category IS NULL
"""


def _gather(
    engine: Engine,
    features: tuple[Feature, ...],
    window: Window,
    events: str,
    given: Collection[str] = (),
) -> None:
    """Make the table `measures`, in parts of the customers where all at once do not fit."""
    parts = engine.parts(events)
    if parts == 1:
        query = measures_query(features, window, given=given)
        engine.create_table("measures", _over(events, query))
        return
    made = [table for table in SHOP_TABLES if table not in given]
    for table in made:
        engine.create_table(table, _over(events, shop_table_query(table, window)))
    query = _over("part_of_events", measures_query(features, window, given=SHOP_TABLES))
    for number in range(parts):
        engine.take_part("part_of_events", events, key="user_id", number=number, parts=parts)
        if number == 0:
            engine.create_table("measures", query)
        else:
            engine.append("measures", query)
    for table in ("part_of_events", *made):
        engine.drop(table)


def _over(events: str, query: exp.Select) -> exp.Select:
    """Let a query read another table of events."""
    for table in query.find_all(exp.Table):
        if table.name == "events":
            table.set("this", exp.to_identifier(events, quoted=events != "events"))
    return query


def available_features(present: set[str]) -> tuple[tuple[Feature, ...], dict[str, str]]:
    """Split the declared features into those that a source can give and the rest.

    >>> features, missing = available_features({"purchase", "price"})
    >>> missing["views"]
    'there are no views'
    """
    features = []
    unavailable = {}
    for feature in FEATURES:
        lacking = [need for need in feature.needs if need not in present]
        if lacking:
            unavailable[feature.name] = _MISSING[lacking[0]]
        else:
            features.append(feature)
    return tuple(features), unavailable


def known_within(engine: Engine, window: Window) -> set[str]:
    """Return the columns that are known and the event types that occur in the window."""
    scope = (
        exp.column("event_time") >= literal(window.start),
        exp.column("event_time") < literal(window.cutoff),
    )
    kinds = exp.select("event_type").distinct().from_("events").where(*scope)
    types = set(engine.query(kinds)["event_type"].to_pylist())
    counts = exp.select(*_KNOWN.values()).from_("events").where(*scope)
    [row] = engine.query(counts).to_pylist()
    present = types | {name for name, count in zip(_KNOWN, row.values(), strict=True) if count}
    return present | ({"visit"} if types - {"purchase", "return"} else set())


_KNOWN: Mapping[str, exp.Expr] = {
    "product_id": parse("COUNT(product_id)").as_("products"),
    "category": parse("COUNT(COALESCE(category_id, category_code))").as_("categories"),
    "brand": parse("COUNT(brand)").as_("brands"),
    "price": parse("COUNT(price)").as_("prices"),
    "time of day": parse(
        "COUNT(*) FILTER (WHERE (DATE_DIFF('second', TIMESTAMP '1970-01-01 00:00:00', event_time) "
        "+ utc_offset_s) % 86400 <> 0)"
    ).as_("times_of_day"),
}
"""What features may need, and how many events of it there are."""


def _shop(engine: Engine, features: tuple[Feature, ...], window: Window) -> dict[str, float]:
    """Return the figures of the whole shop that single customers' features refer to."""
    shop: dict[str, float] = {"start_s": window.start_s, "cutoff_s": window.cutoff_s}
    for feature in features:
        if feature.rate is not None:
            rate = feature.rate
            numerator, denominator = exp.column(rate.numerator), exp.column(rate.denominator)
            counts = engine.query(
                exp.select(
                    exp.alias_(exp.cast(numerator, exp.DataType.build("BIGINT")), "x"),
                    exp.alias_(exp.cast(denominator, exp.DataType.build("BIGINT")), "n"),
                    exp.alias_(exp.Count(this=exp.Star()), "customers"),
                )
                .from_("measures")
                .where(exp.GT(this=denominator, expression=literal(0)))
                .group_by(numerator, denominator)
            )
            prior, strength = beta_binomial_prior(
                zip(*(counts[name].to_pylist() for name in ("x", "n", "customers")), strict=True)
            )
            shop[f"{feature.name}_prior"] = prior
            shop[f"{feature.name}_strength"] = strength
    if any(feature.name == "shrunk_price_level" for feature in features):
        [totals] = engine.query(parse(_PRICE_LEVELS)).to_pylist()
        figures = {name: float(value or 0) for name, value in totals.items()}
        shop["shrunk_price_level_strength"] = credibility_strength(
            customers=int(figures.pop("customers")), **figures
        )
    return shop


# exact decimals: a sum of doubles would change with the order of the rows
_PRICE_LEVELS = """
    SELECT COUNT(*) AS customers, SUM(n) AS observations,
        SUM(CAST(1 / n AS DECIMAL(38, 12))) AS inverse,
        SUM(CAST(apart * apart AS DECIMAL(38, 12))) AS spread,
        SUM(CAST(n * apart * apart AS DECIMAL(38, 12))) AS weighted
    FROM (
        SELECT CAST(levelled_prices AS DOUBLE) AS n,
            CAST(price_levels AS DOUBLE) / CAST(levelled_prices AS DOUBLE) - 1 AS apart
        FROM measures WHERE levelled_prices > 0
    ) AS customers
"""


MANY_CUSTOMERS = 1_000_000
"""More customers are fetched a few columns at a time: a second copy of all would be too much."""

COLUMNS_AT_ONCE = 10


def _sorted(
    engine: Engine, features: tuple[Feature, ...], only: exp.Expr | None = None
) -> pa.Table:
    """Return the customers by the bytes of their `user_id`, whatever a server's language sorts."""
    counted = exp.select(exp.alias_(exp.Count(this=exp.Star()), "n")).from_("customers")
    [row] = engine.query(counted).to_pylist()
    names = [feature.name for feature in features]
    at_once = COLUMNS_AT_ONCE if row["n"] > MANY_CUSTOMERS else max(len(names), 1)
    columns: dict[str, pa.ChunkedArray] = {}
    for start in range(0, max(len(names), 1), at_once):
        wanted = ["user_id", *names[start : start + at_once]]
        query = exp.select(*map(exp.column, wanted)).from_("customers").order_by("user_id")
        if only is not None:
            query = query.where(only)
        part = engine.query(query).combine_chunks()
        columns |= {name: part[name] for name in wanted if name not in columns}
    table = pa.table(columns)
    ids = table["user_id"]
    if not pc.all(pc.less_equal(ids.slice(0, max(len(ids) - 1, 0)), ids.slice(1))).as_py():
        table = table.sort_by("user_id")
    return table


def _annotated(table: pa.Table, features: tuple[Feature, ...], window: Window) -> pa.Table:
    fields = [pa.field("user_id", pa.string())]
    columns = [table["user_id"].cast(pa.string())]
    for feature in features:
        column = table[feature.name]
        metadata = {
            "unit": feature.unit,
            "definition": feature.definition,
            "undefined": repr(undefined_value(feature, column, window)),
        }
        fields.append(pa.field(feature.name, pa.float64(), metadata=metadata))
        columns.append(column)
    return pa.table(columns, schema=pa.schema(fields))


def undefined_value(feature: Feature, column: pa.ChunkedArray, window: Window) -> float:
    """Return what the fit uses where a feature is undefined.

    The declared number, or the window's length, or the median of the customers
    for whom it is defined (0 when there is none).
    """
    if feature.undefined == "window_days":
        return round(window.days, 6)
    if feature.undefined == "median":
        median = pc.quantile(column, q=0.5, interpolation="linear")[0].as_py()
        return 0.0 if median is None else float(median)
    return float(feature.undefined)
