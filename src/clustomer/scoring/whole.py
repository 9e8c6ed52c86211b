"""The whole way as one query: from a table of events to each customer's segment."""

from collections.abc import Callable
from datetime import UTC, datetime

from sqlglot import exp

from clustomer.customers.definition import CATEGORY_PRICES, features_query, measures_query
from clustomer.engines import dialect, literal, parse
from clustomer.events import EventSchema, Window
from clustomer.events.typed import Part
from clustomer.scoring.definition import Definition
from clustomer.scoring.query import labelled_query
from clustomer.scoring.rare import one_product_parts
from clustomer.scoring.raw_events import TIMESTAMP, raw_parts

CLEAN_COLUMNS = (
    *("event_time", "event_type", "product_id", "category_id", "category_code", "brand", "price"),
    *("user_id", "user_session", "quantity", "order_id", "is_product", "utc_offset_s"),
)
_PRODUCT_GRAINS = {"products", "categories", "brands"}


def whole_query(
    definition: Definition,
    table: str,
    *,
    clean: bool,
    price_is: str | None = None,
    cutoff: datetime | None = None,
    parameters: bool = False,
) -> tuple[exp.Select, dict[str, str]]:
    """Return the query from a table of events to `segments.parquet`, and what each step does.

    Parameters
    ----------
    definition : Definition
    table : its name in the database, such as `shop.events`.
    clean : whether the table has clean events already, with the columns `CLEAN_COLUMNS`.
    price_is : what an amount of the source was found to be of; for a table that is not clean.
    cutoff : the end of the window, UTC; by default that of the run.
    parameters : whether the bounds of the window are parameters, not values.
    """
    stored, rare = definition.window, definition.rare
    features = definition.features_with(rare)
    end = stored.cutoff if cutoff is None else _naive(cutoff)
    window = Window(end - (stored.cutoff - stored.start), end, stored.time_zone)
    parts = [Part("period", "the window: events from its start to just before its cutoff",
                  _period(window, parameters=parameters))]  # fmt: skip
    source = exp.to_table(table)
    if clean:
        query = exp.select(*map(exp.column, CLEAN_COLUMNS)).from_(source)
        parts.append(Part("events", "clean events", query))
    else:
        parts += raw_parts(
            EventSchema.model_validate(definition.model.event_schema),
            source,
            price_is=price_is,
            needs_products=any(f.grain in _PRODUCT_GRAINS for f in features)
            or (rare is not None and rare.takes_products),
            time_zone=window.time_zone,
            around=end,
        )
    parts += _of_categories(definition)
    measures = measures_query(features, window, given=(CATEGORY_PRICES,))
    customers = features_query(features, definition.shop(window))
    query = labelled_query(definition)
    steps: list[tuple[str, exp.Expr]] = [(part.name, part.query) for part in parts]
    steps += [*_taken_from(measures), ("measures", measures)]
    steps += [*_taken_from(customers), ("customers", customers)]
    if rare is not None and rare.takes_products:
        steps += one_product_parts().items()
    steps += _taken_from(query)
    for name, step in steps:
        bounded = step.transform(_from_period(window), copy=False) if name != "period" else step
        query = query.with_(name, as_=bounded, copy=False)
    comments = {part.name: part.comment for part in parts}
    return dialect.computed_once(query), comments


def _naive(moment: datetime) -> datetime:
    return moment if moment.tzinfo is None else moment.astimezone(UTC).replace(tzinfo=None)


def _period(window: Window, *, parameters: bool) -> exp.Select:
    bounds: dict[str, exp.Expr] = {
        "window_start": literal(window.start),
        "window_cutoff": literal(window.cutoff),
    }
    if parameters:
        bounds = {name: exp.cast(exp.Placeholder(this=name), TIMESTAMP) for name in bounds}
    return exp.select(*(exp.alias_(value, name) for name, value in bounds.items()))


def _from_period(window: Window) -> Callable[[exp.Expr], exp.Expr]:
    """Return the function that lets a step take the bounds of the window from one place."""
    moments = {"window_start": literal(window.start), "window_cutoff": literal(window.cutoff)}
    seconds = {"start_s": "window_start", "cutoff_s": "window_cutoff"}

    def bound(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Alias) and node.alias in seconds:
            name = seconds[node.alias]
            since = parse(
                f"DATE_DIFF('second', TIMESTAMP '1970-01-01 00:00:00', (SELECT {name} FROM period))"
            )
            return exp.alias_(since, node.alias)
        for name, moment in moments.items():
            if isinstance(node, exp.Cast) and node == moment:
                return parse(f"(SELECT {name} FROM period)")
        return node

    return bound


def _of_categories(definition: Definition) -> list[Part]:
    """Return the mean prices of categories as they were stored; none where no feature takes them.

    Categories that were not there then have none.
    """
    prices = definition.scoring.category_prices
    if not prices:
        return [
            Part(
                CATEGORY_PRICES,
                "no feature takes the prices of categories",
                parse(_NO_PRICES),
            )
        ]
    rows: list[exp.Expr] = [
        exp.select(
            exp.alias_(literal(category), "category"),
            exp.alias_(
                exp.cast(exp.Null(), "DOUBLE") if price is None else literal(price), "mean_price"
            ),
        )
        for category, price in prices
    ]
    while len(rows) > 1:
        rows = [
            exp.Union(this=pair[0], expression=pair[1], distinct=False)
            if len(pair) == 2
            else pair[0]
            for pair in (rows[i : i + 2] for i in range(0, len(rows), 2))
        ]
    return [
        Part("stored_category_prices", "what things cost in the run", rows[0]),
        Part(CATEGORY_PRICES, "of the categories of today", parse(_PRICES)),
    ]


_DISTINCT = (
    "(SELECT DISTINCT COALESCE(category_id, category_code) AS category FROM events) AS today"
)
_NO_PRICES = (
    f"SELECT today.category, CAST(NULL AS DOUBLE) AS mean_price FROM {_DISTINCT} "
    "WHERE NOT today.category IS NULL"
)
_PRICES = (
    f"SELECT today.category, stored_category_prices.mean_price FROM {_DISTINCT} "
    "LEFT JOIN stored_category_prices ON today.category = stored_category_prices.category "
    "WHERE NOT today.category IS NULL"
)


def _taken_from(query: exp.Select) -> list[tuple[str, exp.Expr]]:
    """Take the parts of a query from it, and return them by name."""
    parts = query.args.pop("with_", None)
    return [(part.alias, part.this) for part in (parts.expressions if parts is not None else ())]
