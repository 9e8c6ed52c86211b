"""Path: in what order customers look, fill carts and buy, and how long they take to decide."""

from clustomer.engines import Engine, parse
from clustomer.events import Window
from clustomer.facets.declaration import Binned, Unitary

STAGES = ("look", "cart", "order")
"""What a visit comes to: an order, else a cart, else looks alone."""
STEPS = ("view", "cart", "removal", "purchase")
PACES = ("within a visit", "within a day", "within a week", "after longer", "without a look")
"""From the first look at a product to its purchase."""

_STAGED = """
    SELECT user_id, visit, MIN(event_s) AS event_s,
        CASE WHEN COUNT(*) FILTER (WHERE event_type = 'purchase') > 0 THEN 2
            WHEN COUNT(*) FILTER (WHERE event_type = 'cart') > 0 THEN 1 ELSE 0 END AS stage
    FROM scoped WHERE event_type <> 'return' GROUP BY user_id, visit
"""
_FOLLOWING = """
    SELECT user_id, visit, event_s, stage,
        LAG(stage) OVER (PARTITION BY user_id ORDER BY event_s, visit) AS before
    FROM staged
"""
_ORDERED = """
    SELECT user_id, visit, event_s,
        CASE WHEN event_type = 'view' THEN 0 WHEN event_type = 'cart' THEN 1
            WHEN event_type = 'remove_from_cart' THEN 2 ELSE 3 END AS step
    FROM scoped WHERE event_type <> 'return'
"""
_STEPPED = """
    SELECT user_id, visit, event_s, step,
        LAG(step) OVER (PARTITION BY user_id, visit ORDER BY event_s, step) AS before
    FROM ordered
"""
_SEEN = """
    SELECT user_id, product_id, MIN(event_s) AS seen_s
    FROM scoped WHERE event_type = 'view' AND product_id IS NOT NULL
    GROUP BY user_id, product_id
"""
_BEGUN = """
    SELECT user_id, visit, MIN(event_s) AS begun_s
    FROM scoped WHERE event_type <> 'return' GROUP BY user_id, visit
"""
_BOUGHT = """
    SELECT user_id, visit, product_id, MIN(event_s) AS event_s
    FROM scoped WHERE event_type = 'purchase' AND is_product AND product_id IS NOT NULL
    GROUP BY user_id, visit, product_id
"""
_PACED = """
    SELECT bought.user_id AS user_id, bought.visit AS visit, bought.event_s AS event_s,
        CASE WHEN seen.seen_s IS NULL OR seen.seen_s > bought.event_s THEN 4
            WHEN seen.seen_s >= begun.begun_s THEN 0
            WHEN bought.event_s - seen.seen_s <= 86400 THEN 1
            WHEN bought.event_s - seen.seen_s <= 604800 THEN 2 ELSE 3 END AS bin
    FROM bought
    JOIN begun ON bought.user_id = begun.user_id AND bought.visit = begun.visit
    LEFT JOIN seen ON bought.user_id = seen.user_id AND bought.product_id = seen.product_id
"""


def _visits(engine: Engine, window: Window) -> Binned:
    """Bin visits by what they come to, and what the visit before came to."""
    bins = tuple(f"{one}, then {other}" for one in STAGES for other in STAGES)
    units = parse(
        "SELECT user_id, visit, event_s, 3 * before + stage AS bin, 1 AS units FROM following "
        "WHERE before IS NOT NULL"
    )
    return Binned(bins, units, {"staged": parse(_STAGED), "following": parse(_FOLLOWING)})


def _steps(engine: Engine, window: Window) -> Binned:
    """Bin the steps within visits: what follows on what, and what comes first."""
    first = tuple(f"{step} first" for step in STEPS)
    bins = (*(f"{one}, then {other}" for one in STEPS for other in STEPS), *first)
    units = parse(
        "SELECT user_id, visit, MIN(event_s) AS event_s, COALESCE(4 * before + step, 16 + step) "
        "AS bin, COUNT(*) AS units FROM stepped "
        "GROUP BY user_id, visit, COALESCE(4 * before + step, 16 + step)"
    )
    return Binned(bins, units, {"ordered": parse(_ORDERED), "stepped": parse(_STEPPED)})


def _pace(engine: Engine, window: Window) -> Binned:
    """Bin what is bought by how long ago it was first looked at."""
    units = parse(
        "SELECT user_id, visit, MIN(event_s) AS event_s, bin, COUNT(*) AS units FROM paced "
        "GROUP BY user_id, visit, bin"
    )
    steps = {
        "seen": parse(_SEEN),
        "begun": parse(_BEGUN),
        "bought": parse(_BOUGHT),
        "paced": parse(_PACED),
    }
    return Binned(PACES, units, steps)


PATHS: tuple[Unitary, ...] = (
    Unitary("path", "pace", ("visit", "view", "purchase", "product_id"), _pace),
    Unitary("path", "visits", ("visit", "cart"), _visits),
    Unitary("path", "steps", ("visit", "view", "cart"), _steps),
)
"""The ways to see how customers move, in the order of preference."""
