"""What a segment must reach to pass; light to import, so that texts can name the bars."""

MATCHED = 0.6
"""The Jaccard similarity from which a segment and one at the holdout date are the same."""
PRECISION, RECALL = 0.8, 0.6
"""Of a short rule, on customers that it has not seen."""
SEGMENT_EFFECT_NEEDED = 0.15
"""By how much the valley around a segment must exceed the null's 99th percentile."""
LEVEL = 0.05
"""Of significance, after Holm's correction over segments and outcomes."""
