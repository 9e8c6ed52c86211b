"""The columns of a typed table under our names, and whether their types will do."""

from collections.abc import Iterable

import pyarrow as pa
from sqlglot import exp

from clustomer.engines import parse
from clustomer.errors import InputError
from clustomer.events.schema import COLUMNS, EventSchema

_NUMBERS = ("price", "quantity")

_INEXPRESSIBLE = {
    "unnest": "lists inside of rows",
    "joins": "several files that are joined",
    "carried_within_order": "values that only the first row of an order has",
    "return_time": "returns that stand on the row of the purchase",
    "status": "a status that says whether a row was carried through",
    "return_user_id": "a customer of its own for amounts below 0",
    "currency": "amounts in several currencies",
}


def inexpressible(schema: EventSchema, price_is: str | None = None) -> list[str]:
    """Return, in words, what of a reading SQL does not say alike in every system.

    >>> inexpressible(EventSchema(name="x", columns={"event_time": "at", "user_id": "who"}))
    []
    """
    lacking = [words for name, words in _INEXPRESSIBLE.items() if getattr(schema, name)]
    lacking += ["a time in several columns"] * (len(schema.paths["event_time"]) > 1)
    lacking += ["nested values"] * any("." in p for paths in schema.paths.values() for p in paths)
    lacking += [f"amounts of a whole {price_is}"] * (price_is in ("line", "order"))
    lacking += ["amounts in cents"] * (schema.amounts_in == "minor")
    return lacking


def given_query(
    schema: EventSchema, columns: pa.Schema, table: exp.Table, label: str
) -> exp.Select:
    """Return the query for our columns as a table has them; times and numbers keep their types.

    Raises
    ------
    InputError
        Where a column has no type that will do.
    """
    fields = []
    for name in COLUMNS:
        if name not in schema.columns:
            kind = {"event_time": "TIMESTAMP", "price": "DECIMAL(18, 4)"}.get(name, "VARCHAR")
            fields.append(
                parse(f"CAST(NULL AS {'DECIMAL(18, 4)' if name == 'quantity' else kind})")
            )
            continue
        paths = schema.paths[name]
        values = [_value(name, columns.field(path), label, schema.time_zone) for path in paths]
        first, *others = values
        field = exp.Coalesce(this=first, expressions=others) if others else first
        if name == "user_id" and schema.ids_ignore_case:
            field = exp.Lower(this=_text(field))
        fields.append(field)
    named = (exp.alias_(field, name) for name, field in zip(COLUMNS, fields, strict=True))
    return exp.select(*named).from_(table)


def _value(name: str, field: pa.Field, label: str, time_zone: str) -> exp.Expr:
    kind, column = field.type, exp.column(field.name, quoted=True)
    if name == "event_time":
        _require(pa.types.is_timestamp(kind) or pa.types.is_date(kind), field, label, "a timestamp")
        if time_zone != "UTC" and getattr(kind, "tz", None) is None:
            raise InputError(
                f"The times of `{field.name}` in {label} have no zone, and the schema says that "
                f"they are of {time_zone}. Expected UTC, or a type with a zone, where the data "
                "are on an engine of their own."
            )
        return exp.cast(column, exp.DataType.build("TIMESTAMP", dialect="duckdb"))
    if name in _NUMBERS:
        number = pa.types.is_integer(kind) or pa.types.is_decimal(kind)
        _require(number or pa.types.is_floating(kind), field, label, "a number")
        if pa.types.is_floating(kind):
            no_number = exp.EQ(
                this=exp.Lower(this=_text(column)), expression=exp.Literal.string("nan")
            )
            return exp.Case().when(exp.not_(no_number), column.copy())
        return column
    plain = pa.types.is_integer(kind) or pa.types.is_string(kind) or pa.types.is_boolean(kind)
    if name == "user_id" and pa.types.is_float64(kind):
        # 17850.0 is what a float column makes of customer 17850; beyond what it holds, the text
        # says so, and is refused
        lossy = exp.GTE(this=exp.Abs(this=column.copy()), expression=exp.Literal.number(2**53))
        whole_number = exp.cast(column.copy(), "BIGINT")
        is_whole = exp.EQ(this=exp.cast(whole_number.copy(), "DOUBLE"), expression=column.copy())
        no_number = exp.EQ(this=exp.Lower(this=_text(column)), expression=exp.Literal.string("nan"))
        id_of = exp.Case().when(no_number, exp.cast(exp.Null(), "VARCHAR"))
        return (
            id_of.when(lossy, _text(column))
            .when(is_whole, _text(whole_number))
            .else_(_text(column))
        )
    _require(plain or pa.types.is_large_string(kind), field, label, "text or a whole number")
    return _text(column)


def _text(value: exp.Expr) -> exp.Expr:
    return exp.cast(value.copy(), "VARCHAR")


def _require(fits: bool, field: pa.Field, label: str, expected: str) -> None:
    if not fits:
        raise InputError(
            f"The column `{field.name}` of {label} is of type {field.type}; {expected} was "
            "expected. Where the data are on an engine of their own, columns have their types: "
            "give it the right one there, or run without --engine."
        )


def original_texts() -> Iterable[str]:
    """Give SQL for the columns whose values a rejected row keeps as the source has them."""
    return (f"CAST({name} AS VARCHAR) AS given_{name}" for name in KEPT_AS_GIVEN)


KEPT_AS_GIVEN = ("event_time", "event_type", "price", "user_id", "quantity")
"""Columns that are read; all others are text as it is."""
