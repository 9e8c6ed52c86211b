"""The customer table as someone who knows DuckDB well would write it, for the same columns.

Two ways: gathered in steps, and in as few passes as DuckDB's own functions allow. Rates
are left unshrunk, which is less work than ours; everything else is the same.
"""

_PLAIN = """
    COUNT(*) AS events,
    (1e9 - EPOCH(MAX(event_time))) / 86400 AS recency_days,
    (1e9 - EPOCH(MIN(event_time))) / 86400 AS tenure_days,
    (EPOCH(MAX(event_time)) - EPOCH(MIN(event_time))) / 86400 AS active_span_days,
    COUNT(*) FILTER (event_type = 'view') AS views,
    COUNT(*) FILTER (event_type = 'cart') AS carts,
    COUNT(*) FILTER (event_type = 'remove_from_cart') AS removals,
    COUNT(*) FILTER (event_type = 'purchase') AS purchases,
    COALESCE(SUM(price * quantity) FILTER (event_type = 'purchase'), 0)
        - COALESCE(SUM(price * quantity) FILTER (event_type = 'return'), 0) AS revenue,
    COALESCE(SUM(price * quantity * (EPOCH(event_time) / 1e9))
        FILTER (event_type = 'purchase'), 0)
        - COALESCE(SUM(price * quantity * (EPOCH(event_time) / 1e9))
        FILTER (event_type = 'return'), 0) AS weighted_revenue,
    AVG(price) FILTER (event_type = 'view') AS average_price_viewed,
    AVG((ISODOW(event_time) >= 6)::INT) AS weekend_share,
    AVG((HOUR(event_time) >= 22 OR HOUR(event_time) < 6)::INT) AS night_share
"""

STEPS = f"""
WITH plain AS (SELECT user_id, {_PLAIN} FROM events GROUP BY user_id),
visits AS (
    SELECT user_id, COUNT(*) AS sessions, AVG(n) AS events_per_session,
        AVG(seconds) / 60 AS session_minutes,
        COUNT(*) FILTER (carts > 0 AND bought = 0) / NULLIF(COUNT(*) FILTER (carts > 0), 0)
            AS cart_abandonment_rate
    FROM (
        SELECT user_id, user_session, COUNT(*) AS n,
            EPOCH(MAX(event_time)) - EPOCH(MIN(event_time)) AS seconds,
            COUNT(*) FILTER (event_type = 'cart') AS carts,
            COUNT(*) FILTER (event_type = 'purchase') AS bought
        FROM events GROUP BY user_id, user_session
    ) GROUP BY user_id
),
ordered AS (
    SELECT user_id, COUNT(*) AS orders, SUM(moment / 1e9) AS weighted_orders,
        AVG(lines) AS items_per_order,
        AVG(amount) AS average_order_value, (1e9 - MAX(moment)) / 86400 AS purchase_recency_days,
        (MAX(moment) - MIN(moment)) / 86400 / NULLIF(COUNT(*) - 1, 0) AS days_between_orders
    FROM (
        SELECT user_id, COALESCE(order_id, user_session) AS o, COUNT(*) AS lines,
            SUM(price * quantity) AS amount, EPOCH(MIN(event_time)) AS moment
        FROM events WHERE event_type = 'purchase' GROUP BY user_id, o
    ) GROUP BY user_id
),
busy AS (
    SELECT user_id, COUNT(DISTINCT d) AS active_days, MAX(n) AS busiest_hour_events,
        MAX(day_n) AS busiest_day_events
    FROM (
        SELECT user_id, d, n, SUM(n) OVER (PARTITION BY user_id, d) AS day_n
        FROM (
            SELECT user_id, event_time::DATE AS d, HOUR(event_time) AS h,
                COUNT(*) FILTER (event_type IN ('view', 'cart', 'remove_from_cart')) AS n
            FROM events GROUP BY user_id, d, h
        )
    ) GROUP BY user_id
),
goods AS (
    SELECT user_id, COUNT(*) AS products, COUNT(*) FILTER (p > 0) AS products_bought,
        SUM(v) / NULLIF(COUNT(*) FILTER (v > 0), 0) AS repeat_views,
        COUNT(*) FILTER (v > 0 AND c > 0) / NULLIF(COUNT(*) FILTER (v > 0), 0)
            AS view_to_cart_rate,
        COUNT(*) FILTER (v > 0 AND p > 0) / NULLIF(COUNT(*) FILTER (v > 0), 0)
            AS view_to_purchase_rate,
        COUNT(*) FILTER (c > 0 AND p > 0) / NULLIF(COUNT(*) FILTER (c > 0), 0)
            AS cart_to_purchase_rate,
        COUNT(*) FILTER (c > 0 AND r > 0) / NULLIF(COUNT(*) FILTER (c > 0), 0) AS removal_rate
    FROM (
        SELECT user_id, product_id, COUNT(*) FILTER (event_type = 'view') AS v,
            COUNT(*) FILTER (event_type = 'cart') AS c,
            COUNT(*) FILTER (event_type = 'remove_from_cart') AS r,
            COUNT(*) FILTER (event_type = 'purchase') AS p
        FROM events WHERE product_id IS NOT NULL GROUP BY user_id, product_id
    ) GROUP BY user_id
),
user_categories AS (
    SELECT user_id, COALESCE(category_id, category_code) AS category, COUNT(*) AS n,
        SUM(price) AS prices, COUNT(price) AS priced
    FROM events WHERE COALESCE(category_id, category_code) IS NOT NULL GROUP BY ALL
),
category_means AS (
    SELECT category, SUM(prices) / SUM(priced) AS mean FROM user_categories GROUP BY category
),
tastes AS (
    SELECT user_id, COUNT(*) AS categories,
        LN(SUM(n)) - SUM(n * LN(n)) / SUM(n) AS category_entropy,
        SUM(prices / mean) / SUM(priced) AS price_level,
        (SUM(prices / mean) + 2) / (SUM(priced) + 2) AS shrunk_price_level
    FROM user_categories JOIN category_means USING (category) GROUP BY user_id
),
labels AS (
    SELECT user_id, COUNT(*) AS brands, MAX(n) / SUM(n) AS favourite_brand_share
    FROM (
        SELECT user_id, brand, COUNT(*) AS n FROM events WHERE brand IS NOT NULL
        GROUP BY user_id, brand
    ) GROUP BY user_id
)
SELECT * REPLACE (
    COALESCE(orders, 0) AS orders, COALESCE(category_entropy, 0) AS category_entropy
)
FROM plain LEFT JOIN visits USING (user_id) LEFT JOIN ordered USING (user_id)
LEFT JOIN busy USING (user_id) LEFT JOIN goods USING (user_id)
LEFT JOIN tastes USING (user_id) LEFT JOIN labels USING (user_id)
"""

ONE_PASS = f"""
WITH means AS (
    SELECT COALESCE(category_id, category_code) AS category, AVG(price) AS mean
    FROM events GROUP BY category
)
SELECT user_id, {_PLAIN},
    COUNT(DISTINCT user_session) AS sessions,
    COUNT(DISTINCT COALESCE(order_id, user_session)) FILTER (event_type = 'purchase') AS orders,
    COUNT(DISTINCT event_time::DATE) AS active_days,
    COUNT(DISTINCT product_id) AS products,
    COUNT(DISTINCT product_id) FILTER (event_type = 'purchase') AS products_bought,
    COUNT(DISTINCT COALESCE(category_id, category_code)) AS categories,
    COUNT(DISTINCT brand) AS brands,
    ENTROPY(COALESCE(category_id, category_code)) * LN(2) AS category_entropy,
    COUNT(*) FILTER (brand = favourite) / NULLIF(COUNT(brand), 0) AS favourite_brand_share,
    AVG(price / mean) AS price_level,
    (SUM(price / mean) + 2) / (COUNT(price) + 2) AS shrunk_price_level,
    COUNT(DISTINCT product_id) FILTER (event_type = 'cart')
        / NULLIF(COUNT(DISTINCT product_id) FILTER (event_type = 'view'), 0) AS view_to_cart_rate
FROM (
    SELECT e.*, mean, MODE(brand) OVER (PARTITION BY user_id) AS favourite
    FROM events AS e
    LEFT JOIN means ON COALESCE(e.category_id, e.category_code) = means.category
)
GROUP BY user_id
"""
