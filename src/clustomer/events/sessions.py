"""Sessions (visits) and orders for rows whose source does not name them."""

from clustomer.engines import DuckDB

SESSION_MINUTES = 30
"""A visit ends with this much inactivity."""

# of rows at one time those with a session come first; ties beyond that change nothing
_ORDER = "event_s, user_session NULLS LAST"


def derive_sessions(engine: DuckDB) -> int:
    """Give every row of `events` a session; return how many had none.

    A row without one continues the visit of the customer's previous event when
    that is at most 30 minutes ago (taking its session where it has one), and
    begins a visit otherwise. Only earlier events count, so that what comes later
    never changes the past.
    """
    missing = int(engine.rows("SELECT COUNT(*) FROM events WHERE user_session IS NULL")[0][0])
    if missing == 0:
        return 0
    for customers in engine.passes("events"):
        _derive(engine, customers)
    return missing


def _derive(engine: DuckDB, customers: str) -> None:
    """Give a session to the rows of some customers (SQL) that have none."""
    pause = SESSION_MINUTES * 60
    # row ids hold within a transaction only
    engine.execute("BEGIN")
    # one order serves every window, so that the rows are sorted once
    engine.execute(
        f"""CREATE OR REPLACE TEMP TABLE derived AS
        WITH affected AS (
            SELECT rowid AS row_id, user_id, user_session,
                DATE_DIFF('second', TIMESTAMP '1970-01-01', event_time) AS event_s
            FROM events
            WHERE {customers} AND user_id IN (
                SELECT user_id FROM events WHERE user_session IS NULL
            )
        ),
        breaks AS (
            SELECT *, COALESCE(event_s - LAG(event_s) OVER so_far, {pause} + 1) > {pause} AS begins
            FROM affected WINDOW so_far AS (PARTITION BY user_id ORDER BY {_ORDER})
        ),
        visits AS (
            SELECT row_id, user_id, user_session,
                MAX(CASE WHEN begins THEN event_s END) OVER so_far AS visit_s,
                MAX(CASE WHEN user_session IS NOT NULL THEN event_s END) OVER so_far AS named_s,
                LAST_VALUE(user_session IGNORE NULLS) OVER so_far AS last_session
            FROM breaks WINDOW so_far AS (
                PARTITION BY user_id ORDER BY {_ORDER} RANGE UNBOUNDED PRECEDING
            )
        )
        SELECT row_id, CASE WHEN named_s >= visit_s THEN last_session
            ELSE 'visit-' || user_id || '-' || visit_s END AS derived_session
        FROM visits WHERE user_session IS NULL"""
    )
    engine.execute(
        "UPDATE events SET user_session = derived_session FROM derived "
        "WHERE events.rowid = derived.row_id"
    )
    engine.execute("DROP TABLE derived")
    engine.execute("COMMIT")


def number_orders(engine: DuckDB) -> None:
    """Make each purchase row without an order number an order of its own."""
    engine.execute(
        """CREATE OR REPLACE TABLE numbered_events AS
        SELECT * EXCLUDE (event_s) REPLACE (
            CASE WHEN event_type = 'purchase' AND order_id IS NULL
                THEN 'row-' || user_id || '-' || event_s || '-' || ROW_NUMBER() OVER (
                    PARTITION BY user_id, event_s ORDER BY product_id, price, quantity
                )
                ELSE order_id END AS order_id
        )
        FROM (
            SELECT *, DATE_DIFF('second', TIMESTAMP '1970-01-01', event_time) AS event_s
            FROM events
        )"""
    )
    engine.execute("DROP TABLE events")
    engine.execute("ALTER TABLE numbered_events RENAME TO events")
