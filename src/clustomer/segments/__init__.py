"""Segments: customers of similar behaviour, and the rule that finds them again.

`SelectK` is loaded when it is first used, since scikit-learn comes with it.
"""

from typing import TYPE_CHECKING, Any

from clustomer.segments.assignment import NearestCentroid, Rule, assign, assignment_query
from clustomer.segments.choice import check_choice
from clustomer.segments.criteria import (
    Criteria,
    partition_criteria,
    sampled_silhouettes,
    squared_silhouettes,
)
from clustomer.segments.exclusions import Exclusion
from clustomer.segments.knee import find_elbow
from clustomer.segments.model import SegmentationModel, read_model, to_model
from clustomer.segments.projection import Projection
from clustomer.segments.restoration import restore
from clustomer.segments.rfm import rfm
from clustomer.segments.rfm_grid import RFM_SEGMENTS, RfmGrid, RfmSegment
from clustomer.segments.scaling import ScaledFeature, Scaling, fit_scaling, scale
from clustomer.segments.segmentation import Segmentation, Selection, segment

if TYPE_CHECKING:
    from clustomer.segments.selection import SelectK

__all__ = [
    "RFM_SEGMENTS",
    "Criteria",
    "Exclusion",
    "NearestCentroid",
    "Projection",
    "RfmGrid",
    "RfmSegment",
    "Rule",
    "ScaledFeature",
    "Scaling",
    "Segmentation",
    "SegmentationModel",
    "SelectK",
    "Selection",
    "assign",
    "assignment_query",
    "check_choice",
    "find_elbow",
    "fit_scaling",
    "partition_criteria",
    "read_model",
    "restore",
    "rfm",
    "sampled_silhouettes",
    "scale",
    "segment",
    "squared_silhouettes",
    "to_model",
]


def __getattr__(name: str) -> Any:
    if name != "SelectK":
        raise AttributeError(f"module 'clustomer.segments' has no attribute {name!r}")
    from clustomer.segments.selection import SelectK

    return SelectK
