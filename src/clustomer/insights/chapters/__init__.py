"""The chapters of a report, in the order of their facts and of their places.

`opening` and `cards` are no chapters: every report begins with the one and has one of the other for
each segment, which chapters add to. `findings`, `contest` and the like are parts of a chapter.
"""

from clustomer.insights.chapters.attributes import KnownAttributes
from clustomer.insights.chapters.certificate import Certificate
from clustomer.insights.chapters.chapter import Chapter
from clustomer.insights.chapters.comparison import OtherAlgorithms
from clustomer.insights.chapters.limits import Limits
from clustomer.insights.chapters.method import Method
from clustomer.insights.chapters.spend import Spend
from clustomer.insights.study import Study

__all__ = ["CHAPTERS", "Chapter", "Study"]

CHAPTERS: tuple[Chapter, ...] = (
    Spend(),
    Method(),
    KnownAttributes(),
    Certificate(),
    OtherAlgorithms(),
    Limits(),
)
