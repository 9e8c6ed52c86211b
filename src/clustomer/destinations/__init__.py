"""Destinations: where the table of segments is put for other systems to read."""

from clustomer.destinations.publishing import Published, publish_segments

__all__ = ["Published", "publish_segments"]
