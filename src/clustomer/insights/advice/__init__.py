"""Advice: what to do about each kind of segment, and which number will show that it worked."""

from clustomer.insights.advice.advised import Action, Advised, advise
from clustomer.insights.advice.declaration import Advice, Choice, Has, bound
from clustomer.insights.advice.figures import known_figures, own_facts
from clustomer.insights.advice.kinds import ADVICE
from clustomer.insights.advice.rfm import RFM_ADVICE

__all__ = [
    "ADVICE",
    "RFM_ADVICE",
    "Action",
    "Advice",
    "Advised",
    "Choice",
    "Has",
    "advise",
    "bound",
    "known_figures",
    "own_facts",
]
