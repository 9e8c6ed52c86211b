"""What each typed row is, and the first rule that rejects it, as portable SQL.

The rules are those of `clustomer.events.staging`, which reads text, too: a conformance test holds
one against the other.
"""

from datetime import datetime

from sqlglot import exp

from clustomer.engines import literal, parse
from clustomer.events.missing import MISSING
from clustomer.events.schema import COLUMNS, EventSchema
from clustomer.events.staging import MAX_AMOUNT
from clustomer.events.typed.columns import KEPT_AS_GIVEN, original_texts

_TEXTS = tuple(name for name in COLUMNS if name not in ("event_time", "price", "quantity"))
_TOO_LARGE = 10**14
"""What no decimal with eighteen digits, four of them behind the point, holds."""


def typed_query(
    schema: EventSchema, given: exp.Select, *, earliest: datetime, latest: datetime
) -> exp.Select:
    """Return the query for every row with our types, and `rule`: NULL where it is kept.

    Parameters
    ----------
    schema : EventSchema
    given : sqlglot expression
        Our columns as the source has them: `given_query`.
    earliest, latest : datetime
        No plausible time is before the one, or from the other on.
    """
    words = _listed((*MISSING, *(word.strip().lower() for word in schema.missing_values)))
    texts = ", ".join(
        f"CASE WHEN LOWER(TRIM({name})) IN ({words}) THEN NULL ELSE TRIM({name}) END AS {name}"
        for name in _TEXTS
    )
    numbers = ", ".join(
        f"CASE WHEN {name} > -{_TOO_LARGE} AND {name} < {_TOO_LARGE} "
        f"THEN CAST({name} AS DECIMAL(18, 4)) END AS {name}_number"
        for name in ("price", "quantity")
    )
    read = (
        f"SELECT event_time, {texts}, NOT price IS NULL AS has_price, NOT quantity IS NULL AS "
        f"has_quantity, {numbers}, {', '.join(original_texts())} FROM given_rows"
    )
    kinds = (
        f"SELECT *, {_event_type(schema)} AS type_read, {_customer(schema)} AS user_read "
        "FROM read_rows"
    )
    amounts = (
        f"SELECT *, {_without_sign('price_number', schema)} AS price_read, "
        f"{_quantity(schema)} AS quantity_read FROM kind_rows"
    )
    ruled = f"SELECT *, {_rule(schema, earliest, latest)} AS rule FROM amount_rows"
    plain = (name for name in COLUMNS if name not in ("event_type", "price", "user_id", "quantity"))
    kept = ", ".join(
        f"CASE WHEN NOT rule IS NULL THEN given_{name} END AS given_{name}"
        for name in KEPT_AS_GIVEN
    )
    query = parse(
        f"SELECT {', '.join(plain)}, type_read AS event_type, price_read AS price, user_read AS "
        f"user_id, quantity_read AS quantity, rule, {kept} FROM ruled_rows"
    )
    assert isinstance(query, exp.Select)
    query = query.with_("given_rows", as_=given, copy=False)
    steps = {"read_rows": read, "kind_rows": kinds, "amount_rows": amounts, "ruled_rows": ruled}
    for name, step in steps.items():
        query = query.with_(name, as_=parse(step), copy=False)
    return query


def _text(value: str) -> str:
    return literal(value).sql("duckdb")


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(map(_text, dict.fromkeys(words)))


def _event_type(schema: EventSchema) -> str:
    if schema.event_type is not None and "event_type" not in schema.columns:
        kind = _text(schema.event_type)
    else:
        cases = " ".join(
            f"WHEN LOWER(event_type) = {_text(theirs.lower())} THEN {_text(ours)}"
            for theirs, ours in schema.event_types.items()
        )
        kind = f"CASE {cases} END" if cases else "CAST(NULL AS VARCHAR)"
    if schema.return_prefix is not None and "order_id" in schema.columns:
        start = f"SUBSTRING(order_id, 1, {len(schema.return_prefix)})"
        kind = f"CASE WHEN {start} = {_text(schema.return_prefix)} THEN 'return' ELSE {kind} END"
    if schema.returns_are_negative:
        below = "(quantity_number < 0 OR price_number < 0)"
        kind = f"CASE WHEN {below} AND NOT ({kind}) IS NULL THEN 'return' ELSE {kind} END"
    return kind


def _customer(schema: EventSchema) -> str:
    if not schema.no_customer:
        return "user_id"
    nobody = _listed(tuple(word.strip().lower() for word in schema.no_customer))
    return f"CASE WHEN LOWER(user_id) IN ({nobody}) THEN NULL ELSE user_id END"


def _without_sign(number: str, schema: EventSchema) -> str:
    if schema.returns_are_negative:
        return f"ABS({number})"
    if "return" in schema.event_types.values() or schema.return_prefix:
        return f"CASE WHEN type_read = 'return' THEN ABS({number}) ELSE {number} END"
    return number


def _quantity(schema: EventSchema) -> str:
    one = "CAST(1 AS DECIMAL(18, 4))"
    if "quantity" not in schema.columns:
        return one
    number = _without_sign("quantity_number", schema)
    return f"CASE WHEN NOT has_quantity THEN {one} ELSE {number} END"


def _ignored(schema: EventSchema) -> str:
    if not schema.ignored_event_types or "event_type" not in schema.columns:
        return ""
    if "*" in schema.ignored_event_types:
        condition = "NOT event_type IS NULL AND type_read IS NULL"
    else:
        words = _listed(tuple(word.strip().lower() for word in schema.ignored_event_types))
        condition = f"LOWER(event_type) IN ({words})"
    return f"WHEN {condition} THEN 'ignored_event_type'"


def _rule(schema: EventSchema, earliest: datetime, latest: datetime) -> str:
    first, last = (literal(moment).sql("duckdb") for moment in (earliest, latest))
    return f"""CASE
            WHEN event_time IS NULL THEN 'missing_time'
            WHEN event_time < {first} OR event_time >= {last} THEN 'implausible_time'
            WHEN user_read IS NULL THEN 'missing_customer'
            {_ignored(schema)}
            WHEN type_read IS NULL THEN 'unknown_event_type'
            WHEN has_price AND price_number IS NULL THEN 'implausible_amount'
            WHEN price_read < 0 THEN 'negative_price'
            WHEN quantity_read IS NULL OR quantity_read <= -{MAX_AMOUNT} THEN 'implausible_amount'
            WHEN quantity_read <= 0 THEN 'unreadable_quantity'
            WHEN quantity_read >= {MAX_AMOUNT} OR price_read >= {MAX_AMOUNT}
                OR CAST(price_read AS DOUBLE) * CAST(quantity_read AS DOUBLE) >= {MAX_AMOUNT}
                THEN 'implausible_amount'
        END"""
