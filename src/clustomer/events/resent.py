"""Orders that a source names twice: sent again, of several customers, or at times far apart."""

import re

from clustomer.engines import DuckDB, quoted
from clustomer.events.schema import EventSchema
from clustomer.events.sources import Source
from clustomer.progress import counted

SAMPLES = 3
MAX_SHARE_OF_OTHERS = 0.5
"""Above this share of orders whose lines differ from time to time, lines have times of
their own, and equal ones are no copies."""

_LINE = "HASH(product_id, category_id, category_code, brand, price, quantity)"


def orders_sent_again(engine: DuckDB, before: str | None) -> str | None:
    """Return the condition for rows of `events` that repeat an order, None where none do.

    An order of one customer, by its number, that comes again at later times with no other set
    of lines than the first time, was sent again. Events at or after the timestamp `before`
    (SQL) are left alone. The condition holds while the table `sent_again` is there.
    """
    bought = "order_id IS NOT NULL AND event_type IN ('purchase', 'return')"
    if before is not None:
        bought += f" AND event_time < {before}"
    engine.execute(
        "CREATE OR REPLACE TEMP TABLE sent_again "
        "(user_id VARCHAR, order_id VARCHAR, event_time TIMESTAMP, event_type VARCHAR)"
    )
    same = others = 0
    for customers in engine.passes("events"):
        counts = _sent_again(engine, f"{bought} AND {customers}")
        same, others = same + counts[0], others + counts[1]
    if not same or others > MAX_SHARE_OF_OTHERS * (same + others):
        engine.execute("DROP TABLE sent_again")
        return None
    return (
        "(user_id, order_id, event_time, event_type) IN "
        "(SELECT (user_id, order_id, event_time, event_type) FROM sent_again)"
    )


def _sent_again(engine: DuckDB, bought: str) -> tuple[int, int]:
    """Add what was sent again of some rows (SQL) to the table `sent_again`.

    Returns how many orders came again with the same lines, and how many with others.
    """
    engine.execute(
        f"""CREATE OR REPLACE TEMP TABLE sendings AS
        SELECT user_id, order_id, event_time, event_type, COUNT(*) AS lines,
            SUM({_LINE}::HUGEINT) AS content
        FROM events WHERE {bought}
            AND (user_id, order_id) IN (
                SELECT (user_id, order_id) FROM events
                WHERE {bought}
                GROUP BY user_id, order_id HAVING MIN(event_time) < MAX(event_time)
            )
        GROUP BY ALL"""
    )
    same, others = engine.rows(
        """SELECT COUNT(*) FILTER (WHERE sets = 1), COUNT(*) FILTER (WHERE sets > 1)
        FROM (
            SELECT COUNT(DISTINCT (lines, content)) AS sets FROM sendings
            GROUP BY user_id, order_id, event_type HAVING COUNT(*) > 1
        )"""
    )[0]
    engine.execute(
        """INSERT INTO sent_again
        SELECT user_id, order_id, event_time, event_type FROM (
            SELECT *, ROW_NUMBER() OVER (
                PARTITION BY user_id, order_id, event_type ORDER BY event_time
            ) AS copy, COUNT(DISTINCT (lines, content)) OVER (
                PARTITION BY user_id, order_id, event_type
            ) AS sets FROM sendings
        ) WHERE copy > 1 AND sets = 1"""
    )
    engine.execute("DROP TABLE sendings")
    return int(same), int(others)


_LINE_NUMBER = re.compile(
    r"(order.?item|line.?item|line|row|position|pos|zeile)[ _.-]?(id|no|nr|num|number|nummer|seq)",
    re.IGNORECASE,
)
MAX_LINES = 1_000
"""Numbers of lines within an order are not larger."""


def lines_given_twice(engine: DuckDB, source: Source, schema: EventSchema) -> str | None:
    """Say that lines of orders come several times, as where a log was joined with payments.

    So it is where a column numbers the lines of each order, and a number comes again.
    """
    order = schema.columns.get("order_id")
    number = next((name for name in source.columns if _LINE_NUMBER.fullmatch(name)), None)
    if not isinstance(order, str) or number is None or order not in source.columns:
        return None
    keys = ", ".join(f"CAST({quoted(name)} AS VARCHAR)" for name in (order, number))
    given = f"(SELECT {keys} FROM {source.reading([order, number])}) AS keys(number, line)"
    with source.opened():
        rows, lines, largest = engine.rows(
            f"SELECT COALESCE(SUM(n), 0), COUNT(*), MAX(TRY_CAST(line AS BIGINT)) FROM "
            f"(SELECT line, COUNT(*) AS n FROM {given} WHERE number IS NOT NULL "
            "AND line IS NOT NULL GROUP BY number, line)",
            source.parameters,
        )[0]
    if not lines or rows == lines or largest is None or largest > MAX_LINES:
        return None
    return (
        f"{counted(int(rows - lines), 'row')} of {int(rows):,} came before: `{number}` numbers the "
        "lines of an order, and comes again within one. A log that was joined with payments or "
        "deliveries counts twice: read the lines without what was joined to them."
    )


def orders_of_several(engine: DuckDB) -> tuple[int, int, list[str]]:
    """Return how many orders several customers bought under one number, of how many, with samples.

    Such an order counts once for each of them.
    """
    shared, orders, samples = engine.rows(
        f"""SELECT COUNT(*) FILTER (shared), COUNT(*), MIN(order_id, {SAMPLES}) FILTER (shared)
        FROM (
            SELECT order_id, MIN(HASH(user_id)) < MAX(HASH(user_id)) AS shared FROM events
            WHERE order_id IS NOT NULL AND event_type = 'purchase' GROUP BY order_id
        )"""
    )[0]
    return int(shared), int(orders), samples or []


APART_DAYS = 7
"""Purchases of one order are hardly so many days apart."""


def orders_far_apart(engine: DuckDB) -> tuple[int, int, str]:
    """Return how many orders have purchases a week apart, of how many, and the number of one.

    Numbers that begin anew, at each till or each year, join orders of one customer; where these
    have the same lines, the later one was taken for the first, sent again.
    """
    apart, orders, one = engine.rows(
        f"""SELECT COUNT(*) FILTER (apart), COUNT(*), MIN(order_id) FILTER (apart)
        FROM (
            SELECT order_id, MAX(event_time) - MIN(event_time) >= INTERVAL {APART_DAYS} DAY AS apart
            FROM (
                SELECT user_id, order_id, event_time FROM events
                WHERE order_id IS NOT NULL AND event_type = 'purchase' UNION ALL
                SELECT user_id, order_id, CAST(event_time AS TIMESTAMP) FROM rejected
                WHERE rule = 'order_sent_again' AND event_type = 'purchase'
            ) GROUP BY user_id, order_id
        )"""
    )[0]
    return int(apart), int(orders), str(one)
