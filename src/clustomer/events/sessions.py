"""Sessions (visits) and orders for rows whose source does not name them."""

from clustomer.engines import DuckDB

SESSION_MINUTES = 30
"""A visit ends with this much inactivity."""

# of rows at one time those with a session come first; ties beyond that change nothing
_ORDER = "event_s, user_session NULLS LAST"


MAX_UPDATED = 0.05
"""Where more rows than this share have no session, the table is made anew, not updated."""

_PAUSE = SESSION_MINUTES * 60


def derive_sessions(engine: DuckDB) -> int:
    """Give every row of `events` a session; return how many had none.

    A row without one continues the visit of the customer's previous event when
    that is at most 30 minutes ago (taking its session where it has one), and
    begins a visit otherwise. Only earlier events count, so that what comes later
    never changes the past.
    """
    missing, rows = engine.rows(
        "SELECT COUNT(*) FILTER (WHERE user_session IS NULL), COUNT(*) FROM events"
    )[0]
    if missing > MAX_UPDATED * rows:
        engine.remake("events", _with_sessions)
    elif missing:
        for customers in engine.passes("events"):
            _derive(engine, customers)
    return int(missing)


def _with_sessions(customers: str) -> str:
    """Return the query for all rows of some customers (SQL), with a session each."""
    rows = f"SELECT *, {_EVENT_S} AS event_s FROM events WHERE {customers}"
    return (
        f"SELECT * EXCLUDE (event_s, begins, visit_s, named_s, last_session) REPLACE ("
        f"COALESCE(user_session, {_DERIVED}) AS user_session) FROM ({_visits(rows)})"
    )


_EVENT_S = "DATE_DIFF('second', TIMESTAMP '1970-01-01', event_time)"
_DERIVED = (
    "CASE WHEN named_s >= visit_s THEN last_session ELSE 'visit-' || user_id || '-' || visit_s END"
)


def _visits(rows: str) -> str:
    """Return the query that says of some rows to which visit they belong.

    Of `rows`, a query with `user_id, user_session, event_s`, every column is kept.
    """
    # one order serves every window, so that the rows are sorted once
    return f"""
        SELECT *,
            MAX(CASE WHEN begins THEN event_s END) OVER so_far AS visit_s,
            MAX(CASE WHEN user_session IS NOT NULL THEN event_s END) OVER so_far AS named_s,
            LAST_VALUE(user_session IGNORE NULLS) OVER so_far AS last_session
        FROM (
            SELECT *,
                COALESCE(event_s - LAG(event_s) OVER so_far, {_PAUSE} + 1) > {_PAUSE} AS begins
            FROM ({rows}) WINDOW so_far AS (PARTITION BY user_id ORDER BY {_ORDER})
        )
        WINDOW so_far AS (PARTITION BY user_id ORDER BY {_ORDER} RANGE UNBOUNDED PRECEDING)"""


def _derive(engine: DuckDB, customers: str) -> None:
    """Give a session to the few rows of some customers (SQL) that have none."""
    affected = f"""
        SELECT rowid AS row_id, user_id, user_session, {_EVENT_S} AS event_s
        FROM events
        WHERE {customers} AND user_id IN (SELECT user_id FROM events WHERE user_session IS NULL)"""
    # row ids hold within a transaction only
    engine.execute("BEGIN")
    engine.execute(
        f"CREATE OR REPLACE TEMP TABLE derived AS SELECT row_id, {_DERIVED} AS derived_session "
        f"FROM ({_visits(affected)}) WHERE user_session IS NULL"
    )
    engine.execute(
        "UPDATE events SET user_session = derived_session FROM derived "
        "WHERE events.rowid = derived.row_id"
    )
    engine.execute("DROP TABLE derived")
    engine.execute("COMMIT")


def number_orders(engine: DuckDB) -> None:
    """Make each purchase row without an order number an order of its own."""
    engine.remake("events", _with_orders)


def _with_orders(customers: str) -> str:
    return f"""
        SELECT * EXCLUDE (event_s) REPLACE (
            CASE WHEN event_type = 'purchase' AND order_id IS NULL
                THEN 'row-' || user_id || '-' || event_s || '-' || ROW_NUMBER() OVER (
                    PARTITION BY user_id, event_s ORDER BY product_id, price, quantity
                )
                ELSE order_id END AS order_id
        )
        FROM (SELECT *, {_EVENT_S} AS event_s FROM events WHERE {customers})"""
