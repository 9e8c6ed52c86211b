"""The facts of certificates: every mark and figure, with its place in `certificates.json`."""

from collections.abc import Iterator, Mapping
from typing import Any

from clustomer.certificates.certificate import (
    Certificates,
    Estimate,
    Lift,
    SegmentCertificate,
)
from clustomer.insights.facts import Fact, Value, decimals_for
from clustomer.insights.reasons import certificate_sentence
from clustomer.thresholds import APART_SHARE, DISSOLVED, VALID
from clustomer.thresholds import MATCHED as LEAST_MATCH
from clustomer.thresholds import PRECISION as LEAST_PRECISION
from clustomer.thresholds import RECALL as LEAST_RECALL
from clustomer.thresholds import SEGMENT_EFFECT_NEEDED as SEGMENT_DEPTH
from clustomer.thresholds import USABLE as LEAST_SHARE

OUTCOME_UNITS = {"bought": "share", "visited": "share", "revenue": "currency"}
CONTEST = ("auc", "visited_auc", "r2", "r2_capped", "top_tenth")
"""The columns of the contest, in order."""

_STABLE = {
    "jaccard": ("similarity", 2),
    "jaccard_se": ("similarity", 3),
    "one_to_one": ("similarity", 2),
    "dissolved": ("share", 0),
    "resamples": ("resamples", 0),
    "resample_customers": ("customers", 0),
    "split_half": ("similarity", 2),
    "split_half_chance": ("similarity", 2),
    "full_size": ("similarity", 2),
}
_REAL = {
    "statistic": ("share", 1),
    "null_mean": ("share", 1),
    "null_99": ("share", 1),
    "effect": ("points", 0),
    "excess": ("ratio", 1),
}
_BOUNDS = {
    "jaccard": (VALID, DISSOLVED),
    "split_half": (VALID, DISSOLVED),
    "matched": (LEAST_MATCH,),
    "precision": (LEAST_PRECISION,),
    "recall": (LEAST_RECALL,),
    "share": (LEAST_SHARE,),
}


def certificate_facts(
    certificates: Certificates,
    units: Mapping[str, str],
    *,
    whole_numbers: frozenset[str] = frozenset(),
) -> Iterator[Fact]:
    """Make a fact of every mark and figure.

    `certificate.verdict`; for each segment `S1.stable_mark`, `S1.stable_jaccard`,
    `S1.stable_in_100`, `S1.real_effect`, `S1.lift_revenue` (with `_low`, `_high`, `_segment`,
    `_everyone` and `_p`), `S1.usable_precision`, `S1.usable_condition_1`, ...; the same with
    `proposed.` before it for segments that were not delivered; `reality.effect`, ...;
    `holdout.horizon_days`, ...; `baseline.segments.auc`, ...; `carried.auc`. Figures that were
    not measured have no fact.

    `units` are those of the features, for the conditions of rules; of `whole_numbers`,
    features that have no others, a bound is written without its fraction.
    """
    place = _Place("", "")
    yield place.fact("certificate.verdict", certificates.verdict, "text", 0, "verdict")
    for prefix, table in (("", certificates.segments), ("proposed.", certificates.proposed)):
        branch = "proposed" if prefix else "segments"
        for key in sorted(table):
            owner = None if prefix else key
            yield from _segment(
                table[key], f"{prefix}{key}", f"{branch}/{key}", owner, units, whole_numbers
            )
    if certificates.proposed_k is not None:
        yield place.fact(
            "certificate.proposed_k", certificates.proposed_k, "segments", 0, "proposed_k"
        )
    yield from _reality(certificates)
    yield from _prediction(certificates)


class _Place:
    """A place in the document, and the facts that are made of what is there."""

    def __init__(self, path: str, owner: str | None) -> None:
        self.path, self.owner = path, owner or None

    def fact(self, name: str, value: Value, unit: str, decimals: int, column: str) -> Fact:
        source = {
            "table": "certificates",
            "key": self.path,
            "column": column,
            "aggregate": "value",
        }
        return Fact(name, value, unit, decimals, self.owner, source)

    def estimate(
        self, name: str, estimate: Estimate | None, unit: str, decimals: int, column: str
    ) -> Iterator[Fact]:
        if estimate is None:
            return
        inside = _Place(f"{self.path}/{column}", self.owner)
        for suffix, bound in (("", "value"), ("_low", "low"), ("_high", "high")):
            value = getattr(estimate, bound)
            if value is not None:
                yield inside.fact(f"{name}{suffix}", value, unit, decimals, bound)


def decimals_apart(value: float, bounds: tuple[float, ...], decimals: int) -> int:
    """Return enough decimals that rounding does not carry a value over one of the bounds.

    >>> decimals_apart(0.7483, (0.75,), 2), decimals_apart(0.82, (0.75,), 2)
    (3, 2)
    """
    while decimals < 6 and any(
        (round(value, decimals) >= bound) != (value >= bound) for bound in bounds
    ):
        decimals += 1
    return decimals


def _segment(
    certificate: SegmentCertificate,
    key: str,
    path: str,
    owner: str | None,
    units: Mapping[str, str],
    whole_numbers: frozenset[str],
) -> Iterator[Fact]:
    for test in ("stable", "real", "predictive", "usable"):
        part, place = getattr(certificate, test), _Place(f"{path}/{test}", owner)
        yield place.fact(f"{key}.{test}_mark", part.mark, "text", 0, "mark")
        if part.why:
            yield place.fact(f"{key}.{test}_why", certificate_sentence(part.why), "text", 0, "why")
    place = _Place(f"{path}/stable", owner)
    for name, (unit, decimals) in _STABLE.items():
        value = getattr(certificate.stable, name)
        if value is not None and not (value == 0 and unit in ("resamples", "customers")):
            decimals = decimals_apart(value, _BOUNDS.get(name, ()), decimals)
            yield place.fact(f"{key}.stable_{name}", value, unit, decimals, name)
    if certificate.stable.jaccard is not None:
        hundred = 100 * certificate.stable.jaccard
        decimals = decimals_apart(hundred, (100 * VALID, 100 * DISSOLVED), 0)
        source = {
            "table": "facts",
            "key": f"{key}.stable_jaccard",
            "column": "value",
            "aggregate": "in_100",
        }
        yield Fact(f"{key}.stable_in_100", hundred, "customers", decimals, owner, source)
    place = _Place(f"{path}/real", owner)
    for name, (unit, decimals) in _REAL.items():
        value = getattr(certificate.real, name)
        if value is not None:
            bounds = (100 * SEGMENT_DEPTH,) if name == "effect" else ()
            decimals = decimals_apart(100 * value, bounds, decimals)
            yield place.fact(f"{key}.real_{name}", value, unit, decimals, name)
    yield from _predictive(certificate, key, path, owner)
    yield from _usable(certificate, key, path, owner, units, whole_numbers)


def _predictive(
    certificate: SegmentCertificate, key: str, path: str, owner: str | None
) -> Iterator[Fact]:
    place, part = _Place(f"{path}/predictive", owner), certificate.predictive
    if part.matched is not None:
        decimals = decimals_apart(part.matched, _BOUNDS["matched"], 2)
        yield place.fact(
            f"{key}.predictive_matched", part.matched, "similarity", decimals, "matched"
        )
    if part.customers:
        yield place.fact(f"{key}.predictive_customers", part.customers, "customers", 0, "customers")
    for index, lift in enumerate(part.lifts):
        yield from _lift(lift, key, f"{path}/predictive/lifts/{index}", owner)


def _lift(lift: Lift, key: str, path: str, owner: str | None) -> Iterator[Fact]:
    place, name = _Place(path, owner), f"{key}.lift_{lift.outcome}"
    unit = OUTCOME_UNITS.get(lift.outcome, "mean")
    bounds = [lift.lift.value, lift.lift.low, lift.lift.high]
    # a lift below 1 needs its second decimal, and an interval reads well with as many as it
    decimals = 1 if all(bound is None or bound >= 2 for bound in bounds) else 2
    yield from place.estimate(name, lift.lift, "ratio", decimals, "lift")
    for column in ("segment", "everyone"):
        value = getattr(lift, column)
        yield place.fact(f"{name}_{column}", value, unit, decimals_for(value, unit), column)
    yield place.fact(f"{name}_p", lift.p, "p", 3, "p")


def _usable(
    certificate: SegmentCertificate,
    key: str,
    path: str,
    owner: str | None,
    units: Mapping[str, str],
    whole_numbers: frozenset[str],
) -> Iterator[Fact]:
    place, part = _Place(f"{path}/usable", owner), certificate.usable
    for name in ("share", "revenue_share", "precision", "recall"):
        value = getattr(part, name)
        if value is None:
            continue
        least = 1 if name in ("share", "revenue_share") else 0
        bounds = tuple(100 * bound for bound in _BOUNDS.get(name, ()))
        decimals = decimals_apart(100 * value, bounds, least)
        yield place.fact(f"{key}.usable_{name}", value, "share", decimals, name)
    for index, condition in enumerate(part.conditions):
        inside = _Place(f"{path}/usable/conditions/{index}", owner)
        unit = units.get(condition.feature, "number")
        name = f"{key}.usable_condition_{index + 1}"
        decimals = decimals_for(condition.value, unit)
        yield inside.fact(name, condition.value, unit, decimals, "value")
        if condition.feature in whole_numbers:
            below = float(condition.value // 1)
            source = {"table": "facts", "key": name, "column": "value", "aggregate": "floor"}
            decimals = decimals_for(below, unit)
            yield Fact(f"{name}_whole", below, unit, decimals, owner, source)


def _reality(certificates: Certificates) -> Iterator[Fact]:
    place, reality = _Place("reality", None), certificates.reality
    yield place.fact("reality.mark", reality.mark, "text", 0, "mark")
    if reality.why:
        yield place.fact("reality.why", certificate_sentence(reality.why), "text", 0, "why")
    further = {"effect_needed": ("points", 0), "error": ("points", 1), "copula": ("share", 1)}
    units = {**_REAL, **further}
    del units["excess"]
    for name, (unit, decimals) in units.items():
        value = getattr(reality, name)
        if value is None:
            continue
        if name == "effect" and reality.effect_needed is not None:
            decimals = decimals_apart(100 * value, (100 * reality.effect_needed,), decimals)
        yield place.fact(f"reality.{name}", value, unit, decimals, name)
    for name, unit in (("worlds", "worlds"), ("customers", "customers")):
        if getattr(reality, name):
            yield place.fact(f"reality.{name}", getattr(reality, name), unit, 0, name)
    if reality.apart is not None and reality.apart_share is not None:
        yield place.fact("reality.apart", reality.apart, "segments", 0, "apart")
        decimals = decimals_apart(100 * reality.apart_share, (100 * APART_SHARE,), 0)
        yield place.fact(
            "reality.apart_share", reality.apart_share, "share", decimals, "apart_share"
        )


def _prediction(certificates: Certificates) -> Iterator[Fact]:
    place, held = _Place("prediction", None), certificates.prediction
    document: dict[str, Any] = certificates.to_json()["prediction"]
    yield place.fact("holdout.mark", held.mark, "text", 0, "mark")
    if held.why:
        yield place.fact("holdout.why", certificate_sentence(held.why), "text", 0, "why")
    if document["date"] is not None:
        yield place.fact("holdout.date", document["date"], "date", 0, "date")
    for name in ("window_days", "horizon_days"):
        value = getattr(held, name)
        if value is not None:
            yield place.fact(f"holdout.{name}", value, "days", decimals_for(value, "days"), name)
    for name in ("eligible", "validation"):
        if getattr(held, name):
            yield place.fact(f"holdout.{name}", getattr(held, name), "customers", 0, name)
    for name in ("carried_auc", "carried_visited", "carried_r2"):
        fact_id = name.replace("_", ".", 1)
        yield from place.estimate(fact_id, getattr(held, name), "share", 0, name)
    for index, baseline in enumerate(held.baselines):
        inside, key = _Place(f"prediction/baselines/{index}", None), f"baseline.{baseline.name}"
        if baseline.segments is not None:
            yield inside.fact(f"{key}.segments", baseline.segments, "segments", 0, "segments")
        for name in CONTEST:
            unit, decimals = ("share", 0) if name == "top_tenth" else ("score", 3)
            yield from inside.estimate(
                f"{key}.{name}", getattr(baseline, name), unit, decimals, name
            )
