"""What a segment must reach to pass; light to import, so that texts can name the bars."""

MATCHED = 0.6
"""The Jaccard similarity from which a segment and one at the holdout date are the same."""
PRECISION, RECALL = 0.8, 0.6
"""Of a short rule, on customers that it has not seen."""
SEGMENT_EFFECT_NEEDED = 0.15
"""By how much the valley around a segment must exceed the null's 99th percentile."""
EFFECT_NEEDED = 0.08
"""By how much the mean depth must exceed the null's 99th percentile for real groups."""
N_WORLDS = 100
"""So many simulated nulls make the distribution that segments are held against."""
NULL_PERCENTILE = 99
"""The percentile of it that counts."""
MIN_REVENUE_SHARE = 0.05
"""A segment with fewer than the smallest share of the customers is large enough with this share
of the revenue."""
CONFIDENCE = 0.95
"""Of intervals."""
LEVEL = 0.05
"""Of significance, after Holm's correction over segments and outcomes."""
