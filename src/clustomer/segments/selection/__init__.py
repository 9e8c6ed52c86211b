"""How many clusters: criteria of every K, and the decision."""
