"""Sessions (visits) and orders for rows whose source does not name them."""

from clustomer.engines import DuckDB

SESSION_MINUTES = 30
"""A visit ends with this much inactivity."""

# ties in time are broken by every column that matters, rows with a session first
_ORDER = (
    "event_s, user_session NULLS LAST, event_type, product_id NULLS LAST, price NULLS LAST, "
    "quantity, order_id NULLS LAST, category_id NULLS LAST, category_code NULLS LAST, "
    "brand NULLS LAST"
)


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
    engine.execute(
        f"""CREATE OR REPLACE TABLE events_with_sessions AS
        WITH affected AS (
            SELECT *, DATE_DIFF('second', TIMESTAMP '1970-01-01', event_time) AS event_s
            FROM events
            WHERE user_id IN (SELECT user_id FROM events WHERE user_session IS NULL)
        ),
        breaks AS (
            SELECT *, CASE WHEN event_s - LAG(event_s) OVER visits <= {SESSION_MINUTES * 60}
                THEN 0 ELSE 1 END AS begins
            FROM affected WINDOW visits AS (PARTITION BY user_id ORDER BY {_ORDER})
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
        )
        SELECT * EXCLUDE (event_s, begins, visit, visit_s, block) REPLACE (
            COALESCE(
                user_session,
                MAX(user_session) OVER (PARTITION BY user_id, visit, block),
                'visit-' || user_id || '-' || visit_s
            ) AS user_session
        )
        FROM blocks
        UNION ALL BY NAME
        SELECT * FROM events
        WHERE user_id NOT IN (SELECT user_id FROM events WHERE user_session IS NULL)"""
    )
    engine.execute("DROP TABLE events")
    engine.execute("ALTER TABLE events_with_sessions RENAME TO events")
    return missing


def number_orders(engine: DuckDB) -> None:
    """Make each purchase row without an order number an order of its own."""
    engine.execute(
        f"""CREATE OR REPLACE TABLE numbered_events AS
        SELECT * EXCLUDE (event_s) REPLACE (
            CASE WHEN event_type = 'purchase' AND order_id IS NULL
                THEN 'row-' || user_id || '-' || event_s || '-' || ROW_NUMBER() OVER (
                    PARTITION BY user_id, event_s ORDER BY {_ORDER}
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
