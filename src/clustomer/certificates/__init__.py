"""Certificates: whether segments are real, stable, predictive and usable."""
