"""Proofs: what a version of the results states, checked against its files and made again."""

from clustomer.proofs.verification import verify

__all__ = ["verify"]
