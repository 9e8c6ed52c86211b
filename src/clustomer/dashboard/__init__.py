"""The dashboard: results as pages in a browser, on this machine unless others are let in."""

from clustomer.dashboard.access import Access
from clustomer.dashboard.serving import serve

__all__ = ["Access", "serve"]
