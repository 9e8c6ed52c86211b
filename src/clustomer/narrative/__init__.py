"""The narrative: what results mean in prose, by the program itself or by a language model.

A model may choose and arrange, and not invent: numbers, names and comparisons are put in by the
program, and every sentence is checked before anyone sees it.
"""

from clustomer.narrative.catalogue import Catalogue, catalogue_of
from clustomer.narrative.checks import Problem, checked
from clustomer.narrative.claims import Verdict, check_claims
from clustomer.narrative.kept import kept_narrative, narrative_markdown
from clustomer.narrative.narrate import Narrative, narrate
from clustomer.narrative.request import READERS, request_of
from clustomer.narrative.server import Server

__all__ = [
    "READERS",
    "Catalogue",
    "Narrative",
    "Problem",
    "Server",
    "Verdict",
    "catalogue_of",
    "check_claims",
    "checked",
    "kept_narrative",
    "narrate",
    "narrative_markdown",
    "request_of",
]
