"""Segment by segment: a card for each, for someone who must decide what to do about it."""

from collections.abc import Iterator, Mapping, Sequence

from clustomer.insights.advice import Action, Advised, advise, bound, known_figures, own_facts
from clustomer.insights.blocks import (
    Bars,
    Block,
    Bullets,
    FileLink,
    Headed,
    KeyNumbers,
    Labelled,
    OpenSlot,
    Paragraph,
    SegmentPanel,
    SideBySide,
    Steps,
)
from clustomer.insights.chapters.chapter import Chapter
from clustomer.insights.chapters.over_time import trend
from clustomer.insights.facts import Fact, escape
from clustomer.insights.marks import Case, Mark, marks
from clustomer.insights.naming.names import Name, feature_title
from clustomer.insights.population import BOTS, EVERYONE
from clustomer.insights.profiles import Described, Profile
from clustomer.insights.story import SegmentInsight
from clustomer.insights.study import Study
from clustomer.insights.texts import listed
from clustomer.thresholds import LONG_WINDOW_DAYS

_IN_TIME = ("revenue", "customers")
_TYPICAL = ("orders", "revenue", "sessions", "views", "recency_days", "tenure_days")
_NUMBERS = (
    ("customers", "Customers"),
    ("share", "Share of customers"),
    ("revenue", "Revenue"),
    ("revenue_share", "Share of revenue"),
)


class Cards(Chapter):
    """Who is in each segment, what marks them, why it matters, and what to do."""

    name = "segments"
    title = "Segment by segment"

    def blocks(self, study: Study, facts: Mapping[str, Fact]) -> Iterator[Block]:
        """Return a card for each segment."""
        segments = study.once(segment_insights)
        numbers = segment_numbers(segments, facts, study)
        for segment in segments:
            yield card(segment, numbers[segment.segment_id], _bars(study, segment.segment_id))


def segment_numbers(
    segments: Sequence[SegmentInsight], facts: Mapping[str, Fact], study: Study | None = None
) -> dict[str, tuple[Labelled, ...]]:
    """Return the key numbers by segment id: those for which some segment has a fact.

    With a study, revenue is drawn over its whole periods.
    """
    columns = [
        (name, title)
        for name, title in _NUMBERS
        if any(f"{segment.segment_id}.{name}" in facts for segment in segments)
    ]

    def number(fact: str) -> str:
        return f"{{{fact}}}" if fact in facts else "–"

    return {
        segment.segment_id: tuple(
            Labelled(
                title,
                number(f"{segment.segment_id}.{name}"),
                ()
                if study is None or name not in _IN_TIME
                else trend(study, facts, segment.segment_id, name),
            )
            for name, title in columns
        )
        for segment in segments
    }


def card_anchor(segment_id: str) -> str:
    """Return the anchor of a segment's card."""
    return f"segment-{segment_id}"


def _bars(study: Study, key: str) -> Bars | None:
    """Return how far a segment lies from everyone in what marks it; None where nothing does."""
    if key == BOTS:
        return None
    profile = next(part for part in study.profiles if part.segment_id == key)
    rows = tuple(
        Labelled(
            escape(feature_title(study.described[mark.feature])),
            f"{{{key}.{study.described[mark.feature].slug}.difference}}",
        )
        for mark in marks(Case(profile, study.everyone), study.described)
    )
    return Bars("Beside everyone, in standard deviations", rows) if rows else None


def card(
    segment: SegmentInsight, numbers: tuple[Labelled, ...], bars: Bars | None = None
) -> SegmentPanel:
    """Return the card of one segment, open for what chapters add."""
    key = segment.segment_id
    steps = tuple(Labelled(action.area.capitalize(), action.text) for action in segment.actions)
    described: tuple[Block, ...] = (
        *_headed("What marks them", Bullets(segment.marks) if segment.marks else None),
        *((bars,) if bars is not None else ()),
        OpenSlot(key, "left"),
        *_headed("Why it matters", Paragraph(segment.why) if segment.why else None),
    )
    to_do: tuple[Block, ...] = (
        *((Headed("What to do", (OpenSlot(key, "actions"), Steps(steps))),) if steps else ()),
        *_headed(
            "How you will see that it worked",
            Paragraph(segment.measure) if segment.measure else None,
        ),
    )
    evidence = Bullets(segment.evidence, role="note") if segment.evidence else None
    return SegmentPanel(
        key,
        segment.name,
        "",
        card_anchor(key),
        (
            *((KeyNumbers(numbers),) if numbers else ()),
            *((Paragraph(segment.who, "summary"),) if segment.who else ()),
            OpenSlot(key, "marks"),
            SideBySide(described, to_do),
            *_headed("Why they are called that", evidence),
            FileLink("Their rows:", "segments.csv", f'where segment_id is "{key}".'),
        ),
        "card",
    )


def _headed(title: str, block: Block | None) -> tuple[Headed, ...]:
    return (Headed(title, (block,)),) if block is not None else ()


def segment_insights(study: Study) -> tuple[SegmentInsight, ...]:
    """Return what is said of every segment, in the order of the report."""
    return tuple(_segment_insight(study, profile) for profile in study.profiles)


def own_figures(study: Study) -> dict[str, Fact]:
    """Return the figures of every segment that its advice goes by."""
    facts = [
        fact
        for profile in study.profiles
        if profile.segment_id != BOTS
        for fact in own_facts(
            profile.segment_id, study.people, study.tables, study.settings["margin"]
        )
    ]
    return {fact.id: fact for fact in facts}


def _figures(study: Study, profile: Profile) -> frozenset[str]:
    """Return the names of a segment's own figures that are known."""
    return known_figures(
        study.once(own_figures),
        profile.segment_id,
        profile.customers,
        earned=(profile.revenue or 0) * study.settings["margin"] / profile.customers,
        cost=study.settings["cost"],
    )


def _segment_insight(study: Study, profile: Profile) -> SegmentInsight:
    key, name, described = profile.segment_id, study.named[profile.segment_id], study.described
    case = Case(profile, study.everyone)
    figures = _figures(study, profile)

    def has(*names: str) -> bool:
        return all(name in figures or case.has(name) for name in names)

    advised = advise(name.advised_as, has, defined=study.defined, short=short_window(study))
    differences = marks(case, described) if key != BOTS else ()
    everyone = "all" if key == BOTS else EVERYONE
    return SegmentInsight(
        segment_id=key,
        name=name.name,
        evidence=() if name.claim else name.evidence,
        who=f"{_how_many(key, everyone, name)} {_who(name) or advised.who}",
        marks=_marked(profile, name, described, differences, study.once(own_figures)),
        why=_why(profile, advised),
        actions=tuple(Action(step.area, bound(step.text, key)) for step in advised.actions),
        measure=bound(advised.measure, key),
        headline_mark=_headline(differences, key, name),
        headline_action=bound(advised.headline, key),
    )


def short_window(study: Study) -> bool:
    """Whether the log is too short for anyone to come back or to stay away."""
    return study.window_days is not None and study.window_days < LONG_WINDOW_DAYS


def _how_many(key: str, everyone: str, name: Name) -> str:
    if name.rule == "all":
        return f"{{{key}.customers:customer/customers}}: all there are."
    return f"{{{key}.customers:customer/customers}}, {{{key}.share}} of {{{everyone}.customers}}."


def _who(name: Name) -> str:
    """Say of how many members the name is true."""
    if not name.claim:
        return ""
    *given, claim = name.evidence
    return " ".join([claim, *given])


def _usually(
    profile: Profile, described: Mapping[str, Described], figures: Mapping[str, Fact]
) -> Iterator[str]:
    """Say in one line what the middle customer of a segment of buyers is like."""
    key = profile.segment_id
    halves = [
        f"half of them {verb} {{{key}.{described[name].slug}.median{unit}}} or more"
        for name, verb, unit in (("orders", "placed", ":order/orders"), ("revenue", "spent", ""))
        # "one order or more" says nothing
        if name in described and (profile.features[name].median or 0) > (name == "orders")
    ]
    if not halves:
        return
    if f"{key}.own.away" in figures:
        halves.append(f"for half the last order is at most {{{key}.own.away}} ago")
    text = listed(halves)
    yield f"{text[0].upper()}{text[1:]}."


def _marked(
    profile: Profile,
    name: Name,
    described: Mapping[str, Described],
    differences: Sequence[Mark],
    figures: Mapping[str, Fact],
) -> tuple[str, ...]:
    """Say what a segment is like, and how it differs from everyone."""
    if profile.segment_id == BOTS:
        return ("They act faster than people can.",)
    usual = tuple(_usually(profile, described, figures))
    if differences:
        return (*usual, *(mark.text for mark in differences))
    if name.rule == "all":
        return tuple(_typical(profile, described)) or ("Nothing is known of them.",)
    common = " What they have in common is said above." if name.claim else ""
    return (*usual, f"None of their averages differs noticeably from everyone's.{common}")


def _typical(profile: Profile, described: Mapping[str, Described]) -> Iterator[str]:
    """Say what customers are like where there is nobody to compare them with."""
    for name in _TYPICAL:
        if name not in described or profile.features[name].mean is None:
            continue
        fact = f"{profile.segment_id}.{described[name].slug}"
        title = escape(feature_title(described[name]))
        counted = name in ("orders", "sessions", "views")
        if profile.features[name].median != 0:
            few = "fewer" if counted else "less"
            most = f"for at least half of them {{{fact}.median}} or {few}"
        elif counted:
            most = "at least half of them have none"
        else:
            below = ", or less than that" if "returns" in profile.features else ""
            most = f"for at least half of them nothing{below}"
        yield f"{title}: {{{fact}.mean}} on average; {most}."


def _headline(differences: Sequence[Mark], key: str, name: Name) -> str:
    """Say in a few words what marks a segment; where no average does, what they have in common."""
    if key == BOTS:
        return "faster than people can be"
    if name.rule == "all":
        return "all there are"
    if differences:
        return ", ".join(mark.short for mark in differences[:2])
    return f"{{{key}.named}} {name.claim}" if name.claim else "averages like everyone's"


def _why(profile: Profile, advised: Advised) -> str:
    key, why = profile.segment_id, bound(advised.why, profile.segment_id)
    if profile.revenue is None:
        return why
    if profile.revenue == 0:
        return f"They brought no revenue in this period. {why}"
    if profile.revenue < 0:
        return f"They sent back more than they bought in this period: {{{key}.revenue}}. {why}"
    if profile.revenue_share is None or key == BOTS:
        return f"They bring {{{key}.revenue}}. {why}"
    return f"They bring {{{key}.revenue}}, {{{key}.revenue_share}} of all revenue. {why}"
