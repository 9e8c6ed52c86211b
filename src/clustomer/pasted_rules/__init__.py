"""Rules to paste: each segment as a condition that a marketer's own tool can evaluate."""

from clustomer.pasted_rules.rules import SegmentRule, ToolRules, rule_lines, tool_rules
from clustomer.pasted_rules.tools import TOOLS

__all__ = ["TOOLS", "SegmentRule", "ToolRules", "rule_lines", "tool_rules"]
