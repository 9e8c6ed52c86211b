"""Advice: what to do about each kind of segment, and which number will show that it worked."""

from clustomer.insights.advice.advised import AREAS, CAUSE_NOTE, Action, Advised, advise
from clustomer.insights.advice.declaration import Advice, Choice, Has
from clustomer.insights.advice.kinds import ADVICE
from clustomer.insights.advice.rfm import RFM_ADVICE

__all__ = [
    "ADVICE",
    "AREAS",
    "CAUSE_NOTE",
    "RFM_ADVICE",
    "Action",
    "Advice",
    "Advised",
    "Choice",
    "Has",
    "advise",
]
