"""The manifest: what made a version of the results, and the hash of every file in it."""

import hashlib
import json
import re
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path, PurePosixPath
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints, ValidationError

from clustomer.documents import read_document
from clustomer.errors import InputError
from clustomer.versions.contract import MANIFEST

SCHEMA_VERSION = 1
_PACKAGES = (
    *("clustomer", "duckdb", "sqlglot", "numpy", "scikit-learn", "pyarrow"),
    "vl-convert-python",  # which draws the pictures
)
_DRIVE = re.compile(r"[A-Za-z]:")


def _path_inside(name: str) -> str:
    """Return a path that stays in the folder that it is joined to; raise ValueError for others."""
    inside = (
        name.isprintable()
        and "\\" not in name
        and not _DRIVE.match(name)
        and name == PurePosixPath(name).as_posix()
        and not name.startswith("/")
        and not {"", ".", ".."} & set(name.split("/"))
        and name != MANIFEST
    )
    if not inside:
        raise ValueError(f"{name!r:.60} is no path of a file within the version")
    return name


class Manifest(BaseModel):
    """What every manifest says, whatever was stored: which version it is of, and its files."""

    model_config = ConfigDict(frozen=True, extra="allow", allow_inf_nan=False)

    schema_version: int
    version: Annotated[
        str, StringConstraints(pattern=r"^[0-9A-Za-z][0-9A-Za-z._-]*-[0-9A-Za-z.]+$")
    ]
    packages: Mapping[str, str] = {}
    files: Mapping[
        Annotated[str, AfterValidator(_path_inside)],
        Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")],
    ]


def read_manifest(path: Path) -> dict[str, Any]:
    """Return the content of a manifest, checked as `Manifest`.

    Raises InputError where it cannot be read, is no manifest, or of another schema version.
    """
    try:
        text = path.read_bytes()
    except OSError as error:
        raise InputError(
            f"{path} cannot be read: {error.strerror}. Give a results folder that can be read."
        ) from error
    try:
        document = read_document(text, MANIFEST, newest=SCHEMA_VERSION)
        Manifest.model_validate(document)
    except ValidationError as error:
        raise no_manifest(path, error) from error
    except InputError as error:
        raise InputError(f"{path} cannot be read. {error}") from error
    return document


def no_manifest(path: Path, error: ValidationError) -> InputError:
    """Return the error that says where a manifest is not what it should be."""
    first = error.errors(include_url=False)[0]
    place = ".".join(str(part) for part in first["loc"] if part != "[key]") or "the file"
    if not place.isprintable() or len(place) > 60:
        place = f"{place!r:.60}"
    return InputError(
        f"{path} cannot be read. This is no {MANIFEST}: {place}: {first['msg']}. Give the file of "
        "a results folder as it was written."
    )


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
        if path.is_file() and path != folder / MANIFEST:
            hashes[path.relative_to(folder).as_posix()] = file_hash(path)
    return hashes


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
