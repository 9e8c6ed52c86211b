"""From a table of typed rows, as a shop has them, to clean events: the rules as portable SQL."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlglot import exp

from clustomer.engines import literal, parse
from clustomer.errors import InputError
from clustomer.events.schema import EventSchema
from clustomer.events.staging import MAX_AMOUNT
from clustomer.events.typed import Part, events_part, inexpressible, visit_parts

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
    return [
        *parts,
        *visit_parts(source),
        events_part(row_is_order=schema.row_is_order, time_zone=time_zone, around=around),
    ]


def _check(schema: EventSchema, price_is: str | None, needs_products: bool) -> None:
    lacking = inexpressible(schema, price_is)
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
            value: exp.Expr = exp.cast(given[name], "VARCHAR") if name in given else exp.Null()
            if name == "user_id" and schema.ids_ignore_case:
                value = exp.Lower(this=value)
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
