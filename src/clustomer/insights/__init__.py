"""Insights: what the segments mean, in facts that can be recomputed."""

from clustomer.insights.advice import Action
from clustomer.insights.facts import Fact, Facts, Mismatch, check_currency, verify_facts
from clustomer.insights.interpretation import Interpretation, check_spend, interpret
from clustomer.insights.naming.names import Name, name_segments
from clustomer.insights.naming.rules import RULES, Rule
from clustomer.insights.profiles import FeatureProfile, Profile
from clustomer.insights.reasons import certificate_sentence, left_out_sentences, reason_sentence
from clustomer.insights.story import Insights, SegmentInsight
from clustomer.insights.study import Study

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
    "Study",
    "certificate_sentence",
    "check_currency",
    "check_spend",
    "interpret",
    "left_out_sentences",
    "name_segments",
    "reason_sentence",
    "verify_facts",
]
