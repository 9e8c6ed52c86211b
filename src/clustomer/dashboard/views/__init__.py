"""The pages, in the order of the menu: address, title, and what shows them."""

from collections.abc import Callable

from clustomer.dashboard.customers import Filters
from clustomer.dashboard.shop import Shop
from clustomer.dashboard.views.chapters import data, recommendations, time
from clustomer.dashboard.views.customer import customer
from clustomer.dashboard.views.insights import insights
from clustomer.dashboard.views.map import customer_map
from clustomer.dashboard.views.overview import overview
from clustomer.dashboard.views.segments import segments

__all__ = ["PAGES"]

PAGES: tuple[tuple[str, str, Callable[[Shop, Filters], None]], ...] = (
    ("", "Overview", overview),
    ("segments", "Segments", segments),
    ("map", "Map", customer_map),
    ("customer", "Customer", customer),
    ("time", "Time", time),
    ("recommendations", "Recommendations", recommendations),
    ("insights", "Insights", insights),
    ("data", "Data", data),
)
