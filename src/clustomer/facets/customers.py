"""From units to customers: how a customer's visits are spread over the bins, as portable SQL."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pyarrow as pa
import pyarrow.compute as pc
from sqlglot import exp

from clustomer.engines import Engine, literal, parse
from clustomer.events import Window
from clustomer.facets.declaration import Binned, scoped_events
from clustomer.segments import ScaledFeature
from clustomer.segments.arrays import Floats

SHARES = "facet_shares"
"""The table of what visits hold, while a facet is looked for."""
EVENTS = "facet_events"
"""The events of some customers who come often enough, among whom facets are looked for."""
AMOUNTS, FEATURES = "facet_amounts", "facet_customers"
"""The tables of all customers with enough visits, while they are placed."""
_COLUMNS = (
    "user_id",
    "user_session",
    "event_time",
    "event_type",
    "product_id",
    "category_id",
    "category_code",
    "brand",
    "price",
    "is_product",
    "utc_offset_s",
)

_VISITS = """
    SELECT user_id, visit, MIN(event_s) AS visit_s, SUM(units) AS visit_units
    FROM units GROUP BY user_id, visit
"""
_SHARES = """
    SELECT units.user_id AS user_id, units.visit AS visit, visits.visit_s AS visit_s,
        units.bin AS bin, frequent.n_visits AS n_visits,
        CAST(CAST(units.units AS DOUBLE) / CAST(visits.visit_units AS DOUBLE) AS DECIMAL(18, 9))
            AS share
    FROM units
    JOIN visits ON units.user_id = visits.user_id AND units.visit = visits.visit
    JOIN frequent ON units.user_id = frequent.user_id
"""

_SAMPLED = """
    SELECT s.user_id AS user_id, s.visit AS visit, s.visit_s AS visit_s, s.bin AS bin,
        CAST(s.share AS DOUBLE) AS share
    FROM facet_shares AS s JOIN sampled ON s.user_id = sampled.user_id
    ORDER BY s.user_id, MD5(s.visit), s.visit, s.bin
"""


def shares_query(
    binned: Binned, window: Window, least_visits: int, events: str = "events"
) -> exp.Select:
    """Return what each visit holds, of customers with enough visits.

    Columns `user_id`, `visit`, `visit_s`, `bin`, `n_visits` (of the customer) and `share`: the
    shares of a visit add up to 1 (exact to nine digits), so that a visit of many views counts no
    more than one of few.
    """
    frequent = exp.select("user_id", "COUNT(*) AS n_visits").from_("visits").group_by("user_id")
    query = parse(_SHARES)
    assert isinstance(query, exp.Select)
    ctes: dict[str, exp.Expr] = {
        "scoped": scoped_events(window, events),
        **binned.steps,
        "units": binned.units,
        "visits": parse(_VISITS),
        "frequent": frequent.having(
            exp.GTE(this=exp.Count(this=exp.Star()), expression=literal(least_visits))
        ),
    }
    for name, cte in ctes.items():
        query = query.with_(name, as_=cte.copy(), copy=False)
    return query


def frequent_events(window: Window, least_visits: int, most: int) -> exp.Select:
    """Return the events of customers who come often: of at most so many, with the lowest MD5."""
    inside = (
        exp.column("event_time") >= literal(window.start),
        exp.column("event_time") < literal(window.cutoff),
    )
    visits = exp.select("user_id", "user_session").distinct().from_("events").where(*inside)
    frequent = (
        exp.select("user_id")
        .from_("visits")
        .group_by("user_id")
        .having(exp.GTE(this=exp.Count(this=exp.Star()), expression=literal(least_visits)))
    )
    return (
        exp.select(*(exp.column(name, table="events") for name in _COLUMNS))
        .from_("events")
        .join("sampled", on="events.user_id = sampled.user_id")
        .where(*(condition.copy() for condition in inside))
        .with_("visits", as_=visits)
        .with_("frequent", as_=frequent)
        .with_("sampled", as_=lowest("frequent", most))
    )


def lowest(table: str, most: int) -> exp.Select:
    """Return the `user_id` of the customers of a table with the lowest MD5.

    >>> print(lowest("ids", 9).sql("duckdb"))
    SELECT user_id FROM (SELECT user_id, ROW_NUMBER() OVER (ORDER BY MD5(user_id), user_id) AS \
place FROM ids) AS ranked WHERE place <= 9
    """
    ranked = exp.select("user_id").select(
        parse("ROW_NUMBER() OVER (ORDER BY MD5(user_id), user_id) AS place")
    )
    return (
        exp.select("user_id")
        .from_(ranked.from_(table).subquery("ranked"))
        .where(exp.LTE(this=exp.column("place"), expression=literal(most)))
    )


def amounts_query(n_bins: int, shares: str = SHARES) -> exp.Select:
    """Return how many visits each customer has, and how much of them is in each bin.

    Columns `user_id`, `n_visits`, `amount_0`, ...: the amounts add up to the visits.

    >>> print(amounts_query(1).sql("duckdb"))
    SELECT user_id, CAST(MAX(n_visits) AS DOUBLE) AS n_visits, \
CAST(COALESCE(SUM(share) FILTER(WHERE bin = 0), 0) AS DOUBLE) AS amount_0 \
FROM facet_shares GROUP BY user_id
    """
    query = exp.select("user_id").from_(shares).group_by("user_id")
    query = query.select(parse("CAST(MAX(n_visits) AS DOUBLE) AS n_visits"))
    for number in range(n_bins):
        amount = parse(f"CAST(COALESCE(SUM(share) FILTER (WHERE bin = {number}), 0) AS DOUBLE)")
        query = query.select(exp.alias_(amount, f"amount_{number}"))
    return query


def features_query(
    shop: Sequence[float] | Floats, strength: float, source: str = "amounts"
) -> exp.Select:
    """Return each customer's shares, drawn to the shop's where few visits are known.

    Columns `user_id`, `share_0`, ...: `(amount + strength * the shop's share) / (visits +
    strength)`. Their square roots are what is compared.
    """
    query = exp.select("user_id").from_(source)
    for number, share in enumerate(shop):
        amount = exp.Paren(
            this=exp.Add(
                this=exp.column(f"amount_{number}"), expression=literal(float(share) * strength)
            )
        )
        visits = exp.Paren(
            this=exp.Add(this=exp.column("n_visits"), expression=literal(float(strength)))
        )
        query = query.select(exp.alias_(exp.Div(this=amount, expression=visits), f"share_{number}"))
    return query


@contextmanager
def customers_seen(
    engine: Engine,
    binned: Binned,
    window: Window,
    least_visits: int,
    shop: Sequence[float] | Floats,
    strength: float,
) -> Iterator[None]:
    """Keep the tables `AMOUNTS` and `FEATURES` of all customers with enough visits."""
    engine.create_table(SHARES, shares_query(binned, window, least_visits))
    try:
        engine.create_table(AMOUNTS, amounts_query(len(binned.bins)))
    finally:
        engine.drop(SHARES)
    try:
        engine.create_table(FEATURES, features_query(shop, strength, AMOUNTS))
        try:
            yield
        finally:
            engine.drop(FEATURES)
    finally:
        engine.drop(AMOUNTS)


def facet_scaling(shop: Sequence[float]) -> tuple[ScaledFeature, ...]:
    """Return what the rule of a facet compares: the square roots of shares, as they are.

    >>> facet_scaling([0.25])[0].name
    'share_0'
    """
    return tuple(
        ScaledFeature(f"share_{number}", float(share), 0.5, 0.0, 1.0)
        for number, share in enumerate(shop)
    )


def segment_column(placed: pa.Table, user_ids: pa.ChunkedArray, name: str) -> pa.ChunkedArray:
    """Return the segment id of each customer, NULL where there is none.

    >>> placed = pa.table({"user_id": ["b"], "cluster": [1]})
    >>> segment_column(placed, pa.chunked_array([["a", "b"]]), "taste").to_pylist()
    [None, 'taste:2']
    """
    at = pc.index_in(user_ids, placed["user_id"].combine_chunks())
    number = pc.cast(pc.add(pc.take(placed["cluster"], at), 1), pa.string())
    return pc.binary_join_element_wise(name, number, ":")


def shop_query(binned: Binned, window: Window) -> exp.Select:
    """Return what all customers say of a view: the rows of its step `of_the_shop`, in order."""
    query = exp.select("*").from_(binned.of_the_shop).order_by("category")
    query = query.with_("scoped", as_=scoped_events(window), copy=False)
    for name, step in binned.steps.items():
        query = query.with_(name, as_=step.copy(), copy=False)
        if name == binned.of_the_shop:
            break
    return query


def definition_query(
    binned: Binned,
    window: Window,
    least_visits: int,
    shop: Sequence[float] | Floats,
    strength: float,
) -> exp.Select:
    """Return the whole definition, from `events` to the features of a facet, as one query."""
    query = features_query(shop, strength)
    shares = shares_query(binned, window, least_visits)
    inner = shares.args.pop("with_")
    for cte in inner.expressions:
        query = query.with_(cte.alias, as_=cte.this, copy=False)
    query = query.with_(SHARES, as_=shares, copy=False)
    return query.with_("amounts", as_=amounts_query(len(shop)), copy=False)


def sample_query(most: int) -> exp.Select:
    """Return what the visits of some customers hold: of those with the lowest MD5.

    Customers in their order, and the visits of each in an order of chance that is the same on
    every run, by the MD5 of the visit.
    """
    ids = exp.select("user_id").distinct().from_(SHARES)
    query = parse(_SAMPLED)
    assert isinstance(query, exp.Select)
    return query.with_("ids", as_=ids).with_("sampled", as_=lowest("ids", most))
