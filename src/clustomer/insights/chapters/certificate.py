"""The certificate: how far the segments can be relied on."""

from collections.abc import Iterable, Iterator, Mapping

from clustomer.certificates.certificate import Mark, Verdict
from clustomer.insights.blocks import (
    Block,
    Bullets,
    Column,
    Explanations,
    Findings,
    Folded,
    Labelled,
    Link,
    Marked,
    Marks,
    OfSegment,
    Paragraph,
    Row,
    Section,
    SegmentPanel,
    Table,
    Warn,
)
from clustomer.insights.certificate_facts import certificate_facts
from clustomer.insights.chapters.certification import (
    Certification,
    CertifiedSegment,
    apart_revenue_facts,
    certification,
    whole_numbers,
)
from clustomer.insights.chapters.chapter import Chapter
from clustomer.insights.chapters.contest import NOTES
from clustomer.insights.chapters.findings import reserve, standing
from clustomer.insights.facts import Fact
from clustomer.insights.study import Study

_TONES: Mapping[Verdict, Mark] = {
    "segments": "pass",
    "continuum": "weak",
    "undecided": "weak",
    "none": "fail",
    "not tested": "not tested",
}


class Certificate(Chapter):
    """The verdict, the four tests of each segment, and what stands behind them."""

    name = "certificate"
    title = "Certificate: how far these segments can be relied on"
    short = "Certificate"

    def needs(self, study: Study) -> str | None:
        """Return what is missing where nothing was certified."""
        return None if study.certificates is not None else "there are no certificates"

    def facts(self, study: Study) -> Iterable[Fact]:
        """Make a fact of every mark and figure."""
        assert study.certificates is not None
        units = {name: column.unit for name, column in study.described.items()}
        integers = study.once(whole_numbers)
        yield from certificate_facts(study.certificates, units, whole_numbers=integers)
        yield from apart_revenue_facts(study)

    def blocks(self, study: Study, facts: Mapping[str, Fact]) -> Iterator[Block]:
        """Return the verdict, what it means for each segment, and the whole certificate."""
        certified = certification(study, facts)
        if certified.warning:
            yield Warn(certified.warning)
        yield _verdict(certified)
        yield from _cards(study, certified)
        yield Paragraph(certified.headline, "lead")
        if certified.segments:
            yield _crossed("Segments and the four tests", certified.segments, linked=True)
        yield Folded("What was tested, and what came out", tuple(_certificate(certified)))
        yield from _screen(certified)


def _verdict(certified: Certification) -> Section:
    lines = tuple(Paragraph(line) for line in certified.meaning)
    more = Link("What was tested, and what came out", "certificate")
    tone: Mark = "fail" if certified.warning else _TONES[certified.verdict]
    return Section(certified.headline, (*lines, more), "lead", "verdict", tone=tone)


def _cards(study: Study, certified: Certification) -> Iterator[OfSegment]:
    for part in certified.segments:
        key = part.segment_id
        assert study.certificates is not None
        # whether gaps set it apart harms no campaign: among the marks it would look like a warning
        tested = tuple(finding for finding in part.findings if finding.test != "real")
        yield OfSegment(key, "name", Labelled("Certificate", standing(part.findings)))
        anchor = f"certificate-{key}"
        yield OfSegment(key, "marks", Marks("Certificate", tested, anchor))
        holding_back = reserve(study.certificates.segments[key])
        if holding_back:
            yield OfSegment(key, "actions", Paragraph(holding_back, "reserve"))


def _certificate(certified: Certification) -> Iterator[Block]:
    if certified.next_steps:
        yield Section("What to do next", (Bullets(certified.next_steps),))
    if certified.proposed:
        label = "Groups that were not delivered, and the four tests"
        table = _crossed(label, certified.proposed, delivered=False)
        yield Section("The groups that were found, and not delivered", (table,))
    if certified.explanations:
        yield Explanations("What the words mean", certified.explanations)
    if certified.untested:
        yield Section("What could not be tested, and why", (Bullets(certified.untested),))
    if certified.together:
        yield Section("All segments together", _paragraphs(certified.together))
    if certified.holdout or certified.contest:
        yield Section(
            "What customers did next", (*_paragraphs(certified.holdout), *_contest(certified))
        )
    yield Section("Why so many segments", _paragraphs(certified.choice))
    for part in certified.segments:
        yield SegmentPanel(
            part.segment_id,
            part.name,
            "Certificate of",
            f"certificate-{part.segment_id}",
            (Findings(part.findings),),
        )


def _contest(certified: Certification) -> Iterator[Block]:
    if certified.contest is not None:
        notes = tuple(Paragraph(note, "note") for note in NOTES)
        yield Section(certified.contest.label, (certified.contest, *notes))


def _screen(certified: Certification) -> Iterator[Section]:
    blocks: list[Block] = []
    if certified.segments:
        blocks.append(_crossed("Segments and the four tests", certified.segments, short=True))
    if certified.proposed:
        blocks.append(Paragraph("Found, and not delivered:", "aside"))
        blocks.append(
            _crossed("Groups and the four tests", certified.proposed, delivered=False, short=True)
        )
    if not certified.segments and not certified.next_steps:
        blocks += [Paragraph(line) for line in certified.meaning]
    # The first is what to do now, the last how to get segments all the same.
    for line in dict.fromkeys([*certified.next_steps[:1], *certified.next_steps[-1:]]):
        blocks.append(Paragraph(line, "step"))
    yield Section(certified.headline, tuple(blocks), "screen")


def _crossed(
    label: str,
    parts: tuple[CertifiedSegment, ...],
    *,
    delivered: bool = True,
    linked: bool = False,
    short: bool = False,
) -> Table:
    """Return segments against tests."""
    return Table(
        label,
        (
            Column("Segment", "name"),
            *(Column(finding.word, "mark") for finding in parts[0].findings),
        ),
        tuple(
            Row(
                (
                    part.name,
                    *(
                        Marked(finding.mark, "" if short else finding.short)
                        for finding in part.findings
                    ),
                ),
                part.segment_id if delivered else f"proposed.{part.segment_id}",
                f"certificate-{part.segment_id}" if linked else "",
            )
            for part in parts
        ),
    )


def _paragraphs(lines: Iterable[str]) -> tuple[Paragraph, ...]:
    return tuple(Paragraph(line) for line in lines)
