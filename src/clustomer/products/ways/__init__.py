"""The ways to recommend: one file each."""
