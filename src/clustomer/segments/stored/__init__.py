"""The stored segmentation: `segmentation.json`, written and read."""
