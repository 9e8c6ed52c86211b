"""Products: who wants what, what goes together, and what to recommend to whom."""

from clustomer.products.contest import WAYS, Contest, Entrant, Scores, hold_contest
from clustomer.products.interactions import Interactions, read_interactions
from clustomer.products.reasons import REASONS
from clustomer.products.recommendations import (
    TOP,
    Recommendations,
    read_recommendations,
    recommend_products,
)
from clustomer.products.split import Split, split

__all__ = [
    "REASONS",
    "TOP",
    "WAYS",
    "Contest",
    "Entrant",
    "Interactions",
    "Recommendations",
    "Scores",
    "Split",
    "hold_contest",
    "read_interactions",
    "read_recommendations",
    "recommend_products",
    "split",
]
