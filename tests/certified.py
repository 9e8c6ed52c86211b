"""Certificates set by hand: every mark, every verdict, with figures that a reader can follow."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from clustomer.certificates.certificate import (
    Baseline,
    Certificates,
    Condition,
    Estimate,
    Lift,
    Mark,
    NullBar,
    Prediction,
    Predictive,
    Real,
    Reality,
    SegmentCertificate,
    Stable,
    Usable,
    Verdict,
)
from clustomer.customers.reason import Reason
from clustomer.insights import Interpretation
from clustomer.insights.chapters.certification import Certification, certification

MARKS: tuple[Mark, ...] = ("pass", "weak", "fail", "not tested")
_JACCARD = {"pass": 0.871, "weak": 0.7483, "fail": 0.42, "not tested": None}
_LIFT = {"pass": 2.41, "weak": 1.31, "fail": 1.04}


def segment(
    key: str,
    stable: Mark = "pass",
    real: Mark = "pass",
    predictive: Mark = "pass",
    usable: Mark = "pass",
    *,
    share: float = 0.31,
) -> SegmentCertificate:
    """Return a certificate with these marks, and figures that go with them."""
    return SegmentCertificate(
        key, _stable(stable), _real(real), _predictive(predictive), _usable(usable, share)
    )


def certificates(
    verdict: Verdict = "segments",
    segments: dict[str, SegmentCertificate] | None = None,
    **settings: Any,
) -> Certificates:
    """Return the certificates of two segments, S1 and S2, unless others are given."""
    if segments is None:
        segments = {"S1": segment("S1"), "S2": segment("S2", real="weak", usable="weak")}
        if verdict == "not tested":
            segments = {
                key: segment(key, real="not tested", predictive="not tested") for key in segments
            }
    marks: dict[Verdict, Mark] = {
        "segments": "pass",
        "continuum": "fail",
        "undecided": "weak",
        "none": "fail",
        "not tested": "not tested",
    }
    settings.setdefault("reality", reality(marks[verdict]))
    untested = Prediction("not tested", why=Reason.stated("The certificates were left out."))
    settings.setdefault("prediction", untested if verdict == "not tested" else prediction())
    return Certificates(verdict, segments, **settings)


def none(proposed: int = 3) -> Certificates:
    """Return what is said where no structure was found in `proposed` groups."""
    failed = {
        f"S{n}": segment(f"S{n}", "fail" if n > 1 else "weak", "fail", "fail", "weak")
        for n in range(1, proposed + 1)
    }
    return certificates("none", {}, proposed=failed, proposed_k=proposed)


def left_out() -> Certificates:
    """Return what stands in place of certificates that were not asked for."""
    return certificates("not tested", {})


def reality(mark: Mark) -> Reality:
    if mark == "not tested":
        return Reality(mark, why=Reason.stated("The certificates were left out."))
    statistic = {"pass": 0.52, "weak": 0.3296, "fail": 0.21}[mark]
    effect = round(statistic - 0.28, 6)
    return Reality(
        mark,
        statistic,
        0.19,
        0.28,
        effect,
        0.05,
        100,
        2000,
        copula=0.24,
        error=0.012,
        undecided=mark == "weak",
        null="bursts",
        nulls=(NullBar("independent visits", 0.2), NullBar("bursts", 0.28)),
        apart=1 if mark == "pass" else 0,
        apart_share=0.62 if mark == "pass" else 0.0,
    )


def prediction(*, individual: bool = True) -> Prediction:
    baselines = [
        _baseline("segments", 2, 0.757, 0.241),
        _baseline("rfm_10", 10, 0.752, 0.091),
        _baseline("rfm_125", 125, 0.764, 0.146),
        _baseline("kmeans_silhouette", 2, 0.698, 0.088),
        _baseline("individual", None, 0.772, 0.335),
    ]
    return Prediction(
        mark="pass",
        date=datetime(2011, 9, 1),
        window_days=273.0,
        horizon_days=99.0,
        eligible=3_317,
        validation=1_650,
        baselines=tuple(baselines if individual else baselines[:-1]),
        carried_auc=Estimate(0.945, 0.88, 1.01) if individual else None,
        carried_r2=Estimate(0.719, 0.55, 0.9) if individual else None,
    )


def _baseline(name: str, segments: int | None, auc: float, r2: float) -> Baseline:
    def about(value: float, spread: float) -> Estimate:
        return Estimate(value, value - spread, value + spread)

    return Baseline(
        name, segments, about(auc, 0.015), about(r2, 0.05), about(r2 + 0.02, 0.03), about(0.4, 0.02)
    )


def _stable(mark: Mark) -> Stable:
    if mark == "not tested":
        return Stable(
            mark, why=Reason.stated("There are too few customers to draw from: 40, at least 100.")
        )
    jaccard = _JACCARD[mark]
    return Stable(
        mark, jaccard, 0.011, jaccard, 0.64 if mark == "fail" else 0.02, 50, 2_000, 0.8, 0.21, 0.97
    )


def _real(mark: Mark) -> Real:
    if mark == "not tested":
        return Real(
            mark, why=Reason.stated("The log has no visits to build a shop without groups from.")
        )
    statistic = {"pass": 0.61, "weak": 0.4596, "fail": 0.2}[mark]
    return Real(mark, statistic, 0.2, 0.31, round(statistic - 0.31, 6), excess=2.4)


def _predictive(mark: Mark) -> Predictive:
    if mark == "not tested":
        return Predictive(
            mark, 0.44, why=Reason.stated("No segment at the holdout date is enough like it.")
        )
    lift = _LIFT[mark]
    failed, low, high = mark == "fail", lift - 0.17, lift + 0.19
    return Predictive(
        mark,
        0.82,
        611,
        (
            Lift("bought", 0.3 * lift, 0.3, Estimate(lift, low, high), 0.0004 + 0.4 * failed),
            Lift("revenue", 41.5 * lift, 41.5, Estimate(lift, low, high), 0.03 + 0.4 * failed),
            Lift("visited", 0.35 * lift, 0.35, Estimate(lift), 0.2),
        ),
    )


def _usable(mark: Mark, share: float) -> Usable:
    if mark == "not tested":
        return Usable(
            mark, share, why=Reason.stated("There are too few customers to grow a rule from.")
        )
    precision = {"pass": 0.913, "weak": 0.7968, "fail": 0.3}[mark]
    return Usable(
        mark,
        share if mark != "fail" else 0.004,
        0.62,
        (Condition("orders", True, 3.5), Condition("purchase_recency_days", False, 60.4)),
        precision,
        0.71,
    )


def forced(result: Certificates) -> Certificates:
    """Return the certificates of segments that are delivered against the verdict."""
    return replace(result, verdict="none", forced=True)


def certified_of(interpretation: Interpretation) -> Certification:
    """Return what an interpretation makes of its certificates."""
    return certification(interpretation.study, interpretation.facts)
