"""Segments: customers of similar behaviour, and the rule that finds them again.

The estimators (`SelectK`, `Ward`, `Mixture`, `Dbscan`, `Hdbscan`) and the criteria that refit them
(`cluster_stability`, `gap_statistic`, `holdout_power`) are loaded when they are first used, since
scikit-learn comes with them.
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
    from clustomer.segments.gap import Gap, gap_statistic
    from clustomer.segments.hdbscan import Hdbscan
    from clustomer.segments.mixture import Mixture
    from clustomer.segments.power import Power, holdout_power
    from clustomer.segments.selection import SelectK
    from clustomer.segments.stability import Stability, cluster_stability
    from clustomer.segments.ward import Ward

_LATER = {
    "Dbscan": "dbscan",
    "Gap": "gap",
    "Hdbscan": "hdbscan",
    "Mixture": "mixture",
    "Power": "power",
    "SelectK": "selection",
    "Stability": "stability",
    "Ward": "ward",
    "cluster_stability": "stability",
    "gap_statistic": "gap",
    "holdout_power": "power",
}

__all__ = [
    "ALGORITHMS",
    "RFM_SEGMENTS",
    "AlgorithmNote",
    "Criteria",
    "Dbscan",
    "Dendrogram",
    "Exclusion",
    "Gap",
    "Hdbscan",
    "Mixture",
    "NearestCentroid",
    "NearestExemplar",
    "Power",
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
    "Stability",
    "Ward",
    "assign",
    "assignment_query",
    "check_algorithm",
    "check_choice",
    "cluster_stability",
    "clusterer",
    "compare",
    "find_elbow",
    "fit_scaling",
    "gap_statistic",
    "holdout_power",
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
    if name not in _LATER:
        raise AttributeError(f"module 'clustomer.segments' has no attribute {name!r}")
    return getattr(import_module(f"clustomer.segments.{_LATER[name]}"), name)
