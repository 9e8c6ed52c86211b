"""Facets: further segmentations of the same customers, each by another side of what they do.

Value, how much and how recently, is the main segmentation (`clustomer.segments`). A facet sees one
thing alone, is found and tested by itself, and is left out where it does not hold.

What finds them (`find_facets`) is loaded when it is first used, since scikit-learn comes with it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from clustomer.facets.declaration import FACETS, MAIN, RARE, Unitary
from clustomer.facets.facet import (
    Facet,
    Facets,
    FacetSegment,
    FacetTest,
    NextPeriod,
    no_facets,
    read_facets,
)
from clustomer.facets.rare import Rare, RareKind, rare_members

if TYPE_CHECKING:
    from clustomer.facets.finding import find_facets

__all__ = [
    "FACETS",
    "MAIN",
    "RARE",
    "Facet",
    "FacetSegment",
    "FacetTest",
    "Facets",
    "NextPeriod",
    "Rare",
    "RareKind",
    "Unitary",
    "find_facets",
    "no_facets",
    "rare_members",
    "read_facets",
]


def __getattr__(name: str) -> Any:
    if name != "find_facets":
        raise AttributeError(f"module 'clustomer.facets' has no attribute {name!r}")
    return getattr(import_module("clustomer.facets.finding"), name)
