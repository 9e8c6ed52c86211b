"""Editions: a version of the results once more, with other names, or with recommendations."""

from clustomer.editions.recommending import recommend, recommended
from clustomer.editions.renaming import rename

__all__ = ["recommend", "recommended", "rename"]
