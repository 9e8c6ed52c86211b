"""Amounts that a source has beside the one that is read, and that make it another one."""

import re
from collections.abc import Collection, Mapping

from clustomer.engines import DuckDB, literal, quoted
from clustomer.events.draft.words import (
    names,
    speaks_against,
    speaks_of_a_discount,
    speaks_of_refunds,
    speaks_of_shipping,
    words_in,
    words_of,
)
from clustomer.events.reading.amounts import OF_AN_ORDER
from clustomer.events.reading.plan import Readings
from clustomer.events.schema import EventSchema
from clustomer.events.sources import Source, is_nested
from clustomer.progress import counted

_LESS_DISCOUNTS = {"woocommerce", "square", "stripe", "stripe-api", "paypal"}
"""Exports of services whose amounts are those after discounts."""

_TOTALS = words_of(
    "total totals grand gesamt gesamtbetrag totale totaal suma celkem toplam paid gross brutto"
)
_PARTS = words_of("subtotal sub net netto item items line lineitem product goods unit")
_THOUSANDS = re.compile(
    r"(?<![0-9.,])000s?\b|\b(in )?thousands?\b|\bk(€|\$|eur|usd|gbp)\b|\b(t|tsd\.? ?)(eur|€)|"
    r"\bmillions?\b|\bmio\b|\blakhs?\b|\bcrores?\b",
    re.IGNORECASE,
)


def amounts_beside(
    engine: DuckDB, source: Source, schema: EventSchema, readings: Readings
) -> list[str]:
    """Return warnings of discounts, refunds, shipping and credit that amounts do not regard.

    Of the exports of some services it is known what their amounts are.
    """
    amounts = readings.amounts
    if amounts is None:
        return []
    kinds = _kinds(source, schema, amounts.of)
    filled = _filled(engine, source, schema, kinds)
    first: dict[str, str] = {}
    for column, (rows, sample) in filled.items():
        kind = kinds[column]
        first.setdefault(kind, _SAID[kind](source, schema, column, rows, sample))
    thousands = [path for path in schema.paths["price"] if _THOUSANDS.search(path)]
    if thousands:
        first["thousands"] = (
            f"`{thousands[0]}` counts thousands or more, by its name, and is read as it stands: "
            "every amount here is so many times too small."
        )
    return [first[kind] for kind in (*_SAID, "thousands") if kind in first]


def _kinds(source: Source, schema: EventSchema, of: str) -> dict[str, str]:
    """Return which columns may have a discount, a refund or the price of shipping."""
    taken = {path for paths in schema.paths.values() for path in paths}
    taken |= {schema.return_amount or ""}
    of_products = "product_id" in schema.columns and schema.paths["price"][0] in source.columns
    uncounted = "quantity" not in schema.columns and _OF_ONE.search(_price(schema)) is not None
    whose = schema.paths["user_id"][0] in source.columns
    kinds: dict[str, str] = {}
    for column, kind in source.columns.items():
        words = words_in(column)
        if column in taken or is_nested(kind):
            continue
        if set(words) & _PIECES and set(words) & _CAME_BACK and not set(words) & _NUMBERED:
            kinds[column] = "pieces"
        elif set(words) & _PIECES and uncounted:
            kinds[column] = "uncounted"
        elif words in _PER and of_products:
            kinds[column] = "per"
        elif "paid" in words and set(words) & _WHEN and whose:
            kinds[column] = "unpaid"
        elif set(words) & _SETS and set(words) & _NUMBERED and of_products:
            kinds[column] = "set"
        elif _speaks_of_credit({*words}):
            kinds[column] = "credit"
        elif set(words) & (_PIECES | _NUMBERED):
            continue
        elif speaks_of_refunds(words):
            kinds[column] = "refund"
        elif speaks_of_a_discount(words):
            if of == "unit" and schema.name not in _LESS_DISCOUNTS:
                kinds[column] = "discount"
        elif speaks_of_shipping(words) and any(map(_is_total, schema.paths["price"])):
            kinds[column] = "shipping"
    return kinds


_OF_ONE = re.compile(r"unit|each|per.?item|piece|stück|stueck|unitaire|unitario", re.IGNORECASE)
_PER = {
    ("price", "unit"),
    ("price", "per"),
    ("per", "quantity"),
    ("preiseinheit",),
    ("preis", "pro"),
}


def _speaks_of_credit(words: set[str]) -> bool:
    """Whether a column says how much of an order was paid with points, a gift card or credit."""
    if words & (_NUMBERED - {"method"}) or words & _EARNED:
        return False
    named = words & _CREDITS or any(pair <= words for pair in _CREDITS_OF_TWO)
    return bool(named or (words & _POINTS and words & _USED))


_CREDITS = words_of("giftcard giftcards geschenkgutschein guthaben wallet storecredit")
_CREDITS_OF_TWO = (
    {"gift", "card"},
    {"gift", "cards"},
    {"store", "credit"},
    {"carte", "cadeau"},
    {"tarjeta", "regalo"},
)
_POINTS = words_of("points point punkte loyalty treuepunkte puntos punti punten bonus")
_USED = words_of(
    "paid payment redeemed redeem used spent amount value bezahlt eingeloest tender pay pagado"
)
_EARNED = words_of(
    "earned balance collected gained total granted gesammelt sold purchased currency"
)
_WHEN = words_of("at on date time datetime")
_PIECES = words_of("qty quantity count menge anzahl units pieces")
_CAME_BACK = words_of("returned refunded return returns retour retoure retouren zurueck")
_SETS = words_of("parent bundle kit")
_NUMBERED = words_of(
    "id sku item product date time zip postal postcode plz phone number no nr code method"
)
"""Words of columns that hold no amounts, or rather name something."""


def _is_total(column: str) -> bool:
    words = {*words_in(column)}
    return not words & _PARTS and bool(words & _TOTALS or OF_AN_ORDER.search(column))


def _filled(
    engine: DuckDB, source: Source, schema: EventSchema, kinds: Mapping[str, str]
) -> Mapping[str, tuple[int, str]]:
    """Return the columns that have amounts in rows that count, with how many rows, and one."""
    if not kinds:
        return {}
    fields, needed = [], [*kinds]
    if "set" in kinds.values():
        needed.append(schema.paths["price"][0])
    for column in kinds:
        text = f"CAST({quoted(column)} AS VARCHAR)"
        # most are nothing
        some = (
            f"CASE WHEN {text} IN ('', '0', '0.0', '0.00', '0,00') THEN FALSE "
            f"WHEN NOT REGEXP_MATCHES({text}, '[1-9]') THEN FALSE "
            rf"ELSE REGEXP_MATCHES({text}, '^[^A-Za-z]*[0-9][0-9.,]*[^A-Za-z]*$') END"
        )
        if kinds[column] == "set":
            price = f"CAST({quoted(schema.paths['price'][0])} AS VARCHAR)"
            some = f"{text} <> '' AND REGEXP_MATCHES({price}, '[1-9]')"
        elif kinds[column] == "unpaid":
            # further lines of an order say neither who bought nor when it was paid
            user = f"CAST({quoted(schema.paths['user_id'][0])} AS VARCHAR)"
            some = f"{_is_empty(column)} AND TRIM({user}) <> '' AND whole_order_unpaid"
            needed.append(schema.paths["user_id"][0])
        elif kinds[column] == "per":
            some += f" AND {text} NOT IN ('1', '1.0', '1.00', '1,00')"
        elif kinds[column] == "refund" and schema.return_time in source.columns:
            # what was given back counts as a return already
            back = f"CAST({quoted(str(schema.return_time))} AS VARCHAR)"
            some = f"({some}) AND COALESCE(TRIM({back}), '') = ''"
            needed.append(str(schema.return_time))
        fields += [f"COUNT(*) FILTER (WHERE {some})", f"MIN({text}) FILTER (WHERE {some})"]
    counts = ["TRUE"]
    for path, words in (
        (schema.columns.get("event_type"), schema.ignored_event_types),
        (schema.status, () if schema.status is None else schema.ignored_event_types),
    ):
        if isinstance(path, str) and path in source.columns and words:
            needed.append(path)
            listed = ", ".join(literal(word.strip().lower()).sql("duckdb") for word in words)
            text = f"LOWER(TRIM(CAST({quoted(path)} AS VARCHAR)))"
            counts.append(f"COALESCE({text} NOT IN ({listed}), TRUE)")
    order = schema.paths.get("order_id", ("",))[0]
    if order in source.columns:
        needed.append(order)
    relation = source.reading(dict.fromkeys(needed))
    unpaid = [column for column, kind in kinds.items() if kind == "unpaid"]
    if unpaid:
        relation = _by_order(relation, unpaid, order if order in source.columns else None)
    with source.opened():
        rows, *row = engine.rows(
            f"SELECT COUNT(*), {', '.join(fields)} FROM {relation} WHERE {' AND '.join(counts)}",
            source.parameters,
        )[0]
    pairs = zip(kinds, row[::2], row[1::2], strict=True)
    # where nothing says when it was paid, that says nothing
    return {
        column: (int(n), str(one))
        for column, n, one in pairs
        if n and not (kinds[column] == "unpaid" and n > MAX_UNPAID * rows)
    }


def _by_order(relation: str, unpaid: Collection[str], order: str | None) -> str:
    """Return SQL for rows that say whether no row of their order has a date of payment."""
    empty = " AND ".join(map(_is_empty, unpaid))
    if order is not None:
        # an order's date of payment may be in one of its rows only, whatever else the others say
        all_empty = f"BOOL_AND({empty}) OVER (PARTITION BY {quoted(order)})"
        empty = f"CASE WHEN {_is_empty(order)} THEN {empty} ELSE {all_empty} END"
    return f"(SELECT *, {empty} AS whole_order_unpaid FROM {relation})"


def _is_empty(column: str) -> str:
    return f"COALESCE(TRIM(CAST({quoted(column)} AS VARCHAR)), '') = ''"


MAX_UNPAID = 0.5
"""Where more rows lack the date of payment, it is rather kept elsewhere."""


def _discount(source: Source, schema: EventSchema, column: str, rows: int, sample: str) -> str:
    return (
        f"`{column}` has a discount in {counted(rows, 'row')}, such as {sample!r}, and no amount "
        f"is changed by it. If `{_price(schema)}` is the price before it, revenue is too high: "
        '[columns] price = "..." names a column with what was paid, and price_is = "line" says '
        "that it is of all pieces. Where there is none, add one."
    )


def _refund(source: Source, schema: EventSchema, column: str, rows: int, sample: str) -> str:
    return (
        f"`{column}` says that money was given back in {counted(rows, 'row')}, such as "
        f"{sample!r}, and no amount is less by it: revenue is too high by that. Where each order "
        f'is one row: return_amount = "{column}" and return_time = "..." in a schema file.'
    )


def _shipping(source: Source, schema: EventSchema, column: str, rows: int, sample: str) -> str:
    goods = [
        name
        for name in source.columns
        if {*words_in(name)} & _PARTS
        and names("price", words_in(name))
        and not speaks_against("price", words_in(name))
    ]
    named = goods[0] if goods else "..."
    return (
        f"`{_price(schema)}` may include shipping: `{column}` has an amount in "
        f"{counted(rows, 'row')}, such as {sample!r}. If revenue is to be that of goods: [columns] "
        f'price = "{named}" in a schema file.'
    )


def _credit(source: Source, schema: EventSchema, column: str, rows: int, sample: str) -> str:
    return (
        f"`{column}` has an amount in {counted(rows, 'row')}, such as {sample!r}: if so much was "
        f"paid with points, a gift card or credit, `{_price(schema)}` may count what nobody paid, "
        "and a gift card twice, when it is sold and when it is used. Take it off before the log is "
        "read, if revenue is to be money."
    )


def _pieces(source: Source, schema: EventSchema, column: str, rows: int, sample: str) -> str:
    return (
        f"`{column}` says that pieces came back in {counted(rows, 'row')}, and no quantity is less "
        "by it: revenue is too high by that. Take these rows as returns, or the pieces off, before "
        "the log is read."
    )


def _set(source: Source, schema: EventSchema, column: str, rows: int, sample: str) -> str:
    return (
        f"`{column}` names another line in {counted(rows, 'row')} with an amount, such as "
        f"{sample!r}: where a set and its parts both have a price, they count twice. Leave one "
        "of the two out."
    )


def _uncounted(source: Source, schema: EventSchema, column: str, rows: int, sample: str) -> str:
    return (
        f"`{_price(schema)}` is the price of a piece by its name, and no column is `quantity`: "
        f"every row counts as one piece. If `{column}` says how many: [columns] quantity = "
        f'"{column}" in a schema file.'
    )


def _per(source: Source, schema: EventSchema, column: str, rows: int, sample: str) -> str:
    return (
        f"`{column}` says that prices are for several pieces in {counted(rows, 'row')}, such as "
        f"{sample!r}, and they are read as those of one: revenue is so many times too high. Divide "
        "them before the log is read, or take the column with what a line cost."
    )


def _unpaid(source: Source, schema: EventSchema, column: str, rows: int, sample: str) -> str:
    return (
        f"`{column}` is empty in {counted(rows, 'row')} that {'counts' if rows == 1 else 'count'}: "
        "if they were never paid, leave them out before the log is read."
    )


def _price(schema: EventSchema) -> str:
    return " or ".join(schema.paths["price"])


_SAID = {
    "discount": _discount,
    "refund": _refund,
    "shipping": _shipping,
    "credit": _credit,
    "pieces": _pieces,
    "set": _set,
    "uncounted": _uncounted,
    "per": _per,
    "unpaid": _unpaid,
}
