"""Certificates: whether segments are real, stable, predictive and usable."""

from clustomer.certificates.certificate import (
    Certificates,
    Condition,
    Contender,
    Estimate,
    Lift,
    Prediction,
    Predictive,
    Real,
    Reality,
    SegmentCertificate,
    Stable,
    Usable,
    not_certified,
    read_certificates,
)
from clustomer.certificates.certify import certify, deliver, verdict_of

__all__ = [
    "Certificates",
    "Condition",
    "Contender",
    "Estimate",
    "Lift",
    "Prediction",
    "Predictive",
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
