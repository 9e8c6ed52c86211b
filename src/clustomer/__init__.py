"""Customer segments that prove themselves.

Importing the package is fast: what a name needs is imported when it is first used.

A public name stands here three times: its import and `__all__`, which type checkers read, and its
home; a test compares them. It must not be the name of a module or room of the package, since
importing that would take its place.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from clustomer.certificates import Certificates, certify, deliver, not_certified
    from clustomer.customers import (
        FEATURES,
        Attributes,
        Customers,
        Feature,
        Holdout,
        Reason,
        customer_features,
        read_attributes,
        split_holdout,
    )
    from clustomer.destinations import Published, publish_segments
    from clustomer.editions import recommend, rename
    from clustomer.errors import ClustomerError, InputError, OutputError, UsageError
    from clustomer.events import Cleaning, Events, EventSchema, Window, read_events
    from clustomer.facets import Facets, find_facets
    from clustomer.given_labels import CertifiedLabels, certify_labels
    from clustomer.habits import Habits, segment_habits
    from clustomer.history import (
        Cohorts,
        History,
        OverTime,
        Seasons,
        compare_periods,
        customer_cohorts,
        revenue_change,
        shop_history,
        shop_over_time,
        shop_seasons,
    )
    from clustomer.insights import Facts, Interpretation, interpret
    from clustomer.lifecycle import Lifecycle, lifecycle_stages
    from clustomer.lifetime import Forecast, forecast_customers
    from clustomer.pasted_rules import ToolRules, tool_rules
    from clustomer.pipeline import Run, run
    from clustomer.products import Recommendations
    from clustomer.proofs import verify
    from clustomer.publication import publish
    from clustomer.scoring import Scored, Scorer, score, segments_sql
    from clustomer.segments import Segmentation, SelectK, assign, compare, rfm, segment
    from clustomer.settings import Settings
    from clustomer.versions import Results, StoredRun, Verification

_HOMES = {
    "FEATURES": "customers",
    "Attributes": "customers",
    "Certificates": "certificates",
    "CertifiedLabels": "given_labels",
    "Cleaning": "events",
    "ClustomerError": "errors",
    "Cohorts": "history",
    "Customers": "customers",
    "EventSchema": "events",
    "Events": "events",
    "Facets": "facets",
    "Facts": "insights",
    "Habits": "habits",
    "Feature": "customers",
    "Forecast": "lifetime",
    "History": "history",
    "Holdout": "customers",
    "InputError": "errors",
    "Interpretation": "insights",
    "Lifecycle": "lifecycle",
    "OutputError": "errors",
    "OverTime": "history",
    "Published": "destinations",
    "Reason": "customers",
    "Recommendations": "products",
    "Results": "versions",
    "Run": "pipeline",
    "Scored": "scoring",
    "Scorer": "scoring",
    "Seasons": "history",
    "Segmentation": "segments",
    "SelectK": "segments",
    "Settings": "settings",
    "StoredRun": "versions",
    "ToolRules": "pasted_rules",
    "UsageError": "errors",
    "Verification": "versions",
    "Window": "events",
    "assign": "segments",
    "certify": "certificates",
    "certify_labels": "given_labels",
    "compare": "segments",
    "compare_periods": "history",
    "customer_cohorts": "history",
    "customer_features": "customers",
    "deliver": "certificates",
    "find_facets": "facets",
    "forecast_customers": "lifetime",
    "interpret": "insights",
    "lifecycle_stages": "lifecycle",
    "not_certified": "certificates",
    "publish": "publication",
    "publish_segments": "destinations",
    "read_attributes": "customers",
    "read_events": "events",
    "recommend": "editions",
    "rename": "editions",
    "revenue_change": "history",
    "rfm": "segments",
    "run": "pipeline",
    "score": "scoring",
    "segment": "segments",
    "segments_sql": "scoring",
    "segment_habits": "habits",
    "shop_history": "history",
    "shop_over_time": "history",
    "shop_seasons": "history",
    "split_holdout": "customers",
    "tool_rules": "pasted_rules",
    "verify": "proofs",
}

__all__ = [
    "FEATURES",
    "Attributes",
    "Certificates",
    "CertifiedLabels",
    "Cleaning",
    "ClustomerError",
    "Cohorts",
    "Customers",
    "EventSchema",
    "Events",
    "Facets",
    "Facts",
    "Feature",
    "Forecast",
    "Habits",
    "History",
    "Holdout",
    "InputError",
    "Interpretation",
    "Lifecycle",
    "OutputError",
    "OverTime",
    "Published",
    "Reason",
    "Recommendations",
    "Results",
    "Run",
    "Scored",
    "Scorer",
    "Seasons",
    "Segmentation",
    "SelectK",
    "Settings",
    "StoredRun",
    "ToolRules",
    "UsageError",
    "Verification",
    "Window",
    "assign",
    "certify",
    "certify_labels",
    "compare",
    "compare_periods",
    "customer_cohorts",
    "customer_features",
    "deliver",
    "find_facets",
    "forecast_customers",
    "interpret",
    "lifecycle_stages",
    "not_certified",
    "publish",
    "publish_segments",
    "read_attributes",
    "read_events",
    "recommend",
    "rename",
    "revenue_change",
    "rfm",
    "run",
    "score",
    "segment",
    "segment_habits",
    "segments_sql",
    "shop_history",
    "shop_over_time",
    "shop_seasons",
    "split_holdout",
    "tool_rules",
    "verify",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'clustomer' has no attribute {name!r}")
    value = getattr(import_module(f"clustomer.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
