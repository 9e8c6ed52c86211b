"""From where on a segment counts as found again, and as large enough to use."""

DISSOLVED, VALID = 0.5, 0.75
"""Mean Jaccard similarities over resamples: at most the first is dissolved, from the second on a
cluster is found again (Hennig 2007, doi:10.1016/j.csda.2006.11.025)."""
N_RESAMPLES = 50
"""Resamples of customers, each clustered anew."""
MAX_ROWS = 2_000
"""Customers of a resample, at most."""
USABLE = 0.01
"""The smallest share of the customers that makes a segment."""
