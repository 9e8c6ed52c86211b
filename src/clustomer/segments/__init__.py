"""Segments: customers of similar behaviour, and the rule that finds them again.

The estimators (`SelectK`, `Ward`, `Mixture`, `Dbscan`, `Hdbscan`) and the criteria that refit them
(`cluster_stability`, `gap_statistic`, `holdout_r2`) are loaded when they are first used, since
scikit-learn comes with them.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from clustomer.segments.algorithms.algorithm import AlgorithmNote
from clustomer.segments.algorithms.dendrogram import Dendrogram, leaf_order
from clustomer.segments.algorithms.registry import (
    ALGORITHMS,
    check_algorithm,
    clusterer,
)
from clustomer.segments.comparison import compare
from clustomer.segments.exclusions import Exclusion
from clustomer.segments.matrix.projection import Projection
from clustomer.segments.matrix.scaling import ScaledFeature, Scaling, fit_scaling, scale
from clustomer.segments.rfm import rfm
from clustomer.segments.rules.assignment import LABELS, assign, assignment_query
from clustomer.segments.rules.nearest_centroid import NearestCentroid
from clustomer.segments.rules.nearest_exemplar import NearestExemplar
from clustomer.segments.rules.quadratic import Quadratic
from clustomer.segments.rules.rfm_grid import RFM_SEGMENTS, RfmGrid, RfmSegment
from clustomer.segments.rules.rule import Rule
from clustomer.segments.segmentation import Segmentation, segment
from clustomer.segments.selection.k_range import check_choice
from clustomer.segments.selection.rare_members import RareMembers
from clustomer.segments.selection.selection import Selection
from clustomer.segments.stored.restoration import restore
from clustomer.segments.stored.scoring import ScoringModel, to_scoring
from clustomer.segments.stored.segmentation_file import SegmentationModel, read_model
from clustomer.segments.stored.writing import to_model
from clustomer.segments.validity.criteria import (
    Criteria,
    partition_criteria,
    sampled_silhouettes,
    squared_silhouettes,
)
from clustomer.segments.validity.elbow import find_elbow

if TYPE_CHECKING:
    from clustomer.segments.algorithms.dbscan import Dbscan
    from clustomer.segments.algorithms.hdbscan import Hdbscan
    from clustomer.segments.algorithms.mixture import Mixture
    from clustomer.segments.algorithms.ward import Ward
    from clustomer.segments.selection.select_k import SelectK
    from clustomer.segments.validity.gap import Gap, gap_statistic
    from clustomer.segments.validity.holdout_r2 import HoldoutR2, holdout_r2
    from clustomer.segments.validity.stability import Stability, cluster_stability

_LATER = {
    "Dbscan": "algorithms.dbscan",
    "Gap": "validity.gap",
    "Hdbscan": "algorithms.hdbscan",
    "Mixture": "algorithms.mixture",
    "HoldoutR2": "validity.holdout_r2",
    "SelectK": "selection.select_k",
    "Stability": "validity.stability",
    "Ward": "algorithms.ward",
    "cluster_stability": "validity.stability",
    "gap_statistic": "validity.gap",
    "holdout_r2": "validity.holdout_r2",
}

__all__ = [
    "ALGORITHMS",
    "LABELS",
    "RFM_SEGMENTS",
    "AlgorithmNote",
    "Criteria",
    "Dbscan",
    "Dendrogram",
    "Exclusion",
    "Gap",
    "Hdbscan",
    "HoldoutR2",
    "Mixture",
    "NearestCentroid",
    "NearestExemplar",
    "Projection",
    "Quadratic",
    "RareMembers",
    "RfmGrid",
    "RfmSegment",
    "Rule",
    "ScaledFeature",
    "Scaling",
    "ScoringModel",
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
    "holdout_r2",
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
    "to_scoring",
]


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module 'clustomer.segments' has no attribute {name!r}")
    return getattr(import_module(f"clustomer.segments.{_LATER[name]}"), name)
