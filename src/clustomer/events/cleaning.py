"""Cleaning: every input row is kept, repaired or rejected by a named rule.

The counts add up exactly: kept + rejected is the input, and repaired rows are
among the kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

import pyarrow as pa

from clustomer.engines import DuckDB, literal
from clustomer.events.resent import orders_sent_again
from clustomer.events.schema import COLUMNS, EventSchema
from clustomer.events.window import Window

REJECTIONS: Mapping[str, str] = MappingProxyType(
    {
        "broken_line": "the line could not be read as a row",
        "missing_time": "no time",
        "unreadable_time": "a time that cannot be read",
        "implausible_time": "a time no shop can have had, or far away from all the others",
        "missing_customer": "no customer",
        "shortened_customer": "an id of which the last digits are lost, such as 4.91123E+11",
        "ignored_event_type": "an event type that is known, but has no meaning here",
        "unknown_event_type": "an event type that the schema does not know",
        "other_currency": "an amount in another currency than the one that was asked for",
        "unreadable_price": "a price that is no number",
        "negative_price": "a price below 0",
        "unreadable_quantity": "a quantity that is no number, or is 0",
        "implausible_amount": "a price or quantity too large for a shop, such as a bar code",
        "duplicate_row": "an exact copy of another row, with seconds and a session",
        "order_sent_again": "an order whose same lines came before under the same number",
        "total_line": "a line with the total of other lines, such as a spreadsheet has",
    }
)
"""Why rows are rejected; a row is rejected by the first rule that applies."""

REPAIRS: Mapping[str, str] = MappingProxyType(
    {
        "missing_brand": "no brand: counts as unknown, not as one more brand",
        "missing_category": "no category: counts as unknown, not as one more category",
        "missing_session": "no session: taken from 30 minutes of inactivity",
        "missing_price": "a purchase without a price: adds nothing to revenue",
        "not_a_product": "postage, fees and the like: in revenue, out of diversity",
        "mapped_customer": "another id of a customer: replaced by the map of ids",
    }
)
"""What is put right in rows that are kept."""

KEPT: Mapping[str, str] = MappingProxyType(
    {
        "clean": "used",
        "possible_duplicate": "equal to another row, but it may be a second one: kept and used",
        "sparse_edge": "far from nearly all others, so the window leaves it out: kept, not used",
        "outside_window": "before the window or from the cutoff on: kept, not used",
    }
)
"""The kinds of kept rows; each kept row is of one kind."""

MAX_GAP_DAYS = 180
"""Events that are cut off from all the others by more days than this are suspect."""

MAX_ISOLATED_SHARE = 0.01
"""They are implausible where they are at most this share of the rows (or a single
row among at least ten)."""


@dataclass(frozen=True)
class Cleaning:
    """What cleaning did.

    `rules` holds (rule, action, rows); `unknown_event_types` the values that the
    schema does not know, with their rows, and `ignored_event_types` those that it
    knows to have no meaning here; `mapped_ids` the ids of kept rows that the map
    of ids replaced.
    """

    rows: int
    rules: tuple[tuple[str, str, int], ...]
    unknown_event_types: tuple[tuple[str, int], ...] = ()
    ignored_event_types: tuple[tuple[str, int], ...] = ()
    mapped_ids: int = 0

    @property
    def kept(self) -> int:
        """Rows that became events."""
        return sum(rows for _, action, rows in self.rules if action == "kept")

    @property
    def rejected(self) -> int:
        """Rows that did not."""
        return sum(rows for _, action, rows in self.rules if action == "rejected")

    @property
    def used(self) -> int:
        """Kept rows inside the window: those that features are made of."""
        unused = {"sparse_edge", "outside_window"}
        return self.kept - sum(rows for rule, _, rows in self.rules if rule in unused)

    @property
    def table(self) -> pa.Table:
        """Columns `rule, action, rows, share`; share is of the input."""
        return pa.table(
            {
                "rule": [rule for rule, _, _ in self.rules],
                "action": [action for _, action, _ in self.rules],
                "rows": pa.array([rows for _, _, rows in self.rules], pa.int64()),
                "share": pa.array(
                    [rows / self.rows if self.rows else 0.0 for _, _, rows in self.rules],
                    pa.float64(),
                ),
            }
        )


def reject_implausible_times(engine: DuckDB, before: str | None) -> None:
    """Reject events that are cut off from all the others by a long gap.

    Events at or after the timestamp `before` (SQL) are left alone, and do not
    speak for others: what happens after the cutoff must not change the past.
    """
    scope = "TRUE" if before is None else f"event_time < {before}"
    for first, last in implausible_runs(days_of(engine, before)):
        _reject(engine, "implausible_time", f"{scope} AND {DAY} BETWEEN {first} AND {last}")


DAY = "DATE_DIFF('day', DATE '1970-01-01', CAST(event_time AS DATE))"
"""SQL for the day of an event, since 1970."""


def within(window: Window) -> str:
    """Return SQL for the events of a window.

    >>> from datetime import datetime
    >>> within(Window(datetime(2024, 1, 1), datetime(2024, 2, 1), "UTC")).split(" AND ")[0]
    "event_time >= CAST('2024-01-01 00:00:00.000000' AS TIMESTAMP)"
    """
    start, cutoff = (literal(moment).sql("duckdb") for moment in (window.start, window.cutoff))
    return f"event_time >= {start} AND event_time < {cutoff}"


def far_edges(
    window: Window,
    day: str,
    dense: tuple[int, int] | None,
    cutoff: datetime | None,
    length: timedelta | None,
) -> str:
    """Return SQL for the events that a window leaves out because they are so few and far.

    `day` is SQL for the day of an event since 1970, `dense` the days between which most lie; a
    side that a `cutoff` or a `length` was given for is the user's own.
    """
    if dense is None:
        return "FALSE"
    start, end = (literal(moment).sql("duckdb") for moment in (window.start, window.cutoff))
    early = f"(event_time < {start} AND {day} < {dense[0]})"
    late = f"(event_time >= {end} AND {day} > {dense[1]})"
    sides = [*([] if length else [early]), *([] if cutoff else [late])]
    return " OR ".join(sides) or "FALSE"


def days_of(engine: DuckDB, before: str | None) -> list[tuple[int, int]]:
    """Return the days since 1970 that have events before a timestamp (SQL), with their rows."""
    scope = "TRUE" if before is None else f"event_time < {before}"
    days = engine.rows(
        f"SELECT {DAY} AS day, COUNT(*) FROM events WHERE {scope} GROUP BY day ORDER BY day"
    )
    return [(int(day), int(rows)) for day, rows in days]


def implausible_runs(days: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the stretches of days (first, last) that hold implausible times.

    Parameters
    ----------
    days : list of (day, rows)
        Days since 1970 in rising order, with their rows.

    >>> implausible_runs([(0, 1), (18170, 500), (18171, 480), (47000, 2)])
    [(0, 0), (47000, 47000)]
    >>> implausible_runs([(18170, 500), (18400, 480)])
    []
    """
    runs: list[list[int]] = []
    for day, rows in days:
        if runs and day - runs[-1][1] <= MAX_GAP_DAYS:
            runs[-1][1] = day
            runs[-1][2] += rows
        else:
            runs.append([day, day, rows])
    total = sum(run[2] for run in runs)
    most = max((run[2] for run in runs), default=0)
    allowed = max(1 if total > 10 else 0, int(total * MAX_ISOLATED_SHARE))
    return [(run[0], run[1]) for run in runs if run[2] <= allowed and run[2] < most]


_IDENTITY = (
    "event_time, event_type, product_id, category_id, category_code, brand, price, user_id, "
    "user_session, quantity, order_id"
)


def find_duplicates(engine: DuckDB) -> None:
    """Reject exact copies where times have seconds and the row names a session.

    Elements of a list with the number of an order have come again with it: two equal lines of one
    order have different places. Other exact copies may be two things that happened, and are only
    listed, in the table `possible_duplicates`.
    """
    seconds = bool(
        engine.rows("SELECT COUNT(*) > 0 FROM events WHERE SECOND(event_time) <> 0")[0][0]
    )
    numbered = "element_number" in engine.empty("SELECT * FROM events LIMIT 0").names
    certain = "user_session IS NOT NULL" if seconds else "FALSE"
    resent = f"order_id IS NOT NULL AND NOT ({certain})" if numbered else "FALSE"
    identity = f"{_IDENTITY}, element_number" if numbered else _IDENTITY
    # row ids hold within a transaction only
    engine.execute("BEGIN")
    engine.execute(
        "CREATE OR REPLACE TEMP TABLE copies "
        "(row_id BIGINT, event_time TIMESTAMP, certain BOOLEAN, resent BOOLEAN)"
    )
    for customers in engine.passes("events"):
        # a hash finds the few candidates cheaply; they are then compared in full
        engine.execute(
            f"""INSERT INTO copies
            SELECT row_id, event_time, certain, resent
            FROM (
                SELECT rowid AS row_id, event_time, {certain} AS certain, {resent} AS resent,
                    ROW_NUMBER() OVER (PARTITION BY {identity}) AS copy
                FROM events
                WHERE {customers} AND HASH({identity}) IN (
                    SELECT key FROM (SELECT HASH({identity}) AS key FROM events WHERE {customers})
                    GROUP BY key HAVING COUNT(*) > 1
                )
            ) WHERE copy > 1"""
        )
    engine.execute(
        "CREATE OR REPLACE TABLE possible_duplicates AS "
        "SELECT event_time FROM copies WHERE NOT certain AND NOT resent"
    )
    _reject(engine, "duplicate_row", "rowid IN (SELECT row_id FROM copies WHERE certain)")
    _reject(engine, "order_sent_again", "rowid IN (SELECT row_id FROM copies WHERE resent)")
    engine.execute("DROP TABLE copies")
    engine.execute("COMMIT")
    if numbered:
        engine.execute("ALTER TABLE events DROP COLUMN element_number")


_TOTALS = (
    "total", "totals", "totale", "total general", "total général", "grand total", "sub-?total",
    "sous-total", "summe", "gesamt", "gesamtsumme", "gesamtergebnis", "zwischensumme", "ergebnis",
    "totaal", "eindtotaal", "suma", "razem", "totalt", "celkem", "итого", "итог",
)  # fmt: skip
"""Words of lines with a total, as spreadsheets write them beside a customer's name or alone."""


_PERIOD = (
    r"(jan|feb|f[eé]v|m[aä]r|mrz|ma[aior]|mar|ap?[rb]|a[vg]|gen|ene|lug|giu|set|ott|dic|may|ju[nil]|"
    r"aug|ao[uû]|sep|o[ck]t|nov|d[eé][czs])[a-zäéû]*[.]?( '?(20)?[0-9]{2})?|(19|20)[0-9]{2}|"
    r"q[1-4]( (19|20)[0-9]{2})?|(week|woche|kw|semaine|semana) ?[0-9]{1,2}"
)
"""What a total may be of besides a customer: a month, a quarter, a week, a year."""

_PLAIN_TOTALS = (*(word for word in _TOTALS if "?" not in word), "subtotal", "order total")


def reject_total_lines(engine: DuckDB) -> None:
    """Reject lines that add up others: of "Total", "Total May", or "K1 Total" beside K1."""
    total = f"({'|'.join(_TOTALS)})"
    words = literal(rf"(.*\S[ :-]+)?{total}|{total}[ :-]+\S.*").sql("duckdb")
    beside = literal(rf"[ :-]*{total}$|^{total}[ :-]+((for|für|of|de|du|di) )?").sql("duckdb")
    engine.execute(
        "CREATE OR REPLACE TEMP TABLE total_lines AS SELECT DISTINCT user_id, "
        f"LOWER(REGEXP_REPLACE(user_id, {beside}, '', 'i')) AS of FROM events "
        f"WHERE REGEXP_FULL_MATCH(user_id, {words}, 'i')"
    )
    if engine.rows("SELECT COUNT(*) FROM total_lines")[0][0]:
        engine.execute(
            "DELETE FROM total_lines WHERE of <> '' AND of NOT IN (SELECT LOWER(user_id) FROM "
            f"events) AND NOT REGEXP_FULL_MATCH(of, {literal(_PERIOD).sql('duckdb')})"
        )
        _reject(engine, "total_line", "user_id IN (SELECT user_id FROM total_lines)")
    engine.execute("DROP TABLE total_lines")
    _reject_totals_of_orders(engine)


def _reject_totals_of_orders(engine: DuckDB) -> None:
    """Reject lines whose product is "Total" and whose amount the other lines of the order make."""
    words = ", ".join(literal(word).sql("duckdb") for word in _PLAIN_TOTALS)
    is_total = f"LOWER(RTRIM(product_id, ' :')) IN ({words})"
    if not engine.rows(f"SELECT COUNT(*) FROM events WHERE {is_total}")[0][0]:
        return
    engine.execute(
        f"""CREATE OR REPLACE TEMP TABLE totals_of_orders AS
        SELECT user_id, order_id, event_time, total FROM (
            SELECT user_id, order_id, event_time, MAX(price) FILTER ({is_total}) AS total,
                SUM(price) FILTER (NOT {is_total}) AS lines,
                SUM(CAST(price AS DOUBLE) * CAST(quantity AS DOUBLE)) FILTER (NOT {is_total})
                    AS pieces
            FROM (SELECT * REPLACE (COALESCE(product_id, '') AS product_id) FROM events)
            WHERE order_id IS NOT NULL AND event_type = 'purchase'
                AND (user_id, order_id) IN (SELECT (user_id, order_id) FROM events WHERE {is_total})
            GROUP BY ALL
        ) WHERE ABS(total - lines) < 0.01 OR ABS(total - pieces) < 0.01"""
    )
    _reject(
        engine,
        "total_line",
        f"{is_total} AND (user_id, order_id, event_time, price) IN "
        "(SELECT (user_id, order_id, event_time, total) FROM totals_of_orders)",
    )
    engine.execute("DROP TABLE totals_of_orders")


def reject_orders_sent_again(engine: DuckDB, before: str | None) -> None:
    """Reject whole orders that come again at a later time under the same number."""
    condition = orders_sent_again(engine, before)
    if condition is not None:
        _reject(engine, "order_sent_again", condition)
        engine.execute("DROP TABLE sent_again")


def _reject(engine: DuckDB, rule: str, condition: str) -> None:
    fields = ", ".join(f"CAST({column} AS VARCHAR)" for column in COLUMNS)
    engine.execute(
        f"INSERT INTO rejected SELECT ?, {fields}, NULL FROM events WHERE {condition}", [rule]
    )
    engine.execute(f"DELETE FROM events WHERE {condition}")


def count_rules(
    engine: DuckDB,
    schema: EventSchema,
    rows: int,
    sessions_derived: int,
    window: str,
    edges: str,
) -> Cleaning:
    """Return what was done, once everything is done; `window` and `edges` are SQL over `events`."""
    rejected = dict(engine.rows("SELECT rule, COUNT(*) FROM rejected GROUP BY rule"))
    category = "category_id IS NULL AND category_code IS NULL"
    (kept, used, sparse, brands, categories, prices, products) = engine.rows(
        f"""SELECT COUNT(*), COUNT(*) FILTER (WHERE {window}), COUNT(*) FILTER (WHERE {edges}),
            COUNT(*) FILTER (WHERE brand IS NULL), COUNT(*) FILTER (WHERE {category}),
            COUNT(*) FILTER (WHERE event_type = 'purchase' AND price IS NULL),
            COUNT(*) FILTER (WHERE NOT is_product)
        FROM events"""
    )[0]
    mapped, mapped_ids = _forget_given_ids(engine)
    copies = engine.rows(f"SELECT COUNT(*) FROM possible_duplicates WHERE {window}")[0][0]
    has_category = {"category_id", "category_code"} & set(schema.columns)
    repaired = {
        "missing_brand": brands if "brand" in schema.columns else 0,
        "missing_category": categories if has_category else 0,
        "missing_session": sessions_derived,
        "missing_price": prices if "price" in schema.columns else 0,
        "not_a_product": products,
        "mapped_customer": mapped,
    }
    kinds = {
        "clean": used - copies,
        "possible_duplicate": copies,
        "sparse_edge": sparse,
        "outside_window": kept - used - sparse,
    }
    return Cleaning(
        rows=rows,
        rules=(
            *((rule, "kept", int(kinds[rule])) for rule in KEPT),
            *((rule, "repaired", int(repaired[rule])) for rule in REPAIRS),
            *((rule, "rejected", int(rejected.get(rule, 0))) for rule in REJECTIONS),
        ),
        unknown_event_types=_types_of(engine, "unknown_event_type"),
        ignored_event_types=_types_of(engine, "ignored_event_type"),
        mapped_ids=mapped_ids,
    )


def _types_of(engine: DuckDB, rule: str) -> tuple[tuple[str, int], ...]:
    counts = engine.rows(
        "SELECT event_type, COUNT(*) AS n FROM rejected WHERE rule = ? "
        "GROUP BY event_type ORDER BY n DESC, event_type LIMIT 100",
        [rule],
    )
    return tuple((str(kind), int(count)) for kind, count in counts)


def _forget_given_ids(engine: DuckDB) -> tuple[int, int]:
    """Count rows and ids that the map of ids replaced; only then there is a column for them."""
    columns = engine.empty("SELECT * FROM events LIMIT 0").names
    if "given_id" not in columns:
        return 0, 0
    rows, ids = engine.rows("SELECT COUNT(given_id), COUNT(DISTINCT given_id) FROM events")[0]
    engine.execute("ALTER TABLE events DROP COLUMN given_id")
    return int(rows), int(ids)
