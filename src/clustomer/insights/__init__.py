"""Insights: what the segments mean, in facts that can be recomputed."""

from clustomer.insights.facts import Fact, Facts, Mismatch
from clustomer.insights.interpretation import Interpretation, interpret
from clustomer.insights.naming import Name, name_segments
from clustomer.insights.profiles import FeatureProfile, Profile
from clustomer.insights.rules import RULES, Rule
from clustomer.insights.story import Action, Insights, SegmentInsight, SpendRow

__all__ = [
    "RULES",
    "Action",
    "Fact",
    "Facts",
    "FeatureProfile",
    "Insights",
    "Interpretation",
    "Mismatch",
    "Name",
    "Profile",
    "Rule",
    "SegmentInsight",
    "SpendRow",
    "interpret",
    "name_segments",
]
