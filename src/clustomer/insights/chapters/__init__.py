"""The chapters of a report, in the order of their facts and, at each place, of their sections.

`findings`, `contest` and the like are parts of a chapter.
"""

from clustomer.insights.chapters.attributes import KnownAttributes
from clustomer.insights.chapters.cards import Cards
from clustomer.insights.chapters.certificate import Certificate
from clustomer.insights.chapters.chapter import Chapter
from clustomer.insights.chapters.cohorts import CohortChapter
from clustomer.insights.chapters.comparison import OtherAlgorithms
from clustomer.insights.chapters.crossings import Crossings
from clustomer.insights.chapters.expected import Expected
from clustomer.insights.chapters.facets import FacetChapter, FacetsLeftOut
from clustomer.insights.chapters.glance import Glance
from clustomer.insights.chapters.lifecycle import LifecycleLeftOut, Stages
from clustomer.insights.chapters.limits import Limits
from clustomer.insights.chapters.method import Method
from clustomer.insights.chapters.opening import Opening
from clustomer.insights.chapters.over_time import HistoryLeftOut, OverTimeChapter
from clustomer.insights.chapters.plain_groups import PlainGroups
from clustomer.insights.chapters.rare_kinds import NoRareKinds, RareKinds
from clustomer.insights.chapters.recommended import Recommended
from clustomer.insights.chapters.revenue_change import ChangeChapter
from clustomer.insights.chapters.seasons import SeasonChapter
from clustomer.insights.chapters.spend import Spend
from clustomer.insights.chapters.weights import CountedMost
from clustomer.insights.chapters.whole_shop import WholeShop
from clustomer.insights.study import Study

__all__ = ["CHAPTERS", "Chapter", "Study"]

CHAPTERS: tuple[Chapter, ...] = (
    WholeShop(),
    Glance(),
    PlainGroups(),
    Cards(),
    Spend(),
    Stages(),
    Expected(),
    Recommended(),
    OverTimeChapter(),
    SeasonChapter(),
    ChangeChapter(),
    CohortChapter(),
    Method(),
    CountedMost(),
    FacetChapter("taste"),
    FacetChapter("time"),
    FacetChapter("path"),
    Crossings(),
    RareKinds(),
    KnownAttributes(),
    Opening(),
    Certificate(),
    OtherAlgorithms(),
    FacetsLeftOut(),
    LifecycleLeftOut(),
    NoRareKinds(),
    HistoryLeftOut(),
    Limits(),
)
