"""From the kind of a segment to what is advised, by what the data have."""

from dataclasses import dataclass, replace

from clustomer.insights.advice.declaration import Advice, Has, text_for
from clustomer.insights.advice.kinds import ADVICE, LAPSED, LATE, NEVER
from clustomer.insights.advice.rfm import RFM_ADVICE
from clustomer.insights.advice.steps import ORDERS_AGAIN
from clustomer.insights.population import UNGROUPED
from clustomer.segments.rules.rfm_grid import NO_PURCHASE_ID

SHORT_NOTE = (
    "In so short a time nobody can become loyal or fall asleep, so the name says little about "
    "them, and what is right for any buyer is right for them."
)


_LAST_RESORT = "Test one thing at a time on a random half of the {its.customers}, and compare."
"""What is advised where no other figure of a segment is known."""


@dataclass(frozen=True)
class Action:
    """One thing to do about a segment.

    `area` is one of personalization, targeting, retention, revenue.
    """

    area: str
    text: str


@dataclass(frozen=True)
class Advised:
    """Advice that fits the data."""

    who: str
    why: str
    actions: tuple[Action, ...]
    measure: str
    headline: str


def advise(kind: str, has: Has, *, defined: bool = False, short: bool = False) -> Advised:
    """Return the advice for the kind of segment that a rule's key names.

    `defined` says that the key is that of a segment of the RFM grid; in a `short` log, in which
    nobody has had the time to come back or stay away, its buyers get what is right for any buyer.
    `has(*names)` tells which features and which of the segment's own figures are known.

    >>> advise("loyal", lambda *names: False).headline
    'Ask for the next order, without a discount'
    """
    for name, instead in (
        ("own.mostly_never", NEVER),
        ("own.mostly_lapsed", LAPSED),
        ("own.mostly_late", LATE),
    ):
        kind = instead.get(kind, kind) if has(name) and not defined else kind
    advice = _advice(kind, defined=defined, short=short)
    pairs = [(area, text_for(text, has)) for area, text in advice.actions]
    texts = pairs if any(text for _, text in pairs) else [("targeting", _LAST_RESORT)]
    measures = (
        (advice.measure,) if kind in (*UNGROUPED, "seasonal") else (ORDERS_AGAIN, advice.measure)
    )
    return Advised(
        who=advice.who,
        why=text_for(advice.why, has),
        actions=tuple(Action(area, text) for area, text in texts if text),
        measure=text_for(measures, has),
        headline=text_for(advice.headline, has),
    )


def _advice(kind: str, *, defined: bool, short: bool) -> Advice:
    if not defined or kind not in RFM_ADVICE:
        if kind not in ADVICE:
            raise LookupError(
                f"There is no advice for segments of the kind `{kind}`. Add it to `ADVICE` in "
                "insights/advice/kinds.py, under the key of the rule."
            )
        return ADVICE[kind]
    advice = RFM_ADVICE[kind]
    if short and kind != NO_PURCHASE_ID:
        return replace(ADVICE["buyers"], who=advice.who, why=SHORT_NOTE)
    return advice
