"""What the program has to say, ready to be rendered.

Every text may hold `{fact-id}` placeholders; numbers reach a reader through
facts only, so that each can be traced and recomputed.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Action:
    """One thing to do about a segment.

    `area` is one of personalization, targeting, retention, revenue.
    """

    area: str
    text: str


@dataclass(frozen=True)
class SegmentInsight:
    """One segment, told for someone who must decide what to do about it."""

    segment_id: str
    name: str
    evidence: tuple[str, ...]
    who: str
    marks: tuple[str, ...]
    why: str
    actions: tuple[Action, ...]
    measure: str
    headline_mark: str
    headline_action: str
    attributes: tuple[str, ...] = ()


@dataclass(frozen=True)
class SpendRow:
    """What is at stake in a segment and when an action pays for itself; cells are texts."""

    segment_id: str
    name: str
    customers: str
    revenue: str
    break_even: str


@dataclass(frozen=True)
class Insights:
    """Everything a report says, in the order in which it says it."""

    opening: tuple[str, ...]
    segments: tuple[SegmentInsight, ...]
    spend: tuple[SpendRow, ...]
    spend_note: str
    method: tuple[tuple[str, tuple[str, ...]], ...]
    limits: tuple[str, ...]
