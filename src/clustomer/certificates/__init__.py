"""Certificates: whether segments are real, stable, predictive and usable.

What tests them (`certify`, `deliver`, `verdict_of`) is loaded when it is first used, since
scikit-learn comes with it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from clustomer.certificates.certificate import (
    Baseline,
    Certificates,
    Condition,
    Estimate,
    FacetBelongs,
    FacetCertificate,
    FacetPredictive,
    FacetReal,
    FacetStable,
    Lift,
    Prediction,
    Predictive,
    RareCertificate,
    Real,
    Reality,
    SegmentCertificate,
    Stable,
    Usable,
    not_certified,
    read_certificates,
)

if TYPE_CHECKING:
    from clustomer.certificates.verdict import certify, deliver, verdict_of

_TESTS = ("certify", "deliver", "verdict_of")

__all__ = [
    "Baseline",
    "Certificates",
    "Condition",
    "Estimate",
    "FacetBelongs",
    "FacetCertificate",
    "FacetPredictive",
    "FacetReal",
    "FacetStable",
    "Lift",
    "Prediction",
    "Predictive",
    "RareCertificate",
    "Real",
    "Reality",
    "SegmentCertificate",
    "Stable",
    "Usable",
    "certify",
    "deliver",
    "not_certified",
    "read_certificates",
    "verdict_of",
]


def __getattr__(name: str) -> Any:
    if name not in _TESTS:
        raise AttributeError(f"module 'clustomer.certificates' has no attribute {name!r}")
    return getattr(import_module("clustomer.certificates.verdict"), name)
