"""What an amount is of: a piece, a line of an order, or a whole order.

The canonical `price` is that of a piece. What stands for a line or for an order becomes one
here, so that revenue (price times quantity) is exactly what the source says.
"""

import re
from dataclasses import dataclass, replace
from typing import Any

from clustomer.engines import DuckDB
from clustomer.errors import AmbiguousError, InputError
from clustomer.events.schema import EventSchema
from clustomer.progress import counted

OF_A_PIECE = re.compile(
    r"unit|each|per.?item|price|cost|preis|prix|precio|prezzo|prijs|cena|preco|preço|pris\b|цена|単価|单价|단가|"
    r"dollar_value",
    re.IGNORECASE,
)
OF_AN_ORDER = re.compile(
    r"(order|grand|invoice|basket|cart|transaction|payment|checkout)[ _.-]?"
    r"(total|amount|value|sum|revenue)|total[ _.-]?(order|due|paid|price)|gesamt",
    re.IGNORECASE,
)
OF_A_LINE = re.compile(
    r"\b(line|row|ext|extended|position|zeile|ligne|riga|regel|linea|línea)(?!.?item)",
    re.IGNORECASE,
)
SURE_VOTES = 5
"""So many products or orders tell on their own; fewer only together with the column's name."""

SURE_SHARE = 0.8
"""At least this share of them must agree."""


@dataclass(frozen=True)
class AmountReading:
    """What the amounts of a source are of.

    `of` is "unit", "line" or "order"; `sample` shows a row in plain words; `undivided` lines
    do not come out even when they are divided by the quantity.
    """

    of: str
    column: str
    decided: str
    sample: str | None = None
    doubtful: bool = False
    undivided: int = 0

    @property
    def sentence(self) -> str:
        """What amounts are of, and why."""
        kinds = {"unit": "the price of a piece", "line": "what a line of an order cost", "order": (
            "what a whole order cost, on each of its lines"
        )}  # fmt: skip
        shown = f" ({self.sample})" if self.sample else ""
        one = self.undivided == 1
        uneven = (
            f" {counted(self.undivided, 'line')} {'does' if one else 'do'} not divide evenly by "
            f"the quantity, and {'counts as one piece' if one else 'count as one piece each'}: "
            "revenue is exact, pieces are too few."
            if self.undivided
            else ""
        )
        return f"`{self.column}` was taken as {kinds[self.of]}{shown}: {self.decided}.{uneven}"

    def to_json(self) -> dict[str, Any]:
        """Return the decision as JSON-ready values."""
        return {
            "column": "price_is",
            "source": self.column,
            "notation": self.of,
            "decided": self.decided,
            "sample": self.sample,
            **({"undivided": self.undivided} if self.undivided else {}),
        }


@dataclass(frozen=True)
class _Content:
    """What the rows tell: votes of products for unit and line, of orders for order."""

    unit: int
    line: int
    order: int
    other: int
    several: int
    exact_line: int = 0
    """Of the products for a line, those whose price divided by the quantity is always the same."""

    def says(self, kind: str, votes: int) -> bool:
        total = self.order + self.other if kind == "order" else self.unit + self.line
        count = {"unit": self.unit, "line": self.line, "order": self.order}[kind]
        return count >= votes and count >= SURE_SHARE * total


def settle_amounts(engine: DuckDB, schema: EventSchema, label: str) -> AmountReading | None:
    """Make every price in `events` that of a piece; return what the amounts were of.

    None where the source has no amounts.

    Raises
    ------
    InputError
        If neither the column's name nor its values tell, or they contradict each other.
    """
    reading = decide_amounts(engine, schema, label)
    return None if reading is None else divide_amounts(engine, reading)


def divide_amounts(engine: DuckDB, reading: AmountReading) -> AmountReading:
    """Make every price in `events` that of a piece; return how that came out."""
    if reading.of == "line":
        undivided = _divide_lines(engine)
        reading = replace(reading, undivided=undivided, doubtful=reading.doubtful or undivided > 0)
    elif reading.of == "order":
        _divide_orders(engine)
    return reading


def decide_amounts(engine: DuckDB, schema: EventSchema, label: str) -> AmountReading | None:
    """Return what the amounts in `events` are of, and leave them as they are.

    None where the source has no amounts.

    Raises
    ------
    AmbiguousError
        If neither the column's name nor its values tell, or they contradict each other.
    InputError
        If the schema says what cannot be.
    """
    if "price" not in schema.columns:
        return None
    column = " or ".join(schema.paths["price"])
    content = _content(engine, schema)
    if schema.price_is is not None:
        if schema.price_is == "order" and content.other > content.order:
            raise InputError(
                f"The schema `{schema.name}` says that the column `{column}` of {label} is of "
                f"whole orders, but it differs on the lines of {content.other:,} of "
                f'{content.order + content.other:,} orders. Expected price_is = "line" or "unit".'
            )
        sample = _sample(engine, schema.price_is)
        return AmountReading(schema.price_is, column, "as the schema says", sample)
    last = column.rpartition(".")[2]
    of_order = OF_AN_ORDER.search(last) is not None
    of_line = OF_A_LINE.search(last.replace("_", " ")) is not None
    of_piece = OF_A_PIECE.search(last) is not None and not of_order and not of_line
    if not content.several and not content.order:
        return AmountReading("unit", column, "no row is of several pieces")
    if content.says("order", SURE_VOTES) or (of_order and content.says("order", 1)):
        if of_piece:
            why = "its name says the price of a piece, and all lines of an order have the same"
            raise _question(engine, column, label, why, ("unit", "order"))
        decided = f"it is the same on all lines of {counted(content.order, 'order')}"
        return AmountReading("order", column, decided, _sample(engine, "order"), True)
    if content.says("line", SURE_VOTES) or (not of_piece and content.says("line", 1)):
        if of_piece:
            why = "its name says the price of a piece, and it grows with the quantity"
            raise _question(engine, column, label, why, ("unit", "line"))
        decided = (
            f"divided by the quantity it repeats for {counted(content.line, 'product')}, and by "
            f"itself for {content.unit:,}"
        )
        return AmountReading("line", column, decided, _sample(engine, "line"), True)
    if of_piece and content.exact_line and not content.unit:
        why = "its name says the price of a piece, and divided by the quantity it is the same"
        raise _question(engine, column, label, why, ("unit", "line"))
    if of_piece:
        return AmountReading("unit", column, "by its name", _sample(engine, "unit"))
    if content.says("unit", SURE_VOTES):
        decided = (
            f"it repeats for {counted(content.unit, 'product')} whatever the quantity, and divided "
            f"by it for {content.line:,}"
        )
        return AmountReading("unit", column, decided, _sample(engine, "unit"), True)
    if not content.several:
        return AmountReading("unit", column, "no row is of several pieces")
    if of_line and not content.unit:
        return AmountReading("line", column, "by its name", _sample(engine, "line"), True)
    kinds = ("unit", "line", "order") if "order_id" in schema.columns else ("unit", "line")
    raise _question(engine, column, label, "neither its name nor its values tell", kinds)


def _question(
    engine: DuckDB, column: str, label: str, why: str, kinds: tuple[str, ...]
) -> AmbiguousError:
    return AmbiguousError(
        f"What are the amounts in the column `{column}` of {label} of? {why[0].upper()}{why[1:]}.",
        "price_is",
        {kind: _sample(engine, kind) or "" for kind in kinds},
    )


_BOUGHT = "event_type = 'purchase' AND price > 0"


def _content(engine: DuckDB, schema: EventSchema) -> _Content:
    unit = line = order = other = several = exact = 0
    if "quantity" in schema.columns:
        several = int(
            engine.rows(f"SELECT COUNT(*) FROM events WHERE {_BOUGHT} AND quantity > 1")[0][0]
        )
    if several and "product_id" in schema.columns:
        unit, line, exact = votes_of_products(engine, "price", _BOUGHT)
    elif several and (kind := next((c for c in _KINDS if c in schema.columns), None)):
        unit, line = _of_kinds(engine, kind)
    if "order_id" in schema.columns and "product_id" in schema.columns:
        for customers in engine.passes("events"):
            alike, unlike = _orders(engine, customers)
            order, other = order + alike, other + unlike
    return _Content(int(unit), int(line), int(order), int(other), several, int(exact))


def votes_of_products(engine: DuckDB, column: str, rows: str) -> tuple[int, int, int]:
    """Return for how many products a column speaks for a piece, and for a line; some rows count.

    Of a product that was bought in several quantities: which varies less, the value or the value
    over the quantity? The third number is of those for a line whose quotient is always the same.
    """
    unit, line, exact = engine.rows(
        f"""SELECT COUNT(*) FILTER (WHERE of_unit < of_line), COUNT(*) FILTER (WHERE
            of_line < of_unit), COUNT(*) FILTER (WHERE of_line < 0.002 AND of_unit > 0.3)
        FROM (
            SELECT (MAX(value) - MIN(value)) / AVG(value) AS of_unit,
                (MAX(value / quantity) - MIN(value / quantity)) / AVG(value / quantity)
                    AS of_line
            FROM (
                SELECT product_id, CAST({column} AS DOUBLE) AS value,
                    CAST(quantity AS DOUBLE) AS quantity
                FROM events WHERE {rows} AND product_id IS NOT NULL
            )
            GROUP BY product_id HAVING COUNT(DISTINCT quantity) > 1
        )"""
    )[0]
    return int(unit), int(line), int(exact)


_KINDS = ("category_id", "category_code", "brand")


def _of_kinds(engine: DuckDB, kind: str) -> tuple[int, int]:
    """Return how many quantities of kinds of products speak for the price of a piece, or a line.

    Products of a kind have several prices, so only kinds in which one of the two is always the
    same say something.
    """
    unit, line = engine.rows(
        f"""SELECT COALESCE(SUM(n - 1) FILTER (WHERE of_unit < 0.001 AND of_line > 0.1), 0),
            COALESCE(SUM(n - 1) FILTER (WHERE of_line < 0.001 AND of_unit > 0.1), 0)
        FROM (
            SELECT COUNT(DISTINCT quantity) AS n,
                (MAX(price) - MIN(price)) / AVG(price) AS of_unit,
                (MAX(price / quantity) - MIN(price / quantity)) / AVG(price / quantity) AS of_line
            FROM (
                SELECT {kind}, CAST(price AS DOUBLE) AS price, CAST(quantity AS DOUBLE) AS quantity
                FROM events WHERE {_BOUGHT} AND {kind} IS NOT NULL
            )
            GROUP BY {kind} HAVING COUNT(DISTINCT quantity) > 1
        )"""
    )[0]
    return int(unit), int(line)


def _orders(engine: DuckDB, customers: str) -> tuple[int, int]:
    """Return how many orders of several products have one amount on all lines, and how many not.

    Where all amounts of the shop are one, none says anything.
    """
    alike, unlike = engine.rows(
        f"""SELECT COUNT(*) FILTER (WHERE low = high AND shop_low < shop_high),
            COUNT(*) FILTER (WHERE low < high)
        FROM (
            SELECT MIN(price) AS low, MAX(price) AS high
            FROM events WHERE {_BOUGHT} AND order_id IS NOT NULL AND {customers}
            GROUP BY user_id, order_id HAVING COUNT(DISTINCT product_id) > 1
        ), (
            SELECT MIN(price) AS shop_low, MAX(price) AS shop_high FROM events
            WHERE {_BOUGHT}
        )"""
    )[0]
    return int(alike), int(unlike)


def _sample(engine: DuckDB, kind: str) -> str | None:
    """Return how one row is understood, in plain words."""
    if kind == "order":
        rows = sorted(
            row
            for customers in engine.passes("events")
            for row in engine.rows(
                f"""SELECT MIN(event_time), user_id, order_id, MAX(price), COUNT(*)
                FROM events WHERE {_BOUGHT} AND order_id IS NOT NULL AND {customers}
                GROUP BY user_id, order_id HAVING COUNT(*) > 1
                ORDER BY MIN(event_time), user_id, order_id LIMIT 1"""
            )
        )
        return f"{_plain(rows[0][3])} for an order of {rows[0][4]} lines" if rows else None
    return sample_of_pieces(engine, "price", _BOUGHT, kind)


def sample_of_pieces(engine: DuckDB, column: str, rows: str, kind: str) -> str | None:
    """Return how a value of the first row of several pieces is understood, in plain words."""
    first = engine.rows(
        f"""SELECT {column}, quantity FROM events WHERE {rows} AND quantity > 1
        ORDER BY event_time, user_id, product_id, {column}, quantity LIMIT 1"""
    )
    if not first:
        return None
    value, quantity = first[0]
    if kind == "line":
        return f"{_plain(value)} for {_plain(quantity, 0)}"
    return f"{_plain(quantity, 0)} × {_plain(value)} = {_plain(value * quantity)}"


def _plain(number: Any, places: int = 2) -> str:
    text = f"{number.normalize():f}"
    fraction = len(text.partition(".")[2])
    return f"{number:,.{max(places, fraction)}f}"


def _divide_lines(engine: DuckDB) -> int:
    """Make what a line cost the price of a piece, where that is exact; else one piece of it.

    Returns how many lines are not exact.
    """
    piece, one = "CAST(ROUND(price / quantity, 4) AS DECIMAL(18, 4))", "CAST(1 AS DECIMAL(18, 4))"
    exact = f"{piece} * CAST(quantity AS DECIMAL(19, 4)) = price"
    several = "price IS NOT NULL AND quantity <> 1"
    undivided = engine.rows(f"SELECT COUNT(*) FROM events WHERE {several} AND NOT ({exact})")
    engine.remake(
        "events",
        lambda customers: (
            f"""SELECT * REPLACE (
            CASE WHEN {several} AND {exact} THEN {piece} ELSE price END AS price,
            CASE WHEN {several} AND NOT {exact} THEN {one} ELSE quantity END AS quantity
        ) FROM events WHERE {customers}"""
        ),
    )
    return int(undivided[0][0])


def _divide_orders(engine: DuckDB) -> None:
    """Spread what an order cost evenly over its lines, so that it counts once.

    What does not come out even goes to the first lines, in an order of the columns' values.
    """
    lines = "PARTITION BY user_id, order_id, event_type, event_time, price"
    share = (
        "CAST(FLOOR(CAST(price AS DECIMAL(38, 4)) * 10000 * {n} / lines) / 10000 AS DECIMAL(18, 4))"
    )
    upto, before = share.format(n="line"), share.format(n="(line - 1)")
    engine.remake(
        "events",
        lambda customers: (
            f"""SELECT * EXCLUDE (line, lines) REPLACE (
            CASE WHEN price IS NULL OR order_id IS NULL OR lines = 1 THEN price
                ELSE {upto} - {before} END AS price
        )
        FROM (
            SELECT *, COUNT(*) OVER ({lines}) AS lines, ROW_NUMBER() OVER (
                {lines} ORDER BY product_id, quantity, category_id, category_code, brand
            ) AS line
            FROM events WHERE {customers}
        )"""
        ),
    )
    _divide_lines(engine)
