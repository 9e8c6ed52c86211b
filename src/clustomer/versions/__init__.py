"""Versions: what a run wrote, whole or not there; their contract, store and reader."""

from clustomer.versions.contract import FILES, StoredFile, bears_names, missing_files
from clustomer.versions.manifest import package_versions, short_hash, to_text
from clustomer.versions.reading import RunManifest, StoredRun
from clustomer.versions.store import Draft, Results, holds_results, new_version, point_latest
from clustomer.versions.stored_events import stored_events
from clustomer.versions.verification import Difference, Rerun, Verification, verify_stated

__all__ = [
    "FILES",
    "Difference",
    "Draft",
    "Rerun",
    "Results",
    "RunManifest",
    "StoredFile",
    "StoredRun",
    "Verification",
    "bears_names",
    "holds_results",
    "missing_files",
    "new_version",
    "package_versions",
    "point_latest",
    "short_hash",
    "stored_events",
    "to_text",
    "verify_stated",
]
