"""What the certificates come to, told for someone who must decide whether to rely on them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from clustomer.certificates.certificate import Certificates, Verdict
from clustomer.customers.reason import Reason
from clustomer.insights.blocks import Explanation, Finding, Table
from clustomer.insights.chapters.certificate_words import (
    BY_FACETS,
    EXPLANATIONS,
    FORCED,
    GIVEN_THEIR_NUMBER,
    GIVEN_THEIR_NUMBER_BESIDE_RARE,
    HEADLINES,
    MEANINGS,
    NULLS,
    RELIED_ON,
    TOLD,
    UNDECIDED,
)
from clustomer.insights.chapters.contest import carried, contest
from clustomer.insights.chapters.facet_words import SEES
from clustomer.insights.chapters.findings import TESTS, findings
from clustomer.insights.chapters.no_facets import none_shows
from clustomer.insights.facts import Fact, decimals_for, escape, made_of
from clustomer.insights.population import UNGROUPED
from clustomer.insights.reasons import certificate_sentence, full_stop
from clustomer.insights.study import Study
from clustomer.insights.texts import in_sentence, listed
from clustomer.thresholds import APART_SHARE, VALID

APART_REVENUE = "reality.apart_revenue_share"


@dataclass(frozen=True)
class CertifiedSegment:
    """The four findings on a segment."""

    segment_id: str
    name: str
    findings: tuple[Finding, ...]


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
    contest: Table | None
    untested: tuple[str, ...]
    choice: tuple[str, ...]
    next_steps: tuple[str, ...]
    explanations: tuple[Explanation, ...]


def certification(study: Study, facts: Mapping[str, Fact]) -> Certification:
    """Tell what the certificates of a study say; those in no group have none."""
    certificates, names = study.certificates, study.names
    assert certificates is not None
    labels = {name: column.label for name, column in study.described.items()}
    integers = study.once(whole_numbers)
    kind = _kind(certificates, len(study.groups) > 1, study.defined)
    return Certification(
        verdict=certificates.verdict,
        headline=_headline(kind, facts),
        meaning=(
            *_meaning(study, certificates, kind),
            *_given_their_number(kind, study.segmentation.selection),
        ),
        warning=FORCED if kind == "forced" else "",
        segments=tuple(
            CertifiedSegment(key, name, findings(certificates.segments[key], key, labels, integers))
            for key, name in names.items()
            if key in certificates.segments and key not in UNGROUPED
        ),
        proposed=tuple(
            CertifiedSegment(
                key,
                f"Group {place}",
                findings(certificates.proposed[key], f"proposed.{key}", labels, integers),
            )
            for place, key in enumerate(sorted(certificates.proposed, key=_natural), 1)
        ),
        together=tuple(_together(certificates)),
        holdout=tuple(_holdout(certificates)),
        contest=contest(certificates.prediction),
        untested=tuple(_untested(certificates, names)),
        choice=choice(study),
        next_steps=tuple(_next_steps(facts, kind)) if kind in ("none", "alone") else (),
        explanations=EXPLANATIONS if certificates.segments or certificates.proposed else (),
    )


def choice(study: Study) -> tuple[str, ...]:
    """Say why there are so many segments, and where the certificate takes that back."""
    lines = ["{clustering.reason}", *_came_back(study.segmentation.selection)]
    if study.certificates is not None and study.segmentation.selection.rests_on_stability:
        lines += _less_stable(study.certificates, study.names)
    return tuple(lines)


def _came_back(selection: Any) -> Iterator[str]:
    """Say how often the number returned when everything was done again."""
    again = selection.repetition
    if again is None or len(again.jaccard) != selection.crowd_k:
        return
    if not selection.reason.numbers.get("returned"):
        yield (
            "The whole procedure was repeated on {clustering.draws:random draw/random draws} of "
            f"the customers: {{clustering.returned}} of them gave {{{_number(selection)}}} again."
        )
    yield (
        "Each draw held {clustering.drawn_customers:customer/customers}, and made its own "
        "weights, scaling, number and fit."
    )
    yield (
        "The segment that was recovered least well had a Jaccard similarity of "
        "{clustering.least_returned}, where 1 is the same customers."
    )
    if _other_number(selection):
        yield "So another sample of such customers could well have given another number."


def _number(selection: Any) -> str:
    """Return the fact that is the number of segments that was chosen."""
    return "clustering.crowd_k" if selection.rare_clusters else "clustering.k"


def _other_number(selection: Any) -> bool:
    """Whether half or more of the draws, when everything was done again, gave another number."""
    again = selection.repetition
    return (
        again is not None
        and len(again.jaccard) == selection.crowd_k
        and 2 * again.returned <= len(again.taken)
    )


def _given_their_number(kind: str, selection: Any) -> Iterator[str]:
    """Say where another sample could have given another number of segments to rely on."""
    if kind in RELIED_ON and _other_number(selection):
        yield GIVEN_THEIR_NUMBER_BESIDE_RARE if selection.rare_clusters else GIVEN_THEIR_NUMBER


def whole_numbers(study: Study) -> frozenset[str]:
    """Return the features that have whole numbers only, whose bounds need no fraction."""
    integers = set()
    for name, values in study.people.columns.items():
        defined = values[~np.isnan(values)]
        if len(defined) and bool(np.all(defined == np.floor(defined))):
            integers.add(name)
    return frozenset(integers)


def _kind(certificates: Certificates, divided: bool, defined: bool) -> str:
    """Return which headline is true."""
    match certificates.verdict:
        case "none":
            if divided:
                # Definitions are delivered whatever the tests say, and claim no structure.
                return "defined" if defined else "forced"
            return "none" if certificates.proposed else "alone"
        case "continuum" if certificates.reality.mark == "not tested":
            return "useful"
        case "continuum" if certificates.reality.mark == "pass" and certificates.reality.apart:
            return "partly apart"
        case "not tested":
            return "untested" if certificates.segments else "left out"
        case verdict:
            return verdict


def _headline(kind: str, facts: Mapping[str, Fact]) -> str:
    """Return the headline, with the revenue of those set apart where it is known."""
    with_revenue = f"{kind} with revenue"
    is_known = with_revenue in HEADLINES and APART_REVENUE in facts
    return HEADLINES[with_revenue if is_known else kind]


def apart_revenue_facts(study: Study) -> Iterator[Fact]:
    """Make `reality.apart_revenue_share`, what the segments that gaps set apart bring together.

    It is added up segment by segment: the sums on the way are facts, too.
    """
    assert study.certificates is not None
    certified = study.certificates.segments
    shares = [
        (f"{part.segment_id}.revenue_share", part.revenue_share)
        for part in study.groups
        if part.segment_id in certified and certified[part.segment_id].real.mark == "pass"
    ]
    if not shares or study.certificates.reality.apart is None:
        return
    total, ids = 0.0, ""
    for place, (fact_id, share) in enumerate(shares, 1):
        if share is None:
            return
        total += share
        name = APART_REVENUE if place == len(shares) else f"{APART_REVENUE}.{place}"
        if len(shares) == 1:
            source = {
                "table": "customers",
                "key": fact_id.partition(".")[0],
                "column": "revenue",
                "aggregate": "share_of_sum",
            }
            yield Fact(name, total, "share", decimals_for(total, "share"), None, source)
        elif place > 1:
            yield made_of(name, total, "share", f"{ids} {fact_id}", "sum")
        ids = name if place > 1 else fact_id


def _meaning(study: Study, certificates: Certificates, kind: str) -> tuple[str, ...]:
    if kind == "continuum":
        first, *others = MEANINGS[kind]
        return (f"{first} {_by_facets(study)}", *others)
    if kind in MEANINGS:
        return MEANINGS[kind]
    if kind == "undecided":
        return tuple(_undecided(certificates))
    return tuple(_no_structure(certificates))


def _by_facets(study: Study) -> str:
    """Say what the verdict, which is about how much and how often, does not speak of."""
    if study.facets is None:
        return BY_FACETS["not looked for"]
    sees = [SEES[facet.name] for facet in study.facets.held]
    if sees:
        return BY_FACETS["held"].format(what=listed(sees))
    return " ".join(none_shows(study.facets, visits="views" in study.everyone.features))


def _undecided(certificates: Certificates) -> Iterator[str]:
    """Say what is too near to call, and what the segments are good for all the same."""
    reality = certificates.reality
    if reality.undecided:
        yield UNDECIDED["gaps"]
    elif reality.mark == "pass" and (reality.apart_share or 0) < APART_SHARE:
        yield UNDECIDED["few apart"]
    elif reality.mark == "pass" and certificates.prediction.mark in ("weak", "fail"):
        yield UNDECIDED["apart"]
    elif reality.explained and reality.null in UNDECIDED:
        yield UNDECIDED[reality.null]
    else:
        yield UNDECIDED["stability"]
    yield TOLD[certificates.prediction.mark]


def _no_structure(certificates: Certificates) -> Iterator[str]:
    """Say what speaks against the division that was found, and only that."""
    proposed, reality, reasons = certificates.proposed.values(), certificates.reality, []
    if reality.mark in ("fail", "weak"):
        reasons.append(
            f"the gaps between them are {'no' if reality.mark == 'fail' else 'hardly'} deeper than "
            "those of a shop whose customers are all of one kind"
        )
    dissolved = sum(group.usable.share for group in proposed if group.stable.mark == "fail")
    if 2 * dissolved > sum(group.usable.share for group in proposed):
        reasons.append("with other customers, most of this division would not have come out again")
    reasons.append(
        "whether the division tells what customers do next could not be tested"
        if certificates.prediction.mark == "not tested"
        else "the division tells too little of what customers do next"
        if certificates.prediction.mark != "pass"
        else "what the division tells of what they do next does not make up for that"
    )
    groups = "{certificate.proposed_k:group/groups}" if certificates.proposed_k else "groups"
    yield f"The customers were divided into {groups}, but {'; '.join(reasons)}."
    yield "So this report speaks of all customers together."


def _natural(key: str) -> tuple[int, str]:
    return len(key), key


def _together(certificates: Certificates) -> Iterator[str]:
    reality = certificates.reality
    if reality.statistic is not None and reality.null_99 is not None:
        worlds = "simulated nulls"
        if reality.worlds:
            worlds = "{reality.worlds:simulated null/simulated nulls}"
        size = " of {reality.customers:customer/customers}" if reality.customers else ""
        yield (
            f"All segments were held against {worlds}{size}: shops whose customers are all of one "
            "kind. Here customers are {reality.statistic} rarer on the "
            "borders between segments than on either side, on average; ninety-nine simulated nulls "
            "in a hundred stay below {reality.null_99}."
        )
    if reality.null is not None and len(reality.nulls) > 1:
        yield f"Of the ways to draw such shops the strictest counts: {NULLS[reality.null]}."
    if reality.effect is not None and reality.effect_needed is not None:
        yield (
            f"The gaps exceed that by {{reality.effect}}{_give_or_take(reality.error)}; "
            "{reality.effect_needed} are needed to speak of real groups."
            if reality.effect > 0
            else "The gaps are no deeper than that; {reality.effect_needed} more are needed to "
            "speak of real groups."
        )
    if reality.copula is not None:
        yield (
            "A simpler null, a Gaussian copula of the features, would have put the bar at "
            "{reality.copula}; it takes noise for groups, so it decides nothing."
        )


def _give_or_take(error: float | None) -> str:
    return " (standard error {reality.error})" if error else ""


def _holdout(certificates: Certificates) -> Iterator[str]:
    held = certificates.prediction
    if held.date is None:
        return
    before = " from the {holdout.window_days} before it" if held.window_days is not None else ""
    after = (
        "what happened in the {holdout.horizon_days} after it"
        if held.horizon_days
        else ("what happened after it")
    )
    if certificates.reality.why == Reason("given groups"):
        yield (
            "The groups count as made before {holdout.date}, and were set beside "
            f"{after}: {{holdout.eligible:customer/customers}} had been active before that date. "
            "What a fifth of them did was foretold from what the other four fifths of the same "
            "group did."
        )
        yield from carried(held)
        return
    yield (
        f"Segments were made as of {{holdout.date}},{before}, and then set beside {after}."
        if before
        else f"Segments were made as of {{holdout.date}}, and then set beside {after}."
    )
    if held.eligible:
        half = (
            " All choices were made on one half of them, for selection; these figures are of the "
            "other, for validation, {holdout.validation:customer/customers}."
            if held.validation
            else ""
        )
        yield (
            "{holdout.eligible:customer/customers} had been active before that date and could be "
            f"watched.{half}"
        )
    yield from carried(held)


def _untested(certificates: Certificates, names: Mapping[str, str]) -> Iterator[str]:
    """Give the reasons, those that hold for several segments once."""
    for part, fact, what in (
        (certificates.reality, "reality.why", "Real groups"),
        (certificates.prediction, "holdout.why", "Prediction"),
    ):
        if part.mark == "not tested" and part.why:
            yield f"{what}: {{{fact}}}{full_stop(certificate_sentence(part.why))}"
    given = (certificates.reality.why, certificates.prediction.why)
    reasons: dict[tuple[str, str], list[str]] = {}
    for key in names:
        for test in TESTS if key in certificates.segments else ():
            tested: Any = getattr(certificates.segments[key], test)
            if tested.mark == "not tested" and tested.why and tested.why not in given:
                reasons.setdefault((test, certificate_sentence(tested.why)), []).append(key)
    for (test, sentence), keys in reasons.items():
        whom = ", ".join(in_sentence(names[key]) for key in keys)
        yield f"{TESTS[test]} ({whom}): {{{keys[0]}.{test}_why}}{full_stop(sentence)}"


def _less_stable(certificates: Certificates, names: Mapping[str, str]) -> Iterator[str]:
    """Say where the certificate takes back what the choice of K rested on."""
    similarities = {key: part.stable.jaccard for key, part in certificates.segments.items()}
    weak = [
        f"“{escape(name)}”"
        for key, name in names.items()
        if (jaccard := similarities.get(key)) is not None and jaccard < VALID
    ]
    if weak:
        yield (
            "That was measured before the number was taken, on other resamples: in the "
            f"certificate, {listed(weak)} come{'s' if len(weak) == 1 else ''} out less stable "
            "than that."
        )


def _next_steps(facts: Mapping[str, Fact], kind: str) -> Iterator[str]:
    yield (
        "Address customers by the plain groups, and test one change at a time on a random half of "
        "them."
    )
    yield (
        "Run it again when there is more to see: a longer stretch of time, or more of what "
        "customers do (visits, carts, products), often shows what a short or thin log hides."
    )
    yield "If you know what should matter in your shop, name those features with --features."
    if "everyone.orders.sum" in facts:
        yield (
            "Where customary groups will do, --algorithm rfm divides by recency and frequency. "
            "These are definitions, and claim no structure."
        )
    if kind == "alone":
        return
    yield (
        "--force gives the segments that were found all the same, with a warning on everything "
        "that is made of them."
    )
