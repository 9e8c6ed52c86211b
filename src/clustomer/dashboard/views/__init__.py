"""The pages, in the order of the menu: address, title, and what shows them."""

from collections.abc import Callable

from clustomer.dashboard.customers import Filters
from clustomer.dashboard.shop import Shop
from clustomer.dashboard.views.customer import customer
from clustomer.dashboard.views.overview import overview
from clustomer.dashboard.views.segments import segments

__all__ = ["PAGES"]

PAGES: tuple[tuple[str, str, Callable[[Shop, Filters], None]], ...] = (
    ("", "Overview", overview),
    ("segments", "Segments", segments),
    ("customer", "Customer", customer),
)
