"""Results: versions of what a run wrote, whole or not there."""

from clustomer.versions.manifest import package_versions, short_hash, to_text
from clustomer.versions.store import Draft, Results, new_version, point_latest

__all__ = [
    "Draft",
    "Results",
    "new_version",
    "package_versions",
    "point_latest",
    "short_hash",
    "to_text",
]
