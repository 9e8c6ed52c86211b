"""The manifest: what made a version of the results, and the hash of every file in it."""

import hashlib
import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

NAME = "run.json"
SCHEMA_VERSION = 1
_PACKAGES = ("clustomer", "duckdb", "sqlglot", "numpy", "scikit-learn", "pyarrow")


def package_versions() -> dict[str, str]:
    """Return the versions that a result may depend on.

    >>> sorted(package_versions())[0]
    'clustomer'
    """
    return {name: version(name) for name in _PACKAGES}


def short_hash(content: Any) -> str:
    """Return eight characters that stand for JSON-ready content.

    >>> short_hash({"k": 4}) == short_hash({"k": 4})
    True
    >>> short_hash({"k": 4}) == short_hash({"k": 5})
    False
    """
    text = json.dumps(content, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def to_text(content: Any) -> str:
    """Return JSON as every file of the results is written: sorted keys, two spaces."""
    return json.dumps(content, sort_keys=True, ensure_ascii=False, indent=2) + "\n"


def file_hashes(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file below a folder but the manifest, by relative path."""
    hashes = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path != folder / NAME:
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256")
            hashes[path.relative_to(folder).as_posix()] = digest.hexdigest()
    return hashes
