"""All tests of a segmentation, and the verdict over them."""

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from threadpoolctl import threadpool_limits

from clustomer.certificates.certificate import (
    Certificates,
    Prediction,
    Reality,
    SegmentCertificate,
    Verdict,
)
from clustomer.certificates.prediction import predict
from clustomer.certificates.reality import test_reality
from clustomer.certificates.resampling import rounded
from clustomer.certificates.split_halves import split_half_agreement
from clustomer.certificates.stable import stable_marks
from clustomer.certificates.usability import usable
from clustomer.customers import Customers, Holdout, split_holdout
from clustomer.customers.reason import Reason
from clustomer.events import CleanEvents
from clustomer.segments import Segmentation
from clustomer.segments.one_segment import one_segment
from clustomer.segments.validity.quiet_fits import quiet_fits
from clustomer.thresholds import APART_SHARE, BORDER_ERRORS, DISSOLVED, HELD_SHARE

_CHANCE = 1
"""What is drawn here is independent of what the choice of K has drawn from the same seed."""


def certify(
    events: CleanEvents,
    customers: Customers,
    segmentation: Segmentation,
    *,
    holdout: Holdout | Reason | None = None,
    random_state: int = 0,
) -> Certificates:
    """Test whether segments are stable, real, predictive and usable.

    See `verdict_of` for the verdict; it is "not tested", too, where one segment was asked for.

    Parameters
    ----------
    events : Events, or other clean events
    customers : Customers
        Made from those events.
    segmentation : Segmentation
        Of those customers.
    holdout : Holdout, or the reason why there is none, optional
        By default the last third of the window is held out (`split_holdout`). It should be the
        one that the choice of K was given.
    random_state : int, default 0

    Returns
    -------
    Certificates
        What is delivered is decided by `deliver`.
    """
    if holdout is None:
        holdout = split_holdout(events, customers)
    if segmentation.k < 2:
        why = Reason("one segment")
        verdict: Verdict = "not tested" if segmentation.structure else "none"
        return Certificates(
            verdict, {}, Reality("not tested", why=why), Prediction("not tested", why=why)
        )
    seed = random_state + _CHANCE
    # One limit and one silence around all: what runs beside must not end it for the others.
    with threadpool_limits(1), quiet_fits(), ThreadPoolExecutor(1) as aside:
        # DuckDB is busy with simulated shops while scikit-learn is with the real one.
        halves = aside.submit(split_half_agreement, events, customers, segmentation)
        nulls = aside.submit(test_reality, events, customers, segmentation, random_state=seed)
        prediction, predictive = predict(segmentation, holdout, random_state=seed)
        used = usable(customers, segmentation, random_state=seed)
        stable = stable_marks(customers.table, segmentation, halves.result(), random_state=seed)
        reality, real = nulls.result()
    certified = {
        segment_id: SegmentCertificate(
            segment_id,
            stable[segment_id],
            real[segment_id],
            predictive[segment_id],
            used[segment_id],
        )
        for segment_id in stable
    }
    reality = _with_those_apart(reality, certified)
    verdict = verdict_of(certified, reality, prediction)
    return Certificates(verdict, certified, reality, prediction)


def _with_those_apart(reality: Reality, certified: Mapping[str, SegmentCertificate]) -> Reality:
    """Add how many segments are set apart, and the share of the customers in them."""
    if reality.mark == "not tested":
        return reality
    apart = [part.usable.share for part in certified.values() if part.real.mark == "pass"]
    return replace(reality, apart=len(apart), apart_share=rounded(sum(apart)))


def verdict_of(
    certified: Mapping[str, SegmentCertificate], reality: Reality, prediction: Prediction
) -> Verdict:
    """Return the verdict over segments that were tested.

    - "none" where those that do not fail in stability hold less than `HELD_SHARE` of the
      customers;
    - "segments" where they are set apart as no single population would be (reality passes),
      those that are hold `APART_SHARE` of the customers, and they tell what customers do next
      (prediction passes, or could not be tested): a kind of customer lasts, a rhythm of visits
      does not;
    - "undecided" where the effect, or stability, is too near to what is needed for its error;
    - "continuum", a useful division of one, where they tell what customers do next (prediction
      passes);
    - "undecided" where they do not, but some are set apart, or gaps that chance does not explain
      are such as one kind of customer can leave, too (reality is `explained`);
    - "not tested" where neither reality nor prediction could be;
    - else "none".

    >>> from clustomer.certificates import Predictive, Real, Stable, Usable
    >>> one = SegmentCertificate(
    ...     "S1", Stable("pass"), Real("pass"), Predictive("not tested"), Usable("pass", share=1.0)
    ... )
    >>> verdict_of({"S1": one}, Reality("pass"), Prediction("not tested"))
    'segments'
    """
    parts = certified.values()
    needed = HELD_SHARE * sum(part.usable.share for part in parts)
    if _held(parts, -BORDER_ERRORS) < needed:
        return "none" if _held(parts, BORDER_ERRORS) < needed else "undecided"
    share = sum(part.usable.share for part in parts if part.real.mark == "pass")
    lasts = prediction.mark in ("pass", "not tested")
    if reality.mark == "pass" and share >= APART_SHARE and lasts:
        return "segments"
    if reality.undecided:
        return "undecided"
    if prediction.mark == "pass":
        return "continuum"
    if reality.mark == "pass" or reality.explained:
        return "undecided"
    if reality.mark == prediction.mark == "not tested":
        return "not tested"
    return "none"


def _held(parts: Iterable[SegmentCertificate], errors: float) -> float:
    """Return the share of customers in segments that do not dissolve, so many errors away."""
    held = 0.0
    for part in parts:
        stable = part.stable
        if stable.jaccard is None or stable.jaccard_se is None:
            held += part.usable.share if stable.mark != "fail" else 0.0
        elif stable.jaccard + errors * stable.jaccard_se > DISSOLVED:
            held += part.usable.share
    return held


def deliver(
    certificates: Certificates,
    customers: Customers,
    segmentation: Segmentation,
    *,
    force: bool = False,
) -> tuple[Certificates, Segmentation]:
    """Return what is delivered: the segments, or everyone as one where nothing holds.

    Segments that are defined in advance are delivered whatever the verdict, since they claim no
    structure. With `force` all are, and the certificates say so.

    Parameters
    ----------
    certificates : Certificates
        Of the segmentation.
    customers : Customers
    segmentation : Segmentation
    force : bool, default False

    Returns
    -------
    certificates, segmentation
        Where everyone is one segment, `proposed` holds the certificates of those that were not
        delivered.
    """
    if certificates.verdict != "none" or not segmentation.structure:
        return certificates, segmentation
    if segmentation.rule.is_defined:
        return certificates, segmentation
    if force:
        return replace(certificates, forced=True), segmentation
    withheld = replace(
        certificates,
        segments={},
        proposed=certificates.segments,
        proposed_k=segmentation.k,
    )
    reason = Reason("no structure", {"best_k": segmentation.k})
    return withheld, one_segment(customers, segmentation, reason=reason)
