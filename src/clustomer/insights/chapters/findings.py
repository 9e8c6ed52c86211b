"""What each of the four tests found of a segment, in words."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from clustomer.certificates.certificate import (
    Condition,
    Predictive,
    Real,
    SegmentCertificate,
    Stable,
    Usable,
)
from clustomer.customers.features import FEATURES
from clustomer.insights.blocks import Finding
from clustomer.insights.facts import escape
from clustomer.insights.reasons import certificate_sentence, full_stop
from clustomer.insights.texts import listed
from clustomer.thresholds import LEVEL
from clustomer.thresholds import SEGMENT_EFFECT_NEEDED as SEGMENT_DEPTH
from clustomer.thresholds import USABLE as LEAST_SHARE

TESTS = {
    "stable": "Stable",
    "real": "Set apart",
    "predictive": "Predictive",
    "usable": "Usable",
}
"""The tests in their order, and what they are called."""

_LIFTS = {
    "bought": (
        "{{{lift}_segment}} of them bought in that time, {{{lift}}} times as many as of everyone "
        "({{{lift}_everyone}}{bounds})."
    ),
    "visited": (
        "{{{lift}_segment}} of them came back in that time, {{{lift}}} times as many as of "
        "everyone ({{{lift}_everyone}}{bounds})."
    ),
    "revenue": (
        "They brought {{{lift}_segment}} each in that time, {{{lift}}} times as much as everyone "
        "({{{lift}_everyone}}{bounds})."
    ),
}
_SHORT_OUTCOMES = {"revenue": "revenue", "bought": "buyers", "visited": "returning"}
_DECLARED = {declared.name: declared for declared in FEATURES}


def findings(
    certificate: SegmentCertificate, key: str, labels: Mapping[str, str], integers: frozenset[str]
) -> tuple[Finding, ...]:
    """Return the findings on a segment, whose facts begin with `key`.

    `labels` are the words for features; those in `integers` have whole numbers only.
    """
    texts: dict[str, tuple[str, Iterator[str]]] = {
        "stable": (_stable_short(certificate.stable, key), _stable(certificate.stable, key)),
        "real": (_real_short(certificate.real, key), _real(certificate.real, key)),
        "predictive": (
            _predictive_short(certificate.predictive, key),
            _predictive(certificate.predictive, key),
        ),
        "usable": (
            _usable_short(certificate.usable, key),
            _usable(certificate.usable, key, labels, integers),
        ),
    }
    return tuple(
        Finding(test, word, getattr(certificate, test).mark, texts[test][0], tuple(texts[test][1]))
        for test, word in TESTS.items()
    )


_RELIABLE = (
    "Reliable: the segment comes back when the customers are drawn anew, it told what its "
    "customers did next, and a short rule picks them."
)
_BLENDS = (
    "Blends into its neighbours: no gap sets it apart (“Set apart” in the certificate), so a "
    "customer near its border is much like those beyond it. That harms no campaign."
)
_BORDERS: Mapping[str, str] = {
    "pass": "set apart",
    "weak": "hardly set apart",
    "fail": "blends into its neighbours",
}


def standing(findings: tuple[Finding, ...]) -> str:
    """Say in a few words what a certificate comes to: whether to rely on it, and its borders.

    >>> standing((Finding("stable", "Stable", "pass", "", ()),
    ...     Finding("real", "Set apart", "fail", "", ()),
    ...     Finding("usable", "Usable", "weak", "", ())))
    'with care: weakly usable; blends into its neighbours'
    """
    borders = [_BORDERS.get(part.mark, "") for part in findings if part.test == "real"]
    words = [_reliance([part for part in findings if part.test != "real"]), *borders]
    return "; ".join(word for word in words if word)


def standing_note(certificates: Iterable[SegmentCertificate]) -> str:
    """Say in full what `standing` says of segments in a word; empty where it says neither."""
    parts = [*certificates]
    reliable = any(
        {part.stable.mark, part.predictive.mark, part.usable.mark} == {"pass"} for part in parts
    )
    blends = any(part.real.mark == "fail" for part in parts)
    return " ".join([_RELIABLE] * reliable + [_BLENDS] * blends)


def _reliance(findings: Sequence[Finding]) -> str:
    """Say whether a segment is to be relied on, whatever its borders."""
    marks = {finding.mark for finding in findings}
    if marks <= {"pass"}:
        return "reliable"
    if marks <= {"not tested"}:
        return "not tested"
    words = {"fail": "not {}", "weak": "weakly {}", "not tested": "{} not tested"}
    return "with care: " + ", ".join(
        words[mark].format(finding.word.lower())
        for mark in words
        for finding in findings
        if finding.mark == mark
    )


def reserve(certificate: SegmentCertificate) -> str:
    """Return the sentence that actions need where the certificate does not bear them."""
    unstable = certificate.stable.mark == "fail"
    blind = certificate.predictive.mark == "fail"
    if unstable and blind:
        return (
            "With reserve: with other customers this segment would not have been recovered, and "
            "it did not tell what its customers did next, so try these on a few of them before "
            "you plan on them."
        )
    if unstable:
        return (
            "With reserve: with other customers this segment would not have been recovered, so "
            "try these on a few of them before you plan on the whole segment."
        )
    if blind:
        return (
            "With reserve: when it was tried, this segment did not tell what its customers did "
            "next, so expect no more of them than of everyone until a test shows it."
        )
    return ""


def rule_in_words(
    usable: Usable, key: str, labels: Mapping[str, str], integers: frozenset[str]
) -> str:
    """Return the short rule of a segment, its numbers as facts; empty where there is none."""
    return listed(
        [
            _condition(condition, f"{key}.usable_condition_{place}", labels, integers)
            for place, condition in enumerate(usable.conditions, 1)
        ]
    )


def _condition(
    condition: Condition, fact: str, labels: Mapping[str, str], integers: frozenset[str]
) -> str:
    name = condition.feature
    number = f"{{{fact}_whole}}" if name in integers else f"{{{fact}}}"
    declared = _DECLARED.get(name)
    if declared is not None and declared.bound is not None:
        bound = declared.bound
        if condition.above:
            return f"{bound.before} more than {number} {bound.after}{bound.never}"
        return f"{bound.before} at most {number} {bound.after}"
    spoken = declared.spoken if declared is not None else ""
    label = spoken or escape(labels.get(name, name))
    return f"{label} above {number}" if condition.above else f"{label} at most {number}"


def _why(part: Any, key: str, test: str) -> Iterator[str]:
    if part.why:
        begin = "Why not: " if part.mark == "not tested" else "Why: "
        yield f"{begin}{{{key}.{test}_why}}{full_stop(certificate_sentence(part.why))}"


def _stable_short(part: Stable, key: str) -> str:
    return f"{{{key}.stable_jaccard}}" if part.jaccard is not None else ""


def _stable(part: Stable, key: str) -> Iterator[str]:
    if part.jaccard is not None:
        drawn = (
            f"Looked for again in {{{key}.stable_resamples:draw/draws}} of "
            f"{{{key}.stable_resample_customers:customer/customers}} each"
            if part.resamples and part.resample_customers
            else "Looked for again among other draws of customers"
        )
        yield (
            f"{drawn}: of every hundred customers in the segment or in the one recovered, "
            f"{{{key}.stable_in_100}} are in both (Jaccard {{{key}.stable_jaccard}})."
        )
    if part.dissolved:
        yield f"In {{{key}.stable_dissolved}} of the draws, half of them or fewer were in both."
    if part.split_half is not None:
        chance = (
            "; halves that know nothing of each other would give "
            f"{{{key}.stable_split_half_chance}}"
            if part.split_half_chance is not None
            else ""
        )
        yield (
            "Judged by one random half of each customer's visits and by the other (split halves), "
            f"the segment agrees with itself by {{{key}.stable_split_half}}{chance}."
        )
        if part.split_half_chance is not None and part.split_half <= part.split_half_chance:
            yield "So two halves of the same customer's visits agree no better than strangers'."
    yield from _why(part, key, "stable")


def _real_short(part: Real, key: str) -> str:
    return f"gap {{{key}.real_statistic}}" if part.statistic is not None else ""


def _real(part: Real, key: str) -> Iterator[str]:
    if part.statistic is not None and part.null_99 is not None:
        yield (
            f"On the border to its nearest neighbour, customers are {{{key}.real_statistic}} rarer "
            "than on either side. Where all customers are of one kind, ninety-nine simulated "
            f"nulls in a hundred stay below {{{key}.real_null_99}} there."
        )
    if part.effect is not None:
        yield (
            f"The gap exceeds that by {{{key}.real_effect}}."
            if part.effect > 0
            else "So the gap is no deeper than one population would show."
        )
    if part.mark == "weak" and part.effect is not None and part.effect >= SEGMENT_DEPTH:
        yield (
            "By itself it would pass, but all segments together do not, and several segments are "
            "several chances to be lucky."
        )
    elif part.excess is not None and part.mark == "weak":
        yield (
            f"It holds {{{key}.real_excess}} times as many customers as one population would put "
            "there."
        )
    yield from _why(part, key, "real")


def _predictive_short(part: Predictive, key: str) -> str:
    # the first that tells something, else the first
    lifts = {lift.outcome: lift for lift in part.lifts if lift.outcome in _SHORT_OUTCOMES}
    telling = [name for name in _SHORT_OUTCOMES if name in lifts and lifts[name].p < LEVEL]
    for outcome in (*telling, *(name for name in _SHORT_OUTCOMES if name in lifts)):
        return f"{{{key}.lift_{outcome}}} times the {_SHORT_OUTCOMES[outcome]}"
    return ""


def _predictive(part: Predictive, key: str) -> Iterator[str]:
    if part.lifts and part.customers:
        yield (
            f"{{{key}.predictive_customers:customer/customers}} who took no part in making the "
            "segments were watched for {holdout.horizon_days} from {holdout.date} on."
        )
    for lift in part.lifts:
        name = f"{key}.lift_{lift.outcome}"
        bounds = (
            f"; interval of the lift {{{name}_low}} to {{{name}_high}}, p {{{name}_p}}"
            if lift.lift.low is not None and lift.lift.high is not None
            else f"; p {{{name}_p}}"
        )
        if lift.outcome in _LIFTS:
            yield _LIFTS[lift.outcome].format(lift=name, bounds=bounds)
    if part.matched is not None:
        yield (
            "The segment was sought again at that date, and agrees with the one found there by "
            f"{{{key}.predictive_matched}}."
        )
    yield from _why(part, key, "predictive")


def _usable_short(part: Usable, key: str) -> str:
    return f"{{{key}.usable_share}} of customers"


def _usable(
    part: Usable, key: str, labels: Mapping[str, str], integers: frozenset[str]
) -> Iterator[str]:
    small = "" if part.share >= LEAST_SHARE else ", fewer than one in a hundred,"
    money = (
        f" and brings {{{key}.usable_revenue_share}} of the revenue"
        if part.revenue_share is not None
        else ""
    )
    yield f"It holds {{{key}.usable_share}} of the customers{small}{money}."
    rule = rule_in_words(part, key, labels, integers)
    if rule:
        yield f"In short: {rule}."
    if rule and part.precision is not None and part.recall is not None:
        yield (
            "Among customers that the rule was not made from, "
            f"{{{key}.usable_precision}} of those it picks are in the segment, and it finds "
            f"{{{key}.usable_recall}} of the segment."
        )
    if part.named is False:
        yield "No name is proved by its numbers, so its name tells little."
    yield from _why(part, key, "usable")
