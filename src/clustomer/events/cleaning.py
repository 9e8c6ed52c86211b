"""Cleaning: every input row is kept, repaired or rejected by a named rule.

The counts add up exactly: kept + rejected is the input, and repaired rows are
among the kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import pyarrow as pa

from clustomer.engines import DuckDB, literal, quoted
from clustomer.events.schema import COLUMNS, EventSchema
from clustomer.events.sources import Source
from clustomer.events.times import time_expression, utc_offset_expression

REJECTIONS: Mapping[str, str] = MappingProxyType(
    {
        "broken_line": "the line could not be read as a row",
        "missing_time": "no time",
        "unreadable_time": "a time that cannot be read",
        "missing_customer": "no customer",
        "unknown_event_type": "an event type that the schema does not know",
        "unreadable_price": "a price that is no number",
        "negative_price": "a price below 0",
        "unreadable_quantity": "a quantity that is no number, or is 0",
        "implausible_time": "a time far away from all the others",
        "duplicate_row": "an exact copy of another row, with seconds and a session",
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
    }
)
"""What is put right in rows that are kept."""

KEPT: Mapping[str, str] = MappingProxyType(
    {
        "clean": "used",
        "possible_duplicate": "equal to another row, but it may be a second one: kept and used",
        "outside_window": "before the window or from the cutoff on: kept, not used",
    }
)
"""The kinds of kept rows; each kept row is of one kind."""

MAX_GAP_DAYS = 180
"""Events that are cut off from all the others by more days than this are suspect."""

MAX_ISOLATED_SHARE = 0.01
"""They are implausible where they are at most this share of the rows (or a single
row among at least ten)."""

_MISSING = ("", "null", "nan", "none", "nat", "\\n", "<na>")
_IDENTITY = (
    "event_time, event_type, product_id, category_id, category_code, brand, price, user_id, "
    "user_session, quantity, order_id"
)


@dataclass(frozen=True)
class Cleaning:
    """What cleaning did.

    `rules` holds (rule, action, rows); `unknown_event_types` the values that the
    schema does not know, with their rows.
    """

    rows: int
    rules: tuple[tuple[str, str, int], ...]
    unknown_event_types: tuple[tuple[str, int], ...] = ()

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
        return self.kept - sum(rows for rule, _, rows in self.rules if rule == "outside_window")

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


def stage(
    engine: DuckDB,
    source: Source,
    schema: EventSchema,
    time_zone: str,
    *,
    limit: int | None = None,
) -> int:
    """Read a source into the table `events`, and what is rejected into `rejected`.

    Returns the number of input rows; `limit` reads only so many.
    """
    staging = _staging(source, schema, time_zone)
    if limit is not None:
        staging += f" LIMIT {int(limit)}"
    with source.opened():
        engine.execute(f"CREATE OR REPLACE TABLE events AS {staging}", source.parameters)
    engine.execute(
        "CREATE OR REPLACE TABLE rejected (rule VARCHAR, "
        + ", ".join(f"{quoted(column)} VARCHAR" for column in COLUMNS)
        + ", line VARCHAR)"
    )
    rows = int(engine.rows("SELECT COUNT(*) FROM events")[0][0])
    if source.rejects is not None:
        engine.execute(
            "INSERT INTO rejected (rule, line) SELECT 'broken_line', line "
            f"FROM ({source.rejects}) AS broken(line_number, line)"
        )
        rows += int(engine.rows("SELECT COUNT(*) FROM rejected")[0][0])
    fields = ", ".join(f"raw ->> '$.{column}'" for column in COLUMNS)
    engine.execute(
        f"INSERT INTO rejected SELECT rule, {fields}, NULL FROM events WHERE raw IS NOT NULL"
    )
    engine.execute("DELETE FROM events WHERE rule IS NOT NULL")
    engine.execute("ALTER TABLE events DROP COLUMN raw")
    engine.execute("ALTER TABLE events DROP COLUMN rule")
    return rows


def _staging(source: Source, schema: EventSchema, time_zone: str) -> str:
    """Return the query that types every row and names the rule that rejects it."""
    raw = []
    for column in COLUMNS:
        theirs = schema.columns.get(column)
        if theirs is None:
            raw.append(f"CAST(NULL AS VARCHAR) AS {column}")
        elif column == "event_time":
            raw.append(f"{quoted(theirs)} AS event_time")
        else:
            raw.append(f"{_present(quoted(theirs), source.columns[theirs])} AS {column}")
    kind = source.columns[schema.columns["event_time"]]
    time = time_expression("event_time", kind, schema.time_format, schema.time_zone)
    missing_time = _present("event_time", kind) + " IS NULL"
    typed = f"""
        SELECT *, {time} AS time_read, {missing_time} AS no_time,
            {_event_type(schema)} AS type_read,
            TRY_CAST(price AS DECIMAL(18, 4)) AS price_read,
            {_quantity(schema)} AS quantity_read,
            {_customer("user_id")} AS user_read
        FROM (SELECT {", ".join(raw)} FROM {source.relation})
    """
    ruled = f"""
        SELECT *, CASE
            WHEN no_time THEN 'missing_time'
            WHEN time_read IS NULL THEN 'unreadable_time'
            WHEN user_read IS NULL THEN 'missing_customer'
            WHEN type_read IS NULL THEN 'unknown_event_type'
            WHEN price IS NOT NULL AND price_read IS NULL THEN 'unreadable_price'
            WHEN price_read < 0 THEN 'negative_price'
            WHEN quantity_read IS NULL OR quantity_read = 0 THEN 'unreadable_quantity'
        END AS rule
        FROM ({typed})
    """
    original = ", ".join(f"{column} := CAST({column} AS VARCHAR)" for column in COLUMNS)
    is_product = "TRUE"
    if schema.not_products is not None:
        pattern = literal(schema.not_products).sql("duckdb")
        is_product = f"COALESCE(NOT REGEXP_FULL_MATCH(product_id, {pattern}, 'i'), TRUE)"
    return f"""
        SELECT time_read AS event_time, type_read AS event_type, product_id, category_id,
            category_code, brand, price_read AS price, user_read AS user_id, user_session,
            quantity_read AS quantity, order_id, {is_product} AS is_product,
            {utc_offset_expression("time_read", time_zone)} AS utc_offset_s,
            rule, CASE WHEN rule IS NOT NULL THEN TO_JSON(STRUCT_PACK({original})) END AS raw
        FROM ({ruled})
    """


def _present(column: str, kind: str) -> str:
    """SQL of a column as trimmed text, NULL where it says that there is nothing."""
    text = f"TRIM(CAST({column} AS VARCHAR))" if kind != "VARCHAR" else f"TRIM({column})"
    missing = ", ".join(literal(value).sql("duckdb") for value in _MISSING)
    slow = f"CASE WHEN LOWER({text}) NOT IN ({missing}) THEN {text} END"
    if kind != "VARCHAR":
        return slow
    # most values are longer than any word for "nothing" and have no blanks around them
    plain = (
        f"LENGTH({column}) > 4 AND NOT STARTS_WITH({column}, ' ') AND NOT ENDS_WITH({column}, ' ')"
    )
    return f"CASE WHEN {plain} THEN {column} ELSE {slow} END"


def _customer(column: str) -> str:
    # 17850.0 is what a float column makes of customer 17850
    whole = f"REGEXP_REPLACE({column}, '^(-?[0-9]+)\\.0+$', '\\1')"
    return f"CASE WHEN {column} LIKE '%.0' THEN {whole} ELSE {column} END"


def _event_type(schema: EventSchema) -> str:
    if schema.event_type is not None and "event_type" not in schema.columns:
        kind = literal(schema.event_type).sql("duckdb")
    else:
        cases = " ".join(
            f"WHEN {literal(theirs.lower()).sql('duckdb')} THEN {literal(ours).sql('duckdb')}"
            for theirs, ours in schema.event_types.items()
        )
        kind = f"CASE LOWER(event_type) {cases} END" if cases else "NULL"
    if schema.return_prefix is not None and "order_id" in schema.columns:
        prefix = literal(schema.return_prefix).sql("duckdb")
        kind = f"CASE WHEN STARTS_WITH(order_id, {prefix}) THEN 'return' ELSE {kind} END"
    if schema.returns_are_negative and "quantity" in schema.columns:
        kind = f"CASE WHEN TRY_CAST(quantity AS DOUBLE) < 0 THEN 'return' ELSE {kind} END"
    return kind


def _quantity(schema: EventSchema) -> str:
    if "quantity" not in schema.columns:
        return "CAST(1 AS DECIMAL(18, 4))"
    number = "TRY_CAST(quantity AS DECIMAL(18, 4))"
    if schema.returns_are_negative:
        return f"CASE WHEN quantity IS NULL THEN 1 ELSE ABS({number}) END"
    return f"CASE WHEN quantity IS NULL THEN 1 WHEN {number} >= 0 THEN {number} END"


def reject_implausible_times(engine: DuckDB, before: str | None) -> None:
    """Reject events that are cut off from all the others by a long gap.

    Events at or after the timestamp `before` (SQL) are left alone, and do not
    speak for others: what happens after the cutoff must not change the past.
    """
    scope = "TRUE" if before is None else f"event_time < {before}"
    day = "DATE_DIFF('day', DATE '1970-01-01', CAST(event_time AS DATE))"
    days = engine.rows(
        f"SELECT {day} AS day, COUNT(*) FROM events WHERE {scope} GROUP BY day ORDER BY day"
    )
    for first, last in implausible_runs([(int(day), int(rows)) for day, rows in days]):
        _reject(engine, "implausible_time", f"{scope} AND {day} BETWEEN {first} AND {last}")


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

    Other exact copies may be two things that happened, and are only listed, in
    the table `possible_duplicates`.
    """
    seconds = bool(
        engine.rows("SELECT COUNT(*) > 0 FROM events WHERE SECOND(event_time) <> 0")[0][0]
    )
    certain = "user_session IS NOT NULL" if seconds else "FALSE"
    # row ids hold within a transaction only
    engine.execute("BEGIN")
    # a hash finds the few candidates cheaply; they are then compared in full
    engine.execute(
        f"""CREATE OR REPLACE TEMP TABLE copies AS
        SELECT row_id, event_time, certain
        FROM (
            SELECT rowid AS row_id, event_time, {certain} AS certain,
                ROW_NUMBER() OVER (PARTITION BY {_IDENTITY}) AS copy
            FROM events
            WHERE HASH({_IDENTITY}) IN (
                SELECT key FROM (SELECT HASH({_IDENTITY}) AS key FROM events)
                GROUP BY key HAVING COUNT(*) > 1
            )
        ) WHERE copy > 1"""
    )
    engine.execute(
        "CREATE OR REPLACE TABLE possible_duplicates AS "
        "SELECT event_time FROM copies WHERE NOT certain"
    )
    _reject(engine, "duplicate_row", "rowid IN (SELECT row_id FROM copies WHERE certain)")
    engine.execute("DROP TABLE copies")
    engine.execute("COMMIT")


def _reject(engine: DuckDB, rule: str, condition: str) -> None:
    fields = ", ".join(f"CAST({column} AS VARCHAR)" for column in COLUMNS)
    engine.execute(
        f"INSERT INTO rejected SELECT ?, {fields}, NULL FROM events WHERE {condition}", [rule]
    )
    engine.execute(f"DELETE FROM events WHERE {condition}")


def count_rules(
    engine: DuckDB, schema: EventSchema, rows: int, sessions_derived: int, window: str
) -> Cleaning:
    """Return what was done, once everything is done; `window` is SQL over `events`."""
    rejected = dict(engine.rows("SELECT rule, COUNT(*) FROM rejected GROUP BY rule"))
    category = "category_id IS NULL AND category_code IS NULL"
    (kept, used, brands, categories, prices, products) = engine.rows(
        f"""SELECT COUNT(*), COUNT(*) FILTER (WHERE {window}),
            COUNT(*) FILTER (WHERE brand IS NULL), COUNT(*) FILTER (WHERE {category}),
            COUNT(*) FILTER (WHERE event_type = 'purchase' AND price IS NULL),
            COUNT(*) FILTER (WHERE NOT is_product)
        FROM events"""
    )[0]
    copies = engine.rows(f"SELECT COUNT(*) FROM possible_duplicates WHERE {window}")[0][0]
    has_category = {"category_id", "category_code"} & set(schema.columns)
    repaired = {
        "missing_brand": brands if "brand" in schema.columns else 0,
        "missing_category": categories if has_category else 0,
        "missing_session": sessions_derived,
        "missing_price": prices if "price" in schema.columns else 0,
        "not_a_product": products,
    }
    kinds = {
        "clean": used - copies,
        "possible_duplicate": copies,
        "outside_window": kept - used,
    }
    unknown = engine.rows(
        "SELECT event_type, COUNT(*) AS n FROM rejected WHERE rule = 'unknown_event_type' "
        "GROUP BY event_type ORDER BY n DESC, event_type LIMIT 100"
    )
    return Cleaning(
        rows=rows,
        rules=(
            *((rule, "kept", int(kinds[rule])) for rule in KEPT),
            *((rule, "repaired", int(repaired[rule])) for rule in REPAIRS),
            *((rule, "rejected", int(rejected.get(rule, 0))) for rule in REJECTIONS),
        ),
        unknown_event_types=tuple((str(kind), int(count)) for kind, count in unknown),
    )
