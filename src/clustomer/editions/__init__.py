"""Editions: a version once more, with other names, with recommendations, with a narrative."""

from clustomer.editions.keeping import keep_narrative
from clustomer.editions.recommending import recommend, recommended
from clustomer.editions.renaming import rename

__all__ = ["keep_narrative", "recommend", "recommended", "rename"]
