"""Names of segments, which their own numbers must prove."""

from clustomer.insights.naming.names import Name, feature_title, name_segments
from clustomer.insights.naming.rules import RULES, Rule

__all__ = ["RULES", "Name", "Rule", "feature_title", "name_segments"]
