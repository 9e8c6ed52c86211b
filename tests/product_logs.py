"""Small logs of products, written by hand."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from clustomer.products import WAYS, Contest, Entrant, Recommendations, Scores
from clustomer.products.contest import Gain
from clustomer.products.interactions import Interactions, interactions_of
from clustomer.products.past import NEXT_PURCHASE, Past
from clustomer.products.wants import bought_together, most_offered, most_wanted, products_table

DAY_S = 86_400
Row = tuple[str, str, str, int, str]
"""Customer, product, kind, day, and the visit, which is the order, too."""


def log_of(rows: Sequence[Row], categories: dict[str, str] | None = None) -> Interactions:
    """Return hand-written rows as interactions."""
    users = sorted({row[0] for row in rows})
    products = sorted({row[1] for row in rows})
    table = pa.table(
        {
            "user_id": [row[0] for row in rows],
            "product_id": [row[1] for row in rows],
            "event_type": [row[2] for row in rows],
            "user_session": [row[4] for row in rows],
            "order_key": [row[4] if row[2] == "purchase" else None for row in rows],
            "event_s": [row[3] * DAY_S for row in rows],
        },
        schema=pa.schema(
            [
                *((name, pa.string()) for name in ("user_id", "product_id", "event_type")),
                ("user_session", pa.string()),
                ("order_key", pa.string()),
                ("event_s", pa.int64()),
            ]
        ),
    )
    named = categories or {}
    listed = pa.table(
        {
            "product_id": products,
            "category": pa.array([named.get(product) for product in products], pa.string()),
            "brand": pa.nulls(len(products), pa.string()),
        }
    )
    return interactions_of(table, listed, pa.array(users))


def past_at(
    rows: Interactions, day: int, *, stretch: int = 10, target: str = NEXT_PURCHASE
) -> Past:
    """Return what was before a day, of customers without segments."""
    before = rows.where(rows.second < day * DAY_S)
    return Past(before, day * DAY_S, stretch * DAY_S, target, np.full(rows.n_customers, -1))


def recommended() -> Recommendations:
    """Return made-up recommendations for segments S1 and S2, with every kind of sentence."""
    ways = {way: _entrant(way, 0.1 + 0.05 * place) for place, way in enumerate(WAYS)}
    del ways["als"]
    contest = Contest("bm25", True, False, tuple(ways.values()), {"als": "not installed"})
    segment = np.array([0] * 40 + [1] * 60)
    rows = [(f"u{n:02}", f"p{n % 3}", "purchase", 1, f"o{n}") for n in range(100)]
    rows += [(f"u{n:02}", "tea", "purchase", 1, f"o{n}") for n in range(40)]
    rows += [(f"u{n:02}", "cup", "purchase", 1, f"o{n}") for n in range(38)]
    log = log_of(rows)
    items = np.tile(np.arange(2), (100, 1))
    segments = ["S1", "S2"]
    products = products_table(
        most_wanted(log, segment, 2),
        bought_together(log),
        most_offered(segment, items, segments, log.products, 2),
        segments,
        log.products,
    )
    assert set(products["kind"].to_pylist()) == {"wants", "together", "next"}
    stretch = {
        "start": "2024-03-01T00:00:00Z",
        "end": "2024-04-01T00:00:00Z",
        "days": 31.0,
        "eligible": 812,
        "customers": 812,
    }
    numbers = {
        "way": "bm25",
        "asked": False,
        "target": "next basket",
        "top": 10,
        "by_segment": True,
        "depth": 20,
        "choosing": stretch,
        "judging": stretch,
        "repurchase": {"pairs": 900, "repeated": 90, "rate": 0.1},
        "products": {"all": 70, "offered": 60, "gone": 10, "listed": 55},
        "customers": {"all": 100, "listed": 100, "without_history": 3},
        "returned": 4,
        "views": False,
        "rows": 1000,
    }
    return Recommendations(pa.table({"user_id": ["u00"]}), products, contest, numbers)


def _entrant(way: str, score: float) -> Entrant:
    gain = Gain(0.02, 0.01, 0.03)
    names = () if way == "popularity" else ("ndcg", "new_ndcg", "hit_rate", "mrr")
    gains = dict.fromkeys(names, gain)
    scores = Scores(score, score, score, score, None, score, score, gains)
    return Entrant(way, scores, scores, (0.1,), (0.1,))
