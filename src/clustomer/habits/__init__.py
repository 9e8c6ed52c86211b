"""Habits: what a segment's customers choose, when they come, and how soon they order again."""

from clustomer.habits.responses import STEPS, horizon_of
from clustomer.habits.sample_size import control_group, held_back, smallest_rise, tellable_rise
from clustomer.habits.segment_habits import KINDS, Habits, segment_habits

__all__ = [
    "KINDS",
    "STEPS",
    "Habits",
    "control_group",
    "held_back",
    "horizon_of",
    "segment_habits",
    "smallest_rise",
    "tellable_rise",
]
