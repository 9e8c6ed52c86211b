"""What the certificates come to, told for someone who must decide whether to rely on them."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from clustomer.certificates.certificate import Certificates, Usable
from clustomer.insights.contest import carried, contest
from clustomer.insights.facts import Fact, escape
from clustomer.insights.findings import TESTS, findings, listed
from clustomer.insights.naming import Name
from clustomer.insights.population import UNGROUPED
from clustomer.insights.story import Certification, CertifiedSegment, Explanation
from clustomer.segments.thresholds import VALID

HEADLINES = {
    "segments": "There are real groups among these {clustering.k:segment/segments}, which one "
    "population would not show.",
    "continuum": "A useful division of a continuum: these are not separate groups.",
    "useful": "A useful division: whether these are separate groups could not be tested.",
    "none": "No structure found: everyone is one segment.",
    "alone": "No structure found: everyone is one segment.",
    "forced": "No structure found: these segments are delivered because they were asked for.",
    "defined": "No structure found: these segments are definitions, and claim none.",
    "untested": "Not certified: what matters most could not be tested.",
    "left out": "Nothing was certified.",
}
_ON_USE = (
    "Use the segments to decide whom to address. Do not take them for kinds of people, and make "
    "nothing of a single customer near a border."
)
_MEANINGS = {
    "segments": (
        "A shop whose customers differ by degree only would not have shown them. What each of "
        "them passed, and what not, stands in the certificate.",
    ),
    "continuum": (
        "Customers differ by degree, and every border could lie elsewhere. The borders drawn here "
        "are useful all the same: they come out again with other customers, and they tell what "
        "customers do next. For which segments that holds, and how far, stands in the certificate.",
        _ON_USE,
    ),
    "useful": (
        "The segments tell what customers do next. Whether they are kinds of customers, or only "
        "differ by degree, is not known; why not stands in the certificate.",
        _ON_USE,
    ),
    "alone": (
        "There was nothing to divide the customers by. So this report speaks of all customers "
        "together.",
    ),
    "forced": (
        "The tests found no groups in these customers. The segments are an arbitrary division: "
        "other customers, or another month, could give other ones.",
    ),
    "defined": (
        "Each customer is in a segment by its definition. That the segments are groups, or tell "
        "what customers do next, the tests do not show.",
    ),
    "untested": (
        "Whether these segments are real groups, and whether they tell what customers do next, "
        "could not be tested. Why not, and what could be tested, stands in the certificate.",
    ),
    "left out": (
        "Whether these segments are real, stable, predictive and usable is not known: the tests "
        "were left out.",
        "Run it again with the tests before you spend money on the segments.",
    ),
}
FORCED = (
    "Warning: no structure was found in these customers. The segments were forced, and nothing "
    "shows that they are groups."
)

EXPLANATIONS = (
    Explanation(
        "Stable",
        "Had other customers of the same shop been drawn, the same group would have come out.",
        "Mean Jaccard similarity with the most similar cluster over at least 50 bootstrap "
        "resamples of at most 2,000 customers, each clustered anew (Hennig, 2007, "
        "doi:10.1016/j.csda.2006.11.025): from 0.75 pass, above 0.5 weak, else fail, since the "
        "cluster dissolves. It is weak, too, where two random halves of each customer's visits "
        "(event thinning) agree no better than halves of different customers. Labels are those of "
        "the stored rule; customers in no group are left out. A bootstrap of all customers decides "
        "nothing: it nears 1 as customers grow in number, groups or none.",
    ),
    Explanation(
        "Real",
        "It is set apart by a gap, as it would not be in a shop whose customers differ by degree "
        "only.",
        "The statistic is the depth of the shallowest valley on the lines from the segment's "
        "centre to the others: 1 less the density at the bottom over that of the lower side; of "
        "all segments together, the mean over customers. The null is made of events, not of "
        "features: one population with smoothly varying activity (zero-truncated negative "
        "binomial counts, arrival times), the contents of visits drawn from everyone's, sent "
        "through the same features and scaling, and divided anew into as many segments. A segment "
        "passes 0.15 above the 99th percentile of 100 such worlds, if all together pass, which "
        "takes 0.08; a mere excess is weak, since with many customers any misfit is significant. "
        "There is no p-value for features that made the clusters: it would be circular.",
    ),
    Explanation(
        "Predictive",
        "Made at an earlier date, it told what its customers did afterwards.",
        "A temporal holdout: features, scaling and K from the time before the date and from half "
        "of the customers (by MD5 of their id), outcomes after it and from the other half. Lifts "
        "over everyone have bootstrap intervals of 95 %, their p-values are adjusted by Holm's "
        "method (1979) over segments and outcomes. A segment inherits the result of the segment "
        "found at the date where the Jaccard similarity of the two is at least 0.6; otherwise it "
        "is not tested. A pass needs an adjusted p below 0.05 and a lift that is a fifth above or "
        "below everyone's.",
    ),
    Explanation(
        "Usable",
        "It is large enough to act on, has a name that its numbers prove, and can be said in one "
        "short rule.",
        "At least 1 % of the customers or 5 % of the revenue, else fail; a name from the rules "
        "below; a path of a decision tree (Breiman and others, 1984) of at most three conditions "
        "with a precision of at least 0.8 and a recall of at least 0.6 on customers it was not "
        "sought on, otherwise weak.",
    ),
)


def with_names(certificates: Certificates, named: Mapping[str, Name]) -> Certificates:
    """Return the certificates with what naming found.

    A segment without a proved name is weakly usable at best.
    """
    return replace(
        certificates,
        segments={
            key: replace(each, usable=_named(each.usable, named[key].proved))
            if key in named
            else each
            for key, each in certificates.segments.items()
        },
    )


def certification(
    certificates: Certificates,
    names: Mapping[str, str],
    facts: Mapping[str, Fact],
    labels: Mapping[str, str],
    whole: frozenset[str],
    *,
    defined: bool = False,
    rests_on_stability: bool = False,
) -> Certification:
    """Tell what the certificates say.

    `names` are those of the segments in the order of the report; those without a certificate
    (suspected bots, customers in no group) are left out. `labels` are the words for features,
    `whole` those features that have whole numbers only; `defined` says that the segments were
    defined and not found, `rests_on_stability` that K was taken for being stable.
    """
    verdict = certificates.verdict
    divided = sum(key not in UNGROUPED for key in names) > 1
    kind = _kind(certificates, divided, defined)
    return Certification(
        verdict=verdict,
        headline=HEADLINES[kind],
        meaning=_MEANINGS[kind] if kind in _MEANINGS else tuple(_no_structure(certificates)),
        warning=FORCED if kind == "forced" else "",
        segments=tuple(
            CertifiedSegment(key, name, findings(certificates.segments[key], key, labels, whole))
            for key, name in names.items()
            if key in certificates.segments and key not in UNGROUPED
        ),
        proposed=tuple(
            CertifiedSegment(
                key,
                f"Group {place}",
                findings(certificates.proposed[key], f"proposed.{key}", labels, whole),
            )
            for place, key in enumerate(sorted(certificates.proposed, key=_natural), 1)
        ),
        together=tuple(_together(certificates)),
        holdout=tuple(_holdout(certificates)),
        contest=contest(certificates.prediction),
        untested=tuple(_untested(certificates, names)),
        choice=(
            "{clustering.reason}",
            *(_less_stable(certificates, names) if rests_on_stability else ()),
        ),
        next_steps=tuple(_next_steps(facts, kind)) if kind in ("none", "alone") else (),
        explanations=EXPLANATIONS if certificates.segments or certificates.proposed else (),
    )


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
        case "not tested":
            return "untested" if certificates.segments else "left out"
        case verdict:
            return verdict


def _no_structure(certificates: Certificates) -> Iterator[str]:
    """Say what speaks against the division that was found, and only that."""
    found, reality, told = certificates.proposed.values(), certificates.reality, []
    if reality.mark in ("fail", "weak"):
        told.append(
            f"the gaps between them are {'no' if reality.mark == 'fail' else 'hardly'} deeper than "
            "those of a shop whose customers are all of one kind"
        )
    dissolved = sum(each.usable.share for each in found if each.stable.mark == "fail")
    if 2 * dissolved > sum(each.usable.share for each in found):
        told.append("with other customers, most of this division would not have come out again")
    told.append(
        "whether the division tells what customers do next could not be tested"
        if certificates.prediction.mark == "not tested"
        else "the division tells too little of what customers do next"
        if certificates.prediction.mark != "pass"
        else "what the division tells of what they do next does not make up for that"
    )
    groups = "{certificate.proposed_k:group/groups}" if certificates.proposed_k else "groups"
    yield f"The customers were divided into {groups}, but {'; '.join(told)}."
    yield "So this report speaks of all customers together."


def _named(usable: Usable, proved: bool) -> Usable:
    if proved:
        return replace(usable, named=True)
    return replace(usable, named=False, mark="weak" if usable.mark == "pass" else usable.mark)


def _natural(key: str) -> tuple[int, str]:
    return len(key), key


def _together(certificates: Certificates) -> Iterator[str]:
    reality = certificates.reality
    if reality.statistic is not None and reality.null_99 is not None:
        worlds = "imagined shops"
        if reality.worlds:
            worlds = "{reality.worlds:imagined shop/imagined shops}"
        size = " of {reality.customers:customer/customers}" if reality.customers else ""
        yield (
            f"All segments were held against {worlds}{size} whose customers are all of one kind, "
            "and differ by degree only. Here customers are {reality.statistic} rarer on the "
            "borders between segments than on either side, on average; ninety-nine imagined shops "
            "in a hundred stay below {reality.null_99}."
        )
    if reality.effect is not None and reality.effect_needed is not None:
        yield (
            "The gaps exceed that by {reality.effect}; {reality.effect_needed} are needed to speak "
            "of real groups."
            if reality.effect > 0
            else "The gaps are no deeper than that; {reality.effect_needed} more are needed to "
            "speak of real groups."
        )
    if reality.copula is not None:
        yield (
            "A simpler null, a Gaussian copula of the features, would have put the bar at "
            "{reality.copula}; it takes noise for groups, so it decides nothing."
        )


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
    yield (
        f"Segments were made as of {{holdout.date}},{before}, and then set beside {after}."
        if before
        else f"Segments were made as of {{holdout.date}}, and then set beside {after}."
    )
    if held.eligible:
        half = (
            " All choices were made on one half of them; these figures are of the other half, "
            "{holdout.certifying:customer/customers}."
            if held.certifying
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
            yield f"{what}: {{{fact}}}" + ("" if part.why.endswith(".") else ".")
    said = {certificates.reality.why, certificates.prediction.why}
    reasons: dict[tuple[str, str], list[str]] = {}
    for key in names:
        for test in TESTS if key in certificates.segments else ():
            tested: Any = getattr(certificates.segments[key], test)
            if tested.mark == "not tested" and tested.why and tested.why not in said:
                reasons.setdefault((test, tested.why), []).append(key)
    for (test, why), keys in reasons.items():
        whom = ", ".join(escape(names[key]) for key in keys)
        end = "" if why.endswith(".") else "."
        yield f"{TESTS[test]} ({whom}): {{{keys[0]}.{test}_why}}{end}"


def _less_stable(certificates: Certificates, names: Mapping[str, str]) -> Iterator[str]:
    """Say where the certificate takes back what the choice of K rested on."""
    found = {key: each.stable.jaccard for key, each in certificates.segments.items()}
    weak = [
        f"“{escape(name)}”"
        for key, name in names.items()
        if (jaccard := found.get(key)) is not None and jaccard < VALID
    ]
    if weak:
        yield (
            "That was measured before the number was taken, on other resamples: in the "
            f"certificate, {listed(weak)} come{'s' if len(weak) == 1 else ''} out less stable "
            "than that."
        )


def _next_steps(facts: Mapping[str, Fact], kind: str) -> Iterator[str]:
    yield (
        "Treat all customers alike for now, and test one change at a time on a random half of them."
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
