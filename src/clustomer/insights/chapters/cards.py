"""One segment, told for someone who must decide what to do about it."""

from collections.abc import Iterable, Mapping, Sequence

from clustomer.insights.advice import CAUSE_NOTE, Advised, advise
from clustomer.insights.facts import Fact, escape
from clustomer.insights.marks import Mark, marks
from clustomer.insights.naming.case import Case
from clustomer.insights.naming.names import Name, feature_title
from clustomer.insights.population import BOTS, EVERYONE
from clustomer.insights.profiles import Described, Profile
from clustomer.insights.story import SegmentInsight
from clustomer.insights.study import Study
from clustomer.thresholds import LONG_WINDOW_DAYS

_TYPICAL = ("orders", "revenue", "sessions", "views", "recency_days", "tenure_days")


def card(study: Study, profile: Profile, facts: Mapping[str, Fact]) -> SegmentInsight:
    """Return what is said of one segment, but for what chapters add."""
    key, name, described = profile.segment_id, study.named[profile.segment_id], study.described
    others = tuple(other for other in study.groups if other is not profile)
    case = Case(profile, study.everyone, others, study.window_days)
    advised = advise(name.rule, case.has, defined=study.defined, short=short_window(study))
    differences = marks(case, described) if key != BOTS else ()
    everyone = "all" if key == BOTS else EVERYONE
    return SegmentInsight(
        segment_id=key,
        name=name.name,
        evidence=name.evidence,
        who=f"{_how_many(key, everyone, name)} {advised.who}",
        marks=tuple(mark.text for mark in differences) or _no_marks(key, name, described, facts),
        why=_why(profile, advised),
        actions=advised.actions,
        measure=advised.measure if key == BOTS else f"{advised.measure} {CAUSE_NOTE}",
        headline_mark="all there are" if name.rule == "all" else _headline(differences, key),
        headline_action=advised.headline,
    )


def short_window(study: Study) -> bool:
    """Whether the log is too short for anyone to come back or to stay away."""
    return study.window_days is not None and study.window_days < LONG_WINDOW_DAYS


def _how_many(key: str, everyone: str, name: Name) -> str:
    if name.rule == "all":
        return f"{{{key}.customers:customer/customers}}: all there are."
    return f"{{{key}.customers:customer/customers}}, {{{key}.share}} of {{{everyone}.customers}}."


def _no_marks(
    key: str, name: Name, described: Mapping[str, Described], facts: Mapping[str, Fact]
) -> tuple[str, ...]:
    if key == BOTS:
        return ("They act faster than people can.",)
    if name.rule == "all":
        return tuple(_typical(key, described, facts)) or ("Nothing is known of them.",)
    return ("Nothing differs noticeably from the average customer.",)


def _typical(
    key: str, described: Mapping[str, Described], facts: Mapping[str, Fact]
) -> Iterable[str]:
    """Say what customers are like where there is nobody to compare them with."""
    for name in _TYPICAL:
        if name not in described:
            continue
        slug, title = described[name].slug, escape(feature_title(described[name]))
        mean, median = (facts.get(f"{key}.{slug}.{part}") for part in ("mean", "median"))
        if mean is not None and mean.value is not None and median is not None:
            # net revenue can be below 0, so that not everyone who has no more than 0 has none
            none = median.value == 0 and name in ("orders", "sessions", "views")
            most = "none" if none else f"{{{median.id}}} or less"
            yield f"{title}: {{{mean.id}}} on average; at least half of them have {most}."


def _headline(differences: Sequence[Mark], key: str) -> str:
    if key == BOTS:
        return "faster than people can be"
    return ", ".join(mark.short for mark in differences[:2]) or "like everyone"


def _why(profile: Profile, advised: Advised) -> str:
    key, why = profile.segment_id, advised.why
    if profile.revenue is None:
        return why
    if profile.revenue == 0:
        return f"They brought no revenue in this period. {why}"
    if profile.revenue < 0:
        return f"They sent back more than they bought in this period: {{{key}.revenue}}. {why}"
    if profile.revenue_share is None or key == BOTS:
        return f"They bring {{{key}.revenue}}. {why}"
    return f"They bring {{{key}.revenue}}, {{{key}.revenue_share}} of all revenue. {why}"
