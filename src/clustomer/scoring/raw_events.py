"""From a table of typed rows, as a shop has them, to clean events: the rules as portable SQL."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlglot import exp

from clustomer.engines import literal, parse
from clustomer.errors import InputError
from clustomer.events import EventSchema
from clustomer.events.sessions import SESSION_MINUTES
from clustomer.events.staging import MAX_AMOUNT

_TEXTS = (
    *("product_id", "category_id", "category_code", "brand", "user_id", "user_session"),
    "order_id",
)
_IDENTITY = (
    *("event_time", "event_type", "product_id", "category_id", "category_code", "brand", "price"),
    *("user_id", "user_session", "quantity", "order_id"),
)
TIMESTAMP = exp.DataType.build("TIMESTAMP", dialect="duckdb")
"""A moment without a zone, which is UTC."""
_EVENT_S = "DATE_DIFF('second', TIMESTAMP '1970-01-01 00:00:00', event_time)"
_PADDED = "CAST(10000000000 + event_s AS VARCHAR)"
"""Seconds as text of eleven digits, whose order is that of time."""

_INEXPRESSIBLE = {
    "unnest": "lists inside of rows",
    "joins": "several files that are joined",
    "carried_within_order": "values that only the first row of an order has",
    "return_time": "returns that stand on the row of the purchase",
    "status": "a status that says whether a row was carried through",
    "return_user_id": "a customer of its own for amounts below 0",
    "currency": "amounts in several currencies",
}


@dataclass(frozen=True)
class Part:
    """One step of a long query: its name, what it does, and the SQL."""

    name: str
    comment: str
    query: exp.Expr


def raw_parts(
    schema: EventSchema,
    table: exp.Table,
    *,
    price_is: str | None,
    needs_products: bool,
    time_zone: str,
    around: datetime,
) -> list[Part]:
    """Return the steps from a shop's table to the table `events`, by the rules of cleaning.

    Parameters
    ----------
    schema : EventSchema
        How the source of the run was read.
    table : the name of the table, whose columns have types.
    price_is : what an amount was found to be of.
    needs_products : whether features look at single products, categories or brands.
    time_zone : the shop's clock.
    around : datetime
        Some years about this moment the clock is right.

    Raises
    ------
    InputError
        Where the reading cannot be said in SQL that every system runs alike.
    """
    _check(schema, price_is, needs_products)
    typed = exp.select(*_typed(schema)).from_(table)
    kept = parse(_KEPT)
    parts = [
        Part("source_rows", "the columns of the source by their names here, with types", typed),
        Part("known_rows", _KEPT_COMMENT, kept),
    ]
    source = "known_rows"
    if "user_session" in schema.columns:
        numbered = parse(
            f"SELECT *, ROW_NUMBER() OVER (PARTITION BY {', '.join(_IDENTITY)} "
            "ORDER BY event_time NULLS FIRST) AS copy_number FROM known_rows"
        )
        single = parse("SELECT * FROM numbered_rows WHERE user_session IS NULL OR copy_number = 1")
        parts += [
            Part("numbered_rows", "equal rows are numbered", numbered),
            Part(
                "single_rows", "duplicate_row: a copy of a row with a session is left out", single
            ),
        ]
        source = "single_rows"
    return [*parts, *_with_visits(source), _events(schema, time_zone, around)]


def _check(schema: EventSchema, price_is: str | None, needs_products: bool) -> None:
    lacking = [words for name, words in _INEXPRESSIBLE.items() if getattr(schema, name)]
    lacking += ["a time in several columns"] * (len(schema.paths["event_time"]) > 1)
    lacking += ["nested values"] * any("." in p for paths in schema.paths.values() for p in paths)
    lacking += [f"amounts of a whole {price_is}"] * (price_is in ("line", "order"))
    lacking += ["amounts in cents"] * (schema.amounts_in == "minor")
    lacking += ["products that are told by a pattern"] * bool(
        schema.not_products and needs_products
    )
    if lacking:
        raise InputError(
            f"The run read {'; '.join(lacking)}, which SQL does not say alike in every system. "
            "Expected one row for each event, with plain columns. Make a table of clean events "
            "(the page on warehouses lists its columns) and give --clean."
        )


def _typed(schema: EventSchema) -> Iterable[exp.Expr]:
    given = {name: _first(schema.paths[name]) for name in schema.columns}
    for name in _IDENTITY:
        if name == "event_type":
            yield exp.alias_(_event_type(schema, given), name)
        elif name == "event_time":
            yield exp.alias_(exp.cast(given[name], TIMESTAMP), name)
        elif name in _TEXTS:
            value = exp.cast(given[name], "VARCHAR") if name in given else exp.Null()
            yield exp.alias_(value if name in given else exp.cast(exp.Null(), "VARCHAR"), name)
        else:
            yield exp.alias_(_number(schema, given.get(name), name), name)


def _first(paths: Sequence[str]) -> exp.Expr:
    columns = [exp.column(path, quoted=not _is_plain(path)) for path in paths]
    if len(columns) == 1:
        return columns[0]
    return exp.Coalesce(this=columns[0], expressions=columns[1:])


def _is_plain(name: str) -> bool:
    return name.isidentifier() and name.isascii() and name.islower()


def _number(schema: EventSchema, given: exp.Expr | None, name: str) -> exp.Expr:
    if given is None:
        missing = literal(1) if name == "quantity" else exp.Null()
        return exp.cast(missing, exp.DataType.build("DECIMAL(18, 4)"))
    number: exp.Expr = exp.cast(given.copy(), exp.DataType.build("DECIMAL(18, 4)"))
    if schema.returns_are_negative:
        number = exp.Abs(this=number)
    if name == "quantity":
        one = exp.cast(literal(1), exp.DataType.build("DECIMAL(18, 4)"))
        number = exp.Coalesce(this=number, expressions=[one])
    return number


def _event_type(schema: EventSchema, given: dict[str, exp.Expr]) -> exp.Expr:
    case = exp.Case()
    below: list[exp.Expr] = [
        exp.LT(this=given[name].copy(), expression=literal(0))
        for name in ("price", "quantity")
        if name in given and schema.returns_are_negative
    ]
    if schema.return_prefix and "order_id" in given:
        number = exp.cast(given["order_id"].copy(), "VARCHAR")
        start = exp.Substring(
            this=number, start=literal(1), length=literal(len(schema.return_prefix))
        )
        below.append(exp.EQ(this=start, expression=literal(schema.return_prefix)))
    returned = exp.or_(*below) if below else None
    if "event_type" not in given:
        kind = literal(str(schema.event_type))
        return case.when(returned, literal("return")).else_(kind) if returned else kind
    lowered = exp.Lower(this=exp.cast(given["event_type"], "VARCHAR"))
    for theirs, ours in schema.event_types.items():
        is_it = exp.EQ(this=lowered.copy(), expression=literal(theirs.lower()))
        if ours == "purchase" and returned is not None:
            case = case.when(exp.and_(is_it, exp.paren(returned.copy())), literal("return"))
        case = case.when(is_it.copy(), literal(ours))
    return case


_KEPT_COMMENT = (
    "missing_time, missing_customer, unknown_event_type, negative_price, unreadable_quantity, "
    "implausible_amount: such rows are left out"
)
_KEPT = f"""
    SELECT * FROM source_rows
    WHERE NOT event_time IS NULL AND NOT user_id IS NULL AND user_id <> ''
        AND NOT event_type IS NULL AND (price IS NULL OR price >= 0 AND price < {MAX_AMOUNT})
        AND quantity > 0 AND quantity < {MAX_AMOUNT}
"""

_SO_FAR = (
    "OVER (PARTITION BY user_id ORDER BY event_s NULLS FIRST "
    "ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)"
)


def _with_visits(source: str) -> list[Part]:
    """Give every row a session: its own, or the visit that pauses of 30 minutes bound.

    Moments are numbered, not rows: of those at one time no system says which comes first.
    """
    pause = SESSION_MINUTES * 60
    timed = f"SELECT *, {_EVENT_S} AS event_s FROM {source}"
    moments = (
        f"SELECT user_id, event_s, MAX(CASE WHEN NOT user_session IS NULL THEN {_PADDED} || "
        "user_session END) AS named FROM timed_rows GROUP BY user_id, event_s"
    )
    begun = (
        "SELECT user_id, event_s, named, CASE WHEN COALESCE(event_s - LAG(event_s) OVER (PARTITION "
        f"BY user_id ORDER BY event_s NULLS FIRST), {pause + 1}) > {pause} THEN event_s END AS "
        "begins_s FROM moments"
    )
    visits = (
        f"SELECT user_id, event_s, MAX(begins_s) {_SO_FAR} AS visit_s, MAX(named) {_SO_FAR} AS "
        "last_named FROM begun_moments"
    )
    return [
        Part("timed_rows", "seconds since 1970", parse(timed)),
        Part(
            "moments", "when a customer did something, and the last session by name", parse(moments)
        ),
        Part("begun_moments", "a visit begins after 30 minutes without an event", parse(begun)),
        Part("visit_moments", "the visit, and the session that was named last", parse(visits)),
    ]


_SESSION = (
    "COALESCE(r.user_session, CASE WHEN SUBSTRING(v.last_named, 1, 11) >= "
    "CAST(10000000000 + v.visit_s AS VARCHAR) THEN SUBSTRING(v.last_named, 12, 1000) "
    "ELSE 'visit-' || r.user_id || '-' || CAST(v.visit_s AS VARCHAR) END) AS user_session"
)


def _events(schema: EventSchema, time_zone: str, around: datetime) -> Part:
    order = "r.order_id AS order_id"
    if schema.row_is_order:
        order = (
            "CASE WHEN r.event_type = 'purchase' AND r.order_id IS NULL THEN 'row-' || r.user_id "
            "|| '-' || CAST(r.event_s AS VARCHAR) || '-' || CAST(ROW_NUMBER() OVER (PARTITION BY "
            "r.user_id, r.event_s ORDER BY r.product_id NULLS FIRST, r.price NULLS FIRST, "
            "r.quantity NULLS FIRST) AS VARCHAR) ELSE r.order_id END "
            "AS order_id"
        )
    plain = (
        *("event_time", "event_type", "product_id", "category_id", "category_code", "brand"),
        *("price", "user_id", "quantity"),
    )
    columns = ", ".join(f"r.{name} AS {name}" for name in plain)
    query = parse(
        f"SELECT {columns}, {_SESSION}, {order}, TRUE AS is_product FROM timed_rows AS r "
        "JOIN visit_moments AS v ON r.user_id = v.user_id AND r.event_s = v.event_s"
    )
    assert isinstance(query, exp.Select)
    query = query.select(exp.alias_(_offset(time_zone, around), "utc_offset_s"))
    return Part("events", "clean events: missing_session is repaired", query)


def _offset(time_zone: str, around: datetime) -> exp.Expr:
    """Return the seconds that a clock is ahead of UTC, by the moments at which it was put."""
    zone = ZoneInfo(time_zone)
    first, last = around - timedelta(days=_YEARS * 366), around + timedelta(days=_YEARS * 366)
    hour, offset = first.replace(minute=0, second=0, microsecond=0), _seconds(zone, first)
    case = exp.Case()
    while hour < last:
        following = hour + timedelta(hours=1)
        after = _seconds(zone, following)
        if after != offset:
            earlier = exp.LT(this=exp.column("event_time"), expression=literal(following))
            case = case.when(earlier, literal(offset), copy=False)
            offset = after
        hour = following
    if not case.args.get("ifs"):
        return literal(offset)
    return case.else_(literal(offset))


_YEARS = 6


def _seconds(zone: ZoneInfo, moment: datetime) -> int:
    offset = moment.replace(tzinfo=UTC).astimezone(zone).utcoffset()
    assert offset is not None
    return int(offset.total_seconds())
