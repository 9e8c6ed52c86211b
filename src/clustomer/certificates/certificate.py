"""What a certificate says: marks and figures; the words are made in `insights`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal

from clustomer.customers.reason import Reason
from clustomer.documents import read_document
from clustomer.errors import InputError

SCHEMA_VERSION = 4
"""2: `split_half`, `baselines` and `validation` are called so. 3: `null`, `nulls`, `error`,
`undecided`, `explained`, `apart` and `apart_share` of what is real. 4: `facets` and `rare`."""

Mark = Literal["pass", "weak", "fail", "not tested"]
Verdict = Literal["segments", "continuum", "undecided", "none", "not tested"]
"""`continuum` is a useful division of one: no gaps, but stable and predictive; `undecided` is too
near a border to say, and delivered as a continuum is."""
Null = Literal["independent visits", "bursts", "customers alike"]
"""How visits are dealt in null shops; see `nulls.NullShop`."""


@dataclass(frozen=True)
class Estimate:
    """A figure with its 95 % interval; the bounds are None where there is none."""

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Stable:
    """Would other customers of the same shop have given the same segment?

    Jaccard similarities are means over `resamples` of at most `resample_customers` customers,
    of the customers in the segment as published and as refitted, matched as in Hennig 2007,
    doi:10.1016/j.csda.2006.11.025 (`jaccard`) and one to one (`one_to_one`). `dissolved` is the
    share of resamples in which `jaccard` is at most 0.5. `split_half` compares two halves of
    each customer's visits, `split_half_chance` is what unrelated halves would give. `full_size`
    is the bootstrap of all customers, which decides nothing.
    """

    mark: Mark
    jaccard: float | None = None
    jaccard_se: float | None = None
    one_to_one: float | None = None
    dissolved: float | None = None
    resamples: int = 0
    resample_customers: int = 0
    split_half: float | None = None
    split_half_chance: float | None = None
    full_size: float | None = None
    why: Reason | None = None


@dataclass(frozen=True)
class Real:
    """Is the segment more of a group than one population without groups would show?

    `statistic` is the depth of the segment's shallowest valley, 0 to 1 (by how much customers
    are rarer between it and its nearest neighbour than on either side), `null_99` the 99th
    percentile over the null worlds, `effect` the one less the other; `null` is the null whose
    percentile it is, the highest. `excess` is the share of customers over that which the nulls put
    there; None where they put nobody there.
    """

    mark: Mark
    statistic: float | None = None
    null_mean: float | None = None
    null_99: float | None = None
    effect: float | None = None
    why: Reason | None = None
    excess: float | None = None
    null: Null | None = None


@dataclass(frozen=True)
class Lift:
    """What a segment did after the holdout date, beside everyone.

    `outcome` is "bought", "revenue" or "visited"; `segment` and `everyone` are means per
    customer; `lift` is their ratio with its interval; `p` is adjusted by Holm's method over all
    segments and outcomes.
    """

    outcome: str
    segment: float
    everyone: float
    lift: Estimate
    p: float


@dataclass(frozen=True)
class Predictive:
    """Does the segment tell what its customers did next, which its choice never saw?

    `matched` is the Jaccard similarity of the segment with its like at the holdout date,
    `customers` those of the validation half in it.
    """

    mark: Mark
    matched: float | None = None
    customers: int = 0
    lifts: tuple[Lift, ...] = ()
    why: Reason | None = None


@dataclass(frozen=True)
class Condition:
    """One condition of a short rule: `feature <= value` or `feature > value`, in its own unit."""

    feature: str
    above: bool
    value: float


@dataclass(frozen=True)
class Usable:
    """Is it large enough to act on, and can it be said in at most three conditions?

    `rules` are alternatives of up to three conditions each (mostly one); precision and recall
    are of customers that the rule has not seen. `named` is whether its numbers prove a name;
    None until it was tried.
    """

    mark: Mark
    share: float
    revenue_share: float | None = None
    conditions: tuple[Condition, ...] = ()
    precision: float | None = None
    recall: float | None = None
    named: bool | None = None
    why: Reason | None = None


@dataclass(frozen=True)
class SegmentCertificate:
    """The four tests of one segment."""

    segment_id: str
    stable: Stable
    real: Real
    predictive: Predictive
    usable: Usable


@dataclass(frozen=True)
class NullBar:
    """The 99th percentile of the mean depth in the null shops of one null."""

    null: Null
    null_99: float


@dataclass(frozen=True)
class Reality:
    """The test of all segments together against one population without groups.

    `statistic` is the mean depth of valleys over customers, 0 to 1; `effect` is by how much it
    exceeds `null_99`, `effect_needed` what it takes to pass, `error` the standard error of the
    effect. `undecided` tells that the effect is too near to what is needed for its error,
    `explained` that it would be enough beside independent visits, and a stricter null takes it.
    `null` is the null that `null_99` is of: of `nulls` the highest that decides against the
    segments, or leaves it in doubt, or else of all. `worlds` is how many null shops it has.
    `copula` is the 99th percentile of Gaussian copulas, which decides nothing.
    `apart` is how many segments pass, and `apart_share` the share of the customers in them.
    """

    mark: Mark
    statistic: float | None = None
    null_mean: float | None = None
    null_99: float | None = None
    effect: float | None = None
    effect_needed: float | None = None
    worlds: int = 0
    customers: int = 0
    copula: float | None = None
    why: Reason | None = None
    error: float | None = None
    undecided: bool = False
    explained: bool = False
    null: Null | None = None
    nulls: tuple[NullBar, ...] = ()
    apart: int | None = None
    apart_share: float | None = None


@dataclass(frozen=True)
class Baseline:
    """How much of the later behaviour one way to divide customers tells.

    `name` is "segments", "rfm_10", "rfm_125", "kmeans_silhouette" or "individual".
    `r2` is of revenue, `r2_capped` of revenue capped at its 99th percentile, `auc` of buying at
    all, `top_tenth` the share of revenue that the tenth with the highest prediction brought.
    """

    name: str
    segments: int | None
    auc: Estimate | None
    r2: Estimate | None
    r2_capped: Estimate | None
    top_tenth: Estimate | None
    visited_auc: Estimate | None = None


@dataclass(frozen=True)
class Prediction:
    """The holdout: who, when, how long; and the contest of ways to divide customers.

    `carried_auc` and `carried_r2` are the ratio of the segments' (AUC - 1/2) of buying and R2 of
    revenue to the individual model's, `carried_visited` is that of (AUC - 1/2) of visiting again;
    None where that model predicts nothing.
    """

    mark: Mark
    date: datetime | None = None
    window_days: float | None = None
    horizon_days: float | None = None
    eligible: int = 0
    validation: int = 0
    baselines: tuple[Baseline, ...] = ()
    carried_auc: Estimate | None = None
    carried_r2: Estimate | None = None
    carried_visited: Estimate | None = None
    why: Reason | None = None


@dataclass(frozen=True)
class FacetBelongs:
    """Do customers differ in the facet, or is it chance in their visits?

    `between` is the variance of shares that belongs to customers, `between_dealt` the highest
    where visits are dealt to anyone; `reliability` the part of how far customers are apart that
    belongs to them.
    """

    mark: Mark
    between: float | None = None
    between_dealt: float | None = None
    reliability: float | None = None


@dataclass(frozen=True)
class FacetReal:
    """Are there groups, or do customers differ by degree?

    `gain` is the variance that the segments explain over what they explain in `crowds` that
    differ as far, but by degree; `dip` the mean depth of density dips around the segments, 0 to
    1, and `dip_crowd` the highest in the crowds.
    """

    mark: Mark
    gain: float | None = None
    dip: float | None = None
    dip_crowd: float | None = None
    crowds: int = 0


@dataclass(frozen=True)
class FacetStable:
    """Do two halves of a customer's visits say the same? `agreement` is Cohen's kappa."""

    mark: Mark
    agreement: float | None = None


@dataclass(frozen=True)
class FacetPredictive:
    """Did segments of the visits before a date tell of those from then on?

    `share` of the later visits of `customers` are in what marked their segment, and `everyone`'s
    in the same; `lift` is their ratio.
    """

    mark: Mark
    customers: int = 0
    share: float | None = None
    everyone: float | None = None
    lift: Estimate | None = None


@dataclass(frozen=True)
class FacetCertificate:
    """The four tests of a facet; it is delivered where it `holds`.

    `view` is how it is seen (empty where it was not looked for), `customers` how many have
    enough visits.
    """

    facet: str
    view: str
    holds: bool
    customers: int
    belongs: FacetBelongs
    real: FacetReal
    stable: FacetStable
    predictive: FacetPredictive


@dataclass(frozen=True)
class RareCertificate:
    """Are a few set apart by a gap, or do they thin out as the tail of one population does?

    `excess` is the part of them that no falling tail has, `excess_crowd` the highest in `crowds`
    simulated ones.
    """

    segment_id: str
    mark: Mark
    excess: float
    excess_crowd: float
    crowds: int


@dataclass(frozen=True, eq=False)
class Certificates:
    """All certificates of a segmentation, and the verdict over them.

    `facets` are of further segmentations of the same customers, by their names, `rare` of the
    few who are far from all others. `forced` tells
    that segments are delivered against the verdict; `proposed` holds the certificates of segments
    that were not delivered, where the verdict is "none".
    """

    verdict: Verdict
    segments: Mapping[str, SegmentCertificate]
    reality: Reality
    prediction: Prediction
    forced: bool = False
    proposed: Mapping[str, SegmentCertificate] = field(default_factory=dict)
    proposed_k: int | None = None
    facets: Mapping[str, FacetCertificate] = field(default_factory=dict)
    rare: Mapping[str, RareCertificate] = field(default_factory=dict)

    def to_json(self, sentence: Callable[[Reason], str] | None = None) -> dict[str, Any]:
        """Return everything as JSON-ready values, for `certificates.json`.

        Each reason is given as data, `grounds`, and as the text that `sentence` makes of it,
        `why` (None without it).
        """
        return {"schema_version": SCHEMA_VERSION, **_plain(self, sentence)}


def not_certified() -> Certificates:
    """Return what stands in place of certificates where the tests were left out.

    >>> not_certified().verdict
    'not tested'
    """
    why = Reason("left out")
    return Certificates(
        "not tested", {}, Reality("not tested", why=why), Prediction("not tested", why=why)
    )


def read_certificates(text: str | bytes) -> Certificates:
    """Return the certificates that a `certificates.json` holds.

    Raises
    ------
    InputError
        If the text is no such file.

    Examples
    --------
    >>> read_certificates("{}")
    Traceback (most recent call last):
    ...
    clustomer.errors.InputError: This is no certificates.json: it states no schema_version; ...
    """
    from pydantic import TypeAdapter, ValidationError

    document = read_document(
        text,
        "certificates.json",
        newest=SCHEMA_VERSION,
        migrations={1: _renamed, 2: _counted, 3: lambda old: {**old, "facets": {}, "rare": {}}},
    )
    try:
        certificates = TypeAdapter(Certificates).validate_python(_reasoned(document))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "the file"
        raise InputError(
            f"This is no certificates.json: {place}: {first['msg']}. "
            "Give the file of a results folder as it was written."
        ) from error
    date = certificates.prediction.date
    if date is None:
        return certificates
    prediction = replace(certificates.prediction, date=date.astimezone(UTC).replace(tzinfo=None))
    return replace(certificates, prediction=prediction)


_RENAMED = {
    "thinned": "split_half",
    "thinned_chance": "split_half_chance",
    "contenders": "baselines",
    "certifying": "validation",
}


def _renamed(old: dict[str, Any]) -> dict[str, Any]:
    """Return the document of schema version 1 with the names of version 2."""

    def renamed(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {_RENAMED.get(name, name): renamed(part) for name, part in value.items()}
        return [renamed(part) for part in value] if isinstance(value, list) else value

    # ids of segments are nobody's to rename
    by_segment = {
        name: {segment_id: renamed(part) for segment_id, part in old[name].items()}
        for name in ("segments", "proposed")
    }
    return {**old, **by_segment, "prediction": renamed(old["prediction"])}


def _counted(old: dict[str, Any]) -> dict[str, Any]:
    """Return the document of schema version 2 with what version 3 counts over segments."""
    if old["reality"]["mark"] == "not tested":
        return old
    parts = (old["segments"] or old["proposed"]).values()
    shares = [part["usable"]["share"] for part in parts if part["real"]["mark"] == "pass"]
    apart = {"apart": len(shares), "apart_share": round(sum(shares), 6)}
    return {**old, "reality": {**old["reality"], **apart}}


def _reasoned(value: Any) -> Any:
    """Return a stored document with the reason as data where it has a sentence."""
    if isinstance(value, list):
        return [_reasoned(part) for part in value]
    if not isinstance(value, Mapping):
        return value
    parts = {name: _reasoned(part) for name, part in value.items()}
    if "mark" in parts and parts.get("grounds") is not None:
        parts["why"] = parts["grounds"]
    elif "mark" in parts and isinstance(parts.get("why"), str):
        parts["why"] = Reason.stated(parts["why"])
    return parts


def _plain(value: Any, sentence: Callable[[Reason], str] | None) -> Any:
    if is_dataclass(value):
        plain = {}
        for declared in fields(value):
            part = getattr(value, declared.name)
            plain[declared.name] = _plain(part, sentence)
            if declared.name == "why":
                plain["why"] = sentence(part) if sentence and part else None
                plain["grounds"] = _plain(part, sentence)
        return plain
    if isinstance(value, Mapping):
        return {str(key): _plain(part, sentence) for key, part in value.items()}
    if isinstance(value, tuple):
        return [_plain(part, sentence) for part in value]
    if isinstance(value, datetime):
        return value.isoformat() + "Z"
    return value
