"""Segments: customers of similar behaviour, and the rule that finds them again.

The estimators (`SelectK`, `Ward`, `Mixture`, `Dbscan`, `Hdbscan`) are loaded when they are first
used, since scikit-learn comes with them.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from clustomer.segments.algorithms import ALGORITHMS, AlgorithmNote, check_algorithm, clusterer
from clustomer.segments.assignment import NearestCentroid, Rule, assign, assignment_query
from clustomer.segments.choice import check_choice
from clustomer.segments.comparison import compare
from clustomer.segments.criteria import (
    Criteria,
    partition_criteria,
    sampled_silhouettes,
    squared_silhouettes,
)
from clustomer.segments.dendrogram import Dendrogram, leaf_order
from clustomer.segments.exclusions import Exclusion
from clustomer.segments.knee import find_elbow
from clustomer.segments.model import SegmentationModel, read_model, to_model
from clustomer.segments.nearest_exemplar import NearestExemplar
from clustomer.segments.projection import Projection
from clustomer.segments.quadratic import Quadratic
from clustomer.segments.restoration import restore
from clustomer.segments.rfm import rfm
from clustomer.segments.rfm_grid import RFM_SEGMENTS, RfmGrid, RfmSegment
from clustomer.segments.scaling import ScaledFeature, Scaling, fit_scaling, scale
from clustomer.segments.segmentation import Segmentation, Selection, segment

if TYPE_CHECKING:
    from clustomer.segments.dbscan import Dbscan
    from clustomer.segments.hdbscan import Hdbscan
    from clustomer.segments.mixture import Mixture
    from clustomer.segments.selection import SelectK
    from clustomer.segments.ward import Ward

_ESTIMATORS = {
    "Dbscan": "dbscan",
    "Hdbscan": "hdbscan",
    "Mixture": "mixture",
    "SelectK": "selection",
    "Ward": "ward",
}

__all__ = [
    "ALGORITHMS",
    "RFM_SEGMENTS",
    "AlgorithmNote",
    "Criteria",
    "Dbscan",
    "Dendrogram",
    "Exclusion",
    "Hdbscan",
    "Mixture",
    "NearestCentroid",
    "NearestExemplar",
    "Projection",
    "Quadratic",
    "RfmGrid",
    "RfmSegment",
    "Rule",
    "ScaledFeature",
    "Scaling",
    "Segmentation",
    "SegmentationModel",
    "SelectK",
    "Selection",
    "Ward",
    "assign",
    "assignment_query",
    "check_algorithm",
    "check_choice",
    "clusterer",
    "compare",
    "find_elbow",
    "fit_scaling",
    "leaf_order",
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
    if name not in _ESTIMATORS:
        raise AttributeError(f"module 'clustomer.segments' has no attribute {name!r}")
    return getattr(import_module(f"clustomer.segments.{_ESTIMATORS[name]}"), name)
