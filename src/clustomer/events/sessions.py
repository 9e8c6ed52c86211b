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
    # row ids hold within a transaction only
    engine.execute("BEGIN")
    engine.execute(
        f"""CREATE OR REPLACE TEMP TABLE derived AS
        WITH affected AS (
            SELECT rowid AS row_id, user_id, user_session,
                DATE_DIFF('second', TIMESTAMP '1970-01-01', event_time) AS event_s
            FROM events
            WHERE user_id IN (SELECT user_id FROM events WHERE user_session IS NULL)
        ),
        breaks AS (
            SELECT *, CASE WHEN event_s - LAG(event_s) OVER so_far <= {SESSION_MINUTES * 60}
                THEN 0 ELSE 1 END AS begins
            FROM affected WINDOW so_far AS (PARTITION BY user_id ORDER BY {_ORDER})
        ),
        visits AS (
            SELECT *, SUM(begins) OVER (
                PARTITION BY user_id ORDER BY {_ORDER} ROWS UNBOUNDED PRECEDING
            ) AS visit FROM breaks
        ),
        blocks AS (
            SELECT *, MIN(event_s) OVER (PARTITION BY user_id, visit) AS visit_s,
                COUNT(user_session) OVER (
                    PARTITION BY user_id, visit ORDER BY {_ORDER} ROWS UNBOUNDED PRECEDING
                ) AS block
            FROM visits
        ),
        sessions AS (
            SELECT row_id, user_session, COALESCE(
                MAX(user_session) OVER (PARTITION BY user_id, visit, block),
                'visit-' || user_id || '-' || visit_s
            ) AS derived_session
            FROM blocks
        )
        SELECT row_id, derived_session FROM sessions WHERE user_session IS NULL"""
    )
    engine.execute(
        "UPDATE events SET user_session = derived_session FROM derived "
        "WHERE events.rowid = derived.row_id"
    )
    engine.execute("DROP TABLE derived")
    engine.execute("COMMIT")
    return missing


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
