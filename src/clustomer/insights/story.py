"""What the program has to say, ready to be rendered.

Every text may hold `{fact-id}` placeholders; numbers reach a reader through
facts only, so that each can be traced and recomputed.
"""

from dataclasses import dataclass

from clustomer.certificates.certificate import Mark, Verdict


@dataclass(frozen=True)
class Action:
    """One thing to do about a segment.

    `area` is one of personalization, targeting, retention, revenue.
    """

    area: str
    text: str


@dataclass(frozen=True)
class SegmentInsight:
    """One segment, told for someone who must decide what to do about it.

    `standing` says in a few words what its certificate comes to, `reserve` is the sentence that
    an action needs where the certificate does not bear it; both are empty without one.
    """

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
    standing: str = ""
    reserve: str = ""


@dataclass(frozen=True)
class Finding:
    """What one test found of a segment.

    `test` is stable, real, predictive or usable, `word` the same as a title; `short` is for a
    table and may be empty, `texts` are sentences.
    """

    test: str
    word: str
    mark: Mark
    short: str
    texts: tuple[str, ...]


@dataclass(frozen=True)
class CertifiedSegment:
    """The four findings on a segment."""

    segment_id: str
    name: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Explanation:
    """What a word of the certificate means: for everyone, and for a statistician."""

    word: str
    plain: str
    method: str


@dataclass(frozen=True)
class Comparison:
    """A table whose cells are texts; `rows` begin with the name of what is compared.

    `chosen` are the places of the rows that are ours; `notes` say how to read it.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    chosen: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Certification:
    """What the certificates come to.

    `warning` is what every page and section must say where segments are delivered against the
    verdict, and empty otherwise. `proposed` are segments that were found but not delivered.
    """

    verdict: Verdict
    headline: str
    meaning: tuple[str, ...]
    warning: str
    segments: tuple[CertifiedSegment, ...]
    proposed: tuple[CertifiedSegment, ...]
    together: tuple[str, ...]
    holdout: tuple[str, ...]
    contest: Comparison | None
    untested: tuple[str, ...]
    choice: tuple[str, ...]
    next_steps: tuple[str, ...]
    explanations: tuple[Explanation, ...]


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
    certification: Certification | None = None
    comparison: Comparison | None = None

    @property
    def warning(self) -> str:
        """What must be said in every part of a report; mostly nothing."""
        return self.certification.warning if self.certification is not None else ""
