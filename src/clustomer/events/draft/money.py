"""Money in a draft: whether amounts below 0 are refunds, and what is worth saying of them."""

from collections.abc import Mapping, Sequence

from clustomer.engines import DuckDB, quoted
from clustomer.events.draft.contents import SAMPLE_ROWS, Content
from clustomer.events.draft.roles import roles_of
from clustomer.events.draft.words import (
    names,
    speaks_against,
    speaks_of_a_discount,
    words_in,
    words_of,
)
from clustomer.events.given import given_rows
from clustomer.events.missing import in_small_letters
from clustomer.events.reading import AmountReading, Readings, number_expression, sql_text
from clustomer.events.schema import EventSchema
from clustomer.events.sources import Source

MAX_NEGATIVE_SHARE = 0.5
"""Where more of the amounts are below 0 they are no refunds, and a person must say what."""

_BELOW_0 = r"[^0-9]*[-−][^-]*[0-9].*|.*[0-9]\s*[-−]\s*|\(.*[0-9].*\)"


def has_negative_amounts(
    engine: DuckDB,
    source: Source,
    schema: EventSchema,
    column_of_types: str | None = None,
    types: Sequence[str] = (),
) -> bool:
    """Whether some amounts or quantities of a source are below 0, so that they are refunds.

    `types` are values of a column; only rows with these are looked at, and all may be below 0.
    """
    only = "TRUE"
    if column_of_types is not None:
        listed = ", ".join(map(sql_text, types))
        only = f"TRIM(CAST({quoted(column_of_types)} AS VARCHAR)) IN ({listed})"
    columns = [
        path
        for ours in ("price", "quantity")
        for path in schema.paths.get(ours, ())
        if path in source.columns
    ]
    for column in columns:
        text = f"TRIM(CAST({quoted(column)} AS VARCHAR))"
        needed = [column, *([column_of_types] if column_of_types else [])]
        with source.opened():
            below, filled = engine.rows(
                f"SELECT COUNT(*) FILTER (WHERE REGEXP_FULL_MATCH({text}, {sql_text(_BELOW_0)})), "
                f"COUNT(*) FILTER (WHERE {text} <> '') FROM {source.reading(needed)} WHERE {only}",
                source.parameters,
            )[0]
        if 0 < below <= (MAX_NEGATIVE_SHARE if column_of_types is None else 1) * filled:
            return True
    return False


MIN_AGREEING = 0.98
"""At least this share of the rows of several pieces must be the product of two columns."""


def price_by_product(
    engine: DuckDB,
    source: Source,
    schema: EventSchema,
    contents: Mapping[str, Content],
    readings: Readings,
) -> tuple[str, str] | None:
    """Return what amounts are of where quantity × one column is another, and how that was told.

    None where there is no such pair with the column of amounts in it.
    """
    price, quantity = (schema.columns.get(ours) for ours in ("price", "quantity"))
    if not isinstance(price, str) or not isinstance(quantity, str):
        return None
    if not {price, quantity} <= set(contents) or readings.price is None:
        return None
    kinds: dict[str, str] = {}
    for other in _other_numbers(contents, price, quantity):
        with source.opened():
            rows, unit, line = engine.rows(
                "SELECT COUNT(*), COUNT(*) FILTER (WHERE ABS(q * p - c) < 0.006), "
                "COUNT(*) FILTER (WHERE ABS(q * c - p) < 0.006) FROM "
                f"{_read(source, readings, price, quantity, other)} "
                "WHERE q > 1 AND p > 0 AND c > 0",
                source.parameters,
            )[0]
        for kind, agreeing, product in (("unit", unit, price), ("line", line, other)):
            if rows and agreeing >= MIN_AGREEING * rows:
                total = other if product == price else price
                kinds.setdefault(kind, f"`{quantity}` × `{product}` is `{total}`")
    # of few rows, one may be so by chance
    return next(iter(kinds.items())) if len(kinds) == 1 else None


def paid_after_discount(
    engine: DuckDB,
    source: Source,
    schema: EventSchema,
    contents: Mapping[str, Content],
    readings: Readings,
) -> tuple[str, str] | None:
    """Return the column with what lines cost after a discount, and how that was told.

    So it is where amounts are the quantity × the price of a piece in lines without a discount,
    and less in those with one. None where no column is so. Either of the two columns may be that
    of the schema's price.
    """
    price, quantity = (schema.columns.get(ours) for ours in ("price", "quantity"))
    if not isinstance(price, str) or not isinstance(quantity, str) or readings.price is None:
        return None
    others = _other_numbers(contents, price, quantity)
    for discount in [column for column in others if speaks_of_a_discount(words_in(column))]:
        for other in others:
            words = words_in(other)
            if not names("price", words) or speaks_against("price", words):
                continue
            for piece, line in ((price, other), (other, price)):
                read = _read(source, readings, piece, quantity, line, discount)
                with source.opened():
                    full, same, reduced, less = engine.rows(
                        "SELECT COUNT(*) FILTER (WHERE d = 0), "
                        "COUNT(*) FILTER (WHERE d = 0 AND ABS(q * p - c) < 0.006), "
                        "COUNT(*) FILTER (WHERE d <> 0), "
                        "COUNT(*) FILTER (WHERE d <> 0 AND c < q * p - 0.006) "
                        f"FROM (SELECT * REPLACE (COALESCE(d, 0) AS d) FROM {read}) "
                        "WHERE q > 0 AND p > 0 AND c >= 0",
                        source.parameters,
                    )[0]
                if full and reduced and same + less >= MIN_AGREEING * (full + reduced):
                    return line, f"it is `{quantity}` × `{piece}` less `{discount}`"
    return None


def _other_numbers(contents: Mapping[str, Content], *columns: str) -> list[str]:
    return [
        column
        for column, content in contents.items()
        if content.is_number and content.different > 1 and column not in columns
    ]


def _read(source: Source, readings: Readings, *columns: str) -> str:
    """Return SQL for the numbers of columns: a price, a quantity, and others: p, q, c and d."""
    assert readings.price is not None
    fields = []
    for column, name in zip(columns, "pqcd", strict=False):
        reading = (readings.quantity or readings.price) if name == "q" else readings.price
        number = number_expression(f"CAST({quoted(column)} AS VARCHAR)", reading)
        fields.append(f"CAST({number} AS DOUBLE) AS {name}")
    return f"(SELECT {', '.join(fields)} FROM {source.reading(columns)} LIMIT {SAMPLE_ROWS})"


_COSTS = words_of(
    "cogs costofgoods costofgoodssold unitcost costperitem costprice itemcost productcost "
    "standardcost landedcost wareneinsatz einkaufspreis ekpreis einstandspreis prixachat coutachat "
    "coutunitaire costounitario preciocosto precocusto inkoopprijs inkopspris kostpris"
)
"""What is spent on the goods: neither their price, nor the cost of sending them."""


def column_of_costs(contents: Mapping[str, Content], schema: EventSchema) -> str | None:
    """Return the column with what goods cost the shop, where its name leaves no doubt."""
    taken = {path for paths in schema.paths.values() for path in paths}
    named = (
        column
        for column, content in contents.items()
        if column not in taken and content.is_number and "".join(words_in(column)) in _COSTS
    )
    return next(named, None) if "price" in schema.columns else None


def with_amounts_of_purchases(
    engine: DuckDB, source: Source, drafted: EventSchema, contents: Mapping[str, Content]
) -> EventSchema:
    """Return a draft whose amounts are those of purchases, where they stand in another column.

    Trackers give the price of a product with its views, and the revenue with the order.
    """
    bought = [theirs for theirs, ours in drafted.event_types.items() if ours == "purchase"]
    first = drafted.columns.get("price")
    if not bought or not isinstance(first, str) or "event_type" not in drafted.columns:
        return drafted
    kinds = ", ".join(map(in_small_letters, bought))
    paths = list(source.names)
    price: str | None = first
    while price is not None:
        columns = {**drafted.columns, "price": price}
        query, _ = given_rows(source, drafted.model_copy(update={"columns": columns}))
        with source.opened():
            rows, filled = engine.rows(
                "SELECT COUNT(*), COUNT(price) FROM (SELECT LOWER(event_type) AS kind, price FROM "
                f"({query}) LIMIT {SAMPLE_ROWS}) WHERE kind IN ({kinds})",
                source.parameters,
            )[0]
        if filled:
            return drafted.model_copy(update={"columns": columns})
        paths.remove(price)
        price = roles_of(paths, contents).get("price") if rows else None
    return drafted


def is_said(amounts: AmountReading) -> bool:
    """Whether a draft writes down what amounts are of: not where nothing tells yet."""
    return amounts.sample is not None
